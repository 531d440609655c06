"""The scheduler behind a fence: its optional methods found, its failures told from ours."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from tunesmith._engine.trials import Trial, Trials, TrialState
from tunesmith.errors import PluginError
from tunesmith.protocols import (
    Continue,
    Decision,
    Fork,
    Pause,
    Reallocate,
    Resources,
    Result,
    Scheduler,
    Stop,
    TrialView,
)

DECISIONS = (Continue, Stop, Pause, Fork, Reallocate)
WAITING = (TrialState.PENDING, TrialState.PAUSED)
LEAVING = (TrialState.PAUSING, TrialState.STOPPING, TrialState.RETIRING)


class SchedulerFailure(PluginError):
    """The scheduler raised or broke its contract; the message names it and the call."""


class LiveView:
    """The `ExperimentView` over the engine's own records."""

    def __init__(self, trials: Trials) -> None:
        self._trials = trials
        self.searching = True

    @property
    def pending(self) -> list[str]:
        """Trials that have never run, or wait for a retry, in the order in which they should go."""
        return list(self._trials.of(TrialState.PENDING))

    @property
    def paused(self) -> list[str]:
        """Trials that can be resumed, the longest paused first."""
        return list(self._trials.of(TrialState.PAUSED))

    @property
    def running(self) -> list[str]:
        """Trials that hold a slot."""
        return [trial.id for trial in self._trials.holding()]

    def trial(self, trial_id: str) -> TrialView:
        """Return the trial's snapshot."""
        return self._trials[trial_id].view()


