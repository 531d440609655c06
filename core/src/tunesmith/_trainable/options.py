"""Objects that are made of options, and say what they have when they are given others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from typing import Any, ClassVar, Self

from tunesmith.errors import UsageError, did_you_mean


class Options:
    """Base of dataclasses that people make: a wrong option is answered with what was meant.

    `ELSEWHERE` are names from other libraries, each with its name here.
    """

    ELSEWHERE: ClassVar[Mapping[str, str]] = {}
    __dataclass_fields__: ClassVar[dict[str, Any]]
    __match_args__: ClassVar[tuple[str, ...]]

    def __new__(cls, *values: Any, **options: Any) -> Self:
        """Refuse what the class has no field for."""
        if len(values) > len(cls.__match_args__) or options.keys() - cls.__dataclass_fields__:
            raise cls._mistake(values, options)
        return super().__new__(cls)

    @classmethod
    def _mistake(cls, values: Sequence[Any], options: Iterable[str]) -> UsageError:
        names = [one.name for one in fields(cls)]
        where, has = f"tune.{cls.__name__}()", f"it has {', '.join(names)}"
        for name in options:
            if name not in names:
                moved = cls.ELSEWHERE.get(name)
                hint = f"; did you mean {moved!r}?" if moved else did_you_mean(name, names)
                return UsageError(f"{where} has no option {name!r}{hint or f'; {has}'}")
        surplus = values[len(cls.__match_args__)]
        return UsageError(f"{where}: {surplus!r} is for which option? Give it by name; {has}")
