"""Where a run lives: its name and its folder."""

import os
import re
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any

from tunesmith.errors import UsageError

LONGEST = 64
"""Characters in a run's name: what the files of its trials then need fits every system's paths."""

LONGEST_BYTES = 200
"""Bytes in a run's name, where its characters take several: file systems allow 255 with endings."""

JOURNAL = "experiment.sqlite"

_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f\ud800-\udfff]')
_DEVICES = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?")


def check_name(name: object) -> None:
    """Refuse a run name that is no portable name of a folder.

    Raises:
        UsageError: with a name that would do.
    """
    if not isinstance(name, str) or not name:
        raise UsageError(
            f"name={name!r}: expected text such as 'digits-1', or None for a fresh name"
        )
    if len(name) > LONGEST:
        raise UsageError(
            f"name={name!r} has {len(name)} characters, at most {LONGEST} fit; "
            f"write name={name[:LONGEST].rstrip('. ')!r}"
        )
    length = len(name.encode(errors="replace"))
    if length > LONGEST_BYTES:
        short = name.encode()[:LONGEST_BYTES].decode(errors="ignore").rstrip(". ")
        raise UsageError(
            f"name={name!r} takes {length} bytes, at most {LONGEST_BYTES} fit; write name={short!r}"
        )
    if _FORBIDDEN.search(name) or name != name.strip(" ").rstrip(".") or name.startswith("."):
        raise UsageError(
            f"name={name!r} cannot name a folder everywhere; write name={slug(name)!r}"
            + (", and give the folder around it as storage=" if re.search(r"[/\\]", name) else "")
        )
    if _DEVICES.fullmatch(name):
        raise UsageError(f"name={name!r} is reserved on Windows; write name={f'run-{name}'!r}")


def slug(text: str) -> str:
    """Return `text` as a portable name of a folder."""
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", text).strip("-. ")[:LONGEST] or "run"


def default_name(trainable: Any, now: datetime) -> str:
    """Return "<name of the training code>-<date>-<time>"."""
    text = trainable if isinstance(trainable, str) else _called(trainable)
    stem = slug(re.split(r"[.:]", text)[-1])[: LONGEST - 24].strip("-_")
    return f"{stem or 'run'}-{now:%Y%m%d-%H%M%S}"


def _called(code: Any) -> str:
    """Return the name of a function or class, bare or inside what binds its parameters."""
    while not hasattr(code, "__name__"):
        inner = getattr(code, "func", None) or getattr(code, "target", None)
        code = inner if callable(inner) else type(code)
    return str(code.__name__)


def make_folder(storage: str | os.PathLike[str], name: str, *, unique: bool = False) -> Path:
    """Create the run's folder under `storage` and return its absolute path.

    With `unique` (a name nobody chose) a number is added to a name that is taken.

    Raises:
        UsageError: if `storage` cannot be written to, or the run is there already.
    """
    root = Path(storage).expanduser().absolute()
    _make_storage(root, storage)
    for number in range(1, 1000):
        folder = root / (name if number == 1 else f"{name}-{number}")
        try:
            folder.mkdir()
        except FileExistsError:
            if not unique:
                if _is_abandoned(folder):
                    return folder
                raise _taken(storage, name, folder) from None
        else:
            return folder
    raise UsageError(f"storage={str(storage)!r} holds 999 runs named {name!r}; give another name=")


def _make_storage(root: Path, given: str | os.PathLike[str]) -> None:
    try:
        root.mkdir(parents=True, exist_ok=True)
        # Only writing tells: permission bits do not bind root, nor say that a mount is read-only.
        with tempfile.TemporaryFile(dir=root):
            pass
    except (FileExistsError, NotADirectoryError):
        raise UsageError(
            f"storage={str(given)!r} is a file or lies below one; give a folder, "
            "such as storage='runs'"
        ) from None
    except OSError as error:
        why = error.strerror or error
        raise UsageError(
            f"storage={str(given)!r} is not writable ({why}); "
            "give a folder you may write to, such as storage='~/runs'"
        ) from error


def _is_abandoned(folder: Path) -> bool:
    """Tell whether the folder is empty, or of a run that was killed before it began."""
    if not folder.is_dir() or (folder / JOURNAL).exists():
        return False
    stem = JOURNAL.partition(".")[0]
    return all(child.name.startswith(f"{stem}.") for child in folder.iterdir())


def _taken(storage: str | os.PathLike[str], name: str, folder: Path) -> UsageError:
    path = str(Path(storage) / name)
    if (folder / JOURNAL).exists():
        return UsageError(
            f"run {name!r} exists already in {str(storage)!r}\n"
            f"continue it with tune.resume({path!r}), or give this one another name="
        )
    return UsageError(
        f"{path!r} exists and is no run; give another name=, or storage=, or remove it yourself"
    )
