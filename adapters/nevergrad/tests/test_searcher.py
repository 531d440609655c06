"""The searcher with all kinds of optimizers, spaces and news."""

import math
import random
import warnings

import msgspec
import nevergrad as ng
import numpy as np
import pytest

import tunesmith as tune
from tunesmith.errors import CapabilityError, OptionError
from tunesmith_nevergrad.searcher import NevergradSearcher

OPTIMIZERS = ["NGOpt", "NgIohTuned", "TwoPointsDE", "OnePlusOne", "CMA", "MetaModel", "TBPSA"]


@pytest.mark.parametrize(("name", "pending"), [("real", 4), ("mixed", 0), ("conditional", 4)])
def test_130_steps_hold(lab, spaces, name, pending):
    """The default lasts on every kind of space, serially and with four trials under way.

    On real numbers it models the objective from step 32 on, which newer NumPy does not let it.
    """
    assert len(lab(spaces[name], budget=130).run(130, pending=pending)) == 130


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("pending", [0, 4])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_other_optimizers_last_as_well(lab, spaces, optimizer, pending):
    """130 steps of every family, on real numbers and on all kinds."""
    for name in ("real", "mixed"):
        assert len(lab(spaces[name], optimizer=optimizer).run(130, pending=pending)) == 130


@pytest.mark.parametrize(
    ("name", "optimizer", "count"), [("real", "NgIohTuned", 80), ("mixed", "NGOpt", 60)]
)
def test_it_beats_random_search(lab, spaces, score, name, optimizer, count):
    """Best of `count` with three trials pending, in the mean over fixed seeds.

    The same each time, as all is seeded; over other seeds it is below .7 of random search's too.
    """
    found, drawn = 0.0, 0.0
    for seed in range(4):
        trials = lab(spaces[name], seed=seed, optimizer=optimizer, budget=count)
        found += min(map(score, trials.run(count, pending=3)))
        for again in range(20):
            rng = random.Random(f"{seed} {again}")
            drawn += min(score(trials.problem.space.draw(rng)) for _ in range(count)) / 20
    assert found < 0.8 * drawn


def test_trials_under_way_at_once_differ(lab, spaces):
    """Four suggestions without a result between them are four points, at any time."""
    for name in ("real", "mixed"):
        trials = lab(spaces[name])
        for start in (0, 10):
            batch = [tuple(trials.suggest(f"b{start + i}").values()) for i in range(4)]
            assert len(set(batch)) == 4
            trials.run(10, start=start + 100)


@pytest.mark.parametrize("optimizer", ["OnePlusOne", "TwoPointsDE"])
def test_trials_from_elsewhere_teach_it(lab, score, optimizer):
    """After 60 random trials of an earlier run it starts where these were good.

    The mean of ten suggestions is below that of a search that knows nothing, over fixed seeds.
    """
    warm, cold = 0.0, 0.0
    for seed in range(4):
        told, rng = lab(seed=seed, optimizer=optimizer), random.Random(seed)
        for i in range(60):
            config = told.problem.space.draw(rng)
            told.observe(f"9{i:03}", score(config), config=config)
        warm += sum(map(score, told.run(10)))
        cold += sum(map(score, lab(seed=seed, optimizer=optimizer).run(10)))
    assert warm < 0.7 * cold


def test_infeasible_suggestions_become_rare(lab, score):
    """They count as failures, for the same trial too, and the search goes where trials may be.

    Were they not told, there would be hundreds for the last twenty feasible ones.
    """
    trials, infeasible = lab(optimizer="NgIohTuned"), 0
    for i in range(40):
        while trials.suggest(str(i))["x"] < 0.5:
            trials.observe(str(i), status="infeasible", resource=0.0)
            infeasible += i >= 20
        trials.observe(str(i), score(trials.configs[str(i)]))
    assert infeasible < 30


def test_a_failure_is_worse_than_the_worst_value(lab):
    """Infinitely so by Nevergrad's own rule; with several objectives as little as can be."""
    trials = lab()
    trials.suggest("0")
    trials.observe("0", status="failed")
    assert trials.told[0].loss == 5e20
    trials = lab(optimizer="OnePlusOne", objectives=2)
    for i in range(4):
        trials.suggest(str(i))
    trials.observe("0", status="failed")
    trials.observe("1", 3.0, 1.0)
    trials.observe("2", 2.0, 5.0)
    trials.observe("3", status="failed")
    losses = [list(point.losses) for point in trials.told]
    above = [[math.nextafter(x, math.inf) for x in worst] for worst in ((3, 1), (3, 5))]
    assert losses == [[3.0, 1.0], above[0], [2.0, 5.0], above[1]]


def test_a_stopped_trial_without_a_value_teaches_nothing(lab):
    """It is forgotten; with a value it is learnt as any other."""
    trials = lab()
    for i in range(2):
        trials.suggest(str(i))
    trials.observe("0", status="stopped")
    trials.observe("1", 0.5, status="stopped")
    assert [point.loss for point in trials.told] == [0.5]
    assert trials.searcher._pending == {}


