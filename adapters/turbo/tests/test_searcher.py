"""The searcher with every kind of news, and what is special to TuRBO."""

import random
import statistics
import threading
import warnings

import pytest
import torch

import tunesmith as tune
from tunesmith.errors import OptionError


def told(trials, count, seed=0):
    """Have the searcher know of so many random trials from elsewhere."""
    rng = random.Random(seed)
    for i in range(count):
        config = trials.problem.space.draw(rng)
        trials.observe(f"old {i}", trials.loss(config), config=config)
    return trials


@pytest.mark.parametrize("pending", [0, 4])
def test_it_searches_where_trials_are_good(lab, mixed, pending):
    """After twelve trials suggestions are much better than random ones, alone and in parallel.

    A random suggestion has a mean loss of 1.1 with a standard deviation of .57; eight such have a
    mean below .5 with a probability of 2e-3, in both cases of 4e-6.
    """
    trials = lab({name: mixed[name] for name in ("x", "lr", "on", "act")}, n_initial=8)
    late = trials.run(20, pending=pending)[12:]
    assert statistics.mean(map(trials.loss, late)) < 0.5


def test_a_region_begins_with_a_sobol_sequence(lab):
    """Of twice as many points as there are parameters; more while these are pending."""
    trials = lab()
    first = [trials.suggest(f"{i:04}") for i in range(9)]
    assert not any(record.is_chosen for record in trials.searcher._records.values())
    for name in ("x", "y"):
        signs = [config[name] > 0 for config in first[:8]]
        assert sum(signs) == 4
    for i in range(6):
        trials.observe(f"{i:04}", trials.loss(first[i]))
    trials.suggest("more")
    assert trials.searcher._records["more"].is_chosen


def test_candidates_lie_in_the_region_around_the_best_trial(lab):
    """Its sides are in proportion to the length scales, and cut at the bounds."""
    trials = told(lab(), 30)
    searcher = trials.searcher
    searcher._region.length = 0.1
    known = searcher._known()
    points = searcher._candidates(known)
    _, weights, centre = searcher._fitted
    assert (abs(points - centre) <= weights * 0.05 + 1e-9).all()
    assert weights.prod() == pytest.approx(1)
    # BoTorch discards a fit that ends with a warning, and its last step is a reason for one.
    assert weights.std() > 0.01
    assert (centre == known[0].point).all()


def test_a_small_region_keeps_the_options_of_the_best_trial(lab, mixed):
    """Categories are redrawn in as large a share of the candidates as the region is wide."""
    trials = told(lab(mixed), 30)
    searcher = trials.searcher
    labels = searcher._layout.is_label
    for length, low, high in ((0.01, 0.0, 0.2), (0.8, 0.4, 0.9)):
        searcher._region.length = length
        points = searcher._candidates(searcher._known())
        best = searcher._known()[0].point
        moved = (points[:, labels] != best[labels]).any(axis=1).mean()
        assert low <= moved <= high


def test_the_search_starts_anew_when_the_region_is_too_small(lab):
    """Another Sobol sequence, another centre: only trials of the new region count there."""
    trials = lab(n_initial=4, failure_tolerance=1)
    for i in range(16):
        trials.suggest(str(i))
        trials.observe(str(i), 1.0)
    assert trials.searcher._region.number >= 1
    here = [r for r in trials.searcher._records.values() if r.region]
    assert [r.is_chosen for r in here[:4]] == [False] * 4


def test_pending_trials_are_not_suggested_again(lab):
    """In a finite space all come before one comes twice, also next to those from elsewhere."""
    trials = lab({"n": tune.randint(0, 6), "act": tune.choice(["relu", "tanh"])}, n_initial=4)
    trials.searcher.adopt("elsewhere", {"n": 3, "act": "relu"})
    trials.searcher.adopt("outside", {"n": 33, "act": "relu"})
    for i in range(6):
        config = trials.suggest(str(i))
        trials.observe(str(i), config["n"])
    seen = {tuple(config.values()) for config in trials.configs.values()}
    four = [tuple(trials.suggest(f"pending {i}").values()) for i in range(4)]
    assert len({*seen, *four}) >= len(seen) + 3
    assert (3, "relu") not in [*seen, *four]
    for i in range(20):
        trials.suggest(f"more {i}")


