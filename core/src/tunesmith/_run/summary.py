"""The text at the end of a run: what was found, what went wrong, how to go on."""

import textwrap
from collections.abc import Iterator

from tunesmith._run.board import Board
from tunesmith._run.failures import ErrorGroup
from tunesmith._run.wording import amount, duration, flat, limits, scores, tally, trials
from tunesmith.protocols.events import RunEnded

_TRACES = 3
"""Different failures that are shown in full."""


def summarise(board: Board, ended: RunEnded) -> str:
    """Return the text, without a last newline."""
    return "\n".join([*_head(board, ended), *_best(board), *_errors(board), *_tail(board, ended)])


def _head(board: Board, ended: RunEnded) -> Iterator[str]:
    counts = board.counts
    total = sum(counts.values())
    yield f"{trials(total)} in {duration(board.elapsed_s)}{': ' if counts else ''}{tally(counts)}"
    if ended.status != "completed" or ended.reason:
        yield f"run {ended.status}{': ' if ended.reason else ''}{ended.reason}"


def _best(board: Board) -> Iterator[str]:
    facts = board.facts
    if not any(board.best):
        names = " or ".join(repr(one.metric) for one in facts.objectives)
        kept = limits(facts.outcome_constraints)
        yield f"no trial reported a finite {names}{kept and f' that kept to {kept}'}"
    for objective, best in zip(facts.objectives, board.best, strict=True):
        if best is not None:
            others = [metric for metric in facts.metrics if metric != objective.metric]
            also = scores(others, best.result)
            yield (
                f"best {scores([objective.metric], best.result)}{', with ' if also else ''}{also} "
                f"(trial {best.trial}, {facts.resource}={amount(best.result.resource)})"
            )
            pairs = dict(flat(best.config))
            width = max(map(len, pairs), default=0)
            yield from (f"  {path:<{width}}  {value}" for path, value in pairs.items())


def _errors(board: Board) -> Iterator[str]:
    for index, group in enumerate(board.errors):
        if index == _TRACES:
            yield f"{len(board.errors) - _TRACES} more kinds of failure; see results.errors"
            return
        yield from _group(group)


def _group(group: ErrorGroup) -> Iterator[str]:
    listed = ", ".join(group.trials) + (", ..." if group.count > len(group.trials) else "")
    same = " the same way" if group.count > 1 else ""
    yield f"{trials(group.count)} failed{same} ({listed}):"
    text = group.error.traceback or f"{group.error.type}: {group.error.message}"
    yield textwrap.indent(text.rstrip(), "  ")


def _tail(board: Board, ended: RunEnded) -> Iterator[str]:
    path = board.facts.path
    yield f"run: {path}"
    if ended.status != "completed":
        yield f"continue it: tunesmith resume {path}, or tune.resume({path!r})"
