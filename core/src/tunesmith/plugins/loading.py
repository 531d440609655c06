"""Find plugins and have each say what it brings, so that a broken one harms no other.

Theory of operation. Every installed package may declare entry points in the group `tunesmith`.
Each is imported by itself, registered with a plugin manager of its own, and its hooks are called
there; whatever goes wrong on the way becomes a `BrokenPlugin` and the loop goes on. A manager is
not shared because pluggy validates and calls all plugins of one manager together.
"""

import importlib.metadata
import inspect
import os
import re
import traceback
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any

import msgspec
import pluggy

from tunesmith.errors import PluginContractError, UsageError, did_you_mean
from tunesmith.plugins import hookspecs
from tunesmith.plugins.specs import KINDS, Kind, Spec, kind_of

GROUP = "tunesmith"
CORE = "tunesmith-core"
VARIABLE = "TUNESMITH_PLUGINS"

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")
_FACTORY = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_][\w.]*")
_API = re.compile(r"\d+\.\d+")


class Source(msgspec.Struct, frozen=True):
    """Where a plugin comes from: its entry point's name, its distribution and what that needs."""

    name: str
    dist: str
    version: str = ""
    requires: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.dist} {self.version}".rstrip()


class Installed(msgspec.Struct, frozen=True):
    """A spec together with the distribution it comes from."""

    spec: Spec
    source: Source

    @property
    def kind(self) -> Kind:
        """Return which kind of plugin it is."""
        return kind_of(self.spec)

    @property
    def reference(self) -> str:
        """Return the name that means this one even where several packages share a name."""
        return f"{self.source.dist}/{self.spec.name}"


class BrokenPlugin(msgspec.Struct, frozen=True):
    """A plugin that could not be loaded, and why."""

    source: Source
    error: BaseException

    @property
    def name(self) -> str:
        """Return the name of its entry point."""
        return self.source.name

    @property
    def dist(self) -> str:
        """Return the distribution to reinstall, upgrade or remove."""
        return self.source.dist

    @property
    def version(self) -> str:
        """Return the version of that distribution."""
        return self.source.version

    @property
    def summary(self) -> str:
        """Return the error in one line."""
        text = " ".join(str(self.error).split())
        if isinstance(self.error, PluginContractError):
            return text
        return f"{type(self.error).__name__}: {text}" if text else type(self.error).__name__

    @property
    def traceback(self) -> str:
        """Return the error with its traceback, as Python prints it."""
        return "".join(traceback.format_exception(self.error))


class Found(msgspec.Struct, frozen=True):
    """What a look at the installed packages brought."""

    specs: tuple[tuple[Source, Spec], ...]
    broken: tuple[BrokenPlugin, ...]
    left_out: tuple[Source, ...]


def normalised(dist: str) -> str:
    """Return the name of a distribution as package indexes compare it."""
    return re.sub(r"[-_.]+", "-", dist).lower()


def load_installed(environ: Mapping[str, str] = os.environ) -> Found:
    """Load every installed plugin that `TUNESMITH_PLUGINS` does not leave out."""
    entries = [(source_of(entry), entry) for entry in importlib.metadata.entry_points(group=GROUP)]
    entries.sort(key=lambda pair: (pair[0].dist != CORE, pair[0].dist, pair[0].name))
    chosen = _selection([source for source, _ in entries], environ.get(VARIABLE))
    specs: list[tuple[Source, Spec]] = []
    broken: list[BrokenPlugin] = []
    for source, entry in entries:
        if source not in chosen:
            continue
        # A module may run any code on import, sys.exit included; only Ctrl-C is not its fault.
        try:
            specs.extend((source, spec) for spec in collect(entry.load()))
        except (Exception, SystemExit) as error:  # noqa: BLE001 (kept, and shown by `plugins`)
            broken.append(BrokenPlugin(source=source, error=error))
    left_out = tuple(source for source, _ in entries if source not in chosen)
    return Found(specs=tuple(specs), broken=tuple(broken), left_out=left_out)


