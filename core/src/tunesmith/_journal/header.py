"""What an experiment is, as plain data: enough to read it, and to take it up again."""

from typing import Any

import msgspec

from tunesmith.protocols.constraint import OutcomeConstraint
from tunesmith.protocols.objective import Objective


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """The description of an experiment that its journal begins with; it never changes.

    `trainable` is an import path "package.module:name" where `importable`, else a label for people.
    `space` is the space's JSON form. `searcher`, `scheduler` and `executor` are their names and
    options, `{"name": ..., **options}`. `plugins` maps each dist that took part to its version,
    `version` is tunesmith's own. `created_at` is seconds since the epoch. `extra` holds whatever
    else the run needs to be taken up again, as plain data.
    """

    name: str
    trainable: str
    importable: bool = False
    space: dict[str, Any]
    objectives: tuple[Objective, ...]
    outcome_constraints: tuple[OutcomeConstraint, ...] = ()
    searcher: dict[str, Any]
    scheduler: dict[str, Any]
    executor: dict[str, Any]
    num_samples: int | None = None
    seed: int | None = None
    resource: str = "training_iteration"
    max_resource: float | None = None
    plugins: dict[str, str] = {}
    created_at: float = 0.0
    version: str = ""
    extra: dict[str, Any] = {}
