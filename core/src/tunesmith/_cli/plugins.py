"""`tunesmith plugins`: what is installed, from where, and whether it can be used."""

import json
from typing import Any

import click
import msgspec

from tunesmith._cli.table import aligned
from tunesmith.errors import ApiMismatchError
from tunesmith.plugins import BrokenPlugin, Installed, Registry, default_registry
from tunesmith.plugins.factories import check_api
from tunesmith.plugins.loading import VARIABLE
from tunesmith.plugins.requirements import first_unmet


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the listing; `problem` says what is wrong where `status` is not "ok"."""

    kind: str
    name: str
    dist: str
    version: str
    status: str = "ok"
    wraps: str = ""
    capabilities: tuple[str, ...] = ()
    summary: str = ""
    problem: str = ""


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print a list of JSON objects.")
@click.option("--broken", is_flag=True, help="Show only what cannot be used, with tracebacks.")
def plugins(*, as_json: bool, broken: bool) -> None:
    """List installed searchers, schedulers, executors, callbacks and commands."""
    registry = default_registry()
    rows = [row for row in listing(registry) if row.status != "ok" or not broken]
    if as_json:
        click.echo(json.dumps(msgspec.to_builtins(rows), indent=2))
        return
    if broken:
        click.echo(_diagnosis(rows, registry))
        return
    click.echo(
        aligned(
            ("KIND", "NAME", "DIST", "VERSION", "STATUS", "SUMMARY"),
            [
                (row.kind, row.name, row.dist, row.version, row.status, row.problem or row.summary)
                for row in rows
            ],
        )
    )
    if registry.left_out:
        names = ", ".join(source.name for source in registry.left_out)
        click.echo(f"\nleft out by {VARIABLE}: {names}")


def listing(registry: Registry) -> list[Row]:
    """Return a row for each spec, and one for each plugin that could not be loaded."""
    rows = [_row(one, registry) for one in registry.installed()]
    return [*rows, *map(_broken_row, registry.broken)]


def _row(one: Installed, registry: Registry) -> Row:
    status, problem = _status(one, registry)
    capabilities: Any = getattr(one.spec, "capabilities", None)
    return Row(
        kind=one.kind,
        name=one.spec.name,
        dist=one.source.dist,
        version=one.source.version,
        status=status,
        wraps=one.spec.wraps,
        capabilities=tuple(name for name in _names(capabilities) if getattr(capabilities, name)),
        summary=one.spec.summary,
        problem=problem,
    )


def _names(struct: Any) -> tuple[str, ...]:
    return () if struct is None else tuple(struct.__struct_fields__)


def _status(one: Installed, registry: Registry) -> tuple[str, str]:
    try:
        check_api(one.spec, one.source)
    except ApiMismatchError as error:
        return "api-mismatch", str(error)
    unmet = first_unmet(one.source)
    if unmet is not None:
        return unmet.status, unmet.describe(one.source)
    if registry.label(one) != one.spec.name:
        return "duplicate", f"several packages have this name; this one is {one.reference!r}"
    return "ok", ""


def _broken_row(plugin: BrokenPlugin) -> Row:
    return Row(
        kind="plugin",
        name=plugin.name,
        dist=plugin.dist,
        version=plugin.version,
        status="broken",
        problem=plugin.summary,
    )


def _diagnosis(rows: list[Row], registry: Registry) -> str:
    if not rows:
        return "no plugin is broken"
    traces = {(plugin.dist, plugin.name): plugin.traceback for plugin in registry.broken}
    parts = []
    for row in rows:
        parts.append(
            f"{row.kind} {row.name} ({row.dist} {row.version}) {row.status}: {row.problem}"
        )
        if row.kind == "plugin":
            parts.append(traces[row.dist, row.name])
    return "\n".join(parts)
