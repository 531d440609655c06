"""`tunesmith story`: what happened to one trial, and why."""

import contextlib

import click
import msgspec

from tunesmith._cli.plain import echo_json
from tunesmith._journal.reader import Reader
from tunesmith._run.story import Line, tell


@click.command("story")
@click.argument("path")
@click.argument("trial")
@click.option("--json", "as_json", is_flag=True, help="Print a list of JSON objects.")
def command(path: str, trial: str, *, as_json: bool) -> None:
    """Tell in plain words what happened to TRIAL of the run at PATH, and why."""
    with contextlib.closing(Reader(path)) as reader:
        lines = tell(reader, trial)
    if as_json:
        echo_json(msgspec.to_builtins(lines))
    else:
        click.echo("\n".join(_texts(lines)))


def _texts(lines: list[Line]) -> list[str]:
    """Return the lines with the seconds since the first of them."""
    start = lines[0].at
    return [f"{line.at - start:+10.3f} s  {line.text}" for line in lines]
