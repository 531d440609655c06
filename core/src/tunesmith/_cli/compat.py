"""`tunesmith compat`: which searchers work with which schedulers."""

import json

import click
import msgspec

from tunesmith._cli.table import aligned
from tunesmith.plugins import compatibility, default_registry


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print a list of JSON objects.")
def compat(*, as_json: bool) -> None:
    """Show which searchers work with which schedulers, and where not, why."""
    cells = compatibility(default_registry())
    if as_json:
        click.echo(json.dumps(msgspec.to_builtins(cells), indent=2))
        return
    # Gaps are numbered: their reasons are too long for a cell, and many cells share one.
    gaps = list(dict.fromkeys(cell.reasons for cell in cells if not cell.works))
    rows: dict[str, list[str]] = {}
    for cell in cells:
        word = f"no [{gaps.index(cell.reasons) + 1}]" if cell.reasons else "yes"
        rows.setdefault(cell.searcher, [cell.searcher]).append(", ".join((word, *cell.notes)))
    schedulers = dict.fromkeys(cell.scheduler for cell in cells)
    click.echo(aligned(("SEARCHER", *schedulers), rows.values()))
    for number, reasons in enumerate(gaps, start=1):
        click.echo(f"[{number}] {'; '.join(reasons)}")
