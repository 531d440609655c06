"""`tunesmith resume`: go on with a run that was stopped or cut off."""

from typing import Any

import click
import msgspec

from tunesmith._cli.outcome import Witness, conduct
from tunesmith._cli.output import use_working_folder
from tunesmith._run.api import resume
from tunesmith._run.results import load
from tunesmith._run.revival import KINDS
from tunesmith._run.specfile import tables
from tunesmith.errors import UsageError
from tunesmith.space import Space


@click.command("resume")
@click.argument("path")
@click.option("--trainable", help="The training code, where the run knows no import path of it.")
@click.option("--num-samples", type=int, help="Go on to this many trials.")
@click.option("--time-budget", "time_budget_s", type=float, help="Seconds for the whole run.")
@click.option("--max-resource", type=float, help="Train further than the scheduler or stop said.")
@click.option(
    "--revive",
    help="Trials that were over go on: failed, completed, stopped, all, or numbers as 3,5.",
)
@click.option("--space", help="A TOML file with the [space] that new trials are to come from.")
@click.option("--assume", help='What earlier trials had as added parameters: {"dropout": 0}.')
@click.option("--max-concurrent", type=int, help="How many trials may run at once.")
@click.option("--executor", help="Where trials run from now on.")
@click.option("--trust", is_flag=True, help="Go on although another user wrote the run.")
@click.option("--verbose", type=click.IntRange(0, 2), help="0 nothing, 1 progress, 2 each trial.")
@click.option("-q", "--quiet", is_flag=True, help="The same as --verbose 0.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, at the end.")
@click.pass_context
def command(
    ctx: click.Context, /, path: str, *, quiet: bool, as_json: bool, **options: Any
) -> None:
    """Go on with the run in folder PATH, exactly where it ended.

    Trials that ran go on from their newest checkpoint; nothing that was reported is lost.
    """
    use_working_folder()
    given = {name: value for name, value in options.items() if value not in (None, False)}
    if quiet:
        given["verbose"] = 0
    if "revive" in given and given["revive"] not in KINDS:
        given["revive"] = given["revive"].split(",")

    if "space" in given:
        given["space"] = _space(given["space"])
    if "assume" in given:
        given["assume"] = _assumed(given["assume"])

    def run(witness: Witness) -> None:
        witness.is_told = given.get("verbose", 1) != 0
        options = load(path).header.extra.get("options", {})
        named = options.get("callbacks", ())
        # What is no list is a mark: callbacks that were objects, and are gone.
        kept = named if isinstance(named, list) else ()
        resume(path, **given, callbacks=[*kept, witness])

    ctx.exit(conduct(run, as_json=as_json))


def _space(file: str) -> Space:
    written = tables(file)
    return Space.from_dict(written.get("space", written))


def _assumed(text: str) -> dict[str, Any]:
    try:
        return msgspec.json.decode(text, type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise UsageError(f"--assume {text}: expected a JSON object; {error}") from error
