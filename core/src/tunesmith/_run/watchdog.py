"""Notices when nothing happens any more, and writes down what the run waits for."""

from __future__ import annotations

import faulthandler
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from time import monotonic

from tunesmith._engine.engine import Engine

NAME = "watchdog.txt"


def describe(engine: Engine) -> str:
    """Return what there is to wait for: counts, and who holds a slot and what happened to it."""
    counts = ", ".join(f"{number} {status}" for status, number in engine.counts().items())
    lines = [counts]
    for trial in map(engine.trial, engine.view.running):
        last = "; ".join(engine.story(trial.id)[-3:])
        lines.append(f"trial {trial.id}, attempt {trial.attempt}: {last}")
    return "\n".join(lines)


class Watchdog:
    """Reports, from a thread of its own, after each `limit_s` seconds without news.

    A report is what the engine waits for and where each thread of this process is; it is added to
    `watchdog.txt` in the run's folder, and `warn` is told of it, once for each silence.
    """

    def __init__(
        self,
        folder: Path,
        limit_s: float | None,
        engine: Engine,
        warn: Callable[[str], None],
    ) -> None:
        self._path = folder / NAME
        self._engine = engine
        self._warn = warn
        self._heard_at = monotonic()
        self._has_warned = False
        self._closed = threading.Event()
        self._thread = threading.Thread(
            target=self._watch, args=(limit_s,), name="tunesmith-watchdog", daemon=True
        )
        if limit_s is not None:
            self._thread.start()

    def heard(self) -> None:
        """Something has happened."""
        self._heard_at = monotonic()

    def close(self) -> None:
        """Stop watching."""
        self._closed.set()
        if self._thread.is_alive():
            self._thread.join()

    def _watch(self, limit_s: float) -> None:
        told_at = self._heard_at
        while True:
            told_at = max(told_at, self._heard_at)
            if self._closed.wait(told_at + limit_s - monotonic()):
                return
            if self._heard_at > told_at:
                self._has_warned = False
            else:
                told_at = monotonic()
                self._report(limit_s)

    def _report(self, limit_s: float) -> None:
        try:
            with open(self._path, "a", encoding="utf-8") as file:
                now = datetime.now().isoformat(" ", timespec="seconds")  # noqa: DTZ005 (for people)
                file.write(f"{now}: no news for {limit_s:g} s\n{describe(self._engine)}\n")
                file.flush()
                faulthandler.dump_traceback(file, all_threads=True)
                file.write("\n")
        except (OSError, RuntimeError):
            return  # a full disk; or what it looked at changed, so there are news
        if not self._has_warned:
            self._has_warned = True
            self._warn(
                f"nothing has happened for {limit_s:g} s; what the run waits for is in {self._path}"
            )
