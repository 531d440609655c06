"""The searcher's side of a run: trial ids become configurations, ends observations."""

from __future__ import annotations

import traceback
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from tunesmith._engine.scoring import Scoring
from tunesmith._run.snapshot import Memory
from tunesmith._run.succession import PERSON, POINTS, Succession
from tunesmith.errors import TunesmithError, UsageError
from tunesmith.protocols import Config, ErrorInfo, Observation, Searcher, SearchExhausted
from tunesmith.protocols.commands import Adopt, AdvisorCommand, Ask, Tell
from tunesmith.protocols.events import AnyEvent, SearchEnded, Suggested, SuggestionDeferred
from tunesmith.space import ComputationError, Space, SpaceError, Translation

INFEASIBLE_IN_A_ROW = 1_000

CRASHES = (Exception, SystemExit)
"""What a searcher can raise; one that would end the program is the searcher's fault, too."""

ENDS = ("completed", "stopped", "failed")


class Brief(msgspec.Struct, frozen=True):
    """What the core itself contributes to suggestions.

    `points` go first; `cells` are the grid's, given to suggestions in turn, which count only
    if it `is_feasible`. `succession` is that of a run whose space was changed. `scoring` is for a
    searcher that takes outcome constraints; another one is told of what breaks them without values.
    """

    space: Space
    translation: Translation
    is_feasible: Callable[[Config], bool]
    points: Sequence[Config] = ()
    cells: Sequence[Mapping[str, Any]] = ({},)
    succession: Succession | None = None
    scoring: Scoring | None = None

    def fit(self, config: Config) -> Config | None:
        """Return a configuration of any time as one of the present space, None if it is none."""
        return config if self.succession is None else self.succession.fit(config)


