"""What conformance suites share: rules that came later, and rules that nobody drops silently."""

from collections.abc import Callable
from typing import Any, TypeVar

import pytest

from tunesmith.plugins import Spec

F = TypeVar("F", bound=Callable[..., None])


def since(major: int, minor: int) -> Callable[[F], F]:
    """Mark a test as a rule that came with this version of the plugin interface.

    Plugins that declare an older `api` are not held to it, so that an update of the core breaks
    nobody's continuous integration.
    """

    def mark(test: F) -> F:
        test.__dict__["since_api"] = (major, minor)
        return test

    return mark


def skip_later_rules(test: Any, spec: Spec) -> None:
    """Skip a test that is younger than the plugin interface for which `spec` was written."""
    needed = getattr(test, "since_api", (1, 0))
    declared = tuple(map(int, spec.api.split(".")))
    if needed > declared:
        pytest.skip(
            f"a rule of plugin interface {needed[0]}.{needed[1]}; {spec.name!r} declares"
            f" {spec.api!r}"
        )


def dropped(suite: type, standard: type) -> list[str]:
    """Return the standard tests that `suite` deletes or overrides without saying why.

    An override is excused by `@pytest.mark.xfail(strict=True, reason="...")`.
    """
    groups = reversed(standard.__mro__)
    names = [name for group in groups for name in vars(group) if name.startswith("test_")]
    return [name for name in names if not _stands(suite, standard, name)]


def _stands(suite: type, standard: type, name: str) -> bool:
    own = getattr(suite, name, None)
    if own is getattr(standard, name):
        return True
    marks = getattr(own, "pytestmark", [])
    return any(
        mark.name == "xfail" and mark.kwargs.get("strict") and mark.kwargs.get("reason")
        for mark in marks
    )
