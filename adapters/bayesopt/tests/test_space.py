"""Space conversion: what the library is given covers the space, and values come back unharmed."""

import warnings

import pytest
from bayes_opt import TargetSpace
from hypothesis import given, settings
from hypothesis import strategies as st

import tunesmith.space as ts
from tunesmith.errors import CapabilityError
from tunesmith.testing.spaces import domains
from tunesmith_bayesopt._space import Axes

VOCABULARY = ts.Vocabulary(integer=True, categorical=True)


def library(axes):
    with warnings.catch_warnings(action="ignore", category=UserWarning):
        return TargetSpace(None, axes.bounds)


@given(
    definition=st.dictionaries(st.sampled_from("abc"), domains, min_size=1), seed=st.integers(0, 99)
)
@settings(max_examples=50)
def test_what_the_library_samples_is_in_the_space_and_comes_back_to_the_same_point(
    definition, seed
):
    """decode: always valid, in builtin types; encode undoes it, within the library's bounds."""
    space = ts.translate(ts.parse_space(definition), VOCABULARY).space
    if not space.parameters:
        return
    axes = Axes(space)
    targets = library(axes)
    assert len(axes.widths) == targets.dim
    sampled = targets.array_to_params(targets.random_sample(random_state=seed))
    flat = axes.decode(sampled)
    assert repr(space.validate(flat)) == repr(flat)
    point = targets.params_to_array(axes.encode(flat))
    assert (targets.bounds[:, 0] <= point).all()
    assert (point <= targets.bounds[:, 1]).all()
    again = targets.params_to_array(axes.encode(axes.decode(targets.array_to_params(point))))
    assert again == pytest.approx(point, rel=1e-9, abs=1e-9)


@given(domain=domains)
@settings(max_examples=50)
def test_both_ends_of_a_domain_can_be_reached(domain):
    """The ends of the library's bounds are the ends of the parameter's."""
    space = ts.translate(ts.parse_space({"x": domain}), VOCABULARY).space
    for parameter in space.parameters:
        bounds = Axes(space).bounds["x"]
        if isinstance(parameter, ts.CategoricalParameter):
            ends = parameter.options[0], parameter.options[-1]
            bounds = bounds[0], bounds[-1]
        else:
            ends = parameter.low, parameter.high
        assert tuple(Axes(space).decode({"x": bound})["x"] for bound in bounds[:2]) == ends


def test_a_choice_between_numbers_is_no_interval():
    """The library takes (1, 2) for the reals from 1 to 2, and (1, 2, int) for whole numbers."""
    space = ts.parse_space({"two": ts.choice([1, 2]), "three": ts.choice([1, 2.5, None])})
    targets = library(Axes(space))
    assert targets.dim == 5
    assert not targets.continuous_dimensions.any()


def test_the_number_of_configurations_is_known():
    """It is endless with a real parameter, else the product of the options."""
    finite = {"n": ts.randint(1, 5), "act": ts.choice(["a", "b"])}
    assert Axes(ts.parse_space(finite)).size == 8
    assert Axes(ts.parse_space({**finite, "x": ts.uniform(0, 1)})).size == float("inf")


def test_a_parameter_the_library_cannot_search_is_refused_by_name():
    """Without the core's translation, an undeclared kind of parameter is an error that names it."""
    space = ts.parse_space({"layer": {"w": ts.randn(0, 1)}})
    with pytest.raises(CapabilityError, match=r"'layer[./]w'"):
        Axes(space)
