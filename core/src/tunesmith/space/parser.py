"""Turns a space as people write it into parameters with paths and conditions."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from msgspec.structs import replace

from tunesmith.space.domain import Computation, Domain, Options, Range, Verbatim
from tunesmith.space.dsl import EXAMPLES, LANGUAGE
from tunesmith.space.error import SpaceError, show
from tunesmith.space.foreign import foreign
from tunesmith.space.parameter import (
    PRIMITIVES,
    CategoricalParameter,
    ComputedParameter,
    Condition,
    FixedParameter,
    GridParameter,
    OrdinalParameter,
    Parameter,
    Primitive,
)
from tunesmith.space.path import is_label, under_key, under_label
from tunesmith.space.plain import LONGEST, Labels, is_plain, label_in, same, text

When = tuple[Condition, ...]

_KINDS: dict[str, type[CategoricalParameter | OrdinalParameter | GridParameter]] = {
    "choice": CategoricalParameter,
    "ordinal": OrdinalParameter,
    "grid_search": GridParameter,
}


def parse(definition: Any) -> tuple[tuple[Parameter, ...], dict[str, Any]]:
    """Return the parameters, and by path the live objects and functions behind plain forms."""
    if not isinstance(definition, Mapping):
        raise SpaceError(
            f"space must be a dict of parameters, got {show(definition)}; "
            "write space={'lr': tune.loguniform(1e-4, 1e-1)}"
        )
    parser = _Parser()
    try:
        parser.table("", definition, ())
    except RecursionError:
        raise SpaceError("space contains itself; build it without a cycle") from None
    return tuple(parser.parameters), parser.live


class _Option(NamedTuple):
    """One option on its way to a label; `names` are its constant strings if it is a dict."""

    given: Any
    plain: Any
    inner: bool
    names: dict[str, str] | None


class _Parser:
    """Collects parameters in the order in which they are written."""

    def __init__(self) -> None:
        self.parameters: list[Parameter] = []
        self.live: dict[str, Any] = {}
        self._labels = Labels()

    def table(self, path: str, definition: Mapping[Any, Any], when: When) -> None:
        for key, value in definition.items():
            self.value(under_key(path, key), value, when)

    def value(self, path: str, value: Any, when: When) -> None:
        if isinstance(value, Range):
            parameter: Parameter = replace(value.prototype, path=path, when=when)
            self.parameters.append(parameter)
        elif isinstance(value, Options):
            self.options(path, value, when)
        elif isinstance(value, Computation):
            label = value.label or self._labels.label(value.function)
            self.parameters.append(ComputedParameter(path, label, when))
            if value.function is not None:
                self.live[path] = value.function
        elif isinstance(value, Mapping) and _has_domain(value):
            self.table(path, value, when)
        else:
            self.constant(path, value, when)

    def constant(self, path: str, value: Any, when: When) -> None:
        if isinstance(value, Verbatim):
            value = value.value
        else:
            _refuse_mistakes(path, value)
        self.parameters.append(FixedParameter(path, self._labels.plain(value), when))
        if not is_plain(value):
            self.live[path] = value

    def options(self, path: str, domain: Options, when: When) -> None:
        options = [self._option(path, domain, option) for option in domain.options]
        if domain.kind == "grid_search" and when:
            raise SpaceError(
                f"{path!r} is a grid_search inside an option of {when[-1].path!r}, but a grid is "
                "the same for every trial; use choice or ordinal, or move it out"
            )
        flat = _flat_options(path, options)
        self.parameters.append(_KINDS[domain.kind](path, tuple(flat), when))
        for label, option in zip(flat, options, strict=True):
            if type(option.plain) in PRIMITIVES and not option.inner:
                continue
            where = under_label(path, str(label))
            self.value(where, option.given, (*when, Condition(path, (label,))))

    def _option(self, path: str, domain: Options, option: Any) -> _Option:
        if isinstance(option, Verbatim):
            plain = self._labels.plain(option.value)
            return _Option(option, plain, inner=False, names=_strings(plain))
        if isinstance(option, Mapping) and _has_domain(option):
            inner = _Option(option, None, inner=True, names=_strings(option))
        elif isinstance(option, Domain):
            inner = _Option(option, None, inner=True, names=None)
        else:
            _refuse_mistakes(path, option)
            plain = self._labels.plain(option)
            return _Option(option, plain, inner=False, names=_strings(plain))
        if domain.kind != "choice":
            raise SpaceError(
                f"{path!r}: {domain.kind} takes plain options, got {show(option)}; "
                "use choice for options with domains inside"
            )
        return inner


def _flat_options(path: str, options: list[_Option]) -> list[Primitive]:
    """Return each option's flat value: itself if it is a primitive, else its label."""
    for at, option in enumerate(options):
        for other in options[:at]:
            if not option.inner and not other.inner and same(option.plain, other.plain):
                raise SpaceError(
                    f"{path!r} has the option {show(option.given)} twice; list each once"
                )
    key = _telling_key(options)
    flat: list[Primitive] = []
    direct = {o.plain for o in options if not o.inner and type(o.plain) in PRIMITIVES}
    for at, option in enumerate(options):
        if not option.inner and type(option.plain) in PRIMITIVES:
            flat.append(option.plain)
            continue
        label = _label(option, key)
        if not is_label(label) or label in direct or label in flat:
            label = str(at)
        while label in direct or label in flat:
            label = f"#{label}"
        flat.append(label)
    return flat