def collect(plugin: object) -> list[Spec]:
    """Call the hooks of one plugin and return the specs it declares, checked.

    Raises:
        PluginContractError: it implements no hook, or returned something that is no valid spec.
        pluggy.PluginValidationError: it implements an unknown hook, or one with wrong arguments.
    """
    host = pluggy.PluginManager(hookspecs.PROJECT)
    host.add_hookspecs(_HOOKS)  # type: ignore[arg-type]  # any namespace
    host.register(_implementations(plugin), name="plugin")
    host.check_pending()
    specs: list[Spec] = []
    for kind in KINDS:
        for returned in getattr(host.hook, _hook(kind))():
            specs.extend(_checked(kind, returned))
    names = [(kind_of(spec), spec.name) for spec in specs]
    for kind, name in names:
        if names.count((kind, name)) > 1:
            raise PluginContractError(
                f"declares the {kind} {name!r} more than once; give each its own name"
            )
    return specs


def check_spec(spec: Spec) -> None:
    """Raise `PluginContractError` unless the strings of `spec` are well formed."""
    for field, pattern, expected in (
        ("name", _NAME, "letters, digits, '.', '_' and '-', beginning with a letter"),
        ("factory", _FACTORY, "'package.module:attribute'"),
        ("api", _API, "'major.minor', such as '1.0'"),
    ):
        value = getattr(spec, field)
        if not isinstance(value, str) or not pattern.fullmatch(value):
            raise PluginContractError(
                f"declares a {kind_of(spec)} with {field}={value!r}; expected {expected}"
            )


def source_of(entry: importlib.metadata.EntryPoint) -> Source:
    """Return where an entry point comes from."""
    dist = entry.dist
    if dist is None:
        return Source(name=entry.name, dist=entry.value.partition(".")[0])
    metadata = dist.metadata  # parsed anew each time that it is asked for
    return Source(
        name=entry.name,
        dist=normalised(metadata["Name"]),
        version=metadata["Version"],
        requires=tuple(metadata.get_all("Requires-Dist") or ()),
    )


def _selection(sources: Sequence[Source], value: str | None) -> set[Source]:
    if value is None:
        return set(sources)
    chosen = {source for source in sources if source.dist == CORE}
    for wanted in re.split(r"[,\s]+", value.strip()):
        named = {source for source in sources if wanted in (source.name, source.dist)}
        if wanted and not named:
            known = sorted(source.name for source in sources)
            raise UsageError(
                f"{VARIABLE} names {wanted!r}, which is not installed"
                f"{did_you_mean(wanted, known) or ';'} installed plugins: {', '.join(known)}"
            )
        chosen |= named
    return chosen


def _implementations(plugin: object) -> object:
    """Return what of `plugin` pluggy shall see: of a module, its marked functions only.

    Some versions of pluggy fetch every name in `dir(plugin)`, which in a module with a lazy
    `__getattr__` would import the very libraries that a shim takes care not to load.
    """
    if not isinstance(plugin, ModuleType):
        return plugin
    mark = f"{hookspecs.PROJECT}_impl"
    marked = {
        name: value
        for name, value in vars(plugin).items()
        if inspect.isroutine(value) and hasattr(value, mark)
    }
    if not marked:
        raise PluginContractError(
            f"module {plugin.__name__!r} implements no hook; decorate its functions with"
            " @tunesmith.plugins.hookimpl"
        )
    return _Only(marked)


class _Only:
    """Has these attributes, and lists no others: pluggy looks at each that is listed."""

    def __init__(self, attributes: Mapping[str, Any]) -> None:
        vars(self).update(attributes)

    def __dir__(self) -> list[str]:
        return list(vars(self))


def _hook(kind: Kind) -> str:
    return f"tunesmith_{kind}s"


_HOOKS = _Only({_hook(kind): getattr(hookspecs, _hook(kind)) for kind in KINDS})


def _checked(kind: Kind, returned: object) -> Sequence[Spec]:
    struct = KINDS[kind]
    specs: list[Any] = list(returned) if isinstance(returned, list | tuple) else [returned]
    for spec in specs:
        if type(spec) is not struct:
            raise PluginContractError(
                f"{_hook(kind)} returned {spec!r}; expected a list of {struct.__name__}"
            )
        check_spec(spec)
    return specs
