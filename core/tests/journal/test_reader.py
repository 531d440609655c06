"""Reading: live, killed, moved, read-only or damaged runs."""

import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from tunesmith._journal import reader as module
from tunesmith._journal.codec import UnknownEvent
from tunesmith._journal.log import Journal
from tunesmith._journal.reader import Reader
from tunesmith.errors import UsageError
from tunesmith.protocols import Report, events

Make = Callable[..., Journal]


def reported(number: int) -> events.Reported:
    report = Report(float(number), {"loss": 1 / number})
    return events.Reported(at=float(number), trial="0001", attempt=1, reports=(report,))


def many(journal: Journal, count: int) -> None:
    journal.append([(reported(number), ()) for number in range(1, count + 1)])


def killed(journal: Journal, where: Path) -> Path:
    """Return a copy of a live run's folder: what its death would leave, log included."""
    shutil.copytree(journal.folder, where)
    assert (where / "experiment.sqlite-wal").stat().st_size > 0
    return where


def test_a_live_run_is_read_as_it_grows(make: Make) -> None:
    """A reader sees each append as soon as it is durable, and what it was waiting for next time."""
    journal = make()
    reader = Reader(journal.folder / "experiment.sqlite")
    assert reader.last == 0
    many(journal, 3)
    assert [seq for seq, _ in reader.events()] == [1, 2, 3]
    many(journal, 2)
    assert [event for _, event in reader.events(after=3)] == [reported(1), reported(2)]
    assert reader.state() == "running"


