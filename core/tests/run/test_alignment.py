"""Trials that were cut short: never taken for complete, compared at a common resource."""

import math
from typing import ClassVar

import pytest

import tunesmith as tune
from tunesmith._run.alignment import AlignedSearcher, Levels, Record
from tunesmith._run.seeds import Seeds
from tunesmith.plugins import Alignment
from tunesmith.protocols import Objective, Observation, Problem
from tunesmith.space import parse_space

RUNGS = (1.0, 3.0, 9.0)
SPACE = parse_space({"x": tune.uniform(-1, 1)})


class Pupil:
    """A searcher that keeps what it is told."""

    made: ClassVar[list["Pupil"]] = []

    def __init__(self, problem):
        self.rng, self.space = problem.rng("pupil"), problem.space
        self.heard, self.adopted = {}, []
        self.made.append(self)

    def suggest(self, trial_id):
        return self.space.draw(self.rng)

    def adopt(self, trial_id, config):
        self.adopted.append(trial_id)

    def observe(self, observation):
        self.heard[observation.trial_id] = observation

    def state(self):
        return repr(self.rng.getstate()).encode()

    def restore(self, state):
        self.rng.setstate(eval(state))  # noqa: S307 (our own text)


class Class:
    """A pupil behind its alignment, and ways to feed it."""

    def __init__(self, **alignment):
        problem = Problem(
            space=SPACE, objectives=(Objective("loss", "min"),), seeds=Seeds(3), max_resource=27.0
        )
        self.searcher = AlignedSearcher(Pupil, problem, Alignment(**alignment))
        self.configs, self.curves = {}, {}

    @property
    def pupil(self):
        return Pupil.made[-1]

    def suggest(self, trial):
        self.configs[trial] = self.searcher.suggest(trial)
        return self.configs[trial]["x"]

    def observe(self, trial, *values, status="completed", resource=27.0):
        self.curves.setdefault(trial, {})[resource] = values
        self.searcher.observe(Observation(trial, self.configs[trial], values, resource, status))

    def halve(self, count, first=0):
        """Let every third trial pass each rung."""
        for i in range(first, first + count):
            x, trial = self.suggest(str(i)), str(i)
            for k, rung in enumerate(RUNGS):
                cut = i % 3 ** (k + 1)
                status = "stopped" if cut else "running"
                self.observe(trial, x**2 - rung, status=status, resource=rung)
                if cut:
                    break
            else:
                self.observe(trial, x**2 - 27)


@pytest.fixture(autouse=True)
def _no_pupils():
    Pupil.made = []


def test_the_level_is_the_furthest_resource_that_enough_trials_reached():
    """It rises with the third trial that gets further, not with the first."""
    levels = Levels()
    assert levels.level(3) == math.inf
    for reach in (3.0, 9.0, 1.0):
        levels.move(-math.inf, reach, is_cut=False)
    assert [levels.level(n) for n in (1, 2, 3, 99)] == [9.0, 3.0, 1.0, 1.0]
    levels.move(1.0, 27.0, is_cut=False)
    assert [levels.level(n) for n in (1, 2, 3)] == [27.0, 9.0, 3.0]


def test_trials_count_as_cut_short_only_beside_longer_ones():
    """All stopped at one resource is a common end, at which nothing was saved."""
    levels = Levels()
    levels.move(-math.inf, 3.0, is_cut=True)
    levels.move(-math.inf, 3.0, is_cut=True)
    assert not levels.is_any_cut
    levels.move(-math.inf, 9.0, is_cut=False)
    assert levels.is_any_cut


def test_a_trial_is_worth_what_it_scored_at_the_level():
    """Later values do not count yet; a level that is not reached makes it unknown."""
    record = Record({})
    for resource, value in ((1.0, 0.5), (3.0, 0.4), (9.0, 0.3)):
        record.learn(Observation("a", {}, (value,), resource, "running"), 27.0)
    assert [record.standing("a", level).values for level in (1.0, 3.0, 5.0, 9.0)] == [
        (0.5,),
        (0.4,),
        (0.4,),
        (0.3,),
    ]
    assert record.standing("a", 27.0) is None
    record.learn(Observation("a", {}, (0.2,), 12.0, "stopped"), 27.0)
    assert record.standing("a", 27.0).status == "stopped"
    record.learn(Observation("a", {}, (0.2,), 27.0, "stopped"), 27.0)
    assert record.standing("a", math.inf).values == (0.2,)


def test_without_a_scheduler_all_is_passed_on_as_it_is():
    """Completed trials are compared at their ends; one searcher hears of all of them."""
    lesson = Class()
    for i in range(20):
        lesson.suggest(str(i))
        lesson.observe(str(i), i / 10, resource=float(i + 1))
    assert len(Pupil.made) == 1
    assert [heard.values[0] for heard in lesson.pupil.heard.values()] == [i / 10 for i in range(20)]


def test_no_value_meets_one_of_another_training_length():
    """Whatever the level, all values that the searcher has were scored there."""
    lesson = Class(trials=5, explore=0)
    for first in range(0, 60, 6):
        lesson.halve(6, first)
        lesson.suggest("next")
        heard = [heard for heard in lesson.pupil.heard.values() if heard.values]
        assert heard
        assert {heard.status for heard in heard} == {"completed"}
        assert len({heard.resource for heard in heard}) == 1
        for one in heard:
            assert lesson.curves[one.trial_id][one.resource] == one.values
    assert 3 <= len(Pupil.made) <= 6


