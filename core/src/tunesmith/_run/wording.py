"""Numbers, configurations and durations as people read them."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from tunesmith._run.board import Best, Facts
from tunesmith.protocols import Config, OutcomeConstraint, Result, TrialStatus
from tunesmith.space.plain import label_of

_LONGEST = 24
"""Characters of one value."""


def amount(value: object) -> str:
    """Return a value in a few characters."""
    if isinstance(value, float):
        return f"{value:.4g}"
    text = str(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


def duration(seconds: float) -> str:
    """Return a time as 42s, 3:07 or 1:02:03."""
    whole = round(seconds)
    minutes, left = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}:{minutes:02d}:{left:02d}"
    return f"{minutes}:{left:02d}" if minutes else f"{left}s"


def flat(config: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the parameters of a nested config, paths joined by "/" and objects as their labels."""
    for key, plain in config.items():
        value = label_of(plain)
        if isinstance(value, Mapping):
            yield from flat(value, f"{prefix}{key}/")
        else:
            yield f"{prefix}{key}", value


def parameters(config: Config, limit: int = 6) -> str:
    """Return a config as "lr=0.01, act=relu"."""
    pairs = [f"{path}={amount(value)}" for path, value in flat(config)]
    return ", ".join(pairs[:limit]) + (", ..." if len(pairs) > limit else "")


def score(metric: str, result: Result | None) -> str:
    """Return a result's value of a metric."""
    value = result.metrics.get(metric) if result is not None else None
    return "" if value is None else amount(value)


def scores(metrics: Iterable[str], result: Result | None) -> str:
    """Return a result's metrics as "loss=0.2, size=3"."""
    pairs = [(metric, score(metric, result)) for metric in metrics]
    return ", ".join(f"{metric}={text}" for metric, text in pairs if text)


def limits(constraints: Iterable[OutcomeConstraint]) -> str:
    """Return outcome constraints as "latency_ms <= 100 and size <= 3"."""
    return " and ".join(map(str, constraints))


def tally(counts: Mapping[TrialStatus, int]) -> str:
    """Return counts as "2 running, 5 completed"."""
    return ", ".join(f"{number} {status}" for status, number in counts.items())


def trials(number: int, planned: int | None = None) -> str:
    """Return "1 trial", "3 trials" or "3/64 trials"."""
    whole = f"{number}/{planned}" if planned else str(number)
    return f"{whole} trial{'' if (planned or number) == 1 else 's'}"


def leader(facts: Facts, best: Best | None) -> str:
    """Return "best loss=0.2 (trial 0012)", or an empty string while there is none."""
    if best is None:
        return ""
    return f"best {scores(facts.metrics[:1], best.result)} (trial {best.trial})"
