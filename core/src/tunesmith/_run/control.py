"""Requests to a run from other processes: left in its journal, and read there by its driver."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping
from random import Random
from typing import Any, get_args

import msgspec

from tunesmith._journal.log import Request, request
from tunesmith._journal.reader import Reader
from tunesmith._run.checks.problem import check_num_samples, check_points
from tunesmith._run.checks.surroundings import check_time_budget
from tunesmith._run.extent import Extent, extent_of
from tunesmith._run.feasibility import Feasibility
from tunesmith._run.succession import succession_of
from tunesmith.errors import UsageError
from tunesmith.protocols.events import ControlAction, ControlRequested, ExperimentChanged

EXTEND = "extend"
ACTIONS = (*get_args(ControlAction), EXTEND)
OF_TRIALS = ("boost",)
"""What can be asked of a trial only."""
OF_RUNS = ("enqueue", EXTEND)
"""What can be asked of a run only."""

DONE: Mapping[str, str] = {
    "stop": "stopped",
    "pause": "paused",
    "unpause": "unpaused",
    "boost": "boosted",
    "enqueue": "enqueued",
}
"""What is done on request, for people."""

LOOK_S = 0.05
"""How long to wait before looking again whether there is an answer."""

_ANSWER = "SELECT taken_at, refusal FROM control WHERE id = ?"

_SUGGESTED = "SELECT 1 FROM events WHERE kind = 'Suggested' AND trial = ? LIMIT 1"

Wanted = ControlRequested | ExperimentChanged


class Listener:
    """Turns requests into events of an experiment."""

    def __init__(self, is_feasible: Feasibility, extent: Extent) -> None:
        self._is_feasible = is_feasible
        self._extent = extent

    def event(self, asked: Request, at: float) -> Wanted:
        """Return what is asked for, as an event.

        Raises:
            UsageError: there is no such request, or what it holds makes no sense.
        """
        if asked.action not in ACTIONS:
            raise UsageError(f"unknown request {asked.action!r}; there are {', '.join(ACTIONS)}")
        if asked.trial and asked.action in OF_RUNS:
            raise UsageError(f"{asked.action} concerns the run, not trial {asked.trial}")
        if not asked.trial and asked.action in OF_TRIALS:
            raise UsageError(f"{asked.action} needs a trial")
        if asked.action == EXTEND:
            return ExperimentChanged(at=at, changes=self._changes(asked.payload))
        return ControlRequested(
            at=at,
            action=asked.action,  # type: ignore[arg-type]
            trial=asked.trial,
            reason=str(asked.payload.get("reason") or f"{DONE[asked.action]} by the user"),
            config=self._config(asked.payload) if asked.action == "enqueue" else None,
        )

    def _changes(self, payload: Mapping[str, Any]) -> dict[str, int | float | None]:
        changes: dict[str, int | float | None] = {}
        if payload.get("num_samples") is not None:
            number = check_num_samples(payload["num_samples"])
            changes["num_samples"] = self._extent.trials(number)
        if payload.get("time_budget_s") is not None:
            changes["time_budget_s"] = check_time_budget(payload["time_budget_s"])
        if not changes:
            raise UsageError("extend needs num_samples or time_budget_s")
        return changes

    def _config(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        chance = Random()  # noqa: S311  (what is drawn is recorded)
        try:
            return check_points([payload.get("config")], self._is_feasible, chance)[0]
        except UsageError as error:
            raise UsageError(str(error).replace("points_to_evaluate[0]", "config")) from error


class Reply(msgspec.Struct, frozen=True):
    """What became of a request.

    `is_live` tells whether a driver was there to hear it, `is_done` whether it was carried out;
    else `refusal` says why not, or is empty while there is no answer.
    """

    is_live: bool
    is_done: bool = False
    refusal: str = ""


def send(
    path: str, action: str, *, trial: str = "", patience_s: float = 10.0, **payload: Any
) -> Reply:
    """Leave a request for a run, and wait for the answer if the run is under way.

    Raises:
        UsageError: there is no such run, or the request makes no sense for it.
    """
    trial = trial.zfill(4) if trial else ""
    with contextlib.closing(Reader(path)) as reader:
        asked = Request(0, time.time(), action, trial, payload)
        space = succession_of(reader.header, reader.changes()).now
        # Constraints are with the driver, which has the last word.
        listener = Listener(Feasibility(space), extent_of(reader.header))
        event = listener.event(asked, asked.at)
        if isinstance(event, ControlRequested) and event.config is not None:
            payload["config"] = event.config  # with what was drawn for it, once and for all
        is_live = reader.state() == "running"
        if not is_live:
            _check_at_rest(reader, action, trial)
        number = request(reader.folder, action, at=asked.at, trial=trial, payload=payload)
        until = time.monotonic() + patience_s
        while is_live and time.monotonic() < until:
            taken_at, refusal = reader.select(_ANSWER, (number,))[0]
            if taken_at is not None:
                return Reply(is_live, is_done=not refusal, refusal=refusal or "")
            time.sleep(LOOK_S)
            is_live = reader.state() == "running"
    return Reply(is_live)


def _check_at_rest(reader: Reader, action: str, trial: str) -> None:
    """Refuse what makes no sense for a run of which no driver is there to say so."""
    if action == "stop" and not trial:
        raise UsageError(
            f"the run is not under way, but {reader.state()}: there is nothing to stop"
        )
    if trial and not reader.select(_SUGGESTED, (trial,)):
        raise UsageError(
            f"there is no trial {trial!r}; `tunesmith trials {reader.folder}` lists them"
        )
