"""Check the options of an algorithm against its factory's signature, before it is made."""

import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from tunesmith.errors import OptionError, PluginContractError, did_you_mean
from tunesmith.plugins import annotation
from tunesmith.plugins.elsewhere import option_hint
from tunesmith.plugins.specs import CallbackSpec, Spec, kind_of

RESERVED = ("name", "partial", "lossy", "timeout_s")
"""Names that the core reads itself, so that no factory may have an option so called."""


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

    Checked are names, options without a default, and values, as far as the options' annotations
    tell. Bounds stand there too, as in `Annotated[int, msgspec.Meta(ge=1)]`; what an annotation
    cannot say is the factory's own business.
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
    check_values(who, factory, options)


def check_values(who: str, function: Callable[..., Any], options: Mapping[str, Any]) -> None:
    """Raise `OptionError` unless the annotations of `function` admit the values of `options`.

    `who` begins the message. What an annotation does not say, or cannot be read, is admitted.
    """
    parameters = inspect.signature(function).parameters
    for name, value in options.items():
        hint = annotation.resolved(parameters[name].annotation, function)
        if not annotation.admits(hint, value):
            words = [word for word in annotation.words(hint) if isinstance(word, str)]
            guess = did_you_mean(value, words) if isinstance(value, str) else ""
            raise OptionError(
                f"{who}: {name}={value!r} is not possible{guess or ';'}"
                f" expected {annotation.spelt(hint)}"
            )


def plain(value: Any) -> Any:
    """Return NumPy's numbers, and the like, as Python's own; all else as it is."""
    is_scalar = getattr(value, "shape", None) == () and hasattr(value, "item")
    return value.item() if is_scalar else value


def _instead(name: str, declared: Iterable[str]) -> str:
    names = sorted(declared)
    known = option_hint(name, names)
    if not names:
        return f"{known or ';'} it takes none"
    guess = known or did_you_mean(name, names)
    return f"{guess or ';'} its options: {', '.join(names)}"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(repr(name) for name in names)
