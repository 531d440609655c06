"""Writing: whole transactions, one writer, and clear words where storage refuses."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tunesmith._journal import log
from tunesmith._journal.header import Header
from tunesmith._journal.log import Answer, Journal, request
from tunesmith._journal.reader import Reader
from tunesmith.errors import UsageError
from tunesmith.protocols import Objective, Report, commands, events

Make = Callable[..., Journal]


def reported(number: int) -> events.Reported:
    report = Report(float(number), {"loss": 1 / number})
    return events.Reported(at=float(number), trial="0001", attempt=1, reports=(report,))


def many(journal: Journal, count: int) -> None:
    journal.append([(reported(number), ()) for number in range(1, count + 1)])


def test_what_was_appended_is_there_after_reopening(make: Make) -> None:
    """Events come back in order, numbered from 1, from the number that is asked for."""
    journal = make()
    journal.append([(events.RunStarted(at=0.0), ()), (reported(1), ())])
    journal.append([])
    journal.append([(reported(2), ())])
    journal.close()
    with Journal.open(journal.folder) as again:
        assert list(again.events()) == [
            (1, events.RunStarted(at=0.0)),
            (2, reported(1)),
            (3, reported(2)),
        ]
        assert [seq for seq, _ in again.events(after=2)] == [3]
        assert again.header == journal.header


def test_an_append_is_all_or_nothing(make: Make) -> None:
    """If one event cannot be written, those before it in the same append are not either."""
    journal = make()
    bad = events.Suggested(at=1.0, trial="0001", config={"lr": object()})
    with pytest.raises(UsageError, match="cannot keep"):
        journal.append([(reported(1), ()), (bad, ())])
    assert list(journal.events()) == []


def test_an_append_costs_one_transaction(make: Make) -> None:
    """However many events an append brings, the file is written once."""
    journal = make()
    statements: list[str] = []
    journal._connection.set_trace_callback(statements.append)
    many(journal, 50)
    journal._connection.set_trace_callback(None)
    assert [one for one in statements if one in {"COMMIT", "BEGIN IMMEDIATE"}] == [
        "BEGIN IMMEDIATE",
        "COMMIT",
    ]
    assert len(statements) == 52


def test_decisions_are_stored_beside_their_event(make: Make) -> None:
    """What the engine answered is in the row of the event it answered to."""
    journal = make()
    stop = commands.Stop(trial="0001", attempt=1, reason="worse")
    journal.append([(reported(1), (stop,)), (reported(2), ())])
    first, second = Reader(journal.folder).rows()
    assert [one.reason for one in first.decisions] == ["worse"]
    assert second.decisions == ()


def test_a_run_is_not_overwritten(make: Make, header: Header) -> None:
    """A folder with a run is refused, naming both ways on."""
    journal = make()
    journal.close()
    with pytest.raises(UsageError, match=r"holds a run already.*name=.*tune\.resume\("):
        Journal.create(journal.folder, header)
    assert Reader(journal.folder).header == header


def test_a_second_writer_is_refused(make: Make) -> None:
    """While a run is written, nobody else may; the message says who writes."""
    journal = make()
    with pytest.raises(UsageError, match=f"is being written by process {os.getpid()} on "):
        Journal.open(journal.folder)
    journal.close()
    Journal.open(journal.folder).close()


def test_a_second_writer_in_another_process_is_refused(make: Make) -> None:
    """The lock holds between processes."""
    journal = make()
    code = (
        "import sys; from tunesmith._journal.log import Journal; "
        "from tunesmith.errors import UsageError\n"
        "try: Journal.open(sys.argv[1])\n"
        "except UsageError as error: print('refused', error)"
    )
    command = [sys.executable, "-c", code, str(journal.folder)]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert told.startswith("refused")


def test_readers_do_not_free_the_lock(make: Make) -> None:
    """Looking at a run from the writer's own process leaves the lock where it is."""
    journal = make()
    reader = Reader(journal.folder)
    assert reader.state() == "running"
    reader.close()
    assert Reader(journal.folder).state() == "running"


