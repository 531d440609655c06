"""What to do about failures and checkpoints: the options of an experiment that have options."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, get_args

from tunesmith._run.checks.values import is_count, is_number, plain
from tunesmith._trainable.options import Options
from tunesmith.errors import UsageError, did_you_mean
from tunesmith.protocols import FailureKind

KINDS: tuple[FailureKind, ...] = get_args(FailureKind)

RETRIES: Mapping[FailureKind, int | None] = {
    "user_error": 0,
    "oom": 1,
    "worker_lost": 3,
    "node_lost": 3,
    "preempted": None,
    "timeout": 0,
}
"""How often an attempt is repeated where nobody said otherwise; None is for ever."""

_UNITS = {
    "B": 1,
    "KB": 10**3,
    "MB": 10**6,
    "GB": 10**9,
    "TB": 10**12,
    "KIB": 2**10,
    "MIB": 2**20,
    "GIB": 2**30,
    "TIB": 2**40,
}
_SIZE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z]+)\s*")


@dataclass(frozen=True, kw_only=True)
class FailureConfig(Options):
    """What to do when a trial fails.

    `max_retries` is how often one trial is started again, from its newest checkpoint: one number
    for every kind of failure, or a mapping from kinds to numbers, the others keeping their
    defaults (`oom` 1, `worker_lost` and `node_lost` 3, `user_error` and `timeout` 0). A
    pre-emption is no failure and is always retried, unless the mapping names it. `fail_fast` ends
    the experiment when the first trial fails for good. `stop_after_identical` ends it when that
    many trials were the first to end and all failed with the same error; None never does.
    `trial_timeout_s` is how long a trial may go without a report until it counts as hung and is
    ended, as a failure of kind `timeout`; where trials train in this process nothing can end them.
    After `watchdog_s` seconds without any news, what the run waits for is written to `watchdog.txt`
    in its folder; None turns that off.
    """

    ELSEWHERE: ClassVar = {"max_failures": "max_retries", "retries": "max_retries"}

    max_retries: int | Mapping[FailureKind, int] = field(default_factory=dict)
    fail_fast: bool = False
    stop_after_identical: int | None = 5
    trial_timeout_s: float | None = None
    watchdog_s: float | None = 600.0

    def __post_init__(self) -> None:
        """Refuse what could only surprise later."""
        _make_plain(self)
        if isinstance(self.max_retries, Mapping):
            for kind, number in self.max_retries.items():
                _check_kind(kind)
                _check_retries(f"max_retries[{kind!r}]", number)
        else:
            _check_retries("max_retries", self.max_retries)
        if not isinstance(self.fail_fast, bool):
            raise UsageError(f"fail_fast={self.fail_fast!r}: expected True or False")
        limit = self.stop_after_identical
        if limit is not None and (not is_count(limit) or limit < 1):
            raise UsageError(
                f"stop_after_identical={limit!r}: expected a whole number from 1 on, "
                "or None to go on whatever happens"
            )

        for name in ("trial_timeout_s", "watchdog_s"):
            seconds = getattr(self, name)
            if seconds is not None and not (is_number(seconds) and 0 < seconds < math.inf):
                raise UsageError(f"{name}={seconds!r}: expected a number of seconds, or None")

    @property
    def limits(self) -> dict[str, Any]:
        """Return what of this the engine sees to, by the names of its settings."""
        return {
            "retries": self.retries,
            "fail_fast": self.fail_fast,
            "identical_failures": self.stop_after_identical,
            "trial_timeout_s": self.trial_timeout_s,
        }

    @property
    def retries(self) -> dict[FailureKind, int | None]:
        """Return how often an attempt may be repeated, for every kind; None is for ever."""
        if isinstance(self.max_retries, Mapping):
            return {**RETRIES, **self.max_retries}
        chosen = self.max_retries
        return {kind: None if kind == "preempted" else chosen for kind in RETRIES}


@dataclass(frozen=True, kw_only=True)
class CheckpointConfig(Options):
    """When trials are saved, and which checkpoints stay.

    `every` saves after that many reports: a class is saved, a function sees
    `should_checkpoint()` say so. `at_end` saves a class when its trial ends. `keep` is of how many
    ended trials, best first, the checkpoints stay (None: of all); those that a trial may still
    start from always do. `budget` is a limit for all of them together, in bytes or as text like
    "10GB", and drops the worst first.
    """

    ELSEWHERE: ClassVar = {
        "num_to_keep": "keep",
        "checkpoint_frequency": "every",
        "checkpoint_at_end": "at_end",
    }

    every: int | None = None
    at_end: bool = True
    keep: int | None = 1
    budget: int | str | None = None

    def __post_init__(self) -> None:
        """Refuse what could only surprise later."""
        _make_plain(self)
        if self.every is not None and (not is_count(self.every) or self.every < 1):
            raise UsageError(
                f"every={self.every!r}: expected a whole number of reports from 1 on, "
                "or None to save only when asked to"
            )
        if not isinstance(self.at_end, bool):
            raise UsageError(f"at_end={self.at_end!r}: expected True or False")
        if self.keep is not None and (not is_count(self.keep) or self.keep < 0):
            raise UsageError(
                f"keep={self.keep!r}: expected the number of ended trials whose checkpoints stay, "
                "or None to keep all"
            )
        if self.budget is not None:
            _bytes(self.budget)

    @property
    def budget_bytes(self) -> int | None:
        """Return the budget in bytes, None where there is none."""
        return None if self.budget is None else _bytes(self.budget)


def _make_plain(config: FailureConfig | CheckpointConfig) -> None:
    for name, value in tuple(vars(config).items()):
        object.__setattr__(config, name, plain(value))  # as dataclasses that are frozen do


def _check_kind(kind: object) -> None:
    if kind not in KINDS:
        raise UsageError(
            f"max_retries: unknown kind of failure {kind!r}{did_you_mean(str(kind), KINDS)}\n"
            f"kinds: {', '.join(KINDS)}"
        )


def _check_retries(name: str, number: Any) -> None:
    if not is_count(number) or number < 0:
        is_endless = is_count(number) and number == -1
        hint = " (to retry without end, give a large number)" if is_endless else ""
        raise UsageError(f"{name}={number!r}: expected a whole number from 0 on{hint}")


def _bytes(budget: Any) -> int:
    if is_count(budget) and budget > 0:
        return int(budget)
    match = _SIZE.fullmatch(budget) if isinstance(budget, str) else None
    if match and (unit := _UNITS.get(match[2].upper())) and float(match[1]):
        return int(float(match[1]) * unit)
    raise UsageError(
        f"budget={budget!r}: expected a number of bytes, or text such as '10GB' or '512MiB'"
    )
