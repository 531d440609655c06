"""Errors about search spaces, and the phrases that they share."""

from typing import Any

from tunesmith.errors import UsageError


class SpaceError(UsageError):
    """A search space, or a configuration of one, cannot mean what it says."""


class ComputationError(SpaceError):
    """A function of `sample_from` failed, or returned what no configuration can hold."""


class TranslationError(SpaceError):
    """A searcher lacks the vocabulary for a parameter.

    `path` names the parameter and `capability` the missing word of the vocabulary.
    """

    def __init__(self, message: str, *, path: str, capability: str) -> None:
        super().__init__(message)
        self.path = path
        self.capability = capability

    def __reduce__(self) -> tuple[Any, ...]:
        """Keep the keyword arguments when the error crosses a process boundary."""
        return _translation_error, (str(self), self.path, self.capability)


def _translation_error(message: str, path: str, capability: str) -> TranslationError:
    return TranslationError(message, path=path, capability=capability)


def show(value: object, limit: int = 80) -> str:
    """Return `repr(value)`, cut in the middle where it is long."""
    text = repr(value)
    if len(text) <= limit:
        return text
    half = limit // 2 - 2
    return f"{text[:half]} .. {text[-half:]}"
