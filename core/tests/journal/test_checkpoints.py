"""Checkpoints vanish whole, and what died half-way is swept up."""

from pathlib import Path

import pytest

from tunesmith._journal import checkpoints


def save(folder: Path, name: str, trial: str = "0001") -> Path:
    path = folder / "trials" / trial / "checkpoints" / name
    path.mkdir(parents=True)
    (path / "checkpoint.pkl").write_bytes(b"12345")
    return path


def test_existing_are_whole_ones_by_resource(tmp_path: Path) -> None:
    """Leftovers are no checkpoints, and 9 comes before 27."""
    for name in ("27", "9", "3.tmp-ab12", "1.tmp"):
        save(tmp_path, name)
    assert checkpoints.existing(tmp_path, "0001") == [
        "trials/0001/checkpoints/9",
        "trials/0001/checkpoints/27",
    ]
    assert checkpoints.existing(tmp_path, "0002") == []


def test_size_is_that_of_its_files(tmp_path: Path) -> None:
    """A checkpoint's size is its files' bytes, and 0 if it is gone."""
    save(tmp_path, "9")
    assert checkpoints.size(tmp_path, "trials/0001/checkpoints/9") == 5
    assert checkpoints.size(tmp_path, "trials/0001/checkpoints/27") == 0


def test_drop_removes_it_and_says_so(tmp_path: Path) -> None:
    """A dropped checkpoint is gone with its leftovers; dropping it again is no error."""
    path = save(tmp_path, "9")
    assert checkpoints.drop(tmp_path, "trials/0001/checkpoints/9")
    assert list(path.parent.iterdir()) == []
    assert not checkpoints.drop(tmp_path, "trials/0001/checkpoints/9")


def test_a_drop_cut_short_leaves_no_torn_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the process dies while files are removed, the checkpoint is not to be seen any more."""
    save(tmp_path, "9")
    monkeypatch.setattr(checkpoints.shutil, "rmtree", lambda *_, **__: None)
    checkpoints.drop(tmp_path, "trials/0001/checkpoints/9")
    assert checkpoints.existing(tmp_path, "0001") == []


def test_sweep_removes_leftovers_only(tmp_path: Path) -> None:
    """Half-written and half-removed checkpoints go, whole ones stay."""
    save(tmp_path, "9")
    save(tmp_path, "27.tmp-ab12")
    save(tmp_path, "3.tmp", trial="0002")
    assert checkpoints.sweep(tmp_path, ["0001"]) == 1
    assert checkpoints.sweep(tmp_path) == 1
    assert checkpoints.existing(tmp_path, "0001") == ["trials/0001/checkpoints/9"]
    assert checkpoints.sweep(tmp_path / "elsewhere") == 0
