"""The journal as its one writer has it: append, in transactions, what has happened."""

import contextlib
import os
import socket
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec

from tunesmith._journal import digest
from tunesmith._journal.codec import (
    UnknownEvent,
    encode_decisions,
    encode_event,
    pack,
)
from tunesmith._journal.header import Header
from tunesmith._journal.lock import RunLock
from tunesmith._journal.reader import FILE, Reader, corrupt
from tunesmith._journal.schema import FORMAT, TABLES, views
from tunesmith.errors import UsageError
from tunesmith.protocols.commands import AnyCommand
from tunesmith.protocols.events import AnyEvent, ExperimentChanged

_BUSY_S = 30.0
_FAREWELL_MS = 200
"""How long the end of a run may wait for a reader to let go of the log."""

_FEW = 16
"""Events up to which one statement inserts all: half the calls of SQLite for a short turn."""

_INSERT = "INSERT INTO events (seq, at, kind, trial, body, decisions) VALUES (?, ?, ?, ?, ?, ?)"
_INSERTS = [_INSERT + ", (?, ?, ?, ?, ?, ?)" * (rows - 1) for rows in range(_FEW + 1)]
"""By the number of rows, from one on."""

_TAKE = "UPDATE control SET taken_at = :at, refusal = :refusal WHERE id = :id"
_WAITING = "SELECT id, at, action, trial, payload FROM control WHERE taken_at IS NULL ORDER BY id"

Entry = tuple[AnyEvent, tuple[AnyCommand, ...]]
"""An event, and the commands with which the engine answered it."""


class Request(msgspec.Struct, frozen=True):
    """A live request, left by another process, that is not answered yet."""

    id: int
    at: float
    action: str
    trial: str
    payload: dict[str, Any]


class Answer(msgspec.Struct, frozen=True):
    """That the request `id` was carried out at the run's time `at`, or refused and why."""

    id: int
    at: float
    refusal: str = ""


