"""Journals of which a part is missing: what is left is a whole beginning, or is refused."""

import contextlib
import random
import shutil

import pytest
from crash.cutting import ASHA, Copier, curve, run, story

import tunesmith as tune
from tunesmith._journal.reader import FILE, Reader

CUTS = 24


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A finished run, its folder as it was in the middle and at the end, and its story."""
    place = tmp_path_factory.mktemp("whole")
    copier = Copier(place / "copies")
    results = run(
        place,
        "whole",
        executor="inline",
        searcher="random",
        scheduler=ASHA,
        num_samples=12,
        callbacks=[copier],
    )
    told = story(results, with_times=False)
    results.close()
    live = sorted(copier.place.iterdir())
    return place / "whole", live[-1], told


def events(folder):
    """Return all that the journal holds; None if it is refused, with its name and in our words."""
    try:
        with contextlib.closing(Reader(folder)) as reader:
            found = list(reader.raw())
        with contextlib.closing(tune.load(folder)) as results:
            assert results.summary()
            story(results, with_times=False)
    except tune.UsageError as error:
        assert_clear(error, folder)
        return None
    return found


def assert_clear(error, folder):
    """The error names the file or its folder, and what can be done."""
    assert str(folder) in str(error)
    assert ";" in str(error)


def cut(source, target, name, size):
    """Copy a run, and take all but the first `size` bytes of one of its files away."""
    shutil.copytree(source, target)
    (target / f"{FILE}-shm").unlink(missing_ok=True)  # no process has it open any more
    with (target / name).open("r+b") as file:
        file.truncate(size)
    return target


def judge(folder, known, told):
    """Return how many events are left, after the run was resumed to its one and only end."""
    left = events(folder)
    if left is None:
        with pytest.raises(tune.UsageError) as caught:
            tune.resume(folder, curve, verbose=0)
        assert_clear(caught.value, folder)
        return None
    assert left == known[: len(left)]
    try:
        results = tune.resume(folder, curve, verbose=0)
    except tune.UsageError as error:
        assert_clear(error, folder)
        return None
    assert story(results, with_times=False) == told
    results.close()
    return len(left)


def test_a_log_may_end_anywhere(tmp_path, whole):
    """Cut off at any byte, the write-ahead log still holds whole transactions, and that is all."""
    _, live, told = whole
    size, known = (live / f"{FILE}-wal").stat().st_size, events(live)
    rng = random.Random(1)
    sizes = sorted({0, 1, 31, 32, 33, size - 1, *(rng.randrange(size) for _ in range(CUTS))})
    lengths = []
    for number, at in enumerate(sizes):
        folder = cut(live, tmp_path / str(number), f"{FILE}-wal", at)
        lengths.append(judge(folder, known, told))
    assert None not in lengths
    assert lengths == sorted(lengths)
    assert len(set(lengths)) > CUTS // 2


@pytest.mark.parametrize("stage", ["killed", "finished"])
def test_a_journal_may_not(tmp_path, whole, stage):
    """Cut off in a page or between two, the file itself is refused by name, or nothing is amiss."""
    finished, live, told = whole
    source = live if stage == "killed" else finished
    size, known = (source / FILE).stat().st_size, events(source)
    rng = random.Random(2)
    pages = range(4096, size, max(1, size // 4096 // 6) * 4096)
    sizes = {0, 1, 99, 100, 4095, size - 1, *pages, *(rng.randrange(size) for _ in range(CUTS))}
    refused = 0
    for number, at in enumerate(sorted(sizes)):
        folder = cut(source, tmp_path / str(number), FILE, at)
        refused += judge(folder, known, told) is None
    assert refused > len(sizes) // 2
