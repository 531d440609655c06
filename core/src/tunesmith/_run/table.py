"""A board as a table: which trials, which columns, how much of it fits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from tunesmith._run.board import SHOWN, Best, Board
from tunesmith._run.wording import amount, duration, flat, leader, score, tally, trials
from tunesmith.protocols import Config, Result

_PARAMETERS = 5
_HEAD = 7
"""Lines of a terminal that are not trials."""


class Picture(msgspec.Struct, frozen=True, kw_only=True):
    """What a live table shows; `rows` have a status for their colour and a cell for each column.

    `progress` stands beside a bar filled by `fraction`, None for no bar. The first `left` columns
    are text, of the further ones `right` are numbers, the rest parameters.
    """

    name: str
    title: str
    fraction: float | None
    progress: tuple[str, ...]
    lines: tuple[str, ...]
    columns: tuple[str, ...]
    left: int
    right: int
    rows: tuple[tuple[str, tuple[str, ...]], ...]


def picture(board: Board, width: int, height: int) -> Picture:
    """Return what to show of a board on a terminal of so many columns and lines."""
    facts = board.facts
    lines = _lines(board, max(1, min(SHOWN, height - _HEAD)))
    head = ["trial", "status", facts.resource, *facts.metrics]
    head += ["best", "time"]
    rows = [
        [
            line.trial,
            line.status,
            amount(line.result.resource) if line.result else "",
            *(score(metric, line.result) for metric in facts.metrics),
            score(facts.metrics[0], line.best),
            _time(line.result),
        ]
        for line in lines
    ]
    room = width - sum(max(map(len, cells)) + 2 for cells in zip(head, *rows, strict=True))
    configs = [dict(flat(line.config)) for line in lines]
    parameters = _telling(configs, room)
    for _, cells in parameters:
        for row, cell in zip(rows, cells, strict=True):
            row.append(cell)
    left = board.left_s
    return Picture(
        name=facts.name,
        title=f"{facts.searcher} with {facts.scheduler} on {facts.executor}",
        fraction=board.fraction,
        progress=(
            trials(board.ended, facts.num_samples),
            duration(board.elapsed_s),
            "" if left is None else f"{duration(left)} left",
        ),
        lines=tuple(filter(None, (tally(board.counts), leader(facts, board.best[0])))),
        columns=(*head, *(path for path, _ in parameters)),
        left=2,
        right=len(head) - 2,
        rows=tuple((line.status, tuple(row)) for line, row in zip(lines, rows, strict=True)),
    )


def _time(result: Result | None) -> str:
    seconds = result.metrics.get("time_total_s") if result else None
    return duration(seconds) if isinstance(seconds, int | float) else ""


class _Line(NamedTuple):
    trial: str
    status: str
    config: Config
    result: Result | None
    best: Result | None


def _lines(board: Board, room: int) -> list[_Line]:
    """Return those that run, then the best of all others."""
    running = [row for row in board.rows.values() if row.status == "running"]
    # Wherever most run, some of the best are to be seen too.
    shown = running[-max(1, room - min(3, len(board.top))) :]
    lines = [
        _Line(row.trial.id, row.status, row.trial.config, row.result, row.best) for row in shown
    ]
    ids = {line.trial for line in lines}
    ranked = [
        _Line(one.trial, _status(board, one), one.config, one.result, one.result)
        for one in board.top
        if one.trial not in ids
    ]
    return lines + ranked[: room - len(lines)]


def _status(board: Board, best: Best) -> str:
    row = board.rows.get(best.trial)
    return row.status if row else best.status


def _telling(configs: Sequence[Mapping[str, Any]], width: int) -> list[tuple[str, list[str]]]:
    """Return the parameters in which the trials differ most, with their values, while they fit."""
    paths = list(dict.fromkeys(path for config in configs for path in config))
    cells = {path: [amount(one[path]) if path in one else "" for one in configs] for path in paths}
    chosen: set[str] = set()
    for path in sorted(paths, key=lambda path: -len(set(cells[path]))):
        wide = max(len(path), *map(len, cells[path])) + 2
        tells = len(configs) == 1 or len(set(cells[path])) > 1
        if tells and wide <= width and len(chosen) < _PARAMETERS:
            chosen.add(path)
            width -= wide
    return [(path, cells[path]) for path in paths if path in chosen]
