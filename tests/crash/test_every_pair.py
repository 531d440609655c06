"""Every searcher with every scheduler goes on exactly, wherever its run is cut."""

import itertools
from typing import Any

import pytest
from crash.cutting import Witness, last_event, story
from matrix.lineup import SEARCHERS, Learner, forms, space_for

import tunesmith as tune
from tunesmith.plugins import default_registry

SCHEDULERS = ("fifo", "asha", "hyperband", "median-stopping", "pasha", "pbt", "pb2", "dehb")
QUICK = ("random-asha-promotion", "random-hyperband", "random-pbt")
SAMPLES = 6
SEEDS = {"random": (4, 5, 6, 7)}
"""Of searchers that cost nothing, more runs are cut."""

pytestmark = pytest.mark.timeout(3600)


def pairs():
    """Yield all pairs; all but a few belong to the slow suite."""
    registry = default_registry()
    searchers = [one.spec.name for one in registry.installed("searcher")]
    installed = {one.spec.name for one in registry.installed("scheduler")}
    schedulers = [form for name in SCHEDULERS for form in forms(name)]
    for searcher, scheduler in itertools.product(searchers, schedulers):
        label = f"{searcher}-{scheduler['name']}{'-' + scheduler.get('mode', '')}".rstrip("-")
        options = {"name": searcher, **SEARCHERS.get(searcher, {})}
        package = f"tunesmith-{scheduler['name']}"
        absent = pytest.mark.skipif(
            scheduler["name"] not in installed, reason=f"needs {package}: pip install it"
        )
        for number, seed in enumerate(SEEDS.get(searcher, (4,))):
            marks = [absent] if label in QUICK and not number else [absent, pytest.mark.slow]
            yield pytest.param(options, scheduler, seed, id=f"{label}-{seed}", marks=marks)


@pytest.mark.parametrize(("searcher", "scheduler", "seed"), list(pairs()))
def test_a_pair_cut_after_every_event_ends_the_same(
    tmp_path, monkeypatch, searcher, scheduler, seed
):
    """Trials, configurations, results, times, decisions and lineages are the whole run's."""
    witness = Witness(tmp_path / "copies", monkeypatch)
    whole = tune.run(
        Learner,
        space_for(searcher["name"]),
        metric="loss",
        mode="min",
        searcher=searcher,
        scheduler=scheduler,
        num_samples=SAMPLES,
        executor={"name": "simulated", "workers": 3},
        seed=seed,
        storage=tmp_path,
        name="whole",
        verbose=0,
    )
    witness.stop()
    expected, lineages = story(whole, with_times=True), lineage(whole)
    for number in range(1, last_event(whole.path)):
        folder = witness.cut_after(number)
        again = tune.resume(folder, Learner, verbose=0)
        assert story(again, with_times=True) == expected, f"cut after event {number}"
        assert lineage(again) == lineages, f"cut after event {number}"


def lineage(results: tune.Results) -> Any:
    """Return of every trial what it went on from."""
    return [trial.lineage for trial in results]
