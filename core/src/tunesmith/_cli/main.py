"""The `tunesmith` command: its subcommands, and how it ends.

Exit codes: 0 all well, 1 the run or a trial failed, 2 asked for something impossible (a plugin
that cannot be used included), 130 interrupted.
"""

import io
import sys
import traceback
from collections.abc import Sequence
from importlib.metadata import version

import click

from tunesmith._cli.lazy import Lazy, LazyGroup
from tunesmith.errors import PluginError, TunesmithError, UsageError

OK, FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130

COMMANDS = {
    "run": Lazy("tunesmith._cli.run:command", "Run an experiment."),
    "resume": Lazy("tunesmith._cli.resume:command", "Go on with a run that was cut off."),
    "ls": Lazy("tunesmith._cli.ls:command", "List the runs in a folder."),
    "show": Lazy("tunesmith._cli.show:command", "Show how one run stands."),
    "trials": Lazy("tunesmith._cli.trials:command", "List the trials of a run."),
    "story": Lazy("tunesmith._cli.story:command", "Tell what happened to one trial, and why."),
    "replay": Lazy("tunesmith._cli.replay:command", "Decide a run once more, and compare."),
    "stop": Lazy("tunesmith._cli.control:stop", "Stop a trial, or the run."),
    "pause": Lazy("tunesmith._cli.control:pause", "Pause a trial, or the run."),
    "unpause": Lazy("tunesmith._cli.control:unpause", "Let what was paused go on."),
    "enqueue": Lazy("tunesmith._cli.control:enqueue", "Run a configuration of your own."),
    "extend": Lazy("tunesmith._cli.control:extend", "Give a run more trials, or more time."),
    "boost": Lazy("tunesmith._cli.control:boost", "Give a trial the next free slot."),
    "rerun": Lazy("tunesmith._cli.rerun:command", "Run one trial again, to debug it."),
    "plugins": Lazy(
        "tunesmith._cli.plugins:plugins",
        "List what is installed, and whether it can be used.",
    ),
    "compat": Lazy(
        "tunesmith._cli.compat:compat", "Show which searchers work with which schedulers."
    ),
}
"""Subcommands in the order of help; a module is imported when its command is used."""


def _print_version(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    if value:
        click.echo(f"tunesmith {version('tunesmith-core')}")
        ctx.exit(OK)


@click.group(
    cls=LazyGroup,
    table=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="`tunesmith COMMAND --help` tells about one command.",
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Print the version and exit.",
)
@click.option("--traceback", "with_traceback", is_flag=True, help="Print errors in full.")
def group(*, with_traceback: bool) -> None:
    """Tune hyperparameters, and look at what was tuned."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its code."""
    # What a console cannot show must not fail training code that prints it.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: Sequence[str]) -> int:
    """Run one command line; return the exit code, having printed any error as one message.

    A command returns None, or an exit code of its own through `ctx.exit`.
    """
    try:
        code = group.main(args=list(arguments), prog_name="tunesmith", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        return INTERRUPTED
    except TunesmithError as error:
        if "--traceback" in arguments:
            traceback.print_exception(error)
        click.echo(f"error: {error}", err=True)
        return USAGE if isinstance(error, UsageError | PluginError) else FAILED
    return code if isinstance(code, int) else OK
