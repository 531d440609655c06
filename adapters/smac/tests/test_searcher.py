"""The searcher with every kind of news, and what is special to SMAC."""

import logging
import random
import statistics
import threading

import pytest
from smac.acquisition.maximizer import LocalSearch

import tunesmith as tune
from tunesmith.errors import OptionError
from tunesmith.protocols import SearchExhausted


def test_the_model_is_of_use(lab, mixed):
    """After its Sobol sequence suggestions are better than random ones, over three seeds.

    A random suggestion has a mean loss of 1.0 with a standard deviation of .58; 48 such have a mean
    below .7 with a probability of 2e-4.
    """
    space = {name: mixed[name] for name in ("x", "act", "on")}
    late = [
        trials.loss(config)
        for seed in range(3)
        for trials in [lab(space, seed=seed)]
        for config in trials.run(26)[10:]
    ]
    assert statistics.mean(late) < 0.7


def test_it_starts_with_a_sobol_sequence_of_a_quarter_of_the_trials(lab):
    """The library's rule, and its options for it; a model comes after it."""
    assert lab(num_samples=20).searcher._startup == 5
    assert lab(num_samples=None).searcher._startup == 25
    assert lab(num_samples=400).searcher._startup == 30
    assert lab(num_samples=400, n_configs=7).searcher._startup == 7
    assert lab(num_samples=1).searcher._startup == 1


def test_the_start_is_over_when_as_many_trials_are_known(lab):
    """A searcher that was told of earlier trials goes on from their model."""
    trials, rng = lab(), random.Random(1)
    for i in range(30):
        config = trials.problem.space.draw(rng)
        trials.observe(f"old {i}", trials.loss(config), config=config)
    trials.suggest("0001")
    assert trials.searcher._startup == 0
    assert len(trials.searcher._next) == 7


def test_pending_trials_are_not_suggested_again(lab):
    """Also those whose configuration came from elsewhere; in a finite space all come, once each."""
    trials = lab({"n": tune.randint(0, 6), "act": tune.choice(["relu", "tanh"])}, n_configs=3)
    trials.searcher.adopt("elsewhere", {"n": 3, "act": "relu"})
    trials.searcher.adopt("outside", {"n": 33, "act": "relu"})
    seen = [tuple(trials.suggest(str(i)).values()) for i in range(11)]
    assert len(set(seen)) == 11
    assert (3, "relu") not in seen
    for _ in range(2):
        with pytest.raises(SearchExhausted, match="no configuration"):
            trials.suggest("more")


def test_stopped_trials_are_forgotten(lab):
    """Without a value they teach nothing, and are pending no more."""
    trials = lab()
    trials.suggest("0001")
    trials.observe("0001", status="stopped")
    assert not trials.searcher._records
    trials.suggest("0002")
    trials.observe("0002", 0.5, status="stopped")
    assert trials.searcher._records["0002"].values == (0.5,)


@pytest.mark.parametrize("status", ["failed", "infeasible"])
def test_what_does_not_work_is_avoided(lab, status):
    """Failed, diverged and infeasible trials cost as much as the worst, whatever that is by then.

    Half of random suggestions lie there: of 24 at most 6 do with a probability of 1 %, in both
    cases of 1e-4; a fifth of SMAC's are random.
    """
    trials = lab({name: tune.uniform(-1, 1) for name in "xy"}, n_configs=10)
    wrong = 0
    for i in range(34):
        config = trials.suggest(str(i))
        if config["x"] > 0:
            trials.observe(str(i), *([float("nan")] if i % 2 else []), status=status)
            wrong += i >= 10
        else:
            trials.observe(str(i), (config["y"] - 0.5) ** 2)
    assert wrong <= 6


def test_nothing_but_failures_leaves_random_suggestions(lab):
    """There is no worst cost then; the model waits for the first value."""
    trials = lab(num_samples=8)
    for i in range(12):
        trials.suggest(str(i))
        trials.observe(str(i), status="failed")
    assert len({tuple(config.values()) for config in trials.configs.values()}) == 12


def test_later_news_replaces_what_was_known(lab):
    """A second end, or the end of a trial that went on with another configuration."""
    trials = lab()
    config = trials.suggest("0001")
    trials.observe("0001", 0.5, status="running")
    assert trials.searcher._records["0001"].values is None
    trials.observe("0001", 0.5)
    trials.observe("0001", 0.25, config={**config, "x": 0.125})
    (record,) = trials.searcher._records.values()
    assert (record.values, record.config["x"]) == ((0.25,), 0.125)


@pytest.mark.parametrize("config", [{}, {"x": 7, "y": 0, "lr": 0.1}, {"z": 1}])
def test_a_trial_from_outside_the_space_is_left_out(lab, config):
    """It cannot be placed."""
    trials = lab()
    trials.observe("9001", 0.5, config=config)
    assert not trials.searcher._records


