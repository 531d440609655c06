"""A command group that imports a subcommand only when it is used.

Help lists all subcommands with their summaries from a table, so that `tunesmith --help` does not
pay for what it does not run.
"""

import importlib
from collections.abc import Mapping
from typing import cast

import click
import msgspec

from tunesmith.errors import PluginError, UsageError, did_you_mean
from tunesmith.plugins import Registry, default_registry, load_factory


class Lazy(msgspec.Struct, frozen=True):
    """A subcommand: where it is ("module:attribute"), and one line about it."""

    target: str
    summary: str


class LazyGroup(click.Group):
    """Subcommands from a table, and behind them those of the installed plugins."""

    def __init__(self, table: Mapping[str, Lazy], **options: object) -> None:
        super().__init__(**options)  # type: ignore[arg-type]
        self._table = table

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Return the names in the order of the table, then those of plugins."""
        return [*self._table, *self._foreign()]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command:
        """Import and return a subcommand."""
        lazy = self._table.get(cmd_name)
        if lazy is not None:
            module, _, attribute = lazy.target.partition(":")
            return cast("click.Command", getattr(importlib.import_module(module), attribute))
        names = self.list_commands(ctx)
        if cmd_name not in names and "/" not in cmd_name:
            raise UsageError(
                f"no command {cmd_name!r}{did_you_mean(cmd_name, names) or ';'}"
                f" commands: {', '.join(names)}"
            )
        found = default_registry().find("command", cmd_name)
        command = load_factory(found.spec, found.source)
        if not isinstance(command, click.Command):
            raise PluginError(
                f"command {cmd_name!r} ({found.source}): {found.spec.factory} is no click command"
            )
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the list of subcommands without importing one."""
        rows = [(name, lazy.summary) for name, lazy in self._table.items()]
        with formatter.section("Commands"):
            formatter.write_dl([*rows, *self._foreign().items()])

    def _foreign(self) -> dict[str, str]:
        """Return names and summaries of the plugins' subcommands that the table does not have."""
        registry: Registry = default_registry()
        return {
            one.spec.name: one.spec.summary
            for one in registry.installed("command")
            if one.spec.name not in self._table
        }
