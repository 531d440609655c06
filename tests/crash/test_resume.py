"""A run that is cut off after any event goes on exactly as if it never had been."""

import os
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest

import tunesmith as tune
from tunesmith import UsageError

SPACE = {
    "x": tune.uniform(-1, 1),
    "kind": tune.choice([{"name": "a", "y": tune.randint(0, 9)}, {"name": "b"}]),
}
ASHA = {"name": "asha", "max_resource": 9}
SIMULATED = {"name": "simulated", "workers": 3, "time_metric": "seconds"}


def curve(config):
    """Report a learning curve, with the seconds it would take."""
    pace = 1 + config["kind"].get("y", 3)
    for epoch in range(1, 10):
        yield {"loss": config["x"] ** 2 + 1 / epoch, "seconds": pace * epoch}


class Stateful:
    """The same curve as a class that can be saved."""

    def setup(self, config):
        self.config, self.epoch = config, 0

    def step(self):
        self.epoch += 1
        pace = 1 + self.config["kind"].get("y", 3)
        loss = self.config["x"] ** 2 + 1 / self.epoch
        return {"loss": loss, "seconds": pace * self.epoch, "training_iteration": self.epoch}

    def save_checkpoint(self, directory):
        Path(directory, "epoch").write_text(str(self.epoch), encoding="utf-8")

    def load_checkpoint(self, directory):
        self.epoch = int(Path(directory, "epoch").read_text(encoding="utf-8"))


class Copier:
    """Keeps a copy of the run folder as it was at every event that callbacks hear of."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.copies = 0

    def on_experiment_start(self, experiment: Any) -> None:
        self.source = Path(experiment.storage, experiment.name)

    def _copy(self, *_: Any) -> None:
        shutil.copytree(self.source, self.place / f"{self.copies:04d}")
        self.copies += 1

    on_trial_start = on_result = on_checkpoint = on_trial_end = _copy


def story(results: tune.Results, *, with_times: bool) -> list[Any]:
    """Return all that must not differ: trials, configurations, results, ends and their reasons."""
    left_out = () if with_times else ("timestamp", "time_total_s")
    return [
        (
            trial.id,
            trial.config,
            trial.status,
            trial.reason,
            [{k: v for k, v in row.items() if k not in left_out} for row in trial.history],
        )
        for trial in results.trials
    ]


def run(tmp_path: Path, name: str, **options: Any) -> tune.Results:
    """Run a small experiment of which `options` say the rest."""
    return tune.run(
        options.pop("trainable", curve),
        SPACE,
        metric="loss",
        mode="min",
        num_samples=options.pop("num_samples", 8),
        seed=5,
        storage=tmp_path,
        name=name,
        verbose=0,
        **options,
    )


def cut_after(folder: Path, number: int, target: Path) -> Path:
    """Copy a run folder and take all events after `number` from its journal."""
    shutil.copytree(folder, target)
    with sqlite3.connect(target / "experiment.sqlite") as connection:
        connection.execute("DELETE FROM events WHERE seq > ?", (number,))
    connection.close()
    return target


def cut_everywhere(whole: tune.Results, tmp_path: Path, *, with_times: bool, step: int) -> None:
    """Cut the journal of a whole run after every `step`th event, resume, and compare."""
    expected = story(whole, with_times=with_times)
    with sqlite3.connect(tmp_path / "whole" / "experiment.sqlite") as connection:
        last = connection.execute("SELECT max(seq) FROM events").fetchone()[0]
    connection.close()
    assert last > step
    for number in range(1, last, step):
        folder = cut_after(tmp_path / "whole", number, tmp_path / f"cut-{number}")
        results = tune.resume(folder, curve, verbose=0)
        assert story(results, with_times=with_times) == expected, f"cut after event {number}"


@pytest.mark.parametrize("executor", ["inline", SIMULATED], ids=["inline", "simulated"])
@pytest.mark.parametrize("searcher", ["random", "optuna"])
@pytest.mark.parametrize(
    "scheduler",
    ["fifo", ASHA, {**ASHA, "mode": "promotion"}],
    ids=["fifo", "asha", "promotion"],
)
def test_a_run_cut_after_any_event_ends_the_same(tmp_path, executor, searcher, scheduler) -> None:
    """Cut the journal after its events, resume, and the experiment is the whole one's."""
    with_times = executor is SIMULATED
    whole = run(tmp_path, "whole", executor=executor, searcher=searcher, scheduler=scheduler)
    cut_everywhere(whole, tmp_path, with_times=with_times, step=2 if searcher == "random" else 9)


