"""Checkpoints on disk: whole or not there."""

import errno
import shutil
from pathlib import Path

import pytest

from tunesmith._trainable import checkpoint as checkpoints
from tunesmith._trainable.checkpoint import DiskFull, SavedCheckpoint
from tunesmith.errors import TrialError, UsageError
from tunesmith.protocols import Checkpoint

PLACE = Checkpoint(trial="0001", resource=3.0, path="trials/0001/checkpoints/000003-a1")


def test_failed_save_leaves_nothing(tmp_path: Path) -> None:
    """A save that breaks in the middle is never visible; a full disk is told from other errors."""
    reasons = [
        (OSError(errno.EIO, "Input/output error"), OSError, "Input/output"),
        (OSError(errno.ENOSPC, "No space left"), UsageError, "No space left; free space there"),
        (OSError(errno.EDQUOT, "Quota exceeded"), UsageError, "Quota exceeded; free space there"),
    ]
    for error, kind, message in reasons:

        def breaks(directory: str, error: OSError = error) -> bool:
            Path(directory, "half").write_text("x")
            raise error

        with pytest.raises(kind, match=message):
            checkpoints.write(str(tmp_path), PLACE, {}, breaks)
        assert not list((tmp_path / "trials/0001/checkpoints").iterdir())


def test_nothing_to_save_leaves_nothing(tmp_path: Path) -> None:
    """Code that has nothing to save makes no checkpoint."""
    assert checkpoints.write(str(tmp_path), PLACE, {}, lambda _: False) is None
    assert not list((tmp_path / "trials/0001/checkpoints").iterdir())


def test_remains_of_a_crash_are_swept(tmp_path: Path) -> None:
    """What a killed process left half-written goes; checkpoints stay."""
    folder = tmp_path / "trials/0001/checkpoints"
    (folder / "000001-a1").mkdir(parents=True)
    (folder / "000002-a1.tmp-12").mkdir()
    checkpoints.sweep(str(tmp_path), "0001")
    assert [each.name for each in folder.iterdir()] == ["000001-a1"]


def test_dict_round_trip(tmp_path: Path) -> None:
    """A dict comes back as it was, with the report it belongs to."""
    state = {"step": 3, "weights": [1.0, float("nan")]}
    saved = checkpoints.write(
        str(tmp_path), PLACE, {"loss": 0.5}, lambda into: not checkpoints.fill(into, state, "/x")
    )
    assert saved is not None
    assert saved.size > 0
    found = SavedCheckpoint(tmp_path / saved.path)
    assert found.to_dict()["step"] == 3
    assert found.metadata()["metrics"] == {"loss": 0.5}
    assert found.metadata()["resource"] == 3.0


def test_directory_is_copied_but_scratch_is_moved(tmp_path: Path) -> None:
    """A user's own directory stays; one in the trial's scratch folder is moved."""
    for name, stays in (("mine", True), ("scratch/x", False)):
        source, into = tmp_path / name, tmp_path / f"into-{stays}"
        (source / "deep").mkdir(parents=True)
        (source / "deep/model").write_text("weights")
        into.mkdir()
        checkpoints.fill(str(into), source, str(tmp_path / "scratch"))
        assert (into / "deep/model").read_text() == "weights"
        assert (source / "deep").exists() is stays


def test_single_file_is_put_into_the_directory(tmp_path: Path) -> None:
    """A file may be offered as well."""
    (tmp_path / "model.pt").write_text("weights")
    (tmp_path / "into").mkdir()
    checkpoints.fill(str(tmp_path / "into"), tmp_path / "model.pt", str(tmp_path / "s"))
    assert (tmp_path / "into/model.pt").read_text() == "weights"


def test_unpicklable_entry_is_named(tmp_path: Path) -> None:
    """A dict that cannot be pickled is refused with the key that is to blame."""
    with pytest.raises(TrialError, match=r"because of its key 'hook'.*state_dict"):
        checkpoints.fill(str(tmp_path), {"ok": 1, "hook": lambda: 0}, "/x")


@pytest.mark.parametrize(
    ("offer", "message"),
    [("no/such/folder", "'no/such/folder' does not exist"), (3, "is of type int: expected a dict")],
)
def test_impossible_offers_are_refused(tmp_path: Path, offer: object, message: str) -> None:
    """What is neither a dict nor an existing path is refused."""
    with pytest.raises(TrialError, match=message):
        checkpoints.fill(str(tmp_path), offer, "/x")  # type: ignore[arg-type]


