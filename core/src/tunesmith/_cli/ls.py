"""`tunesmith ls`: the runs in a folder."""

import contextlib
from pathlib import Path
from typing import Any

import click

from tunesmith._cli.plain import echo_json
from tunesmith._cli.table import aligned
from tunesmith._journal.reader import FILE
from tunesmith._run.results import load
from tunesmith._run.wording import amount
from tunesmith.errors import TunesmithError, UsageError


@click.command("ls")
@click.argument("root", default="runs")
@click.option("--json", "as_json", is_flag=True, help="Print a list of JSON objects.")
def command(root: str, *, as_json: bool) -> None:
    """List the runs in ROOT (by default: runs), the newest last."""
    if not Path(root).is_dir():
        raise UsageError(f"no folder {root!r}; name the one that was given as storage=...")
    rows = listing(Path(root))
    if as_json:
        echo_json(rows)
        return
    if not rows:
        click.echo(f"no runs in {root!r}")
        return
    click.echo(
        aligned(
            ("RUN", "STATE", "TRIALS", "BEST", "TRIAL"),
            [
                (
                    row["run"],
                    row["state"],
                    "" if row["trials"] is None else str(row["trials"]),
                    "" if row["best"] is None else f"{row['metric']}={amount(row['best'])}",
                    row["best_trial"] or row["problem"],
                )
                for row in rows
            ],
        )
    )


def listing(root: Path) -> list[dict[str, Any]]:
    """Return a plain dict for each run, the oldest first; one that cannot be read says so."""
    rows = [_row(file.parent) for file in root.glob(f"*/{FILE}")]
    return sorted(rows, key=lambda row: (row["created_at"], row["run"]))


_EMPTY: dict[str, Any] = {
    "run": "",
    "state": "",
    "created_at": 0.0,
    "trials": None,
    "metric": "",
    "best": None,
    "best_trial": "",
    "problem": "",
}


def _row(folder: Path) -> dict[str, Any]:
    try:
        results = load(folder)
    except UsageError as error:
        return {**_EMPTY, "run": folder.name, "state": "unreadable", "problem": str(error)}
    with contextlib.closing(results):
        row = {
            **_EMPTY,
            "run": folder.name,
            "state": results.state,
            "created_at": results.header.created_at,
            "trials": len(results),
            "metric": results.objectives[0].metric,
        }
        with contextlib.suppress(TunesmithError):
            best = results.best_by(results.objectives[0].metric)
            row |= {"best": best.value, "best_trial": best.id}
        return row
