"""`tunesmith bench`: compare searchers and schedulers on benchmark tasks."""

from __future__ import annotations

import json
import math
from importlib import import_module
from typing import Any

import click


@click.command()
@click.argument("suite", default="default")
@click.option("--output", help="Folder for cells and results; by default bench/<suite>.")
@click.option("--data", help="Folder of recorded data, in place of the suite's.")
@click.option("--jobs", type=int, help="Processes; by default one for each core.")
@click.option("--seeds", type=click.IntRange(min=1), help="Seeds, in place of the suite's.")
@click.option("--fresh", is_flag=True, help="Run every cell again.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, at the end.")
@click.option("-q", "--quiet", is_flag=True, help="Show no progress.")
@click.option("--tasks", is_flag=True, help="List the families of tasks and what is there of each.")
@click.pass_context
def bench(ctx: click.Context, /, suite: str, **options: Any) -> None:
    """Run SUITE, a TOML file, and write a table and a report of who was best.

    Without a file, a small suite runs that needs no data. What has run already is kept: started
    again, or with more seeds, only what is missing runs.
    """
    # The numerical libraries load here, so that help does not wait for them.
    session = import_module("tunesmith_bench.session")
    if options["tasks"]:
        for line in session.listing(options["data"]):
            click.echo(line)
        return
    told = session.conduct(suite, options)
    if options["as_json"]:
        click.echo(json.dumps(_finite(told.summary), indent=2))
    else:
        for line in told.lines:
            click.echo(line)
    ctx.exit(1 if told.failed else 0)


def _finite(value: Any) -> Any:
    """Return plain data with None in place of NaN, which JSON lacks."""
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
