"""Space conversion: points of the cube, and what the model sees of them."""

import math

import numpy as np
from hypothesis import given, settings

import tunesmith.space as ts
from tunesmith.testing.spaces import domains, rngs
from tunesmith_turbo._space import Layout


@given(domain=domains, rng=rngs)
@settings(max_examples=60, deadline=None)
def test_a_configuration_survives_the_way_there_and_back(domain, rng):
    """Decoding undoes encoding: exactly, up to the rounding of reals."""
    space = ts.parse_space({"x": domain})
    layout, flat = Layout(space), space.draw(rng)
    back = space.validate(layout.decode(layout.encode(flat)))
    for path, value in flat.items():
        if isinstance(value, float):
            assert math.isclose(back[path], value, rel_tol=1e-6, abs_tol=1e-6 * abs(value) + 1e-9)
        else:
            assert back[path] == value


@given(domain=domains, rng=rngs)
@settings(max_examples=60, deadline=None)
def test_snapping_changes_no_configuration(domain, rng):
    """A candidate is judged where its values are, which are those that are suggested."""
    space = ts.parse_space({"x": domain, "y": ts.uniform(0, 1)})
    layout = Layout(space)
    points = np.array([[rng.random(), rng.random()] for _ in range(5)] + [[0, 0], [1, 1]])
    for point, snapped in zip(points, layout.snap(points), strict=True):
        assert layout.decode(snapped) == layout.decode(point)
        if layout.steps[0]:
            assert np.allclose(layout.encode(layout.decode(point)), snapped)


def test_an_option_is_a_column_of_its_own():
    """Options have no order, so that each is as far from any other."""
    space = ts.parse_space({"act": ts.choice(["a", "b", "c"]), "x": ts.uniform(0, 1)})
    layout = Layout(space)
    points = np.array([layout.encode({"act": act, "x": 0.25}) for act in "abc"])
    assert layout.features(points).tolist() == [
        [0.25, 1, 0, 0],
        [0.25, 0, 1, 0],
        [0.25, 0, 0, 1],
    ]
