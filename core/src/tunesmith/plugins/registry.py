"""Every algorithm that can be named, where it comes from, and what went wrong on the way.

Theory of operation. A registry is an ordinary object, filled once: from the installed packages,
or by hand. Looking a name up either returns a spec that can be used or raises the one error
that says what to do about it; nothing of a plugin but its shim has been imported by then.
"""

import functools
from collections.abc import Iterator
from typing import cast

from tunesmith.errors import DuplicateNameError, TunesmithError
from tunesmith.plugins.absence import explain
from tunesmith.plugins.factories import check_api
from tunesmith.plugins.loading import (
    BrokenPlugin,
    Installed,
    Source,
    check_spec,
    collect,
    load_installed,
    normalised,
)
from tunesmith.plugins.specs import (
    KINDS,
    CallbackSpec,
    CommandSpec,
    ExecutorSpec,
    Kind,
    SchedulerSpec,
    SearcherSpec,
    Spec,
    kind_of,
)

HERE = Source(name="", dist="this-program")
"""The source of specs that a program adds to a registry itself."""


class Registry:
    """The specs of all installed plugins; with `autoload=False` it starts empty."""

    def __init__(self, *, autoload: bool = True) -> None:
        self._installed: list[Installed] = []
        self._broken: tuple[BrokenPlugin, ...] = ()
        self._left_out: tuple[Source, ...] = ()
        if autoload:
            found = load_installed()
            self._installed = [Installed(spec, source) for source, spec in found.specs]
            self._broken, self._left_out = found.broken, found.left_out

    @property
    def broken(self) -> tuple[BrokenPlugin, ...]:
        """Return the plugins that could not be loaded."""
        return self._broken

    @property
    def left_out(self) -> tuple[Source, ...]:
        """Return the installed plugins that `TUNESMITH_PLUGINS` does not name."""
        return self._left_out

    def add(self, spec: Spec, *, dist: str = HERE.dist) -> None:
        """Make `spec` known, in place of an equally named one added for the same `dist`."""
        check_spec(spec)
        source = Source(name=HERE.name, dist=normalised(dist))
        kept = [
            one
            for one in self._installed
            if (one.kind, one.spec.name, one.source) != (kind_of(spec), spec.name, source)
        ]
        self._installed = [*kept, Installed(spec, source)]

    def add_plugin(self, plugin: object, *, dist: str = HERE.dist) -> None:
        """Make all specs known that the hooks of `plugin`, a module or an object, return."""
        for spec in collect(plugin):
            self.add(spec, dist=dist)

    def installed(self, kind: Kind | None = None) -> tuple[Installed, ...]:
        """Return all specs with their distributions, by kind and name."""
        order = list(KINDS)
        chosen = [one for one in self._installed if kind in (None, one.kind)]
        return tuple(sorted(chosen, key=lambda one: (order.index(one.kind), one.spec.name)))

    def specs(self, kind: Kind | None = None) -> tuple[Spec, ...]:
        """Return all specs, by kind and name."""
        return tuple(one.spec for one in self.installed(kind))

    def label(self, one: Installed) -> str:
        """Return the shortest name that means `one` and nothing else."""
        twins = [other for other in self.installed(one.kind) if other.spec.name == one.spec.name]
        return one.spec.name if len(twins) == 1 else one.reference

    def searcher(self, name: str) -> SearcherSpec:
        """Return the searcher called `name`; see `find` for the errors."""
        return cast("SearcherSpec", self.find("searcher", name).spec)

    def scheduler(self, name: str) -> SchedulerSpec:
        """Return the scheduler called `name`."""
        return cast("SchedulerSpec", self.find("scheduler", name).spec)

    def executor(self, name: str) -> ExecutorSpec:
        """Return the executor called `name`; "auto" is the most preferred of those installed."""
        return cast("ExecutorSpec", self.find("executor", name).spec)

    def callback(self, name: str) -> CallbackSpec:
        """Return the callback called `name`."""
        return cast("CallbackSpec", self.find("callback", name).spec)

    def command(self, name: str) -> CommandSpec:
        """Return the subcommand called `name`."""
        return cast("CommandSpec", self.find("command", name).spec)

    def find(self, kind: Kind, name: str) -> Installed:
        """Return what `name`, or `dist/name`, stands for.

        Raises:
            PluginNotInstalledError: a package that is not installed provides it.
            BrokenPluginError: the plugin that provides it could not be loaded.
            DuplicateNameError: several packages provide it.
            ApiMismatchError: it was written for another plugin interface.
            UnknownNameError: nothing known provides it.
        """
        if kind == "executor" and name == "auto":
            return self._preferred_executor()
        candidates = list(self._candidates(kind, name))
        if not candidates:
            raise self._absent(kind, name)
        if len(candidates) > 1:
            providers = " and ".join(str(one.source) for one in candidates)
            references = " or ".join(repr(one.reference) for one in candidates)
            raise DuplicateNameError(
                f"{kind} {name!r} is provided by {providers}; choose one: {references}"
            )
        (found,) = candidates
        check_api(found.spec, found.source)
        return found

    def _candidates(self, kind: Kind, name: str) -> Iterator[Installed]:
        dist, _, plain = name.rpartition("/")
        for one in self.installed(kind):
            if one.spec.name == plain and normalised(dist) in ("", one.source.dist):
                yield one

    def _preferred_executor(self) -> Installed:
        executors = self.installed("executor")
        if not executors:
            raise self._absent("executor", "auto")
        return max(executors, key=lambda one: cast("ExecutorSpec", one.spec).preference)

    def _absent(self, kind: Kind, name: str) -> TunesmithError:
        return explain(
            kind, name, installed=self._installed, broken=self._broken, left_out=self._left_out
        )


@functools.cache
def default_registry() -> Registry:
    """Return the registry of this process, made from the installed packages on first use."""
    return Registry()
