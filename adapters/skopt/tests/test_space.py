"""Space conversion: what scikit-optimize is given covers the space, and values come back."""

import numpy as np
import pytest
import skopt.space
from hypothesis import given, settings
from hypothesis import strategies as st

import tunesmith.space as ts
from tunesmith.errors import CapabilityError
from tunesmith.space import TranslationError
from tunesmith.testing.spaces import domains, rngs
from tunesmith_skopt._plugin import tunesmith_searchers
from tunesmith_skopt._space import Axes

VOCABULARY = tunesmith_searchers()[0].capabilities.vocabulary
flat_spaces = st.dictionaries(st.sampled_from("abcde"), domains, min_size=1, max_size=5)


def axes_of(definition):
    shown = ts.translate(ts.parse_space(definition), VOCABULARY).space
    return shown, Axes(shown)


@given(definition=flat_spaces, rng=rngs)
@settings(max_examples=50, deadline=None)
def test_values_come_back_the_same(definition, rng):
    """Decoding undoes encoding, also by way of the library's unit cube."""
    shown, axes = axes_of(definition)
    flat = shown.draw(rng)
    point = axes.encode(flat)
    assert axes.decode(point) == flat
    if not axes.dimensions:
        return
    space = skopt.space.Space(
        [getattr(skopt.space, d.kind)(**d.arguments) for d in axes.dimensions]
    )
    assert point in space
    (back,) = space.inverse_transform(space.transform([point]))
    for path, value in axes.decode(back).items():
        assert (
            value == pytest.approx(flat[path]) if isinstance(value, float) else value == flat[path]
        )


@given(definition=flat_spaces, seed=st.integers(0, 2**31))
@settings(max_examples=30, deadline=None)
def test_what_the_library_draws_is_in_the_space(definition, seed):
    """Whatever the domains, its own random points decode."""
    _, axes = axes_of(definition)
    if axes.dimensions:
        dimensions = [getattr(skopt.space, d.kind)(**d.arguments) for d in axes.dimensions]
        for point in skopt.space.Space(dimensions).rvs(5, random_state=seed):
            axes.decode(point)


def test_scales_integers_and_categories_are_the_librarys_own():
    """What it has natively is left to it, and both ends of a range are in reach."""
    _, axes = axes_of(
        {"a": ts.loguniform(1, 8), "b": ts.lograndint(1, 9), "c": ts.choice(["x", "y"])}
    )
    a, b, c = (getattr(skopt.space, d.kind)(**d.arguments) for d in axes.dimensions)
    assert (a.prior, b.prior, c.categories) == ("log-uniform", "log-uniform", (0, 1))
    for dimension in (a, b):
        assert dimension.inverse_transform(np.array([0.0, 1.0])) == pytest.approx([1, 8])


def test_conditions_are_refused():
    """The library has none: the core says so before the first trial, the adapter if asked."""
    space = ts.parse_space({"kind": ts.choice([{"n": "a", "x": ts.uniform(0, 1)}, {"n": "b"}])})
    with pytest.raises(TranslationError, match="takes no conditional parameters"):
        ts.translate(space, VOCABULARY)
    with pytest.raises(CapabilityError, match="x'"):
        Axes(space)
