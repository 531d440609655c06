"""A run's index as it was when the run ended, so that the next look need not fold every event."""

import contextlib
import sqlite3
import zlib
from pathlib import Path

import msgspec

from tunesmith._journal.index import Index, Standing
from tunesmith._journal.reader import FILE, Reader

FORM = 1
"""Grows with every change of what is kept; another form is as good as none."""

WORTH = 50_000
"""Events from which on a digest is kept: fewer are folded in no time."""

_TABLE = "CREATE TABLE digest (form INTEGER, seq INTEGER, body BLOB)"
_FIND = "SELECT body FROM digest WHERE form = ? AND seq <= ?"

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Standing)


def keep(folder: Path, index: Index) -> None:
    """Write the digest of a run that nobody has open; where that cannot be, there is none."""
    body = zlib.compress(_encoder.encode(index.standing), level=1)
    file = folder / FILE
    with (
        contextlib.suppress(sqlite3.Error),
        contextlib.closing(sqlite3.connect(file, isolation_level=None)) as connection,
    ):
        connection.execute("BEGIN IMMEDIATE")
        drop(connection)
        connection.execute(_TABLE)
        connection.execute("INSERT INTO digest VALUES (?, ?, ?)", (FORM, index.seq, body))
        connection.execute("COMMIT")


def drop(connection: sqlite3.Connection) -> None:
    """Remove the digest of a run that is about to go on: its events may be written anew."""
    connection.execute("DROP TABLE IF EXISTS digest")


def find(reader: Reader) -> Standing | None:
    """Return how the run stood when its digest was kept; None if there is none that can be used."""
    if not reader.select("SELECT 1 FROM sqlite_master WHERE name = 'digest'"):
        return None
    rows = reader.select(_FIND, (FORM, reader.last))
    try:
        return _decoder.decode(zlib.decompress(rows[0][0])) if rows else None
    except (msgspec.DecodeError, zlib.error, TypeError):
        return None