def test_long_runs_are_read_in_pages(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """Paging neither skips nor repeats an event, for all trials and for one."""
    monkeypatch.setattr(module, "_PAGE", 4)
    journal = make()
    for count in (4, 5):
        many(journal, count)
    reader = Reader(journal.folder)
    assert [row.seq for row in reader.rows()] == list(range(1, 10))
    assert [row.seq for row in reader.rows(after=2, trial="0001")] == list(range(3, 10))
    assert list(reader.rows(trial="0002")) == []


def test_the_state_of_a_run(make: Make) -> None:
    """Running while it is written; then as its end says; interrupted if it has none."""
    journal = make()
    reader = Reader(journal.folder)
    journal.append([(events.RunStarted(at=0.0), ())])
    assert reader.state() == "running"
    journal.close()
    assert reader.state() == "interrupted"
    with Journal.open(journal.folder) as again:
        again.append([(events.RunEnded(at=1.0, status="stopped"), ())])
    assert reader.state() == "stopped"
    with Journal.open(journal.folder) as again:
        again.append([(events.RunStarted(at=2.0), ())])
    assert reader.state() == "interrupted"


def test_a_killed_run_is_read_with_its_log(make: Make, tmp_path: Path) -> None:
    """What was appended and never folded into the file is there, in a folder that was moved."""
    journal = make()
    many(journal, 5)
    folder = killed(journal, tmp_path / "elsewhere")
    reader = Reader(folder)
    assert [seq for seq, _ in reader.events()] == [1, 2, 3, 4, 5]
    assert reader.state() == "interrupted"
    with Journal.open(folder) as again:
        many(again, 1)
    assert reader.last == 6


@pytest.mark.parametrize("left", ["all", "no index"])
def test_a_killed_run_is_read_from_read_only_media(
    make: Make, tmp_path: Path, read_only: Callable[[Path], None], left: str
) -> None:
    """Where nothing can be written, the log is read nevertheless, and nothing is left behind."""
    journal = make()
    many(journal, 5)
    folder = killed(journal, tmp_path / "elsewhere")
    if left == "no index":
        (folder / "experiment.sqlite-shm").unlink()
    before = sorted(path.name for path in folder.iterdir())
    read_only(folder)
    reader = Reader(folder)
    assert reader.last == 5
    assert reader.state() == "interrupted"
    reader.close()
    assert sorted(path.name for path in folder.iterdir()) == before


def test_a_finished_run_is_read_from_read_only_media(
    make: Make, tmp_path: Path, read_only: Callable[[Path], None]
) -> None:
    """A run that was closed is one file, and its folder needs no right to write."""
    journal = make()
    many(journal, 5)
    journal.append([(events.RunEnded(at=1.0, status="completed"), ())])
    journal.close()
    folder = tmp_path / "archive"
    folder.mkdir()
    shutil.copy(journal.folder / "experiment.sqlite", folder)
    read_only(folder)
    reader = Reader(folder)
    assert reader.last == 6
    assert reader.state() == "completed"


def test_temporary_copies_are_removed(make: Make, tmp_path: Path) -> None:
    """The copy made to read a log goes with its reader."""
    journal = make()
    many(journal, 5)
    folder = killed(journal, tmp_path / "elsewhere")
    connection, copied = module._open_copy(folder / module.FILE, folder / f"{module.FILE}-wal")
    assert connection.execute("SELECT count(*) FROM events").fetchone() == (5,)
    module._release(connection, copied)
    assert not copied.exists()


def test_what_is_no_run_is_said(tmp_path: Path, make: Make) -> None:
    """Missing folders, empty ones, and folders of runs are told apart."""
    with pytest.raises(UsageError, match="there is no such folder; `tunesmith ls`"):
        Reader(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match=r"has no experiment\.sqlite"):
        Reader(tmp_path / "empty")
    journal = make("run7")
    with pytest.raises(UsageError, match=r"holds runs, it is none; name one, e.g. .*run7"):
        Reader(journal.folder.parent)


def test_a_file_that_is_no_journal_is_said(tmp_path: Path) -> None:
    """Other text, another database, and an empty file are refused with what to do."""
    file = tmp_path / "experiment.sqlite"
    file.write_text("these are notes, and long enough to be taken for a file header\n" * 20)
    with pytest.raises(UsageError, match=r"is damaged \(file is not a database\).*\.recover"):
        Reader(tmp_path)
    file.write_bytes(b"")
    with pytest.raises(UsageError, match=r"cannot read the journal .* no such table"):
        Reader(tmp_path)


def test_a_damaged_journal_is_said(make: Make) -> None:
    """Overwritten pages come out as an error with a way to salvage, not as wrong results."""
    journal = make()
    many(journal, 500)
    journal.close()
    file = journal.folder / "experiment.sqlite"
    content = bytearray(file.read_bytes())
    page = 4096
    for start in range(10 * page, len(content), page):
        content[start : start + page] = b"\xff" * min(page, len(content) - start)
    file.write_bytes(content)
    with pytest.raises(UsageError, match=r"is damaged .*\.recover"):
        list(Reader(journal.folder).rows())


def test_damaged_json_is_said(make: Make) -> None:
    """A body that is no JSON is damage."""
    journal = make()
    many(journal, 1)
    journal._connection.execute("UPDATE events SET body = '{\"attempt\":'")
    with pytest.raises(UsageError, match="is damaged"):
        list(Reader(journal.folder).rows())


def test_a_newer_format_is_refused(make: Make) -> None:
    """A format this version does not know is named, with the upgrade."""
    journal = make()
    journal._connection.execute("UPDATE experiment SET value = '99' WHERE key = 'format'")
    with pytest.raises(UsageError, match=r"has format 99, .* up to 1: pip install -U tunesmith"):
        Reader(journal.folder)


def test_unknown_events_are_read(make: Make) -> None:
    """An event of a later version does not stop a read."""
    journal = make()
    many(journal, 1)
    journal._connection.execute(
        "INSERT INTO events (at, kind, trial, body) VALUES (2.0, 'TrialBoosted', '0001', '{}')"
    )
    assert [event for _, event in Reader(journal.folder).events()] == [
        reported(1),
        UnknownEvent(at=2.0, kind="TrialBoosted", trial="0001", body={}),
    ]


def test_a_plain_sqlite_client_sees_a_live_run(make: Make) -> None:
    """The tables and views need nothing of tunesmith's, while the run goes on."""
    journal = make()
    journal.append([(events.Suggested(at=0.0, trial="0001", config={"lr": 0.5}), ())])
    many(journal, 2)
    client = sqlite3.connect(f"file:{journal.folder}/experiment.sqlite?mode=ro", uri=True)
    assert client.execute("SELECT resource, value FROM results").fetchall() == [(1, 1), (2, 0.5)]
    query = "SELECT trial, json_extract(config, '$.lr'), best_value FROM trials"
    assert client.execute(query).fetchall() == [("0001", 0.5, 0.5)]
    client.close()
