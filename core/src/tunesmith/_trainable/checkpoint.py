"""Checkpoints on disk: written aside and renamed, so that a torn one is never visible.

They survive the death of any process. They are not forced out of the operating system's cache
(no fsync): the machine's power failing may cost the newest ones.
"""

from __future__ import annotations

import json
import os
import pickle
import shutil
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from tunesmith._trainable.failure import is_disk_full
from tunesmith.errors import TrialError, UsageError
from tunesmith.protocols.checkpoint import Checkpoint

STATE = "checkpoint.pkl"
RETURNED = "returned.pkl"
METADATA = "tunesmith.json"

_NO_ROOM = 2**20
"""So few bytes are left only where a save has just filled the disk up."""

Offer = Mapping[str, Any] | str | os.PathLike[str]
"""What training code may hand over as a checkpoint: a dict, or the path of a directory or file."""


class DiskFull(UsageError):
    """There is no room for a checkpoint; no fault of the trial, which can go on once there is."""


class CheckpointPolicy(msgspec.Struct, frozen=True):
    """When training code is asked for a checkpoint; what it offers unasked is saved as well.

    With every `every`-th report, with each report at which the trial waits for a decision, and
    (classes only) when the trial ends.
    """

    every: int | None = None
    at_decision: bool = False
    at_end: bool = True


class SavedCheckpoint:
    """A checkpoint to continue from: a directory, itself usable as a path."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = os.fspath(path)

    @property
    def path(self) -> Path:
        """The directory's absolute path."""
        return Path(self._path)

    def __repr__(self) -> str:
        return f"SavedCheckpoint({self._path!r})"

    def __fspath__(self) -> str:
        return self._path

    def __truediv__(self, name: str) -> Path:
        return self.path / name

    def to_dict(self) -> dict[str, Any]:
        """Return the dict that was saved.

        It is unpickled: read only checkpoints of runs that you trust.

        Raises:
            TrialError: The file is damaged.
            UsageError: The checkpoint is a directory of the training code's own files.
        """
        file = self.path / (RETURNED if self.is_returned else STATE)
        if not file.exists():
            names = sorted(entry.name for entry in self.path.glob("*") if entry.name != METADATA)
            raise UsageError(
                f"checkpoint {str(self.path)!r} was not saved from a dict: it holds "
                f"{', '.join(map(repr, names)) or 'no files'}. Read them from .path"
            )
        data = file.read_bytes()
        try:
            state: dict[str, Any] = pickle.loads(data)  # noqa: S301 (documented above)
        except (pickle.UnpicklingError, EOFError, IndexError) as error:
            raise TrialError(
                f"checkpoint file {str(file)!r} is damaged: {error}. Delete the folder "
                f"{str(self.path)!r}: a retry, or tune.resume, then goes on from an older one"
            ) from error
        return state

    @property
    def is_returned(self) -> bool:
        """Whether it is a dict that `save_checkpoint` of a class returned."""
        return (self.path / RETURNED).exists()

    def metadata(self) -> dict[str, Any]:
        """Return what was known at the save: resource, iteration, elapsed_s and metrics."""
        found: dict[str, Any] = json.loads((self.path / METADATA).read_text("utf-8"))
        return found


def write(
    folder: str, checkpoint: Checkpoint, metrics: Mapping[str, Any], fill: Callable[[str], bool]
) -> Checkpoint | None:
    """Save a checkpoint under `folder`/`checkpoint.path`; None if `fill` had nothing to save.

    `fill` writes into an empty directory. Returns `checkpoint` with its size.

    Raises:
        DiskFull: There is no room for it.
    """
    final = os.path.join(folder, checkpoint.path)
    parent = os.path.dirname(final)
    aside = f"{final}.tmp-{uuid.uuid4().hex[:8]}"
    try:
        os.makedirs(parent, exist_ok=True)
        os.mkdir(aside)
        if not fill(aside):
            return None
        _make_links_relative(aside)
        size = size_of(aside)
        known = {"version": 1, "metrics": dict(metrics), "bytes": size}
        data = json.dumps(msgspec.structs.asdict(checkpoint) | known).encode()
        with open(os.path.join(aside, METADATA), "wb") as file:
            file.write(data)
        saved = msgspec.structs.replace(checkpoint, size=size + len(data))
        if os.path.isdir(final):  # left by a future that was cut off and is lived through again
            shutil.rmtree(final)
        os.rename(aside, final)
    except Exception as error:
        if isinstance(error, TrialError) or not (is_disk_full(error) or _has_no_room(folder)):
            raise
        reason = getattr(error, "strerror", None) or f"the disk is full ({error})"
        raise DiskFull(
            f"cannot save a checkpoint of trial {checkpoint.trial} in {folder!r}: {reason:.300}; "
            f"free space there, then go on with tune.resume({folder!r})"
        ) from error
    else:
        return saved
    finally:
        if os.path.isdir(aside):
            shutil.rmtree(aside, ignore_errors=True)


