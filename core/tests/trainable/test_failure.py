"""Exceptions of training code as plain data."""

import pytest

from tunesmith._trainable.failure import LONGEST, describe, forget_frames, kind_of


def raised(message: str, kind: type[Exception] = ValueError) -> Exception:
    with pytest.raises(kind) as caught:
        raise kind(message)
    return caught.value


def test_equal_failures_have_equal_fingerprints() -> None:
    """The same line and type are the same failure, whatever numbers the message holds."""
    first, second = describe(raised("loss 0.1")), describe(raised("loss 0.7"))
    assert first.fingerprint == second.fingerprint
    assert first.message != second.message
    assert describe(raised("loss 0.1", KeyError)).fingerprint != first.fingerprint


def test_errors_without_frames_differ_by_their_words() -> None:
    """Numbers in a message do not tell failures apart, words do."""
    one, two, other = (describe(ValueError(m)) for m in ("row 1", "row 2", "column 1"))
    assert one.fingerprint == two.fingerprint != other.fingerprint
    assert one.traceback == "ValueError: row 1\n"


def test_causes_are_shown() -> None:
    """A chain of causes stays in the traceback."""
    error = raised("outer")
    error.__cause__ = raised("inner", KeyError)
    text = describe(error).traceback
    assert text.index("KeyError: 'inner'") < text.index("ValueError: outer")


def test_long_messages_are_shortened() -> None:
    """An endless message keeps its start and its end."""
    message = describe(ValueError("a" * LONGEST + "b" * LONGEST)).message
    assert len(message) < LONGEST + 100
    assert message.startswith("aaa")
    assert message.endswith("bbb")
    assert f"{LONGEST} characters left out" in message


def test_unprintable_errors_are_survived() -> None:
    """An exception whose text cannot be made is described all the same."""

    class Broken(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    info = describe(Broken())
    assert info.message == "<str() of it failed with RuntimeError>"
    assert info.type.endswith("Broken")


@pytest.mark.parametrize(
    "wrong",
    [
        {"__cause__": property(lambda _: 1 / 0)},
        {"__traceback__": property(lambda _: 1 / 0)},
        {"__module__": None},
        {"__notes__": property(lambda _: 1 / 0)},
        {"__setattr__": lambda *_: 1 / 0},
    ],
)
def test_whatever_an_exception_is_it_is_described(wrong: dict[str, object]) -> None:
    """One whose own parts fail is told by its type and its frames, and lets go of them."""
    error = raised("boo", type("Odd", (Exception,), wrong))
    info = describe(error)
    assert info.type.endswith("Odd")
    assert info.traceback.startswith("Traceback (most recent call last):\n")
    assert "in raised" in info.traceback
    forget_frames(error)
    assert "in raised" not in describe(error).traceback


def test_an_exception_that_ends_the_program_when_shown_ends_nothing() -> None:
    """sys.exit() in an exception's str() is one more thing to tell."""

    class Leaving(Exception):
        def __str__(self) -> str:
            raise SystemExit(3)

    assert describe(Leaving()).message == "<str() of it failed with SystemExit>"


def test_kinds_of_failure() -> None:
    """Out of memory is told from the user's own errors."""
    assert kind_of(MemoryError()) == "oom"
    assert kind_of(ValueError()) == "user_error"


def test_frames_are_let_go() -> None:
    """A described exception keeps no local variables of training code alive."""
    error = raised("x")
    forget_frames(error)
    assert error.__traceback__ is None
