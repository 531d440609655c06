"""`tunesmith replay`: decide a run once more, and compare."""

import contextlib
from itertools import islice

import click
import msgspec

from tunesmith._cli.output import use_working_folder
from tunesmith._cli.plain import echo_json
from tunesmith._journal.codec import Decided
from tunesmith._journal.reader import Reader
from tunesmith._run.redecision import Redecision, redecide
from tunesmith.plugins import default_registry

SHOWN = 20
"""Differences that are printed; the first is the one that counts."""


@click.command("replay")
@click.argument("path")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def command(ctx: click.Context, path: str, *, as_json: bool) -> None:
    """Decide the run at PATH once more from its journal, without training, and compare.

    Exits with 1 where the scheduler installed now decides otherwise than the one that ran: then a
    resume would not go on as the run began.
    """
    use_working_folder()
    events = decisions = 0
    differing: list[Redecision] = []
    with contextlib.closing(Reader(path)) as reader:
        for one in redecide(reader, default_registry()):
            events += 1
            decisions += len(one.then)
            if not one.agrees:
                differing.append(one)
    if as_json:
        shown = msgspec.to_builtins(differing)
        echo_json({"events": events, "decisions": decisions, "differences": shown})
    else:
        click.echo(_text(events, decisions, differing))
    ctx.exit(1 if differing else 0)


def _text(events: int, decisions: int, differing: list[Redecision]) -> str:
    if not differing:
        return f"{decisions} decisions on {events} events: all the same again"
    lines = [f"{len(differing)} of {events} events would be decided otherwise:"]
    for one in islice(differing, SHOWN):
        kind = type(one.event).__name__
        trial = getattr(one.event, "trial", "")
        lines.append(f"  event {one.seq}, {kind} {trial}".rstrip())
        lines.append(f"    then: {_all(one.then)}")
        lines.append(f"    now:  {_all(one.now)}")
    if len(differing) > SHOWN:
        lines.append(f"  and {len(differing) - SHOWN} more")
    return "\n".join(lines)


def _all(decided: tuple[Decided, ...]) -> str:
    return "; ".join(map(_one, decided)) or "nothing"


def _one(decided: Decided) -> str:
    fields = msgspec.to_builtins(decided)
    action, trial = fields.pop("action"), fields.pop("trial")
    rest = ", ".join(f"{key}={value!r}" for key, value in fields.items() if value not in (None, ""))
    return f"{action} {trial} ({rest})" if rest else f"{action} {trial}"