def test_a_later_version_s_event_stops_the_writer(make: Make) -> None:
    """Reading goes on past an unknown event, going on with the run does not."""
    journal = make()
    journal._connection.execute(
        "INSERT INTO events (at, kind, body) VALUES (1.0, 'RunHibernated', '{}')"
    )
    with pytest.raises(UsageError, match=r"'RunHibernated'.*pip install -U tunesmith"):
        list(journal.events())


def test_live_requests_are_taken_once(make: Make) -> None:
    """A request from another process is seen until an answer to it is durable."""
    journal = make()
    assert journal.requests() == ()
    number = request(journal.folder, "stop", at=5.0, trial="0001", payload={"n": 3})
    (found,) = journal.requests()
    assert (found.id, found.action, found.trial, found.payload) == (
        number,
        "stop",
        "0001",
        {"n": 3},
    )
    refused = request(journal.folder, "boost", at=5.5, trial="0001")
    assert [one.id for one in journal.requests()] == [number, refused], "not taken yet"
    event = events.ControlRequested(at=6.0, action="stop", trial="0001")
    journal.append([(event, ())], answers=[Answer(number, 6.0)])
    journal.append([], answers=[Answer(refused, 7.0, "it is over")])
    assert journal.requests() == ()
    rows = Reader(journal.folder).select("SELECT action, trial, taken_at, refusal FROM control")
    assert rows == [("stop", "0001", 6.0, ""), ("boost", "0001", 7.0, "it is over")]


def test_a_full_disk_is_said_and_loses_nothing(make: Make) -> None:
    """An append that does not fit raises with the fix, and what was there stays readable."""
    journal = make()
    many(journal, 10)
    pages = journal._connection.execute("PRAGMA page_count").fetchone()[0]
    journal._connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(UsageError, match=r"full; free space there, then go on with tune\.resume"):
        many(journal, 1000)
    assert len(list(journal.events())) == 10


def test_read_only_storage_is_said(
    header: Header, tmp_path: Path, read_only: Callable[[Path], None]
) -> None:
    """A run cannot be created where nothing can be written; the message names storage=."""
    folder = tmp_path / "storage"
    folder.mkdir()
    read_only(folder)
    with pytest.raises(UsageError, match=r"cannot write the run folder .*run.*storage="):
        Journal.create(folder / "run", header)


def test_storage_that_is_a_file_is_said(header: Header, tmp_path: Path) -> None:
    """A path below a file cannot become a folder."""
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match=r"cannot write the run folder .*Not a directory"):
        Journal.create(tmp_path / "file" / "run", header)


def test_a_run_that_died_while_it_was_created_leaves_the_name_free(
    header: Header, tmp_path: Path
) -> None:
    """There is a whole journal or none: an empty file is none."""
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "experiment.sqlite").touch()
    with Journal.create(folder, header) as journal:
        assert journal.header == header


def test_a_failed_creation_frees_the_lock(
    header: Header, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that could not create a run can try again."""

    def fail(*_: Any) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    with monkeypatch.context() as patch:
        patch.setattr(log, "_initialise", fail)
        with pytest.raises(UsageError, match="disk I/O error"):
            Journal.create(tmp_path / "run", header)
    Journal.create(tmp_path / "run", header).close()


def test_a_closed_run_is_one_file(make: Make) -> None:
    """Closing folds the log into the file, which can then be copied alone."""
    journal = make()
    many(journal, 10)
    journal.close()
    journal.close()
    left = {path.name: path.stat().st_size for path in journal.folder.iterdir()}
    assert left.pop("experiment.sqlite") > 0
    assert set(left.values()) <= {0}


def test_any_metric_name_is_scored(make: Make) -> None:
    """Quotes, braces and slashes in the metric's name do not upset the views."""
    for number, metric in enumerate(['a"b', "it's", "eval/{x}.y", "back\\slash", "ü $[1]"]):
        journal = make(f"run{number}", objectives=(Objective(metric, "max"),))
        journal.append(
            [
                (events.RunStarted(at=0.0), ()),
                (events.Suggested(at=0.0, trial="0001", config={}), ()),
                (msgspec.structs.replace(reported(1), reports=(Report(1.0, {metric: 0.5}),)), ()),
            ]
        )
        reader = Reader(journal.folder)
        assert reader.select("SELECT value FROM results") == [(0.5,)], metric
        assert reader.select("SELECT best_value, last_value FROM trials") == [(0.5, 0.5)], metric
