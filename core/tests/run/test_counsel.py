"""Between the engine's trials and the searcher's configurations."""

import sqlite3

import pytest

import tunesmith as tune
from tunesmith.plugins import Capabilities, SearcherSpec


class Recorder:
    """Suggests what no translation gives back as it was, and keeps what it hears."""

    said, heard = {}, {}
    spec = SearcherSpec(
        name="recorder", factory="", api="1.0", partial="last", capabilities=Capabilities()
    )

    def __init__(self, problem):
        self.said.clear()
        self.heard.clear()
        self.space, self.rng = problem.space, problem.rng("recorder")

    def suggest(self, trial_id):
        self.said[trial_id] = self.space.draw(self.rng)
        return dict(self.said[trial_id])

    def observe(self, observation):
        self.heard[observation.trial_id] = observation.config


SPACE = {"width": tune.qloguniform(1, 100, 3), "shift": tune.randn(0, 1), "n": tune.randint(1, 99)}


@pytest.mark.parametrize("resumed", [False, True])
def test_searchers_hear_of_their_own_suggestions(tmp_path, resumed):
    """Told back exactly, whatever rounding lies between; also after a resume."""
    options = {"executor": "inline", "storage": tmp_path, "verbose": 0, "num_samples": 12}

    def train(config):
        return {"loss": config["shift"] ** 2}

    path = tune.run(train, SPACE, metric="loss", mode="min", searcher=Recorder, **options).path
    if resumed:
        tune.resume(path, train, num_samples=20, verbose=0)
    assert len(Recorder.heard) == (20 if resumed else 12)
    assert Recorder.heard == Recorder.said


class Proud(Recorder):
    """Wants to hear of nothing that it did not suggest itself."""

    spec = SearcherSpec(
        name="proud", factory="", api="1.0", partial="last", capabilities=Capabilities()
    )

    def adopt(self, trial_id, config):
        raise ValueError(f"not mine: {config}")


def test_a_searcher_that_fails_as_it_takes_over_ends_the_search(tmp_path):
    """In another space it is told who is under way; a failure there names it and the call."""

    def train(config):
        for epoch in range(1, 4):
            yield {"loss": config["n"] / epoch}

    space, asha = {"n": tune.randint(1, 99)}, {"name": "asha", "max_resource": 3}
    options = {"executor": "inline", "storage": tmp_path, "verbose": 0, "num_samples": 4}
    options |= {"scheduler": {**asha, "mode": "promotion", "grace_period": 1}}
    path = tune.run(train, space, metric="loss", mode="min", searcher=Proud, **options).path
    with sqlite3.connect(path / "experiment.sqlite") as shell:
        shell.execute("DELETE FROM events WHERE seq > 6")
    shell.close()
    with pytest.raises(tune.PluginError, match=r"searcher 'proud' failed in adopt\(\)"):
        tune.resume(path, train, space={"n": tune.randint(1, 200)}, verbose=0)
    assert tune.load(path).state == "failed"


class Together(Recorder):
    """Suggests for several trials at once, where it is asked for several."""

    asked, surplus = [], 0
    spec = SearcherSpec(
        name="together", factory="", api="1.0", partial="last", capabilities=Capabilities()
    )

    def suggest_batch(self, trial_ids):
        self.asked.append(trial_ids)
        return [super(Together, self).suggest(trial) for trial in trial_ids][self.surplus :]

    def suggest(self, trial_id):
        self.asked.append(trial_id)
        return super().suggest(trial_id)


@pytest.fixture
def together():
    """Return the searcher, which has been asked for nothing yet."""
    Together.asked, Together.surplus = [], 0
    return Together


SIMULATED = {"name": "simulated", "workers": 3}


def test_trials_asked_for_at_once_are_suggested_at_once(tmp_path, together):
    """Points come first; one that breaks the constraint, and one alone, is asked for by itself."""

    def train(config):
        return {"loss": config["n"]}

    results = tune.run(
        train,
        {"n": tune.randint(1, 99)},
        metric="loss",
        mode="min",
        searcher=together,
        executor=SIMULATED,
        points_to_evaluate=[{"n": 7}],
        constraint=lambda config: config["n"] > 50 or config["n"] == 7,
        num_samples=4,
        seed=1,
        storage=tmp_path,
        verbose=0,
    )
    assert results[0].config == {"n": 7}
    assert all(trial.config["n"] > 50 for trial in results[1:])
    assert together.asked[0] == ["0002", "0003"]
    assert set(together.asked[1:]) <= {"0002", "0003", "0004"}
    assert together.asked[-1] == "0004"


def test_a_batch_that_is_not_whole_ends_the_search(tmp_path, together):
    """The error says what came, and for which trials."""
    together.surplus = 1
    with pytest.raises(tune.PluginError, match=r"suggest_batch\(\).* for the 3 trials \['0001'"):
        tune.run(
            lambda config: 0.0,
            {"n": tune.randint(1, 99)},
            metric="loss",
            mode="min",
            searcher=together,
            executor=SIMULATED,
            num_samples=4,
            storage=tmp_path,
            verbose=0,
        )
