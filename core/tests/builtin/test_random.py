"""Random search draws what the space says, and continues exactly."""

import random

from tunesmith import space
from tunesmith.plugins import create, default_registry
from tunesmith.protocols import Objective, Observation, Problem

SPACE = space.parse_space(
    {
        "lr": space.loguniform(1e-4, 1e-1),
        "layers": space.randint(1, 5),
        "opt": space.choice([{"name": "sgd", "momentum": space.uniform(0, 1)}, {"name": "adam"}]),
    }
)


def searcher(seed=0):
    problem = Problem(
        space=SPACE,
        objectives=(Objective("loss", "min"),),
        seeds=lambda name: random.Random(f"{seed}/{name}"),
    )
    return create(default_registry().searcher("random"), problem, {})


def draw(one, count):
    return [one.suggest(str(number)) for number in range(count)]


def test_suggestions_are_valid_and_vary():
    """Every suggestion is a flat configuration of the space, and both branches come up."""
    drawn = draw(searcher(), 50)
    assert [SPACE.validate(flat) for flat in drawn] == drawn
    # All fifty on one branch: 2 ** -49, and the seed is fixed.
    assert {len(flat) for flat in drawn} == {3, 4}


def test_seed_decides():
    """The same seed suggests the same, another seed something else."""
    assert draw(searcher(1), 5) == draw(searcher(1), 5)
    assert draw(searcher(1), 5) != draw(searcher(2), 5)


def test_observing_changes_nothing():
    """What random search is told has no effect."""
    one, other = searcher(), searcher()
    one.observe(Observation("1", {}, (1.0,), 1.0, "completed"))
    assert draw(one, 3) == draw(other, 3)


def test_asking_again_for_a_trial_draws_anew():
    """A second suggestion for the same trial differs, so that a rejected one is replaced."""
    one = searcher()
    assert one.suggest("0001") != one.suggest("0001")


def test_restored_searcher_continues_exactly():
    """After restore the suggestions are those that would have followed."""
    one = searcher()
    draw(one, 7)
    state = one.state()
    expected = draw(one, 5)
    fresh = searcher()
    fresh.restore(state)
    assert draw(fresh, 5) == expected