class SchedulerGate:
    """Calls the scheduler; whatever it does wrong comes out as `SchedulerFailure`."""

    def __init__(self, scheduler: Scheduler, name: str, trials: Trials) -> None:
        self.name = name
        self._trials = trials
        self.view = LiveView(trials)
        self._on_result = scheduler.on_result
        self._first: Callable[[TrialView], Any] | None = getattr(scheduler, "first", None)
        self._next: Callable[[LiveView], Any] | None = getattr(scheduler, "next_trial", None)
        self._add: Callable[[TrialView], None] | None = getattr(scheduler, "on_trial_add", None)
        self._end: Callable[[TrialView], None] | None = getattr(scheduler, "on_trial_end", None)
        self._report: Callable[[TrialView, Result], None] | None = getattr(
            scheduler, "on_report", None
        )
        self._review: Callable[[], Any] | None = getattr(scheduler, "review", None)
        self._revive: Callable[[TrialView], None] | None = getattr(scheduler, "revive", None)
        self._extend: Callable[[float], Any] | None = getattr(scheduler, "extend", None)
        self._scheduler = scheduler

    def added(self, trial: Trial) -> None:
        """Tell it of a new trial."""
        if self._add is not None:
            self._guarded("on_trial_add", self._add, trial.view())

    def ended(self, trial: Trial) -> None:
        """Tell it that a trial is over."""
        if self._end is not None:
            self._guarded("on_trial_end", self._end, trial.view())

    def reported(self, trial: Trial, result: Result) -> None:
        """Tell it of a report."""
        if self._report is not None:
            self._guarded("on_report", self._report, trial.view(), result)

    @property
    def can_revive(self) -> bool:
        """Whether it takes trials up that were over."""
        return self._revive is not None

    @property
    def bound(self) -> float | None:
        """How far it lets trials train, if it says so."""
        return getattr(self._scheduler, "max_resource", None)

    @property
    def can_extend(self) -> bool:
        """Whether it can let them train further."""
        return self._extend is not None

    def revived(self, trial: Trial) -> None:
        """Tell it that a trial which was over goes on."""
        if self._revive is not None:
            self._guarded("revive", self._revive, trial.view())

    def extend(self, to: float) -> dict[str, bool]:
        """Have it let trials train further; return which go on, and whether they wait first."""
        if self._extend is None:
            return {}
        answers = self._mapping("extend", self._guarded("extend", self._extend, to))
        for trial_id, answer in answers.items():
            if self._trials.find(trial_id) is None or not isinstance(answer, Continue | Pause):
                raise self._broken(
                    "extend", {trial_id: answer}, "Continue or Pause for trials that there are"
                )
            self._check("extend", answer)
        return {trial: isinstance(answer, Pause) for trial, answer in answers.items()}

    def first(self, trial: Trial) -> float | None:
        """Return the resource at which a trial that starts now wants its first decision."""
        if self._first is None:
            return None
        answer = self._guarded("first", self._first, trial.view())
        if not isinstance(answer, Continue):
            raise self._broken("first", answer, "Continue(until=…)")
        self._check("first", answer)
        return answer.until

    def decide(self, trial: Trial, result: Result) -> Decision:
        """Ask what to do with a trial that waits at `result`."""
        decision = self._guarded("on_result", self._on_result, trial.view(), result)
        if not isinstance(decision, DECISIONS):
            raise self._broken("on_result", decision, "Continue, Stop, Pause, Fork or Reallocate")
        self._check("on_result", decision)
        if isinstance(decision, Fork) and self._trials.find(decision.source) is None:
            raise self._broken("on_result", decision, "the id of an existing trial as source")
        return decision

    def next_trial(self) -> Trial | None:
        """Return the pending or paused trial that gets the free slot."""
        if self._next is None:
            return next(iter(self._trials.of(TrialState.PENDING).values()), None)
        passed_over: set[str] = set()
        while (chosen := self._guarded("next_trial", self._next, self.view)) is not None:
            trial = self._trials.find(chosen) if isinstance(chosen, str) else None
            if trial is not None and trial.state in WAITING:
                return trial
            if trial is None or trial.state is not TrialState.HELD:
                raise self._broken(
                    "next_trial", chosen, "the id of a pending or paused trial, or None"
                )
            if trial.id in passed_over:
                break
            # To the scheduler it runs from now on, so it has to as soon as it may.
            passed_over.add(trial.id)
            trial.held_from, trial.goes_first = TrialState.PENDING, True
        return None

    def review(self) -> list[tuple[Trial, Stop | Fork]]:
        """Return decisions on trials that hold no slot; those that come too early are left out."""
        if self._review is None:
            return []
        decided = []
        answers = self._mapping("review", self._guarded("review", self._review))
        for trial_id, decision in answers.items():
            trial = self._trials.find(trial_id)
            if trial is None or trial.state not in (*WAITING, TrialState.HELD, *LEAVING):
                raise self._broken(
                    "review", {trial_id: decision}, "decisions on paused trials only"
                )
            if not isinstance(decision, Stop | Fork):
                raise self._broken("review", decision, "Stop or Fork")
            self._check("review", decision)
            if trial.state in (*WAITING, TrialState.HELD):
                decided.append((trial, decision))
        return decided

    def _guarded(self, call: str, method: Callable[..., Any], *arguments: Any) -> Any:
        try:
            return method(*arguments)
        except (Exception, SystemExit) as error:
            raise SchedulerFailure(
                f"scheduler {self.name!r} failed in {call}(): {type(error).__name__}: {error}"
            ) from error

    def _mapping(self, call: str, answer: object) -> Mapping[str, Any]:
        if not isinstance(answer, Mapping):
            raise self._broken(call, answer, "a mapping of trials' ids to decisions")
        return answer

    def _check(self, call: str, decision: Decision) -> None:
        """Refuse what could not be written to the journal, and read from it again."""
        flaw = _flaw(decision)
        if flaw:
            raise self._broken(call, decision, flaw)

    def _broken(self, call: str, answer: object, expected: str) -> SchedulerFailure:
        return SchedulerFailure(
            f"scheduler {self.name!r} answered {answer!r} to {call}(); expected {expected}"
        )


_NUMBERS = (int, float)

_FIELDS: dict[type, tuple[tuple[str, type, str], ...]] = {
    Stop: (("reason", str, "a text"), ("complete", bool, "True or False")),
    Pause: (("reason", str, "a text"),),
    Fork: (("config", dict, "a dict"), ("reason", str, "a text")),
    Reallocate: (("resources", Resources, "Resources(...)"), ("reason", str, "a text")),
}
"""What a decision's fields must hold, and in words."""


def _flaw(decision: Decision) -> str:
    """Return what a decision should have held instead; empty if nothing is wrong with it."""
    if isinstance(decision, Continue):
        until = decision.until
        if until is None or (type(until) in _NUMBERS and not math.isnan(until)):
            return ""
        return "until as a Python number or None"
    for name, kind, words in _FIELDS.get(type(decision), ()):
        if not isinstance(getattr(decision, name), kind):
            return f"{name} as {words}"
    return ""
