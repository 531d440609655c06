"""A space as the unit cube, for algorithms that think in vectors."""

from collections.abc import Iterable, Mapping
from typing import Any

from tunesmith.space.flat import FlatConfig
from tunesmith.space.parameter import Tunable
from tunesmith.space.space import Space
from tunesmith.space.unit import decoder, from_unit, to_unit


class Cube:
    """The unit cube with one axis for each of `parameters`, of a space as searchers see it.

    Parents come before children. Numbers lie on their axes as they are drawn: a logarithmic one
    evenly in its logarithm. The options of a choice have equal shares of theirs.
    """

    def __init__(self, space: Space) -> None:
        self._space = space
        self.parameters: tuple[Tunable, ...] = space.tunable
        self._rows = tuple((p.path, p.when, decoder(p), p) for p in self.parameters)

    def __len__(self) -> int:
        return len(self.parameters)

    def encode(self, config: Mapping[str, Any], inactive: float = 0.5) -> list[float]:
        """Return the point of a flat configuration, with `inactive` where a parameter is absent.

        Raises:
            SpaceError: it is no configuration of the space.
        """
        flat = self._space.validate(config)
        return [to_unit(p, flat[p.path]) if p.path in flat else inactive for p in self.parameters]

    def decode(self, point: Iterable[float]) -> FlatConfig:
        """Return the flat configuration at a point, without what is inactive there."""
        flat: FlatConfig = {}
        for (path, when, decode, parameter), at in zip(self._rows, point, strict=True):
            if not when or all(c.path in flat and flat[c.path] in c.options for c in when):
                position = float(at)
                if not 0.0 <= position <= 1.0:
                    from_unit(parameter, position)  # refuses it, unless it is a rounding error
                    position = min(max(position, 0.0), 1.0)
                flat[path] = decode(position)
        return flat
