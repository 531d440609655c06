"""The searcher with every kind of space and news."""

import math

import numpy as np
import pytest

from tunesmith.errors import OptionError

OPTION_OF_EACH = {"act": "gelu", "lr": 0.1, "width": 32, "shift": 0.0}


def test_40_steps_find_the_optimum(lab):
    """At the end it searches near the optimum, with three trials pending.

    Random suggestions have a mean |x - .3| of .55.
    """
    last = lab(random_fraction=0).run(40, 3)[-10:]
    assert sum(abs(config["x"] - 0.3) for config in last) / 10 < 0.2


def test_130_steps_hold(lab):
    """More losses than the model may have are no problem."""
    assert len(lab(max_observations=50, candidates=100).run(130, 3)) == 130


def test_categories_are_learnt_in_a_conditional_space(lab, conditional):
    """The best of three options is suggested most; inactive parameters are absent."""
    configs = lab(conditional, random_fraction=0).run(50)
    for config in configs:
        assert len([path for path in config if "momentum" in path or "beta" in path]) == 1
    assert sum(config["act"] == "gelu" for config in configs[-20:]) >= 12


def test_inactive_parameters_do_not_matter_to_the_model(lab, conditional):
    """Points that lead to one configuration have one row of features."""
    cube = lab(conditional).searcher._cube
    point = np.array(cube.encode({**OPTION_OF_EACH, **sgd(cube)}))
    names = [parameter.path for parameter in cube.parameters]
    other = point.copy()
    other[next(i for i, name in enumerate(names) if "beta" in name)] = 0.9
    features = lab(conditional).searcher._features
    left, right = features(np.array([point, other]))
    assert left.tolist() == right.tolist()
    other[next(i for i, name in enumerate(names) if "momentum" in name)] = 0.9
    assert features(other[None])[0].tolist() != left.tolist()


def sgd(cube):
    """Return the flat values of the branch with momentum."""
    momentum = next(p for p in cube.parameters if "momentum" in p.path)
    (condition,) = momentum.when
    return {condition.path: condition.options[0], momentum.path: 0.5}


def test_any_two_options_are_equally_far(lab, conditional):
    """Categories have no order."""
    cube = lab(conditional).searcher._cube
    rows = [
        cube.encode({**OPTION_OF_EACH, "act": act, **sgd(cube)}) for act in ("relu", "tanh", "gelu")
    ]
    features = lab(conditional).searcher._features(np.array(rows))
    distances = [np.linalg.norm(features[i] - features[j]) for i, j in ((0, 1), (0, 2), (1, 2))]
    assert distances == pytest.approx([1, 1, 1])


def test_early_values_are_not_taken_for_final_ones(lab):
    """Values that would be brilliant at the end, but that all have early, lead it nowhere."""
    trials = lab(random_fraction=0, max_resource=27)
    for i in range(30):
        config = trials.suggest(str(i))
        loss = abs(config["x"] - 0.3)
        trials.observe(str(i), loss - 9, status="running", resource=1.0)
        if config["x"] < 0:
            trials.observe(str(i), loss - 9, status="stopped", resource=1.0)
        else:
            trials.observe(str(i), loss, resource=27.0)
    late = [trials.suggest(f"n{i}")["x"] for i in range(5)]
    assert np.mean(np.abs(np.array(late) - 0.3)) < 0.3


@pytest.mark.parametrize("status", ["failed", "completed", "running"])
@pytest.mark.parametrize("values", [(), (math.nan,)])
def test_failed_and_diverged_trials_are_the_worst(lab, status, values):
    """They have the highest scores, and the searcher goes elsewhere."""
    trials = lab(random_fraction=0)
    for i in range(30):
        config = trials.suggest(str(i))
        if config["x"] > 0:
            trials.observe(str(i), *values, status=status, resource=0.0)
        else:
            trials.observe(str(i), config["lr"], resource=9.0)
    assert sum(trials.suggest(f"n{i}")["x"] > 0 for i in range(10)) <= 2


