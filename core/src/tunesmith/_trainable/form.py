"""Recognise the form in which training code is written, and refuse what cannot work, early."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any, Literal

import msgspec

from tunesmith._trainable import location
from tunesmith._trainable.location import ImportPath
from tunesmith._trainable.parameters import ParameterizedTrainable
from tunesmith.errors import UsageError

Kind = Literal["function", "generator", "class"]

_METHODS = {
    "step": "def step(self): ..., which trains on and returns metrics",
    "setup": "def setup(self, config): ..., which prepares training",
}


class TrainableForm(msgspec.Struct, frozen=True, kw_only=True):
    """Training code as it is shipped to workers; picklable if the code is.

    `target` is the code itself, or the `ImportPath` under which workers find it. `import_path` is
    where a later process finds it again, "" if nowhere. `saves` tells whether it can be saved at
    any time; None where it depends on what it reports. `references` stand for parameters that
    the executor stored elsewhere and `fetch` returns.
    """

    target: Any
    kind: Kind
    name: str
    parameters: Mapping[str, Any] = {}
    references: Mapping[str, Any] = {}
    fetch: Callable[[Any], Any] | None = None
    import_path: str = ""
    saves: bool | None = None

    def with_references(
        self, references: Mapping[str, Any], fetch: Callable[[Any], Any]
    ) -> TrainableForm:
        """Return the form with `references` in place of the parameters of these names."""
        kept = {key: value for key, value in self.parameters.items() if key not in references}
        return msgspec.structs.replace(self, parameters=kept, references=references, fetch=fetch)

    def resolve(self) -> tuple[Any, dict[str, Any]]:
        """Return the training code and its parameters, in the process that runs it."""
        target = self.target.load() if isinstance(self.target, ImportPath) else self.target
        parameters = dict(self.parameters)
        if self.fetch is not None:
            parameters |= {key: self.fetch(value) for key, value in self.references.items()}
        return target, parameters


def wrap(target: Any) -> TrainableForm:
    """Return the form of `target`: function, generator function, class, or import path to one.

    Raises:
        UsageError: It cannot be called as training code; the message says what to change.
    """
    if isinstance(target, TrainableForm):
        return target
    parameters: Mapping[str, Any] = {}
    if isinstance(target, ParameterizedTrainable):
        target, parameters = target.target, target.parameters
    code = target
    if isinstance(target, str):
        target = location.parse(target)
        code = target.load()
        if isinstance(code, ParameterizedTrainable):
            raise UsageError(
                f"trainable {str(target)!r} is the result of with_parameters(): name the function "
                "or class itself, and bind its parameters where the experiment is defined"
            )
    kind, saves = _kind(code), None
    if kind == "class":
        saves = _check_class(code, parameters)
    else:
        name = _name(code)
        _check_arguments(code, f"trainable {name}()", parameters, f"def {name}(config)")
    return TrainableForm(
        target=target,
        kind=kind,
        name=_name(code),
        parameters=parameters,
        import_path=_import_path(target, code, parameters),
        saves=saves,
    )


def _kind(code: Any) -> Kind:
    if isinstance(code, type):
        return "class"
    if not callable(code):
        if hasattr(code, "step"):
            raise UsageError(
                f"trainable is an object of class {type(code).__name__}: expected the class "
                f"itself, which every worker makes its own objects of. Pass {type(code).__name__}"
            )
        raise UsageError(
            f"trainable is {code!r:.80} of type {type(code).__name__}: expected a function of the "
            'config, a generator function, a class with step(), or an import path "module:name"'
        )
    inner = _innermost(code)
    if inspect.iscoroutinefunction(inner) or inspect.isasyncgenfunction(inner):
        raise UsageError(
            f"trainable {_name(code)}() is asynchronous (async def): expected an ordinary "
            "function. Wrap it: def train(config): return asyncio.run(...)"
        )
    return "generator" if inspect.isgeneratorfunction(inner) else "function"


def _innermost(code: Any) -> Any:
    while isinstance(code, functools.partial):
        code = code.func
    if inspect.isroutine(code):
        return code
    return type(code).__call__


def _check_class(code: type, parameters: Mapping[str, Any]) -> bool:
    name = code.__name__
    callable_object = "__call__" in vars(code)
    for method, remedy in _METHODS.items():
        if not callable(getattr(code, method, None)):
            raise UsageError(
                f"trainable class {name} has no {method}(): expected setup(config) and step(). "
                f"Add {remedy}"
                + (f", or pass an object, {name}(), to have it called" if callable_object else "")
            )
        if inspect.iscoroutinefunction(getattr(code, method)):
            raise UsageError(
                f"trainable class {name}: {method}() is asynchronous (async def): expected an "
                "ordinary method. Use asyncio.run(...) inside it"
            )
    saves, loads = hasattr(code, "save_checkpoint"), hasattr(code, "load_checkpoint")
    if saves != loads:
        there, missing = ("save", "load") if saves else ("load", "save")
        raise UsageError(
            f"trainable class {name} has {there}_checkpoint() but no {missing}_checkpoint(): "
            f"expected both or neither. Add def {missing}_checkpoint(self, directory): ..."
        )
    needed = _required(code)
    if needed:
        raise UsageError(
            f"trainable class {name}: __init__() requires {_listed(needed)}: expected no arguments "
            "besides self. Move that into setup(self, config), and bind objects with "
            f"tune.with_parameters({name}, ...)"
        )
    _check_arguments(
        functools.partial(code.setup, None),  # type: ignore[attr-defined]
        f"trainable class {name}: setup()",
        parameters,
        "def setup(self, config)",
    )
    return saves


def _check_arguments(code: Any, what: str, parameters: Mapping[str, Any], remedy: str) -> None:
    """Raise UsageError unless `code(config, **parameters)` is a valid call."""
    signature = _signature(code)
    if signature is None:
        return
    _refuse_suggestions(code, what)
    try:
        signature.bind(None, **parameters)
    except TypeError as error:
        needed = [name for name in _required(code) if name not in parameters]
        unknown = [name for name in parameters if name not in signature.parameters]
        if unknown:
            raise UsageError(
                f"{what} has no parameter {unknown[0]!r}, which with_parameters() binds: expected "
                f"one of {_listed(tuple(signature.parameters)[1:]) or 'none'}. Add it: "
                f"{remedy[:-1]}, {unknown[0]})"
            ) from error
        if len(needed) > 1:
            rest = ", ".join(f"{name}=..." for name in needed[1:])
            raise UsageError(
                f"{what} requires {_listed(needed)}: expected one argument, the config. Bind the "
                f"others: tune.with_parameters(..., {rest})"
            ) from error
        raise UsageError(
            f"{what} takes no config: expected one argument, the trial's configuration. "
            f"Write {remedy}"
        ) from error


def _refuse_suggestions(code: Any, what: str) -> None:
    """Raise UsageError if `code(trial)` draws its parameters itself, as Optuna's objectives do."""
    inner = getattr(code, "__code__", None)
    if inner is None or inner.co_varnames[:1] != ("trial",):
        return
    drawn = next((name for name in inner.co_names if name.startswith("suggest_")), None)
    if drawn is not None:
        raise UsageError(
            f"{what} calls trial.{drawn}(): expected a function of the config, a dict of values "
            "that tune.run has drawn. Describe them in the space, as in {'lr': "
            "tune.loguniform(1e-4, 1e-1)}, and read config['lr']"
        )


def _required(code: Any) -> list[str]:
    signature = _signature(code)
    if signature is None:
        return []
    return [
        parameter.name
        for parameter in signature.parameters.values()
        if parameter.default is parameter.empty
        and parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
    ]


def _signature(code: Any) -> inspect.Signature | None:
    try:
        return inspect.signature(code)
    except (TypeError, ValueError):  # some builtins tell nothing about their arguments
        return None


def _listed(names: Any) -> str:
    return ", ".join(map(repr, names))


def _name(code: Any) -> str:
    while isinstance(code, functools.partial):
        code = code.func
    name: str = getattr(code, "__name__", None) or type(code).__name__
    return name


def _import_path(target: Any, code: Any, parameters: Mapping[str, Any]) -> str:
    if parameters:
        return ""
    return str(target) if isinstance(target, ImportPath) else location.path_of(code)
