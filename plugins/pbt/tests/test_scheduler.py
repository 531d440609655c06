"""Who learns from whom, who waits for whom, and who gets a slot."""

from collections import Counter
from math import nan
from random import Random

import pytest

from tunesmith.protocols import Objective, Problem, commands
from tunesmith.protocols.events import Reported
from tunesmith.space import parse_space, uniform
from tunesmith.testing.worlds import World
from tunesmith_pbt.factory import pbt

SPACE = parse_space({"x": uniform(0, 1)})


def play(loss, *, slots=4, samples=4, length=8, world=None, fail=(), **options):
    """Let a population train to its end; `loss` is a function of trial id and resource."""
    problem = Problem(
        space=SPACE,
        objectives=(Objective("loss", "min"),),
        seeds=lambda name: Random(f"3/{name}"),
        num_samples=samples,
        max_resource=length,
    )
    options = {"explore": "noise", "resample_probability": 0, **options}
    world = World(
        pbt(problem, **options),
        slots=slots,
        length=length,
        num_samples=samples,
        suggest=lambda number: {"x": number / 10},
        **{"saves": True, **(world or {})},
    )
    world.deliver()
    fail = dict(fail)
    while world.finish is None:
        assert world.running, f"hang: {world.engine.counts()}"
        for trial in sorted(world.running):
            if trial in world.running and world.running[trial].at == fail.get(trial, -1):
                world.fail(trial)
            elif trial in world.running:
                world.step(trial, loss(trial, world.running[trial].at + 1))
            world.deliver()
    assert world.finish.status == "completed", world.finish.reason
    return world


def forks(world):
    """Return the forks: (trial, source, resource)."""
    return [
        (c.trial, c.checkpoint.trial, c.checkpoint.resource)
        for c in world.of(commands.Launch)
        if c.checkpoint is not None and c.checkpoint.trial != c.trial
    ]


def rising(trial, at):
    """The first trial is best, and all get better."""
    return int(trial) - at / 100


def waits(world):
    """Return the decision points in order: (trial, resource)."""
    return [
        (e.trial, e.reports[-1].resource)
        for e in world.history
        if type(e) is Reported and e.waiting
    ]


def test_the_worst_becomes_a_clone_of_the_best():
    """Of four, with a quantile of 0.25, the last goes on from the first, with its configuration."""
    world = play(rising, quantile=0.25, length=4, interval=2, noise=0.01)
    (trial, source, resource), *_ = forks(world)
    assert (trial, source, resource) == ("0004", "0001", 2)
    clone = next(c for c in world.of(commands.Launch) if c.attempt == 2)
    assert clone.config != {"x": 0.1}
    assert abs(clone.config["x"] - 0.1) < 0.08  # eight standard deviations


def test_nobody_learns_before_burn_in_or_between_intervals():
    """Decisions fall at multiples of the interval, forks not before burn_in."""
    world = play(rising, interval=2, burn_in=5, quantile=0.25)
    assert {resource for _, resource in waits(world)} == {2, 4, 6, 8}
    assert {resource for *_, resource in forks(world)} == {6}


@pytest.mark.parametrize("selection", ["truncation", "tournament"])
def test_a_diverged_member_is_never_a_source_and_always_seeks_one(selection):
    """NaN counts as infinitely bad, whichever way members are compared."""
    world = play(
        lambda trial, at: nan if trial in {"0001", "0002"} and at < 3 else rising(trial, at),
        interval=2,
        selection=selection,
        quantile=0.25,
        synchronous=True,
    )
    sources = {source for _, source, resource in forks(world) if resource == 2}
    assert sources
    assert not sources & {"0001", "0002"}
    if selection == "truncation":
        assert {trial for trial, _, at in forks(world) if at == 2} >= {"0001", "0002"}


def test_without_a_durable_checkpoint_nobody_is_a_source():
    """Training code that saves nothing trains on as it is."""
    assert not forks(play(rising, world={"saves": False}))


def test_selection_from_a_population_of_equals_goes_by_rank():
    """Among equals truncation clones the first suggested, a tournament nobody."""
    assert ("0004", "0001", 1) in forks(play(lambda *_: 1.0, quantile=0.25))
    assert not forks(play(lambda *_: 1.0, selection="tournament"))


