"""Ctrl-C within one process: what is returned, what is raised, what is recorded."""

import signal

import pytest

import tunesmith as tune
from tunesmith._run.interrupts import Shield, handled


class Impatient:
    """Presses Ctrl-C, or sends another signal, at each of the first `times` reports."""

    def __init__(self, times, number=signal.SIGINT):
        self.left = times
        self.number = number
        self.heard = []
        self.results = None

    def on_result(self, trial, result):
        self.heard.append((trial.id, result.resource))
        if self.left:
            self.left -= 1
            signal.raise_signal(self.number)

    def on_experiment_end(self, results):
        self.results = results


def train(config):
    for epoch in range(5):
        yield {"loss": config["x"] + epoch}


class Saved:
    def setup(self, config):
        self.step_ = 0

    def step(self):
        self.step_ += 1
        return {"loss": 1 / self.step_}

    def save_checkpoint(self, directory):
        with open(f"{directory}/step", "w") as file:
            file.write(str(self.step_))

    def load_checkpoint(self, directory): ...


@pytest.fixture
def run(tmp_path):
    def start(watcher, trainable=train, **options):
        return tune.run(
            trainable,
            {"x": tune.uniform(0, 1)},
            metric="loss",
            mode="min",
            num_samples=4,
            executor="inline",
            storage=tmp_path,
            callbacks=[watcher],
            **{"verbose": 0, **options},
        )

    return start


def test_once_ends_the_run_cleanly(run, capsys):
    """After one Ctrl-C the trial ends at its next report, and the results are returned."""
    watcher = Impatient(1)
    results = run(watcher, verbose=1)
    assert (results.state, results.reason) == ("stopped", "stopped with Ctrl-C")
    assert len(results) == 1
    assert 1 <= results[0].iterations < 5
    assert watcher.heard[-1] == ("0001", results[0].iterations)
    told = capsys.readouterr().out
    assert "stopping: running trials end at their next report; press Ctrl-C again" in told
    assert "run stopped: stopped with Ctrl-C" in told
    assert f"run: {results.path}" in told


def test_once_saves_what_can_be_saved(run):
    """A class is saved where it is stopped, so that it can go on from there."""
    results = run(Impatient(1), Saved)
    (checkpoint,) = results[0].checkpoints
    assert checkpoint.metadata()["iteration"] == results[0].iterations


def test_twice_ends_the_run_now_with_everything_recorded(run):
    """A second Ctrl-C raises KeyboardInterrupt, once the journal has all that was told."""
    watcher = Impatient(2)
    with pytest.raises(KeyboardInterrupt):
        run(watcher)
    results = watcher.results
    assert (results.state, results.reason) == ("stopped", "stopped with Ctrl-C, at once")
    assert [(trial.id, trial.iterations) for trial in results] == [watcher.heard[-1]]


def test_terminated_is_stopped(run):
    """SIGTERM is a Ctrl-C that a system sends; the reason says which it was."""
    results = run(Impatient(1, signal.SIGTERM))
    assert (results.state, results.reason) == ("stopped", "stopped with SIGTERM")


def test_handlers_are_put_back(run):
    """After a run, however it ended, signals are handled as before."""
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    run(Impatient(0))
    with pytest.raises(KeyboardInterrupt):
        run(Impatient(2))
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


def test_shield_puts_an_interrupt_off():
    """What is shielded runs to its end before the second Ctrl-C takes effect."""
    shield, done, asked = Shield(), [], []

    def work():
        with shield:
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)
            done.append("to its end")
        done.append("and no further")

    with handled(asked.append, shield), pytest.raises(KeyboardInterrupt):
        work()
    assert (asked, done) == (["Ctrl-C"], ["to its end"])


def test_shield_gives_way_at_last():
    """A third Ctrl-C gets through a shield: what is behind it may be stuck."""
    shield = Shield()

    def work():
        with shield:
            shield.interrupt()
            shield.interrupt()
            pytest.fail("the second interrupt was put off as well")

    with pytest.raises(KeyboardInterrupt):
        work()
