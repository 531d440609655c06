"""Whose run it is: what a folder holds is unpickled only where its user can be trusted."""

from __future__ import annotations

import os
from pathlib import Path

from tunesmith._journal.reader import FILE
from tunesmith._run import snapshot
from tunesmith.errors import UsageError


def check_owner(folder: Path) -> None:
    """Refuse to go on with a run that another user of this machine wrote.

    Raises:
        UsageError: with how to go on all the same.
    """
    if not hasattr(os, "getuid"):
        return  # Windows knows no such owner
    for file in (folder / FILE, folder / snapshot.FILE):
        owner = file.stat().st_uid if file.exists() else os.getuid()
        if owner != os.getuid():
            raise UsageError(
                f"{str(file)!r} was written by another user (uid {owner}); going on unpickles"
                " checkpoints and the searcher's state, which can run any code; if you trust that"
                f" user: tune.resume({str(folder)!r}, trust=True)"
            )
