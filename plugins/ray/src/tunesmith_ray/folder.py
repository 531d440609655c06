"""The run folder, as far as workers have to do with it."""

import secrets
import shutil
from pathlib import Path

from tunesmith.protocols import Checkpoint


class Folder:
    """Lets workers know it when they see it, and deletes what nobody has heard of.

    `shared` says that workers are on several nodes.
    """

    def __init__(self, path: str) -> None:
        self.shared = False
        self._path = Path(path)
        self._marker = ""

    def mark(self) -> str:
        """Return the path of a file that every node must see, "" where there is but one node."""
        if not self.shared:
            return ""
        if not self._marker:
            self._path.mkdir(parents=True, exist_ok=True)
            self._marker = str(self._path / f".visible-{secrets.token_hex(4)}")
            Path(self._marker).touch()
        return self._marker

    def unmark(self) -> None:
        """Remove that file again."""
        if self._marker:
            Path(self._marker).unlink(missing_ok=True)

    def discard(self, checkpoint: Checkpoint) -> None:
        """Delete a checkpoint that nobody has heard of."""
        shutil.rmtree(self._path / checkpoint.path, ignore_errors=True)
