"""Space conversion: what Ax is given covers the space, and values come back unharmed."""

import math

import pytest
from hypothesis import given, settings

import tunesmith.space as ts
from tunesmith.errors import CapabilityError
from tunesmith.testing.spaces import rngs, spaces
from tunesmith_ax._space import Axes

VOCABULARY = ts.Vocabulary(log=True, integer=True, categorical=True, conditional=True)


def fits(column, value):
    """Tell whether a value is one of those that Ax was told of."""
    if column["parameter_type"] == "str":
        return value in column["values"]
    low, high = column["bounds"]
    kind = {"int": int, "float": float}[column["parameter_type"]]
    return type(value) is kind and low <= value <= high


@given(source=spaces, rng=rngs)
@settings(max_examples=50)
def test_every_configuration_is_shown_within_the_bounds_and_comes_back(source, rng):
    """Conditional ones too: what is inactive is not shown, and shows up for no other option."""
    space = ts.translate(source, VOCABULARY).space
    axes = Axes(space)
    columns = {column["name"]: column for column in axes.columns}
    flat = space.draw(rng)
    shown = axes.encode(flat)
    assert len(shown) == len(flat)
    assert all(fits(columns[name], value) for name, value in shown.items())
    dependent = {}
    for name, column in columns.items():
        for label, children in (column.get("dependent_parameters") or {}).items():
            for child in children:
                dependent.setdefault(child, []).append(shown.get(name) == label)
    assert all((name in shown) == any(held) for name, held in dependent.items())
    again = axes.decode(shown)
    assert repr(space.validate(again)) == repr(again)
    for path, value in flat.items():
        same = isinstance(value, float) and math.isclose(again[path], value, abs_tol=1e-6)
        assert same or (type(again[path]), again[path]) == (type(value), value)


@pytest.mark.parametrize(
    ("domain", "low", "high"),
    [
        (ts.uniform(0.0, 1e-9), 0.0, 1e-9),
        (ts.loguniform(1e-6, 1e-5), 1e-6, 1e-5),
        (ts.uniform(-3.5, 1e300), -3.5, 1e300),
        (ts.lograndint(1, 10), 1, 9),
    ],
)
def test_the_ends_of_axs_bounds_are_the_ends_of_the_parameters(domain, low, high):
    """Nothing of a range is out of reach, nor beyond it; a narrow one is as wide as any."""
    axes = Axes(ts.parse_space({"x": domain}))
    (column,) = axes.columns
    assert [axes.decode({"p0": bound})["x"] for bound in column["bounds"]] == [low, high]


def test_a_parameter_ax_cannot_search_is_refused_by_name():
    """Without the core's translation, an undeclared kind of parameter is an error that names it."""
    space = ts.parse_space({"layer": {"w": ts.randn(0, 1)}})
    with pytest.raises(CapabilityError, match=r"'layer[./]w'"):
        Axes(space)
