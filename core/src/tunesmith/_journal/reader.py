"""The journal as anyone may read it, from any process, while the run goes on or long after."""

import shutil
import sqlite3
import tempfile
import weakref
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import msgspec

from tunesmith._journal.codec import Decided, UnknownEvent, decode_decisions, decode_event, unpack
from tunesmith._journal.header import Header
from tunesmith._journal.lock import is_locked
from tunesmith._journal.schema import FORMAT
from tunesmith.errors import UsageError
from tunesmith.protocols.events import AnyEvent, ExperimentChanged, RunEnded

FILE = "experiment.sqlite"

_PAGE = 2000
_ALL = """
SELECT seq, at, kind, trial, body, decisions FROM events
WHERE seq > :after ORDER BY seq LIMIT :page"""
_OF_TRIAL = """
SELECT seq, at, kind, trial, body, decisions FROM events
WHERE trial = :trial AND seq > :after ORDER BY seq LIMIT :page"""
_CHANGES = "SELECT at, kind, trial, body FROM events WHERE kind = 'ExperimentChanged' ORDER BY seq"
_BUSY_S = 30.0

DAMAGE = (sqlite3.DatabaseError, UnicodeDecodeError)
"""What Python's sqlite3 raises of a file that is no whole database."""

RunState = Literal["running", "completed", "stopped", "failed", "interrupted"]

RawRow = tuple[int, float, str, str | None, str, str | None]
"""seq, at, kind, trial, body, decisions: as stored."""


class Row(msgspec.Struct, frozen=True):
    """One event with its number and what the engine decided on it."""

    seq: int
    event: AnyEvent | UnknownEvent
    decisions: tuple[Decided, ...]


class Reader:
    """A run's journal, open for reading; `path` is the run folder or the file in it.

    It reads a live run, the rest of a killed one, a moved or copied folder and read-only media, and
    writes nothing. May be used from several threads.

    Raises:
        UsageError: there is no run at `path`, or it cannot be read.
    """

    def __init__(self, path: str | Path) -> None:
        given = Path(path).absolute()
        self.folder = given.parent if given.name == FILE else given
        if not (self.folder / FILE).is_file():
            raise UsageError(_missing(self.folder))
        self._connection, copied = _connect(self.folder)
        self._close = weakref.finalize(self, _release, self._connection, copied)
        try:
            self._check_whole()
            self.header = self._read_header()
        except BaseException:
            self.close()
            raise

    def _check_whole(self) -> None:
        """Refuse a file that ends within a page, which SQLite would read on as zeros.

        Where there is a log, the missing part may be in it: it was being folded into the file.
        """
        file, log = self.folder / FILE, self.folder / f"{FILE}-wal"
        if log.is_file() and log.stat().st_size > 0:
            return
        with file.open("rb") as stream:
            page = int.from_bytes(stream.read(18)[16:], "big")  # so SQLite's format says
        size = file.stat().st_size
        if size % (page or 1):  # the largest size is written as 1
            raise corrupt(self.folder, f"it ends within a page, after {size} bytes")

    def _read_header(self) -> Header:
        pairs = dict(self.select("SELECT key, value FROM experiment"))
        written = int(pairs.get("format", 0))
        if written > FORMAT:
            raise UsageError(
                f"the journal of {str(self.folder)!r} has format {written}, this version of "
                f"tunesmith reads up to {FORMAT}: pip install -U tunesmith"
            )
        try:
            return unpack(pairs["header"], Header)
        except (KeyError, msgspec.DecodeError) as error:
            raise corrupt(self.folder, error) from error

    @property
    def writer(self) -> str:
        """Who wrote the run last, for people."""
        rows = self.select("SELECT value FROM experiment WHERE key = 'writer'")
        return str(rows[0][0]) if rows else ""

    @property
    def last(self) -> int:
        """The number of the newest event, 0 where there is none."""
        return int(self.select("SELECT coalesce(max(seq), 0) FROM events")[0][0])

    def state(self) -> RunState:
        """Return how the run stands: "interrupted" if it ended without an end, e.g. was killed."""
        if is_locked(self.folder):
            return "running"
        # Nothing follows the end of a run, short of what was under way when it came.
        rows = self.select(
            "SELECT at, kind, trial, body FROM (SELECT * FROM events ORDER BY seq DESC LIMIT 50) "
            "WHERE kind IN ('RunStarted', 'RunEnded') ORDER BY seq DESC LIMIT 1"
        )
        event = decode_event(*rows[0]) if rows else None
        return event.status if isinstance(event, RunEnded) else "interrupted"

    def select(self, query: str, parameters: Sequence[Any] | dict[str, Any] = ()) -> list[Any]:
        """Return the rows of a query."""
        try:
            return self._connection.execute(query, parameters).fetchall()
        except DAMAGE as error:
            raise corrupt(self.folder, error) from error

    def raw(self, after: int = 0, *, trial: str | None = None) -> Iterator[RawRow]:
        """Yield stored rows numbered above `after`, oldest first; of one trial if it is given.

        Between pages no read transaction is open, so that a slow consumer never keeps the writer
        from tidying its log.
        """
        query = _ALL if trial is None else _OF_TRIAL
        while True:
            page = self.select(query, {"after": after, "page": _PAGE, "trial": trial})
            yield from page
            if len(page) < _PAGE:
                return
            after = page[-1][0]

    def rows(self, after: int = 0, *, trial: str | None = None) -> Iterator[Row]:
        """Yield events with their numbers and decisions."""
        for raw in self.raw(after, trial=trial):
            seq, event = self._event(raw)
            try:
                yield Row(seq, event, decode_decisions(raw[-1]))
            except msgspec.DecodeError as error:
                raise corrupt(self.folder, error) from error

    def events(self, after: int = 0) -> Iterator[tuple[int, AnyEvent | UnknownEvent]]:
        """Yield events with their numbers, those of later versions as `UnknownEvent`."""
        return map(self._event, self.raw(after))

    def recorded(self, after: int = 0) -> Iterator[tuple[int, AnyEvent | UnknownEvent, str | None]]:
        """Yield events with their numbers, and the decisions on them as they are written."""
        for raw in self.raw(after):
            yield (*self._event(raw), raw[-1])

    def _event(self, raw: RawRow) -> tuple[int, AnyEvent | UnknownEvent]:
        seq, at, kind, trial, body, _ = raw
        if None in (at, kind, body):  # as SQLite reads what has been cut off within a page
            raise corrupt(self.folder, f"event {seq} is empty")
        try:
            return seq, decode_event(at, kind, trial, body)
        except msgspec.DecodeError as error:
            raise corrupt(self.folder, error) from error

    def changes(self) -> list[ExperimentChanged]:
        """Return the events that changed the experiment, oldest first."""
        events = (decode_event(*row) for row in self.select(_CHANGES))
        return [event for event in events if isinstance(event, ExperimentChanged)]

    def damaged(self, cause: Exception) -> UsageError:
        """Return the error that says what to do about a journal that makes no sense."""
        return corrupt(self.folder, cause)

    def close(self) -> None:
        """Release the file; may be called twice."""
        self._close()


