"""What a command that runs an experiment prints at the end, and the exit code."""

import contextlib
from collections.abc import Callable
from typing import Any

import click

from tunesmith._cli.main import FAILED, INTERRUPTED, OK, USAGE
from tunesmith._cli.output import diverted
from tunesmith._cli.plain import echo_json
from tunesmith._cli.show import describe
from tunesmith._run.api import STOPPED_WITH
from tunesmith._run.results import Results
from tunesmith.errors import TunesmithError, UsageError

_RESULT = ("name", "path", "reason", "trials", "counts", "best", "errors")


class Witness:
    """A callback that keeps the results, also of a run that failed.

    `is_told`: the display says what happened, so that an error can be brief.
    """

    results: Results | None = None
    is_told = True

    def on_experiment_end(self, results: Results) -> None:
        """Keep the results."""
        self.results = results


def conduct(run: Callable[[Witness], None], *, as_json: bool) -> int:
    """Run, print errors and, as JSON, the result; return the exit code."""
    witness = Witness()
    with diverted() if as_json else contextlib.nullcontext():
        results, error, code = _run(run, witness)
    if as_json:
        echo_json(_result(results, error))
    return code


def _run(run: Callable[[Witness], None], witness: Witness) -> tuple[Results, str, int]:
    """Run; return the results, the error, printed already, and the exit code."""
    error, code = "", OK
    try:
        run(witness)
    except KeyboardInterrupt:
        code = INTERRUPTED
    except TunesmithError as failure:
        error = str(failure)
        code = USAGE if isinstance(failure, UsageError) else FAILED
        if witness.results is None:
            raise
        if witness.is_told:
            error = f"{witness.results.reason}\nthe run is in {witness.results.path}"
    results = witness.results
    if results is None:
        raise KeyboardInterrupt
    if results.state == "stopped" and STOPPED_WITH in results.reason:
        code = INTERRUPTED
    elif code == OK:
        error = _failure(results, in_full=not witness.is_told)
        code = FAILED if error else OK
    if error:
        click.echo(f"error: {error}", err=True)
    return results, error, code


def _failure(results: Results, *, in_full: bool) -> str:
    """Return why there is no best trial, if there is none; briefly where the display said why."""
    metric = results.objectives[0].metric
    try:
        results.best_by(metric)
    except TunesmithError as error:
        why = f"{error}" if in_full else f"no trial reported a finite {metric!r}"
        return f"{why}\nthe run is in {results.path}"
    return ""


def _result(results: Results, error: str) -> dict[str, Any]:
    told = describe(results)
    return {"status": results.state, "error": error, **{key: told[key] for key in _RESULT}}