def test_a_fresh_searcher_told_everything_goes_on_where_the_old_one_was(lab):
    """Its region is about as small: trials from elsewhere count where they lie in it."""
    first = lab(n_initial=6)
    configs = first.run(18)
    second = lab(n_initial=6, seed=9)
    for i, config in enumerate(configs):
        second.observe(f"{i:04}", first.loss(config), config=config)
    lengths = [trials.searcher._region.length for trials in (first, second)]
    assert 1 / 4 <= lengths[1] / lengths[0] <= 4
    late = [first.loss(second.suggest(f"late {i}")) for i in range(4)]
    # Random ones have .93 on average, and one in twenty is below .15.
    assert statistics.mean(late) < 0.3


@pytest.mark.parametrize("status", ["failed", "completed", "infeasible"])
def test_what_does_not_work_is_avoided(lab, status):
    """Failed, diverged and infeasible trials are as bad as the worst known.

    Half of random suggestions lie there; of 16 at most 5 do with a probability of 10 %, in all
    three cases of .1 %.
    """
    trials, rng = lab(), random.Random(1)
    for i in range(30):
        config = trials.problem.space.draw(rng)
        if config["x"] > 0:
            bad = [float("nan")] if i % 2 else []
            trials.observe(f"old {i}", *bad, status=status, config=config)
        else:
            trials.observe(f"old {i}", (config["y"] - 0.5) ** 2, config=config)
    late = [trials.suggest(f"late {i}")["x"] > 0 for i in range(16)]
    assert sum(late) <= 5


def test_an_infeasible_suggestion_does_not_shrink_the_region(lab):
    """Nothing was trained; and the same trial is asked again."""
    trials = told(lab(n_initial=6), 6)
    trials.suggest("0001")
    before = trials.searcher._region.failures
    trials.observe("0001", status="infeasible")
    trials.suggest("0001")
    assert trials.searcher._region.failures == before
    assert trials.searcher._records["0001"].is_pending


def test_nothing_but_failures_goes_on_with_the_sequence(lab):
    """There is nothing to model before the first value."""
    trials = lab()
    for i in range(20):
        trials.suggest(str(i))
        trials.observe(str(i), status="failed")
    assert len({tuple(config.values()) for config in trials.configs.values()}) == 20


def test_one_enormous_loss_does_not_flatten_the_others(lab):
    """What is far worse than usual is cut, so that the model still sees the differences."""
    trials = told(lab(), 24)
    trials.observe("diverged", 1e12, config={"x": 0.9, "y": -0.9, "lr": 0.9})
    late = [trials.loss(trials.suggest(f"late {i}")) for i in range(6)]
    # Random ones have .93 on average, with a standard deviation of .66.
    assert statistics.mean(late) < 0.4


def test_equal_losses_are_survived(lab, mixed):
    """Their spread is nothing."""
    trials = lab(mixed, n_initial=4)
    for i in range(10):
        trials.suggest(str(i))
        trials.observe(str(i), 1.0)


def test_stopped_trials_are_forgotten_and_later_news_replaces(lab):
    """Without a value a trial is pending no more; a second end counts, as it is."""
    trials = lab()
    trials.suggest("0001")
    trials.observe("0001", 0.7, status="running")
    assert trials.searcher._records["0001"].is_pending
    trials.observe("0001", status="stopped")
    assert not trials.searcher._records
    config = trials.suggest("0002")
    trials.observe("0002", 0.5, status="stopped")
    trials.observe("0002", 0.25, config={**config, "x": 0.125})
    (record,) = trials.searcher._records.values()
    assert (record.loss, record.config["x"]) == (0.25, 0.125)


