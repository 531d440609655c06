"""Say why a name is not there, and what to do about it."""

from collections.abc import Iterable, Sequence

from tunesmith.errors import (
    BrokenPluginError,
    PluginNotInstalledError,
    TunesmithError,
    UnknownNameError,
    closest,
)
from tunesmith.plugins.catalog import CATALOG
from tunesmith.plugins.elsewhere import NAMES, choice_of
from tunesmith.plugins.loading import VARIABLE, BrokenPlugin, Installed, Source, normalised
from tunesmith.plugins.requirements import first_unmet
from tunesmith.plugins.specs import Kind

_ARGUMENT: dict[Kind, str] = {
    "searcher": "searcher={!r}",
    "scheduler": "scheduler={!r}",
    "executor": "executor={!r}",
    "callback": "callbacks=[{!r}]",
    "command": "tunesmith {}",
}


def explain(
    kind: Kind,
    name: str,
    *,
    installed: Sequence[Installed],
    broken: Sequence[BrokenPlugin],
    left_out: Sequence[Source],
) -> TunesmithError:
    """Return the error for a `name` that none of `installed` has."""
    prefix, _, plain = name.rpartition("/")
    dist = normalised(prefix) or CATALOG.get(kind, {}).get(plain, "")
    for plugin in broken:
        if dist == plugin.dist or (not dist and plugin.name == plain):
            return _broken(kind, name, plugin)
    for source in left_out:
        if dist == source.dist or (not dist and source.name == plain):
            return UnknownNameError(
                f"{kind} {name!r} is provided by {source.dist}, which the environment variable"
                f" {VARIABLE} leaves out; add {source.name!r} to it"
            )
    if dist and dist == CATALOG.get(kind, {}).get(plain):
        return _not_installed(kind, name, dist, installed)
    for one in installed:
        if one.spec.name == plain:
            return _elsewhere(kind, name, one)
    return _unknown(kind, name, installed, [plugin.dist for plugin in broken])


def _elsewhere(kind: Kind, name: str, one: Installed) -> UnknownNameError:
    """Return the error for a name that stands for something, but not for this."""
    if one.kind != kind:
        usage = _ARGUMENT[one.kind].format(one.spec.name)
        return UnknownNameError(f"{name!r} is no {kind} but {_article(one.kind)}: write {usage}")
    return UnknownNameError(
        f"{kind} {one.spec.name!r} is provided by {one.source.dist}, not by"
        f" {name.rpartition('/')[0]!r}; write {one.reference!r}"
    )


def _broken(kind: Kind, name: str, plugin: BrokenPlugin) -> BrokenPluginError:
    unmet = first_unmet(plugin.source)
    remedy = f". {unmet.describe(plugin.source)}" if unmet else ""
    error = BrokenPluginError(
        f"{kind} {name!r}: plugin {str(plugin.source)!r} failed to load: {plugin.summary}"
        f" (full traceback: tunesmith plugins --broken){remedy}"
    )
    error.__cause__ = plugin.error
    return error


def _not_installed(
    kind: Kind, name: str, dist: str, installed: Iterable[Installed]
) -> PluginNotInstalledError:
    for one in installed:
        if one.source.dist == dist:
            return PluginNotInstalledError(
                f"{one.source} does not provide the {kind} {name!r} yet:"
                f" pip install --upgrade {dist}"
            )
    return PluginNotInstalledError(
        f"no {kind} named {name!r} is installed; it is provided by {dist}: pip install {dist}"
    )


def _unknown(
    kind: Kind, name: str, installed: Sequence[Installed], broken: Sequence[str]
) -> UnknownNameError:
    known = sorted({one.spec.name for one in installed if one.kind == kind})
    catalogued = CATALOG.get(kind, {})
    guess = NAMES.get(kind, {}).get(name.casefold())
    other = "" if guess else choice_of(name)
    if not other and guess not in known and guess not in catalogued:
        guess = closest(name, [*known, *catalogued])
    hint = f"{other};"
    if guess is not None:
        dist = "" if guess in known else f" (pip install {catalogued[guess]})"
        hint = f"; did you mean {guess!r}{dist}?"
    if kind == "callback" and not guess:
        hint = (
            "; give an object with hooks, such as on_result(trial, result), as callbacks=[...]; the"
            " guide 'Log a run' has some for TensorBoard, MLflow and W&B;"
        )
    failed = f"; failed to load: {', '.join(broken)} (see tunesmith plugins --broken)"
    return UnknownNameError(
        f"unknown {kind} {name!r}{hint} installed: {', '.join(known) or 'none'}"
        + (failed if broken else "")
    )


def _article(kind: Kind) -> str:
    return f"an {kind}" if kind[0] in "aeiou" else f"a {kind}"
