"""What can be asked of a run while it goes on, from another terminal."""

from __future__ import annotations

import json
from typing import Any

import click

from tunesmith._run.control import Reply, send
from tunesmith.errors import UsageError

PATIENCE_S = 10.0

_reason = click.option("--reason", help="Why; the trial's story tells it.")


@click.command("stop")
@click.argument("path")
@click.argument("trial", required=False)
@_reason
def stop(path: str, trial: str | None, reason: str | None) -> None:
    """Stop TRIAL of the run at PATH for good; without TRIAL the run, which can be resumed."""
    _send(path, "stop", f"trial {trial} is stopped" if trial else "the run ends", trial, reason)


@click.command("pause")
@click.argument("path")
@click.argument("trial", required=False)
@_reason
def pause(path: str, trial: str | None, reason: str | None) -> None:
    """Pause TRIAL of the run at PATH until it is unpaused; without TRIAL all of them.

    A trial that runs ends at its next report, and goes on later from its newest checkpoint.
    """
    _send(path, "pause", f"{_subject(trial)} is paused", trial, reason)


@click.command("unpause")
@click.argument("path")
@click.argument("trial", required=False)
def unpause(path: str, trial: str | None) -> None:
    """Let TRIAL of the run at PATH go on; without TRIAL all that `pause PATH` paused."""
    _send(path, "unpause", f"{_subject(trial)} goes on", trial)


@click.command("boost")
@click.argument("path")
@click.argument("trial")
def boost(path: str, trial: str) -> None:
    """Give pending TRIAL of the run at PATH the next free slot."""
    _send(path, "boost", f"trial {trial} is next", trial)


@click.command("enqueue")
@click.argument("path")
@click.argument("config")
def enqueue(path: str, config: str) -> None:
    """Run one trial more in the run at PATH, with the configuration CONFIG: JSON, or a JSON file.

    Parameters that are not in it are sampled. "-" reads standard input.
    """
    _send(path, "enqueue", "it is the next trial to be made", config=_read(config))


@click.command("extend")
@click.argument("path")
@click.option("--num-samples", type=int, help="How many trials there are to be in all.")
@click.option("--time-budget", "time_budget_s", type=float, help="Seconds for the whole run.")
def extend(path: str, num_samples: int | None, time_budget_s: float | None) -> None:
    """Give the run at PATH more trials, or more time."""
    if num_samples is None and time_budget_s is None:
        raise UsageError("nothing to extend; give --num-samples or --time-budget")
    done = "the run goes on to that"
    _send(path, "extend", done, num_samples=num_samples, time_budget_s=time_budget_s)


def _subject(trial: str | None) -> str:
    return f"trial {trial}" if trial else "the run"


def _send(
    path: str,
    action: str,
    done: str,
    trial: str | None = None,
    reason: str | None = None,
    **payload: Any,
) -> None:
    """Ask, and print what came of it."""
    given = {key: value for key, value in payload.items() if value is not None}
    if reason is not None:
        given["reason"] = reason
    reply = send(path, action, trial=trial or "", patience_s=PATIENCE_S, **given)
    click.echo(_told(reply, path, done))


def _told(reply: Reply, path: str, done: str) -> str:
    if reply.refusal:
        raise UsageError(reply.refusal)
    if reply.is_done:
        return done
    if reply.is_live:
        return "the request is there; the run will see to it at its next report"
    return (
        f"the run is not under way; it will see to it when it is resumed: tunesmith resume {path}"
    )


def _read(source: str) -> dict[str, Any]:
    try:
        config = json.loads(source if source.lstrip().startswith("{") else _text(source))
    except ValueError as error:
        raise UsageError(f"{source!r} is no JSON: {error}") from error
    if not isinstance(config, dict):
        raise UsageError(f"{source!r} holds {config!r}; expected a JSON object of parameters")
    return config


def _text(file: str) -> str:
    try:
        with click.open_file(file, encoding="utf-8") as stream:
            return str(stream.read())
    except OSError as error:
        raise UsageError(
            f"cannot read {file!r} ({error.strerror}); give a JSON file, or a configuration itself,"
            " as in '{\"lr\": 0.1}'"
        ) from error
