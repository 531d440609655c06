"""Population based training: the factory behind the name "pbt", and the scheduler."""

from collections.abc import Collection, Mapping, Sequence
from math import ceil, floor, inf, isfinite
from typing import Any

import msgspec

from tunesmith.protocols import (
    Config,
    Continue,
    Decision,
    ExperimentView,
    Fork,
    Pause,
    Problem,
    Result,
    Stop,
    TrialView,
)
from tunesmith_pbt.mutation import Explore, Mutation
from tunesmith_pbt.rules import Replace, Rules, Selection, tuned_paths

SLACK = 1e-9
"""What float rounding may take from a multiple of the interval."""


def pbt(
    problem: Problem,
    *,
    interval: float = 1,
    burn_in: float = 0,
    population_size: int | None = None,
    selection: Selection = "truncation",
    quantile: float = 0.2,
    explore: Explore = "perturb",
    factors: Sequence[float] = (0.8, 1.2),
    noise: float = 0.1,
    resample_probability: float = 0.25,
    mutate: Sequence[str] | None = None,
    synchronous: bool = False,
    quorum: float = 1.0,
    replace: Replace = "fork",
    max_resource: float | None = None,
) -> "PopulationBasedTraining":
    """Return population based training (arXiv 1711.09846).

    Every `interval` (in the experiment's resource), and not before `burn_in`, a member that
    `selection` finds too weak becomes a clone of a better one: of one among the best `quantile` if
    it is among the worst, or of a random other one that is better ("tournament"). A clone's
    parameters, those at the paths in `mutate` or all, are drawn anew with `resample_probability`,
    else multiplied by one of `factors` ("perturb") or moved by Gaussian noise of `noise` times
    their range ("noise"); or `explore` is a function that makes one configuration of another. With
    `synchronous`, members wait until a `quorum` of those alive has come as far. With
    `replace="restart"` the weak are stopped instead, and the searcher proposes new trials.

    Raises:
        UsageError: an option is out of range.
    """
    given: dict[str, Any] = dict(locals())
    rules = Rules(**{name: given[name] for name in Rules.__struct_fields__})
    given["paths"] = tuned_paths(problem, mutate)
    mutation = Mutation(**{name: given[name] for name in Mutation.__struct_fields__})
    return PopulationBasedTraining(rules, mutation)


class _Member(msgspec.Struct):
    """A live trial; `value` is its newest, `past` all of them, by resource.

    `sure`: its newest checkpoint is the state that scored `value`. `waits` at the barrier,
    `rests` without a slot.
    """

    goal: float = 0.0
    resource: float = 0.0
    config: Config = {}
    value: float | None = None
    past: list[tuple[float, float]] = []
    sure: bool = False
    turns: int = 0
    waits: bool = False
    rests: bool = False


class _State(msgspec.Struct):
    """`queue`: suggested and not started; `verdicts`: decisions on members that rest."""

    members: dict[str, _Member] = {}
    queue: list[str] = []
    verdicts: dict[str, Stop | Fork] = {}
    suggested: int = 0
    searching: bool = True
    released: int = 0


