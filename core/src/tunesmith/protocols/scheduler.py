"""The scheduler protocol: decide, from intermediate results, what goes on."""

from collections.abc import Sequence
from typing import Protocol

from tunesmith.protocols.decision import Decision
from tunesmith.protocols.result import Result
from tunesmith.protocols.trial import TrialView


class ExperimentView(Protocol):
    """The experiment as `next_trial` sees it; lookups are O(1)."""

    @property
    def pending(self) -> Sequence[str]:
        """Trials that have never run, oldest first."""
        ...

    @property
    def paused(self) -> Sequence[str]:
        """Trials that can be resumed."""
        ...

    @property
    def running(self) -> Sequence[str]:
        """Trials that hold a slot."""
        ...

    @property
    def searching(self) -> bool:
        """Whether further trials can still come.

        False also where nothing runs and the searcher has nothing until it observes more: then
        only a decision on the trials at hand gets the experiment on.
        """
        ...

    def trial(self, trial_id: str) -> TrialView:
        """Return the trial's snapshot."""
        ...


class Scheduler(Protocol):
    """Made once by `factory(problem, **options)`; pure and cheap, it runs inside the engine.

    Optional methods, called where present:
    `on_trial_add(trial)`: a trial was suggested.
    `on_trial_end(trial)`: it completed, was stopped, or failed for good (also while paused).
    `on_report(trial, result)`: it reported; called once for each report that carries the
    objectives, in order, those on the way to `until` included, before `on_result`.
    `first(trial) -> Continue`: how far a trial may run before its next decision; asked whenever
    it starts, is resumed after a pause, forks, or gets other resources. Without this method: to its
    next report.
    `next_trial(view) -> str | None`: which pending or paused trial gets the free slot. None leaves
    the slot free and, while `view.searching` and nothing is pending, has the searcher asked for
    another trial. Without this method the oldest pending trial goes first.
    `review() -> Mapping[str, Stop | Fork]`: decisions on trials that hold no slot, asked for after
    every `on_result`, `on_trial_end` and `next_trial`, and when a pause took effect. One on a trial
    that is still about to pause or to end has no effect yet: repeat it until `on_trial_end`.
    `revive(trial)`: one that was over goes on, because a person wants it to.
    `extend(max_resource) -> Mapping[str, Continue | Pause]`: trials now train further than its
    attribute `max_resource` said. Returns which of those that had reached that go on, or wait to be
    resumed. Without these two methods neither can be asked for.
    `state() -> bytes`, `restore(bytes)`.
    """

    def on_result(self, trial: TrialView, result: Result) -> Decision:
        """Decide on a trial that waits at a report."""
        ...
