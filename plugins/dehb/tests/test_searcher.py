"""The evolution: against its definition, restored, and on conditional spaces."""

from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tunesmith.errors import UsageError
from tunesmith.space import uniform
from tunesmith_dehb.searcher import DehbSearcher, Member

PLANE = {"x": uniform(0, 1), "y": uniform(0, 1)}


def score(config):
    """Score a configuration: the nearer to a corner the better."""
    return config.get("x", 0.5) + config.get("y", 0.5)


def live(searcher, tell, numbers, *, resource=None, failing=()):
    """Suggest and observe trials one after the other; return what was suggested."""
    plan, configs = searcher._plan, {}
    for number in numbers:
        trial_id = f"{number:04}"
        config = searcher.suggest(trial_id)
        assert config is not None
        reached = resource or plan.levels[plan.place(number - 1).rung.level]
        value = None if number in failing else score(config)
        if value is not None:
            tell(searcher, trial_id, config, value, reached, "running")
        tell(searcher, trial_id, config, value, reached, "failed" if value is None else "stopped")
        configs[number] = config
    return configs


def test_the_first_bracket_passes_the_best_on(make_problem, tell):
    """Of nine at the lowest level the best three are tried at the next, and of these the best."""
    searcher = DehbSearcher(make_problem(9, PLANE))
    configs = live(searcher, tell, range(1, 14))
    low = sorted((configs[number] for number in range(1, 10)), key=score)
    middle = [configs[number] for number in (10, 11, 12)]
    assert middle == low[:3]
    assert configs[13] == low[0]


def test_later_brackets_of_the_first_iteration_pass_on_too(make_problem, tell):
    """They take the best that nobody took further; from the second iteration on, all evolve."""
    searcher = DehbSearcher(make_problem(9, PLANE))
    configs = live(searcher, tell, range(1, 19))
    middle = searcher._state.populations[1]
    best = sorted((searcher._cube.decode(member.vector) for member in middle), key=score)
    assert live(searcher, tell, [19])[19] == next(one for one in best if one != configs[13])
    later = live(searcher, tell, range(20, 35))
    higher = [number for number in later if not searcher._plan.place(number - 1).rung.is_base]
    assert higher == [32, 33, 34]
    known = [*configs.values(), *(later[number] for number in range(20, 32))]
    assert not [number for number in higher if later[number] in known]


def test_the_next_rung_of_the_first_bracket_waits(make_problem, tell):
    """Nothing is suggested for it while a trial below trains; one that failed is waited for not."""
    searcher = DehbSearcher(make_problem(9, PLANE))
    live(searcher, tell, range(1, 9), failing={3})
    last = searcher.suggest("0009")
    assert searcher.suggest("0010") is None
    tell(searcher, "0009", last, None, 0, "failed")
    assert searcher.suggest("0010") is not None


def test_a_scheduler_that_promotes_is_not_waited_for(make_problem, tell):
    """Once a trial is paused, or trained beyond its level, points are not passed on as trials."""
    searcher = DehbSearcher(make_problem(9, PLANE))
    seen = [searcher.suggest(f"{number:04}") for number in range(1, 9)]
    tell(searcher, "0001", seen[0], 0.1, 1, "paused")
    new = searcher.suggest("0010")
    assert new is not None
    assert new not in seen


def test_members_give_way_only_to_those_no_worse(make_problem, tell):
    """At no level does the score of a place in the population ever rise; sizes keep to the plan."""
    searcher = DehbSearcher(make_problem(9, PLANE))
    before = [[] for _ in searcher._plan.levels]
    for number in range(1, 120):
        live(searcher, tell, [number])
        for level, population in enumerate(searcher._state.populations):
            scores = [member.score for member in population]
            assert len(scores) <= searcher._plan.capacity(level)
            assert all(new <= old for new, old in zip(scores, before[level], strict=False))
            before[level] = scores
    assert [len(scores) for scores in before] == [9, 5, 3]


def test_every_member_is_challenged_in_turn(make_problem, tell):
    """Rivals at a level follow one another around its population."""
    searcher = DehbSearcher(make_problem(9, PLANE))
    live(searcher, tell, range(1, 23))
    rivals = []
    for number in range(23, 32):
        config = searcher.suggest(f"{number:04}")
        rivals.append(searcher._state.proposals[f"{number:04}"].rival)
        tell(searcher, f"{number:04}", config, 9.0, 1)
    assert all((one + 1) % 9 == other for one, other in pairwise(rivals))


