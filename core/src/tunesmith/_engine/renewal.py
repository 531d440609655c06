"""Has an experiment go on to more than it was to, and trials that were over with it."""

from __future__ import annotations

import msgspec

from tunesmith._engine.allocation import Allocation
from tunesmith._engine.lifecycle import Lifecycle, reask
from tunesmith._engine.scheduling import SchedulerGate
from tunesmith._engine.settings import Settings
from tunesmith._engine.stopping import StopRule
from tunesmith._engine.trials import ENDED, Trials, TrialState
from tunesmith.protocols import commands
from tunesmith.protocols.events import ExperimentChanged, Revived


class Renewal:
    """Changes limits in the middle of an experiment; what was decided before stays as it is."""

    def __init__(
        self,
        trials: Trials,
        lifecycle: Lifecycle,
        allocation: Allocation,
        *,
        gate: SchedulerGate,
        rule: StopRule,
        out: list[commands.AnyCommand],
    ) -> None:
        self._trials = trials
        self._lifecycle = lifecycle
        self._allocation = allocation
        self._gate = gate
        self._rule = rule
        self._out = out

    def objection(self, event: ExperimentChanged | Revived) -> str:
        """Return why that cannot be; empty if it can."""
        if isinstance(event, Revived):
            if self._gate.can_revive:
                return ""
            return self._unrevivable
        wanted, made = event.changes.get("num_samples"), self._trials.created
        if wanted is not None and wanted < made:
            return f"num_samples={wanted}: the run has {made} trials already"
        to = event.changes.get("max_resource")
        return "" if to is None else self._objection_to_length(to)

    def _objection_to_length(self, to: float) -> str:
        if not self._gate.can_revive:
            return f"max_resource={to:g}: {self._unrevivable}"
        bounds = [bound for bound in (self._rule.bound, self._gate.bound) if bound is not None]
        if not bounds:
            return f"max_resource={to:g}: neither stop= nor the scheduler ends trials at a resource"
        if to <= max(bounds):
            return f"max_resource={to:g}: trials train up to {max(bounds):g} already"
        if self._gate.bound is not None and not self._gate.can_extend:
            name, bound = self._gate.name, self._gate.bound
            return f"max_resource={to:g}: scheduler {name!r} has laid its plan out for {bound:g}"
        return ""

    @property
    def _unrevivable(self) -> str:
        return f"scheduler {self._gate.name!r} takes up no trials that are over"

    def change(self, settings: Settings, event: ExperimentChanged) -> Settings:
        """Return the settings with the changes, which hold from now on."""
        changes = dict(event.changes)
        max_resource = changes.pop("max_resource", None)
        if "num_samples" in changes:
            self._allocation.num_samples = changes["num_samples"]
        settings = msgspec.structs.replace(settings, **changes)
        self._lifecycle.retries.limits = settings.retries
        self._lifecycle.ending.settings = settings
        self._lifecycle.silence.limit_s = settings.trial_timeout_s
        if max_resource is not None:
            self._extend(max_resource)
        if "space" in event.options:
            self._search_anew()
        return settings

    def _search_anew(self) -> None:
        """Tell a fresh searcher who is under way, and ask it for what the last one was asked."""
        trials = self._trials
        under_way = [*trials.holding()]
        for state in (TrialState.PENDING, TrialState.PAUSED, TrialState.HELD):
            under_way += trials.of(state).values()
        self._out.extend(commands.Adopt(trial=trial.id, config=trial.config) for trial in under_way)
        self._allocation.search_ended = False
        for trial in trials.of(TrialState.ASKED).values():
            trial.is_deferred = True
        reask(trials, self._out)

    def _extend(self, to: float) -> None:
        """Let trials train further; those go on that had reached what was the end."""
        if (bound := self._rule.bound) is not None:
            for trial in self._trials.of(TrialState.PENDING).values():
                trial.has_met = trial.has_met and trial.resource < bound
        self._rule.extend(to)
        going = {**dict.fromkeys(self._rule.met, False), **self._gate.extend(to)}
        self._rule.met.clear()
        self._out.extend(
            commands.Revive(trial=trial, paused=paused)
            for trial, paused in going.items()
            if self._trials[trial].state is TrialState.COMPLETED
        )

    def revive(self, event: Revived) -> None:
        """Have a trial that was over go on."""
        trial = self._trials[event.trial]
        if trial.state not in ENDED:
            return
        self._lifecycle.retention.revived(trial)
        trial.config, trial.resource, trial.cost_s = event.config, event.resource, event.cost_s
        trial.last, trial.best = event.last, event.best
        trial.error, trial.reason, trial.asks_first = None, "", True
        self._trials.move(trial, TrialState.PAUSED if event.paused else TrialState.PENDING)
        self._gate.revived(trial)
