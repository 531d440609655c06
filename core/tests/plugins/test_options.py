"""Options are checked against the factory's signature before anything is made."""

from typing import Literal

import pytest

from tunesmith.errors import OptionError, PluginContractError, PluginError, UsageError
from tunesmith.plugins import CallbackSpec, SearcherSpec, check_options, create
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
        items: list[int] = (),
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
        ({"rate": "fast"}, "rate='fast' is not possible; expected float | None"),
        ({"count": 2.5}, "count=2.5 is not possible; expected int"),
        ({"count": True}, "count=True is not possible; expected int"),
    ],
)
def test_impossible_values_are_named(options, message):
    """A value that an annotation with plain types or literals rules out is refused."""
    with pytest.raises(OptionError) as raised:
        check_options(SPEC, Typed, options)
    assert message in str(raised.value)


@pytest.mark.parametrize("options", [{"rate": 1}, {"rate": None}, {"items": "anything"}])
def test_finer_values_are_left_to_the_factory(options):
    """Whole numbers are floats too, and annotations beyond plain types are not judged."""
    check_options(SPEC, Typed, options)


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
