"""Grouping of equal failures."""

from tunesmith._run.failures import EXAMPLES, ErrorGroups
from tunesmith.protocols import ErrorInfo


def error(message: str, fingerprint: str = "") -> ErrorInfo:
    return ErrorInfo(type="ValueError", message=message, fingerprint=fingerprint)


def test_failures_with_one_fingerprint_are_one_group() -> None:
    """Messages may differ; the first stands for all, and the largest group comes first."""
    pairs = [("0001", error("x", "b")), ("0002", error("1", "a")), ("0003", error("2", "a"))]
    first, second = ErrorGroups(pairs)
    assert (first.error.message, first.count, first.trials) == ("1", 2, ["0002", "0003"])
    assert second.trials == ["0001"]


def test_only_the_first_of_a_kind_is_new() -> None:
    """Telling of each kind once needs no more than the answer of `add`."""
    groups = ErrorGroups()
    assert groups.add("0001", error("x", "a"))
    assert not groups.add("0002", error("y", "a"))


def test_without_fingerprint_type_and_message_count() -> None:
    """Errors that nobody fingerprinted are told apart by what they say."""
    groups = ErrorGroups([("0001", error("x")), ("0002", error("x")), ("0003", error("y"))])
    assert [group.count for group in groups] == [2, 1]


def test_groups_stay_small() -> None:
    """A group counts all trials and names a few."""
    (group,) = ErrorGroups((f"{number:04d}", error("x", "a")) for number in range(1000))
    assert (group.count, len(group.trials)) == (1000, EXAMPLES)
