"""Searchers that are slow, and searchers that misbehave."""

import contextlib
import sqlite3
import threading
import time

import pytest
from msgspec import structs

import tunesmith as tune
from tunesmith.plugins import Capabilities, CoreOptions, SearcherSpec, resolve
from tunesmith.protocols import SearchExhausted

ENGINE_ONLY = pytest.mark.parametrize(
    "executor", ["inline", pytest.param("ray", marks=pytest.mark.slow)], indirect=True
)
"""What the engine decides, wherever trials run: on Ray in the slow suite only."""


class Searcher:
    """Random search, to be spoilt."""

    spec = SearcherSpec(
        name="spoilt",
        factory="",
        api="1.0",
        pace="slow",
        capabilities=Capabilities(categorical=True, integer=True),
    )

    def __init__(self, problem):
        self.rng = problem.rng("spoilt")
        self.asked = 0

    def suggest(self, trial_id):
        self.asked += 1
        return {"x": self.rng.random()}

    def observe(self, observation):
        pass


def journal(results):
    """Return (kind, trial) of all events of a run in order."""
    with contextlib.closing(sqlite3.connect(results.path / "experiment.sqlite")) as shell:
        return shell.execute("SELECT kind, trial FROM events ORDER BY seq").fetchall()


def train(config):
    """Train for three short epochs."""
    for _ in range(3):
        time.sleep(0.1)
        yield config["x"]


def test_a_slow_searcher_keeps_no_slot_waiting_on_ray(run_ray):
    """The next configuration is there before a trial that holds one of the slots has ended."""

    class Slow(Searcher):
        def suggest(self, trial_id):
            time.sleep(0.1)
            return super().suggest(trial_id)

    def train_in_turns(config):
        if tune.get_context().trial_id == "0001":
            time.sleep(0.3)  # from now on the two slots become free in turns
        for _ in range(3):
            time.sleep(0.2)
            yield config["x"]

    events = journal(run_ray(train_in_turns, searcher=Slow, num_samples=8, max_concurrent=2))
    kinds = [kind for kind, _ in events]
    ends = [place for place, kind in enumerate(kinds) if kind == "TrialEnded"]
    for over, end in enumerate(ends, start=1):
        assert kinds[:end].count("Suggested") >= min(8, over + 2)


def test_a_slow_searcher_knows_all_where_one_trial_runs_at_a_time_on_ray(run_ray):
    """With `max_concurrent=1` nothing is asked ahead."""
    events = journal(run_ray(train, searcher=Searcher, num_samples=3, max_concurrent=1))
    for number in range(1, 3):
        free = events.index(("TrialEnded", f"{number:04d}"))
        assert free < events.index(("Suggested", f"{number + 1:04d}"))


def test_results_come_in_while_a_searcher_thinks_on_ray(run_ray):
    """The driver attends to running trials although suggest has not returned yet."""
    reported = threading.Event()

    class Thinker(Searcher):
        def suggest(self, trial_id):
            if trial_id == "0002":
                assert reported.wait(timeout=30)
            return super().suggest(trial_id)

    class Watcher:
        def on_result(self, trial, result):
            if result.resource == 3:
                reported.set()

    results = run_ray(train, searcher=Thinker, num_samples=3, callbacks=[Watcher()])
    assert {trial.status for trial in results} == {"completed"}


def test_inline_a_slow_searcher_answers_in_turn(run_inline):
    """In one process there is no asking ahead: each trial sees all before it, however slow."""

    class Slow(Searcher):
        def observe(self, observation):
            time.sleep(0.05)

    def story():
        return journal(run_inline(lambda config: 1.0, searcher=Slow, num_samples=3))

    events = story()
    for number in (1, 2):
        ended = events.index(("TrialEnded", f"{number:04d}"))
        assert ended < events.index(("Suggested", f"{number + 1:04d}"))
    assert events == story()


