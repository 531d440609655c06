"""`tunesmith resume`: go on with a run that was stopped or cut off."""

import contextlib
from collections.abc import Mapping
from typing import Any

import click
import msgspec

from tunesmith._cli.order import changed, document
from tunesmith._cli.outcome import Witness, conduct
from tunesmith._cli.output import use_working_folder
from tunesmith._journal.reader import Reader
from tunesmith._run.api import resume
from tunesmith._run.record import options_now
from tunesmith._run.revival import KINDS
from tunesmith._run.specfile import decode_option
from tunesmith.errors import UsageError


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
@click.option("--space", help="Draw new trials from another one, in a TOML or JSON file.")
@click.option("--assume", help='What earlier trials had as added parameters: {"dropout": 0}.')
@click.option("--max-concurrent", type=int, help="How many trials may run at once.")
@click.option("--executor", help="Where trials run from now on.")
@click.option("--set", "settings", multiple=True, help="Any option: failure.max_retries=3.")
@click.option("--trust", is_flag=True, help="Go on although another user wrote the run.")
@click.option("--verbose", type=click.IntRange(0, 2), help="0 nothing, 1 progress, 2 each trial.")
@click.option("-q", "--quiet", is_flag=True, help="The same as --verbose 0.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, at the end.")
@click.pass_context
def command(
    ctx: click.Context,
    /,
    path: str,
    *,
    settings: tuple[str, ...],
    quiet: bool,
    as_json: bool,
    **options: Any,
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

    def run(witness: Witness) -> None:
        witness.is_told = given.get("verbose", 1) != 0
        kept = _options(path)
        named = kept.get("callbacks", ())
        # What is no list is a mark: callbacks that were objects, and are gone.
        watched = named if isinstance(named, list) else ()
        resume(path, **_decoded(given, settings, kept), callbacks=[*watched, witness])

    ctx.exit(conduct(run, as_json=as_json))


def _options(path: str) -> dict[str, Any]:
    """Return the options that the run in a folder stands at."""
    with contextlib.closing(Reader(path)) as reader:
        return options_now(reader.header, reader.changes())


def _decoded(
    given: Mapping[str, Any], settings: tuple[str, ...], kept: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the options as `tune.resume` takes them."""
    changes = changed(given, settings, kept)
    if "space" in changes:
        changes["space"] = document(changes["space"])
    if "assume" in changes:
        changes["assume"] = _assumed(changes["assume"])
    return {name: decode_option(name, value) for name, value in changes.items()}


def _assumed(text: str) -> dict[str, Any]:
    try:
        return msgspec.json.decode(text, type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise UsageError(f"--assume {text}: expected a JSON object; {error}") from error
