"""Who gets a free slot, and when to ask for more trials."""

from __future__ import annotations

from tunesmith._engine.ending import Ending
from tunesmith._engine.lifecycle import Lifecycle
from tunesmith._engine.scheduling import SchedulerGate
from tunesmith._engine.settings import Settings
from tunesmith._engine.trials import Trial, Trials, TrialState
from tunesmith.protocols import commands


class Allocation:
    """Fills slots, asks ahead, and notices when nothing can go on."""

    def __init__(
        self,
        settings: Settings,
        trials: Trials,
        *,
        gate: SchedulerGate,
        lifecycle: Lifecycle,
        out: list[commands.AnyCommand],
    ) -> None:
        self.num_samples = settings.num_samples
        self._lookahead = settings.lookahead
        self._settings = settings
        self._trials = trials
        self._gate = gate
        self._lifecycle = lifecycle
        self._ending: Ending = lifecycle.ending
        self._out = out
        self._asked = trials.of(TrialState.ASKED)
        self._pending = trials.of(TrialState.PENDING)
        self._paused = trials.of(TrialState.PAUSED)
        self.slots: int | None = None
        self.search_ended = False

    @property
    def _may_ask(self) -> bool:
        if self.search_ended or self._ending.has_begun:
            return False
        return self.num_samples is None or self._trials.created < self.num_samples

    def fill(self) -> None:
        """Launch what the scheduler chooses, then ask for what is still missing."""
        if self.slots is None or self._ending.status is not None or self._lifecycle.is_on_hold:
            return
        trials, slots = self._trials, self.slots
        pending, paused = self._pending, self._paused
        if pending or paused:
            while trials.active < slots and (pending or paused):
                self._gate.view.searching = self._is_searching()
                if self._lifecycle.loner is not None:
                    break
                chosen = self._returning() or self._gate.next_trial()
                if chosen is None:
                    break
                if chosen.needs_all and trials.active:
                    self._trials.move(chosen, TrialState.PENDING, first=True)
                    break
                self._lifecycle.launch(chosen)
            if pending or paused:
                self._lifecycle.review()
        # Most events come while all slots are held, and change nothing here.
        if trials.active < slots + self._lookahead:
            self._ask()

    def _ask(self) -> None:
        """Ask for as many trials as are missing."""
        missing = self._missing()
        new = []
        while missing > 0 and self._may_ask:
            new.append(self._trials.add().id)
            missing -= 1
        if new:
            self._out.append(commands.Ask(trials=tuple(new)))

    def _returning(self) -> Trial | None:
        """Return a trial that gets the next slot: it lost its own undecided, or is boosted."""
        head = next(iter(self._pending.values()), None)
        return head if head is not None and (head.attempt or head.goes_first) else None

    def _missing(self) -> int:
        """Return how many suggestions are still to be asked for; below zero: there are too many."""
        coming = self._trials.active + len(self._asked) + len(self._pending)
        return (self.slots or 0) + self._lookahead - coming

    def _is_searching(self) -> bool:
        """Whether another trial can come; not by itself where the searcher waits for results."""
        if self._trials.active or self._pending:
            return self._may_ask or bool(self._asked)
        return (self._may_ask and self._missing() > 0) or self._awaits_suggestion()

    def _awaits_suggestion(self) -> bool:
        for trial in self._asked.values():  # noqa: SIM110  (a generator costs more than the test)
            if not trial.is_deferred:
                return True
        return False

    def settle(self) -> commands.Finish | None:
        """Return the end of the experiment, if nothing can go on any more.

        To be asked while no trial holds a slot.
        """
        if self._trials.of(TrialState.RETIRING):
            return None
        if self._ending.has_begun:
            return self._finish()
        if self.slots is None or self.slots <= 0 or self._lifecycle.is_on_hold:
            return None
        if self._awaits_suggestion():
            return None
        if held := self._trials.of(TrialState.HELD):
            self._ending.begin(
                "stopped",
                f"nothing can go on but what a person paused: {', '.join(held)}; unpause or stop"
                " that, and resume",
                interrupt=True,
            )
        elif self._asked:
            self._ending.fail(
                f"searcher {self._settings.searcher_name!r} waits for observations "
                "but no trial runs that could bring any",
                interrupt=True,
            )
        elif self._pending:
            self._ending.fail(
                f"scheduler {self._settings.scheduler_name!r} starts none of the pending trials",
                interrupt=True,
            )
        else:
            self._ending.begin("completed", "")
        return self._finish()

    def _finish(self) -> commands.Finish | None:
        if not self._ending.keeps_trials and self._ending.retire_waiting(
            self._ending.reason or "never resumed: no better than those that went on"
        ):
            return None
        status = self._ending.status or "completed"
        return commands.Finish(status=status, reason=self._ending.reason)
