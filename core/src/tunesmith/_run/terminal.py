"""A table that is redrawn in place; the one module that uses rich.

It is imported where it is used: that takes longer than importing all of tunesmith, and most runs
have no terminal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

from tunesmith._run.board import Board
from tunesmith._run.table import Picture, picture

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

_STYLES = {
    "running": "cyan",
    "paused": "yellow",
    "completed": "green",
    "stopped": "blue",
    "failed": "red",
}


class LiveTable:
    """Draws a board in place on a terminal; text written meanwhile goes above it."""

    def __init__(self, board: Board, stream: TextIO | None, console: Console | None = None) -> None:
        from rich.console import Console  # noqa: PLC0415
        from rich.live import Live  # noqa: PLC0415

        self._board = board
        self._console = console or Console(file=stream)
        # Drawn from the run's own loop: no thread reads a board that changes.
        self._live = Live(
            console=self._console, auto_refresh=False, transient=True, get_renderable=self.draw
        )
        self._live.start()

    def refresh(self) -> None:
        """Draw again."""
        self._live.refresh()

    def write(self, text: str) -> None:
        """Print a line above the table."""
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)

    def close(self) -> None:
        """Remove the table."""
        self._live.stop()

    def draw(self) -> RenderableType:
        """Return what to show now."""
        return _drawn(picture(self._board, self._console.width, self._console.height))


def _drawn(shown: Picture) -> RenderableType:
    from rich.console import Group  # noqa: PLC0415
    from rich.progress_bar import ProgressBar  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    # Cut rather than wrapped: the table's height decides how much of it there is room for.
    title = Text.assemble(
        (shown.name, "bold"), f"  {shown.title}", no_wrap=True, overflow="ellipsis"
    )
    lines = [Text(line, no_wrap=True, overflow="ellipsis") for line in shown.lines]
    progress = Table.grid(padding=(0, 2))
    done = shown.fraction
    bar = [] if done is None else [ProgressBar(total=1.0, completed=done, width=40)]
    progress.add_row(*bar, *shown.progress)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    numbers = range(shown.left, shown.left + shown.right)
    for index, name in enumerate(shown.columns):
        table.add_column(
            Text(name),
            justify="right" if index in numbers else "left",
            overflow="ellipsis",
            no_wrap=True,
        )
    for status, cells in shown.rows:
        table.add_row(*map(Text, cells), style=_STYLES.get(status, ""))
    return Group(title, progress, *lines, table)
