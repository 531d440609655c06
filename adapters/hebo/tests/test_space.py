"""Space conversion: HEBO's parameters cover the space, and values come back unharmed."""

import pytest
import torch
from hebo.design_space.design_space import DesignSpace
from hypothesis import given, settings
from hypothesis import strategies as st

import tunesmith.space as ts
from tunesmith.errors import CapabilityError
from tunesmith.plugins import resolve
from tunesmith.testing.spaces import domains, rngs
from tunesmith_hebo._space import Layout


def shown(domain):
    """Return a space of one parameter as the core shows it to the searcher."""
    vocabulary = resolve("searcher", "hebo").spec.capabilities.vocabulary
    return ts.translate(ts.parse_space({"x": domain}), vocabulary).space


@given(domain=domains, rng=rngs)
@settings(max_examples=100, deadline=None)
def test_a_configuration_survives_the_way_there_and_back(domain, rng):
    """Decoding undoes encoding, up to the rounding of reals."""
    space = shown(domain)
    layout, flat = Layout(space), space.draw(rng)
    back = layout.decode(layout.encode(flat))
    for path, value in flat.items():
        assert back[path] == (pytest.approx(value, rel=1e-6) if type(value) is float else value)


@given(domain=domains, place=st.floats(0, 1) | st.sampled_from([0.0, 1.0]))
@settings(max_examples=100, deadline=None)
def test_every_point_is_a_configuration(domain, place):
    """Whatever the library suggests, in single precision, is in the space, and so are the ends."""
    space = shown(domain)
    if not space.tunable:
        return
    layout = Layout(space)
    design = DesignSpace().parse(layout.records)
    low, high = float(design.opt_lb[0]), float(design.opt_ub[0])
    point = torch.tensor([[low + (high - low) * place]], dtype=torch.float32)
    empty = torch.zeros((1, 0))
    parts = (point, empty) if design.num_numeric else (empty, point)
    (value,) = layout.decode(design.inverse_transform(*parts).iloc[0].to_dict()).values()
    (parameter,) = space.tunable
    if place in (0.0, 1.0):
        assert value == ts.from_unit(parameter, place)


def test_kinds_are_hebos_own():
    """Whole numbers and categories are told, so that its model can use them."""
    space = ts.parse_space(
        {"a": ts.loguniform(1e-3, 1), "c": ts.randint(7, 12), "d": ts.choice(["a", None])}
    )
    records = [{k: v for k, v in one.items() if k != "name"} for one in Layout(space).records]
    assert records == [
        {"type": "num", "lb": 0.0, "ub": 1.0},
        {"type": "int", "lb": 0, "ub": 4},
        {"type": "cat", "categories": [0, 1]},
    ]


def test_a_parameter_hebo_cannot_search_is_refused_by_name():
    """Without the core's translation, an undeclared kind of parameter is an error that names it."""
    with pytest.raises(CapabilityError, match=r"'layer[./]w'"):
        Layout(ts.parse_space({"layer": {"w": ts.quniform(0, 1, 0.25)}}))