class _SearchStop(Exception):
    def __init__(self, reason: str, error: ErrorInfo | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.error = error


class Counsel:
    """Asks and tells the searcher; whatever it does wrong becomes a `SearchEnded` with an error."""

    def __init__(
        self,
        searcher: Searcher,
        name: str,
        *,
        brief: Brief,
        now: Callable[[], float],
        memory: Memory | None = None,
    ) -> None:
        self._searcher = searcher
        self._name = name
        self._brief = brief
        self._points = deque((point, POINTS) for point in brief.points)
        self._now = now
        self._ended: SearchEnded | None = None
        self._call = ""
        self._given: dict[str, tuple[Config, Config]] = {}
        self._unanswered: Sequence[str] = ()
        self._batch: dict[str, Config | None] | None = None
        self._position = self._suggested = 0
        if memory is not None:
            searcher.restore(memory.searcher)  # type: ignore[attr-defined]  # it has `state`, too
            self._points, self._given = deque(memory.points), dict(memory.given)
            self._position, self._suggested = memory.position, memory.suggested

    @property
    def position(self) -> int:
        """How many commands were carried out since the searcher's beginning."""
        return self._position

    def memory(self) -> Memory | None:
        """Return all it knows; None if the searcher saves no state, or has nothing more to say."""
        state = getattr(self._searcher, "state", None)
        if state is None or self._ended is not None:
            return None
        try:
            saved = state()
        except Exception:  # noqa: BLE001  (a resume can do without)
            return None
        if not isinstance(saved, bytes):
            return None
        points, given = tuple(self._points), dict(self._given)
        return Memory(self._position, saved, points, given, self._suggested)

    def carry_out(self, command: AdvisorCommand) -> Iterator[AnyEvent]:
        """Yield each answer as soon as it is there: a trial need not wait for another's."""
        if isinstance(command, Tell):
            yield from self.tell(command)
        elif isinstance(command, Ask):
            yield from self.ask(command.trials)
        elif isinstance(command, Adopt):
            yield from self._attempt(self._adopt, command.trial, command.config)
        else:
            self.enqueue(command.config)
        self._position += 1

    def ask(self, trials: Sequence[str]) -> Iterator[AnyEvent]:
        """Yield an answer for each trial, up to the end of the search."""
        self._batch = None
        for place, trial in enumerate(trials):
            self._unanswered = trials[place:]
            if self._ended is not None and not self._points:
                yield msgspec.structs.replace(self._ended, at=self._now())
                return
            try:
                yield self._answer(trial)
            except _SearchStop as stop:
                yield self._end(stop.reason, stop.error)
                return

    def enqueue(self, config: Config) -> None:
        """Have the next trial that is asked for run this nested, plain configuration."""
        self._points.append((config, PERSON))

    def tell(self, tell: Tell) -> Sequence[AnyEvent]:
        """Have the searcher learn; return the end of the search if that fails."""
        return self._attempt(self._learn, tell)

    def _attempt(self, what: Callable[..., None], *told: Any) -> Sequence[AnyEvent]:
        """Do something unless the search is over; return its end if that fails."""
        if self._ended is None:
            try:
                what(*told)
            except _SearchStop as stop:
                return (self._end(stop.reason, stop.error),)
        return ()

    def give_up(self, limit_s: float) -> SearchEnded:
        """Return the end of a search whose searcher has not returned from a call for so long.

        The searcher may still be in that call: it is not called again, and its answer is lost.
        """
        what = f"searcher {self._name!r} has not returned from {self._call} for {limit_s:g} s"
        message = (
            f"{what}, and was given up; if it needs longer, allow it: "
            f"searcher={{'name': {self._name!r}, 'timeout_s': {10 * limit_s:g}}}"
        )
        return self._end(message, ErrorInfo(TimeoutError.__name__, message, "", what))

    def break_off(self, error: BaseException) -> SearchEnded:
        """Return the end of a search of which a call was left in an unforeseen way."""
        stop = self._failure(f"searcher {self._name!r} failed in {self._call}", error)
        return self._end(stop.reason, stop.error)

    def _answer(self, trial: str) -> AnyEvent:
        if self._points:
            config, source = self._points.popleft()
            if self._ended is None:
                self._adopt(trial, config)
            return Suggested(at=self._now(), trial=trial, config=config, source=source)
        cell = self._brief.cells[self._suggested % len(self._brief.cells)]
        for _ in range(INFEASIBLE_IN_A_ROW):
            flat = self._suggest(trial)
            if flat is None:
                return SuggestionDeferred(at=self._now(), trial=trial)
            config = self._decode(flat, cell)
            if self._is_feasible(config):
                self._given[trial] = config, dict(flat)
                self._suggested += 1
                return Suggested(at=self._now(), trial=trial, config=config)
            self._observe(Observation(trial, flat, (), 0.0, "infeasible"))
        where = f" in the grid's cell {cell!r}" if cell else ""
        raise self._misuse(
            f"{INFEASIBLE_IN_A_ROW} suggestions in a row{where} broke the constraint, the last: "
            f"{config!r}; widen constraint=, or build the limit into the space",
        )

    def _adopt(self, trial: str, config: Config) -> None:
        fitting = self._brief.fit(config)
        if fitting is not None and hasattr(self._searcher, "adopt"):
            self._call = "adopt()"
            try:
                self._searcher.adopt(trial, self._brief.translation.encode(fitting))
            except CRASHES as error:
                raise self._failure(f"searcher {self._name!r} failed in adopt()", error) from error

    def _suggest(self, trial: str) -> Config | None:
        """Return a suggestion, first the one that was made together with others."""
        try:
            if self._batch is None:
                self._batch = self._suggest_together(self._unanswered)
            if trial in self._batch:
                return self._batch.pop(trial)
            self._call = "suggest()"
            return self._searcher.suggest(trial)
        except SearchExhausted as end:
            raise _SearchStop(str(end) or "the search space is exhausted") from end
        except CRASHES as error:
            raise self._failure(f"searcher {self._name!r} failed in {self._call}", error) from error

    def _suggest_together(self, trials: Sequence[str]) -> dict[str, Config | None]:
        suggest_batch = getattr(self._searcher, "suggest_batch", None)
        if suggest_batch is None or len(trials) < 2:
            return {}
        self._call = "suggest_batch()"
        made = suggest_batch(list(trials))
        if len(made) != len(trials):
            raise ValueError(f"it answered {made!r} for the {len(trials)} trials {list(trials)!r}")
        return dict(zip(trials, made, strict=True))

    def _decode(self, flat: Config, cell: Mapping[str, Any]) -> Config:
        try:
            drawn, space = self._brief.translation.decode(flat), self._brief.space
            return space.build({**drawn, **cell}) if cell else space.assemble(drawn)
        except ComputationError as error:
            raise self._misuse(str(error), error) from error
        except SpaceError as error:
            raise self._failure(
                f"searcher {self._name!r} suggested something outside its space", error
            ) from error
        except Exception as error:
            raise self._failure(
                f"searcher {self._name!r} suggested {flat!r}, which is no configuration", error
            ) from error

    def _is_feasible(self, config: Config) -> bool:
        try:
            return self._brief.is_feasible(config)
        except UsageError as error:
            raise self._misuse(str(error), error) from error

    def _learn(self, tell: Tell) -> None:
        observation = self._observation(tell)
        if observation is not None:
            self._observe(observation)

    def _observation(self, tell: Tell) -> Observation | None:
        """Return what the searcher is told; None about a trial outside the present space."""
        # Rounded to its step, a suggestion would not be recognised when it is encoded again.
        config, flat = self._given.get(tell.trial, (None, None))
        if flat is None or config != tell.config:
            fitting = self._brief.fit(tell.config)
            if fitting is None:
                return None
            try:
                flat = self._brief.translation.encode(fitting)
            except SpaceError as error:
                raise self._failure(f"trial {tell.trial} lies outside the space", error) from error
        if tell.status in ENDS:
            self._given.pop(tell.trial, None)
        result, scoring = tell.result, self._brief.scoring
        if result is None or (result.violation and scoring is None):
            return Observation(tell.trial, dict(flat), (), 0.0, tell.status, cost_s=tell.cost_s)
        return Observation(
            trial_id=tell.trial,
            config=dict(flat),
            values=scoring.values(result.metrics) if scoring else result.values,
            resource=result.resource,
            status=tell.status,
            metrics=dict(result.metrics),
            cost_s=tell.cost_s,
            constraint_values=scoring.constraint_values(result.metrics) if scoring else (),
        )

    def _observe(self, observation: Observation) -> None:
        self._call = "observe()"
        try:
            self._searcher.observe(observation)
        except CRASHES as error:
            raise self._failure(f"searcher {self._name!r} failed in observe()", error) from error

    @staticmethod
    def _failure(what: str, error: BaseException) -> _SearchStop:
        """Return the end of a search through the searcher's fault."""
        message = f"{what}: {_told(error)}"
        trace = "".join(traceback.format_exception(error))
        return _SearchStop(message, ErrorInfo(type(error).__name__, message, trace, what))

    @staticmethod
    def _misuse(message: str, error: Exception | None = None) -> _SearchStop:
        """Return the end of a search through the user's fault."""
        trace = "".join(traceback.format_exception(error)) if error else ""
        return _SearchStop(message, ErrorInfo(UsageError.__name__, message, trace, message))

    def _end(self, reason: str, error: ErrorInfo | None) -> SearchEnded:
        self._ended = SearchEnded(at=self._now(), reason=reason, error=error)
        return self._ended


def _told(error: BaseException) -> str:
    return str(error) if isinstance(error, TunesmithError) else f"{type(error).__name__}: {error}"
