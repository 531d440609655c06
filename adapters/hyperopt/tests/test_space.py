"""Space conversion: what Hyperopt is given covers the space, and values come back unharmed."""

from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings

import tunesmith.space as ts
from tunesmith.errors import CapabilityError
from tunesmith.testing.spaces import rngs, spaces
from tunesmith_hyperopt._plugin import tunesmith_searchers
from tunesmith_hyperopt._space import decode, dimensions, encode

VOCABULARY = tunesmith_searchers()[0].capabilities.vocabulary


@given(space=spaces, rng=rngs)
@settings(max_examples=60, deadline=None)
def test_values_come_back_the_same(space, rng):
    """Decoding undoes encoding, whatever the space; what is inactive is absent."""
    shown = ts.translate(space, VOCABULARY).space
    table, flat = dimensions(shown.tunable), shown.draw(rng)
    assert shown.validate(decode(table, encode(table, flat))) == flat


@given(space=spaces)
@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
def test_what_hyperopt_draws_is_in_the_space(lab, space):
    """Whatever the space, nested choices included; and it reads what is told as what it drew."""
    drawn, told = lab(space, algo="rand"), lab(space, algo="rand")
    for trial in "abc":
        told.observe(trial, 1.0, config=drawn.suggest(trial))
    for (left, _), (right, _) in zip(drawn.told(), told.told(), strict=True):
        assert right.keys() == left.keys()
        for path, value in left.items():
            assert right[path] == pytest.approx(value)


def test_each_multiple_is_as_likely_as_any_other(lab):
    """The ends included, which Hyperopt's own rounding would give half a share.

    800 draws of four values; a fair one leaves 130..270 with a chance below 1e-7.
    """
    trials = lab({"n": ts.randint(3, 7), "q": ts.quniform(0.1, 0.4, 0.1)}, algo="rand")
    drawn = [trials.searcher.suggest(str(i)) for i in range(800)]
    for path in ("n", "q"):
        counts = Counter(config[path] for config in drawn)
        assert len(counts) == 4
        assert all(140 <= count <= 260 for count in counts.values())


def test_scales_steps_and_distributions_are_hyperopts_own():
    """What Hyperopt has natively is left to it: its model then fits."""
    space = ts.parse_space(
        {
            "a": ts.loguniform(1, 8),
            "b": ts.lograndint(1, 9),
            "c": ts.qrandint(0, 10, 5),
            "d": ts.randn(1, 2),
            "e": ts.qrandn(1, 2, 0.5),
            "f": ts.choice(["x", "y"]),
        }
    )
    shown = dimensions(ts.translate(space, VOCABULARY).space.tunable)
    kinds = ["loguniform", "qloguniform", "quniform", "normal", "qnormal", "randint"]
    assert [d.kind for d in shown] == kinds


def test_children_of_several_options_hang_below_each(lab):
    """A parameter may exist for two of three options of its parent."""
    parent = ts.CategoricalParameter("kind", ("a", "b", "c"))
    child = ts.FloatParameter("x", 0, 1, when=(ts.Condition("kind", ("a", "c")),))
    trials = lab(ts.Space((parent, child)))
    for config in trials.run(60):
        assert ("x" in config) == (config["kind"] != "b")


def test_a_parameter_hyperopt_cannot_search_is_refused_by_name():
    """Without the core's translation, an undeclared kind of parameter is an error that names it."""
    space = ts.parse_space({"layer": {"w": ts.ordinal([1, 4, 9])}})
    with pytest.raises(CapabilityError, match=r"'layer[./]w'"):
        dimensions(space.tunable)
