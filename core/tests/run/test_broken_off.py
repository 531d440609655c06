"""Runs that a plugin broke off, and that go on once it is mended."""

import contextlib
import threading
import time

import pytest

import tunesmith as tune
from tunesmith._executors.inline import InlineExecutor
from tunesmith._journal.reader import Reader
from tunesmith._run import snapshot
from tunesmith._run.redecision import redecide
from tunesmith.errors import PluginError
from tunesmith.plugins import Capabilities, SearcherSpec, default_registry
from tunesmith.protocols import Continue, Pause, Stop
from tunesmith.protocols.events import TrialStarted

SPACE = {"x": tune.uniform(-1, 1)}


def train(config):
    """Report three times."""
    for epoch in range(1, 4):
        yield {"loss": config["x"] ** 2 / epoch}


def options(tmp_path, **others):
    fixed = {"metric": "loss", "mode": "min", "executor": "inline", "seed": 1, "num_samples": 8}
    return {**fixed, "storage": tmp_path, "verbose": 0, **others}


def outcome(results):
    return [(trial.id, trial.status, trial.config, trial.metrics["loss"]) for trial in results]


class Weak:
    """A random searcher that fails for as long as it is `ill`: as it is asked, or told."""

    ill = ""
    spec = SearcherSpec(
        name="weak", factory="", api="1.0", partial="last", capabilities=Capabilities()
    )

    def __init__(self, problem):
        self.space, self.rng, self.calls = problem.space, problem.rng("weak"), 0

    def suggest(self, trial_id):
        self.calls += 1
        config = self.space.draw(self.rng)
        if self.calls == 5 and self.ill == "asked":
            raise ConnectionError("the service is down")
        if self.calls == 5 and self.ill == "leaving":
            raise SystemExit("done")
        return config

    def observe(self, observation):
        if self.ill == "told" and observation.trial_id == "0003":
            raise ConnectionError("the service is down")


@pytest.fixture(autouse=True)
def well():
    """Have no test leave a plugin ill."""
    Slow.awaken.clear()
    yield
    Weak.ill = Moody.ill = ""
    Slow.awaken.set()


@pytest.mark.parametrize("ill", ["asked", "told", "leaving"])
def test_a_run_goes_on_as_if_its_searcher_had_never_failed(tmp_path, ill):
    """Once the searcher works again, a resume leads to the very trials of an unbroken run."""
    unbroken = outcome(tune.run(train, SPACE, searcher=Weak, **options(tmp_path, name="whole")))
    Weak.ill = ill
    with pytest.raises(PluginError, match="searcher 'weak' failed"):
        tune.run(train, SPACE, searcher=Weak, **options(tmp_path, name="broken"))
    with pytest.raises(PluginError, match="searcher 'weak' failed"):
        tune.resume(tmp_path / "broken", train, verbose=0)
    Weak.ill = ""
    assert outcome(tune.resume(tmp_path / "broken", train, verbose=0)) == unbroken


class Slow(Weak):
    """Runs beside the trials, and may leave its thread by an interrupt of its own, or hang."""

    spec = SearcherSpec(
        name="slow",
        factory="",
        api="1.0",
        partial="last",
        pace="slow",
        capabilities=Capabilities(),
    )

    awaken = threading.Event()

    def suggest(self, trial_id):
        if self.calls == 3 and Weak.ill == "interrupted":
            raise KeyboardInterrupt("not from the keyboard")
        if self.calls == 3 and Weak.ill == "hanging":
            Slow.awaken.wait()
        return super().suggest(trial_id)


def test_a_searcher_that_interrupts_itself_is_told_as_what_it_is(tmp_path):
    """An interrupt in the searcher's thread ends the search at once, with its name."""
    Weak.ill = "interrupted"
    with pytest.raises(PluginError, match=r"failed in suggest\(\): KeyboardInterrupt"):
        tune.run(train, SPACE, searcher=Slow, **options(tmp_path))


