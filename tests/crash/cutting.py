"""Runs that are cut off, anywhere, and what has to be the same of them afterwards."""

import shutil
import sqlite3
from pathlib import Path
from typing import Any

import tunesmith as tune
from tunesmith._journal.log import Journal

SPACE = {
    "x": tune.uniform(-1, 1),
    "kind": tune.choice([{"name": "a", "y": tune.randint(0, 9)}, {"name": "b"}]),
}
ASHA = {"name": "asha", "max_resource": 9}
SIMULATED = {"name": "simulated", "workers": 3, "time_metric": "seconds"}


def curve(config):
    """Report a learning curve, with the seconds it would take."""
    pace = 1 + config["kind"].get("y", 3)
    for epoch in range(1, 10):
        yield {"loss": config["x"] ** 2 + 1 / epoch, "seconds": pace * epoch}


class Stateful:
    """The same curve as a class that can be saved."""

    def setup(self, config):
        self.config, self.epoch = config, 0

    def step(self):
        self.epoch += 1
        pace = 1 + self.config["kind"].get("y", 3)
        loss = self.config["x"] ** 2 + 1 / self.epoch
        return {"loss": loss, "seconds": pace * self.epoch, "training_iteration": self.epoch}

    def save_checkpoint(self, directory):
        Path(directory, "epoch").write_text(str(self.epoch), encoding="utf-8")

    def load_checkpoint(self, directory):
        self.epoch = int(Path(directory, "epoch").read_text(encoding="utf-8"))


class Witness:
    """Keeps a copy of the run folder after every transaction, before anything else is done."""

    def __init__(self, place: Path, monkeypatch: Any) -> None:
        self.place = place
        self.ends: list[int] = []
        append = Journal.append

        def copying(journal: Journal, *args: Any, **options: Any) -> None:
            append(journal, *args, **options)
            self.ends.append(journal.last)
            shutil.copytree(journal.folder, place / str(journal.last), dirs_exist_ok=True)

        monkeypatch.setattr(Journal, "append", copying)
        self.stop = monkeypatch.undo

    def cut_after(self, number: int) -> Path:
        """Return a folder as it was when the event was written, without what came after it."""
        written = next(end for end in self.ends if end >= number)
        return cut_after(self.place / str(written), number, self.place / f"cut-{number}")


class Copier:
    """Keeps a copy of the run folder as it was at every event that callbacks hear of."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.copies = 0

    def on_experiment_start(self, experiment: Any) -> None:
        self.source = Path(experiment.storage, experiment.name)

    def _copy(self, *_: Any) -> None:
        shutil.copytree(self.source, self.place / f"{self.copies:04d}")
        self.copies += 1

    on_trial_start = on_result = on_checkpoint = on_trial_end = _copy


def story(results: tune.Results, *, with_times: bool) -> list[Any]:
    """Return all that must not differ: trials, configurations, results, ends and their reasons."""
    left_out = () if with_times else ("timestamp", "time_total_s")
    return [
        (
            trial.id,
            trial.config,
            trial.status,
            trial.reason,
            [{k: v for k, v in row.items() if k not in left_out} for row in trial.history],
        )
        for trial in results.trials
    ]


def run(tmp_path: Path, name: str, **options: Any) -> tune.Results:
    """Run a small experiment of which `options` say the rest."""
    return tune.run(
        options.pop("trainable", curve),
        SPACE,
        metric="loss",
        mode="min",
        num_samples=options.pop("num_samples", 8),
        seed=5,
        storage=tmp_path,
        name=name,
        verbose=0,
        **options,
    )


def cut_after(folder: Path, number: int, target: Path) -> Path:
    """Copy a run folder and take all events after `number` from its journal."""
    shutil.copytree(folder, target)
    with sqlite3.connect(target / "experiment.sqlite") as connection:
        connection.execute("DELETE FROM events WHERE seq > ?", (number,))
    connection.close()
    return target


def last_event(folder: Path) -> int:
    """Return the number of the newest event."""
    with sqlite3.connect(folder / "experiment.sqlite") as connection:
        number: int = connection.execute("SELECT max(seq) FROM events").fetchone()[0]
    connection.close()
    return number


def cut_everywhere(whole: tune.Results, tmp_path: Path, *, with_times: bool, step: int) -> None:
    """Cut the journal of a whole run after every `step`th event, resume, and compare."""
    expected = story(whole, with_times=with_times)
    last = last_event(tmp_path / "whole")
    assert last > step
    for number in range(1, last, step):
        folder = cut_after(tmp_path / "whole", number, tmp_path / f"cut-{number}")
        results = tune.resume(folder, curve, verbose=0)
        assert story(results, with_times=with_times) == expected, f"cut after event {number}"
