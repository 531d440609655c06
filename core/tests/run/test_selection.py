"""A resume chooses the algorithms that a run began with, whatever a journal can hold of them."""

import functools

import pytest

import tunesmith as tune
from tunesmith.plugins import Capabilities
from tunesmith.protocols import Continue, Stop

SPACE = {"x": tune.uniform(0, 1)}


def train(config):
    """Report three times."""
    for epoch in range(1, 4):
        yield {"loss": config["x"] / epoch}


class Ending:
    """A scheduler that stops trials at `end`, as far as the function `rule` lets it."""

    capabilities = Capabilities()

    def __init__(self, problem, *, end: float = 3.0, rule=bool):
        self.end, self.rule = end, rule

    def on_result(self, trial, result):
        return Stop("end") if self.rule(result.resource >= self.end) else Continue()


def local():
    """Return a class that no import path leads to."""

    class Local(Ending):
        pass

    return Local


class Listener:
    """A callback that hears of ends."""

    def on_trial_end(self, trial):
        """Do nothing."""


ENDING = f"{__name__}:Ending"
ANY = {"name": ENDING, "end": 2, "rule": lambda late: late}


@pytest.fixture
def begun(tmp_path):
    """Run two trials with a scheduler; return the run's folder."""

    def begun(scheduler):
        fixed = {"metric": "loss", "mode": "min", "executor": "inline", "verbose": 0}
        fixed |= {"storage": tmp_path, "num_samples": 2}
        return tune.run(train, SPACE, scheduler=scheduler, **fixed).path

    return begun


def reached(results):
    return [len(trial.history) for trial in results]


@pytest.mark.parametrize(
    ("scheduler", "told"),
    [
        (functools.partial(Ending, end=1), f"partial({ENDING}, end=1)"),
        (local(), f"{__name__}:local.<locals>.Local"),
        (ANY, f"{{'name': '{ENDING}', 'end': 2, 'rule': {__name__}:<lambda>}}"),
    ],
)
def test_what_a_journal_cannot_hold_of_an_algorithm_is_given_again(begun, scheduler, told):
    """Functions among options, bound arguments and local classes are asked for, and then used."""
    path = begun(scheduler)
    before = reached(tune.load(path))
    with pytest.raises(tune.UsageError) as caught:
        tune.resume(path, train, num_samples=3, verbose=0)
    assert str(caught.value) == (
        f"this run has scheduler={told}, which a journal cannot hold; give it again: "
        f"tune.resume({str(path)!r}, scheduler=...)"
    )
    again = tune.resume(path, train, num_samples=3, scheduler=scheduler, verbose=0)
    assert reached(again) == [*before, before[0]]


def test_all_that_is_missing_is_asked_for_at_once(tmp_path):
    """Whoever resumes gives everything again in one go; callbacks are not needed."""

    def never(trial_id, metrics):
        return False

    options = {"metric": "loss", "mode": "min", "executor": "inline", "verbose": 0}
    made = {"stop": never, "constraint": bool, "callbacks": [Listener()]}
    run = tune.run(train, SPACE, storage=tmp_path, num_samples=1, **options, **made)
    with pytest.raises(tune.UsageError) as caught:
        tune.resume(run.path, train)
    told = str(caught.value)
    assert told.startswith("this run has stop=<function ")
    assert "constraint=(<class 'bool'>,), which a journal cannot hold; give them again: " in told
    assert told.endswith(f"tune.resume({str(run.path)!r}, stop=..., constraint=...)")


def test_another_algorithm_is_none_that_is_given_again(begun):
    """Plain options, and which algorithm it is, are compared with what is recorded."""
    path = begun(ANY)
    for other in ({**ANY, "end": 3}, {"name": ENDING, "end": 2}, "fifo"):
        with pytest.raises(tune.UsageError, match="a run goes on with the scheduler it began with"):
            tune.resume(path, train, num_samples=3, scheduler=other)


def test_an_algorithm_that_is_recorded_may_be_given_all_the_same(begun):
    """A script that always names its scheduler need not know what a journal can hold."""
    path = begun(Ending)
    assert len(tune.resume(path, train, num_samples=3, scheduler=Ending, verbose=0)) == 3
    assert len(tune.resume(path, train, num_samples=4, verbose=0)) == 4


def test_an_algorithm_that_moved_is_given_again(begun, monkeypatch):
    """Where its import path leads nowhere any more, the error says how to go on."""
    path = begun(Ending)
    monkeypatch.delitem(globals(), "Ending")
    with pytest.raises(tune.UsageError, match=r"cannot be imported: .* or give it again: tune"):
        tune.resume(path, train, num_samples=3)