@pytest.mark.parametrize(
    ("searcher", "scheduler"),
    [
        ("random", {"name": "hyperband", "max_resource": 9}),
        ("random", "median-stopping"),
        ("random", {"name": "pasha", "max_resource": 9}),
        ("bohb", {"name": "hyperband", "max_resource": 9}),
        ("gp", ASHA),
        ({"name": "dehb", "max_resource": 9}, {"name": "dehb", "max_resource": 9}),
    ],
    ids=["hyperband", "median-stopping", "pasha", "bohb", "gp", "dehb"],
)
def test_other_algorithms_go_on_exactly(tmp_path, searcher, scheduler) -> None:
    """What holds for the algorithms above holds for those of the other packages."""
    options = {"searcher": searcher, "scheduler": scheduler, "executor": SIMULATED}
    whole = run(tmp_path, "whole", num_samples=14, **options)
    cut_everywhere(whole, tmp_path, with_times=True, step=9)


@pytest.mark.parametrize("scheduler", ["fifo", {**ASHA, "mode": "promotion"}])
def test_a_run_with_checkpoints_killed_at_any_event_ends_the_same(tmp_path, scheduler) -> None:
    """The folder as it was at any event, checkpoints included, is resumed to the same end."""
    copier = Copier(tmp_path / "copies")
    whole = run(
        tmp_path,
        "whole",
        trainable=Stateful,
        executor="inline",
        scheduler=scheduler,
        callbacks=[copier],
        checkpoint=tune.CheckpointConfig(every=2),
        stop={"training_iteration": 9},
        num_samples=3,
    )
    expected = story(whole, with_times=False)
    assert copier.copies > 20
    for folder in sorted(copier.place.iterdir())[::3]:
        results = tune.resume(folder, Stateful, verbose=0)
        assert story(results, with_times=False) == expected, f"killed at {folder.name}"


def test_a_finished_run_goes_on_to_more_trials(tmp_path) -> None:
    """num_samples on resume adds trials; with more of them at once the run would be the same."""
    run(tmp_path, "short", executor="inline", num_samples=4)
    longer = tune.resume(tmp_path / "short", curve, num_samples=8, verbose=0)
    whole = run(tmp_path, "whole", executor="inline", num_samples=8)
    assert story(longer, with_times=False) == story(whole, with_times=False)


def test_what_was_decided_cannot_be_changed(tmp_path) -> None:
    """A change that past decisions rest on is refused, with what can be changed."""
    run(tmp_path, "done", executor="inline", num_samples=2)
    with pytest.raises(UsageError, match="metric= of a run cannot be changed"):
        tune.resume(tmp_path / "done", curve, metric="accuracy")
    with pytest.raises(UsageError, match="no option 'num_sample'; did you mean 'num_samples'"):
        tune.resume(tmp_path / "done", curve, num_sample=9)
    with pytest.raises(UsageError, match="num_samples=1: the run has 2 trials already"):
        tune.resume(tmp_path / "done", curve, num_samples=1)


def test_what_a_journal_cannot_hold_is_asked_for(tmp_path) -> None:
    """A function that is no plain data has to be given again, and the message says how."""
    options: dict[str, Any] = {"executor": "inline", "num_samples": 2}
    run(tmp_path, "done", stop=lambda trial, metrics: metrics["loss"] < 0.2, **options)
    with pytest.raises(UsageError, match=r"stop=.*give it again: tune.resume\(.*, stop=\.\.\.\)"):
        tune.resume(tmp_path / "done", curve)


def test_a_run_that_goes_on_is_not_resumed(tmp_path) -> None:
    """While a driver holds the run, a second one is refused."""

    class Second:
        def on_trial_end(self, trial: Any) -> None:
            with pytest.raises(UsageError, match="is being written by"):
                tune.resume(tmp_path / "live", curve)
            self.was_refused = True

    second = Second()
    run(tmp_path, "live", executor="inline", num_samples=1, callbacks=[second])
    assert second.was_refused


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="Windows has no such owner of files")
def test_a_run_of_another_user_goes_on_only_if_told_to(tmp_path, monkeypatch) -> None:
    """Its checkpoints are unpickled; reading it is always possible."""
    run(tmp_path, "theirs", executor="inline", num_samples=2)
    owner = os.getuid()
    monkeypatch.setattr(os, "getuid", lambda: owner + 1)
    assert len(tune.load(tmp_path / "theirs")) == 2
    with pytest.raises(UsageError, match=rf"another user \(uid {owner}\).*trust=True"):
        tune.resume(tmp_path / "theirs", curve, num_samples=3, verbose=0)
    results = tune.resume(tmp_path / "theirs", curve, num_samples=3, trust=True, verbose=0)
    assert len(results) == 3
