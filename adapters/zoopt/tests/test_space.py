"""Space conversion: ZOOpt's dimensions cover the space, and values come back unharmed."""
# ruff: noqa: NPY002  (ZOOpt draws from the generator that everybody shares)

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tunesmith.space as ts
from tunesmith.errors import CapabilityError
from tunesmith.testing.spaces import domains, rngs
from tunesmith_zoopt._space import Layout
from tunesmith_zoopt.searcher import Dimension

VOCABULARY = ts.Vocabulary(integer=True, categorical=True)
spaces = st.dictionaries(st.sampled_from("abc"), domains, max_size=3).map(ts.parse_space)


@given(space=spaces, rng=rngs)
@settings(max_examples=100, deadline=None)
def test_configurations_survive_the_way_to_zoopt_and_back(space, rng):
    """What is drawn from the space lies within the regions, and is decoded to the same."""
    shown = ts.translate(space, VOCABULARY).space
    layout, flat = Layout(shown), shown.draw(rng)
    vector = layout.encode(flat)
    assert layout.decode(vector) == flat
    for value, (low, high) in zip(vector, layout.regions, strict=True):
        assert low <= value <= high


@given(space=spaces, seed=st.integers(0, 2**16))
@settings(max_examples=100, deadline=None)
def test_what_zoopt_samples_is_in_the_space(space, seed):
    """Its samples, and the ends of its regions, are configurations in builtin types."""
    layout = Layout(ts.translate(space, VOCABULARY).space)
    size = len(layout.regions)
    dimension = Dimension(size, layout.regions, layout.continuous, layout.ordered)
    state = np.random.get_state()
    np.random.seed(seed)
    sample = dimension.rand_sample()
    np.random.set_state(state)
    for vector in (sample, *zip(*layout.regions, strict=True)):
        for value in layout.decode(vector).values():
            assert type(value) in (bool, int, float, str, type(None))


def test_only_choices_have_no_order():
    """A box is cut through numbers; of a choice it takes one option or all."""
    space = ts.parse_space(
        {"x": ts.uniform(0, 1), "n": ts.randint(2, 9), "c": ts.choice(["a", "b"])}
    )
    layout = Layout(space)
    assert layout.regions == [[0.0, 1.0], [2, 8], [0, 1]]
    assert layout.continuous == [True, False, False]
    assert layout.ordered == [True, True, False]


@pytest.mark.parametrize("domain", [ts.randn(0, 1), ts.loguniform(1e-3, 1), ts.quniform(0, 1, 0.5)])
def test_a_parameter_zoopt_cannot_search_is_refused_by_name(domain):
    """Without the core's translation, an undeclared kind of parameter is an error that names it."""
    with pytest.raises(CapabilityError, match="'w'"):
        Layout(ts.parse_space({"w": domain}))
