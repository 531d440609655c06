"""Searchers and schedulers as users choose them: by name, with options, as classes of their own."""

import json
import os
import random

import pytest
from msgspec import structs

import tunesmith as tune
from tunesmith.plugins import CoreOptions, resolve
from tunesmith.protocols import Continue, Observation, SearchExhausted, Stop

ENGINE_ONLY = pytest.mark.parametrize(
    "executor", ["inline", pytest.param("ray", marks=pytest.mark.slow)], indirect=True
)
"""What the engine decides, wherever trials run: on Ray in the slow suite only."""


def descends(config):
    """Lose a share of the weight in each of up to 9 epochs, saving every one."""
    found = tune.get_checkpoint()
    state = found.to_dict() if found else {"epoch": 0, "weight": 1.0}
    while state["epoch"] < 20:
        state = {"epoch": state["epoch"] + 1, "weight": state["weight"] * (1 - config["x"])}
        yield tune.Report({"loss": state["weight"], "epoch": state["epoch"]}, checkpoint=state)


class Descent:
    """The same as a class."""

    def setup(self, config):
        self.x, self.epoch, self.weight = config["x"], 0, 1.0

    def step(self):
        if self.epoch == 20:
            return None
        self.epoch += 1
        self.weight *= 1 - self.x
        return {"loss": self.weight, "epoch": self.epoch}

    def save_checkpoint(self, directory):
        with open(os.path.join(directory, "state.json"), "w") as file:
            json.dump([self.epoch, self.weight], file)

    def load_checkpoint(self, directory):
        with open(os.path.join(directory, "state.json")) as file:
            self.epoch, self.weight = json.load(file)


@pytest.mark.parametrize("mode", ["stopping", "promotion"])
@pytest.mark.parametrize("trainable", [descends, Descent], ids=["generator", "class"])
def test_asha_spends_most_on_the_best(run, mode, trainable):
    """Trials end at rungs; a promoted trial goes on where it was, each epoch reported once."""
    scheduler = {"name": "asha", "mode": mode, "max_resource": 9, "reduction_factor": 3}
    results = run(trainable, scheduler=scheduler, num_samples=12, max_concurrent=2)
    ends = [trial.iterations for trial in results]
    assert set(ends) <= {1, 3, 9}
    assert 1 <= ends.count(9) < ends.count(1)
    for trial in results:
        assert [row["epoch"] for row in trial.history] == list(range(1, trial.iterations + 1))
    assert results.best.iterations == 9
    if mode == "promotion":
        assert max(trial.attempts for trial in results) > 1
    assert {trial.status for trial in results} == {"completed", "stopped"}


def test_optuna_finds_what_random_search_would_not(run):
    """The searcher "optuna" sees every result and closes in on the optimum."""
    results = run(
        lambda config: (config["x"] - 0.3) ** 2,
        searcher={"name": "optuna", "sampler": "tpe"},
        num_samples=30,
    )
    assert len(results) == 30
    assert {trial.status for trial in results} == {"completed"}
    assert results.best.config["x"] == pytest.approx(0.3, abs=0.1)


class Halving:
    """Halve an interval towards the smaller value; a searcher in as few lines as may be."""

    def __init__(self, problem, *, start=0.5):
        (self.parameter,) = problem.space.parameters
        self.start = start
        self.seen = []

    def suggest(self, trial_id):
        if not self.seen:
            return {self.parameter.path: self.start}
        if len(self.seen) == 4:
            raise SearchExhausted("four are enough")
        return {self.parameter.path: min(self.seen)[1] / 2}

    def observe(self, observation):
        self.seen.append((observation.values[0], observation.config[self.parameter.path]))


@ENGINE_ONLY
def test_a_searcher_may_be_a_class_of_ones_own(run):
    """A class with suggest and observe is a searcher; it ends the search when it likes."""
    results = run(lambda config: config["x"], searcher=Halving, num_samples=None)
    assert [trial.config["x"] for trial in results] == [0.5, 0.25, 0.125, 0.0625]
    assert results.state == "completed"