def test_mutants_come_from_the_best_below(make_problem, tell):
    """On a higher rung the parents are the best of the level below, as many as the rung has."""
    searcher = DehbSearcher(make_problem(9, PLANE))
    live(searcher, tell, range(1, 18))
    place = searcher._plan.place(31)
    assert (place.rung.level, place.rung.is_base, place.rung.size) == (1, False, 3)
    low = sorted(searcher._state.populations[0], key=lambda member: member.score)
    parents = searcher._parents(place, None, [], Random(1))
    assert parents == [member.vector for member in low[:3]]


def test_too_few_parents_are_filled_up_from_everywhere(make_problem, tell):
    """Fewer than three parents are joined by members of other levels, then by random points."""
    searcher = DehbSearcher(make_problem(9, PLANE))
    place = searcher._plan.place(12)
    one = Member((0.25, 0.75), 1.0, "0001")
    parents = searcher._parents(place, None, [one], Random(1))
    assert len(parents) == 3
    assert one.vector in parents


def test_a_trial_is_at_least_in_one_coordinate_the_mutant(make_problem):
    """Crossover keeps all other coordinates as they were, or takes the mutant's."""
    searcher = DehbSearcher(make_problem(9, {f"x{n}": uniform(0, 1) for n in range(5)}))
    taken = []
    for seed in range(400):
        mixed = searcher._cross((0.0,) * 5, (1.0,) * 5, Random(seed))
        taken.append(sum(mixed))
    assert min(taken) == 1
    # One is certain, the other four are fair coins: 3 on average, and six standard errors of 0.05.
    assert abs(sum(taken) / 400 - 3) < 0.3


def test_mutants_stay_in_the_cube(make_problem):
    """A coordinate that the difference carries outside is drawn anew."""
    searcher = DehbSearcher(make_problem(9, PLANE), mutation_factor=2)
    corners = [(0.0, 1.0), (1.0, 0.0), (0.9, 0.1)]
    for seed in range(50):
        assert all(0 <= x <= 1 for x in searcher._mutant(corners, Random(seed)))


def test_inactive_parameters_are_left_out(make_problem, tell):
    """`momentum` is there for sgd and for nothing else, through seeding and evolution."""
    searcher = DehbSearcher(make_problem(9))
    configs = live(searcher, tell, range(1, 80))
    kinds = {("momentum" in str(list(config)), str(config)) for config in configs.values()}
    assert {has for has, _ in kinds} == {True, False}
    for config in configs.values():
        names = {path.rpartition("/")[2].rpartition(".")[2]: path for path in config}
        kind = next(
            config[path]
            for path in config
            if path.startswith("optimizer") and "momentum" not in path
        )
        assert ("momentum" in names) == ("sgd" in str(kind))


@given(cut=st.integers(0, 60), failing=st.sets(st.integers(1, 80)))
def test_a_restored_searcher_goes_on_as_the_uninterrupted_one(make_problem, tell, cut, failing):
    """State handed to a new searcher changes no later suggestion."""
    first, second = DehbSearcher(make_problem(9)), DehbSearcher(make_problem(9))
    live(first, tell, range(1, cut + 1), failing=failing)
    held = first.suggest(f"{cut + 1:04}")
    second.restore(first.state())
    for searcher in (first, second):
        tell(searcher, f"{cut + 1:04}", held, 0.5, 1)
    numbers = range(cut + 2, cut + 30)
    assert live(first, tell, numbers, failing=failing) == live(
        second, tell, numbers, failing=failing
    )


def test_trials_from_elsewhere_take_part(make_problem, tell):
    """A trial that was not suggested here becomes a member; what is outside the space does not."""
    searcher = DehbSearcher(make_problem(9, PLANE))
    tell(searcher, "0001", {"x": 0.25, "y": 0.5}, 0.1, 1)
    tell(searcher, "0002", {"x": 7.0, "y": 0.5}, 0.0, 1)
    assert searcher._state.populations[0] == [Member((0.25, 0.5), 0.1, "0001")]


def test_a_trial_counts_once_at_a_level(make_problem, tell):
    """Told of a decision and then of the end at the same resource, it is one member."""
    searcher = DehbSearcher(make_problem(9, PLANE))
    live(searcher, tell, [1])
    assert [len(population) for population in searcher._state.populations] == [1, 0, 0]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"mutation_factor": 0}, ["mutation_factor=0", "at most 2"]),
        ({"crossover": 1.5}, ["crossover=1.5", "at most 1"]),
        ({"grace_period": 10}, ["grace_period=10"]),
    ],
)
def test_impossible_options_are_refused_with_their_values(make_problem, options, words):
    """An option out of range is a UsageError that quotes it and says what would do."""
    with pytest.raises(UsageError) as caught:
        DehbSearcher(make_problem(9), **options)
    for word in words:
        assert word in str(caught.value)