def test_conditions_are_smacs_own(lab, conditional):
    """Every branch is searched, also one within another, and what is inactive is absent."""
    kinds = {tuple(config) for config in lab(conditional).run(24)}
    assert len(kinds) == 3


def test_several_objectives_are_searched_for_a_front(lab, mixed):
    """ParEGO weighs them anew for each fit; failures cost the worst of each."""
    trials = lab({name: mixed[name] for name in ("x", "act")}, objectives=2)
    for i in range(24):
        config = trials.suggest(str(i))
        values = () if i % 5 == 4 else (config["x"] ** 2, (config["x"] - 1) ** 2)
        trials.observe(str(i), *values, status="completed" if values else "failed")
    late = [trials.suggest(f"late {i}")["x"] for i in range(16)]
    # The front is from 0 to 1; of 16 random ones so many are near it with a probability of 6 %.
    assert sum(-0.2 <= x for x in late) >= 13


def test_the_order_of_a_set_has_no_influence(lab, monkeypatch):
    """SMAC's local search starts from a set of configurations: their order is that of hashes."""
    name = "_get_init_points_from_previous_configs"
    found, starts = lab().run(18), getattr(LocalSearch, name)
    monkeypatch.setattr(LocalSearch, name, lambda *arguments: starts(*arguments)[::-1])
    assert lab().run(18) == found


def test_equal_losses_are_survived(lab, mixed):
    """The costs are scaled by their range, which may be nothing."""
    trials = lab(mixed)
    for i in range(18):
        trials.suggest(str(i))
        trials.observe(str(i), 1.0)


def test_it_leaves_nothing_behind(lab, mixed, conditional, tmp_path, monkeypatch, caplog, capfd):
    """No file, thread, log record, output or draw from a global generator."""
    import numpy as np

    monkeypatch.chdir(tmp_path)
    caplog.set_level(logging.WARNING)
    before = random.getstate(), np.random.get_state()[1].tolist()  # noqa: NPY002
    threads = threading.active_count()
    lab(mixed).run(16)
    lab(conditional).run(16)
    with pytest.raises(SearchExhausted):
        lab({"n": tune.randint(0, 3)}).run(4)
    assert list(tmp_path.iterdir()) == []
    assert threading.active_count() == threads
    assert [record for record in caplog.records if record.name.startswith("smac")] == []
    assert capfd.readouterr() == ("", "")
    assert before == (random.getstate(), np.random.get_state()[1].tolist())  # noqa: NPY002


@pytest.mark.parametrize("steps", [3, 17])
def test_a_restored_searcher_goes_on_as_if_nothing_had_happened(lab, conditional, steps):
    """To the bit, in the initial design and between two fits of the model."""
    left, right = lab(conditional), lab(conditional)
    left.run(steps, pending=2)
    right.searcher.restore(left.searcher.state())
    right.configs = dict(left.configs)
    assert right.run(12, start=100) == left.run(12, start=100)


def test_seeds_differ(lab):
    """Another seed is another search."""
    assert lab(seed=1).run(3) != lab(seed=2).run(3)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_configs": 0}, "n_configs=0; expected 1 or more"),
        ({"max_ratio": 2}, "max_ratio=2; expected from 0 to 1"),
        ({"probability": -0.1}, "probability=-0.1"),
        ({"retrain_after": 0}, "retrain_after=0"),
        ({"model_options": {"n_tree": 3}}, "no option 'n_tree'; did you mean 'n_trees'"),
        ({"model_options": {"seed": 3}}, "no option 'seed'; its options: bootstrapping"),
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
    """130 steps as the library has it, serial and with others in flight."""
    trials = lab(mixed, challengers=10_000, local_search_iterations=10)
    assert len({tuple(config.values()) for config in trials.run(130, pending=pending)}) == 130


def test_it_tunes_by_name(tmp_path):
    """From the front door, with a condition and a log scale."""

    def train(config):
        rate = config["optimizer"].get("momentum", 0.5)
        return {"loss": (config["x"] - 0.3) ** 2 + (rate - 0.9) ** 2}

    results = tune.run(
        train,
        {
            "x": tune.uniform(-1, 1),
            "optimizer": tune.choice(
                [{"name": "sgd", "momentum": tune.uniform(0, 1)}, {"name": "adam"}]
            ),
        },
        metric="loss",
        mode="min",
        searcher={"name": "smac", "challengers": 100, "local_search_iterations": 3},
        executor="inline",
        num_samples=24,
        storage=tmp_path,
        seed=1,
        verbose=0,
    )
    assert len(results.trials) == 24
    assert results.best.metrics["loss"] < 0.1
