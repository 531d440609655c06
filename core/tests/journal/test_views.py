"""The SQL views and the index agree with a plain reading of the events, whatever happened."""

import json
import math
import tempfile
from typing import Any, NamedTuple

from hypothesis import example, given, settings
from hypothesis import strategies as st

from tunesmith._journal.archive import Archive
from tunesmith._journal.header import Header
from tunesmith._journal.log import Entry, Journal
from tunesmith.protocols import (
    Checkpoint,
    ErrorInfo,
    Objective,
    OutcomeConstraint,
    Report,
    events,
)
from tunesmith.protocols.commands import Launch, Pause, Tell

COLUMNS = (
    "trial, status, reason, attempts, config, iterations, resource, last_value, best_value, "
    "error, started_at, ended_at, checkpoint"
)
HAPPENINGS = [
    "start",
    "report",
    "report",
    "report",
    "pause",
    "complete",
    "stop",
    "interrupt",
    "fail",
    "lose",
    "give_up",
    "hang",
    "save",
    "fork",
    "hold",
    "release",
    "halt",
    "go",
]
LIFE = {"start", "pause", "complete", "stop", "interrupt", "fail", "lose", "give_up", "hang"}
VALUES = st.one_of(
    st.sampled_from([math.nan, math.inf, -math.inf, None, "high", True, 3, 0.0]),
    st.floats(-10, 10),
)


class Step(NamedTuple):
    """Something that happens to one of three trials, with the objective's values it reports."""

    what: str
    trial: int
    values: list[Any]


STEPS = st.lists(
    st.builds(
        Step,
        st.sampled_from(HAPPENINGS),
        st.integers(0, 2),
        st.lists(st.one_of(VALUES, st.just("none at all")), min_size=1, max_size=3),
    ),
    max_size=25,
)