def test_a_searcher_that_hangs_as_a_run_is_played_back_is_given_up(tmp_path):
    """A resume waits for it no longer than the run did; with more patience it goes on."""
    unbroken = outcome(tune.run(train, SPACE, searcher=Slow, **options(tmp_path, name="whole")))
    Weak.ill = "hanging"
    limited = {"name": f"{__name__}:Slow", "timeout_s": 0.3}
    with pytest.raises(PluginError, match=r"has not returned from suggest\(\) for 0.3 s"):
        tune.run(train, SPACE, searcher=limited, **options(tmp_path, name="hung"))
    with pytest.raises(PluginError, match=r"has not returned from suggest\(\) for 0.3 s"):
        tune.resume(tmp_path / "hung", train, verbose=0)
    Weak.ill = ""
    again = tune.resume(tmp_path / "hung", train, searcher={**limited, "timeout_s": 30}, verbose=0)
    assert outcome(again) == unbroken


def test_only_the_patience_with_a_searcher_can_be_changed(tmp_path):
    """Its options are part of what was decided so far."""
    path = tune.run(train, SPACE, searcher="random", **options(tmp_path)).path
    with pytest.raises(tune.UsageError, match="only its timeout_s"):
        tune.resume(path, train, searcher="grid", num_samples=9)


class Moody:
    """A scheduler that fails at its sixth decision for as long as it is `ill`."""

    ill = ""
    capabilities = Capabilities()

    def __init__(self, problem):
        self.calls = 0

    def on_result(self, trial, result):
        self.calls += 1
        if self.ill == "raising" and self.calls == 6:
            raise ConnectionError("the service is down")
        if self.ill == "leaving" and self.calls == 6:
            raise SystemExit(3)
        if self.ill == "hasty" and self.calls >= 3:
            return Stop("enough")
        if self.ill == "pausing" and self.calls == 4:
            return Pause("enough for now")
        if self.ill == "lazy" and self.calls == 4:
            return Continue(until=100.0)
        return Continue()


@pytest.mark.parametrize("ill", ["raising", "leaving"])
def test_a_run_goes_on_as_if_its_scheduler_had_never_failed(tmp_path, ill):
    """Trials under way are kept; until the scheduler is mended, a resume says what is wrong."""
    unbroken = outcome(tune.run(train, SPACE, scheduler=Moody, **options(tmp_path, name="whole")))
    Moody.ill = ill
    with pytest.raises(PluginError, match="failed in on_result"):
        tune.run(train, SPACE, scheduler=Moody, **options(tmp_path, name="broken"))
    with pytest.raises(PluginError, match="mend that, then resume"):
        tune.resume(tmp_path / "broken", train, verbose=0)
    Moody.ill = ""
    assert outcome(tune.resume(tmp_path / "broken", train, verbose=0)) == unbroken


@pytest.mark.parametrize(
    ("ill", "told"),
    [
        ("hasty", r"at event 7 the scheduler decides Stop 0001 where it decided Proceed 0001"),
        (
            "lazy",
            "decides Proceed 0002 (until=100) where it decided Proceed 0002",
        ),
    ],
)
def test_a_scheduler_that_decides_otherwise_is_found_out(tmp_path, ill, told, caplog):
    """A resume goes on by what is recorded, and tells of the first decision that differs."""
    path = tune.run(train, SPACE, scheduler=Moody, **options(tmp_path)).path
    Moody.ill = ill
    assert len(tune.resume(path, train, num_samples=10, verbose=0)) == 10
    assert told in caplog.text


def test_a_scheduler_that_contradicts_what_happened_cannot_go_on(tmp_path):
    """Where an event cannot follow from its decisions, a resume says so, and where to look."""
    Moody.ill = "pausing"
    path = tune.run(train, SPACE, scheduler=Moody, **options(tmp_path)).path
    Moody.ill = ""
    with pytest.raises(PluginError, match=r"does not lead to event .* `tunesmith replay`"):
        tune.resume(path, train, num_samples=10, verbose=0)
    with contextlib.closing(Reader(path)) as reader:
        told = [o for o in redecide(reader, default_registry()) if not o.agrees]
    assert [one.action for one in told[0].then] == ["Pause"]


class Torn:
    """An executor that raises as it is polled for the third time, and as it closes."""

    def __init__(self, context):
        self.polls = 0

    def now(self):
        return time.time()

    def submit(self, commands):
        pass

    def wake(self):
        pass

    def poll(self, deadline):
        self.polls += 1
        if self.polls == 3:
            raise OSError("no route to host")
        return []

    def close(self):
        raise OSError("no route to host")