def test_directory_has_no_dict(tmp_path: Path) -> None:
    """Asking a directory for its dict names the files that are there."""
    (tmp_path / "model.pt").touch()
    with pytest.raises(UsageError, match=r"it holds 'model\.pt'\. Read them from .path"):
        SavedCheckpoint(tmp_path).to_dict()


def test_full_disk_is_told_however_it_is_reported(tmp_path: Path) -> None:
    """By a whole folder's errors, by what another error came from, or by a disk without room."""
    full = OSError(errno.ENOSPC, "No space left on device")
    wrapped = RuntimeError("file write failed")
    wrapped.__cause__ = full
    during = RuntimeError("file write failed")
    during.__context__ = full
    for error in (shutil.Error([("a", "b", str(full))]), wrapped, during):

        def breaks(directory: str, error: Exception = error) -> bool:
            raise error

        with pytest.raises(DiskFull, match=r"free space there, then go on with tune\.resume"):
            checkpoints.write(str(tmp_path), PLACE, {}, breaks)


def test_error_on_a_disk_without_room_is_that_it_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Libraries that write by themselves do not say why it failed; a wrong offer is no write."""

    def breaks(directory: str) -> bool:
        raise RuntimeError("PytorchStreamWriter failed writing file data/0")

    with pytest.raises(RuntimeError):
        checkpoints.write(str(tmp_path), PLACE, {}, breaks)
    usage = shutil.disk_usage(tmp_path)._replace(free=4096)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    with pytest.raises(DiskFull, match=r"the disk is full .PytorchStreamWriter"):
        checkpoints.write(str(tmp_path), PLACE, {}, breaks)
    with pytest.raises(TrialError, match="does not exist"):
        checkpoints.write(
            str(tmp_path), PLACE, {}, lambda into: not checkpoints.fill(into, "/nowhere", "/x")
        )


def test_links_within_a_checkpoint_go_with_it(tmp_path: Path) -> None:
    """A link to the newest file still leads there once the checkpoint is in its place."""

    def fill(into: str) -> bool:
        (Path(into) / "inner").mkdir()
        (Path(into) / "inner" / "step-5").write_text("5")
        (Path(into) / "latest").symlink_to(Path(into) / "inner" / "step-5")
        (Path(into) / "inner" / "relative").symlink_to("step-5")
        (Path(into) / "outside").symlink_to(tmp_path)
        (Path(into) / "nowhere").symlink_to("nothing")
        return True

    saved = checkpoints.write(str(tmp_path), PLACE, {}, fill)
    assert saved is not None
    found = tmp_path / saved.path
    assert (found / "latest").read_text() == "5"
    assert (found / "inner" / "relative").read_text() == "5"
    assert (found / "outside").readlink() == tmp_path
    assert (found / "nowhere").is_symlink()


@pytest.mark.parametrize("is_scratch", [True, False])
def test_links_within_a_reported_folder_go_with_it(tmp_path: Path, is_scratch: bool) -> None:
    """Whether it is moved or copied; in a copy, what links to nothing is left out."""
    source = tmp_path / "scratch"
    source.mkdir()
    (source / "step-5").write_text("5")
    (source / "latest").symlink_to(source / "step-5")
    (source / "relative").symlink_to("step-5")
    (source / "nowhere").symlink_to("nothing")
    scratch = str(source if is_scratch else tmp_path / "other")
    saved = checkpoints.write(
        str(tmp_path), PLACE, {}, lambda into: not checkpoints.fill(into, source, scratch)
    )
    shutil.rmtree(source)
    assert saved is not None
    assert (tmp_path / saved.path / "latest").read_text() == "5"
    assert (tmp_path / saved.path / "relative").read_text() == "5"


def test_folder_that_is_gone_by_the_report_is_told_of(tmp_path: Path) -> None:
    """The message knows why a temporary one is: its block was left."""
    with pytest.raises(TrialError, match="A TemporaryDirectory is gone once its block is left"):
        checkpoints.fill(str(tmp_path), tmp_path / "gone", "/x")


def test_unreadable_dict_is_told_with_its_file(tmp_path: Path) -> None:
    """The message says what to delete, so that the trial goes on from an older one."""
    (tmp_path / checkpoints.STATE).write_bytes(b"\x80\x05broken")
    with pytest.raises(TrialError, match=r"checkpoint.pkl. is damaged: .* Delete the folder"):
        SavedCheckpoint(tmp_path).to_dict()
