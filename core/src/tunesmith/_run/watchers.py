"""Callbacks: who is told what, and what happens to one that fails."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec

from tunesmith._run.checks.surroundings import HOOKS
from tunesmith._trainable.failure import describe
from tunesmith.plugins import Registry
from tunesmith.plugins.factories import check_options, load_factory, make
from tunesmith.protocols import Checkpoint, Result, TrialView
from tunesmith.space.plain import copied

Hook = Callable[..., None]


def resolve(callbacks: Iterable[Any], registry: Registry) -> tuple[Any, ...]:
    """Return the callbacks as objects, making those that are named.

    Raises:
        TunesmithError: as for any other plugin that is unknown, broken or misused.
    """
    made = []
    for callback in callbacks:
        if isinstance(callback, str | Mapping):
            options = {"name": callback} if isinstance(callback, str) else dict(callback)
            found = registry.find("callback", options.pop("name"))
            factory = load_factory(found.spec, found.source)
            check_options(found.spec, factory, options)
            made.append(make(found.spec, factory, None, options))
        else:
            made.append(callback)
    return tuple(made)


class Watchers:
    """Tells callbacks what happens, in the order in which they were given.

    One that raises is reported through `warn`, once, with its traceback, and hears nothing more;
    the run goes on. An exception that is meant to end the program (Ctrl-C) passes.
    """

    def __init__(self, callbacks: Iterable[Any], warn: Callable[[str], None]) -> None:
        self._warn = warn
        self._hooks: dict[str, list[tuple[object, Hook]]] = {hook: [] for hook in HOOKS}
        for callback in callbacks:
            for hook in HOOKS:
                method = getattr(callback, hook, None)
                if callable(method):
                    self._hooks[hook].append((callback, method))

    def wants(self, hook: str) -> bool:
        """Tell whether anyone listens: where not, what would be told need not be made."""
        return bool(self._hooks[hook])

    def on_experiment_start(self, experiment: Any) -> None:
        """The run folder exists; nothing has been launched."""
        self._call("on_experiment_start", experiment)

    def on_trial_start(self, trial: TrialView) -> None:
        """An attempt began to run."""
        self._call("on_trial_start", trial)

    def on_result(self, trial: TrialView, result: Result) -> None:
        """A trial reported."""
        if self._hooks["on_result"]:
            self._call("on_result", trial, result)

    def on_checkpoint(self, trial: TrialView, checkpoint: Checkpoint) -> None:
        """A checkpoint became durable."""
        self._call("on_checkpoint", trial, checkpoint)

    def on_trial_end(self, trial: TrialView) -> None:
        """A trial completed, was stopped, or failed for good."""
        self._call("on_trial_end", trial)

    def on_experiment_end(self, results: Any) -> None:
        """The run is over."""
        self._call("on_experiment_end", results)

    def _call(self, hook: str, *told: Any) -> None:
        failed = []
        for callback, method in self._hooks[hook]:
            try:
                method(*map(_copied, told))
            except Exception as error:  # noqa: BLE001 (whatever it is, the run goes on)
                failed.append((callback, describe(error).traceback))
        for callback, trace in failed:
            self._drop(callback, hook, trace)

    def _drop(self, callback: object, hook: str, trace: str) -> None:
        for name, listeners in self._hooks.items():
            self._hooks[name] = [one for one in listeners if one[0] is not callback]
        self._warn(
            f"callback {type(callback).__name__} failed in {hook} and is not called again; "
            f"the run goes on\n{trace.rstrip()}"
        )


def _copied(told: Any) -> Any:
    """Return what a callback may do with as it likes: the engine goes on with the other one."""
    if isinstance(told, Result):
        return msgspec.structs.replace(told, metrics=copied(told.metrics))
    if isinstance(told, TrialView):
        return msgspec.structs.replace(
            told,
            config=copied(told.config),
            last=_copied(told.last),
            best=_copied(told.best),
        )
    return told