class Journal:
    """The experiment's log, open for writing; `create` and `open` make one.

    A committed append survives the death of the process at any moment. After a loss of power the
    newest appends may be missing, but what is left is whole (SQLite's WAL with synchronous=NORMAL).
    Used by one thread at a time. Readers never wait for it, nor it for them.
    """

    def __init__(self, folder: Path, connection: sqlite3.Connection, lock: RunLock) -> None:
        self.folder = folder
        self._connection = connection
        self._lock = lock
        self._writing = _Writing(folder)
        self._reader = Reader(folder)
        self._seen_version = -1
        self._last = self._reader.last
        self._file = (folder / FILE).stat()
        with self._writing:
            connection.execute("PRAGMA journal_mode = WAL").fetchone()
            connection.execute("PRAGMA synchronous = NORMAL")
            # Folding the log into the file waits for the disk: rarer than SQLite's own 1000 pages.
            connection.execute("PRAGMA wal_autocheckpoint = 4000").fetchone()
            connection.execute(
                "INSERT OR REPLACE INTO experiment VALUES ('writer', ?)",
                (f"process {os.getpid()} on {socket.gethostname()}",),
            )

    @classmethod
    def create(cls, folder: str | Path, header: Header) -> Self:
        """Return the journal of a new experiment, in a run folder that may exist but holds no run.

        Raises:
            UsageError: there is a run already, or the folder cannot be written.
        """
        folder = Path(folder).absolute()
        with _Writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
        lock = _locked(folder)
        with _released_on_error(lock):
            file = folder / FILE
            if file.exists() and file.stat().st_size > 0:
                raise UsageError(
                    f"{str(folder)!r} holds a run already; give the new one another name=..., or "
                    f"go on with the old one: tune.resume({str(folder)!r})"
                )
            with _Writing(folder):
                _initialise(file, header)
                connection = _connect(file)
                with _closed_on_error(connection):
                    return cls(folder, connection, lock)

    @classmethod
    def open(cls, folder: str | Path) -> Self:
        """Return an existing run's journal, to go on writing it.

        Raises:
            UsageError: there is no readable run, it is being written, or it cannot be written.
        """
        with contextlib.closing(Reader(folder)) as reader:  # says what is wrong with it
            folder = reader.folder
        lock = _locked(folder)
        with _released_on_error(lock), _Writing(folder):
            connection = _connect(folder / FILE)
            with _closed_on_error(connection):
                digest.drop(connection)
                return cls(folder, connection, lock)

    @property
    def header(self) -> Header:
        """The experiment's description."""
        return self._reader.header

    def append(self, entries: Iterable[Entry], *, answers: Iterable[Answer] = ()) -> None:
        """Make events durable, and with them the answers to live requests, all or none.

        Raises:
            UsageError: the disk is full or gone, or someone else has written this run since; the
                journal is as it was before.
        """
        rows = [
            (seq, *encode_event(event), encode_decisions(event, commands) if commands else None)
            for seq, (event, commands) in enumerate(entries, self._last + 1)
        ]
        answered = [msgspec.structs.asdict(answer) for answer in answers]
        with self._writing:
            try:
                if answered or not 0 < len(rows) <= _FEW:
                    self._write(rows, answered)
                else:  # a statement is a transaction by itself
                    self._connection.execute(_INSERTS[len(rows)], list(chain(*rows)))
            except sqlite3.IntegrityError as error:  # the numbers are taken
                raise self._overtaken() from error
        self._last += len(rows)

    def _write(self, rows: Sequence[tuple[Any, ...]], answered: Sequence[dict[str, Any]]) -> None:
        connection = self._connection
        try:
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(_INSERT, rows)
            connection.executemany(_TAKE, answered)
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise

    def _overtaken(self) -> UsageError:
        return UsageError(
            f"{str(self.folder)!r} was written by {self._reader.writer or 'another process'} while"
            f" this process, {os.getpid()}, wrote it too; what is there is whole and stays, this"
            f" process ends here; once nobody writes it, go on: tune.resume({str(self.folder)!r})"
        )

    def events(self, after: int = 0) -> Iterator[tuple[int, AnyEvent]]:
        """Yield the events with a number above `after`, oldest first, with their numbers.

        Raises:
            UsageError: an event was written by a later version, so that going on would guess.
        """
        return ((seq, event) for seq, event, _ in self.recorded(after))

    def recorded(self, after: int = 0) -> Iterator[tuple[int, AnyEvent, str | None]]:
        """Yield the same with the decisions on each event, as they are written."""
        for seq, event, decisions in self._reader.recorded(after):
            if isinstance(event, UnknownEvent):
                raise UsageError(
                    f"event {seq} of {str(self.folder)!r}, {event.kind!r}, was written by "
                    "a later version of tunesmith; to go on with it: pip install -U tunesmith"
                )
            yield seq, event, decisions

    def changes(self) -> list[ExperimentChanged]:
        """Return the events that changed the experiment, oldest first."""
        return self._reader.changes()

    @property
    def last(self) -> int:
        """The number of the newest event that was written here or found, 0 before the first."""
        return self._last

    def last_at(self) -> float:
        """Return when the last event happened, 0 before the first."""
        found = self._reader.select("SELECT at FROM events ORDER BY seq DESC LIMIT 1")
        at = found[0][0] if found else 0.0
        if not isinstance(at, float | int):
            raise corrupt(self.folder, f"the last event happened at {at!r}")
        return float(at)

    def requests(self) -> tuple[Request, ...]:
        """Return the live requests without an answer, oldest first; cheap while there are none.

        Raises:
            UsageError: the folder is gone: nobody would find what is asked or written there.
        """
        self._check_place()
        version: int = self._connection.execute("PRAGMA data_version").fetchone()[0]
        if version == self._seen_version:
            return ()
        waiting = tuple(
            Request(id=id_, at=at, action=action, trial=trial or "", payload=_payload(payload))
            for id_, at, action, trial, payload in self._connection.execute(_WAITING)
        )
        if not waiting:
            self._seen_version = version
        return waiting

    def _check_place(self) -> None:
        try:
            if os.path.samestat((self.folder / FILE).stat(), self._file):
                return
        except FileNotFoundError:
            pass
        except OSError:  # a network's file system that cannot say just now
            return
        raise UsageError(
            f"the run folder {str(self.folder)!r} was removed or renamed while the run was under "
            "way; if it was renamed, all is there: go on with tune.resume(...) of its new path"
        )

    def close(self) -> None:
        """Fold the log into one file and let another writer have the run; may be called twice."""
        self._reader.close()
        # A full disk or a busy reader leaves the log beside the file, where readers find it.
        with contextlib.suppress(sqlite3.Error):
            self._connection.execute(f"PRAGMA busy_timeout = {_FAREWELL_MS}")
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        self._connection.close()
        self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def request(
    folder: str | Path,
    action: str,
    *,
    at: float,
    trial: str = "",
    payload: dict[str, Any] | None = None,
) -> int:
    """Leave a request for the driver of a run, from any process, and return its id.

    Raises:
        UsageError: there is no readable run, or it cannot be written.
    """
    with contextlib.closing(Reader(folder)) as reader:
        folder = reader.folder
    with _Writing(folder), contextlib.closing(_connect(folder / FILE)) as connection:
        cursor = connection.execute(
            "INSERT INTO control (at, action, trial, payload) VALUES (?, ?, ?, ?)",
            (at, action, trial or None, msgspec.json.encode(payload or {}).decode()),
        )
        return cursor.lastrowid or 0