def test_an_executor_that_raises_is_named(tmp_path, caplog):
    """The error says which and in what call; the run ends as failed, and can be resumed."""
    with pytest.raises(PluginError, match=r"executor 'Torn' failed in poll\(\): OSError: no route"):
        tune.run(train, SPACE, **options(tmp_path, name="torn", executor=Torn))
    assert tune.load(tmp_path / "torn").state == "failed"
    assert "'Torn' failed in close()" in caplog.text
    assert len(tune.resume(tmp_path / "torn", train, executor="inline", verbose=0)) == 8


class Garbled(InlineExecutor):
    """Answers to its third poll with what the test says."""

    answer: object = None
    polls = 0

    def poll(self, deadline):
        self.polls += 1
        return self.answer if self.polls == 3 else super().poll(deadline)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (None, "None to poll(); expected a list of events"),
        ([3], "3 to poll(); expected an event, as in tunesmith.protocols.events"),
        (
            [TrialStarted(at=0.0, trial="0099", attempt=1)],
            "expected events about trials that were launched",
        ),
    ],
)
def test_an_executor_that_answers_nonsense_is_named(tmp_path, monkeypatch, answer, expected):
    """It is its own fault, and what was reported before is kept."""
    monkeypatch.setattr(Garbled, "answer", answer)
    with pytest.raises(PluginError) as caught:
        tune.run(train, SPACE, **options(tmp_path, name="torn", executor=Garbled))
    assert str(caught.value).startswith("executor 'Garbled' answered ")
    assert expected in str(caught.value)
    assert len(tune.resume(tmp_path / "torn", train, executor="inline", verbose=0)) == 8


@pytest.mark.parametrize(
    ("kind", "method"),
    [
        ("searcher", "suggest(trial_id)"),
        ("scheduler", "on_result(trial, result)"),
        ("executor", "now()"),
    ],
)
def test_a_plugin_without_its_methods_is_told_before_anything_runs(tmp_path, kind, method):
    """A class that is no searcher, scheduler or executor is named, with what it lacks."""

    class Empty:
        def __init__(self, given):
            pass

    with pytest.raises(PluginError) as caught:
        tune.run(train, SPACE, **options(tmp_path, **{kind: Empty}))
    told = f" has no method {method}, which every {kind} needs; its factory made 'Empty'"
    assert str(caught.value).endswith(told)
    assert list(tmp_path.iterdir()) == []


class Wordy(Slow):
    """Says what it knows in a form that nobody asked for."""

    spec = SearcherSpec(
        name="wordy",
        factory="",
        api="1.0",
        partial="last",
        pace="slow",
        capabilities=Capabilities(),
    )

    def state(self):
        return {"not": lambda: "bytes"}

    def restore(self, state):
        raise AssertionError("there is nothing to restore")


def test_a_state_that_is_no_bytes_is_not_kept(tmp_path, monkeypatch):
    """A run does not depend on snapshots: it ends well, and is resumed without one."""
    monkeypatch.setattr(snapshot, "WORTH_S", 0.0)
    monkeypatch.setattr(snapshot, "SHARE", 0)
    path = tune.run(train, SPACE, searcher=Wordy, **options(tmp_path, num_samples=3)).path
    assert not (path / "searcher.snapshot").exists()
    assert len(tune.resume(path, train, num_samples=4, verbose=0)) == 4


class Greedy(Weak):
    """Takes what it is told for its own."""

    spec = SearcherSpec(
        name="greedy", factory="", api="1.0", partial="last", capabilities=Capabilities()
    )

    def observe(self, observation):
        observation.metrics["loss"] = observation.config["x"] = 0.0


def test_what_searchers_are_told_is_theirs(tmp_path):
    """Whatever they do with it, the journal and the results stay as they were reported."""
    results = tune.run(train, SPACE, searcher=Greedy, **options(tmp_path))
    assert all(trial.metrics["loss"] == trial.config["x"] ** 2 / 3 > 0 for trial in results)
