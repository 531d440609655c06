"""Shows a searcher a space in its own vocabulary, and takes its suggestions back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from tunesmith.errors import did_you_mean
from tunesmith.space.conversion import Conversion, checked, convert
from tunesmith.space.error import SpaceError, TranslationError, show
from tunesmith.space.flat import Conditions, conditions, holds
from tunesmith.space.parameter import (
    Condition,
    Primitive,
    Tunable,
    constant_of,
)
from tunesmith.space.space import Space
from tunesmith.space.unit import from_unit

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tunesmith.space.flat import FlatConfig
    from tunesmith.space.tree import Config
    from tunesmith.space.vocabulary import Vocabulary


class Entry(NamedTuple):
    """One drawn parameter of the user's space; it is not shown where it has a single value."""

    path: str
    conditions: Conditions
    constant: tuple[Primitive, ...]
    conversion: Conversion | None


class Translation(msgspec.Struct, frozen=True):
    """A space as a searcher sees it (`space`), and the way there and back.

    `space` has no constants, grids, computed parameters or parameters with a single value.
    `losses` says in words what a lossy translation leaves out.
    """

    source: Space
    space: Space
    losses: tuple[str, ...]
    entries: tuple[Entry, ...]
    conditional: bool

    def encode(self, config: Config) -> FlatConfig:
        """Return a nested plain configuration of the user's space as the searcher sees it."""
        return self.encode_flat(self.source.flatten(config))

    def encode_flat(self, flat: Mapping[str, Any]) -> FlatConfig:
        """Return a flat configuration of the user's space as the searcher sees it.

        A searcher that knows no conditions is shown the middle of an inactive parameter's range.
        """
        shown: FlatConfig = {}
        for path, needed, _, conversion in self.entries:
            if conversion is None:
                continue
            if holds(needed, flat):
                if path not in flat:
                    raise SpaceError(f"{path!r} is missing from {show(dict(flat))}; add it")
                shown[path] = conversion.encode(flat[path])
            elif not self.conditional:
                shown[path] = from_unit(conversion.target, 0.5)
        return shown

    def decode(self, flat: Mapping[str, Any]) -> FlatConfig:
        """Return a suggestion as drawn parameters of the user's space, without those of grids.

        Numpy scalars become builtins, and float rounding at ends and steps is taken out.

        Raises:
            SpaceError: a key is missing, unknown or inactive, or a value out of its domain.
        """
        if not isinstance(flat, dict):
            raise SpaceError(f"suggestion {show(flat)} must be a dict of values by path")
        found: FlatConfig = {}
        used = 0
        for path, needed, constant, conversion in self.entries:
            if not holds(needed, found):
                used += not self.conditional and path in flat
            elif conversion is None:
                found[path] = constant[0]
            elif path in flat:
                found[path] = conversion.decode(flat[path])
                used += 1
            else:
                raise SpaceError(
                    f"suggestion {show(flat)} lacks {path!r}; every active parameter needs a value"
                )
        if used != len(flat):
            self._refuse_extra(flat, found)
        return found

    def _refuse_extra(self, flat: Mapping[str, Any], found: FlatConfig) -> None:
        shown = [parameter.path for parameter in self.space.parameters]
        for path in flat:
            if path not in shown:
                raise SpaceError(
                    f"suggestion {show(flat)} has {path!r}, which is no parameter of the "
                    f"searcher's space{did_you_mean(str(path), shown) or '; leave it out'}"
                )
            if path not in found:
                raise SpaceError(
                    f"suggestion {show(flat)} has {path!r}, which is inactive there; leave it out"
                )


def translate(space: Space, vocabulary: Vocabulary, *, lossy: bool = False) -> Translation:
    """Return the translation of `space` for a searcher with this vocabulary.

    Without loss: log scales as logarithms, steps and ordered options as positions, whole numbers
    as rounded reals, normal distributions as quantiles. Numbers that are both quantised and on a
    log scale are shown as reals on that scale, which hardly a library takes otherwise.

    Raises:
        TranslationError: a choice or a condition would be lost, and `lossy` is False.
    """
    shown: dict[str, Tunable] = {}
    entries: list[Entry] = []
    losses: list[str] = []
    conditional = vocabulary.conditional and (vocabulary.categorical or not lossy)
    for parameter in space.tunable:
        needed = conditions(parameter.when)
        constant = constant_of(parameter)
        if constant:
            entries.append(Entry(parameter.path, needed, constant, None))
            continue
        when = _shown_conditions(parameter, shown)
        if when and not conditional:
            losses.append(_unconditional(parameter, when, lossy=lossy))
            when = ()
        conversion = convert(parameter, vocabulary, when, lossy=lossy)
        if conversion.loss:
            losses.append(conversion.loss)
        shown[parameter.path] = conversion.target
        entries.append(Entry(parameter.path, needed, (), checked(conversion, parameter)))
    return Translation(
        source=space,
        space=Space(tuple(shown.values())),
        losses=tuple(losses),
        entries=tuple(entries),
        conditional=conditional,
    )


def _shown_conditions(parameter: Tunable, shown: Iterable[str]) -> tuple[Condition, ...]:
    # A parent with a single value is not shown, and its condition always holds.
    return tuple(condition for condition in parameter.when if condition.path in shown)


def _unconditional(parameter: Tunable, when: tuple[Condition, ...], *, lossy: bool) -> str:
    needed = when[-1]
    options = " or ".join(map(show, needed.options))
    condition = f"{parameter.path!r} exists only where {needed.path!r} is {options}"
    if lossy:
        return f"{condition}, but is shown always"
    raise TranslationError(
        f"{condition}, but the searcher takes no conditional parameters; "
        "use one that does, or lossy=True to show it always and ignore it elsewhere",
        path=parameter.path,
        capability="conditional",
    )
