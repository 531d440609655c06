"""Check the options of an algorithm against its factory's signature, before it is made."""

import inspect
import types
import typing
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal

import msgspec

from tunesmith.errors import OptionError, PluginContractError, did_you_mean
from tunesmith.plugins.specs import CallbackSpec, Spec, kind_of

RESERVED = ("name", "partial", "lossy", "timeout_s")
"""Names that the core reads itself, so that no factory may have an option so called."""

_PLAIN = (bool, int, float, str, type(None), list, tuple, dict)


def declared_options(spec: Spec, factory: Callable[..., Any]) -> Mapping[str, inspect.Parameter]:
    """Return the options that `factory` declares: its parameters without the first.

    A callback's factory has no first argument of its own; all others get the problem or context.

    Raises:
        PluginContractError: the signature hides its options, or uses a reserved name.
    """
    who = f"{kind_of(spec)} {spec.name!r}"
    try:
        parameters = list(inspect.signature(factory).parameters.values())
    except (TypeError, ValueError) as error:
        raise PluginContractError(
            f"{who}: {spec.factory} has no signature to read; make it a class or a function"
        ) from error
    for parameter in parameters:
        if parameter.kind in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL):
            raise PluginContractError(
                f"{who}: {spec.factory} takes {str(parameter).partition(':')[0]}, which would let a"
                " misspelt option pass; declare each option as a parameter"
            )
    if not isinstance(spec, CallbackSpec):
        if not parameters or parameters[0].kind is inspect.Parameter.KEYWORD_ONLY:
            raise PluginContractError(
                f"{who}: {spec.factory} takes no positional argument; it is called with one, the"
                f" {'context' if kind_of(spec) == 'executor' else 'problem'}"
            )
        parameters = parameters[1:]
    options = {parameter.name: parameter for parameter in parameters}
    for reserved in RESERVED:
        if reserved in options:
            raise PluginContractError(f"{who}: the option {reserved!r} is reserved; rename it")
    return options


def check_options(spec: Spec, factory: Callable[..., Any], options: Mapping[str, Any]) -> None:
    """Raise `OptionError` unless `factory` takes exactly such options.

    Checked are names, options without a default, and the values of options annotated with plain
    types or literals; anything finer is the factory's own business.
    """
    declared = declared_options(spec, factory)
    who = f"{kind_of(spec)} {spec.name!r}"
    for name in options:
        if name not in declared:
            raise OptionError(f"{who} has no option {name!r}{_instead(name, declared)}")
    missing = [
        name
        for name, parameter in declared.items()
        if parameter.default is parameter.empty and name not in options
    ]
    if missing:
        example = ", ".join(f"{name!r}: ..." for name in missing)
        raise OptionError(
            f"{who} needs the option{'s' * (len(missing) > 1)} {_listed(missing)}; write"
            f" {{'name': {spec.name!r}, {example}}}"
        )
    hints = _hints(factory)
    for name, value in options.items():
        _check_value(who, name, value, hints.get(name, Any))


def _instead(name: str, declared: Iterable[str]) -> str:
    names = sorted(declared)
    if not names:
        return "; it takes none"
    guess = did_you_mean(name, names)
    return f"{guess or ';'} its options: {', '.join(names)}"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(repr(name) for name in names)


def _hints(factory: Callable[..., Any]) -> Mapping[str, Any]:
    target = getattr(factory, "__init__", None) if isinstance(factory, type) else factory
    # Annotations may name what is imported for type checkers only; then values go unchecked.
    try:
        return typing.get_type_hints(target)
    except (NameError, TypeError, AttributeError):
        return {}


def _check_value(who: str, name: str, value: Any, hint: Any) -> None:
    if type(value) not in _PLAIN or not _is_plain(hint):
        return
    try:
        msgspec.convert(value, hint)
    except msgspec.ValidationError:
        choices = [choice for choice in _choices(hint) if choice is not None]
        guess = did_you_mean(value, choices) if isinstance(value, str) else ""
        expected = ", ".join(map(repr, choices)) if choices else _spelt(hint)
        raise OptionError(
            f"{who}: {name}={value!r} is not possible{guess or ';'} expected {expected}"
        ) from None


def _is_plain(hint: Any) -> bool:
    origin = typing.get_origin(hint)
    if origin in (typing.Union, types.UnionType):
        return all(_is_plain(part) for part in typing.get_args(hint))
    return hint in (bool, int, float, str, type(None)) or origin is Literal


def _choices(hint: Any) -> list[Any]:
    if typing.get_origin(hint) is Literal:
        return list(typing.get_args(hint))
    parts = [part for part in typing.get_args(hint) if part is not type(None)]
    return _choices(parts[0]) if len(parts) == 1 else []


def _spelt(hint: Any) -> str:
    return hint.__name__ if isinstance(hint, type) else str(hint)
