"""Population based training."""

from bisect import bisect_right
from collections.abc import Collection, Mapping
from math import floor, inf, isfinite

import msgspec

from tunesmith.protocols import (
    Config,
    Continue,
    Decision,
    ExperimentView,
    Fork,
    Pause,
    Result,
    Stop,
    TrialView,
)
from tunesmith_pbt.mutation import Mutation
from tunesmith_pbt.rules import Rules

SLACK = 1e-9
"""What float rounding may take from a multiple of the interval."""


class _Member(msgspec.Struct):
    """A live trial; `past` are the values that led to its present state, by resource.

    `sure`: the last of them is finite, and of the very state of the newest checkpoint. `waits` at
    the barrier, `rests` without a slot.
    """

    goal: float = 0.0
    resource: float = 0.0
    config: Config = {}
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
    """Exploit and explore at intervals: arXiv 1711.09846, section 3 and algorithm 1.

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
        self._state.queue = [waiting for waiting in self._state.queue if waiting != trial.id]
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
        value = result.values[0] if isfinite(result.values[0]) else inf
        member.resource, member.config = result.resource, trial.config
        member.past.append((result.resource, value))
        saved = trial.checkpoint
        place = None if saved is None else (saved.trial, saved.resource)
        member.sure = value < inf and place == (trial.id, result.resource)
        is_awaited = self._rules.synchronous and self._level(member) > state.released
        member.waits = is_awaited
        if is_awaited:
            self._release()
        else:
            self._exploit([trial.id])
        # One that comes after its barrier has opened lets those go first that have waited.
        member.rests = member.waits or (not is_awaited and self._is_crowded(trial.id))
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
        self._state.queue = [waiting for waiting in self._state.queue if waiting != trial.id]
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
        is_fork = rules.replace == "fork"
        able = {x for x, m in state.members.items() if m.sure or not is_fork}
        sources: dict[str, str] = {}
        for trial_id in sorted(trial_ids, key=lambda x: (state.members[x].past[-1][1], x)):
            member = state.members[trial_id]
            member.turns += 1
            rng = rules.problem.rng(f"pbt/{trial_id}/{member.turns}")
            source = rules.source(trial_id, self._values(member), able, rng)
            if source is None or member.resource < rules.burn_in:
                continue
            if is_fork:
                # The better one may have lost in the same round, to one that is better still.
                source = sources[trial_id] = sources.get(source, source)
                config = self._mutation(state.members[source].config, rng)
                state.verdicts[trial_id] = Fork(source, config, f"goes on as a clone of {source}")
            elif self._can_replace():
                where = rules.at(member.resource)
                state.verdicts[trial_id] = Stop(f"replaced: behind the population at {where}")
        for trial_id, source in sources.items():
            loser, winner = state.members[trial_id], state.members[source]
            loser.past, loser.sure = list(winner.past), False

    def _values(self, member: _Member) -> dict[str, float]:
        """Return the values of all at one age: the latest that this and enough others came to."""
        pasts = {x: m.past for x, m in self._state.members.items() if m.past}
        reached = sorted((past[-1][0] for past in pasts.values()), reverse=True)
        enough = self._rules.enough(len(self._state.members))
        if len(reached) < enough:
            return {}
        age = min(reached[enough - 1], member.past[-1][0])
        places = {x: bisect_right(past, (age, inf)) for x, past in pasts.items()}
        return {x: pasts[x][at - 1][1] for x, at in places.items() if at and pasts[x][-1][0] >= age}

    def _can_replace(self) -> bool:
        """Tell whether a stopped member's place would be taken by another trial."""
        leaving = sum(isinstance(verdict, Stop) for verdict in self._state.verdicts.values())
        vacant = self._rules.size - len(self._state.members) + leaving
        return self._coming() > vacant
