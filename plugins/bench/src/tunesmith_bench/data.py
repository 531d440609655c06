"""Where recorded benchmark data lie: a folder, or the public packages they come from."""

from __future__ import annotations

import json
import os
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import msgspec

from tunesmith.errors import UsageError

VARIABLE = "TUNESMITH_HPO_DATA"
"""Environment variable that names the data folder."""


class MissingDataError(UsageError):
    """A task's data are not there; the message says how to get them."""


class Data(msgspec.Struct, frozen=True):
    """The data folder, empty if none was named; and the installed packages that hold data."""

    folder: str = ""

    def stems(self, prefix: str) -> list[str]:
        """Return what stands behind `prefix` in the names of the folder's tables."""
        if not self.folder:
            return []
        found = sorted(Path(self.folder).glob(f"{prefix}*.space.json"))
        return [path.name.removeprefix(prefix).removesuffix(".space.json") for path in found]

    def has(self, stem: str) -> bool:
        """Tell whether the folder has this table."""
        return bool(self.folder) and Path(self.folder, f"{stem}.space.json").is_file()

    def path(self, stem: str, *, package: str = "") -> Path:
        """Return the path of a table's arrays.

        Raises:
            MissingDataError: there is no such table.
        """
        if not self.has(stem):
            raise self.missing(stem, package=package)
        return Path(self.folder, f"{stem}.npz")

    def description(self, stem: str) -> dict[str, Any]:
        """Return a table's description: its space, axes and reference values."""
        text = Path(self.folder, f"{stem}.space.json").read_text(encoding="utf-8")
        return json.loads(text)  # type: ignore[no-any-return]

    def missing(self, stem: str, *, package: str = "", guess: str = "") -> MissingDataError:
        """Return the error that says how to get a table."""
        place = f"not in {self.folder!r}" if self.folder else "in no folder: none was named"
        fix = "name the folder as data = ... in the suite, with --data, or in the environment as "
        fix += VARIABLE
        if package:
            fix += f"; or pip install {package}, which has the public tables"
        fix += "; missing = 'skip' in the suite leaves such tasks out"
        return MissingDataError(f"the data {stem!r} are {place}{guess.rstrip('?')}; {fix}")


def package_folder(module: str) -> Path | None:
    """Return the folder of an installed package, without importing it; None if it is not there."""
    spec = find_spec(module)
    places = spec.submodule_search_locations if spec is not None else None
    return Path(next(iter(places))) if places else None


def choose_folder(given: str | None, suite: str | None) -> str:
    """Return the data folder: the one given, else the environment's, else the suite's."""
    return given or os.environ.get(VARIABLE, "") or suite or ""
