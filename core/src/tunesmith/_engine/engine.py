"""The experiment as a pure state machine: events in, commands out."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from typing import Any

from tunesmith._engine.allocation import Allocation
from tunesmith._engine.control import Control
from tunesmith._engine.invariants import broken
from tunesmith._engine.lifecycle import Lifecycle
from tunesmith._engine.renewal import Renewal
from tunesmith._engine.restart import take_up_again
from tunesmith._engine.scheduling import LiveView, SchedulerFailure, SchedulerGate
from tunesmith._engine.settings import Settings
from tunesmith._engine.silence import SILENCE
from tunesmith._engine.stopping import StopperFailure, StopRule
from tunesmith._engine.table import TRANSITIONS
from tunesmith._engine.trials import Trial, Trials, TrialState
from tunesmith.errors import EngineBug, PluginError, TunesmithError, UsageError
from tunesmith.protocols import ErrorInfo, Scheduler, Stopper, TrialView, commands, events

TIME_BUDGET = "time_budget"
STORY_LENGTH = 10_000


Wish = events.ControlRequested | events.ExperimentChanged | events.Revived
"""What a person can ask of an experiment."""


class InvalidTransition(EngineBug):
    """An event that cannot happen to its trial; the message carries the trial's story."""


class Engine:
    """Holds the whole state of an experiment; `handle` is the only way to change it.

    Deterministic: the same settings, scheduler and events give the same commands. It reads no
    clock (time arrives on events) and touches nothing outside itself. `has_ignored` tells whether
    the last event came too late to count, and is to be forgotten; `failure` is that of a scheduler
    or stopper which raised or broke its contract.
    """

    def __init__(
        self, settings: Settings, scheduler: Scheduler, stopper: Stopper | None = None
    ) -> None:
        self._settings = settings
        self._trials = Trials()
        self._out: list[commands.AnyCommand] = []
        self._gate = SchedulerGate(scheduler, settings.scheduler_name, self._trials)
        rule = StopRule(stopper, settings.resource)
        self._lifecycle = Lifecycle(
            settings, self._trials, gate=self._gate, rule=rule, out=self._out
        )
        self._ending = self._lifecycle.ending
        self._allocation = Allocation(
            settings, self._trials, gate=self._gate, lifecycle=self._lifecycle, out=self._out
        )
        self._control = Control(self._trials, self._lifecycle, self._allocation, self._out)
        self._renewal = Renewal(
            self._trials,
            self._lifecycle,
            self._allocation,
            gate=self._gate,
            rule=rule,
            out=self._out,
        )
        self._log: deque[tuple[float, str, type, TrialState]] = deque(maxlen=STORY_LENGTH)
        self._now = self._before = 0.0
        self._run_since: float | None = None
        self._used_s = 0.0
        self.is_finished = False
        self.has_ignored = False
        self.failure: SchedulerFailure | StopperFailure | None = None
        self._handlers: dict[type, Callable[[Any], None]] = {
            events.RunStarted: self._run_started,
            events.Recalled: self._recalled,
            events.ExperimentChanged: self._experiment_changed,
            events.Revived: self._renewal.revive,
            events.CapacityChanged: self._capacity_changed,
            events.SearchEnded: self._search_ended,
            events.ExecutorFailed: self._executor_failed,
            events.DeadlineReached: self._deadline_reached,
            events.ControlRequested: self._control_requested,
            events.RunEnded: self._run_ended,
        }

    def handle(self, event: events.AnyEvent) -> tuple[commands.AnyCommand, ...]:
        """Take one event in and return what is to be done about it."""
        self._before = self._now
        if event.at > self._now:
            self._lifecycle.silence.now = self._now = event.at
        self._lifecycle.forget_ended()
        self.has_ignored = False
        try:
            self._handlers.get(type(event), self._trial_event)(event)
            self._allocation.fill()
        except SchedulerFailure as failure:
            self._ending.fail(str(failure), PluginError, interrupt=True)
            self.failure = failure
        except StopperFailure as failure:
            self._ending.fail(str(failure), UsageError, interrupt=True)
            self.failure = failure
        if not (self._trials.active or self.is_finished):
            finish = self._allocation.settle()
            if finish is not None:
                self.is_finished = True
                self._out.append(finish)
        result = tuple(self._out)
        self._out.clear()
        return result

    def objection(self, event: Wish) -> str:
        """Return why a person's request cannot be carried out now; empty if it can be."""
        if isinstance(event, events.ControlRequested):
            return self._control.objection(event)
        return self._renewal.objection(event)

    # What people and the driver may ask ----------------------------------------------------------

    @property
    def view(self) -> LiveView:
        """The experiment as schedulers see it."""
        return self._gate.view

    def trial(self, trial_id: str) -> TrialView:
        """Return a snapshot of the trial.

        One that ended before the last event comes without its config and results.
        """
        return self._trials[trial_id].view()

    @property
    def fault(self) -> type[TunesmithError]:
        """Through whose fault the run failed, if it did."""
        return self._ending.fault

    @property
    def farewell(self) -> str:
        """Why nothing can be asked for any more; empty while the experiment goes on."""
        return self._ending.farewell

    @property
    def is_resting(self) -> bool:
        """Whether a person paused the experiment, and nothing runs any more."""
        return self._lifecycle.is_on_hold and not self._trials.active

    @property
    def goal(self) -> tuple[int | None, float | None]:
        """How many trials there are to be by now, and how long all may take."""
        return self._allocation.num_samples, self._settings.time_budget_s

    @property
    def ignored(self) -> Counter[str]:
        """How many late and repeated events were ignored, by kind."""
        return self._lifecycle.ignored

    @property
    def checkpoint_excess(self) -> int:
        """How many bytes above their budget take the checkpoints that trials may still need."""
        return self._lifecycle.retention.excess

    def checkpoints(self) -> set[str]:
        """Return the paths of all checkpoints that are still known, or needed by a clone."""
        known = {checkpoint.path for trial in self._trials for checkpoint in trial.checkpoints}
        origins = {t.launch_from.path for t in self._trials if t.launch_from is not None}
        return known | origins | {t.peak[1].path for t in self._trials if t.peak is not None}

    def counts(self) -> dict[str, int]:
        """Return how many trials have each public status."""
        totals: dict[str, int] = {}
        for state in TrialState:
            if state is not TrialState.ASKED:
                size = len(self._trials.of(state))
                totals[state.status] = totals.get(state.status, 0) + size
        return totals

    def story(self, trial_id: str) -> list[str]:
        """Return what recently happened to a trial, one line an event."""
        return [
            f"{at:.3f} {kind.__name__} while {state.label}"
            for at, trial, kind, state in self._log
            if trial == trial_id
        ]

    def validate(self) -> None:
        """Raise `EngineBug` if an invariant is broken; for tests, after every event."""
        problems = broken(self._trials, self._allocation.num_samples)
        if self.is_finished and self._trials.active:
            problems.append(f"finished while {self._trials.active} trials hold slots")
        if problems:
            raise EngineBug("; ".join(problems))

    # Events about trials -------------------------------------------------------------------------

    def _trial_event(self, event: Any) -> None:
        kind = type(event)
        trial = self._trials.find(event.trial)
        if trial is None:
            raise InvalidTransition(
                f"{kind.__name__} about trial {event.trial!r}, which was never asked for"
            )
        state = trial.state
        self._log.append((event.at, trial.id, kind, state))
        if state is not TrialState.ASKED and self._is_late(trial, event):
            self._lifecycle.ignored[kind.__name__] += 1
            self.has_ignored = True
            return
        transition = TRANSITIONS.get((state, kind))
        if transition is None:
            raise InvalidTransition(self._explain(trial, event, "cannot happen"))
        transition.handler(self._lifecycle, trial, event)
        if trial.state not in transition.to:
            raise InvalidTransition(self._explain(trial, event, f"led to {trial.state.label}"))

    def _is_late(self, trial: Trial, event: Any) -> bool:
        attempt = getattr(event, "attempt", 0)
        if attempt > trial.attempt:
            raise InvalidTransition(self._explain(trial, event, "is from the future"))
        return not trial.is_open or attempt < trial.attempt

    def _explain(self, trial: Trial, event: object, what: str) -> str:
        story = "\n  ".join(self.story(trial.id)[-20:])
        return f"{event!r} {what} to trial {trial.id} ({trial.state.label}); its story:\n  {story}"

    # Events about the experiment -----------------------------------------------------------------

    def _run_started(self, event: events.RunStarted) -> None:
        """Begin, or go on after a crash: whatever ran then is to be launched again."""
        if self._run_since is not None:
            self._used_s += self._before - self._run_since
        self._run_since = event.at
        self.is_finished = False
        self._ending.reset()
        self._allocation.slots = None
        take_up_again(self._trials, self._lifecycle)
        self._set_alarm()

    def _recalled(self, event: events.Recalled) -> None:
        self._out.extend(self._lifecycle.teller.recalled(event))

    def _experiment_changed(self, event: events.ExperimentChanged) -> None:
        """Go on with other limits."""
        self._settings = self._renewal.change(self._settings, event)
        self._set_alarm()

    def _set_alarm(self) -> None:
        """Have the engine woken when the time budget is used up."""
        budget, since = self._settings.time_budget_s, self._run_since
        if budget is not None and since is not None:
            at = since + max(0.0, budget - self._used_s)
            self._out.append(commands.WakeAt(at=at, name=TIME_BUDGET))

    def _capacity_changed(self, event: events.CapacityChanged) -> None:
        self._allocation.slots = event.slots

    def _search_ended(self, event: events.SearchEnded) -> None:
        """Expect no more trials; those asked for of a searcher that failed come at a resume."""
        if event.error is not None:
            self._ending.fail(event.reason, _fault_of(event.error), interrupt=True)
            return
        self._allocation.search_ended = True
        for trial in list(self._trials.of(TrialState.ASKED).values()):
            self._trials.discard(trial)

    def _executor_failed(self, event: events.ExecutorFailed) -> None:
        self._ending.fail(event.error.message, _fault_of(event.error), interrupt=True)

    def _deadline_reached(self, event: events.DeadlineReached) -> None:
        if event.name == SILENCE:
            self._lifecycle.silence.look()
        elif event.name == TIME_BUDGET:
            budget = self._settings.time_budget_s
            self._ending.begin("completed", f"the time budget of {budget:g} s is used up")

    def _control_requested(self, event: events.ControlRequested) -> None:
        self._control.carry_out(event)

    def _run_ended(self, event: events.RunEnded) -> None:
        del event
        self.is_finished = True


def _fault_of(error: ErrorInfo) -> type[TunesmithError]:
    """Return the fault that an error's type names; a plugin's where it is no error of ours."""
    return UsageError if error.type == UsageError.__name__ else PluginError
