"""Keeps standard output for a command's result."""

import contextlib
import os
import sys
from collections.abc import Iterator


@contextlib.contextmanager
def diverted() -> Iterator[None]:
    """Send what is printed to standard error instead, be it by C code or by child processes."""
    if sys.stdout is None:  # closed, or a program without a console: its number may be a file's
        yield
        return
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        with contextlib.redirect_stdout(sys.stderr):
            yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)


def use_working_folder() -> None:
    """Let modules be imported from the working folder, as `python -m` does."""
    folder = os.getcwd()
    if folder not in sys.path:
        sys.path.insert(0, folder)
