"""The run lock: one writer, whatever else its process does, until it is gone."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tunesmith._journal import lock
from tunesmith._journal.lock import RunLock, is_locked
from tunesmith._journal.log import Journal
from tunesmith._journal.reader import Reader
from tunesmith.errors import UsageError
from tunesmith.protocols import events

Make = Callable[..., Journal]

LOOK = "import sys, pathlib; from tunesmith._journal.lock import is_locked; "
LOOK += "print(is_locked(pathlib.Path(sys.argv[1])))"

FORKING = """
import os, pathlib, sys
from tunesmith._journal.lock import RunLock
lock = RunLock(pathlib.Path(sys.argv[1]))
if os.fork():
    sys.stdin.close()
    os._exit(0)
print("alive", flush=True)
sys.stdin.read()
print("over", flush=True)
"""

WAITING = """
import os, pathlib, sys
from tunesmith._journal.lock import RunLock, is_locked
lock = RunLock(pathlib.Path(sys.argv[1]))
if child := os.fork():
    os.waitpid(child, 0)
    print(is_locked(pathlib.Path(sys.argv[1])))
"""


def others_find_it_locked(folder: Path) -> bool:
    command = [sys.executable, "-c", LOOK, str(folder)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout == "True\n"


def test_reading_the_lock_s_file_does_not_free_it(make: Make, tmp_path: Path) -> None:
    """A writer that copies its own folder, opening and closing each file of it, stays the only."""
    journal = make()
    shutil.copytree(journal.folder, tmp_path / "copy")
    assert others_find_it_locked(journal.folder)
    assert not is_locked(tmp_path / "copy")
    journal.close()
    assert not others_find_it_locked(journal.folder)


def test_a_forked_child_does_not_keep_the_lock_of_a_dead_writer(tmp_path: Path) -> None:
    """What training code forked and left behind keeps nobody from going on with the run."""
    process = subprocess.Popen(
        [sys.executable, "-c", FORKING, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stdout.readline() == "alive\n"
    process.wait()
    RunLock(tmp_path).release()
    process.stdin.close()
    assert process.stdout.read() == "over\n"
    process.stdout.close()


def test_a_forked_child_does_not_free_its_parent_s_lock(tmp_path: Path) -> None:
    """The lock is the parent's: children come and go."""
    command = [sys.executable, "-c", WAITING, str(tmp_path)]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "True\n"
    assert not is_locked(tmp_path)


def test_a_look_keeps_no_writer_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever finds the file open for a look tries again."""
    RunLock(tmp_path).release()
    look = os.open(tmp_path / "experiment.lock", os.O_RDONLY)
    lock._take(look, exclusive=False)
    monkeypatch.setattr(lock.time, "sleep", lambda _: os.close(look))
    RunLock(tmp_path).release()


def test_where_there_is_no_lock_nobody_writes(tmp_path: Path) -> None:
    """A folder without the file is free, and looking leaves none behind."""
    assert not is_locked(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_second_writer_that_the_lock_did_not_stop_is_noticed(make: Make) -> None:
    """Where a lock was removed or never held, the first to write goes on and the other ends."""
    first = make()
    first.append([(events.RunStarted(at=0.0), ())])
    (first.folder / "experiment.lock").unlink()
    with Journal.open(first.folder) as second:
        second.append([(events.RunStarted(at=1.0), ())])
        with pytest.raises(UsageError, match=rf"was written by process {os.getpid()} on .* whole"):
            first.append([(events.RunStarted(at=2.0), ())])
        second.append([(events.RunStarted(at=3.0), ())])
    assert [event.at for _, event in Reader(first.folder).events()] == [0.0, 1.0, 3.0]


@pytest.mark.parametrize("leave", [shutil.rmtree, lambda path: path.rename(f"{path}-moved")])
def test_a_folder_that_is_gone_is_noticed(make: Make, leave: Callable[[Path], None]) -> None:
    """A writer whose folder was removed or renamed says so when next it looks for requests."""
    journal = make()
    assert journal.requests() == ()
    leave(journal.folder)
    with pytest.raises(UsageError, match=r"/run' was removed or renamed .* go on with"):
        journal.requests()


def test_a_folder_in_another_s_place_is_noticed(make: Make, tmp_path: Path) -> None:
    """Another run under the same path is not taken for one's own."""
    journal, other = make(), make("other")
    other.close()
    journal.folder.rename(tmp_path / "moved")
    other.folder.rename(journal.folder)
    with pytest.raises(UsageError, match="removed or renamed"):
        journal.requests()
