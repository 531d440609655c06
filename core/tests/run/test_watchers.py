"""Dispatch to callbacks."""

import sys
from typing import Any

import pytest

from tunesmith._run.checks.surroundings import HOOKS
from tunesmith._run.watchers import Watchers, resolve
from tunesmith.errors import OptionError, UnknownNameError
from tunesmith.plugins import CallbackSpec, Registry
from tunesmith.protocols import Checkpoint, Result, TrialView

TRIAL = TrialView(id="0001", config={}, status="running")
RESULT = Result(resource=1, values=(0.5,), metrics={"loss": 0.5})
CHECKPOINT = Checkpoint(trial="0001", resource=1, path="trials/0001/checkpoints/1")


class Diary:
    """Hears everything."""

    def __init__(self, name: str = "diary", pages: list[str] | None = None) -> None:
        self.name = name
        self.pages: list[str] = [] if pages is None else pages

    def __getattr__(self, hook: str) -> Any:
        if hook not in HOOKS:
            raise AttributeError(hook)
        return lambda *_: self.pages.append(f"{self.name}.{hook}")


class OnlyEnds:
    def __init__(self) -> None:
        self.ended: list[str] = []

    def on_trial_end(self, trial: TrialView) -> None:
        self.ended.append(trial.id)


class Broken(OnlyEnds):
    def on_result(self, trial: TrialView, result: Result) -> None:
        raise ValueError("no network")


def tell_all(watchers: Watchers) -> None:
    watchers.on_experiment_start(None)
    watchers.on_trial_start(TRIAL)
    watchers.on_result(TRIAL, RESULT)
    watchers.on_checkpoint(TRIAL, CHECKPOINT)
    watchers.on_trial_end(TRIAL)
    watchers.on_experiment_end(None)


def test_every_hook_is_called_in_the_order_given() -> None:
    """Callbacks hear of each event in the order of the list."""
    pages: list[str] = []
    warnings: list[str] = []
    watchers = Watchers([Diary("a", pages), Diary("b", pages)], warnings.append)
    tell_all(watchers)
    assert pages == [f"{name}.{hook}" for hook in _told() for name in "ab"]
    assert warnings == []


def _told() -> list[str]:
    return [
        "on_experiment_start",
        "on_trial_start",
        "on_result",
        "on_checkpoint",
        "on_trial_end",
        "on_experiment_end",
    ]


def test_any_of_the_hooks_will_do() -> None:
    """A callback without a hook is not asked for it, and nobody listening is known."""
    callback = OnlyEnds()
    watchers = Watchers([callback], pytest.fail)
    tell_all(watchers)
    assert callback.ended == ["0001"]
    assert watchers.wants("on_trial_end")
    assert not watchers.wants("on_result")


def test_one_that_raises_is_reported_once_and_dropped() -> None:
    """The report names callback, hook and cause; other callbacks hear on, the run never notices."""
    broken, other, warnings = Broken(), OnlyEnds(), list[str]()
    watchers = Watchers([broken, other], warnings.append)
    tell_all(watchers)
    tell_all(watchers)
    (warning,) = warnings
    assert warning.startswith(
        "callback Broken failed in on_result and is not called again; the run goes on\nTraceback"
    )
    assert warning.endswith("ValueError: no network")
    assert broken.ended == []
    assert other.ended == ["0001", "0001"]


def test_an_interrupt_passes_through() -> None:
    """Ctrl-C in a callback is the user's, not the callback's failure."""

    class Interrupted:
        def on_result(self, trial: TrialView, result: Result) -> None:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Watchers([Interrupted()], pytest.fail).on_result(TRIAL, RESULT)


def make_ends(project: str = "mine") -> OnlyEnds:
    callback = OnlyEnds()
    callback.ended.append(project)
    return callback


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> Registry:
    monkeypatch.setitem(sys.modules, "ends_plugin", sys.modules[__name__])
    registry = Registry(autoload=False)
    registry.add(CallbackSpec(name="ends", factory="ends_plugin:make_ends", api="1.0"))
    return registry


def test_a_callback_that_nobody_provides_is_written_in_a_few_lines(registry: Registry) -> None:
    """A name that other libraries know is answered with where such a callback is shown."""
    with pytest.raises(UnknownNameError, match=r"'mlflow'; give an object .* guide 'Log a run'"):
        resolve(["mlflow"], registry)


def test_names_become_callbacks_of_plugins(registry: Registry) -> None:
    """A name, with or without options, is looked up and made; objects stay as they are."""
    mine = OnlyEnds()
    made = resolve(["ends", {"name": "ends", "project": "ours"}, mine], registry)
    assert [callback.ended for callback in made] == [["mine"], ["ours"], []]
    assert made[2] is mine


def test_unknown_names_and_options_are_refused(registry: Registry) -> None:
    """The registry's own errors pass through."""
    with pytest.raises(UnknownNameError, match="'end'; did you mean 'ends'"):
        resolve(["end"], registry)
    with pytest.raises(OptionError, match="callback 'ends' has no option 'projekt'"):
        resolve([{"name": "ends", "projekt": "x"}], registry)


def test_a_callback_whose_error_cannot_be_shown_is_left_out() -> None:
    """The run goes on, whatever was raised."""

    class Odd(Exception):
        @property
        def __cause__(self) -> None:
            raise RuntimeError

    class Raising:
        def on_trial_end(self, trial: TrialView) -> None:
            raise Odd(trial.id)

    warnings: list[str] = []
    tell_all(Watchers([Raising()], warnings.append))
    (warning,) = warnings
    assert warning.startswith("callback Raising failed in on_trial_end and is not called again")
    assert "Odd: <showing it failed with RuntimeError>" in warning


class Untidy:
    """Takes what it is told for its own."""

    def on_result(self, trial: TrialView, result: Result) -> None:
        trial.config["opt"]["lr"] = 77.0
        result.metrics.pop("loss")
        for told in (trial.last, trial.best):
            assert told is not None
            told.metrics.clear()


def test_what_callbacks_are_told_is_theirs() -> None:
    """Whatever one does with it, the engine and the next callback have it as it was."""
    told: list[Any] = []

    class Tidy:
        def on_result(self, trial: TrialView, result: Result) -> None:
            told.extend((trial, result))

    trial = TrialView(
        id="0001", config={"opt": {"lr": 0.1}}, status="running", last=RESULT, best=RESULT
    )
    result = Result(resource=1, values=(0.5,), metrics={"loss": 0.5})
    warnings: list[str] = []
    Watchers([Untidy(), Tidy()], warnings.append).on_result(trial, result)
    assert warnings == []
    assert told == [trial, result]
    assert trial.config == {"opt": {"lr": 0.1}}
    assert result.metrics == RESULT.metrics == {"loss": 0.5}
