"""Compare what a plugin's distribution requires with what is installed, before importing it."""

import importlib.metadata
from functools import cache
from typing import Literal

import msgspec

from tunesmith.errors import MissingLibraryError
from tunesmith.plugins.loading import CORE, Source, normalised


class Unmet(msgspec.Struct, frozen=True):
    """A requirement that the environment does not meet; `found` is None if nothing is installed."""

    requirement: str
    name: str
    found: str | None

    @property
    def status(self) -> Literal["library-missing", "library-mismatch"]:
        """Return the word for it in listings."""
        return "library-missing" if self.found is None else "library-mismatch"

    def describe(self, source: Source) -> str:
        """Return the message, with the command that mends it."""
        found = "it is not installed" if self.found is None else f"found {self.found}"
        upgrade = "--upgrade " if normalised(self.name) == CORE else ""
        return f"{source} needs {self.requirement}; {found}: pip install {upgrade}{self._quoted()}"

    def _quoted(self) -> str:
        return f"'{self.requirement}'" if self.requirement != self.name else self.name


def first_unmet(source: Source) -> Unmet | None:
    """Return the first requirement of the distribution that the environment does not meet.

    Requirements of extras, of other platforms, and those written in no standard form are skipped;
    the core's own are met, or this would not run.
    """
    if source.dist == CORE:
        return None
    # Parsing requirements costs more than loading all shims does, and few programs come to it.
    from packaging.requirements import InvalidRequirement, Requirement  # noqa: PLC0415

    for line in source.requires:
        try:
            requirement = Requirement(line)
        except InvalidRequirement:
            continue
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
            continue
        found = installed_version(requirement.name)
        if found is None or not requirement.specifier.contains(found, prereleases=True):
            text = f"{requirement.name}{requirement.specifier}"
            return Unmet(requirement=text, name=requirement.name, found=found)
    return None


def check_requirements(source: Source) -> None:
    """Raise `MissingLibraryError` unless all that the distribution requires is installed."""
    unmet = first_unmet(source)
    if unmet is not None:
        raise MissingLibraryError(unmet.describe(source))


@cache
def installed_version(dist: str) -> str | None:
    """Return the version of an installed distribution; None if it is not installed.

    It is looked up once: what a program has imported does not change while it runs.
    """
    try:
        return importlib.metadata.version(dist)
    except importlib.metadata.PackageNotFoundError:
        return None
