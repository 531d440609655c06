"""One writer per run: a lock that its holder's death releases."""

import contextlib
import sqlite3
from pathlib import Path

_NAME = "experiment.lock"
_PATIENCE_S = 2.0


class RunLock:
    """The right to write a run folder, held from construction until `release` or the process's end.

    It is an exclusive SQLite lock on an empty file, rather than a lock of our own on a descriptor:
    SQLite keeps it right where a process looks at a lock that it holds itself, across forks, and on
    every operating system.

    Raises:
        BlockingIOError: another writer, in this process or another, holds it.
        sqlite3.OperationalError: the folder cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        # Readers look for an instant only: they are waited for, a writer is not.
        connection = sqlite3.connect(
            folder / _NAME, timeout=_PATIENCE_S, isolation_level=None, check_same_thread=False
        )
        try:
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            connection.close()
            if "locked" in str(error):
                raise BlockingIOError(str(folder)) from error
            raise
        self._connection = connection

    def release(self) -> None:
        """Let another writer have the run; may be called twice."""
        self._connection.close()


def is_locked(folder: Path) -> bool:
    """Tell whether a live writer holds the run, without ever standing in its way."""
    path = folder / _NAME
    if not path.exists():
        return False
    with contextlib.closing(
        sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=0)
    ) as connection:
        try:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except sqlite3.OperationalError as error:
            return "locked" in str(error)
    return False
