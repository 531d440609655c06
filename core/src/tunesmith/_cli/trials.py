"""`tunesmith trials`: a run's trials as a table."""

import contextlib
from collections.abc import Callable, Sequence
from itertools import islice
from typing import Any

import click

from tunesmith._cli.plain import echo_json
from tunesmith._cli.table import aligned
from tunesmith._engine.scoring import Scoring
from tunesmith._run.results import Results, load
from tunesmith._run.trial import TrialResult
from tunesmith._run.wording import amount, flat
from tunesmith.errors import UsageError, did_you_mean
from tunesmith.protocols.trial import TrialStatus

_FIXED = ("trial", "status", "iterations", "value", "reason", "attempts", "error")
_FACTS: dict[str, Callable[[TrialResult], Any]] = {
    "trial": lambda trial: trial.id,
    "status": lambda trial: trial.status,
    "iterations": lambda trial: trial.iterations,
    "value": lambda trial: trial.value,
    "reason": lambda trial: trial.reason,
    "attempts": lambda trial: trial.attempts,
    "error": lambda trial: trial.error,
}


@click.command("trials")
@click.argument("path")
@click.option("--sort", default="trial", help="Column to sort by; best first for 'value'.")
@click.option("--reverse", is_flag=True, help="Sort the other way round.")
@click.option("--limit", type=click.IntRange(min=1), help="Show at most so many trials.")
@click.option("--status", multiple=True, help="Show only trials of this status.")
@click.option("--columns", help="Comma-separated columns: facts, metrics or parameters.")
@click.option("--json", "as_json", is_flag=True, help="Print a list of JSON objects.")
def command(
    path: str,
    *,
    sort: str,
    reverse: bool,
    limit: int | None,
    status: tuple[str, ...],
    columns: str | None,
    as_json: bool,
) -> None:
    """List the trials of the run at PATH, each judged by its best report."""
    _check_status(status)
    with contextlib.closing(load(path)) as results:
        chosen = [trial for trial in results if not status or trial.status in status]
        if sort != "trial" or reverse:
            chosen.sort(key=_order(results, sort), reverse=reverse)
        shown = list(islice(chosen, limit))
        if as_json:
            echo_json([describe(trial) for trial in shown])
            return
        names = _chosen(columns, results) if columns else _columns(results, shown)
        click.echo(_table(names, shown))
        if len(shown) < len(chosen):
            click.echo(f"{len(chosen) - len(shown)} more")


def describe(trial: TrialResult) -> dict[str, Any]:
    """Return a trial as plain data."""
    return {
        **{name: _FACTS[name](trial) for name in _FIXED},
        "config": trial.config,
        "metrics": trial.metrics,
    }


def _check_status(given: Sequence[str]) -> None:
    known = TrialStatus.__args__  # type: ignore[attr-defined]
    for status in given:
        if status not in known:
            fix = did_you_mean(status, known) or f"; write one of {', '.join(known)}"
            raise UsageError(f"status {status!r} is unknown{fix}")


def _columns(results: Results, shown: Sequence[TrialResult]) -> list[str]:
    """Return what is worth a column: facts, objectives and the parameters that were tuned."""
    parameters: dict[str, None] = {}
    for trial in shown:
        parameters |= dict.fromkeys(name for name, _ in flat(trial.config))
    metrics = Scoring(results.objectives, results.outcome_constraints).metrics
    return ["trial", "status", "iterations", *metrics, *parameters, "reason"]


def _cells(trial: TrialResult) -> dict[str, Any]:
    facts = {name: look(trial) for name, look in _FACTS.items() if name != "error"}
    return {**dict(flat(trial.config)), **trial.metrics, **facts}


def _table(names: Sequence[str], shown: Sequence[TrialResult]) -> str:
    header = [name.upper() if name in _FIXED else name for name in names]
    rows = map(_cells, shown)
    texts = [["" if row.get(n) is None else amount(row[n]) for n in names] for row in rows]
    return aligned(header, texts)


def _chosen(columns: str, results: Results) -> list[str]:
    """Return the columns that were asked for."""
    names = columns.split(",")
    known = dict.fromkeys(name for trial in results for name in _cells(trial))
    for name in names:
        if known and name not in known:
            _refuse("column", name, list(known))
    return names


def _order(results: Results, name: str) -> Callable[[TrialResult], tuple[bool, Any]]:
    """Return a sort key: by `name`, trials without it last."""
    objective = results.objectives[0]
    if name in {"value", objective.metric}:
        return lambda trial: (trial.value is None, objective.minimised(trial.value))
    known = dict.fromkeys(name for trial in results for name in _cells(trial))
    if known and name not in known:
        _refuse("column to sort by", name, list(known))

    def key(trial: TrialResult) -> tuple[bool, Any]:
        value = _cells(trial).get(name)
        is_number = isinstance(value, int | float)
        return value is None, (not is_number, value if is_number else str(value))

    return key


def _refuse(what: str, name: str, known: list[str]) -> None:
    fix = did_you_mean(name, known) or f"; there are {', '.join(known)}"
    raise UsageError(f"no {what} {name!r}{fix}")
