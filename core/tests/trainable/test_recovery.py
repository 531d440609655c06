"""Damaged checkpoints: an older one that is whole takes their place."""

import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tunesmith._trainable import checkpoint as checkpoints
from tunesmith._trainable.recovery import damage, start_from
from tunesmith.errors import TrialError
from tunesmith.protocols import Checkpoint


def save(folder: Path, resource: int) -> Checkpoint:
    """Save a checkpoint of two files."""
    place = Checkpoint(
        trial="0001",
        resource=float(resource),
        path=f"trials/0001/checkpoints/{resource:06d}-a1",
        iteration=resource,
        elapsed_s=2.0 * resource,
    )

    def fill(into: str) -> bool:
        Path(into, "inner").mkdir()
        Path(into, "weights").write_bytes(bytes(100))
        Path(into, "inner", "optimiser").write_bytes(bytes(50))
        return True

    saved = checkpoints.write(str(folder), place, {"loss": 0.5}, fill)
    assert saved is not None
    return saved


def test_whole_checkpoint_is_what_is_gone_on_from(tmp_path: Path) -> None:
    """Nothing is said of it, whatever training code has added to its folder since."""
    save(tmp_path, 1)
    wanted = save(tmp_path, 2)
    (tmp_path / wanted.path / "cache").write_bytes(bytes(10))
    start = start_from(str(tmp_path), wanted)
    assert start.checkpoint is wanted
    assert start.note == ""


@pytest.mark.parametrize("name", ["weights", "inner/optimiser", checkpoints.METADATA])
@pytest.mark.parametrize("length", [None, 0, 20])
def test_older_one_takes_the_place_of_a_damaged_one(
    tmp_path: Path, name: str, length: int | None
) -> None:
    """A file that is gone, empty or short is told; counters are those of the older checkpoint."""
    save(tmp_path, 1)
    save(tmp_path, 2)
    wanted = save(tmp_path, 3)
    save(tmp_path, 4)
    file = tmp_path / wanted.path / name
    data = file.read_bytes()
    file.unlink()
    if length is not None:
        file.write_bytes(data[:length])
    start = start_from(str(tmp_path), wanted)
    assert start.checkpoint is not None
    assert (start.checkpoint.resource, start.checkpoint.iteration) == (2.0, 2)
    assert start.checkpoint.elapsed_s == 4.0
    assert start.checkpoint.path == "trials/0001/checkpoints/000002-a1"
    assert start.note.startswith("trials/0001/checkpoints/000003-a1 is damaged (")
    assert start.note.endswith("the trial goes on from trials/0001/checkpoints/000002-a1")


def test_trial_begins_anew_where_all_are_damaged(tmp_path: Path) -> None:
    """What is left of none of them can be gone on from."""
    saved = [save(tmp_path, resource) for resource in (1, 2)]
    for each in saved:
        (tmp_path / each.path / "weights").write_bytes(b"")
    start = start_from(str(tmp_path), saved[-1])
    assert start.checkpoint is None
    assert start.note == (
        "trials/0001/checkpoints/000002-a1 is damaged (100 bytes are missing); "
        "the trial begins anew"
    )


def test_run_folder_that_is_not_seen_is_no_damage(tmp_path: Path) -> None:
    """A trial whose checkpoints are all out of sight does not begin anew unasked."""
    wanted = save(tmp_path, 1)
    shutil.rmtree(tmp_path / "trials")
    with pytest.raises(TrialError, match=r"does not see the run folder\. Use a folder that all"):
        start_from(str(tmp_path), wanted)


@given(cut=st.integers(0, 49))
def test_any_lost_end_is_seen(tmp_path_factory: pytest.TempPathFactory, cut: int) -> None:
    """However little of a file is missing."""
    folder = tmp_path_factory.mktemp("run")
    saved = save(folder, 1)
    assert damage(str(folder / saved.path)) == ""
    file = folder / saved.path / "inner" / "optimiser"
    file.write_bytes(file.read_bytes()[:cut])
    assert damage(str(folder / saved.path)) == f"{50 - cut} bytes are missing"