def sweep(folder: str, trial: str) -> None:
    """Remove what attempts that died in the middle of a save left behind."""
    for aside in Path(folder, "trials", trial, "checkpoints").glob("*.tmp-*"):
        shutil.rmtree(aside, ignore_errors=True)


def fill(directory: str, offer: Offer, scratch: str) -> None:
    """Write what training code offered into the empty `directory`.

    A directory within `scratch` is moved, any other is copied.

    Raises:
        TrialError: It cannot be pickled, does not exist, or is neither a dict nor a path.
    """
    if isinstance(offer, Mapping):
        pickle_state(offer, os.path.join(directory, STATE))
        return
    if not isinstance(offer, str | os.PathLike):
        raise TrialError(
            f"checkpoint is of type {type(offer).__name__}: expected a dict, or the path of a "
            "directory or file"
        )
    source = os.path.abspath(offer)
    if os.path.isfile(source):
        shutil.copy2(source, directory)
    elif not os.path.isdir(source):
        raise TrialError(
            f"checkpoint {str(offer)!r} does not exist: save it before reporting it. A "
            "TemporaryDirectory is gone once its block is left, as by return: call tune.report() "
            "or yield within the block, or save into tune.get_context().scratch()"
        )
    elif is_within(source, scratch):
        _make_links_relative(source)
        for name in os.listdir(source):
            shutil.move(os.path.join(source, name), directory)
    else:
        # What a link points to is copied.
        shutil.copytree(source, directory, dirs_exist_ok=True, ignore=_leading_nowhere)


def _leading_nowhere(directory: str, names: list[str]) -> list[str]:
    """Return the links that have nothing to keep; `copytree` itself misjudges relative ones."""
    return [name for name in names if not os.path.exists(os.path.join(directory, name))]


def pickle_state(state: Mapping[str, Any], file: str) -> None:
    """Write a dict.

    Raises:
        TrialError: It cannot be pickled; the message names the key.
    """
    try:
        data = pickle.dumps(dict(state), protocol=pickle.HIGHEST_PROTOCOL)
    except (pickle.PicklingError, TypeError, AttributeError) as error:
        culprit = next((key for key, value in state.items() if not _pickles(value)), None)
        raise TrialError(
            f"checkpoint cannot be pickled because of its key {culprit!r}: {error}. Save the "
            "object's state (e.g. model.state_dict()), or write files into a directory and "
            "report its path"
        ) from error
    Path(file).write_bytes(data)


def _pickles(value: object) -> bool:
    try:
        pickle.dumps(value)
    except Exception:  # noqa: BLE001 (any failure answers the question)
        return False
    return True


def size_of(directory: str) -> int:
    """Return how many bytes its files take, besides what is known about it; a link is a link."""
    size = 0
    with os.scandir(directory) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                size += size_of(entry.path)
            elif entry.name != METADATA:
                size += entry.stat(follow_symlinks=False).st_size
    return size


def _make_links_relative(directory: str, top: str = "") -> None:
    """Have links from within `directory` to within it survive that it is moved."""
    top = top or directory
    with os.scandir(directory) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                _make_links_relative(entry.path, top)
            elif entry.is_symlink():
                target = os.readlink(entry.path)
                if os.path.isabs(target) and is_within(target, top):
                    os.unlink(entry.path)
                    os.symlink(os.path.relpath(target, directory), entry.path)


def is_within(path: str, directory: str) -> bool:
    """Tell whether `path` names `directory` or what is in it."""
    path, directory = os.path.abspath(path), os.path.abspath(directory)
    return os.path.commonpath((path, directory)) == directory


def _has_no_room(folder: str) -> bool:
    """Tell whether the disk is full, however the library that wrote to it puts that."""
    return os.path.isdir(folder) and shutil.disk_usage(folder).free < _NO_ROOM
