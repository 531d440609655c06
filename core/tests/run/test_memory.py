"""Starting with what earlier runs found out."""

import pytest

import tunesmith as tune
from tunesmith.plugins import Capabilities, SearcherSpec

SPACE = {"x": tune.uniform(-1, 1), "data": "a"}


def train(config):
    """Train for nine epochs."""
    for epoch in range(9):
        yield {"loss": config["x"] ** 2 + 1 / (1 + epoch), "accuracy": 1 - config["x"] ** 2}


@pytest.fixture
def run(tmp_path):
    """Run a small experiment in this process."""

    def run(space=SPACE, trainable=train, **options):
        settings = {"metric": "loss", "mode": "min", "num_samples": 6, "executor": "inline"}
        settings |= {"storage": tmp_path, "verbose": 0, "seed": 1}
        return tune.run(trainable, space, **(settings | options))

    return run


class Listener:
    """A searcher that keeps what it is told before its first suggestion."""

    heard: list
    spec = SearcherSpec(
        name="listener",
        factory="",
        api="1.0",
        partial="all",
        observes="decisions",
        capabilities=Capabilities(),
    )

    def __init__(self, problem):
        type(self).heard = []
        self.rng = problem.rng("listener")
        self.asked = False

    def suggest(self, trial_id):
        self.asked = True
        return {"x": self.rng.random()}

    def observe(self, observation):
        if not self.asked:
            self.heard.append(observation)


def test_the_searcher_knows_the_earlier_trials_before_it_suggests(run):
    """Each is told at its end, minimised by the new run's objective, under the old run's name."""
    earlier = run()
    run(searcher=Listener, warm_start=earlier.path, metric="accuracy", mode="max")
    ends = {heard.trial_id: heard for heard in Listener.heard if heard.status == "completed"}
    assert set(ends) == {f"{earlier.name}/{trial.id}" for trial in earlier}
    for trial in earlier:
        heard = ends[f"{earlier.name}/{trial.id}"]
        assert heard.config == {"x": trial.config["x"]}
        assert heard.values == (-trial.last_metrics["accuracy"],)
        assert heard.resource == 9


def test_a_searcher_that_reads_curves_is_told_thinned_ones(run):
    """A third of the reports or so, the first and the last among them."""
    earlier = run(num_samples=1)
    run(searcher=Listener, warm_start=[earlier.path])
    assert [heard.resource for heard in Listener.heard] == [1, 2, 3, 5, 8, 9]


def test_trials_that_were_cut_short_are_not_complete(run):
    """Stopped ones keep their status, failed ones have no values."""
    pytest.importorskip("tunesmith_asha", reason="needs tunesmith-asha: pip install it")

    def fragile(config):
        if config["x"] < 0:
            raise RuntimeError("below zero")
        yield from train(config)

    earlier = run(
        trainable=fragile,
        points_to_evaluate=[{"x": 0.5}, {"x": -0.5}],
        scheduler={"name": "asha", "max_resource": 9},
        num_samples=12,
    )
    run(searcher=Listener, warm_start=earlier.path)
    last = {heard.trial_id.split("/")[1]: heard for heard in Listener.heard}
    assert {last[trial.id].status for trial in earlier} == {"completed", "stopped", "failed"}
    assert all(last[trial.id].status == trial.status for trial in earlier)
    assert last["0002"].values == ()


def test_another_constant_does_not_matter_another_range_does(run):
    """Configurations outside the new space are left out."""
    earlier = run(num_samples=20)
    run({"x": tune.uniform(0, 1), "data": "b"}, searcher=Listener, warm_start=earlier.path)
    inside = {f"{earlier.name}/{trial.id}" for trial in earlier if trial.config["x"] >= 0}
    assert {heard.trial_id for heard in Listener.heard} == inside
    assert 0 < len(inside) < 20


def test_resuming_needs_the_earlier_run_no_more(run, tmp_path):
    """What was recalled is in the journal: a resumed searcher hears it again from there."""
    earlier = run()
    begun = run(searcher=Listener, warm_start=earlier.path, num_samples=2, name="begun")
    heard, path = list(Listener.heard), begun.path
    for file in earlier.path.iterdir():
        if file.is_file():
            file.unlink()
    tune.resume(path, num_samples=3, verbose=0)
    assert Listener.heard == heard
    assert len(heard) >= 6


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"warm_start": 3}, "warm_start=3 must name the folders of earlier runs"),
        ({"warm_start": "no/such/run"}, "no/such/run"),
    ],
)
def test_what_is_no_run_is_refused(run, options, message):
    """Before anything is made, with the value."""
    with pytest.raises(tune.UsageError, match=message):
        run(**options)


def test_a_run_of_which_nothing_fits_is_refused(run, tmp_path):
    """Another space or other metrics: the error says what there is and what is needed."""
    earlier = run()
    with pytest.raises(tune.UsageError, match=r"values of 'y' within this space.*space has 'x'"):
        run({"y": tune.uniform(0, 1)}, warm_start=earlier.path, name="never")
    with pytest.raises(tune.UsageError, match="reports of 'error' by 'training_iteration'"):
        run(metric="error", warm_start=earlier.path, name="never")
    assert not (tmp_path / "never").exists()


def test_a_model_starts_where_the_earlier_run_ended(run):
    """Told of 40 trials, TPE's first ten suggestions are near the optimum.

    Random ones have a mean |x| of .5, standard error .09: below .3 by chance in 2 of 100 runs.
    """
    pytest.importorskip("tunesmith_optuna", reason="needs tunesmith-optuna: pip install it")
    earlier = run(num_samples=40)
    later = run(searcher="optuna", num_samples=10, warm_start=earlier.path)
    assert sum(abs(trial.config["x"]) for trial in later) / 10 < 0.3