def test_nothing_but_failures_is_survived(lab):
    """It goes on suggesting."""
    trials = lab()
    for i in range(20):
        trials.suggest(str(i))
        trials.observe(str(i), status="failed", resource=0.0)


def test_pending_trials_repel(lab):
    """Suggestions for eight trials at once are all different and not all in one place."""
    trials = lab(random_fraction=0)
    trials.run(15)
    batch = [trials.suggest(f"b{i}") for i in range(8)]
    assert len({tuple(config.values()) for config in batch}) == 8


def test_a_finite_space_is_tried_out_and_goes_on(lab):
    """All configurations are found; then it repeats some, and does not hang."""
    import tunesmith.space as ts

    trials = lab({"a": ts.choice([1, 2, 3]), "b": ts.randint(0, 4)}, random_fraction=0)
    configs = trials.run(40)
    assert len({tuple(config.values()) for config in configs}) == 12


def test_an_empty_space_has_one_configuration(lab):
    """Where all is constant there is nothing to model."""
    trials = lab({"a": 1})
    assert trials.run(15) == [{}] * 15


def test_strange_news_is_passed_over(lab):
    """Configurations from elsewhere, late and repeated results."""
    trials = lab()
    trials.suggest("a")
    trials.observe("b", 0.5, config={"y": 1})
    assert list(trials.searcher._records) == ["a"]
    for _ in range(2):
        trials.observe("a", 0.5, resource=9.0)
        trials.observe("a", 0.9, status="running", resource=3.0)
    assert trials.searcher._records["a"].curve == {9.0: 0.5}
    assert not trials.searcher._records["a"].is_pending


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_startup_trials": 1}, "n_startup_trials=1; expected 2 or more"),
        ({"random_fraction": 2}, "random_fraction=2; expected from 0 to 1"),
        ({"candidates": 0}, "candidates=0"),
        ({"max_observations": 0}, "max_observations=0"),
    ],
)
def test_impossible_options_are_refused(lab, options, message):
    """Before the first trial, with what was expected."""
    with pytest.raises(OptionError, match=message):
        lab(**options)


def test_scores_depend_on_order_alone(lab):
    """Any increasing function of the losses leads to the same scores; equal ones have the same."""
    left, right = lab(), lab()
    for i, loss in enumerate([0.5, 0.1, 0.5, 3.0]):
        for trials, value in ((left, loss), (right, math.exp(9 * loss))):
            trials.suggest(str(i))
            trials.observe(str(i), value, resource=1.0 + i)
    scores = left.searcher._losses()[2]
    assert scores.tolist() == right.searcher._losses()[2].tolist()
    assert scores == pytest.approx([1.15, 0, -1.15, 0], abs=0.01)


def test_times_run_from_the_first_resource_to_the_end(lab):
    """On a log scale; the losses of the longest training stay when there are too many."""
    trials = lab(max_resource=100, max_observations=10)
    trials.suggest("a")
    for resource in (1.0, 10.0):
        trials.observe("a", 0.5, status="running", resource=resource)
    assert trials.searcher._losses()[1].tolist() == pytest.approx([0.5, 0.0])
    for i in range(12):
        trials.suggest(str(i))
        trials.observe(str(i), 0.5, resource=100.0)
    assert trials.searcher._losses()[1].tolist() == pytest.approx([1.0] * 10)


def test_infeasible_suggestions_teach_where_not_to_look(lab):
    """They are the worst, not pending, and the trial's next suggestion is another record."""
    trials = lab(random_fraction=0)
    near = 0
    for i in range(40):
        for _ in range(20):
            config = trials.suggest(str(i))
            if config["x"] <= 0:
                break
            near += i >= 20
            trials.observe(str(i), status="infeasible", resource=0.0)
        trials.observe(str(i), -config["x"], resource=9.0)
    assert not any(record.is_pending for record in trials.searcher._records.values())
    # One that learns nothing goes beyond 0, where it would be better, nearly always.
    assert near <= 60
