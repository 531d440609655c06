"""The searcher's side of a run, kept from time to time so that a resume need not ask it all again.

A snapshot is a file beside the journal, and never needed: without one that fits, a resume hands
every question and answer since the beginning to a fresh searcher, which ends in the same state.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import platform
import re
from collections.abc import Iterable
from functools import cached_property
from importlib import metadata
from pathlib import Path
from typing import Any

import msgspec

from tunesmith.plugins.requirements import installed_version
from tunesmith.protocols import Config
from tunesmith.space import Space

FILE = "searcher.snapshot"

WORTH_S = 1.0
"""A snapshot is due when the searcher has worked for so long since the last one,"""

SHARE = 20
"""and for so many times as long as that one took."""


class Memory(msgspec.Struct, frozen=True):
    """What the searcher and its counsel know after `position` commands.

    `points` are the configurations yet to be handed out before the searcher is asked, and where
    they come from; `given` is, by trial, a suggestion as a configuration and as it was made, and
    `suggested` how many there were.
    """

    position: int
    searcher: bytes
    points: tuple[tuple[Config, str], ...]
    given: dict[str, tuple[Config, Config]]
    suggested: int


class Rhythm:
    """Says when the next snapshot is due, so that taking them costs a small share of the time."""

    def __init__(self) -> None:
        self._worked_s = self._took_s = 0.0

    def is_due(self, worked_s: float) -> bool:
        """Count the searcher's work, in seconds; tell whether there is enough of it."""
        self._worked_s += worked_s
        return self._worked_s >= max(WORTH_S, SHARE * self._took_s)

    def taken(self, took_s: float) -> None:
        """Begin anew after a snapshot that took so many seconds."""
        self._worked_s, self._took_s = 0.0, took_s


class Store:
    """Keeps the newest snapshot of a run, in its folder."""

    def __init__(self, folder: Path, plugins: Iterable[str], space: Space) -> None:
        self._path = folder / FILE
        self._plugins, self._space = tuple(plugins), space

    @cached_property
    def _made_by(self) -> tuple[Any, ...]:
        return self._space.to_dict(), _versions(self._plugins)

    def keep(self, memory: Memory, *, seq: int) -> None:
        """Write a snapshot that knows of `seq` events; a full disk prevents it."""
        fields = msgspec.structs.astuple(memory)
        draft = self._path.with_suffix(".new")
        with contextlib.suppress(OSError):
            draft.write_bytes(pickle.dumps((self._made_by, seq, *fields)))
            os.replace(draft, self._path)

    def find(self, *, seq: int) -> Memory | None:
        """Return the memory that fits a journal with `seq` events; what fits none is removed.

        It fits if the journal has all that it knows of, and it was made for the same space, by the
        same versions of Python, tunesmith, the plugins and what these are made of.
        """
        if not self._path.exists():
            return None
        try:
            made_by, known, *fields = pickle.loads(self._path.read_bytes())  # noqa: S301  (ours)
            memory = Memory(*fields)
        except Exception:  # noqa: BLE001  (torn: as good as none)
            made_by = known = memory = None
        if memory is not None and made_by == self._made_by and known <= seq:
            return memory
        self.remove()
        return None

    def remove(self) -> None:
        """Have the next resume begin with a fresh searcher."""
        self._path.unlink(missing_ok=True)


def _versions(plugins: Iterable[str]) -> dict[str, str]:
    """Return what has to be the same for a state to be taken up, by distribution."""
    names = {"tunesmith-core", *plugins}
    for plugin in plugins:
        with contextlib.suppress(metadata.PackageNotFoundError):
            requirements = "\n".join(metadata.requires(plugin) or ())
            names.update(re.findall(r"^[\w.-]+", requirements, re.MULTILINE))
    installed = {"python": platform.python_version()}
    for name in names:
        if (version := installed_version(name)) is not None:
            installed[name] = version
    return installed
