"""One writer per run: a lock that its holder's death releases."""

import os
import sys
import time
import weakref
from pathlib import Path

_NAME = "experiment.lock"
_PATIENCE_S = 2.0

if sys.platform == "win32":
    import msvcrt

    _FAR = 1 << 30
    """Where nothing is read: Windows keeps others from reading what is locked."""

    def _take(file: int, *, exclusive: bool) -> None:  # noqa: ARG001 (Windows knows one kind)
        os.lseek(file, _FAR, os.SEEK_SET)
        try:
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        except PermissionError as error:
            raise BlockingIOError(*error.args) from error

else:
    import fcntl

    def _take(file: int, *, exclusive: bool) -> None:
        fcntl.flock(file, (fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH) | fcntl.LOCK_NB)


class RunLock:
    """The right to write a run folder, held from construction until `release` or the process's end.

    It belongs to an open file (`flock`), not to the process: whoever else in this process opens,
    reads and closes the file, to copy the folder say, leaves it alone, which a POSIX record lock
    (SQLite's, `lockf`) does not survive. A forked child would keep it alive beyond this process,
    so Python's forks close the child's file.

    Raises:
        BlockingIOError: another writer, in this process or another, holds it.
        OSError: the folder cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        file = os.open(folder / _NAME, os.O_RDWR | os.O_CREAT, 0o666)
        # Readers look for an instant, and a dying writer needs one.
        patience = time.monotonic() + _PATIENCE_S
        while True:
            try:
                _take(file, exclusive=True)
                break
            except OSError as error:
                if not isinstance(error, BlockingIOError) or time.monotonic() >= patience:
                    os.close(file)
                    raise
            time.sleep(0.01)
        self._file: int | None = file
        _held.add(self)

    def release(self) -> None:
        """Let another writer have the run; may be called twice."""
        file, self._file = self._file, None
        if file is not None:
            os.close(file)


_held: weakref.WeakSet[RunLock] = weakref.WeakSet()


def _leave_to_parent() -> None:
    # Closing one of two descriptors of an open file leaves its lock; unlocking would not.
    for lock in list(_held):
        lock.release()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_leave_to_parent)


def is_locked(folder: Path) -> bool:
    """Tell whether a live writer holds the run, standing in its way for no more than an instant."""
    try:
        file = os.open(folder / _NAME, os.O_RDONLY)
    except OSError:
        return False
    try:
        _take(file, exclusive=False)
    except OSError as error:
        return isinstance(error, BlockingIOError)
    else:
        return False
    finally:
        os.close(file)
