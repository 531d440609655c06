"""`tunesmith show`: one run on one page."""

import contextlib
from typing import Any

import click

from tunesmith._cli.plain import echo_json
from tunesmith._run.results import Results, load
from tunesmith._run.trial import TrialResult
from tunesmith._run.wording import amount, flat, limits
from tunesmith.errors import TunesmithError

_ERRORS = 3


@click.command("show")
@click.argument("path")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(path: str, *, as_json: bool) -> None:
    """Show how the run at PATH stands: what ran, what is best, what failed."""
    with contextlib.closing(load(path)) as results:
        if as_json:
            echo_json(describe(results))
        else:
            click.echo(page(results))


def describe(results: Results) -> dict[str, Any]:
    """Return the run as plain data."""
    header = results.header
    best = _best(results)
    return {
        "name": results.name,
        "path": str(results.path),
        "state": results.state,
        "reason": results.reason,
        "trainable": header.trainable,
        "searcher": header.searcher,
        "scheduler": header.scheduler,
        "executor": header.executor,
        "seed": header.seed,
        "num_samples": header.num_samples,
        "objectives": [{"metric": one.metric, "mode": one.mode} for one in results.objectives],
        "outcome_constraints": [str(one) for one in results.outcome_constraints],
        "trials": len(results),
        "counts": results.counts,
        "best": None
        if best is None
        else {
            "trial": best.id,
            "value": best.value,
            "resource": best.resource,
            "config": best.config,
            "checkpoint": None if best.checkpoint is None else str(best.checkpoint.path),
        },
        "errors": results.errors,
    }


def page(results: Results) -> str:
    """Return the run in words."""
    header = results.header
    algorithms = f"{header.searcher.get('name')} + {header.scheduler.get('name')}"
    place = header.executor.get("name")
    lines = [
        f"{results.name}: {results.summary().splitlines()[0]}",
        f"  {header.trainable} with {algorithms} on {place}, seed {header.seed}",
    ]
    if results.outcome_constraints:
        lines.append(f"  within {limits(results.outcome_constraints)}")
    if results.reason:
        lines.append(f"  ended: {results.reason}")
    best = _best(results)
    if best is not None:
        lines.append(
            f"best {results.objectives[0].metric}={amount(best.value)}: trial {best.id} at "
            f"{header.resource} {amount(best.resource)}"
        )
        lines += [f"  {name} = {value!r}" for name, value in flat(best.config)]
        if best.checkpoint is not None:
            lines.append(f"  checkpoint: {best.checkpoint.path}")
    errors = list(results.errors.items())
    for trial, text in errors[:_ERRORS]:
        lines.append(f"trial {trial} failed: {_last_line(text)}")
    if len(errors) > _ERRORS:
        lines.append(f"and {len(errors) - _ERRORS} more failures; see `tunesmith trials`")
    if results.state not in {"completed", "running"}:
        lines.append(f"continue it: tunesmith resume {results.path}")
    return "\n".join(lines)


def _best(results: Results) -> TrialResult | None:
    with contextlib.suppress(TunesmithError):
        return results.best_by(results.objectives[0].metric)
    return None


def _last_line(text: str) -> str:
    return text.strip().splitlines()[-1] if text.strip() else ""
