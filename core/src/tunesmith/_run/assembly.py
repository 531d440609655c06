"""From an experiment to the parts of its run: algorithms, executor, engine, journal."""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Any

import msgspec

from tunesmith._builtin.stoppers import make_stopper
from tunesmith._engine.engine import Engine
from tunesmith._executors.settings import WorkerSettings
from tunesmith._executors.worker import Workers
from tunesmith._journal.header import Header
from tunesmith._journal.log import Journal
from tunesmith._run import naming
from tunesmith._run.advisor import Advisor, DirectAdvisor, ThreadedAdvisor
from tunesmith._run.alignment import AlignedSearcher
from tunesmith._run.counsel import Counsel
from tunesmith._run.experiment import Experiment
from tunesmith._run.fence import FencedExecutor
from tunesmith._run.plan import (
    Algorithms,
    Plan,
    choose,
    draft,
    extent,
    limits,
    pose,
    trials_to_make,
)
from tunesmith._run.record import options_of, resources_at_start
from tunesmith._run.seeds import Seeds
from tunesmith._run.selection import kept
from tunesmith._run.snapshot import Store
from tunesmith._run.succession import Succession
from tunesmith._trainable.checkpoint import CheckpointPolicy
from tunesmith.errors import UsageError
from tunesmith.plugins import (
    Choice,
    Pace,
    Registry,
    SearcherSpec,
    check_methods,
)
from tunesmith.protocols import Executor, ExecutorContext, Problem, Searcher

LOOKAHEAD = 1
"""Suggestions that a slow searcher makes before there is a slot for them."""


class Parts(msgspec.Struct, frozen=True, kw_only=True):
    """All that a driver drives, and the `counsel` behind its advisor."""

    engine: Engine
    journal: Journal
    executor: Executor
    advisor: Advisor
    counsel: Counsel
    snapshots: Store
    folder: Path
    in_process: bool
    virtual: bool
    needs_checkpoints: bool


@contextlib.contextmanager
def assembled(experiment: Experiment, registry: Registry) -> Iterator[Parts]:
    """Make the run's folder and everything that works in it; close it all at the end."""
    plan = draft(experiment, registry)
    name = experiment.name or naming.default_name(experiment.trainable, datetime.now())  # noqa: DTZ005
    folder = naming.make_folder(experiment.storage, name, unique=experiment.name is None)
    with contextlib.ExitStack() as stack:
        try:
            parts = _open(plan, folder, stack)
        except BaseException:
            stack.close()
            _remove_unused(folder)
            raise
        yield parts


@contextlib.contextmanager
def reassembled(
    experiment: Experiment,
    journal: Journal,
    registry: Registry,
    succession: Succession | None = None,
) -> Iterator[Parts]:
    """Make everything that works in an existing run's folder; close it all at the end.

    Raises:
        UsageError: the space changed, and the scheduler makes configurations itself.
    """
    plan = draft(experiment, registry)
    if succession is not None and len(succession.spaces) > 1:
        plan = msgspec.structs.replace(plan, succession=succession)
        spec = plan.scheduler.spec
        if spec.capabilities.explores:
            raise UsageError(
                f"space=: scheduler {spec.name!r} makes configurations itself, within the space it"
                " began with; start a new run, with warm_start="
            )
    with contextlib.ExitStack() as stack:
        yield _open(plan, journal.folder, stack, journal=journal)


def _open(
    plan: Plan, folder: Path, stack: contextlib.ExitStack, *, journal: Journal | None = None
) -> Parts:
    """Make the parts; the executor comes first, to boot while the searcher is imported."""
    experiment = plan.experiment
    begun = context(plan, folder, since=journal.last_at() if journal else 0.0)
    executor = FencedExecutor(_made(plan.executor, begun), plan.executor.spec.name)
    stack.callback(executor.close)
    algorithms = choose(plan)
    at_once = journal.header.extra.get("max_concurrent") if journal else None
    problem = pose(experiment, algorithms, at_once=at_once or executor.slots)
    if journal is not None:
        problem = msgspec.structs.replace(problem, resources=resources_at_start(journal.header))
    searcher = _searcher(algorithms.searcher, problem)
    pace = getattr(searcher, "pace", None) or algorithms.searcher.spec.pace
    lookahead = _lookahead(plan, pace, journal)
    engine = _engine(plan, algorithms, problem, lookahead=lookahead)
    if journal is None:  # all that can be wrong with what was asked for is known by now
        header = describe(plan, algorithms, problem, folder.name)
        header.extra["lookahead"] = lookahead
        journal = stack.enter_context(Journal.create(folder, header))
    snapshots = Store(folder, journal.header.plugins, experiment.space)
    name, brief = algorithms.searcher.spec.name, algorithms.brief(plan)
    counsel = _with_memory(
        partial(Counsel, name=name, brief=brief, now=executor.now),
        searcher,
        snapshots=snapshots,
        seq=journal.last,
        again=partial(_searcher, algorithms.searcher, problem),
    )
    advisor = _advisor(counsel, executor, pace, algorithms.searcher.core_options.timeout_s)
    stack.callback(advisor.close)
    return Parts(
        engine=engine,
        journal=journal,
        executor=executor,
        advisor=advisor,
        counsel=counsel,
        snapshots=snapshots,
        folder=folder,
        in_process=plan.executor.spec.in_process,
        virtual=plan.executor.spec.virtual,
        needs_checkpoints=plan.scheduler.spec.capabilities.needs_checkpoints,
    )