class PopulationBasedTraining:
    """Exploit and explore at intervals: arXiv 1711.09846, algorithm 1 and section 4.1.

    A clone is a `Fork`: weights from the source's newest checkpoint, configuration explored from
    the source's, in one step. Only a live member with a finite value, and a checkpoint of the very
    state that scored it, is a source; one that diverged always looks for a source. Where the
    population is larger than the slots, members rest at each interval, and a slot goes to the one
    that is furthest behind.
    """

    def __init__(self, rules: Rules, mutation: Mutation) -> None:
        self._rules = rules
        self._mutation = mutation
        self._state = _State()

    def on_trial_add(self, trial: TrialView) -> None:
        """Have the trial wait for its place in the population."""
        self._state.queue.append(trial.id)
        self._state.suggested += 1

    def first(self, trial: TrialView) -> Continue:
        """Let a member that starts, is resumed or was forked run to its next interval."""
        if trial.id in self._state.queue:
            self._state.queue.remove(trial.id)
        self._state.verdicts.pop(trial.id, None)
        member = self._state.members.setdefault(trial.id, _Member())
        member.waits = member.rests = False
        return self._go_on(member, trial.resource)

    def on_result(self, trial: TrialView, result: Result) -> Decision:
        """Compare the member with the others; it goes on, rests, or becomes a clone."""
        state, member = self._state, self._state.members[trial.id]
        if result.resource >= self._rules.end:
            return Stop(f"reached max_resource={self._rules.end:g}", complete=True)
        if result.resource < member.goal:
            return Continue(until=member.goal)
        member.resource, member.config = result.resource, trial.config
        member.value = result.values[0] if isfinite(result.values[0]) else inf
        if self._rules.replace == "restart":
            member.past.append((result.resource, member.value))
        saved = trial.checkpoint
        member.sure = saved is not None and (saved.trial, saved.resource) == (
            trial.id,
            result.resource,
        )
        member.waits = self._rules.synchronous and self._level(member) > state.released
        if member.waits:
            self._release()
        else:
            self._exploit([trial.id])
        member.rests = member.waits or (not self._rules.synchronous and self._is_crowded(trial.id))
        verdict = state.verdicts.get(trial.id)
        if member.rests and not isinstance(verdict, Stop):
            why = "waits for the others" if member.waits else "leaves its slot to others"
            return Pause(f"{why} at {self._rules.at(result.resource)}")
        state.verdicts.pop(trial.id, None)
        return verdict or self._go_on(member, result.resource)

    def review(self) -> Mapping[str, Stop | Fork]:
        """Return what was decided on members that rest."""
        return self._state.verdicts

    def next_trial(self, view: ExperimentView) -> str | None:
        """Give the slot to a lost member, a new one, or the one furthest behind."""
        state = self._state
        state.searching = view.searching
        has_place = len(state.members) < self._rules.size
        for trial_id in view.pending:
            if has_place or trial_id in state.members:
                return trial_id
        if has_place and view.searching and not view.pending:
            return None
        self._release()
        free = [trial_id for trial_id in view.paused if not state.members[trial_id].waits]
        ready = [x for x in free if self._is_settled(view.trial(x))]
        if not (ready or view.running):
            ready = [x for x in free if not isinstance(state.verdicts.get(x), Stop)]
        return min(ready, key=lambda x: view.trial(x).resource, default=None)

    def on_trial_end(self, trial: TrialView) -> None:
        """Forget a member; the others wait for it no longer."""
        if trial.id in self._state.queue:
            self._state.queue.remove(trial.id)
        self._state.members.pop(trial.id, None)
        self._state.verdicts.pop(trial.id, None)
        self._release()

    def state(self) -> bytes:
        """Return all that was learnt; MessagePack, since JSON has no infinity."""
        return msgspec.msgpack.encode(self._state)

    def restore(self, data: bytes) -> None:
        """Go on from what `state` returned."""
        self._state = msgspec.msgpack.decode(data, type=_State)

    def _go_on(self, member: _Member, resource: float) -> Continue:
        member.resource = resource
        member.goal = min((self._level(member) + 1) * self._rules.interval, self._rules.end)
        return Continue(until=member.goal)

    def _level(self, member: _Member) -> int:
        return floor(member.resource / self._rules.interval + SLACK)

    def _coming(self) -> float:
        """Return how many trials can still start."""
        unasked = self._rules.total - self._state.suggested if self._state.searching else 0
        return unasked + len(self._state.queue)

    def _missing(self) -> float:
        """Return how many members are still to start."""
        return max(min(self._rules.size - len(self._state.members), self._coming()), 0)

    def _is_crowded(self, trial_id: str) -> bool:
        """Tell whether another member waits for a slot."""
        others = (m for x, m in self._state.members.items() if x != trial_id)
        return any(member.rests for member in others) or self._missing() > 0

    def _is_settled(self, trial: TrialView) -> bool:
        verdict = self._state.verdicts.get(trial.id)
        return verdict is None or (isinstance(verdict, Fork) and verdict.config == trial.config)

    def _release(self) -> None:
        """Open the barrier once the quorum is there; stragglers and newcomers are not counted."""
        state = self._state
        there = {x: self._level(m) for x, m in state.members.items() if m.waits}
        awaited = [m for m in state.members.values() if self._level(m) >= state.released]
        count = len(awaited) + (0 if state.released else self._missing())
        if there and len(there) >= self._rules.quorum * count - SLACK:
            state.released = min(there.values())
            for trial_id in there:
                state.members[trial_id].waits = False
            self._exploit(there)

    def _exploit(self, trial_ids: Collection[str]) -> None:
        """Decide on these members, from what is known now of all."""
        state, rules = self._state, self._rules
        able = {x for x, m in state.members.items() if m.sure or rules.replace == "restart"}
        sources: dict[str, str] = {}
        for trial_id in sorted(trial_ids, key=lambda x: (state.members[x].value, x)):
            member = state.members[trial_id]
            member.turns += 1
            rng = rules.problem.rng(f"pbt/{trial_id}/{member.turns}")
            values = self._values(member.resource)
            enough = min(len(state.members), ceil(1 / rules.quantile))
            if member.resource < rules.burn_in or len(values) < enough:
                continue
            source = rules.source(trial_id, values, able, rng)
            if source is None:
                continue
            if rules.replace == "fork":
                # The better one may have lost in the same round, to one that is better still.
                source = sources[trial_id] = sources.get(source, source)
                config = self._mutation(state.members[source].config, rng)
                state.verdicts[trial_id] = Fork(source, config, f"goes on as a clone of {source}")
            elif self._can_replace():
                where = rules.at(member.resource)
                state.verdicts[trial_id] = Stop(f"replaced: behind the population at {where}")
        for trial_id, source in sources.items():
            loser, winner = state.members[trial_id], state.members[source]
            loser.value, loser.sure = winner.value, False

    def _values(self, resource: float) -> dict[str, float]:
        """Return the members' values: the newest, or with restarts those of the same age."""
        members = self._state.members.items()
        if self._rules.replace == "fork":
            return {x: m.value for x, m in members if m.value is not None}
        known = {x: [value for at, value in m.past if at <= resource] for x, m in members}
        return {x: values[-1] for x, values in known.items() if values}

    def _can_replace(self) -> bool:
        """Tell whether a stopped member's place would be taken by another trial."""
        leaving = sum(isinstance(verdict, Stop) for verdict in self._state.verdicts.values())
        vacant = self._rules.size - len(self._state.members) + leaving
        return self._coming() > vacant
