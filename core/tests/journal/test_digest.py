"""What is kept of a run that ended makes its next reading quick, and changes nothing."""

import contextlib
import itertools
import shutil
import sqlite3
import zlib
from pathlib import Path

import msgspec
import pytest

import tunesmith as tune
from tunesmith._journal import digest
from tunesmith._journal.archive import Archive
from tunesmith._journal.index import Index
from tunesmith._journal.reader import FILE, Reader


@pytest.fixture(autouse=True)
def eager(monkeypatch):
    """Keep a digest of every run."""
    monkeypatch.setattr(digest, "WORTH", 0)


def curve(config):
    """Diverge, fail, or learn."""
    for epoch in itertools.count(1):
        if config["x"] > 0.9 and epoch == 2:
            raise ValueError("x is too large")
        loss = float("nan") if config["x"] > 0.8 else config["x"] + 1 / epoch
        yield {"loss": loss, "size": -config["x"], "elapsed_s": epoch * (1 + config["x"])}


def run(folder: Path, metric="loss", mode="min") -> Path:
    """Run two dozen trials; return the run's folder."""
    return tune.run(
        curve,
        {"x": tune.uniform(0, 1)},
        metric=metric,
        mode=mode,
        scheduler={"name": "asha", "max_resource": 9, "mode": "promotion"},
        num_samples=24,
        seed=2,
        executor={"name": "simulated", "workers": 3},
        storage=folder,
        name="run",
        verbose=0,
    ).path


def folded(folder: Path) -> Index:
    """Return the index that comes of all events."""
    with contextlib.closing(Reader(folder)) as reader:
        index = Index(reader.header.objectives)
        index.feed(reader.raw())
    return index


def kept(folder: Path) -> int:
    """Return how many digests the run has."""
    with contextlib.closing(sqlite3.connect(folder / FILE)) as shell:
        tables = shell.execute("SELECT count(*) FROM sqlite_master WHERE name = 'digest'")
        return tables.fetchone()[0] and shell.execute("SELECT count(*) FROM digest").fetchone()[0]


@pytest.mark.parametrize("metric", ["loss", ["loss", "size"]])
def test_a_digest_is_what_the_events_come_to(tmp_path, metric, monkeypatch):
    """Read from its digest, a run stands as it does when all its events are folded."""
    folder = run(tmp_path, metric, "min" if metric == "loss" else ["min", "max"])
    assert kept(folder) == 1
    expected = folded(folder).standing
    monkeypatch.setattr(Index, "feed", lambda _, rows: [None for _ in rows] and pytest.fail("fed"))
    assert msgspec.json.encode(Archive(folder).index.standing) == msgspec.json.encode(expected)


def test_a_run_that_goes_on_is_read_anew(tmp_path):
    """A resume drops the digest, and its end keeps another one."""
    folder = run(tmp_path)
    cut = shutil.copytree(folder, tmp_path / "cut")
    with contextlib.closing(sqlite3.connect(cut / FILE)) as shell:
        shell.execute("DELETE FROM events WHERE seq > 60")
        shell.commit()
    assert len(tune.load(cut)) < 24
    results = tune.resume(cut, curve, num_samples=30, verbose=0)
    assert len(results) == len(tune.load(cut)) == 30
    assert msgspec.json.encode(folded(cut).standing) == msgspec.json.encode(
        Archive(cut).index.standing
    )


@pytest.mark.parametrize("body", [b"", "text", zlib.compress(b"{}"), zlib.compress(b"[1]")])
def test_a_digest_that_cannot_be_read_is_as_good_as_none(tmp_path, body):
    """Damaged, it is passed over."""
    folder = run(tmp_path)
    with contextlib.closing(sqlite3.connect(folder / FILE)) as shell:
        shell.execute("UPDATE digest SET body = ?", (body,))
        shell.commit()
    assert len(tune.load(folder)) == 24


def test_a_short_run_has_none(tmp_path, monkeypatch):
    """Where folding takes no time, nothing is kept."""
    monkeypatch.setattr(digest, "WORTH", 100_000)
    assert kept(run(tmp_path)) == 0


def test_a_read_only_run_is_read_all_the_same(tmp_path):
    """Reading never writes, and needs no digest."""
    folder = run(tmp_path)
    with contextlib.closing(sqlite3.connect(folder / FILE)) as shell:
        shell.execute("DROP TABLE digest")
        shell.commit()
    before = (folder / FILE).read_bytes()
    assert len(tune.load(folder)) == 24
    assert (folder / FILE).read_bytes() == before
    assert kept(folder) == 0
