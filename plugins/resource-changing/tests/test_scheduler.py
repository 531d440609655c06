"""What the scheduler does with its trials, event by event in a real engine."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tunesmith.errors import UsageError
from tunesmith.plugins import Capabilities, SchedulerSpec
from tunesmith.protocols import Continue, Objective, Resources, commands
from tunesmith.protocols.events import CapacityChanged
from tunesmith.testing.worlds import World
from tunesmith_resource_changing.rule import amounts
from tunesmith_resource_changing.scheduler import resource_changing

USUAL = Resources(({"cpu": 1.0},))


class Machine(World):
    """Notes what each running attempt holds, and who held most at once."""

    def __init__(self, *arguments, **options):
        self.most = 0.0
        super().__init__(*arguments, saves=True, **options)

    def holds(self, trial):
        """Return the CPUs of a running trial."""
        return amounts(self.running[trial].launch.resources or USUAL)["cpu"]

    def give(self, event):
        """Hand the engine an event, then look at who holds what."""
        answer = super().give(event)
        self.most = max(self.most, sum(map(self.holds, self.running)))
        return answer

    @property
    def cpus(self):
        """What each launch was given, in order."""
        launches = self.of(commands.Launch)
        return [(one.trial, amounts(one.resources or USUAL)["cpu"]) for one in launches]


def test_the_last_trials_share_the_machine(make_problem):
    """With four slots and five trials, those that are left at the end grow, step by step."""
    scheduler = resource_changing(make_problem(num_samples=5), interval=1)
    world = Machine(scheduler, slots=4, num_samples=5, length=30)
    world.run(lambda trial, at: 1 / at)
    sizes = [cpus for _, cpus in world.cpus]
    assert sizes[:5] == [1, 1, 1, 1, 1]
    assert sizes[-1] == 4
    assert world.most <= 4
    assert world.engine.counts()["completed"] == 5


def test_nothing_is_trained_twice(make_problem):
    """Each restart goes on from the checkpoint of the report at which it was decided."""
    scheduler = resource_changing(make_problem(num_samples=2), interval=3)
    world = Machine(scheduler, slots=4, num_samples=2, length=20)
    world.run()
    restarts = [one for one in world.of(commands.Launch) if one.attempt > 1]
    assert restarts
    assert all(one.checkpoint.resource == one.seen for one in restarts)
    assert {one.seen % 3 for one in restarts} == {0}


def test_a_trial_that_cannot_be_saved_keeps_what_it_has(make_problem):
    """Without a checkpoint nothing is reallocated, and nothing is lost."""
    scheduler = resource_changing(make_problem(num_samples=1), interval=1)
    world = World(scheduler, slots=1, num_samples=1, length=9)
    world.run()
    assert len(world.of(commands.Launch)) == 1
    assert world.engine.counts()["completed"] == 1


def test_a_trial_that_holds_much_gives_way_to_a_new_one(make_problem):
    """A trial that comes late waits until another has given back, and then starts at once."""
    problem = make_problem(num_samples=None, max_concurrent=1)
    scheduler = resource_changing(problem, interval=2, total={"cpu": 4})
    world = Machine(scheduler, slots=1, num_samples=2, length=40)
    world.deliver()
    while world.holds("0001") < 4:
        world.step("0001")
        world.deliver()
    world.slots = 2
    world.give(CapacityChanged(at=world.now, slots=2))
    world.deliver()
    assert list(world.running) == ["0001"]
    while "0002" not in world.running:
        world.step("0001")
        world.deliver()
    assert world.most <= 5  # the moment at which one is told to give way and the other starts
    world.run()
    assert world.engine.counts()["completed"] == 2


@settings(max_examples=60, deadline=None)
@given(
    slots=st.integers(1, 5),
    samples=st.integers(1, 9),
    total=st.integers(1, 9),
    rule=st.sampled_from(["distribute", "top"]),
    inner=st.sampled_from(["fifo", {"name": "asha", "mode": "promotion", "max_resource": 9}]),
    seed=st.integers(0, 99),
)
def test_nobody_grows_into_what_others_hold(make_problem, slots, samples, total, rule, inner, seed):
    """A growing trial and all that stay never ask for more than there is; the experiment ends."""
    rng = Random(seed)
    problem = make_problem(num_samples=samples, max_concurrent=min(slots, total))
    scheduler = resource_changing(
        problem, scheduler=inner, rule=rule, total={"cpu": total}, interval=rng.choice([1, 2, 5])
    )

    class Checked(Machine):
        def give(self, event):
            answer = super().give(event)
            for one in answer:
                if isinstance(one, commands.Launch) and one.resources not in (None, USUAL):
                    staying = [t for t, attempt in self.running.items() if attempt.order is None]
                    assert sum(map(self.holds, staying)) <= max(total, len(staying))
            return answer

    world = Checked(scheduler, slots=slots, num_samples=samples, length=12)
    world.run(lambda trial, at: rng.random(), seed=seed)
    counts = world.engine.counts()
    assert counts["completed"] + counts["stopped"] == samples


def test_a_rule_of_ones_own_is_asked_at_each_look(make_problem):
    """A function decides; what it wants beyond what is free is not given, and nothing waits."""
    seen = []

    def greedy(view):
        seen.append((view.trial.id, view.result.resource, view.free["cpu"], view.seats))
        return Resources(({"cpu": 64.0},))

    scheduler = resource_changing(make_problem(num_samples=1), rule=greedy, interval=4)
    world = Machine(scheduler, slots=1, num_samples=1, length=10)
    world.run()
    assert seen == [("0001", 4, 3.0, 1), ("0001", 8, 3.0, 1)]
    assert world.cpus == [("0001", 1.0)]


def test_the_inner_scheduler_is_asked_where_it_wants_to_be(make_problem):
    """Looks in between are none of its business: it sees its own rungs only."""
    asked = []

    class Rungs:
        def __init__(self, problem):
            del problem

        def first(self, trial):
            return Continue(until=4 if trial.resource < 4 else 9)

        def on_result(self, trial, result):
            asked.append(result.resource)
            return self.first(trial)

    scheduler = resource_changing(make_problem(num_samples=1), scheduler=Rungs, interval=3)
    world = Machine(scheduler, slots=1, num_samples=1, length=12)
    world.run()
    assert asked == [4, 9, 10, 11, 12]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"rule": "topp"}, ["rule='topp'", "did you mean 'top'", "'distribute'"]),
        ({"interval": 0}, ["interval=0", "training_iteration"]),
        ({"total": {"gpu": 4}}, ["'gpu'", "each trial holds 0"]),
        ({"total": {"cpu": 0.5}}, ["0.5 of 'cpu'", "each trial holds 1"]),
        ({"scheduler": "asho"}, ["asho", "asha"]),
    ],
)
def test_impossible_options_are_refused_with_their_values(make_problem, options, words):
    """An option out of range is an error that quotes it and says what would do."""
    with pytest.raises(Exception) as caught:
        resource_changing(make_problem(), **options)
    for word in words:
        assert word in str(caught.value)


def test_several_metrics_need_an_inner_scheduler_that_takes_them(make_problem):
    """What the wrapped scheduler cannot do is refused before the first trial."""
    both = (Objective("loss", "min"), Objective("cost", "min"))

    class OneOnly:
        def __init__(self, problem):
            del problem

        def on_result(self, trial, result):
            del trial, result

    OneOnly.spec = SchedulerSpec(
        name="one", factory="nowhere:one", api="1.0", capabilities=Capabilities()
    )
    with pytest.raises(UsageError, match="'one' inside resource-changing takes one objective"):
        resource_changing(make_problem(objectives=both), scheduler=OneOnly)
    assert resource_changing(make_problem(objectives=both), scheduler="asha")
