"""A contest: all cells of a suite, run in parallel, kept as they finish, and summed up.

Every finished cell is a file named after its definition: whoever starts the contest again runs
only what is new or changed.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from pathlib import Path

import msgspec

from tunesmith.errors import TrialError, UsageError
from tunesmith_bench.cell import Cell, Outcome, perform
from tunesmith_bench.data import Data, choose_folder
from tunesmith_bench.field import assemble
from tunesmith_bench.progress import Progress
from tunesmith_bench.suite import Suite

AHEAD = 2
"""Cells handed out beyond the number of processes, so that none waits."""


class Contest(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a suite: an outcome for each cell, and what was left out."""

    suite: Suite
    folder: Path
    outcomes: list[Outcome]
    left_out: list[str]

    @property
    def failures(self) -> list[Outcome]:
        """The cells that should have run and did not."""
        return [one for one in self.outcomes if one.error and not one.impossible]

    @property
    def impossible(self) -> list[Outcome]:
        """The cells whose method cannot take their task."""
        return [one for one in self.outcomes if one.impossible]

    @property
    def baseline(self) -> str:
        """The method that the others are tested against."""
        return self.suite.baseline or self.outcomes[0].cell.method.name


def hold(
    suite: Suite,
    *,
    output: str | None = None,
    data: str | None = None,
    jobs: int | None = None,
    fresh: bool = False,
    progress: bool = True,
) -> Contest:
    """Run what is not there yet of a suite, and return all of it.

    Args:
        suite: What is compared.
        output: Folder for cells and results; by default the suite's, or bench/<name>.
        data: Folder of recorded data; by default the environment's, or the suite's.
        jobs: Processes; by default one for each core. With 1, cells run in this process.
        fresh: Run every cell again.
        progress: Show, on standard error, how far it is.

    Raises:
        UsageError: the suite cannot be run as it is.
        PluginError: a method's plugin is missing or broken.
    """
    jobs = os.cpu_count() or 1 if jobs is None else jobs
    if jobs < 1:
        raise UsageError(f"jobs={jobs!r}: expected the number of processes, from 1 on")
    place = choose_folder(data, suite.data)
    if place and not Path(place).is_dir():
        raise UsageError(f"there is no data folder {place!r}; name the one that holds the tables")
    field = assemble(suite, Data(place))
    folder = Path(output or suite.output or Path("bench", suite.name))
    store = Store(folder)
    known = {} if fresh else {cell.digest: store.get(cell) for cell in field.cells}
    todo = [cell for cell in field.cells if known.get(cell.digest) is None]
    with Progress(len(field.cells), len(todo), shown=progress) as display:
        for outcome in _performed(todo, place, jobs):
            store.put(outcome)
            known[outcome.cell.digest] = outcome
            display.advance(outcome)
    outcomes = [
        # The file may know the method by another name.
        msgspec.structs.replace(found, cell=cell)
        for cell in field.cells
        if (found := known.get(cell.digest)) is not None
    ]
    return Contest(suite=suite, folder=folder, outcomes=outcomes, left_out=field.left_out)


class Store:
    """The files of finished cells."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "cells"
        self._folder.mkdir(parents=True, exist_ok=True)
        ignore = folder / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n", encoding="utf-8")

    def get(self, cell: Cell) -> Outcome | None:
        """Return what came of a cell; None if it has not run, or cannot be read."""
        try:
            return msgspec.json.decode(self._path(cell).read_bytes(), type=Outcome)
        except (FileNotFoundError, msgspec.MsgspecError):
            return None

    def put(self, outcome: Outcome) -> None:
        """Keep a cell that succeeded; a failed one is run again next time."""
        if outcome.error:
            return
        path = self._path(outcome.cell)
        torn = path.with_suffix(".tmp")
        torn.write_bytes(msgspec.json.encode(outcome))
        torn.replace(path)

    def _path(self, cell: Cell) -> Path:
        return self._folder / f"{cell.digest}.json"


def _performed(cells: Sequence[Cell], folder: str, jobs: int) -> Iterator[Outcome]:
    """Run cells and yield what came of each, in the order in which they finish."""
    if jobs == 1 or len(cells) <= 1:
        for cell in cells:
            yield perform(cell, folder)
        return
    context = multiprocessing.get_context("spawn")
    path = [os.getcwd(), *sys.path]
    pool = ProcessPoolExecutor(
        min(jobs, len(cells)), mp_context=context, initializer=_prepare, initargs=(path,)
    )
    waiting = iter(cells)
    running: set[Future[Outcome]] = set()
    with contextlib.ExitStack() as stack:
        # What is handed out already is dropped on Ctrl-C; finished cells are on disk.
        stack.callback(pool.shutdown, wait=True, cancel_futures=True)
        while True:
            for cell in islice(waiting, jobs + AHEAD - len(running)):
                running.add(pool.submit(perform, cell, folder))
            if not running:
                return
            done, running = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                yield _result(future)


def _result(future: Future[Outcome]) -> Outcome:
    try:
        return future.result()
    except BrokenProcessPool as error:
        raise TrialError(
            "a process that ran cells died, perhaps for want of memory; finished cells are kept: "
            "start again, with fewer --jobs if it happens again"
        ) from error


def _prepare(path: list[str]) -> None:
    """Make a fresh process find what its parent finds."""
    sys.path[:] = list(dict.fromkeys(path))
