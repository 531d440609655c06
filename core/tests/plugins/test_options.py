"""Options are checked against the factory's signature before anything is made."""

import math
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Annotated, Literal

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tunesmith.errors import OptionError, PluginContractError, PluginError, UsageError
from tunesmith.plugins import CallbackSpec, SearcherSpec, check_options, create, resolve
from tunesmith.plugins.factories import make

SPEC = SearcherSpec(name="mine", factory="here:Mine", api="1.0")


class Mine:
    def __init__(
        self,
        problem,
        *,
        budget: int,
        sampler: Literal["tpe", "gp"] = "tpe",
        rate: float | None = None,
        extra: "Unknown" = None,  # noqa: F821
    ):
        self.budget = budget


class Typed:
    def __init__(
        self,
        problem,
        sampler: Literal["tpe", "gp"] = "tpe",
        rate: float | None = None,
        count: int = 1,
        items: Sequence[int] = (),
        rule: Literal["top"] | Callable[[int], int] = "top",
        shares: Mapping[str, float] | None = None,
        warm: bool = False,
        path: str | Fraction = "",
        size: Annotated[int, msgspec.Meta(ge=1, le=9)] | None = None,
        width: Annotated[float, msgspec.Meta(gt=0)] = 1.0,
        hidden: "Unknown" = None,  # noqa: F821
    ): ...


def test_complete_options_pass():
    """Options that the signature takes are accepted."""
    check_options(SPEC, Mine, {"budget": 3, "sampler": "gp"})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"budget": 1, "smapler": "gp"}, "has no option 'smapler'; did you mean 'sampler'? its"),
        ({"budget": 1, "zzz": 0}, "has no option 'zzz'; its options: budget, extra, rate, sampler"),
        ({}, "needs the option 'budget'; write {'name': 'mine', 'budget': ...}"),
        ({"problem": 1}, "has no option 'problem'"),
        ({"budget": 1, "seed": 3}, "'seed'; the run has it: tune.run(..., seed=...); its options"),
    ],
)
def test_wrong_options_are_named(options, message):
    """An unknown or a missing option is named, with what to write instead."""
    with pytest.raises(OptionError) as raised:
        check_options(SPEC, Mine, options)
    assert message in str(raised.value)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"sampler": "tpee"},
            "sampler='tpee' is not possible; did you mean 'tpe'? expected 'tpe', 'gp'",
        ),
        ({"rate": "fast"}, "rate='fast' is not possible; expected a number or None"),
        ({"rate": math.nan}, "rate=nan is not possible; expected a number or None"),
        ({"rate": True}, "rate=True is not possible; expected a number or None"),
        ({"rate": [0.1]}, "rate=[0.1] is not possible; expected a number or None"),
        ({"rate": Fraction(1, 3)}, "rate=Fraction(1, 3) is not possible; expected a number or"),
        ({"count": 2.5}, "count=2.5 is not possible; expected a whole number"),
        ({"count": True}, "count=True is not possible; expected a whole number"),
        ({"count": None}, "count=None is not possible; expected a whole number"),
        ({"items": 3}, "items=3 is not possible; expected a list (each a whole number)"),
        ({"items": "3"}, "items='3' is not possible; expected a list"),
        ({"items": {3: 1}}, "items={3: 1} is not possible; expected a list"),
        ({"items": [3, None]}, "items=[3, None] is not possible; expected a list"),
        ({"rule": 5}, "rule=5 is not possible; expected 'top' or a function of 1 argument"),
        ({"rule": lambda: 1}, "is not possible; expected 'top' or a function of 1 argument"),
        ({"rule": "tip"}, "rule='tip' is not possible; did you mean 'top'? expected 'top' or a"),
        ({"shares": 3}, "expected a mapping (a string: a number) or None"),
        ({"shares": {1: 1.0}}, "shares={1: 1.0} is not possible; expected a mapping"),
        ({"shares": {"a": "1"}}, "shares={'a': '1'} is not possible; expected a mapping"),
        ({"warm": 1}, "warm=1 is not possible; expected True or False"),
        ({"path": 1}, "path=1 is not possible; expected a string or Fraction"),
        ({"size": 0}, "size=0 is not possible; expected a whole number from 1 to 9 or None"),
        ({"width": 0}, "width=0 is not possible; expected a number above 0"),
    ],
)
def test_impossible_values_are_named(options, message):
    """A value that its option's annotation rules out is refused, in words."""
    with pytest.raises(OptionError) as raised:
        check_options(SPEC, Typed, options)
    assert message in str(raised.value)


