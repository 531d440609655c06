"""How far a contest is: a bar on a terminal, now and then a line elsewhere."""

from __future__ import annotations

import sys
from time import monotonic
from typing import Any, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from tunesmith_bench.cell import Outcome

INTERVAL_S = 10.0
"""Seconds between lines where there is no terminal."""


class Progress:
    """Counts finished cells on standard error; errors are told at once."""

    def __init__(self, total: int, todo: int, *, shown: bool) -> None:
        self._total = total
        self._done = total - todo
        self._shown = shown
        self._console = Console(stderr=True, highlight=False)
        self._bar: Bar | None = None
        self._item: Any = None
        self._told_at = monotonic()
        if shown and self._done:
            self._say(f"{self._done} of {total} cells are there already")
        if shown and todo and self._console.is_terminal:
            columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
            self._bar = Bar(*columns, TimeRemainingColumn(), console=self._console)
            self._item = self._bar.add_task("cells", total=total, completed=self._done)

    def __enter__(self) -> Self:
        if self._bar:
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar:
            self._bar.stop()

    def advance(self, outcome: Outcome) -> None:
        """Count a cell."""
        self._done += 1
        cell = outcome.cell
        title = f"{cell.method.name} on {cell.task.name}, seed {cell.seed}"
        if outcome.error and self._shown:
            last = outcome.error.strip().splitlines()[-1]
            self._say(f"{'left out' if outcome.impossible else 'failed'}: {title}: {last}")
        if self._bar:
            self._bar.update(self._item, completed=self._done, description=cell.task.name)
        elif self._shown and (
            self._done == self._total or monotonic() - self._told_at > INTERVAL_S
        ):
            self._told_at = monotonic()
            self._say(f"{self._done}/{self._total} cells; last: {title}")

    def _say(self, text: str) -> None:
        if self._bar:
            self._bar.console.print(text, markup=False)
        else:
            print(text, file=sys.stderr, flush=True)  # noqa: T201
