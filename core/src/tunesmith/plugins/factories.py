"""From a spec to the algorithm itself; this is where a plugin's library is first imported."""

import importlib
import importlib.util
from collections.abc import Callable, Mapping
from typing import Any, cast

from tunesmith.errors import (
    ApiMismatchError,
    BrokenPluginError,
    MissingLibraryError,
    PluginContractError,
    PluginError,
    TunesmithError,
    did_you_mean,
)
from tunesmith.plugins.loading import Source
from tunesmith.plugins.options import check_options, check_values, declared_options
from tunesmith.plugins.requirements import check_requirements, installed_version
from tunesmith.plugins.specs import API, CallbackSpec, Kind, Spec, kind_of

__all__ = [
    "check_api",
    "check_methods",
    "check_options",
    "check_values",
    "create",
    "declared_options",
    "load_factory",
    "make",
]


def check_api(spec: Spec, source: Source | None = None) -> None:
    """Raise `ApiMismatchError` unless this tunesmith offers the interface `spec` was written for.

    The major parts must be equal, and the plugin's minor part not newer than the core's.
    """
    major, minor = (int(part) for part in spec.api.split("."))
    if major == API[0] and minor <= API[1]:
        return
    who = f"{kind_of(spec)} {spec.name!r}" + (f" ({source})" if source else "")
    ours = f"this tunesmith-core has {API[0]}.{API[1]}"
    newer = (major, minor) > API
    dist = "tunesmith-core" if newer else (source.dist if source else "the plugin's package")
    raise ApiMismatchError(
        f"{who} is written for plugin interface {spec.api}; {ours}: pip install --upgrade {dist}"
    )


NEEDED: Mapping[Kind, tuple[str, ...]] = {
    "searcher": ("suggest(trial_id)", "observe(observation)"),
    "scheduler": ("on_result(trial, result)",),
    "executor": ("now()", "submit(commands)", "poll(deadline)", "wake()", "close()"),
}
"""The methods that no plugin of a kind can do without; all others are optional."""


def load_factory(spec: Spec, source: Source | None = None) -> Callable[..., Any]:
    """Import and return the factory that `spec` names.

    With `source`, the requirements of its distribution are checked before anything is imported.

    Raises:
        ApiMismatchError: it was written for another plugin interface.
        MissingLibraryError: a library is missing or its version is out of range.
        BrokenPluginError: its module raised on import.
        PluginContractError: the module has no such attribute, or it cannot be called.
    """
    check_api(spec, source)
    if source is not None:
        check_requirements(source)
    module_name, _, attribute = spec.factory.partition(":")
    found = _import(module_name, spec, source)
    for part in attribute.split("."):
        if not hasattr(found, part):
            raise PluginContractError(
                f"{_who(spec, source)}: {module_name!r} has no {part!r}"
                f"{did_you_mean(part, dir(found))}"
            )
        found = getattr(found, part)
    if not callable(found):
        raise PluginContractError(
            f"{_who(spec, source)}: {spec.factory} is {found!r}, not a factory"
        )
    return cast("Callable[..., Any]", found)


def create(spec: Spec, first_argument: Any, options: Mapping[str, Any]) -> Any:
    """Load the factory of `spec`, check `options`, and make the algorithm.

    `first_argument` is the problem, or an executor's context; a callback's factory gets none.
    """
    factory = load_factory(spec)
    check_options(spec, factory, options)
    return make(spec, factory, first_argument, options)


def make(
    spec: Spec, factory: Callable[..., Any], first_argument: Any, options: Mapping[str, Any]
) -> Any:
    """Call `factory`; what it raises that is no tunesmith error is named and chained."""
    first = () if isinstance(spec, CallbackSpec) else (first_argument,)
    try:
        return factory(*first, **options)
    except TunesmithError:
        raise
    except Exception as error:
        given = f"with {dict(options)!r}" if options else "without options"
        raise PluginError(
            f"{kind_of(spec)} {spec.name!r} could not be made {given}:"
            f" {type(error).__name__}: {error}"
        ) from error


def check_methods(spec: Spec, made: Any) -> None:
    """Raise `PluginContractError` unless what a factory made has all methods that are needed."""
    kind = kind_of(spec)
    for method in NEEDED.get(kind, ()):
        if not callable(getattr(made, method.partition("(")[0], None)):
            raise PluginContractError(
                f"{kind} {spec.name!r} has no method {method}, which every {kind} needs; its"
                f" factory made {type(made).__name__!r}"
            )


def _import(name: str, spec: Spec, source: Source | None) -> Any:
    try:
        return importlib.import_module(name)
    except (Exception, SystemExit) as error:
        missing = _missing_library(error)
        if missing:
            wrapped = spec.wraps and installed_version(spec.wraps) is None
            package = spec.wraps if wrapped else missing
            raise MissingLibraryError(
                f"{_who(spec, source)} needs the module {missing!r}, which is not installed:"
                f" pip install {package}"
            ) from error
        raise BrokenPluginError(
            f"{_who(spec, source)} failed to load: {type(error).__name__}: {error}"
            f' (full traceback: python -c "import {name}")'
        ) from error


def _missing_library(error: BaseException) -> str:
    """Return the top-level module whose absence is the error, or an empty string."""
    if not isinstance(error, ModuleNotFoundError) or not error.name:
        return ""
    root = error.name.partition(".")[0]
    return root if importlib.util.find_spec(root) is None else ""


def _who(spec: Spec, source: Source | None) -> str:
    return f"{kind_of(spec)} {spec.name!r}" + (f" ({source})" if source else "")
