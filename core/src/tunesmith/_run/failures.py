"""Failures that are one and the same, told once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tunesmith.protocols import ErrorInfo

EXAMPLES = 5
"""How many trials a group names; it counts all of them."""


class ErrorGroup:
    """Trials that failed the same way: the first one's error, how many there are, some of them."""

    __slots__ = ("count", "error", "trials")

    def __init__(self, error: ErrorInfo) -> None:
        self.error = error
        self.count = 0
        self.trials: list[str] = []


class ErrorGroups:
    """Groups errors by fingerprint; grows with the number of different errors only."""

    def __init__(self, errors: Iterable[tuple[str, ErrorInfo]] = ()) -> None:
        self._groups: dict[str, ErrorGroup] = {}
        for trial, error in errors:
            self.add(trial, error)

    def add(self, trial: str, error: ErrorInfo) -> bool:
        """Count a trial's error; True if it is the first of its kind."""
        key = error.fingerprint or f"{error.type}: {error.message}"
        group = self._groups.get(key)
        is_new = group is None
        if group is None:
            group = self._groups[key] = ErrorGroup(error)
        group.count += 1
        if len(group.trials) < EXAMPLES:
            group.trials.append(trial)
        return is_new

    def __len__(self) -> int:
        return len(self._groups)

    def __iter__(self) -> Iterator[ErrorGroup]:
        """Yield the groups, largest first."""
        return iter(sorted(self._groups.values(), key=lambda group: -group.count))