def test_a_searcher_may_be_a_function_that_makes_one(run_inline):
    """Any callable of the problem will do, so objects made elsewhere can take part."""
    made = []

    def factory(problem):
        made.append(Halving(problem, start=0.8))
        return made[0]

    results = run_inline(lambda config: config["x"], searcher=factory, num_samples=2)
    assert [trial.config["x"] for trial in results] == [0.8, 0.4]
    assert made[0].seen == [(0.8, 0.8), (0.4, 0.4)]


def test_a_scheduler_may_be_a_class_of_ones_own(run):
    """A class with on_result is a scheduler; it is asked where it said, and told why it stops."""

    class Threshold:
        def __init__(self, problem):
            self.metric = problem.objectives[0].metric

        def first(self, trial):
            return Continue(until=2)

        def on_result(self, trial, result):
            if result.values[0] > 0.2:
                return Stop(f"{self.metric} is {result.values[0]:g} at {result.resource:g}")
            return Continue(until=result.resource + 3)

    results = run(
        descends,
        scheduler=Threshold,
        points_to_evaluate=[{"x": 0.5}, {"x": 0.9}],
        num_samples=2,
        stop={"training_iteration": 6},
    )
    assert (results["0001"].status, results["0001"].iterations) == ("stopped", 2)
    assert results["0001"].reason == "loss is 0.25 at 2"
    assert (results["0002"].status, results["0002"].iterations) == ("completed", 6)


class Recorder:
    """Random search that writes down what it is told."""

    told: list[Observation]

    def __init__(self, problem):
        self.rng = problem.rng("recorder")
        self.told = []

    def suggest(self, trial_id):
        return {"x": self.rng.random()}

    def observe(self, observation):
        self.told.append(observation)


def recorder(**options):
    """Return a factory and the list in which its searcher will be."""
    made = []

    def factory(problem):
        made.append(Recorder(problem))
        return made[0]

    return factory, made


@ENGINE_ONLY
def test_a_searcher_can_tell_how_each_trial_ended(run):
    """Told of last values, observations say completed, stopped or failed, and how far it came."""

    def train(config):
        trial = tune.get_context().trial_id
        if trial == "0003":
            raise ValueError("no luck")
        for epoch in range(1, 5):
            yield {"loss": 10.0 * epoch}

    class StopSecond:
        def __init__(self, problem):
            pass

        def on_result(self, trial, result):
            if trial.id == "0002" and result.resource == 2:
                return Stop("enough")
            return Continue()

    factory, made = recorder()
    choice = resolve("searcher", factory)
    choice = structs.replace(choice, core_options=CoreOptions(partial="last"))
    run(train, mode="max", searcher=choice, scheduler=StopSecond, num_samples=3)
    told = {one.trial_id: one for one in made[0].told}
    assert [told[key].status for key in sorted(told)] == ["completed", "stopped", "failed"]
    assert [told[key].values for key in sorted(told)] == [(-40.0,), (-20.0,), ()]
    assert [told[key].resource for key in sorted(told)] == [4.0, 2.0, 0.0]


def test_the_same_seed_gives_the_same_experiment(run_inline):
    """Inline, configurations and whole histories repeat; another seed gives others."""

    def noisy(config):
        rng = random.Random(str(config["x"]))
        for _ in range(5):
            yield {"loss": rng.random()}

    def story(seed):
        results = run_inline(noisy, seed=seed, num_samples=8, searcher="optuna", scheduler="asha")
        return [
            (
                trial.config,
                trial.status,
                [(row["loss"], row["training_iteration"]) for row in trial.history],
            )
            for trial in results
        ]

    assert story(3) == story(3)
    assert story(3) != story(4)


@ENGINE_ONLY
def test_the_seed_alone_fixes_the_configurations(run):
    """Random search proposes the same configurations whatever the executor and the results."""
    results = run(lambda config: config["x"] ** 2, num_samples=4)
    assert [round(trial.config["x"], 6) for trial in results] == DRAWN


DRAWN = [0.888788, 0.295091, 0.281632, 0.037085]
"""What seed 7 draws: another sequence would break the promise to those who noted their seed."""
