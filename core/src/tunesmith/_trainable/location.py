"""Import paths: "package.module:name" and "path/to/file.py:name"."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import os
import sys
from difflib import get_close_matches
from typing import Any

import msgspec

from tunesmith.errors import UsageError


class ImportPath(msgspec.Struct, frozen=True):
    """Where training code is found, in whatever process looks for it.

    `file` is absolute, and empty where `module` is found by its name. `search` is the working
    directory of the process that parsed the path: modules may lie there.
    """

    module: str
    name: str
    file: str = ""
    search: str = ""

    def __str__(self) -> str:
        return f"{self.file or self.module}:{self.name}"

    def load(self) -> Any:
        """Import and return the object.

        Raises:
            UsageError: There is no such module, file or name, or importing it failed.
        """
        found = self._import_file() if self.file else self._import_module()
        for part in self.name.split("."):
            if not hasattr(found, part):
                near = get_close_matches(part, dir(found), 1)
                hint = f": did you mean {near[0]!r}?" if near else ""
                raise UsageError(
                    f"trainable {str(self)!r}: {self.file or self.module!r} has no {part!r}{hint}"
                )
            found = getattr(found, part)
        return found

    def _import_module(self) -> Any:
        try:
            if importlib.util.find_spec(self.module.partition(".")[0]) is None:
                _extend_path(self.search)
            return importlib.import_module(self.module)
        except ModuleNotFoundError as error:
            if error.name and self.module.startswith(error.name):
                raise UsageError(
                    f"trainable {str(self)!r}: there is no module {error.name!r}. Install it, run "
                    'from the folder that holds it, or name a file: "path/to/file.py:name"'
                ) from error
            raise self._failed(error) from error
        except Exception as error:
            raise self._failed(error) from error

    def _import_file(self) -> Any:
        if self.module in sys.modules:
            return sys.modules[self.module]
        spec = importlib.util.spec_from_file_location(self.module, self.file)
        if spec is None or spec.loader is None or not os.path.isfile(self.file):
            raise UsageError(f"trainable {str(self)!r}: there is no Python file {self.file!r}")
        _extend_path(os.path.dirname(self.file))
        module = importlib.util.module_from_spec(spec)
        sys.modules[self.module] = module
        try:
            spec.loader.exec_module(module)
        except Exception as error:
            del sys.modules[self.module]
            raise self._failed(error) from error
        return module

    def _failed(self, error: Exception) -> UsageError:
        return UsageError(
            f"trainable {str(self)!r}: importing {self.file or self.module!r} failed with "
            f"{type(error).__name__}: {error}"
        )


def parse(text: str) -> ImportPath:
    """Return the import path that `text` names.

    Raises:
        UsageError: It has no ":name", or either part is empty.
    """
    place, _, name = text.rpartition(":")
    if not place or not all(part.isidentifier() for part in name.split(".")):
        raise UsageError(
            f"trainable {text!r} is no import path: expected "
            '"package.module:name" or "path/to/file.py:name"'
        )
    if place.endswith(".py") or os.sep in place:
        file = os.path.abspath(place)
        digest = hashlib.sha256(file.encode()).hexdigest()[:8]
        stem = os.path.basename(file).removesuffix(".py")
        return ImportPath(f"tunesmith_file_{stem}_{digest}", name, file)
    return ImportPath(place, name, search=os.getcwd())


def path_of(target: Any) -> str:
    """Return the import path under which `target` can be found again; "" if there is none."""
    module = getattr(target, "__module__", None)
    name = getattr(target, "__qualname__", "<>")
    if not module or module == "__main__" or "<" in name:
        return ""
    found: Any = sys.modules.get(module)
    for part in name.split("."):
        found = getattr(found, part, None)
    return f"{module}:{name}" if found is target else ""


def _extend_path(folder: str) -> None:
    # As Python does for a script: what lies beside the training code can be imported by it.
    if folder and folder not in sys.path:
        sys.path.insert(0, folder)