class RaisesInSuggest(Searcher):
    """Fail at the third suggestion."""

    def suggest(self, trial_id):
        if self.asked == 2:
            raise RuntimeError("the kernel is singular")
        return super().suggest(trial_id)


class RaisesInObserve(Searcher):
    """Fail at the first observation."""

    def observe(self, observation):
        raise LookupError(observation.trial_id)


class LeavesSpace(Searcher):
    """Suggest a value above the range."""

    def suggest(self, trial_id):
        return {"x": 17.5}


class Forgets(Searcher):
    """Leave a parameter out."""

    def suggest(self, trial_id):
        return {}


class Invents(Searcher):
    """Add a parameter that there is none of."""

    def suggest(self, trial_id):
        return {"x": 0.5, "momentum": 0.9}


class Mumbles(Searcher):
    """Suggest something that is no configuration at all."""

    def suggest(self, trial_id):
        return [0.5]


class SuggestsNan(Searcher):
    """Suggest what is no number."""

    def suggest(self, trial_id):
        return {"x": float("nan")}


FAULTS = {
    "raises in suggest": (
        RaisesInSuggest,
        r"searcher 'spoilt' failed in suggest\(\): RuntimeError: the kernel is singular",
    ),
    "raises in observe": (
        RaisesInObserve,
        r"searcher 'spoilt' failed in observe\(\): LookupError: 0001",
    ),
    "out of space": (LeavesSpace, r"searcher 'spoilt' suggested .* outside its space: .*17\.5"),
    "parameter left out": (Forgets, r"searcher 'spoilt' suggested .*'?x"),
    "parameter invented": (Invents, r"searcher 'spoilt' suggested .*momentum"),
    "no configuration": (Mumbles, r"searcher 'spoilt' suggested .*\[0\.5\] must be a dict"),
    "not a number": (SuggestsNan, r"searcher 'spoilt' suggested .*nan"),
}


def check_fault(run, tmp_path, fault):
    searcher, message = FAULTS[fault]
    with pytest.raises(tune.PluginError, match=message) as told:
        run(lambda config: config["x"], searcher=searcher, num_samples=9, name="faulty")
    assert "the run is in" in str(told.value)
    results = tune.load(tmp_path / "runs" / "faulty")
    assert results.state == "failed"
    assert results.reason in str(told.value)
    assert ("SearchEnded", None) in journal(results)
    assert "running" not in {trial.status for trial in results}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_a_searcher_does_wrong_ends_the_run_by_name(run_inline, tmp_path, fault):
    """The error names plugin and call, quotes the value, and the journal has it all."""
    check_fault(run_inline, tmp_path, fault)


@pytest.mark.parametrize("fault", ["raises in suggest", "raises in observe"])
def test_a_fault_in_the_background_ends_the_run_on_ray(run_ray, tmp_path, fault):
    """Errors of a searcher's own thread reach the user like any other."""
    check_fault(run_ray, tmp_path, fault)


def test_numpy_values_become_plain_ones(run_inline):
    """A searcher may suggest NumPy scalars; training code gets built-in types."""
    numpy = pytest.importorskip("numpy", reason="needs numpy: pip install it")

    class Numpy(Searcher):
        def suggest(self, trial_id):
            return {
                "x": numpy.float32(0.5),
                "n": numpy.int64(3),
                "c": numpy.str_("a"),
                "b": numpy.bool_(True),
            }

    def types(config):
        return {"loss": 0.0, **{key: type(value).__name__ for key, value in config.items()}}

    space = {
        "x": tune.uniform(0, 1),
        "n": tune.randint(0, 9),
        "c": tune.choice(["a", "b"]),
        "b": tune.choice([True, False]),
    }
    (trial,) = run_inline(types, space, searcher=Numpy)
    told = trial.metrics
    assert [told[key] for key in "xncb"] == ["float", "int", "str", "bool"]


@ENGINE_ONLY
def test_a_searcher_that_never_has_anything_ends_the_run(run):
    """Where nothing runs that could change its mind, waiting for it would have no end."""

    class Waits(Searcher):
        def suggest(self, trial_id):
            return None

    with pytest.raises(tune.PluginError, match="'spoilt' waits for observations but no trial runs"):
        run(train, searcher=Waits)


