"""Checkpoints on disk: whole or not there."""

import errno
from pathlib import Path

import pytest

from tunesmith._trainable import checkpoint as checkpoints
from tunesmith._trainable.checkpoint import SavedCheckpoint
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
