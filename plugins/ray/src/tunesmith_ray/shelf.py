"""Bound objects in Ray's object store: each is put there once and read where a worker runs.

Big arrays are not copied: every process of a node reads the same memory, and must not change it.
"""

from collections.abc import Mapping
from typing import Any

import ray

from tunesmith.errors import UsageError
from tunesmith_ray.parcel import describe_culprit, find_culprit

_stored: dict[str, Any] = {}


def store(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Put each object into the object store and return the references by name.

    Raises:
        UsageError: One of them cannot be pickled.
    """
    return {name: _put(name, value) for name, value in parameters.items()}


def fill(references: Mapping[str, Any]) -> None:
    """In a worker process: say where `fetch` finds things."""
    _stored.update(references)


def fetch(name: str) -> Any:
    """In a worker process: return the object of this name."""
    return ray.get(_stored[name])


def _put(name: str, value: Any) -> Any:
    try:
        return ray.put(value)
    except Exception as error:
        culprit = find_culprit(value)
        if culprit is None:
            raise
        raise UsageError(
            f"cannot send parameter {name!r} to Ray workers: {describe_culprit(culprit)} cannot be "
            "pickled; create it inside the training function or use executor='inline'"
        ) from error