def test_a_trial_is_learnt_once_and_with_the_configuration_it_had(lab):
    """The same end twice counts once; a trial that was forked counts as what it became."""
    trials = lab()
    config = trials.suggest("0")
    trials.observe("0", 0.5, config={**config, "x": -0.75})
    trials.observe("0", 0.4)
    (point,) = trials.told
    assert point.loss == 0.5
    assert point.value["p0"] == pytest.approx(-0.75)


@pytest.mark.parametrize("config", [{}, {"x": 7, "y": 0.1, "lr": 0.1}, {"z": 1}])
def test_a_trial_from_outside_the_space_is_left_out(lab, config):
    """It cannot be placed."""
    trials = lab()
    trials.observe("9001", 0.5, config=config)
    assert trials.told == []


def test_several_objectives_lead_to_a_front(lab):
    """Differential evolution finds points that are good at either end and between."""
    trials = lab(objectives=2, optimizer="TwoPointsDE")
    trials.losses = lambda config: [(config["x"] - 0.5) ** 2, (config["x"] + 0.5) ** 2]
    trials.run(80)
    front = trials.optimizer.pareto_front()
    assert len(front) >= 4
    assert all(-0.7 < point.value["p0"] < 0.7 for point in front)


@pytest.mark.parametrize("steps", [0, 34])
@pytest.mark.parametrize("optimizer", ["NGOpt", "NgIohTuned", "TwoPointsDE"])
def test_a_restored_searcher_goes_on_as_if_nothing_had_happened(lab, spaces, optimizer, steps):
    """To the bit, whatever the optimizer keeps, with trials pending."""
    left, right = (lab(spaces["real"], optimizer=optimizer) for _ in range(2))
    left.run(steps, pending=min(steps, 2))
    right.searcher.restore(left.searcher.state())
    right.configs = dict(left.configs)
    assert right.run(5, start=100) == left.run(5, start=100)


def test_global_generators_do_not_matter_and_are_left_alone(lab):
    """Nevergrad's models draw from them: from private ones here, the same for the same seed."""
    runs = []
    for seed in (1, 2):
        random.seed(seed)
        np.random.seed(seed)  # noqa: NPY002  (what the library uses)
        theirs = random.getstate(), np.random.get_state()[1].tolist()  # noqa: NPY002
        runs.append(lab().run(36))
        assert (random.getstate(), np.random.get_state()[1].tolist()) == theirs  # noqa: NPY002
    assert runs[0] == runs[1]
    assert lab(seed=1).run(3) != runs[0][:3]


def test_it_is_silent(lab, spaces, caplog, capfd):
    """No log line, no print, and no warning although these are errors here."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for space in spaces.values():
            lab(space, budget=20).run(36, pending=3)
    assert caplog.records == []
    assert capfd.readouterr() == ("", "")


def test_options_reach_the_library(lab):
    """A name, a configured family, and the plan that wizards choose by."""
    made = lab(optimizer="TwoPointsDE", budget=7, num_workers=3).optimizer
    assert (made.name, made.budget, made.num_workers) == ("TwoPointsDE", 7, 3)
    family = ng.families.DifferentialEvolution(crossover="rotated_twopoints")
    assert lab(optimizer=family).optimizer._config.crossover == "rotated_twopoints"
    problem = msgspec.structs.replace(lab().problem, num_samples=33, max_concurrent=5)
    planned = NevergradSearcher(problem)._optimizer
    assert (planned.budget, planned.num_workers) == (33, 5)
    planned = lab(budget=None).optimizer
    assert (planned.budget, planned.num_workers) == (100, 2)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"optimizer": "TwoPointDE"}, OptionError, "did you mean 'TwoPointsDE'?"),
        ({"optimizer": "zzz"}, OptionError, "such as 'TwoPointsDE'"),
        ({"optimizer": 3}, OptionError, "optimizer=3 is unknown"),
        ({"optimizer": "Powell"}, CapabilityError, "'Powell' knows only one trial at a time"),
        ({"budget": 0}, OptionError, "budget=0"),
        ({"num_workers": 1}, OptionError, "num_workers=1"),
    ],
)
def test_what_cannot_be_done_is_said_at_once(lab, options, error, message):
    """Each mistake is an error before the first trial that names its fix."""
    with pytest.raises(error, match=message.replace("?", r"\?")):
        lab(**options)


def test_a_space_of_constants_has_one_configuration(lab):
    """Nothing is left to search, and that is no error."""
    assert lab({"fixed": 3}).run(3, pending=1) == [{}, {}, {}]


def test_it_tunes_by_name(tmp_path):
    """From the front door, with a condition, categories and a log scale."""

    def train(config):
        return {"loss": abs(config["lr"] - 0.01) + config["layer"].get("rate", 0.5)}

    results = tune.run(
        train,
        {
            "lr": tune.loguniform(1e-4, 1),
            "layer": tune.choice(
                [{"name": "dropout", "rate": tune.uniform(0, 1)}, {"name": "none"}]
            ),
        },
        metric="loss",
        mode="min",
        searcher="nevergrad",
        executor="inline",
        num_samples=30,
        verbose=0,
        storage=tmp_path,
        seed=1,
    )
    assert results.best.metrics["loss"] < 0.5
    assert {type(trial.config["lr"]) for trial in results} == {float}
