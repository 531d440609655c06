"""Configurations as points of the unit cube, one coordinate for each flat parameter."""

from collections.abc import Mapping
from random import Random
from typing import Any

from tunesmith.space import FlatConfig, Space, from_unit, to_unit

Vector = tuple[float, ...]


class Cube:
    """The cube over a flat space; inactive parameters have a coordinate that is not used."""

    def __init__(self, space: Space) -> None:
        self._parameters = space.parameters
        self._by_path = {parameter.path: parameter for parameter in space.parameters}
        self.size = len(space.parameters)

    def sample(self, rng: Random) -> Vector:
        """Draw a point."""
        return tuple(rng.random() for _ in range(self.size))

    def decode(self, vector: Vector) -> dict[str, Any]:
        """Return the flat configuration at the point, without the inactive parameters."""
        values = {
            parameter.path: from_unit(parameter, position)
            for parameter, position in zip(self._parameters, vector, strict=True)
        }
        return {path: value for path, value in values.items() if self._is_active(path, values)}

    def encode(self, config: FlatConfig, rng: Random) -> Vector:
        """Return a point that decodes to this configuration; unused coordinates are drawn.

        Raises:
            SpaceError: a value is outside the space.
        """
        return tuple(
            to_unit(parameter, config[parameter.path]) if parameter.path in config else rng.random()
            for parameter in self._parameters
        )

    def _is_active(self, path: str, values: Mapping[str, Any]) -> bool:
        return all(
            values[condition.path] in condition.options and self._is_active(condition.path, values)
            for condition in self._by_path[path].when
        )
