"""`tunesmith run`: an experiment, from a file or from the command line alone."""

from typing import Any

import click
import msgspec

from tunesmith._cli.order import Order, compose
from tunesmith._cli.outcome import Witness, conduct
from tunesmith._cli.output import use_working_folder
from tunesmith._run.api import execute


@click.command("run")
@click.argument("target")
@click.option("--metric", multiple=True, help="Metric to optimise; several are several objectives.")
@click.option("--mode", multiple=True, help="min or max, for each metric.")
@click.option(
    "--outcome-constraint",
    "outcome_constraints",
    multiple=True,
    help="A limit on what trials report, as in 'latency_ms <= 100'.",
)
@click.option("--param", multiple=True, help="A parameter, as in 'lr=loguniform(1e-4, 1e-1)'.")
@click.option("--space", help="The space, in a TOML or JSON file.")
@click.option("--num-samples", type=int, help="How many trials to run.")
@click.option("--name", help="The run's name; a fresh one by default.")
@click.option("--storage", help="Folder for runs; by default: runs.")
@click.option("--searcher", help="Name, or {name='optuna', sampler='gp'}.")
@click.option("--scheduler", help="Name, or {name='asha', max_resource=27}.")
@click.option("--executor", help="Name, or {name='ray', address='auto'}.")
@click.option("--seed", type=int, help="Makes the run reproducible.")
@click.option("--time-budget", "time_budget_s", type=float, help="Seconds for the whole run.")
@click.option("--max-concurrent", type=int, help="How many trials may run at once.")
@click.option("--set", "settings", multiple=True, help="Any option: stop.training_iteration=27.")
@click.option("--verbose", type=click.IntRange(0, 2), help="0 nothing, 1 progress, 2 each trial.")
@click.option("-q", "--quiet", is_flag=True, help="The same as --verbose 0.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, at the end.")
@click.pass_context
def command(
    ctx: click.Context,
    /,
    target: str,
    *,
    space: str | None,
    param: tuple[str, ...],
    settings: tuple[str, ...],
    quiet: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Run the experiment that TARGET names, and say what is best.

    TARGET is an experiment in a file (experiment.toml), one in a module (my_module:experiment), or
    training code (my_module:train, path/to/file.py:train) whose parameters are given with --param
    or --space. Modules are also looked for in the working folder.
    """
    use_working_folder()
    given = {name: _single(value) for name, value in options.items() if value not in (None, ())}
    if quiet:
        given["verbose"] = 0
    order = Order(target=target, options=given, settings=settings, space=space, params=param)

    def run(witness: Witness) -> None:
        experiment = compose(order)
        witness.is_told = bool(experiment.verbose)
        watched = (*experiment.callbacks, witness)
        execute(msgspec.structs.replace(experiment, callbacks=watched))

    ctx.exit(conduct(run, as_json=as_json))


def _single(value: Any) -> Any:
    """Return the option's value: what may be given several times, alone if it was given once."""
    if isinstance(value, tuple):
        return value[0] if len(value) == 1 else list(value)
    return value
