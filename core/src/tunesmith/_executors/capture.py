"""What trials print, each in a file of its own."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import IO, TextIO


class TrialLog:
    """Stands in for `sys.stdout` and `sys.stderr` within a `with` block.

    One for all trials of a worker, since loggers and the like keep the stream they once found;
    `switch` says whose file it writes. The file appears with the first text. Output of other
    processes and of C libraries does not pass through here.
    """

    encoding = "utf-8"
    errors = "backslashreplace"

    def __init__(self, original: TextIO) -> None:
        self._original = original
        self._path: str | None = None
        self._file: IO[str] | None = None
        self._before: list[tuple[TextIO, TextIO]] = []

    def __enter__(self) -> None:
        self._before.append((sys.stdout, sys.stderr))
        sys.stdout = sys.stderr = self

    def __exit__(self, *_: object) -> None:
        sys.stdout, sys.stderr = self._before.pop()

    def switch(self, path: str | None) -> None:
        """Write to the end of file `path` from now on; None for the process's own output."""
        if self._file is not None:
            self._file.close()
            self._file = None
        self._path = path

    def write(self, text: str) -> int:
        """Append `text`, at once readable by others."""
        if self._path is None:
            return self._original.write(text)
        if self._file is None:
            os.makedirs(os.path.dirname(self._path), exist_ok=True)
            self._file = open(  # noqa: SIM115 (it stays open until the trial changes)
                self._path, "a", encoding=self.encoding, errors=self.errors
            )
        self._file.write(text)
        self._file.flush()
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Append each of `lines`."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Do nothing: everything is written at once."""

    def isatty(self) -> bool:
        """Return False: progress bars shall print plain lines."""
        return False

    def writable(self) -> bool:
        """Return True."""
        return True

    def readable(self) -> bool:
        """Return False."""
        return False

    def fileno(self) -> int:
        """Return the descriptor of the process's own output, for processes that inherit it."""
        return self._original.fileno()
