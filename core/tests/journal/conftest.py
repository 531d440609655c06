"""An experiment's header and journals that are closed at the end of a test."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from tunesmith._journal.header import Header
from tunesmith._journal.log import Journal
from tunesmith.protocols import Objective

HEADER = Header(
    name="digits",
    trainable="package.module:train",
    importable=True,
    space={"lr": {"loguniform": [1e-4, 0.1]}},
    objectives=(Objective("loss", "min"),),
    searcher={"name": "random"},
    scheduler={"name": "asha", "max_resource": 27},
    executor={"name": "inline"},
    num_samples=4,
    seed=7,
    created_at=1e9,
    version="0.1.0",
)


@pytest.fixture
def header() -> Header:
    return HEADER


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[..., Journal]]:
    """Make a journal in a new folder; options replace fields of the header."""
    made: list[Journal] = []

    def new(name: str = "run", **changes: object) -> Journal:
        header = msgspec.structs.replace(HEADER, **changes)
        made.append(Journal.create(tmp_path / name, header))
        return made[-1]

    yield new
    for journal in made:
        journal.close()


@pytest.fixture
def read_only(tmp_path: Path) -> Iterator[Callable[[Path], None]]:
    """Make a folder read-only, and the test a user who has to respect that."""
    user = os.geteuid()
    parents = [parent for parent in (tmp_path, *tmp_path.parents) if parent.stat().st_uid == user]
    modes = {parent: parent.stat().st_mode for parent in parents}

    def protect(folder: Path) -> None:
        if user == 0:
            for parent in parents:
                parent.chmod(modes[parent] | 0o055)
        for path in (folder, *folder.rglob("*")):
            path.chmod(0o555 if path.is_dir() else 0o444)
        if user == 0:
            os.seteuid(65534)

    yield protect
    os.seteuid(user)
    for path in tmp_path.rglob("*"):
        path.chmod(0o755)
    for parent, mode in modes.items():
        parent.chmod(mode)
