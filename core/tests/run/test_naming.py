"""Names and folders of runs."""

import errno
import functools
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

import tunesmith as tune
from tunesmith._run.naming import LONGEST, check_name, default_name, make_folder
from tunesmith._trainable.parameters import with_parameters
from tunesmith.errors import UsageError

SPACE = {"x": tune.uniform(0, 1)}
NOW = datetime(2026, 11, 21, 8, 30, 5)  # noqa: DTZ001 (people read local time)


def train(config: dict[str, Any]) -> float:
    return 0.0


class Net:
    def __call__(self, config: dict[str, Any]) -> float:
        return 0.0


@pytest.mark.parametrize(
    ("trainable", "name"),
    [
        (train, "train-20261121-083005"),
        (Net, "Net-20261121-083005"),
        (Net(), "Net-20261121-083005"),
        (functools.partial(train, 1), "train-20261121-083005"),
        (with_parameters(train, data=[1]), "train-20261121-083005"),
        (lambda config: 0, "lambda-20261121-083005"),
        ("pkg.mod:Deep.train", "train-20261121-083005"),
    ],
)
def test_default_name_tells_what_and_when(trainable: Any, name: str) -> None:
    """Whatever form training code has, its run has a name that people recognise."""
    assert default_name(trainable, NOW) == name


@pytest.mark.parametrize("name", ["😀" * 64, "é" * 64, "漢" * 64])
def test_a_name_fits_in_bytes_too(name: str, tmp_path: Path) -> None:
    """File systems count bytes: a name is refused that would not fit, and one offered that does."""
    if len(name.encode()) > 200:
        with pytest.raises(UsageError, match="bytes, at most 200 fit") as caught:
            check_name(name)
        name = str(caught.value).split("write name='")[1].split("'")[0]
    check_name(name)
    assert make_folder(tmp_path, name).is_dir()


@pytest.mark.parametrize("name", ["x" * 100, ".hidden", "a:b", "😀" * 60])
def test_a_run_goes_on_wherever_it_was_moved(name: str, tmp_path: Path) -> None:
    """A folder may be called what no new run is called."""
    options: dict[str, Any] = {"metric": "loss", "mode": "min", "executor": "inline", "verbose": 0}
    results = tune.run(train, SPACE, num_samples=1, storage=tmp_path, **options)
    results.close()
    moved = results.path.rename(tmp_path / name)
    assert tune.resume(moved, train, num_samples=2, verbose=0).counts == {"completed": 2}


def test_default_names_are_legal() -> None:
    """A long or odd name of training code still makes a portable name of a folder."""
    for text in ("x" * 300, "été:_" * 20, "a b/c"):
        check_name(default_name(text, NOW))
        assert len(default_name(text, NOW)) <= LONGEST


@pytest.mark.parametrize(
    "name", ["a/b", "a\\b", "..", ".hidden", "a.", " a", "a:b", "nul.txt", "a\n", "a\ud800"]
)
def test_names_that_break_somewhere_are_refused(name: str) -> None:
    """A name is refused on every system if it fails on one; what is offered instead is legal."""
    with pytest.raises(UsageError) as caught:
        check_name(name)
    offered = str(caught.value).split("write name='")[1].split("'")[0]
    check_name(offered)


def test_folder_is_made_below_storage(tmp_path: Path) -> None:
    """Missing folders on the way are made, and the path is absolute."""
    folder = make_folder(tmp_path / "a" / "b", "run")
    assert folder == tmp_path / "a" / "b" / "run"
    assert folder.is_dir()


def test_storage_is_relative_to_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A later change of directory does not move a run."""
    monkeypatch.chdir(tmp_path)
    assert make_folder("runs", "run") == tmp_path / "runs" / "run"


def test_home_is_expanded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`~` means what it means in a shell."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert make_folder("~/runs", "run") == tmp_path / "runs" / "run"


def test_a_name_nobody_chose_is_made_unique(tmp_path: Path) -> None:
    """Two runs begun in the same second do not meet."""
    names = [make_folder(tmp_path, "run", unique=True).name for _ in range(3)]
    assert names == ["run", "run-2", "run-3"]


def test_an_existing_run_is_never_overwritten(tmp_path: Path) -> None:
    """The message tells how to continue the run, or to begin another."""
    (make_folder(tmp_path, "run") / "experiment.sqlite").touch()
    with pytest.raises(UsageError) as caught:
        make_folder(tmp_path, "run")
    assert str(caught.value) == (
        f"run 'run' exists already in {str(tmp_path)!r}\n"
        f"continue it with tune.resume({str(tmp_path / 'run')!r}), or give this one another name="
    )


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    """Other people's files are not mixed with a run's."""
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "thesis.tex").touch()
    with pytest.raises(UsageError, match="exists and is no run; give another name="):
        make_folder(tmp_path, "run")


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    """What a run left that was killed before its first event does not block the name."""
    assert make_folder(tmp_path, "run") == make_folder(tmp_path, "run")


def test_storage_below_a_file_is_refused(tmp_path: Path) -> None:
    """A file cannot hold runs."""
    (tmp_path / "file").touch()
    for storage in (tmp_path / "file", tmp_path / "file" / "deeper"):
        with pytest.raises(UsageError, match="is a file or lies below one; give a folder"):
            make_folder(storage, "run")


def test_read_only_storage_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Storage is tried by writing, before anything is trained (root may write anywhere: faked)."""

    def refuse(**_: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr("tempfile.TemporaryFile", refuse)
    with pytest.raises(UsageError) as caught:
        make_folder(tmp_path, "run")
    assert str(caught.value) == (
        f"storage={str(tmp_path)!r} is not writable (Read-only file system); "
        "give a folder you may write to, such as storage='~/runs'"
    )