class World:
    """Turns steps into journal entries, and keeps beside them what the trials view must show."""

    def __init__(self, mode: str, limit: float = math.inf) -> None:
        self.mode, self.limit = mode, limit
        self.entries: list[Entry] = []
        self.rows: list[dict[str, Any]] = []
        self.results: list[tuple[Any, ...]] = []
        self.halted: set[str] = set()
        self.held: dict[str, str] = {}
        self.resting: dict[str, str] = {}
        self.last_words: dict[str, str] = {}
        self.add(events.RunStarted(at=0.0))
        for number in range(3):
            config = {"n": number, "odd": math.nan}
            self.add(events.Suggested(at=0.5, trial=f"000{number}", config=config))
            row = dict.fromkeys(COLUMNS.split(", "))
            row |= {"trial": f"000{number}", "status": "pending", "reason": "", "attempts": 0}
            row |= {"config": {"n": number, "odd": None}}
            self.rows.append(row)

    def add(self, event: events.AnyEvent, *commands: Any) -> None:
        self.entries.append((event, commands))

    def take(self, step: Step) -> None:
        at = float(len(self.entries))
        if step.what in LIFE:
            self.halted.discard(self.rows[step.trial]["trial"])
        row = self.rows[step.trial]
        if step.what in LIFE:
            self.resting.pop(row["trial"], None)
        trial, attempt = row["trial"], row["attempts"]
        known = {"at": at, "trial": trial, "attempt": attempt}
        match step.what:
            case "start":
                self.add(events.TrialStarted(at=at, trial=trial, attempt=attempt + 1))
                row |= {"status": "running", "reason": "", "attempts": attempt + 1}
                row |= {"error": None, "ended_at": None}
                row["started_at"] = at if row["started_at"] is None else row["started_at"]
            case "report":
                self.report(known, row, step.values)
            case "pause":
                reason = f"rung {at}"
                pause = Pause(trial=trial, attempt=attempt, reason=reason)
                self.add(events.DeadlineReached(at=at, name="x"), pause)
                self.add(events.TrialPaused(**known))
                self.resting[trial] = reason
                self.close(row, "paused", self.held.get(trial, reason))
            case "complete":
                self.add(events.TrialEnded(**known, outcome="completed"))
                self.close(row, "completed", "", at)
            case "stop":
                self.add(events.TrialEnded(**known, outcome="stopped", reason="worse"))
                self.close(row, "stopped", "worse", at)
            case "interrupt":
                self.add(events.TrialEnded(**known, outcome="interrupted", reason="later"))
                self.wait(row, "later")
            case "fail":
                error = ErrorInfo("ValueError", "bad\nlr", "Traceback ...")
                self.add(events.TrialEnded(**known, outcome="failed", error=error))
                self.close(row, "failed", "", at, "ValueError: bad\nlr")
            case "lose":
                self.add(events.TrialLost(**known, failure="node_lost"))
                self.wait(row, "node_lost")
            case "give_up":
                tell = Tell(trial=trial, config={}, status="failed", result=None)
                self.add(events.TrialLost(**known, failure="oom", reason="9 GB"), tell)
                self.close(row, "failed", "9 GB", at, "oom: 9 GB")
            case "hang":
                tell = Tell(trial=trial, config={}, status="failed", result=None)
                ended = events.TrialEnded(**known, outcome="interrupted", reason="no report")
                self.add(ended, tell)
                self.close(row, "failed", "no report", at, "timeout: no report")
            case "save":
                checkpoint = Checkpoint(trial, at, f"trials/{trial}/checkpoints/{at:g}")
                self.add(events.CheckpointSaved(**known, checkpoint=checkpoint))
                row["checkpoint"] = checkpoint.path
            case "fork":
                config = {"n": at, "odd": math.inf}
                launch = Launch(trial=trial, attempt=attempt + 2, config=config)
                self.add(events.DeadlineReached(at=at, name="x"), launch)
                row["config"] = {"n": at, "odd": None}
            case "hold":
                asked = {"action": "pause", "trial": trial, "reason": f"asked at {at}"}
                self.add(events.ControlRequested(at=at, **asked))
                self.held[trial] = asked["reason"]
                self.ask(row)
            case "release":
                self.add(events.ControlRequested(at=at, action="unpause", trial=trial))
                self.held.pop(trial, None)
                self.ask(row)
            case "halt":
                self.add(events.RunEnded(at=at, status="stopped", reason="Ctrl-C"))
                self.halt("Ctrl-C")
            case "go":
                self.add(events.RunStarted(at=at))
                self.halt("")

    def report(self, known: dict[str, Any], row: dict[str, Any], values: list[Any]) -> None:
        reports = []
        for place, value in enumerate(values):
            resource = float(len(self.results) + 1)
            metrics = {"training_iteration": int(resource), "time_total_s": 0.5, "timestamp": 9.0}
            if value != "none at all":
                metrics["loss"] = value
            reports.append(Report(resource, metrics))
            is_number = isinstance(value, int | float) and math.isfinite(value)
            shown = value if is_number or isinstance(value, str) else None
            shown = None if value == "none at all" else shown
            self.results.append(
                (known["trial"], known["attempt"], resource, int(resource), shown, place)
            )
            row |= {"iterations": int(resource), "resource": resource}
            if value != "none at all":
                row["last_value"] = shown
            if is_number and value <= self.limit:
                best = min if self.mode == "min" else max
                old = row["best_value"]
                row["best_value"] = value if old is None else best(old, value)
        self.add(events.Reported(**known, reports=tuple(reports)))

    def halt(self, reason: str) -> None:
        for row in self.rows:
            if row["status"] == "running" or row["trial"] in self.halted:
                self.halted.add(row["trial"])
                self.wait(row, reason)
                self.last_words[row["trial"]] = reason

    def ask(self, row: dict[str, Any]) -> None:
        """A request changes how a trial that holds no slot shows."""
        if row["status"] in {"pending", "paused"}:
            trial = row["trial"]
            self.wait(row, self.resting.get(trial, self.last_words.get(trial, "")))

    def wait(self, row: dict[str, Any], reason: str) -> None:
        trial = row["trial"]
        if trial not in self.resting:
            self.last_words[trial] = reason
        status = "paused" if trial in self.held or trial in self.resting else "pending"
        self.close(row, status, self.held.get(trial, reason))

    @staticmethod
    def close(
        row: dict[str, Any],
        status: str,
        reason: str,
        at: float | None = None,
        error: str | None = None,
    ) -> None:
        row |= {"status": status, "reason": reason, "ended_at": at, "error": error}


