"""Training code of every form, small and predictable: for tests, importable in any worker."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tunesmith._trainable import reporting as tune
from tunesmith.protocols.trial import Config

Metrics = dict[str, Any]


def returns_number(config: Config) -> float:
    """Return config["x"], default 1."""
    return float(config.get("x", 1.0))


def returns_dict(config: Config) -> Metrics:
    """Return the whole config below "config"."""
    return {"loss": 1.0, "config": dict(config)}


def yields(config: Config) -> Iterator[Metrics]:
    """Yield as many reports as config["steps"] says, default 5."""
    for step in range(config.get("steps", 5)):
        yield {"loss": 1.0 / (step + 1)}


def reports(config: Config) -> None:
    """Report as many times as config["steps"] says, default 5."""
    for step in range(config.get("steps", 5)):
        tune.report({"loss": 1.0 / (step + 1)})


def yields_checkpoints(config: Config) -> Iterator[tune.Report]:
    """Yield reports up to config["steps"], each with a dict as checkpoint; continue from one."""
    found = tune.get_checkpoint()
    first = found.to_dict()["step"] + 1 if found else 1
    for step in range(first, config.get("steps", 5) + 1):
        yield tune.Report({"loss": 1.0 / step, "step": step}, checkpoint={"step": step})


def reports_checkpoints(config: Config) -> None:
    """Do the same as `yields_checkpoints` by calls, with directories."""
    found = tune.get_checkpoint()
    first = json.loads((found / "step.json").read_text()) + 1 if found else 1
    for step in range(first, config.get("steps", 5) + 1):
        folder = tune.get_context().scratch()
        (folder / "step.json").write_text(json.dumps(step))
        tune.report({"loss": 1.0 / step, "step": step}, checkpoint=folder)


def runs_until_stopped(_config: Config) -> None:
    """Report without end; leave the file "unwound" in the trial's folder when unwound."""
    try:
        while True:
            tune.report({"loss": 1.0})
    finally:
        (tune.get_context().folder / "unwound").touch()


def yields_until_stopped(_config: Config) -> Iterator[Metrics]:
    """Do the same as a generator."""
    try:
        while True:
            yield {"loss": 1.0}
    finally:
        (tune.get_context().folder / "unwound").touch()


def fails(_config: Config) -> Iterator[Metrics]:
    """Report once, then divide by zero."""
    yield {"loss": 1.0}
    fails_here()


def fails_here() -> float:
    """Divide by zero."""
    zero = 0
    return 1 / zero


def says_nothing(_config: Config) -> None:
    """Return without any report."""


def exits(_config: Config) -> None:
    """Call for the end of the interpreter."""
    raise SystemExit(3)


def dies(_config: Config) -> None:
    """End the process on the spot."""
    os._exit(17)


def prints(config: Config) -> Metrics:
    """Print config["text"]."""
    print(config["text"])  # noqa: T201 (it is what this is for)
    return {"loss": 1.0}


def adds(config: Config, data: list[float]) -> float:
    """Return the sum of a bound parameter and config["x"]."""
    return sum(data) + float(config["x"])


def reports_from_thread(config: Config) -> None:
    """Report from a thread that the training code started."""
    thread = threading.Thread(target=reports, args=(config,))
    thread.start()
    thread.join()


class Counts:
    """Counts its steps up to config["steps"] (default 5), and can be saved and loaded."""

    def setup(self, config: Config) -> None:
        """Start at zero."""
        self.count = 0
        self.limit = config.get("steps", 5)

    def step(self) -> Metrics | None:
        """Count one on; None at the limit."""
        if self.count >= self.limit:
            return None
        self.count += 1
        return {"loss": 1.0 / self.count, "count": self.count}

    def save_checkpoint(self, directory: str) -> None:
        """Write the count."""
        Path(directory, "count.json").write_text(json.dumps(self.count))

    def load_checkpoint(self, directory: str) -> None:
        """Read the count."""
        self.count = json.loads(Path(directory, "count.json").read_text())
