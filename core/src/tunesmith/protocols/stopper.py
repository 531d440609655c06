"""The stopper protocol: end trials, or all of them, by rule."""

from collections.abc import Mapping
from typing import Any, Protocol


class Stopper(Protocol):
    """Called with every result, in the engine; must be deterministic and cheap.

    Optional: `stop_all() -> bool`, asked after each call, ends the whole experiment;
    `until(resource) -> float | None` names a resource value before which it surely stops nothing,
    so that trials need not wait for a decision at every report.
    """

    def __call__(self, trial_id: str, metrics: Mapping[str, Any]) -> bool:
        """Tell whether this trial should stop after this report."""
        ...
