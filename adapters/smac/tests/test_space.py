"""Space conversion: what SMAC is given covers the space, and values come back unharmed."""

import math

import pytest
from hypothesis import given, settings

import tunesmith.space as ts
from tunesmith.errors import CapabilityError
from tunesmith.plugins import resolve
from tunesmith.testing.spaces import rngs, spaces
from tunesmith_smac._space import Layout
from tunesmith_smac.searcher import _configspace


def shown(space):
    return ts.translate(space, resolve("searcher", "smac").spec.capabilities.vocabulary).space


@given(space=spaces, rng=rngs)
@settings(max_examples=40, deadline=None)
def test_a_configuration_survives_the_way_there_and_back(space, rng):
    """ConfigSpace takes every configuration, conditions included, and gives the same back."""
    import ConfigSpace

    space = shown(space)
    layout, flat = Layout(space), space.draw(rng)
    point = ConfigSpace.Configuration(_configspace(layout), values=layout.encode(flat))
    back = layout.decode(dict(point))
    assert back.keys() == flat.keys()
    for path, value in flat.items():
        if isinstance(value, float):
            assert math.isclose(back[path], value, rel_tol=1e-6, abs_tol=1e-6)
        else:
            assert back[path] == value


@given(space=spaces, rng=rngs)
@settings(max_examples=20, deadline=None)
def test_what_smac_samples_is_in_the_space(space, rng):
    """In builtin types, with what is inactive left out."""
    space = shown(space)
    layout = Layout(space)
    if layout.dimensions:
        configspace = _configspace(layout)
        configspace.seed(rng.randrange(2**31))
        for point in configspace.sample_configuration(3):
            space.validate(layout.decode(dict(point)))


def test_the_whole_range_of_integers_is_exact():
    """Up to 2**53, as far as a space goes."""
    import ConfigSpace

    space = shown(ts.parse_space({"n": ts.randint(0, 2**53), "m": ts.randint(-(2**53), 1)}))
    layout = Layout(space)
    for flat in ({"n": 0, "m": -(2**53)}, {"n": 2**53 - 1, "m": 0}):
        point = ConfigSpace.Configuration(_configspace(layout), values=layout.encode(flat))
        assert layout.decode(dict(point)) == flat


def test_a_parameter_smac_cannot_search_is_refused_by_name():
    """Without the core's translation, an undeclared kind of parameter is an error that names it."""
    for domain in (ts.randn(0, 1), ts.quniform(0, 1, 0.25)):
        with pytest.raises(CapabilityError, match=r"'layer[./]w'"):
            Layout(ts.parse_space({"layer": {"w": domain}}))
