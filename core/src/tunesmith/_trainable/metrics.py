"""Metrics as they come from training code, made flat and plain."""

import math
import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from tunesmith.errors import TrialError, closest, did_you_mean
from tunesmith.protocols.result import Metrics

LONGEST_LIST = 1024
"""Elements that a metric which is a list may have; longer ones belong into files."""

COUNTERS = ("training_iteration", "time_total_s", "timestamp")
"""Metrics that every report carries, whatever training code reports."""

_PLAIN = frozenset({float, int, bool, str, type(None)})
_VALUES = _PLAIN - {str}


def clean(metrics: Mapping[Any, Any]) -> Metrics:
    """Return `metrics` flat ("a/b" for nested keys) and of builtin types only.

    Scalars of NumPy, PyTorch, JAX and their like become numbers, short arrays become lists. NaN
    and infinity are kept.

    Raises:
        TrialError: A key is no string, two keys collide, or a value is no metric.
    """
    flat: Metrics = {}
    for key, value in metrics.items():
        if type(key) is str and type(value) is float:
            flat[key] = value
        else:
            _insert(flat, key, value, "")
    return flat


def measure(metrics: Metrics, resource: str, last: float) -> float:
    """Return the metric named `resource`: how far the trial has trained; it must exceed `last`.

    Raises:
        TrialError: It is missing, not a finite positive number, or did not increase.
    """
    if resource not in metrics:
        near = get_close_matches(resource, metrics, 1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise TrialError(
            f"the report has no {resource!r}, the resource of this experiment: {hint}"
            f"reported were {_listed(metrics)}. "
            f"Report it every time, or leave out resource={resource!r} to count reports instead"
        )
    value = metrics[resource]
    if (type(value) is not int and type(value) is not float) or not math.isfinite(value):
        raise TrialError(
            f"resource {resource!r} is {value!r}: expected a finite number that grows with training"
        )
    if value <= 0:
        raise TrialError(
            f"resource {resource!r} is {value!r}: expected a number greater than 0, since it says "
            f"how much training is done. Count from 1, e.g. {{{resource!r}: epoch + 1}}"
        )
    if value <= last:
        raise TrialError(
            f"resource {resource!r} must increase from report to report: got {value!r} after "
            f"{last:g}. A trial that was continued from a checkpoint counts on from there: "
            "read tune.get_checkpoint() before training"
        )
    return float(value)


def check_first(metrics: Metrics, required: Mapping[str, str]) -> None:
    """Refuse a trial's first report if it seems to carry a required metric under another name.

    One that carries nothing like it may be of another kind: the metric can come with a later one.
    `required` has the option that names each.

    Raises:
        TrialError: naming what was probably meant.
    """
    missing = [name for name in required if name not in metrics]
    if not missing:
        return
    names = [name for name in metrics if name not in COUNTERS]
    for wanted in missing:
        # Beside "val_loss", "loss" is a metric of its own, which may well come first.
        likely = [name for name in names if name not in _parts(wanted)]
        meant = closest(wanted, likely)
        meant = meant or next((name for name in likely if wanted in _parts(name)), None)
        if meant is not None:
            raise TrialError(
                f"the first report has no {wanted!r}, which {required[wanted]}= names; did you "
                f"mean {meant!r}? reported were {_listed(names)}\n"
                f"name {meant!r} in {required[wanted]}=, or report {wanted!r} from the first "
                "report on, as None while it is not known"
            )


def check_values(metrics: Metrics, required: Mapping[str, str]) -> None:
    """Refuse a required metric that is no number; NaN, infinity and None are values it may have.

    Raises:
        TrialError: naming the metric and its value.
    """
    for name in required:
        value = metrics.get(name)
        if type(value) not in _VALUES:
            size = f" of {len(value)} values" if isinstance(value, list) else f" {value!r:.40}"
            raise TrialError(
                f"{name!r}, which {required[name]}= names, was reported as a {type(value).__name__}"
                f"{size}: expected one number; report float(...) of it, or its mean"
            )


def never_reported(required: Mapping[str, str], names: Iterable[str]) -> TrialError:
    """Return the error of a trial that ended with reports, none of which had what is required."""
    missing, option = next(iter(required.items()))
    known = [name for name in names if name not in COUNTERS]
    return TrialError(
        f"training ended and never reported {missing!r}, which {option}= names"
        f"{did_you_mean(missing, known)}\n"
        f"reported were {_listed(known)}; name one of these in {option}=, or report {missing!r}"
    )


def _parts(name: str) -> set[str]:
    """Return what is left of "val_loss" without its first or its last word."""
    return {re.sub(r"^[^_/.-]+[_/.-]", "", name), re.sub(r"[_/.-][^_/.-]+$", "", name)} - {name}


def _listed(names: Iterable[str]) -> str:
    return ", ".join(map(repr, names)) or "no metrics"


def _insert(flat: Metrics, key: Any, value: Any, prefix: str) -> None:
    if not isinstance(key, str):
        raise TrialError(
            f"metric key {key!r} is of type {type(key).__name__}: expected a string. "
            f"Write {{{str(key)!r}: ...}}"
        )
    path = prefix + key
    if isinstance(value, Mapping):
        for inner, entry in value.items():
            _insert(flat, inner, entry, path + "/")
        return
    if path in flat:
        raise TrialError(f"metric {path!r} was reported twice: as a nested and as a flat key")
    flat[path] = _plain(path, value)


def _plain(path: str, value: Any) -> Any:
    kind = type(value)
    if kind in _PLAIN:
        return _encodable(value)
    if kind is list or kind is tuple:
        return _short(path, value)
    if callable(getattr(value, "item", None)):
        if getattr(value, "shape", ()) and callable(getattr(value, "tolist", None)):
            return _short(path, value.tolist())
        return _unwrapped(path, value)
    if isinstance(value, str):
        return _encodable(str(value))
    if hasattr(value, "__index__"):
        return _encodable(int(value))
    if hasattr(value, "__float__"):
        return float(value)
    raise _no_metric(path, value)


def _unwrapped(path: str, value: Any) -> Any:
    try:
        inner = value.item()
    except (TypeError, ValueError, RuntimeError) as error:
        raise _no_metric(path, value) from error
    if type(inner) not in _PLAIN:
        raise _no_metric(path, value)
    return _encodable(inner)


def _short(path: str, values: Any) -> list[Any]:
    if len(values) > LONGEST_LIST:
        raise TrialError(
            f"metric {path!r} is a list of {len(values)} elements: expected at most "
            f"{LONGEST_LIST}. Report a summary, and put large data into a checkpoint or into the "
            "trial's folder (tune.get_context().folder)"
        )
    return [_plain(path, value) for value in values]


def _encodable(value: Any) -> Any:
    """Return what every reader of the journal understands: 64-bit integers and valid Unicode."""
    kind = type(value)
    if kind is int and not -(2**63) <= value < 2**63:
        infinity = math.inf if value > 0 else -math.inf
        return float(value) if abs(value) < 2**1023 else infinity
    if kind is str and not value.isascii():
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    return value


def _no_metric(path: str, value: Any) -> TrialError:
    return TrialError(
        f"metric {path!r} is of type {type(value).__name__}: expected a number, string, boolean, "
        "None or a short list of them. Convert it, e.g. with float(...), or leave it out"
    )