def _lookahead(plan: Plan, pace: Pace, journal: Journal | None) -> int:
    """Return how many suggestions are made ahead; for a run that goes on, as many as before."""
    if journal is not None:
        return int(journal.header.extra.get("lookahead", 0))
    # Whoever wants one trial at a time wants each to be suggested with all before it known.
    is_serial = plan.executor.spec.in_process or plan.experiment.max_concurrent == 1
    return LOOKAHEAD if pace == "slow" and not is_serial else 0


def _with_memory(
    employ: Callable[..., Counsel],
    searcher: Searcher,
    *,
    snapshots: Store,
    seq: int,
    again: Callable[[], Searcher],
) -> Counsel:
    """Have a searcher take up its kept state, or a fresh one begin without."""
    try:
        return employ(searcher, memory=snapshots.find(seq=seq))
    except Exception:  # noqa: BLE001  (a state that cannot be taken up is as good as none)
        snapshots.remove()
        return employ(again())


def _advisor(counsel: Counsel, executor: Executor, pace: Pace, limit_s: float) -> Advisor:
    """Have an instant searcher answer in the driver's thread, and any other in its own."""
    if pace == "instant":
        return DirectAdvisor(counsel)
    return ThreadedAdvisor(counsel, executor, limit_s)


def engine_of(experiment: Experiment, header: Header, registry: Registry) -> Engine:
    """Return a fresh engine for the journal with this header; nothing else of the run is made."""
    plan = draft(experiment, registry)
    algorithms = choose(plan)
    problem = pose(experiment, algorithms, at_once=header.extra.get("max_concurrent"))
    problem = msgspec.structs.replace(problem, resources=resources_at_start(header))
    return _engine(plan, algorithms, problem, lookahead=header.extra.get("lookahead", 0))


def _engine(plan: Plan, algorithms: Algorithms, problem: Problem, *, lookahead: int) -> Engine:
    experiment = plan.experiment
    # What a scheduler decided so far may rest on the space it began with.
    space = plan.succession.spaces[0] if plan.succession else experiment.space
    whole = msgspec.structs.replace(
        problem,
        space=space,
        constraints=experiment.constraint,
        outcome_constraints=experiment.outcome_constraints,
    )
    return Engine(
        limits(plan, algorithms, lookahead=lookahead),
        _made(plan.scheduler, whole),
        make_stopper(experiment.stop, experiment.objectives),
    )


def _searcher(choice: Choice[SearcherSpec], problem: Problem) -> Searcher:
    if choice.alignment is None:
        return _made(choice, problem)  # type: ignore[no-any-return]
    return AlignedSearcher(partial(_made, choice), problem, choice.alignment)


def _made(choice: Choice[Any], first_argument: Any) -> Any:
    """Return the algorithm, which has what its kind cannot do without."""
    made = choice.create(first_argument)
    check_methods(choice.spec, made)
    return made


def context(plan: Plan, folder: Path, *, since: float) -> ExecutorContext:
    """Return what the executor is made with."""
    experiment = plan.experiment
    settings = WorkerSettings(
        trainable=plan.form,
        folder=str(folder),
        experiment=folder.name,
        space=experiment.space,
        resource=experiment.resource,
        objective=experiment.metric[0],
        required=experiment.required,
        resources=experiment.resources,
        checkpoint=CheckpointPolicy(
            every=experiment.checkpoint.every,
            at_decision=plan.scheduler.spec.capabilities.needs_checkpoints,
            at_end=experiment.checkpoint.at_end,
        ),
        capture=not plan.executor.spec.in_process,
    )
    return ExecutorContext(
        worker=Workers(settings),
        folder=str(folder),
        resources=experiment.resources,
        max_concurrent=experiment.max_concurrent,
        seeds=Seeds(experiment.seed),
        since=since,
    )


def describe(plan: Plan, algorithms: Algorithms, problem: Problem, name: str) -> Header:
    """Return the plain-data description that the journal begins with."""
    experiment, form, registry = plan.experiment, plan.form, plan.registry
    used = {
        ("searcher", algorithms.searcher.spec.name),
        ("scheduler", plan.scheduler.spec.name),
        ("executor", plan.executor.spec.name),
    }
    sources = {
        one.source.dist: one.source.version
        for kind, plugin in sorted(used)
        for one in registry.installed(kind)  # type: ignore[arg-type]
        if one.spec.name == plugin
    }
    return Header(
        name=name,
        trainable=form.import_path or form.name,
        importable=bool(form.import_path),
        space=experiment.space.to_dict(),
        objectives=experiment.objectives,
        outcome_constraints=experiment.outcome_constraints,
        searcher=kept(algorithms.searcher),
        scheduler=kept(plan.scheduler),
        executor=kept(plan.executor),
        num_samples=trials_to_make(experiment, algorithms),
        seed=experiment.seed,
        resource=experiment.resource,
        plugins=sources,
        created_at=time.time(),
        version=metadata.version("tunesmith-core"),
        extra={
            "options": options_of(experiment),
            "max_concurrent": problem.max_concurrent,
            **msgspec.to_builtins(extent(experiment, algorithms)),
        },
    )


def _remove_unused(folder: Path) -> None:
    """Remove the folder of a run that never began."""
    if not (folder / naming.JOURNAL).exists():
        shutil.rmtree(folder, ignore_errors=True)
