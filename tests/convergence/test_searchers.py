"""Each searcher that has a model beats random search, seed by seed."""

import math
from pathlib import Path

import msgspec
import pytest

from tunesmith.plugins import default_registry

bench = pytest.importorskip("tunesmith_bench", reason="needs tunesmith-bench: pip install it")
data = pytest.importorskip("tunesmith_bench.data", reason="needs tunesmith-bench: pip install it")
stats = pytest.importorskip("scipy.stats", reason="needs scipy: pip install it")
pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]

FUNCTIONS = ("branin", "hartmann3", "hartmann6", "levy5", "rosenbrock4")
ONE_BASIN = ("branin", "rosenbrock4")
"""Those where every way down leads to a global minimum."""

WITHOUT_MODEL = ("random", "grid")
LOCAL = ("cfo",)
"""Go down from where they begin, as their papers say, and may spend all trials in one basin."""

TABLES = bench.load_suite(str(Path(__file__).with_name("grids.toml")))

TRIALS = {"smac": 100, "dragonfly": 60}
"""A forest is fitted once for eight suggestions, and sees less in few points than a process.

Dragonfly looks for its model's hyperparameters once for seventeen trials.
"""


def searchers(pace):
    """Return the installed searchers that are slow, or those that are not."""
    specs = [one.spec for one in default_registry().installed("searcher")]
    named = [spec for spec in specs if spec.name not in (*WITHOUT_MODEL, *LOCAL)]
    return [spec.name for spec in named if (spec.pace == "slow") == (pace == "slow")]


def synthetic(trials, seeds, functions=FUNCTIONS):
    """Return the suite of functions given by a formula."""
    settings = {
        "name": "beats-random",
        "tasks": [{"family": "synthetic", "instance": name} for name in functions],
        "seeds": seeds,
        "workers": 1,
        "horizon": {"trials": trials},
    }
    return msgspec.convert(settings, bench.Suite)


def recorded(seeds):
    """Return the suite of recorded tables; skip where there are none."""
    folder = data.choose_folder(None, TABLES.data)
    if not Path(folder).is_dir():
        pytest.skip(f"no recorded benchmark data: name their folder in {data.VARIABLE}")
    return msgspec.structs.replace(TABLES, seeds=seeds, exclude=[], baseline="", missing="error")


def losses(searcher, suite, folder):
    """Return the final regret of a searcher for each task and seed."""
    suite = msgspec.structs.replace(suite, searchers=[searcher], schedulers=["fifo"])
    contest = bench.hold(suite, output=str(folder / searcher), jobs=1, progress=False)
    assert not [outcome.error for outcome in contest.outcomes if outcome.error]
    places = [
        (one.cell.task.family, one.cell.task.instance, one.cell.seed) for one in contest.outcomes
    ]
    return dict(zip(places, map(regret, contest.outcomes), strict=True))


def regret(outcome):
    """Return how far the incumbent at the end is from the best there is."""
    scores = [point.score for point in outcome.points]
    return min((outcome.scale.regret(score) for score in scores), default=math.inf)


def gains(searcher, suite, folder):
    """Return by how much a searcher ends below random search, for each task and seed."""
    ours, theirs = (losses(name, suite, folder) for name in (searcher, "random"))
    return [theirs[key] - ours[key] for key in ours]


def wins(searcher, suite, folder):
    """Count on how many tasks and seeds a searcher ends below random search; a tie is none."""
    return sum(gain > 0 for gain in gains(searcher, suite, folder))


@pytest.mark.parametrize("searcher", searchers("quick"))
def test_quick_searchers_beat_random(searcher, tmp_path):
    """100 trials, five functions, six seeds: 21 of 30 at least.

    A searcher no better than random gets there with a probability of .021; one that wins four times
    in five fails with .03.
    """
    assert wins(searcher, synthetic(100, 6), tmp_path) >= 21


@pytest.mark.parametrize("searcher", searchers("slow"))
def test_slow_searchers_beat_random(searcher, tmp_path):
    """30 trials or more, five functions, three seeds: 12 of 15 at least.

    A searcher no better than random gets there with a probability of .018; one that wins nine times
    in ten fails with .06.
    """
    assert wins(searcher, synthetic(TRIALS.get(searcher, 30), 3), tmp_path) >= 12


@pytest.mark.parametrize("searcher", LOCAL)
def test_local_searches_beat_random_within_a_basin(searcher, tmp_path):
    """100 trials, two functions, six seeds: 10 of 12 at least.

    A searcher no better than random gets there with a probability of .019; one that wins nine times
    in ten fails with .11.
    """
    assert wins(searcher, synthetic(100, 6, ONE_BASIN), tmp_path) >= 10


@pytest.mark.parametrize("searcher", [*searchers("quick"), *LOCAL])
def test_quick_searchers_beat_random_on_recorded_tables(searcher, tmp_path):
    """100 trials, seven tables, sixteen seeds: less regret, by Wilcoxon's signed ranks.

    A searcher no better than random gets there with a probability of .05.
    """
    gained = gains(searcher, recorded(seeds=16), tmp_path)
    assert len(gained) == 112
    assert stats.wilcoxon(gained, alternative="greater").pvalue < 0.05
