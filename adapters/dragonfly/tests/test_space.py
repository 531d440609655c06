"""Space conversion: Dragonfly's domain covers the space, and values come back unharmed."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tunesmith.space as ts
from tunesmith.errors import CapabilityError
from tunesmith.plugins import resolve
from tunesmith.testing.spaces import domains, rngs
from tunesmith_dragonfly._space import Layout


def shown(domain):
    """Return a space of one parameter as the core shows it to the searcher."""
    vocabulary = resolve("searcher", "dragonfly").spec.capabilities.vocabulary
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
    """Whatever is in Dragonfly's domain is in the space, and its ends are the space's."""
    space = shown(domain)
    if not space.tunable:
        return
    layout = Layout(space)
    (entry,), (parameter,) = layout.domain, space.tunable
    if entry["type"] == "discrete":
        point = entry["items"][round(place * (len(entry["items"]) - 1))]
    else:
        point = entry["min"] + place * (entry["max"] - entry["min"])
    (value,) = layout.decode([point]).values()
    if place in (0.0, 1.0):
        assert value == ts.from_unit(parameter, place)


def test_kinds_are_dragonflys_own():
    """Whole numbers and categories are told, so that its kernels can use them."""
    space = ts.parse_space(
        {"a": ts.uniform(3, 9), "c": ts.randint(7, 12), "d": ts.choice(["a", None])}
    )
    assert Layout(space).domain == [
        {"name": "p0", "type": "float", "min": 0.0, "max": 1.0},
        {"name": "p1", "type": "int", "min": 0, "max": 5},
        {"name": "p2", "type": "discrete", "items": ["0", "1"]},
    ]


def test_a_parameter_dragonfly_cannot_search_is_refused_by_name():
    """Without the core's translation, an undeclared kind of parameter is an error that names it."""
    with pytest.raises(CapabilityError, match=r"'layer[./]w'"):
        Layout(ts.parse_space({"layer": {"w": ts.loguniform(0.1, 1)}}))