def test_stopped_trials_are_released():
    """A trial cut short below the level is told without values, and left out when told anew."""
    lesson = Class(trials=3)
    lesson.halve(30)
    lesson.suggest("a")
    lesson.observe("a", -100.0, status="stopped", resource=0.5)
    assert lesson.pupil.heard["a"].status == "stopped"
    assert lesson.pupil.heard["a"].values == ()


def test_a_fresh_searcher_learns_of_pending_trials():
    """What is still running is adopted, so that it repels further suggestions."""
    lesson = Class(trials=2)
    for trial in "abcd":
        lesson.suggest(trial)
    for trial in "abc":
        lesson.observe(trial, 0.5, status="paused", resource=1.0)
    lesson.suggest("e")
    assert len(Pupil.made) == 2
    assert lesson.pupil.adopted == ["d"]
    assert set(lesson.pupil.heard) == set("abc")


def test_a_paused_trial_that_goes_on_is_told_anew():
    """Promotion: known at its rung while it waits, at the next one when it got there."""
    lesson = Class(trials=2, explore=0)
    for trial in "abc":
        lesson.suggest(trial)
        lesson.observe(trial, 0.5, status="paused", resource=1.0)
    for trial in "ab":
        lesson.observe(trial, 0.25, status="running", resource=3.0)
    lesson.suggest("d")
    heard = {trial: heard.values for trial, heard in lesson.pupil.heard.items() if heard.values}
    assert heard == {"a": (0.25,), "b": (0.25,)}


def test_a_diverged_trial_is_complete_without_values():
    """NaN at a decision is known to be bad at once; a crash only says that the trial is over."""
    lesson = Class()
    for trial in "ab":
        lesson.suggest(trial)
    lesson.observe("a", status="running", resource=3.0)
    lesson.observe("b", status="failed", resource=0.0)
    assert [lesson.pupil.heard[t].status for t in "ab"] == ["completed", "failed"]
    assert [lesson.pupil.heard[t].values for t in "ab"] == [(), ()]


def test_a_share_of_suggestions_is_random_once_trials_are_cut_short():
    """`explore=1` then asks the searcher no more; without cut-short trials it always does."""
    lesson = Class(explore=1.0)
    for i in range(5):
        lesson.suggest(f"full {i}")
        lesson.observe(f"full {i}", 0.5)
    assert lesson.pupil.adopted == []
    lesson.halve(20)
    lesson.suggest("next")
    assert lesson.pupil.adopted[-1] == "next"


def test_infeasible_configurations_are_never_forgotten():
    """A fresh searcher is told of each again."""
    lesson = Class(trials=1)
    lesson.suggest("a")
    lesson.observe("a", status="infeasible", resource=0.0)
    lesson.suggest("a")
    lesson.observe("a", 0.5, status="paused", resource=1.0)
    lesson.suggest("b")
    assert len(Pupil.made) == 2
    assert lesson.pupil.heard["a"].values == (0.5,)


def test_a_restored_searcher_goes_on_as_if_nothing_had_happened():
    """Levels, curves, the random share and the searcher's own state are saved."""
    left, right = Class(trials=4), Class(trials=4)
    left.halve(20)
    right.searcher.restore(left.searcher.state())
    made = []
    for lesson in (left, right):
        lesson.configs.update(left.configs)
        lesson.observe("0", 0.1, resource=27.0)
        lesson.halve(12, first=40)
        made.append([lesson.suggest(f"z{i}") for i in range(9)])
    assert made[0] == made[1]


def test_levels_are_an_option_of_every_searcher(tmp_path):
    """`partial={"name": "aligned", ...}` tunes them, and survives in the journal's header."""
    results = tune.run(
        lambda config: ({"loss": config["x"]} for _ in range(9)),
        {"x": tune.uniform(0, 1)},
        metric="loss",
        mode="min",
        searcher={"name": "random", "partial": {"name": "aligned", "trials": 3, "explore": 0.5}},
        num_samples=4,
        executor="inline",
        storage=tmp_path,
        verbose=0,
    )
    assert len(results.trials) == 4


@pytest.mark.parametrize(
    ("partial", "message"),
    [
        ("align", "did you mean 'aligned'"),
        ({"name": "aligned", "trial": 3}, "no option 'trial'; did you mean 'trials'"),
        ({"name": "last", "trials": 3}, "partial='last' has no option 'trials'"),
        ({"name": "aligned", "trials": 0}, "trials=0"),
        ({"name": "aligned", "explore": 2}, "explore=2"),
        ({"name": "aligned", "trials": "x"}, "Expected `int`"),
    ],
)
def test_a_policy_that_is_not_possible_is_said_at_once(partial, message, tmp_path):
    """Before the first trial, with the value and the fix."""
    with pytest.raises(tune.UsageError, match=message):
        tune.run(
            lambda config: config["x"],
            {"x": tune.uniform(0, 1)},
            metric="loss",
            mode="min",
            searcher={"name": "random", "partial": partial},
            num_samples=1,
            executor="inline",
            storage=tmp_path,
        )