def test_values_are_compared_at_one_age():
    """A member that is slow, but better at its age, is not replaced by one that is only further."""
    world = play(lambda trial, at: 10 - at - int(trial) / 2, samples=2, slots=1, quantile=0.5)
    assert {trial for trial, *_ in forks(world)} == {"0001"}


def test_members_wait_for_each_other_where_synchronous():
    """Nobody is past a barrier before all have come to it, although only two can run at once."""
    world = play(rising, samples=5, slots=2, synchronous=True, interval=2)
    places = dict.fromkeys(("0001", "0002", "0003", "0004", "0005"), 0)
    for trial, resource in waits(world):
        places[trial] = resource
        assert max(places.values()) - min(places.values()) <= 2
    assert world.engine.counts()["completed"] == 5
    assert forks(world)


def test_a_barrier_ignores_the_dead():
    """A member that fails holds nobody up."""
    world = play(rising, synchronous=True, interval=2, fail={"0002": 3.0})
    assert world.engine.counts()["completed"] == 3
    assert world.engine.counts()["failed"] == 1


def test_a_quorum_does_not_wait_for_stragglers():
    """With a quorum of a half, two of four open the barrier; the slow ones do not wait for it."""
    world = play(rising, samples=4, slots=2, synchronous=True, quorum=0.5, interval=2)
    order = [trial for trial, _ in waits(world)]
    assert world.engine.counts()["completed"] == 4
    paused = Counter(c.trial for c in world.of(commands.Pause))
    assert len(order) > sum(paused.values())


@pytest.mark.timeout(20)
def test_a_clone_that_is_late_lets_its_source_train():
    """One slot and a quorum: without that it would become a clone of the same state for ever."""
    world = play(
        lambda trial, at: 0.0 if trial == "0001" and at <= 2 else 1.0,
        slots=1,
        length=6,
        synchronous=True,
        quorum=0.5,
    )
    assert world.engine.counts()["completed"] == 4


def test_a_larger_population_takes_turns():
    """With six members and two slots, whoever is furthest behind trains next."""
    world = play(rising, samples=6, slots=2, interval=2)
    places = {f"{number:04}": 0.0 for number in range(1, 7)}
    for trial, resource in waits(world):
        places[trial] = resource
        assert max(places.values()) - min(places.values()) <= 4
    assert world.engine.counts()["completed"] == 6
    assert world.peak == 2


def test_a_population_that_fits_never_pauses():
    """Where every member has a slot, nobody is paused for others."""
    world = play(rising, samples=4, slots=4)
    assert not world.of(commands.Pause)


@pytest.mark.parametrize("synchronous", [False, True])
def test_a_searcher_that_ends_early_is_no_stall(synchronous):
    """A population that never gets full trains on with those it has."""
    world = play(rising, samples=6, slots=2, synchronous=synchronous, world={"exhausted_after": 3})
    assert world.engine.counts()["completed"] == 3


def test_the_weak_make_way_for_new_suggestions():
    """With replace="restart", the worst of an age is stopped; never more than four are alive."""
    world = play(rising, samples=9, replace="restart", quantile=0.25, population_size=4, interval=2)
    assert not forks(world)
    counts = world.engine.counts()
    assert (counts["stopped"], counts["completed"]) == (2, 7)
    assert world.peak == 4
    assert "replaced: behind the population at training_iteration=2" in {
        world.engine.trial(f"{number:04}").reason for number in range(1, 10)
    }


def test_nobody_is_stopped_whom_nobody_can_replace():
    """At the end of the suggestions the population stays as it is."""
    world = play(rising, replace="restart", quantile=0.25)
    assert world.engine.counts()["completed"] == 4


def test_a_clone_in_a_round_copies_the_winner_of_its_winner():
    """Where B loses to C as A loses to B, at one barrier, A goes on from C too."""
    world = play(rising, selection="tournament", synchronous=True, length=3)
    assert {source for _, source, _ in forks(world)} <= {"0001", "0002"}
    by_round = {}
    for trial, source, resource in forks(world):
        by_round.setdefault(resource, []).append((trial, source))
    for pairs in by_round.values():
        losers = {trial for trial, _ in pairs}
        assert not losers & {source for _, source in pairs}
