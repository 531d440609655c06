"""Journals that earlier versions wrote stay readable: one of each format, as SQL.

Run this file as a program to write that of the present format; an older one is never changed.
"""

import contextlib
import json
import sqlite3
import tempfile
from pathlib import Path
from typing import Any

import pytest

import tunesmith as tune
from tunesmith._journal.codec import UnknownEvent
from tunesmith._journal.reader import FILE, Reader
from tunesmith._journal.schema import FORMAT
from tunesmith._run.api import resume

PLACE = Path(__file__).with_name("golden")
FORMATS = sorted(PLACE.glob("format-*.sql"))
SPACE = {"x": tune.uniform(0, 1), "act": tune.choice(["relu", {"name": "selu", "slope": 3}])}


def train(config: dict[str, Any]) -> Any:
    """Report, save, diverge in one trial and fail in another."""
    saved = tune.get_checkpoint()
    for epoch in range(saved.to_dict()["epoch"] if saved else 0, 3):
        if config["x"] > 0.9:
            raise ValueError(f"x={config['x']} is too large")
        loss = float("nan") if config["x"] < 0.1 and epoch else config["x"] / (epoch + 1)
        tune.report({"loss": loss, "note": "ok"}, checkpoint={"epoch": epoch + 1})


def told(folder: Path) -> dict[str, Any]:
    """Return what is read from a run, as JSON has it."""
    results = tune.load(folder)
    trials = [
        {
            "id": trial.id,
            "config": trial.config,
            "status": trial.status,
            "reason": trial.reason,
            "error": (trial.error or "").splitlines()[-1:],
            "history": [{key: repr(row[key]) for key in ("loss", "note")} for row in trial.history],
        }
        for trial in results
    ]
    return {"state": results.state, "best": results.best.id, "trials": trials}


@pytest.fixture(params=FORMATS, ids=lambda path: path.stem)
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The folder of a run that some version wrote."""
    folder = tmp_path / "golden"
    folder.mkdir()
    with contextlib.closing(sqlite3.connect(folder / FILE)) as connection:
        connection.executescript(request.param.read_text(encoding="utf-8"))
    return folder


def test_every_format_has_its_journal() -> None:
    """The present one included."""
    assert [path.stem for path in FORMATS] == [f"format-{n}" for n in range(1, FORMAT + 1)]


def test_what_was_written_is_read(old: Path, request: pytest.FixtureRequest) -> None:
    """Trials, configurations, results, failures and their reasons."""
    name = request.node.callspec.id
    assert told(old) == json.loads((PLACE / f"{name}.json").read_text(encoding="utf-8"))
    with contextlib.closing(Reader(old)) as reader:
        assert not [row for row in reader.rows() if isinstance(row.event, UnknownEvent)]


def test_a_run_of_an_old_version_goes_on(old: Path) -> None:
    """To more trials, with what was decided kept."""
    before = told(old)["trials"]
    results = resume(old, train, num_samples=8, executor="inline", verbose=0)
    assert len(results) == 8
    assert told(old)["trials"][: len(before)] == before


def test_what_a_later_version_adds_does_not_keep_anybody_from_reading(old: Path) -> None:
    """An event, a field, and a plugin that nobody here knows."""
    before = told(old)
    with contextlib.closing(sqlite3.connect(old / FILE)) as connection:
        connection.execute(
            "UPDATE events SET body = json_insert(body, '$.mood', 'fine') WHERE kind = 'Reported'"
        )
        connection.execute(
            "INSERT INTO events (at, kind, trial, body) VALUES (9e9, 'TrialPraised', '0001', '{}')"
        )
        connection.execute(
            "UPDATE experiment SET value = json_set(value, '$.searcher.name', 'oracle')"
            " WHERE key = 'header'"
        )
        connection.commit()
    assert told(old) == before
    assert tune.load(old).header.searcher["name"] == "oracle"


def main() -> None:
    """Write the journal of the present format, and what is to be read from it."""
    with tempfile.TemporaryDirectory() as folder:
        results = tune.run(
            train,
            SPACE,
            metric="loss",
            mode="min",
            num_samples=6,
            executor="inline",
            storage=folder,
            name="golden",
            seed=6,
            verbose=0,
        )
        with contextlib.closing(sqlite3.connect(results.path / FILE)) as connection:
            connection.execute("UPDATE experiment SET value = 'someone' WHERE key = 'writer'")
            connection.execute(
                "UPDATE events SET body = json_set(body, '$.error.traceback',"
                " 'Traceback: ' || json_extract(body, '$.error.message'))"
                " WHERE json_extract(body, '$.error.traceback') IS NOT NULL"
            )
            connection.commit()
            text = "\n".join([*connection.iterdump(), f"PRAGMA user_version = {FORMAT};", ""])
        PLACE.joinpath(f"format-{FORMAT}.sql").write_text(text, encoding="utf-8")
        found = json.dumps(told(results.path), indent=1, sort_keys=True) + "\n"
        PLACE.joinpath(f"format-{FORMAT}.json").write_text(found, encoding="utf-8")


if __name__ == "__main__":
    main()