@pytest.mark.parametrize(
    "options",
    [
        {"rate": 1},
        {"rate": None},
        {"rate": math.inf},
        {"rate": np.float64(0.5)},
        {"rate": 10**400},
        {"items": []},
        {"items": (1, 2)},
        {"items": np.array([0.5]).astype(object)[:0]},
        {"rule": abs},
        {"shares": {"a": 1}},
        {"path": Fraction(1)},
        {"size": 9},
        {"hidden": object()},
    ],
)
def test_possible_values_pass(options):
    """Whole numbers are numbers, and an annotation that cannot be read admits everything."""
    check_options(SPEC, Typed, options)


def test_annotations_are_read_one_by_one():
    """One annotation that names what is not there hides no other."""

    def factory(problem: "Nowhere", count: "int" = 1): ...  # noqa: F821

    with pytest.raises(OptionError, match="count='x' is not possible; expected a whole number"):
        check_options(SPEC, factory, {"count": "x"})


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers(), inner),
)


NAMES = st.sampled_from(["sampler", "rate", "count", "items", "rule", "shares", "warm", "size"])


@given(name=NAMES, value=ANYTHING)
def test_a_value_passes_or_is_quoted(name, value):
    """Whatever is given, it either passes or is named and quoted with its option."""
    try:
        check_options(SPEC, Typed, {name: value})
    except OptionError as error:
        assert f"{name}={value!r} is not possible" in str(error)  # noqa: PT017


def test_numbers_of_other_libraries_become_pythons():
    """NumPy's scalars are written down as the plain numbers they stand for."""
    options = {"points": np.int64(3), "lossy": np.bool_(True)}
    choice = resolve("searcher", {"name": "grid", **options})
    assert choice.definition == {"name": "grid", "lossy": True, "points": 3}
    assert type(choice.options["points"]) is int


@pytest.mark.parametrize(
    ("factory", "message"),
    [
        (lambda problem, **kwargs: None, r"takes \*\*kwargs"),
        (lambda problem, *args: None, r"takes \*args"),
        (lambda: None, "takes no positional argument; it is called with one, the problem"),
        (lambda *, problem: None, "takes no positional argument"),
        (lambda problem, partial=None: None, "the option 'partial' is reserved"),
        (dict, "has no signature"),
    ],
)
def test_signatures_that_hide_options_are_refused(factory, message):
    """A factory from whose signature options cannot be read breaks the plugin's contract."""
    with pytest.raises(PluginContractError, match=message):
        check_options(SPEC, factory, {})


def test_callback_factories_have_no_first_argument():
    """All parameters of a callback's factory are options."""
    spec = CallbackSpec(name="log", factory="here:log", api="1.0")
    check_options(spec, lambda path="x": None, {"path": "y"})
    assert make(spec, lambda path: path, None, {"path": "y"}) == "y"


def test_failing_factory_is_named_with_its_options():
    """What a factory raises is chained under a message with the options it got."""

    def factory(problem, *, n: int = 1):
        raise ValueError(f"{n} is odd")

    with pytest.raises(PluginError, match=r"'mine' could not be made with {'n': 3}: ValueError: 3"):
        make(SPEC, factory, object(), {"n": 3})


def test_own_errors_of_a_factory_pass():
    """A usage error that a factory raises reaches the user as it is."""

    def factory(problem):
        raise UsageError("as it is")

    with pytest.raises(UsageError, match=r"^as it is$"):
        make(SPEC, factory, object(), {})


def test_create_loads_checks_and_makes():
    """`create` is the whole way from a spec to the algorithm."""
    spec = SearcherSpec(name="list", factory="fractions:Fraction", api="1.0")
    assert create(spec, 6, {"denominator": 4}) == 1.5
