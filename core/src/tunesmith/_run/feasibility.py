"""Whether configurations keep to the user's constraints."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from tunesmith.errors import UsageError
from tunesmith.protocols import Config
from tunesmith.space import Space

Constraint = Callable[[Config], bool]


class Feasibility(msgspec.Struct, frozen=True):
    """Tells whether every one of `constraints` holds; they see the live objects of `space`."""

    space: Space
    constraints: Sequence[Constraint] = ()

    def __call__(self, config: Config) -> bool:
        """Tell whether a nested, plain configuration is feasible.

        Raises:
            UsageError: a constraint raised.
        """
        if not self.constraints:
            return True
        live = self.space.from_plain(config)
        try:
            return all(constraint(live) for constraint in self.constraints)
        except Exception as error:
            raise UsageError(
                f"constraint= raised on {config!r}: {type(error).__name__}: {error}; it has to take"
                " every configuration of the space"
            ) from error
