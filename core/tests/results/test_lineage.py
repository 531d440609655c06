"""Lineage: which configurations led to a trial, through those it was cloned from."""

from collections.abc import Callable
from typing import Any

from tunesmith._journal.lineage import Stage
from tunesmith._run.results import load
from tunesmith.protocols import Checkpoint, commands, events

Make = Callable[..., Any]


def at(trial: str, resource: float) -> Checkpoint:
    """Return the checkpoint that `Run.save` makes."""
    return Checkpoint(trial, resource, f"trials/{trial}/checkpoints/{resource:g}")


def relaunch(run: Any, trial: str, checkpoint: Checkpoint, **config: Any) -> None:
    """End an attempt, and start the next one from a checkpoint."""
    attempt = run.attempts[trial] + 1
    launch = commands.Launch(trial=trial, attempt=attempt, config=config, checkpoint=checkpoint)
    run.about(events.TrialEnded, trial, launch, outcome="interrupted")
    run.start(trial)


def forked(make: Make) -> Any:
    """Return a run in which 0001 learns from 0002, which then learns from 0001."""
    run = make()
    for trial, lr in (("0001", 0.1), ("0002", 0.2)):
        run.suggest(trial, lr=lr)
        run.start(trial)
        run.save(trial, 2)
        run.report(trial, 1, 0.1, lr)
    relaunch(run, "0001", at("0002", 2), lr=0.3)
    run.save("0001", 4)
    run.report("0001", 3, 0.4, 0.5)
    relaunch(run, "0002", at("0001", 4), lr=0.4)
    run.save("0002", 6)
    run.report("0002", 5, 0.6, 0.7)
    return run


def test_a_lineage_goes_back_through_the_clones(make: Make) -> None:
    """Every stage has the resource it began at, its configuration, and whose checkpoint it took."""
    results = load(forked(make).finish())
    beginning = (Stage(0.0, {"lr": 0.2}), Stage(2.0, {"lr": 0.3}, "0002"))
    assert results["0001"].lineage == beginning
    assert results["0002"].lineage == (*beginning, Stage(4.0, {"lr": 0.4}, "0001"))
    assert results["0002"].lineage[-1].config == results["0002"].config


def test_a_lineage_leads_to_the_report_that_the_trial_is_judged_by(make: Make) -> None:
    """A trial whose best report came before its fork has the lineage of that report."""
    run = forked(make)
    relaunch(run, "0001", at("0002", 6), lr=0.9)
    run.report("0001", 7, 0.05)
    results = load(run.finish())
    assert [stage.resource for stage in results["0001"].lineage] == [0, 2]
    last = results.best_by(scope="last")
    assert last.id == "0002"
    assert load(run.folder)["0001"].config == {"lr": 0.3}


def test_going_on_after_a_pause_or_a_loss_is_no_new_stage(make: Make) -> None:
    """A relaunch with the same configuration from the trial's own checkpoint changes nothing."""
    run = forked(make)
    relaunch(run, "0002", at("0002", 6), lr=0.4)
    run.report("0002", 7, 0.9)
    assert [stage.resource for stage in load(run.finish())["0002"].lineage] == [0, 2, 4]


def test_a_fork_onto_itself_is_a_stage(make: Make) -> None:
    """A trial that goes on from its own checkpoint with another configuration shows it."""
    run = forked(make)
    relaunch(run, "0002", at("0002", 6), lr=0.5)
    run.report("0002", 7, 0.9)
    results = load(run.finish())
    assert results["0002"].lineage[-1] == Stage(6.0, {"lr": 0.5}, "0002")


def test_without_forks_the_suggestion_is_the_lineage(make: Make) -> None:
    """A trial that ran as suggested, or never, has one stage."""
    run = make()
    run.suggest("0001", lr=0.1)
    results = load(run.finish())
    assert results["0001"].lineage == (Stage(0.0, {"lr": 0.1}),)


def test_a_first_attempt_may_be_a_fork(make: Make) -> None:
    """A trial that was forked before it ever ran is recorded with what it ran."""
    run = forked(make)
    run.suggest("0003", lr=0.6)
    launch = commands.Launch(
        trial="0003", attempt=1, config={"lr": 0.7}, checkpoint=at("0002", 2), until=9.0
    )
    run.add(events.CapacityChanged, [launch], slots=3)
    run.start("0003")
    run.report("0003", 3, 0.3)
    trial = load(run.finish())["0003"]
    assert trial.lineage == (Stage(0.0, {"lr": 0.2}), Stage(2.0, {"lr": 0.7}, "0002"))
    assert trial.config == {"lr": 0.7}


def test_of_two_checkpoints_at_one_resource_the_reports_own_is_shown(make: Make) -> None:
    """After a fork back to an earlier resource, the best report keeps its own checkpoint."""
    run = make()
    for trial in ("0001", "0002"):
        run.suggest(trial, lr=0.1)
        run.start(trial)
        run.save(trial, 2)
        run.report(trial, 2, 0.9 if trial == "0001" else 0.1)
    relaunch(run, "0001", at("0002", 2), lr=0.2)
    path = "trials/0001/checkpoints/again"
    (run.folder / path).mkdir()
    run.about(events.CheckpointSaved, "0001", checkpoint=Checkpoint("0001", 2, path))
    run.report("0001", 2, 0.2)
    best = load(run.finish()).best
    assert best.checkpoint is not None
    assert best.checkpoint.path.name == "2"
