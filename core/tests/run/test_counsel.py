"""Between the engine's trials and the searcher's configurations."""

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