def _label(option: _Option, key: str | None) -> str:
    if option.names is not None:
        return option.names[key] if key is not None else ""
    if option.inner:
        return ""
    label = text(option.plain)
    return label if len(label) <= LONGEST or label_in(option.plain) else ""


def _telling_key(options: list[_Option]) -> str | None:
    """Return the key whose constant strings tell the dicts among the options apart."""
    dicts = [option.names for option in options if option.names is not None]
    for key in dicts[0] if dicts else ():
        names = {names[key] for names in dicts if key in names}
        if len(names) == len(dicts):
            return key
    return None


def _strings(option: Any) -> dict[str, str] | None:
    if not isinstance(option, Mapping) or label_in(option) is not None:
        return None
    found = {}
    for key, value in option.items():
        plain = value.value if isinstance(value, Verbatim) else value
        if type(plain) is str and isinstance(key, str):
            found[key] = plain
    return found


def _has_domain(value: Mapping[Any, Any]) -> bool:
    return any(
        isinstance(item, Domain) or (isinstance(item, Mapping) and _has_domain(item))
        for item in value.values()
    )


def _refuse_mistakes(path: str, value: Any) -> None:
    """Refuse what is no constant but a domain written in a way that would be overlooked."""
    if isinstance(value, Domain):
        raise SpaceError(
            f"{path!r} has the domain {value!r} inside a list; give each element a key of a dict, "
            "or choose among whole lists with choice([[..], [..]])"
        )
    if isinstance(value, list | tuple):
        for item in value:
            _refuse_mistakes(path, item)
        return
    if isinstance(value, Mapping):
        _refuse_grid_dict(path, value)
        for item in value.values():
            _refuse_mistakes(path, item)
        return
    name = getattr(value, "__name__", None)
    if isinstance(name, str) and LANGUAGE.get(name) is value:
        raise SpaceError(f"{path!r} is the function {name} itself; call it: tune.{EXAMPLES[name]}")
    found = foreign(value)
    if found is not None:
        raise SpaceError(f"{path!r} is {found}")


def _refuse_grid_dict(path: str, value: Mapping[Any, Any]) -> None:
    if len(value) == 1 and isinstance(value.get("grid_search"), list):
        raise SpaceError(
            f"{path!r} is {show(dict(value))}, which is Ray Tune's way to write a grid; "
            f"write tune.grid_search({show(value['grid_search'])})"
        )
