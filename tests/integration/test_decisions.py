"""What a run on a real cluster decided follows from its events in their order, and nothing else."""

import time
from pathlib import Path

import pytest

import tunesmith as tune
from tunesmith._engine.engine import Engine
from tunesmith._journal.log import Journal
from tunesmith._run.assembly import reassembled
from tunesmith._run.record import experiment_of
from tunesmith.plugins import default_registry

EPOCHS = 9

SCHEDULERS = {
    "asha": {"name": "asha", "max_resource": EPOCHS},
    "asha-promotion": {"name": "asha", "max_resource": EPOCHS, "mode": "promotion"},
    "hyperband": {"name": "hyperband", "max_resource": EPOCHS},
    "median-stopping": {"name": "median-stopping", "grace_period": 2, "min_samples": 3},
    "pasha": {"name": "pasha", "max_resource": EPOCHS},
}


class Learner:
    """Takes a moment for each epoch, another one for each trial, and can be saved."""

    def setup(self, config):
        self.config, self.epoch = config, 0

    def step(self):
        if self.epoch == EPOCHS:
            return None
        time.sleep(self.config["pace"])
        self.epoch += 1
        return {"loss": self.config["level"] + self.config["slope"] / self.epoch}

    def save_checkpoint(self, directory):
        Path(directory, "epoch").write_text(str(self.epoch), encoding="utf-8")

    def load_checkpoint(self, directory):
        self.epoch = int(Path(directory, "epoch").read_text(encoding="utf-8"))


class Spy:
    """Notes what the engine of a run is handed, and what it answers."""

    def __init__(self, monkeypatch):
        self.engine = None
        self.exchanges = []
        handle = Engine.handle

        def noting(engine, event):
            answer = handle(engine, event)
            self.engine = engine
            if not engine.has_ignored:
                self.exchanges.append((event, answer))
            return answer

        monkeypatch.setattr(Engine, "handle", noting)


def run(storage, scheduler):
    """Run twenty trials, four at a time, in processes of their own."""
    return tune.run(
        Learner,
        {
            "level": tune.uniform(0, 1),
            "slope": tune.uniform(0, 2),
            "pace": tune.uniform(0.001, 0.02),
        },
        metric="loss",
        mode="min",
        scheduler=scheduler,
        num_samples=20,
        resources={"cpu": 0.5},
        max_concurrent=4,
        executor="ray",
        storage=storage,
        seed=3,
        verbose=0,
    )


@pytest.mark.parametrize("scheduler", SCHEDULERS.values(), ids=SCHEDULERS)
def test_the_same_order_of_events_leads_to_the_same_decisions(
    running_ray, tmp_path, monkeypatch, scheduler
):
    """A fresh engine and scheduler answer a run's journal as the run did, and end in its state."""
    with monkeypatch.context() as patch:
        spy = Spy(patch)
        results = run(tmp_path, scheduler)
    given = {"trainable": Learner, "executor": "inline"}
    with Journal.open(results.path) as journal:
        experiment = experiment_of(journal.header, journal.folder, given)
        with reassembled(experiment, journal, default_registry()) as parts:
            replayed = [(event, parts.engine.handle(event)) for _, event in journal.events()]
            engine = parts.engine
    assert replayed == spy.exchanges
    assert engine.counts() == spy.engine.counts()
    assert engine.checkpoints() == spy.engine.checkpoints()
    views = [engine.trial(trial.id) for trial in results]
    assert views == [spy.engine.trial(trial.id) for trial in results]
    assert [view.status for view in views] == [trial.status for trial in results]
    assert any(trial.iterations < EPOCHS for trial in results)  # something was decided
