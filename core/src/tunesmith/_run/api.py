"""The functions people call: run an experiment."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from tunesmith._journal.checkpoints import sweep_unknown
from tunesmith._journal.log import Journal
from tunesmith._run import watchers
from tunesmith._run.assembly import Parts, assembled, reassembled
from tunesmith._run.audience import Audience
from tunesmith._run.board import Facts
from tunesmith._run.checks.surroundings import check_run, check_switch
from tunesmith._run.configs import CheckpointConfig, FailureConfig
from tunesmith._run.control import Listener
from tunesmith._run.display import Display
from tunesmith._run.driver import Driver
from tunesmith._run.expectation import expectation_of
from tunesmith._run.experiment import Experiment
from tunesmith._run.extent import extent_of
from tunesmith._run.fence import ExecutorFailure
from tunesmith._run.forecast import forecast
from tunesmith._run.goal import Goal, later, past_of
from tunesmith._run.interrupts import handled
from tunesmith._run.memory import recall
from tunesmith._run.ownership import check_owner
from tunesmith._run.questions import Questions
from tunesmith._run.record import experiment_of
from tunesmith._run.relocation import moved
from tunesmith._run.replay import replay
from tunesmith._run.results import Results, conclude
from tunesmith._run.revival import Revival
from tunesmith._run.succession import present
from tunesmith._run.unsaved import Unsaved
from tunesmith._run.watchdog import Watchdog
from tunesmith.errors import TrialError, TunesmithError
from tunesmith.plugins import Registry, default_registry
from tunesmith.protocols import Config
from tunesmith.protocols.events import AnyEvent, RunEnded

STOPPING = "stopping: running trials end at their next report; press Ctrl-C again to stop now"

STOPPED_WITH = "stopped with"
"""How the reason of a run begins that a signal ended."""


def run(
    trainable: Any,
    space: Any = None,
    *,
    metric: str | Sequence[str] | None = None,
    mode: str | Sequence[str] | None = None,
    searcher: Any = "random",
    scheduler: Any = "fifo",
    num_samples: int | None = None,
    stop: Any = None,
    time_budget_s: float | None = None,
    max_concurrent: int | None = None,
    resources: Any = None,
    resource: str = "training_iteration",
    executor: Any = "auto",
    storage: str | os.PathLike[str] = "runs",
    name: str | None = None,
    seed: int | None = None,
    callbacks: Sequence[Any] = (),
    checkpoint: CheckpointConfig | None = None,
    failure: FailureConfig | None = None,
    points_to_evaluate: Sequence[Mapping[str, Any]] = (),
    warm_start: str | os.PathLike[str] | Sequence[str | os.PathLike[str]] = (),
    constraint: Callable[[Config], bool] | Sequence[Callable[[Config], bool]] = (),
    outcome_constraints: str | Sequence[str] = (),
    verbose: int = 1,
    dry_run: bool = False,
    **unknown: Any,
) -> Results:
    """Run trials of `trainable` over `space` and return what came of them.

    Args:
        trainable: A function of a config that returns, yields or `tune.report`s metrics; a class
            with `setup` and `step`; or the import path "package.module:name" of one.
        space: Nested dict of domains (`tune.uniform`, `tune.choice`, …) and constants.
        metric: Name of the metric to optimise, or several.
        mode: "min" or "max" for each metric.
        searcher: What proposes configurations: a name, {"name": …, **options}, or a factory.
        scheduler: What decides from intermediate results; likewise.
        num_samples: How many trials to run (for each cell of the grid, if the space has
            `grid_search`; with searcher="grid", at most so many in all). None: until `stop`,
            `time_budget_s` or the searcher ends the run.
        stop: When a trial is done: {"training_iteration": 27, "accuracy": 0.99}, a function of
            trial id and metrics, or stoppers. A metric reaches its threshold from below, but one
            that is minimised from above; for any other direction, give a function.
        time_budget_s: Seconds after which all trials are stopped; a resume goes on counting.
        max_concurrent: How many trials may run at once; None: as many as fit.
        resources: What one trial needs, as {"cpu": 1, "gpu": 0.5}, or a list of such bundles.
        resource: The metric that says how far a trial has trained; it must grow.
        executor: Where trials run: "ray", "inline", or "auto" for the best that is installed.
        storage: Folder for runs.
        name: The run's name, that of its folder; a fresh one by default.
        seed: Makes the run reproducible; drawn, and recorded, by default.
        callbacks: Objects with any of the hooks of `tunesmith.protocols.Callback`, or names.
        checkpoint: When to save trials, and what to keep.
        failure: What to do about failures.
        points_to_evaluate: Configurations to try first, at most `num_samples`; missing parameters
            are sampled.
        warm_start: Folders of earlier runs, of which the searcher learns before it suggests: all
            trials whose configuration is one of `space`, constants aside. They are copied into the
            new run's journal, so that it can be resumed without them.
        constraint: Functions of a config that must all hold; infeasible suggestions cost no trial.
        outcome_constraints: Limits on what trials report, as in "latency_ms <= 100". A report that
            breaks one is never the best; schedulers rank it behind all that keep to them.
        verbose: 0 prints nothing, 1 progress and summary, 2 a line for each change of a trial.
        dry_run: Run nothing but one trial's first reports, in this process and leaving nothing
            behind, and return a `Forecast` of trials, time and disk in place of results.
        unknown: Refused, with the closest name there is.

    Ctrl-C ends the run cleanly: running trials end at their next report, and what came of it is
    returned. A second one ends it now; everything reported until then is recorded.

    Raises:
        UsageError: something above cannot be; raised before the first trial.
        PluginError: an algorithm is missing, broken, or failed while it ran.
        TrialError: training code failed in a way that ended the run.
        KeyboardInterrupt: the run was ended by a second Ctrl-C.
    """
    given = {key: value for key, value in locals().items() if value is not None}
    given |= {"trainable": trainable, **given.pop("unknown")}
    is_rehearsal = check_switch("dry_run", given.pop("dry_run", None))
    experiment = Experiment.create(**given)
    if is_rehearsal:
        told = forecast(experiment)
        if verbose:
            print(told)  # noqa: T201 (what was asked for)
        return told  # type: ignore[return-value]
    return execute(experiment)


def execute(experiment: Experiment, registry: Registry | None = None) -> Results:
    """Run an experiment to its end; see `run`."""
    registry = registry or default_registry()
    callbacks = watchers.resolve(experiment.callbacks, registry)
    memories = recall(experiment)
    with assembled(experiment, registry) as parts:
        opening = [msgspec.structs.replace(one, at=parts.executor.now()) for one in memories]
        conducted = _conduct(experiment, parts, callbacks, opening=opening)
    return _conclude(conducted)


def resume(
    path: str | os.PathLike[str],
    trainable: Any = None,
    *,
    trust: bool = False,
    **changes: Any,
) -> Results:
    """Go on with a run that was stopped or cut off, as if it never had been, and return it all.

    Its events are played back to a fresh scheduler and searcher, which thereby stand where they
    stood (a slow searcher's state is kept now and then, and taken up from there); trials that ran
    go on from their newest checkpoint, or else from their start, and report nothing twice.

    Args:
        path: The run's folder.
        trainable: The training code; needed only where the run knows no import path of it.
        trust: Go on although another user wrote the run. Checkpoints and the searcher's state are
            unpickled, which can run any code; reading a run never does.
        changes: `num_samples` or `time_budget_s`, to go on for longer; `max_resource`, to train
            further than the scheduler or `stop` said; `revive`, to have trials go on that were
            over: "failed", "completed", "stopped", "all", or a list of trials; `space`, to draw
            new trials from another one, with `assume` for what earlier trials are taken to have
            had as parameters that were added ({"dropout": 0.0}); `failure`,
            `max_concurrent`, `resources`, `executor`, `callbacks`, `checkpoint`, `verbose`, to go
            on in another way; and what a journal cannot hold, such as a `stop` function, or a
            `scheduler` with a function among its options, given as it was.

    Raises:
        UsageError: there is no such run, it is still running, or something is missing or
            contradicts what was decided so far.
        PluginError, TrialError, KeyboardInterrupt: as `run`.
    """
    registry = default_registry()
    given = changes if trainable is None else {"trainable": trainable, **changes}
    with Journal.open(check_run(path)) as journal:
        if not check_switch("trust", trust):
            check_owner(journal.folder)
        past = past_of(journal)
        header = present(past.header, past.succession, given.get("space"))
        experiment = experiment_of(header, journal.folder, given)
        goal = later(experiment, past, given)
        callbacks = watchers.resolve(experiment.callbacks, registry)
        with reassembled(experiment, journal, registry, goal.succession) as parts:
            conducted = _conduct(goal.experiment, parts, callbacks, goal=goal)
    return _conclude(conducted)


class _Conducted(msgspec.Struct, frozen=True):
    """A run that is over, and those who are yet to be told what came of it."""

    parts: Parts
    display: Display
    told: watchers.Watchers
    ended: RunEnded
    broken_off: KeyboardInterrupt | ExecutorFailure | None


def _conduct(
    experiment: Experiment,
    parts: Parts,
    callbacks: Sequence[Any],
    *,
    goal: Goal | None = None,
    opening: Sequence[AnyEvent] = (),
) -> _Conducted:
    """Drive the parts to the end, before the eyes of display and callbacks."""
    with contextlib.ExitStack() as stack:
        display = _display(experiment, parts)
        stack.callback(display.close)
        if goal:
            opening = _take_up(parts, goal, display)
        watchdog = Watchdog(parts.folder, experiment.failure.watchdog_s, parts.engine, display.warn)
        stack.callback(watchdog.close)
        told = watchers.Watchers([*callbacks, *_guards(parts, display)], display.warn)
        audience = Audience(
            told,
            display if experiment.verbose else None,
            experiment.scoring,
            expectation=expectation_of(experiment.stop, display.warn),
        )
        driver = Driver(
            parts.engine,
            parts.journal,
            executor=parts.executor,
            advisor=parts.advisor,
            audience=audience,
            listener=Listener(experiment.is_feasible, extent_of(parts.journal.header)),
            watchdog=watchdog,
            revival=Revival(parts.folder, parts.executor.now),
            snapshots=parts.snapshots,
            folder=parts.folder,
            in_process=parts.in_process,
            virtual=parts.virtual,
        )
        told.on_experiment_start(experiment)
        display.on_experiment_start(experiment)
        ended, broken_off = _drive(driver, display, opening)
    return _Conducted(parts, display, told, ended, broken_off)


def _guards(parts: Parts, display: Display) -> list[Unsaved]:
    """Return who watches that the run can do what it is meant to."""
    can_save = not parts.needs_checkpoints or bool(parts.engine.checkpoints())
    name = parts.journal.header.scheduler["name"]
    return [] if can_save else [Unsaved(name, display.warn)]


def _conclude(conducted: _Conducted) -> Results:
    """Tell what came of a run whose parts are closed, workers and journal among them."""
    parts, ended = conducted.parts, conducted.ended
    sweep_unknown(parts.folder, parts.engine.checkpoints())
    results = conclude(parts.folder)
    conducted.display.board.tick(ended.at, results.counts)
    conducted.display.on_experiment_end(ended)
    conducted.told.on_experiment_end(results)
    if isinstance(conducted.broken_off, KeyboardInterrupt):
        raise conducted.broken_off
    if ended.status == "failed":
        failure = parts.engine.failure or conducted.broken_off
        raise _failure(parts, ended, results) from failure and failure.__cause__
    return results


def _failure(parts: Parts, ended: RunEnded, results: Results) -> TunesmithError:
    """Return the error of a failed run; where training code failed, its traceback comes first."""
    fault, place = parts.engine.fault, f"the run is in {_path(parts)}"
    first = next((trial.error for trial in results if trial.error), "")
    if fault is not TrialError or not first.startswith("Traceback"):
        return fault(f"{ended.reason}\n{place}")
    # The traceback ends with what the reason ends with.
    return fault(f"{first.rstrip()}\n{ended.reason.partition(': ')[0]}; {place}")


def _take_up(parts: Parts, goal: Goal, display: Display) -> list[AnyEvent]:
    """Bring the parts to where the journal ends; return what has to happen first."""
    revival = Revival(parts.folder, parts.executor.now)
    answers = replay(
        parts.journal,
        parts.engine,
        Questions(parts.advisor, parts.counsel.position, len(goal.succession.spaces) - 1),
        revival=revival,
        recall=display.recall,
        warn=display.warn,
    )
    sweep_unknown(parts.folder, parts.engine.checkpoints())
    display.aim(*parts.engine.goal)
    at = parts.executor.now()
    changes = goal.events(parts.engine, revival, at)
    moves = moved(goal.experiment, goal.succession, parts.journal, at) if goal.moves else []
    return [*answers, *changes, *moves]


def _drive(
    driver: Driver, display: Display, opening: Sequence[AnyEvent]
) -> tuple[RunEnded, KeyboardInterrupt | ExecutorFailure | None]:
    """Run to the end; return it, and what brought it about at once, if anything did."""

    def stop(signal: str) -> None:
        display.say(STOPPING)
        driver.request_stop(f"{STOPPED_WITH} {signal}")

    with handled(stop, driver.shield):
        try:
            return driver.run(opening), None
        except KeyboardInterrupt as interrupt:
            # The debugger is quit with a message of its own.
            reason = str(interrupt) or f"{STOPPED_WITH} Ctrl-C, at once"
            return driver.abort("stopped", reason), interrupt
        except ExecutorFailure as failure:
            return driver.abort("failed", str(failure)), failure


def _display(experiment: Experiment, parts: Parts) -> Display:
    header = parts.journal.header
    facts = Facts(
        name=header.name,
        path=_path(parts),
        objectives=experiment.objectives,
        outcome_constraints=experiment.outcome_constraints,
        searcher=header.searcher["name"],
        scheduler=header.scheduler["name"],
        executor=header.executor["name"],
        num_samples=header.num_samples,
        time_budget_s=experiment.time_budget_s,
        resource=experiment.resource,
    )
    return Display(
        facts, verbose=experiment.verbose, live=not parts.in_process, clock=parts.executor.now
    )


def _path(parts: Parts) -> str:
    relative = os.path.relpath(parts.folder)
    return str(parts.folder) if relative.startswith("..") else relative