def _payload(text: str) -> dict[str, Any]:
    """Return what a request holds; nothing, where a person's own SQL left no JSON object."""
    try:
        return msgspec.json.decode(text, type=dict[str, Any])
    except msgspec.DecodeError:
        return {}


def _connect(file: Path) -> sqlite3.Connection:
    # The driver may be made in one thread and run in another, never in both at once.
    return sqlite3.connect(file, timeout=_BUSY_S, isolation_level=None, check_same_thread=False)


def _initialise(file: Path, header: Header) -> None:
    """Write tables, views and header aside and rename them: there is a whole run or none."""
    aside = file.with_name(f"{FILE}.new")
    for remains in (aside, aside.with_name(f"{aside.name}-journal")):
        remains.unlink(missing_ok=True)  # of a run that was killed as it began
    shown = views(header.objectives[0], header.outcome_constraints)
    with contextlib.closing(_connect(aside)) as connection:
        connection.executescript(f"BEGIN; {TABLES} {shown}")
        connection.executemany(
            "INSERT INTO experiment VALUES (?, ?)",
            (("format", str(FORMAT)), ("header", pack(header))),
        )
        connection.execute(f"PRAGMA user_version = {FORMAT}")
        connection.execute("COMMIT")
    aside.replace(file)


def _locked(folder: Path) -> RunLock:
    try:
        with _Writing(folder):
            return RunLock(folder)
    except BlockingIOError:
        writer = "another process"
        with contextlib.suppress(UsageError), contextlib.closing(Reader(folder)) as reader:
            writer = reader.writer or writer
        raise UsageError(
            f"{str(folder)!r} is being written by {writer}; wait for it to end, or end that process"
        ) from None


class _Writing:
    """Turns what the storage refuses into an error that says what to do."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        match error:
            case None | BlockingIOError():
                return
            case sqlite3.OperationalError():
                raise self._refused(str(error)) from error
            case OSError():
                raise self._refused(f"{error.strerror or error}") from error
        if type(error) is sqlite3.DatabaseError:  # its children are mistakes in what was written
            raise corrupt(self._folder, error) from error

    def _refused(self, reason: str) -> UsageError:
        place = repr(str(self._folder))
        if "full" in reason or "space" in reason:
            fix = f"free space there, then go on with tune.resume({place})"
        else:
            fix = "make it writable, or choose another place with storage=..."
        return UsageError(f"cannot write the run folder {place}: {reason}; {fix}")


@contextlib.contextmanager
def _released_on_error(lock: RunLock) -> Iterator[None]:
    try:
        yield
    except BaseException:
        lock.release()
        raise


@contextlib.contextmanager
def _closed_on_error(connection: sqlite3.Connection) -> Iterator[None]:
    try:
        yield
    except BaseException:
        connection.close()
        raise
