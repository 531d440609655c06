"""Space conversion: Nevergrad's parameters cover the space, and values come back unharmed."""

import nevergrad as ng
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tunesmith.space as ts
from tunesmith.errors import CapabilityError
from tunesmith.plugins import resolve
from tunesmith.testing.spaces import rngs, spaces
from tunesmith_nevergrad._space import axes, decode, encode
from tunesmith_nevergrad.searcher import _parameter


def shown(space):
    """Return the space as the core shows it to the searcher."""
    return ts.translate(space, resolve("searcher", "nevergrad").spec.capabilities.vocabulary).space


def root(layout, seed=0):
    """Return the space in Nevergrad."""
    made = ng.p.Dict(**{name: _parameter(axis) for name, axis in layout.items()})
    made.random_state = np.random.RandomState(seed)
    return made


def close(left, right):
    """Tell whether two flat configurations agree, floats up to their rounding."""
    return left.keys() == right.keys() and all(
        value == (pytest.approx(right[path], rel=1e-6) if type(value) is float else right[path])
        for path, value in left.items()
    )


@given(space=spaces, rng=rngs)
@settings(max_examples=50, deadline=None)
def test_a_configuration_survives_the_way_there_and_back(space, rng):
    """Nevergrad takes every configuration of any space, and gives back the same one."""
    space = shown(space)
    layout, flat = axes(space), space.draw(rng)
    parameters = root(layout)
    child = parameters.spawn_child(new_value=encode(layout, flat, parameters.value))
    assert close(space.validate(decode(layout, child.value)), flat)


@given(space=spaces, data=st.data())
@settings(max_examples=50, deadline=None)
def test_every_point_is_a_configuration(space, data):
    """Wherever an optimizer goes, also far outside all bounds, what comes out is in the space."""
    space = shown(space)
    layout = axes(space)
    parameters = root(layout)
    if not parameters.dimension:
        return
    numbers = st.floats(-6, 6) | st.sampled_from([0.0, -40.0, 40.0])
    point = data.draw(
        st.lists(numbers, min_size=parameters.dimension, max_size=parameters.dimension)
    )
    child = parameters.spawn_child().set_standardized_data(np.array(point))
    flat = space.validate(decode(layout, child.value))
    assert close(space.validate(flat), flat)


def test_whole_numbers_have_equal_shares():
    """The first and the last of four have a quarter of the range each, like the others."""
    layout = axes(shown(ts.parse_space({"n": ts.randint(0, 4)})))
    parameters = root(layout)
    # Nevergrad lays a bounded range on six of its own units.
    points = [
        parameters.spawn_child().set_standardized_data(np.array([place]), reference=parameters)
        for place in np.arange(-2.95, 3, 0.1)
    ]
    counts = np.bincount([point.value["p0"] for point in points], minlength=4)
    assert counts.tolist() == [15, 15, 15, 15]


def test_kinds_are_nevergrads_own():
    """A log scale, whole numbers, an order and none are told, so that optimizers can use them."""
    layout = axes(
        shown(
            ts.parse_space(
                {
                    "lr": ts.loguniform(1e-3, 1),
                    "n": ts.lograndint(1, 100),
                    "width": ts.ordinal([1, 2]),
                    "act": ts.choice(["a", "b"]),
                    "shift": ts.randn(2, 3),
                }
            )
        )
    )
    lr, n, width, act, shift = (_parameter(axis) for axis in layout.values())
    assert isinstance(lr, ng.p.Log)
    assert isinstance(n, ng.p.Log)
    assert n.integer
    assert isinstance(width, ng.p.TransitionChoice)
    assert isinstance(act, ng.p.Choice)
    # Else NGOpt would take the objective for noisy, and be worse than random search.
    assert ng.p.helpers.analyze(root(layout)).deterministic
    assert shift.value == pytest.approx(2)
    assert shift.sigma.value == pytest.approx(3)


def test_a_parameter_nevergrad_cannot_search_is_refused_by_name():
    """Without the core's translation, an undeclared kind of parameter is an error that names it."""
    with pytest.raises(CapabilityError, match=r"'layer[./]w'"):
        axes(ts.parse_space({"layer": {"w": ts.quniform(0, 1, 0.25)}}))