HELD_AND_RELEASED = [
    Step(what, 0, [1.0])
    for what in ("start", "interrupt", "hold", "hold", "go", "release", "hold", "halt", "release")
]


@settings(max_examples=60, deadline=None)
@given(STEPS, st.sampled_from(["min", "max"]), st.sampled_from([math.inf, 5.0]))
@example(HELD_AND_RELEASED, "min", 5.0)
@example([Step(what, 0, [1.0]) for what in ("start", "halt", "hold", "release", "go")], "min", 5.0)
@example([Step(what, 0, [1.0]) for what in ("start", "halt", "hold", "go", "release")], "min", 5.0)
@example([Step("start", 0, [1.0]), Step("report", 0, [9.0, 4.0, 6.0])], "max", 5.0)
def test_views_and_index_show_what_happened(steps: list[Step], mode: Any, limit: float) -> None:
    """For any history, the trials and results views and the index equal a plain account of it.

    What breaks an outcome constraint is no best value.
    """
    world = World(mode, limit)
    for step in steps:
        world.take(step)
    header = Header(
        name="x",
        trainable="t",
        space={},
        objectives=(Objective("loss", mode),),
        outcome_constraints=[OutcomeConstraint("loss", "<=", limit)] if limit < math.inf else [],
        searcher={},
        scheduler={},
        executor={},
    )
    with tempfile.TemporaryDirectory() as folder:
        with Journal.create(folder, header) as journal:
            journal.append(world.entries)
        archive = Archive(folder)
        check_views(archive, world)
        check_index(archive, world)
        archive.reader.close()


def check_views(archive: Archive, world: World) -> None:
    rows = archive.reader.select(f"SELECT {COLUMNS} FROM trials")  # noqa: S608 (a constant)
    found = [dict(zip(COLUMNS.split(", "), row, strict=True)) for row in rows]
    for row in found:
        row["config"] = json.loads(row["config"])
    assert found == world.rows
    query = "SELECT trial, attempt, resource, training_iteration, value, place FROM results"
    assert archive.reader.select(query) == world.results


def check_index(archive: Archive, world: World) -> None:
    for row in world.rows:
        record = archive.index.records[row["trial"]]
        best, last = record.best, record.last
        assert (record.status, record.reason, record.attempts) == (
            row["status"],
            row["reason"],
            row["attempts"],
        )
        assert (record.iterations, record.resource) == (row["iterations"], row["resource"])
        assert (best and best.values[0]) == row["best_value"]
        text = isinstance(row["last_value"], str)
        is_shown = not text and row["last_value"] is not None and row["last_value"] <= world.limit
        assert (last and last.values[0]) == (row["last_value"] if is_shown else None)
        assert record.started_at == row["started_at"]
        assert archive.config(record.id, record.config)["n"] == row["config"]["n"]
        if row["status"] in {"completed", "stopped", "failed"}:
            assert record.ended_at == row["ended_at"]
        if row["status"] == "failed":
            assert archive.error(record.error) in {
                "Traceback ...",
                "oom: 9 GB",
                "timeout: no report",
            }


def test_the_index_takes_in_what_is_new(make: Any) -> None:
    """An index fed in two parts equals one fed at once: what it costs is what is new."""
    journal = make()
    world = World("min")
    steps = [Step(what, number % 3, [0.5]) for number, what in enumerate(HAPPENINGS)]
    archive = Archive(journal.folder)
    for step in steps:
        done = len(world.entries)
        world.take(step)
        journal.append(world.entries[done if archive.index.seq else 0 :])
        archive.refresh()
    assert archive.index.records == Archive(journal.folder).index.records
    check_index(archive, world)
