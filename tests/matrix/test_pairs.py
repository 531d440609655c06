"""Any searcher with any scheduler: what is installed, paired each with each."""

import contextlib
import itertools

import pytest
from matrix.lineup import NUMBERS, SEARCHERS, Learner, forms, space_for

import tunesmith as tune
from tunesmith._journal.reader import Reader
from tunesmith._run.redecision import redecide
from tunesmith.plugins import compatibility, default_registry
from tunesmith.protocols.trial import OVER

TRIALS = 12


class Forgetful:
    """Cannot be saved."""

    def setup(self, config):
        self.x = config["x"]

    def step(self):
        return {"loss": self.x, "size": -self.x, "done": True}


def pairs():
    """Yield all pairs; most of those with a slow searcher are for the slow suite."""
    registry = default_registry()
    searchers = [one.spec for one in registry.installed("searcher")]
    schedulers = [form for one in registry.installed("scheduler") for form in forms(one.spec.name)]
    for searcher, scheduler in itertools.product(searchers, schedulers):
        label = f"{searcher.name}-{scheduler['name']}{'-' + scheduler.get('mode', '')}".rstrip("-")
        is_late = searcher.pace == "slow" and scheduler["name"] not in ("asha", "pbt")
        marks = [pytest.mark.slow] if is_late or "mode" in scheduler else []
        marks.append(pytest.mark.timeout(300))
        options = {"name": searcher.name, **SEARCHERS.get(searcher.name, {})}
        yield pytest.param(options, scheduler, id=label, marks=marks)


@pytest.fixture
def run(tmp_path):
    """Run a dozen trials on three simulated workers."""

    def run(space, name, **options):
        settings = {"metric": "loss", "mode": "min", "num_samples": TRIALS, "seed": 4}
        settings |= {"executor": {"name": "simulated", "workers": 3}, "verbose": 0}
        return tune.run(Learner, space, storage=tmp_path, name=name, **(settings | options))

    return run


@pytest.mark.parametrize(("searcher", "scheduler"), list(pairs()))
def test_every_pair_runs_to_its_end(run, searcher, scheduler):
    """All trials come to an end, and the journal alone leads to the same decisions again."""
    space, options = space_for(searcher["name"]), {}
    if scheduler["name"] == "pbt-replay":
        population = run(space, "population", scheduler={"name": "pbt", "interval": 3})
        first = population.best.lineage[0].config
        scheduler = {**scheduler, "path": str(population.path)}
        options = {"points_to_evaluate": [first], "num_samples": 1}
    results = run(space, "pair", searcher=searcher, scheduler=scheduler, **options)
    assert results.state == "completed"
    assert len(results) == options.get("num_samples", TRIALS)
    assert {trial.status for trial in results} <= set(OVER)
    assert not results.errors
    with contextlib.closing(Reader(results.path)) as reader:
        assert all(one.agrees for one in redecide(reader, default_registry()))


def singles():
    """Yield all searchers; slow ones are for the slow suite."""
    for one in default_registry().installed("searcher"):
        is_slow = one.spec.pace == "slow"
        marks = [pytest.mark.slow, pytest.mark.timeout(900)] if is_slow else []
        options = {"name": one.spec.name, **SEARCHERS.get(one.spec.name, {})}
        yield pytest.param(options, id=one.spec.name, marks=marks)


@pytest.mark.parametrize("searcher", list(singles()))
def test_every_searcher_goes_on_from_an_earlier_run(run, searcher):
    """Earlier trials stop none, points to evaluate go first, and the journal is enough."""
    space = space_for(searcher["name"])
    earlier = run(space, "earlier")
    point = {**earlier.best.config, "n": 2}
    options = {"warm_start": earlier.path, "points_to_evaluate": [point], "num_samples": 5}
    results = run(space, "later", searcher=searcher, **options)
    assert results.state == "completed"
    assert results.trials[0].config == point
    assert {trial.status for trial in results} == {"completed"}
    with contextlib.closing(Reader(results.path)) as reader:
        assert all(one.agrees for one in redecide(reader, default_registry()))


def limited():
    """Yield each searcher with a scheduler that stops trials, each scheduler with a searcher."""
    asha = forms("asha")[0]
    yield from (pytest.param(*one.values, asha, id=one.id, marks=one.marks) for one in singles())
    for one in default_registry().installed("scheduler"):
        if one.spec.name != "pbt-replay":
            yield pytest.param({"name": "random"}, forms(one.spec.name)[0], id=one.spec.name)


@pytest.mark.parametrize(("searcher", "scheduler"), list(limited()))
def test_each_runs_within_limits(run, searcher, scheduler):
    """With limits that are broken at first, or at last, a run ends and its best keeps to them."""
    limits = ["loss <= 1.2", "elapsed_s <= 12"]
    space, options = space_for(searcher["name"]), {"outcome_constraints": limits}
    results = run(space, "limited", searcher=searcher, scheduler=scheduler, **options)
    assert results.state == "completed"
    assert results.best.value <= 1.2
    assert results.best.metrics["elapsed_s"] <= 12
    with contextlib.closing(Reader(results.path)) as reader:
        assert all(one.agrees for one in redecide(reader, default_registry()))


def test_compat_says_that_all_of_these_work():
    """What `tunesmith compat` tells is what was run here."""
    assert [cell for cell in compatibility(default_registry()) if not cell.works] == []


@pytest.mark.parametrize("searcher", ["random", "optuna"])
@pytest.mark.parametrize(
    ("scheduler", "metric", "gap"),
    [("pbt", "loss", "checkpoint"), ("hyperband", ["loss", "size"], "objective")],
)
def test_what_a_pair_cannot_do_is_said_at_once(searcher, scheduler, metric, gap, tmp_path):
    """A capability gap is a message before the first trial, never a hang."""
    with pytest.raises(tune.UsageError, match=gap):
        tune.run(
            Forgetful,
            NUMBERS,
            metric=metric,
            mode="min" if metric == "loss" else ["min", "min"],
            searcher=searcher,
            scheduler=scheduler,
            num_samples=2,
            executor="inline",
            storage=tmp_path,
        )
    assert list(tmp_path.iterdir()) == []