def _missing(folder: Path) -> str:
    if not folder.exists():
        return f"no run at {str(folder)!r}: there is no such folder; `tunesmith ls` lists runs"
    inside = sorted(child.parent.name for child in folder.glob(f"*/{FILE}"))
    if inside:
        return f"{str(folder)!r} holds runs, it is none; name one, e.g. {str(folder / inside[0])!r}"
    return f"no run at {str(folder)!r}: it has no {FILE}; `tunesmith ls` lists runs"


def corrupt(folder: Path, cause: object) -> UsageError:
    """Return the error that says what to do about a journal that is no whole database."""
    return UsageError(
        f"the journal {str(folder / FILE)!r} is damaged ({cause}); restore the run folder from a "
        f"copy, or salvage what is left: sqlite3 {FILE} .recover | sqlite3 rescued.sqlite"
    )


def _connect(folder: Path) -> tuple[sqlite3.Connection, Path | None]:
    """Return a connection that writes nothing, and a temporary folder to remove with it."""
    file = folder / FILE
    try:
        try:
            return _open(file, "mode=ro"), None
        except sqlite3.OperationalError:
            # Where nothing can be written, SQLite cannot make the index it reads a log with; and
            # what is in the log must not be missed.
            log = file.with_name(f"{FILE}-wal")
            if log.is_file() and log.stat().st_size > 0:
                return _open_copy(file, log)
            return _open(file, "mode=ro&immutable=1"), None
    except (sqlite3.OperationalError, OSError) as error:
        raise UsageError(
            f"cannot read the journal {str(file)!r}: {error}; make it readable, and if it is no "
            "tunesmith journal, name a run folder instead"
        ) from error
    except DAMAGE as error:
        raise corrupt(folder, error) from error


def _open(file: Path, mode: str) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"{file.as_uri()}?{mode}",
        uri=True,
        timeout=_BUSY_S,
        isolation_level=None,
        check_same_thread=False,
    )
    try:
        connection.execute("SELECT count(*) FROM experiment").fetchone()
    except DAMAGE:
        connection.close()
        raise
    return connection


def _open_copy(file: Path, log: Path) -> tuple[sqlite3.Connection, Path]:
    folder = Path(tempfile.mkdtemp(prefix="tunesmith-"))
    try:
        for source in (file, log):
            shutil.copyfile(source, folder / source.name)
        return _open(folder / file.name, "mode=rw"), folder
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _release(connection: sqlite3.Connection, copied: Path | None) -> None:
    connection.close()
    if copied is not None:
        shutil.rmtree(copied, ignore_errors=True)
