"""Space conversion: SigOpt's parameters cover the space, and values come back unharmed."""

import copy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sigoptlite.builders import LocalExperimentBuilder
from sigoptlite.sources import BaseOptimizationSource as Source

import tunesmith.space as ts
from tunesmith.errors import CapabilityError
from tunesmith.plugins import resolve
from tunesmith.testing.spaces import rngs, spaces
from tunesmith_sigopt._space import Layout


def shown(space):
    """Return the space as the core shows it to the searcher."""
    return ts.translate(space, resolve("searcher", "sigopt").spec.capabilities.vocabulary).space


def experiment(layout):
    """Return SigOpt's experiment on the space."""
    parameters = copy.deepcopy(layout.records)
    return LocalExperimentBuilder({"parameters": parameters, "metrics": [{"name": "loss"}]})


@given(space=spaces, rng=rngs)
@settings(max_examples=50, deadline=None)
def test_a_configuration_survives_the_way_there_and_back(space, rng):
    """Also through SigOpt's own vectors, whatever is inactive; reals up to their rounding."""
    space = shown(space)
    if not space.tunable:
        return
    layout, flat = Layout(space), space.draw(rng)
    made = experiment(layout)
    point = Source.get_point_from_assignments(made, layout.encode(flat))
    back = layout.decode(Source.make_assignments_from_point(made, point.tolist()))
    assert back.keys() == flat.keys()
    for path, value in flat.items():
        assert back[path] == (pytest.approx(value, rel=1e-6) if type(value) is float else value)


@given(space=spaces, places=st.lists(st.floats(0, 1), min_size=30, max_size=30))
@settings(max_examples=50, deadline=None)
def test_every_point_is_a_configuration(space, places):
    """Whatever is within SigOpt's bounds is in the space."""
    space = shown(space)
    if not space.tunable:
        return
    layout = Layout(space)
    made = experiment(layout)
    point = []
    for parameter, place in zip(made.parameters, places, strict=False):
        _, elements = Source.pe_parameter_info(parameter)
        low, high = elements[0], elements[-1]
        point.append(low + place * (high - low))
    if len(point) == len(layout.records):
        space.validate(layout.decode(Source.make_assignments_from_point(made, point)))


def test_kinds_are_sigopts_own():
    """A log scale, whole numbers and categories are told, so that its model can use them."""
    space = ts.parse_space(
        {"a": ts.loguniform(0.1, 1), "c": ts.randint(7, 12), "d": ts.choice(["a", None])}
    )
    bounds = {"min": 0.1, "max": 1.0}
    assert Layout(space).records == [
        {"name": "p0", "type": "double", "bounds": bounds, "transformation": "log"},
        {"name": "p1", "type": "int", "bounds": {"min": 7, "max": 11}},
        {"name": "p2", "type": "categorical", "categorical_values": ["0", "1"]},
    ]


def test_a_parameter_sigopt_cannot_search_is_refused_by_name():
    """Without the core's translation, an undeclared kind of parameter is an error that names it."""
    with pytest.raises(CapabilityError, match=r"'layer[./]w'"):
        Layout(ts.parse_space({"layer": {"w": ts.quniform(0, 1, 0.25)}}))