@pytest.mark.parametrize("config", [{}, {"x": 7, "y": 0, "lr": 0.1}, {"z": 1}])
def test_a_trial_from_outside_the_space_is_left_out(lab, config):
    """It cannot be placed."""
    trials = lab()
    trials.observe("9001", 0.5, config=config)
    assert not trials.searcher._records


def test_torch_is_left_as_it_was(lab, mixed, monkeypatch):
    """One thread while it works, all of them after it; no draw from torch's own generator."""
    during = []
    fit = type(lab().searcher)._fit
    monkeypatch.setattr(
        "tunesmith_turbo.searcher.TurboSearcher._fit",
        lambda self, known: during.append(torch.get_num_threads()) or fit(self, known),
    )
    torch.set_num_threads(2)
    before, python, threads = (
        torch.random.get_rng_state(),
        random.getstate(),
        threading.active_count(),
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        told(lab(mixed), 20).run(2)
    assert set(during) == {1}
    assert torch.get_num_threads() == 2
    assert torch.equal(before, torch.random.get_rng_state())
    assert python == random.getstate()
    assert threading.active_count() == threads


def test_a_fit_that_fails_leaves_a_model_that_works(lab, monkeypatch):
    """It then has the length scales that are likely beforehand."""
    from botorch.exceptions.errors import ModelFittingError

    def fail(*args, **kwargs):
        raise ModelFittingError

    monkeypatch.setattr("botorch.fit_gpytorch_mll", fail)
    trials = told(lab(), 20)
    trials.suggest("0001")
    assert trials.searcher._records["0001"].is_chosen


@pytest.mark.parametrize("steps", [3, 14])
def test_a_restored_searcher_goes_on_as_if_nothing_had_happened(lab, mixed, steps):
    """To the bit, in the initial sequence and with a model."""
    left, right = (lab(mixed, n_initial=10) for _ in range(2))
    left.run(steps, pending=2)
    right.searcher.restore(left.searcher.state())
    right.configs = dict(left.configs)
    assert right.run(3, start=100) == left.run(3, start=100)


def test_seeds_differ(lab):
    """Another seed is another search."""
    assert lab(seed=1).run(3) != lab(seed=2).run(3)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_initial": 1}, "n_initial=1; expected 2 or more"),
        ({"n_candidates": 0}, "n_candidates=0; expected 1 or more"),
        ({"success_tolerance": 0}, "success_tolerance=0"),
        ({"failure_tolerance": 0}, "failure_tolerance=0"),
        ({"n_training_steps": 0}, "n_training_steps=0"),
    ],
)
def test_what_cannot_be_done_is_said_at_once(lab, options, message):
    """Each mistake is an error before the first trial that names its fix."""
    with pytest.raises(OptionError, match=message):
        lab(**options)


def test_a_space_of_constants_has_one_configuration(lab):
    """Nothing is left to search, and that is no error."""
    assert lab({"fixed": 3}).run(3, pending=1) == [{}, {}, {}]


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("pending", [0, 4])
def test_it_lasts(lab, mixed, pending):
    """130 steps with its defaults, serial and with others in flight."""
    trials = lab(mixed, n_candidates=None, n_training_steps=50)
    best = min(map(trials.loss, trials.run(130, pending=pending)))
    # Of 130 random suggestions the best is below .02 with a probability of 3 %, both of .1 %.
    assert best < 0.01


def test_it_tunes_by_name(tmp_path):
    """From the front door, with categories and a log scale."""

    def train(config):
        return {"loss": (config["x"] - 0.3) ** 2 + 0.2 * (config["act"] != "tanh") + config["lr"]}

    results = tune.run(
        train,
        {
            "x": tune.uniform(-1, 1),
            "lr": tune.loguniform(1e-4, 1),
            "act": tune.choice(["relu", "tanh", "gelu"]),
        },
        metric="loss",
        mode="min",
        searcher={"name": "turbo", "n_initial": 8, "n_training_steps": 5},
        executor="inline",
        num_samples=18,
        storage=tmp_path,
        seed=1,
        verbose=0,
    )
    assert len(results.trials) == 18
    assert results.best.metrics["loss"] < 0.1