def test_a_searcher_that_hangs_leaves_the_time_budget_in_force_on_ray(run_ray):
    """One suggestion never comes, and the run still ends in time, with what was done until then."""
    release = threading.Event()

    class Hangs(Searcher):
        def suggest(self, trial_id):
            if trial_id == "0002":
                release.wait()
            return super().suggest(trial_id)

    try:
        results = run_ray(train, searcher=Hangs, num_samples=5, time_budget_s=10.0)
    finally:
        release.set()
    assert (results.state, results.reason) == ("completed", "the time budget of 10 s is used up")
    assert [trial.status for trial in results] == ["completed"]


@pytest.mark.parametrize("call", ["suggest", "observe"])
def test_a_searcher_that_never_answers_is_given_up(run, call, tmp_path):
    """The error names plugin and call and how to allow more time; the journal has the rest."""
    release = threading.Event()

    class Hangs(Searcher):
        def suggest(self, trial_id):
            if call == "suggest" and trial_id == "0003":
                release.wait()
            return super().suggest(trial_id)

        def observe(self, observation):
            if call == "observe":
                release.wait()

    choice = resolve("searcher", Hangs)
    choice = structs.replace(choice, core_options=CoreOptions(timeout_s=1.0))
    try:
        with pytest.raises(tune.PluginError, match="'timeout_s': 10") as told:
            run(train, searcher=choice, num_samples=9, max_concurrent=2, name="hung")
    finally:
        release.set()
    assert f"searcher 'spoilt' has not returned from {call}() for 1 s" in str(told.value)
    results = tune.load(tmp_path / "runs" / "hung")
    assert results.state == "failed"
    assert results.trials
    assert "running" not in {trial.status for trial in results}


def test_a_searcher_may_wait_for_observations(run):
    """None puts a trial off until more is known: here each generation of two waits for the last."""

    class Generations(Searcher):
        def __init__(self, problem):
            super().__init__(problem)
            self.seen = 0

        def suggest(self, trial_id):
            if self.asked - self.seen >= 2:
                return None
            return super().suggest(trial_id)

        def observe(self, observation):
            self.seen += 1

    results = run(train, searcher=Generations, num_samples=5, max_concurrent=3)
    assert [trial.status for trial in results] == ["completed"] * 5


@ENGINE_ONLY
def test_a_search_may_end_before_num_samples(run):
    """SearchExhausted completes the run with the trials there are, even with none."""

    class Two(Searcher):
        def suggest(self, trial_id):
            if self.asked == 2:
                raise SearchExhausted
            return super().suggest(trial_id)

    results = run(lambda config: 1.0, searcher=Two, num_samples=10)
    assert (results.state, results.counts) == ("completed", {"completed": 2})


class Raises:
    """A scheduler that fails."""

    def __init__(self, problem):
        pass

    def on_result(self, trial, result):
        raise ArithmeticError("no quantile")


class Babbles(Raises):
    """A scheduler that answers nonsense."""

    def on_result(self, trial, result):
        return "stop"


@ENGINE_ONLY
@pytest.mark.parametrize(
    ("scheduler", "message"),
    [
        (Raises, r"scheduler '.*Raises' failed in on_result\(\): ArithmeticError: no quantile"),
        (Babbles, r"scheduler '.*Babbles' answered 'stop' to on_result\(\); expected Continue"),
    ],
)
def test_what_a_scheduler_does_wrong_ends_the_run_by_name(run, tmp_path, scheduler, message):
    """The run has failed, the error names plugin and call, and the trial waits for a resume."""
    with pytest.raises(tune.PluginError, match=message):
        run(train, scheduler=scheduler, num_samples=3, name="faulty")
    results = tune.load(tmp_path / "runs" / "faulty")
    assert results.state == "failed"
    assert {trial.status for trial in results} == {"pending"}
