"""Each searcher that has a model beats random search, seed by seed."""

import math

import msgspec
import pytest

from tunesmith.plugins import default_registry

bench = pytest.importorskip("tunesmith_bench", reason="needs tunesmith-bench: pip install it")
pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]

FUNCTIONS = ("branin", "hartmann3", "hartmann6", "levy5", "rosenbrock4")
ONE_BASIN = ("branin", "rosenbrock4")
"""Those where every way down leads to a global minimum."""

WITHOUT_MODEL = ("random", "grid")
LOCAL = ("cfo",)
"""Go down from where they begin, as their papers say, and may spend all trials in one basin."""

TRIALS = {"smac": 100}
"""A forest is fitted once for eight suggestions, and sees less in few points than a process."""


def searchers(pace):
    """Return the installed searchers that are slow, or those that are not."""
    specs = [one.spec for one in default_registry().installed("searcher")]
    named = [spec for spec in specs if spec.name not in (*WITHOUT_MODEL, *LOCAL)]
    return [spec.name for spec in named if (spec.pace == "slow") == (pace == "slow")]


def losses(searcher, folder, *, trials, seeds, functions=FUNCTIONS):
    """Return the final regret of a searcher for each function and seed."""
    settings = {
        "name": "beats-random",
        "methods": [{"name": searcher, "searcher": searcher}],
        "tasks": [{"family": "synthetic", "instance": name} for name in functions],
        "seeds": seeds,
        "workers": 1,
        "horizon": {"trials": trials},
    }
    suite = msgspec.convert(settings, bench.Suite)
    contest = bench.hold(suite, output=str(folder / searcher), jobs=1, progress=False)
    assert not [outcome.error for outcome in contest.outcomes if outcome.error]
    return {
        (outcome.cell.task.instance, outcome.cell.seed): regret(outcome)
        for outcome in contest.outcomes
    }


def regret(outcome):
    """Return how far the incumbent at the end is from the best there is."""
    scores = [point.score for point in outcome.points]
    return min((outcome.scale.regret(score) for score in scores), default=math.inf)


def wins(searcher, folder, **budget):
    """Count on how many functions and seeds a searcher ends below random search; a tie is none."""
    ours, theirs = (losses(name, folder, **budget) for name in (searcher, "random"))
    return sum(ours[key] < theirs[key] for key in ours)


@pytest.mark.parametrize("searcher", searchers("quick"))
def test_quick_searchers_beat_random(searcher, tmp_path):
    """100 trials, five functions, six seeds: 21 of 30 at least.

    A searcher no better than random gets there with a probability of .021; one that wins four times
    in five fails with .03.
    """
    assert wins(searcher, tmp_path, trials=100, seeds=6) >= 21


@pytest.mark.parametrize("searcher", searchers("slow"))
def test_slow_searchers_beat_random(searcher, tmp_path):
    """30 trials or more, five functions, three seeds: 12 of 15 at least.

    A searcher no better than random gets there with a probability of .018; one that wins nine times
    in ten fails with .06.
    """
    assert wins(searcher, tmp_path, trials=TRIALS.get(searcher, 30), seeds=3) >= 12


@pytest.mark.parametrize("searcher", LOCAL)
def test_local_searches_beat_random_within_a_basin(searcher, tmp_path):
    """100 trials, two functions, six seeds: 10 of 12 at least.

    A searcher no better than random gets there with a probability of .019; one that wins nine times
    in ten fails with .11.
    """
    assert wins(searcher, tmp_path, trials=100, seeds=6, functions=ONE_BASIN) >= 10
