"""`tunesmith rerun`: one trial of a run once more, alone, in sight."""

import contextlib
import math
import pdb  # noqa: T100 (what --pdb is for)
from typing import Any

import click

from tunesmith._cli.main import FAILED, OK
from tunesmith._cli.output import diverted, use_working_folder
from tunesmith._cli.plain import echo_json
from tunesmith._run.rerun import Request, Rerun
from tunesmith._run.results import load
from tunesmith._run.wording import amount, parameters
from tunesmith.protocols import Metrics
from tunesmith.protocols.events import TrialEnded

_CLOCKS = ("time_total_s", "timestamp")


@click.command("rerun")
@click.argument("path")
@click.argument("trial")
@click.option("--trainable", help="Training code, for a run that does not know where it is.")
@click.option("--from-checkpoint", is_flag=True, help="Start from the trial's newest checkpoint.")
@click.option("--until", type=float, help="Stop at this resource; by default, where the run did.")
@click.option("--keep", metavar="DIR", help="Keep what the trial writes, in a new folder.")
@click.option("--pdb", "debugs", is_flag=True, help="Open the debugger where it fails.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, at the end.")
@click.pass_context
def command(
    ctx: click.Context,
    /,
    path: str,
    trial: str,
    *,
    debugs: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Run TRIAL of the run at PATH again, in this process: what it prints is shown here.

    It gets the same configuration and starts from the beginning; the run itself stays as it is.
    The exit code is 1 if the trial fails.
    """
    use_working_folder()
    request = Request(**options, on_error=_debug if debugs else None)
    with diverted() if as_json else contextlib.nullcontext(), contextlib.closing(load(path)) as run:
        rerun = Rerun(run, trial, request)
        reports, ended = _run(rerun)
    error = ended.error
    if as_json:
        echo_json(
            {
                "trial": rerun.trial.id,
                "config": rerun.trial.config,
                "status": ended.outcome,
                "reason": ended.reason,
                "reports": reports,
                "error": error.traceback if error else None,
            }
        )
    ctx.exit(FAILED if ended.outcome == "failed" else OK)


def _run(rerun: Rerun) -> tuple[list[Metrics], TrialEnded]:
    """Run the trial, telling of each report; return them all, and how it ended."""
    trial = rerun.trial
    at = f" from {amount(rerun.start.resource)} on" if rerun.start else ""
    until = "" if math.isinf(rerun.until) else f" until {amount(rerun.until)}"
    click.echo(f"trial {trial.id}{at}{until}: {parameters(trial.config)}")
    reports: list[Metrics] = []
    for news in rerun.run():
        if isinstance(news, TrialEnded):
            _tell_end(news)
            return reports, news
        reports.append(news.metrics)
        shown = {key: value for key, value in news.metrics.items() if key not in _CLOCKS}
        click.echo(parameters(shown, limit=12))
    raise KeyboardInterrupt  # training code was left in the middle


def _tell_end(ended: TrialEnded) -> None:
    if ended.outcome != "failed":
        click.echo(f"{ended.outcome}{': ' if ended.reason else ''}{ended.reason}")
    if ended.error is not None:
        click.echo(ended.error.traceback.rstrip(), err=True)


def _debug(error: BaseException) -> None:
    click.echo(f"{type(error).__name__}: {error}", err=True)
    pdb.post_mortem(error.__traceback__)
