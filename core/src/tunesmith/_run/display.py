"""Progress for people: one live table on a terminal, few plain lines elsewhere.

Called after every event, it must cost next to nothing: events change the board, and the board is
shown when it is time to.
"""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Callable, Mapping
from typing import TextIO

import msgspec

from tunesmith._run.board import Board, Facts
from tunesmith._run.summary import summarise
from tunesmith._run.terminal import LiveTable
from tunesmith._run.wording import amount, duration, leader, parameters, scores, tally, trials
from tunesmith.protocols import Checkpoint, ErrorInfo, Result, TrialStatus, TrialView
from tunesmith.protocols.events import RunEnded

FRAME_S = 0.25
"""Between two drawings of the table."""

NEWS_S = 1.0
"""Between a plain line and one that tells of an improvement, at the start of a run."""

QUIET_S = 5.0
"""Between plain lines at the start of a run.

Both grow with its length, so that the number of lines grows with the length's logarithm only.
"""


class Display:
    """Shows a run: nothing (`verbose=0`), its state (1), or every change of a trial (2).

    State is a live table if `stream` is a terminal and `live` is set, else plain lines. `clock` is
    the executor's; `frames` is a real clock that paces the output.
    """

    def __init__(
        self,
        facts: Facts,
        *,
        verbose: int = 1,
        stream: TextIO | None = None,
        live: bool = True,
        clock: Callable[[], float] = time.monotonic,
        frames: Callable[[], float] = time.monotonic,
    ) -> None:
        self.board = Board(facts)
        self._stream = stream if stream is not None else sys.stdout
        # Without a console, as under pythonw, there is no standard output.
        self._verbose = verbose if self._stream is not None else 0
        self._live = live and verbose == 1 and _is_terminal(self._stream)
        self._clock = clock
        self._frames = frames
        self._table: LiveTable | None = None
        self._began = frames()
        self._due = self._began
        self._due_news = self._began
        self._has_news = False

    # Events ---------------------------------------------------------------------------------------

    def on_experiment_start(self, experiment: object = None) -> None:
        """Say what begins."""
        del experiment
        facts = self.board.facts
        self._refresh_time()
        if self._live:
            self._table = LiveTable(self.board, self._stream)
        elif self._verbose:
            planned = trials(facts.num_samples) if facts.num_samples else "trials until stopped"
            self._write(
                f"{planned}, {facts.searcher} with {facts.scheduler} on {facts.executor}, "
                f"in {facts.path}"
            )
        self._due = self._frames() + (FRAME_S if self._live else QUIET_S)

    def on_trial_start(self, trial: TrialView) -> None:
        """A trial runs, be it again."""
        self.board.start(trial)
        if self._verbose == 2:
            again = " again" if trial.attempt > 1 else ""
            self._line(f"trial {trial.id} starts{again}: {parameters(trial.config)}")
        self._show()

    def on_result(self, trial: TrialView, result: Result) -> None:
        """A trial reported."""
        self._has_news |= self.board.report(trial, result)
        self._show()

    def on_checkpoint(self, trial: TrialView, checkpoint: Checkpoint) -> None:
        """A checkpoint is nothing to show."""

    def on_trial_pause(self, trial: TrialView) -> None:
        """A trial gave its slot back."""
        self.board.pause(trial)
        if self._verbose == 2:
            self._line(f"trial {trial.id} {self._state(trial, 'paused')}")
        self._show()

    def on_trial_end(self, trial: TrialView, error: ErrorInfo | None = None) -> None:
        """A trial is over; the first failure of its kind is told at once."""
        is_new = self.board.end(trial, error)
        what = f": {error.type}: {error.message}".splitlines()[0] if error else ""
        if self._verbose == 2:
            self._line(f"trial {trial.id} {self._state(trial, trial.status)}{what}")
        elif self._verbose and is_new and len(self.board.errors) <= 5:
            self._line(f"trial {trial.id} failed{what}")
        self._show()

    def recall(self, trial: TrialView, error: ErrorInfo | None = None) -> None:
        """Count a trial of the run's earlier part, before a resumed run begins."""
        self.board.recall(trial, error)

    def tick(self, counts: Mapping[TrialStatus, int]) -> None:
        """Time has passed; `counts` says how many trials there are by status."""
        self.board.tick(self._clock(), counts)
        self._show()

    def aim(self, num_samples: int | None, time_budget_s: float | None) -> None:
        """The run is now to have so many trials, and may take so long."""
        self.board.facts = msgspec.structs.replace(
            self.board.facts, num_samples=num_samples, time_budget_s=time_budget_s
        )

    def say(self, text: str) -> None:
        """Tell something about the run; safe in a signal handler."""
        if self._verbose:
            self._write(text)

    def warn(self, text: str) -> None:
        """Tell of something wrong that does not end the run; `verbose=0` leaves it to `logging`."""
        if self._verbose:
            self._write(f"warning: {text}")
        else:
            logging.getLogger("tunesmith").warning(text)

    def on_experiment_end(self, ended: RunEnded) -> None:
        """Remove the table and say what came of it all."""
        self.close()
        if self._verbose:
            self._refresh_time()
            self._write(summarise(self.board, ended))

    def close(self) -> None:
        """Remove the table; may be called again."""
        table, self._table = self._table, None
        if table is not None:
            self._safely(table.close)

    # Output ---------------------------------------------------------------------------------------

    def _show(self) -> None:
        if not self._verbose:
            return
        now = self._frames()
        if self._table is not None:
            if now >= self._due:
                self._refresh_time()
                self._safely(self._table.refresh)
                # Counted from the end of a drawing: a slow terminal slows the drawing, not the run.
                self._due = self._frames() + FRAME_S
        elif now >= self._due or (self._has_news and now >= self._due_news):
            self._refresh_time()
            self._line(self._progress())
            self._has_news = False
            age = now - self._began
            self._due = now + max(QUIET_S, age / 10)
            self._due_news = now + max(NEWS_S, age / 40)

    def _refresh_time(self) -> None:
        self.board.tick(self._clock(), self.board.known)

    def _progress(self) -> str:
        board, facts = self.board, self.board.facts
        counts = tally(board.counts) or "starting"
        done = trials(board.ended, facts.num_samples)
        left = f", {duration(board.left_s)} left" if board.left_s else ""
        best = leader(facts, board.best[0])
        return f"{done}: {counts}{left}{'; ' if best else ''}{best}"

    def _state(self, trial: TrialView, status: str) -> str:
        facts = self.board.facts
        reason = f" ({trial.reason})" if trial.reason else ""
        reached = f" at {facts.resource}={amount(trial.resource)}" if trial.resource else ""
        last = scores(facts.metrics, trial.last)
        return f"{status}{reached}{reason}{': ' if last else ''}{last}"

    def _line(self, text: str) -> None:
        if self._table is None:
            self._refresh_time()
            text = f"{duration(self.board.elapsed_s):>7}  {text}"
        self._write(text)

    def _write(self, text: str) -> None:
        def output() -> None:
            try:
                if self._table is None:
                    _print(text, self._stream)
                else:
                    self._table.write(text)
            except RuntimeError:
                # In the handler of a signal that came while the stream was being written to.
                os.write(self._stream.fileno(), f"{text}\n".encode())

        self._safely(output)

    def _safely(self, output: Callable[[], None]) -> None:
        """Show; where nobody can see it any more (a closed pipe), show nothing from now on."""
        try:
            output()
        except (OSError, ValueError):
            self._verbose = 0
            self._table = None


def _is_terminal(stream: TextIO) -> bool:
    isatty = getattr(stream, "isatty", None)
    return bool(isatty and isatty()) and os.environ.get("TERM") != "dumb"


def _print(text: str, stream: TextIO) -> None:
    encoding = getattr(stream, "encoding", None) or "utf-8"
    stream.write(f"{text}\n".encode(encoding, "replace").decode(encoding))
    stream.flush()
