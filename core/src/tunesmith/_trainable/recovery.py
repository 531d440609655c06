"""What to go on from where a checkpoint is damaged: an older one that is whole, or nothing.

Files are not forced to the disk as they are saved, so a power failure can cost their ends, which
their sizes tell; what they hold is left to who reads it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any

import msgspec

from tunesmith._trainable.checkpoint import METADATA, size_of
from tunesmith.errors import TrialError
from tunesmith.protocols.checkpoint import Checkpoint


class Start(msgspec.Struct, frozen=True):
    """Where an attempt goes on from, None for its beginning; `note` tells people of damage."""

    checkpoint: Checkpoint | None = None
    note: str = ""


def start_from(folder: str, wanted: Checkpoint) -> Start:
    """Return `wanted` if it is whole, else the newest one before it that is.

    Raises:
        TrialError: It is not there, nor is an older one.
    """
    reason = damage(os.path.join(folder, wanted.path))
    if not reason:
        return Start(wanted)
    found = next(_older(folder, wanted), None)
    if found is None and not os.path.isdir(os.path.join(folder, wanted.path)):
        raise TrialError(
            f"checkpoint {os.path.join(folder, wanted.path)!r} of trial {wanted.trial} is gone: it"
            " was deleted by hand, or this machine does not see the run folder. Use a folder that"
            " all machines share, as storage="
        )
    instead = f"goes on from {found.path}" if found else "begins anew"
    return Start(found, f"{wanted.path} is damaged ({reason}); the trial {instead}")


def damage(path: str) -> str:
    """Return what a checkpoint lacks, empty if it is whole."""
    try:
        missing = _known(path).get("bytes", 0) - size_of(path)
    except PermissionError:
        raise
    except (OSError, ValueError) as error:
        return " ".join(str(error).split())
    return f"{missing:,} bytes are missing" if missing > 0 else ""


def _known(path: str) -> dict[str, Any]:
    with open(os.path.join(path, METADATA), encoding="utf-8") as file:
        known: dict[str, Any] = json.load(file)
    return known


def _older(folder: str, wanted: Checkpoint) -> Iterator[Checkpoint]:
    """Yield the whole checkpoints of the same trial before `wanted`, newest first."""
    parent = os.path.dirname(wanted.path)
    there = os.path.join(folder, parent)
    found = []
    for name in os.listdir(there) if os.path.isdir(there) else ():
        path = f"{parent}/{name}"
        if path != wanted.path and ".tmp-" not in name and not damage(os.path.join(folder, path)):
            known = _known(os.path.join(folder, path)) | {"path": path}
            found.append(msgspec.convert(known, Checkpoint))
    earlier = [one for one in found if one.resource < wanted.resource]
    yield from sorted(earlier, key=lambda one: (one.resource, one.path), reverse=True)
