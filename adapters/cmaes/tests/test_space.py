"""Space conversion: what CMA-ES is given covers the space, and values come back unharmed."""

import numpy as np
from hypothesis import given, settings

import tunesmith.space as ts
from tunesmith.testing.spaces import domains, rngs
from tunesmith_cmaes._space import MOST_LEVELS, Layout


@given(domain=domains, rng=rngs)
@settings(max_examples=60, deadline=None)
def test_a_configuration_survives_the_way_there_and_back(domain, rng):
    """Decoding undoes encoding: exactly, up to the rounding of reals."""
    space = ts.parse_space({"x": domain})
    layout, flat = Layout(space), space.draw(rng)
    back = space.validate(layout.decode(*layout.encode(flat)))
    for path, value in flat.items():
        if isinstance(value, float):
            assert np.isclose(back[path], value, rtol=1e-6, atol=1e-6 * abs(value) + 1e-9)
        else:
            assert back[path] == value


@given(domain=domains, rng=rngs)
@settings(max_examples=60, deadline=None)
def test_every_point_is_a_configuration(domain, rng):
    """Whatever the library samples between its bounds is in the space, both ends included."""
    space = ts.parse_space({"x": domain})
    layout = Layout(space)
    size = layout.reals + len(layout.levels)
    for numbers in (np.zeros(size), np.ones(size), np.array([rng.random() for _ in range(size)])):
        options = np.zeros((len(layout.counts), max(layout.counts, default=0)), bool)
        for row, count in zip(options, layout.counts, strict=True):
            row[rng.randrange(count)] = True
        space.validate(layout.decode(numbers, options))


def test_kinds_of_parameters_become_kinds_of_variables():
    """Reals, whole numbers with few values, and options; two values are options too."""
    space = ts.parse_space(
        {
            "real": ts.uniform(0, 1),
            "many": ts.randint(0, MOST_LEVELS + 1),
            "few": ts.randint(0, MOST_LEVELS),
            "log": ts.lograndint(1, 4),
            "step": ts.quniform(0, 1, 0.25),
            "order": ts.ordinal(["s", "m", "l"]),
            "pair": ts.randint(0, 2),
            "act": ts.choice(["a", "b", "c"]),
        }
    )
    layout = Layout(space)
    assert layout.reals == 2
    assert [len(row) for row in layout.levels] == [MOST_LEVELS, 3, 5, 3]
    assert layout.counts == [2, 3]


def test_logarithmic_levels_lie_as_their_logarithms_do():
    """1, 2 and 4 are evenly spaced: from 1 to 2 it is as far as from 2 to 4."""
    (levels,) = Layout(ts.parse_space({"n": ts.lograndint(1, 5)})).levels
    assert np.isclose(levels[1] - levels[0], levels[3] - levels[1])


def test_a_level_stands_for_all_numbers_around_it():
    """What is told from elsewhere is as near to the mean as its level reaches."""
    layout = Layout(ts.parse_space({"x": ts.uniform(0, 1), "n": ts.randint(0, 4)}))
    told = layout.encode({"x": 0.1, "n": 2}).numbers
    for mean, nearest in ((0.1, 0.5), (0.6, 0.6), (0.9, 0.75)):
        moved = layout.nearest(np.array([0.9, mean]), told)
        assert moved.tolist() == [told[0], nearest]
