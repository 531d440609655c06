"""One call of `tunesmith bench`: a suite is run, written down, and told about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from tunesmith_bench import report, table
from tunesmith_bench.contest import Contest, hold
from tunesmith_bench.data import Data, choose_folder
from tunesmith_bench.families.catalog import FAMILIES, instances
from tunesmith_bench.suite import load_suite
from tunesmith_bench.target import arrivals


class Told(msgspec.Struct, frozen=True):
    """What a call says: lines for people, a summary for programs, whether a cell failed."""

    lines: list[str]
    summary: dict[str, Any]
    failed: bool


def conduct(path: str, options: Mapping[str, Any]) -> Told:
    """Run the suite at `path`, write table and report, and return what to say."""
    suite = load_suite(path)
    if options.get("seeds"):
        suite = msgspec.structs.replace(suite, seeds=options["seeds"])
    contest = hold(
        suite,
        output=options.get("output"),
        data=options.get("data"),
        jobs=options.get("jobs"),
        fresh=bool(options.get("fresh")),
        progress=not options.get("quiet"),
    )
    written = table.write(contest.outcomes, contest.folder)
    found = report.summarise(contest)
    lines = [f"left out: {note}" for note in contest.left_out]
    lines += [_failed(contest)] if contest.failures else []
    summary: dict[str, Any] = {"suite": suite.name, "table": str(written), "report": None}
    if found is None:
        lines.append(f"no task was run by all methods; the table is {written}")
    else:
        page = report.write(contest, *found)
        verdict = found[1]
        lines += aligned(report.STANDINGS, map(report.standing_row, verdict.standings))
        targets = report.arrival_rows(contest)
        lines += ["", *aligned(report.ARRIVALS, targets)] if targets else []
        lines += ["", report.friedman_line(verdict, found[0])]
        lines += ["", f"table: {written}", f"report: {page}"]
        summary |= {
            "report": str(page),
            "baseline": contest.baseline,
            "standings": msgspec.to_builtins(verdict.standings),
            "friedman_p": verdict.friedman_p,
            "critical_difference": verdict.critical,
            "against_baseline": msgspec.to_builtins(verdict.against_baseline),
            "targets": msgspec.to_builtins(arrivals(contest.outcomes, contest.baseline)),
        }
    summary |= {"left_out": contest.left_out, "failed": len(contest.failures)}
    return Told(lines, summary, bool(contest.failures))


def _failed(contest: Contest) -> str:
    first = contest.failures[0]
    place = f"{first.cell.method.name} on {first.cell.task.name}, seed {first.cell.seed}"
    count = len(contest.failures)
    return f"{count} cell{' has' if count == 1 else 's have'} failed; first, {place}: {first.error}"


def aligned(head: Sequence[str], rows: Any) -> list[str]:
    """Return a table as lines of text, the first column left and the others right."""
    cells = [list(head), *map(list, rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return [
        "  ".join(
            cell.ljust(width) if number == 0 else cell.rjust(width)
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in cells
    ]


def listing(folder: str | None) -> Iterator[str]:
    """Yield a line for each family, with the instances that are there."""
    data = Data(choose_folder(folder, None))
    for family in FAMILIES:
        there = instances(family, data)
        yield f"{family}: {', '.join(there) if there else 'no data here'}"
