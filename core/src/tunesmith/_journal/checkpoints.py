"""Checkpoints under a run folder: which exist, how large they are, and how they are removed."""

import os
import shutil
import uuid
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

_ASIDE = ".tmp-"
"""What is being written or removed has this in its name, and is no checkpoint."""


def existing(folder: str | Path, trial: str) -> list[str]:
    """Return a trial's checkpoints as paths relative to the run folder, lowest resource first."""
    relative = os.path.join("trials", trial, "checkpoints")
    try:
        names = os.listdir(os.path.join(folder, relative))
    except OSError:
        return []
    whole = (name for name in names if _ASIDE not in name and not name.endswith(".tmp"))
    return [f"trials/{trial}/checkpoints/{name}" for name in sorted(whole, key=_resource)]


def size(folder: str | Path, path: str) -> int:
    """Return the bytes that a checkpoint takes; 0 where there is none."""
    total = 0
    for root, _, names in os.walk(os.path.join(folder, path)):
        total += sum(os.lstat(os.path.join(root, name)).st_size for name in names)
    return total


def drop(folder: str | Path, path: str) -> bool:
    """Remove a checkpoint; False if it could not be removed, or was gone already.

    It vanishes at once and as a whole: it is renamed before it is taken apart.
    """
    whole = os.path.join(folder, path)
    aside = f"{whole}{_ASIDE}{uuid.uuid4().hex[:8]}"
    try:
        os.rename(whole, aside)
    except OSError:
        return False
    shutil.rmtree(aside, ignore_errors=True)
    return True


def sweep_unknown(folder: str | Path, known: Collection[str]) -> None:
    """Remove what no event tells of: half written, half removed, or never noted in the journal.

    Only for a run that nobody writes.
    """
    sweep(folder)
    try:
        trials = os.listdir(Path(folder) / "trials")
    except OSError:
        return
    for trial in trials:
        for path in existing(folder, trial):
            if path not in known:
                drop(folder, path)


def sweep(folder: str | Path, trials: Iterable[str] | None = None) -> int:
    """Remove what was left half written or half removed when a process died; return how many.

    Only for a run that nobody writes. `trials` are those to look at, by default all.
    """
    count = 0
    for leftover in _leftovers(Path(folder) / "trials", trials):
        shutil.rmtree(leftover, ignore_errors=True)
        count += 1
    return count


def _leftovers(parent: Path, trials: Iterable[str] | None) -> Iterator[Path]:
    if trials is None:
        try:
            trials = sorted(os.listdir(parent))
        except OSError:
            return
    for trial in trials:
        directory = parent / trial / "checkpoints"
        if directory.is_dir():
            yield from (
                child
                for child in directory.iterdir()
                if _ASIDE in child.name or child.name.endswith(".tmp")
            )


def _resource(name: str) -> tuple[float, str]:
    try:
        return float(name), name
    except ValueError:
        return float("inf"), name
