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


def test_kinds_of_failure() -> None:
    """Out of memory is told from the user's own errors."""
    assert kind_of(MemoryError()) == "oom"
    assert kind_of(ValueError()) == "user_error"


def test_frames_are_let_go() -> None:
    """A described exception keeps no local variables of training code alive."""
    error = raised("x")
    forget_frames(error)
    assert error.__traceback__ is None
