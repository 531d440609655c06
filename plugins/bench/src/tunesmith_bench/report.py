"""A contest's report: one HTML file that needs nothing beside it, and its tables as text."""

from __future__ import annotations

import base64
import math
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path

import numpy as np

from tunesmith_bench import table
from tunesmith_bench.cell import Outcome
from tunesmith_bench.contest import Contest
from tunesmith_bench.figure import draw
from tunesmith_bench.table import Cube
from tunesmith_bench.target import arrivals
from tunesmith_bench.verdict import LEVEL, Comparison, Standing, Verdict, filled, judge

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2em auto; max-width: 62em; padding: 0 1em; }
table { border-collapse: collapse; margin: 1em 0; font-size: 14px; }
th, td { padding: .25em .7em; text-align: right; border-bottom: 1px solid #ddd; }
th:first-child, td:first-child { text-align: left; }
img { max-width: 100%; } .note { color: #555; font-size: 14px; }
"""

STANDINGS = ("method", "r25", "r50", "r100", "anytime", "r100 (q99.9)", "rank", "speed-up", "on")
COMPARISONS = ("method", "against", "difference", "95 % interval", "p", "p (Holm)", "A12")
ARRIVALS = (
    "method",
    "task",
    "workers",
    "reached",
    "mean s",
    "trials",
    "speed-up",
    "95 % interval",
    "efficiency",
)
COSTS = ("method", "trials", "reports", "wall s", "left out or failed")


def summarise(contest: Contest) -> tuple[Cube, Verdict] | None:
    """Return the regrets and what they show; None if no task was run by all methods."""
    cube = table.cube(contest.outcomes)
    if not cube.tasks:
        return None
    return cube, judge(cube, contest.baseline)


def write(contest: Contest, cube: Cube, verdict: Verdict) -> Path:
    """Write the figures, and report.html, into the contest's folder; return its path."""
    figures = draw(cube, verdict, contest.folder / "figures")
    suite = contest.suite
    parts = [
        f"<h1>{escape(suite.name)}</h1>",
        _introduction(contest, cube),
        _table(STANDINGS, map(standing_row, verdict.standings)),
        *_targets(contest),
        *(_image(path) for path in figures[:4]),
        "<h2>Against the baseline</h2>",
        f"<p class=note>{escape(friedman_line(verdict, cube))}</p>",
        _table(COMPARISONS, map(comparison_row, verdict.against_baseline)),
        "<h2>All pairs</h2>",
        _table(COMPARISONS, map(comparison_row, verdict.pairs)),
        "<h2>Final regret by task</h2>",
        _table(("task", *cube.methods), task_rows(cube)),
        _image(figures[4]),
        "<h2>What it took</h2>",
        _table(COSTS, cost_rows(contest)),
        *_notes(contest, cube),
    ]
    head = f"<meta charset=utf-8><title>{escape(suite.name)}</title><style>{_STYLE}</style>"
    path = contest.folder / "report.html"
    path.write_text(f"<!doctype html>{head}{''.join(parts)}\n", encoding="utf-8")
    return path


def _introduction(contest: Contest, cube: Cube) -> str:
    return (
        f"<p>{len(cube.methods)} methods, {len(cube.tasks)} tasks, {len(cube.seeds)} seeds. "
        "Normalised regret is 0 at the best known score and 1 at the median configuration, "
        "trained fully; rN is the mean at N % of the horizon. The baseline is "
        f"<b>{escape(contest.baseline)}</b>; speed-up is how many times sooner a method gets to "
        "where the baseline ends (median of the tasks on which it does).</p>"
    )


def standing_row(one: Standing) -> list[str]:
    """Return a standing as cells."""
    numbers = [one.r25, one.r50, one.r100, one.anytime, one.r100_q999]
    speedup = "—" if math.isnan(one.speedup) else f"{one.speedup:.1f} x"
    tasks = f"{one.reached} task{'' if one.reached == 1 else 's'}"
    return [one.method, *map(_number, numbers), f"{one.rank:.2f}", speedup, tasks]


def arrival_rows(contest: Contest) -> list[list[str]]:
    """Return, as cells, how soon each method gets to the targets, where there are any."""
    return [
        [
            one.method,
            one.task,
            str(one.workers),
            f"{one.reached} of {one.seeds}",
            "—" if math.isnan(one.mean_s) else f"{one.mean_s:,.1f}",
            f"{one.trials:,.0f}",
            *(
                ("—", "—")
                if math.isnan(one.speedup)
                else (f"{one.speedup:.1f} x", f"{one.low:.1f} to {one.high:.1f}")
            ),
            "—" if math.isnan(one.efficiency) else f"{one.efficiency:.0%}",
        ]
        for one in arrivals(contest.outcomes, contest.baseline)
    ]


def comparison_row(one: Comparison) -> list[str]:
    """Return a comparison as cells."""
    return [
        one.method,
        one.other,
        f"{one.difference:+.3f}",
        f"{one.low:+.3f} to {one.high:+.3f}",
        f"{one.p:.3f}",
        f"{one.p_holm:.3f}",
        f"{one.a12:.2f}",
    ]


def task_rows(cube: Cube) -> list[list[str]]:
    """Return the mean final regret of each method on each task."""
    last = filled(cube.regret)[..., -1].mean(axis=2)
    return [
        [task, *(_number(float(last[method, place])) for method in range(len(cube.methods)))]
        for place, task in enumerate(cube.tasks)
    ]


def cost_rows(contest: Contest) -> list[list[str]]:
    """Return what a cell of each method took, on average."""
    found = []
    for method in dict.fromkeys(one.cell.method.name for one in contest.outcomes):
        cells = [one for one in contest.outcomes if one.cell.method.name == method]
        ran = [one for one in cells if not one.error]
        means = [
            float(np.mean([getattr(one, name) for one in ran])) if ran else math.nan
            for name in ("trials", "reports", "wall_s")
        ]
        lost = str(len(cells) - len(ran))
        found.append([method, f"{means[0]:.0f}", f"{means[1]:.0f}", f"{means[2]:.2f}", lost])
    return found


def friedman_line(verdict: Verdict, cube: Cube) -> str:
    """Return what Friedman's test says, and how far the others can be trusted."""
    p = verdict.friedman_p
    tested = "needs three methods and three tasks" if math.isnan(p) else f"p = {p:.4f}"
    least = 2.0 ** (1 - len(cube.tasks))
    return (
        f"Friedman's test over all methods: {tested}. Average ranks {verdict.critical:.2f} apart "
        f"differ significantly (Nemenyi, {LEVEL:g}). The unit is the task: with "
        f"{len(cube.tasks)}, Wilcoxon's test can give no p below {least:.3g}, and less than that "
        "after Holm's correction for the number of pairs; judge on ten tasks or more."
    )


def _targets(contest: Contest) -> Iterable[str]:
    rows = arrival_rows(contest)
    if rows:
        yield "<h2>Time to the target</h2>"
        yield (
            "<p class=note>Simulated seconds until the incumbent was good enough, of the seeds on "
            f"which it ever was; speed-up over {escape(contest.baseline)}. Efficiency is the "
            "speed-up over the same method with the fewest workers, divided by how many times as "
            "many there are.</p>"
        )
        yield _table(ARRIVALS, rows)


def _notes(contest: Contest, cube: Cube) -> Iterable[str]:
    notes = [*contest.left_out]
    ran = dict.fromkeys(one.cell.task.name for one in contest.outcomes)
    notes += [f"{task}: not every method ran on it" for task in ran if task not in cube.tasks]
    notes += sorted({f"{one.cell.method.name}: {one.error}" for one in contest.impossible})
    notes += sorted({f"{one.cell.method.name}: {one.error}" for one in contest.failures})
    cloned = {one.cell.method.name for one in contest.outcomes if one.forks and _is_recorded(one)}
    notes += [
        f"{name} cloned trials on recorded curves: what training would have made of the clones, "
        "no record can tell; judge it on live tasks"
        for name in sorted(cloned)
    ]
    if notes:
        yield "<h2>Notes</h2><ul>"
        yield from (f"<li>{escape(note)}</li>" for note in notes)
        yield "</ul>"


def _is_recorded(outcome: Outcome) -> bool:
    family = outcome.cell.task.family
    return family != "live" and ":" not in family


def _number(value: float) -> str:
    return "—" if math.isnan(value) else f"{value:.3f}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = "".join(
        f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows
    )
    return f"<table><tr>{''.join(f'<th>{escape(cell)}</th>' for cell in head)}</tr>{lines}</table>"


def _image(path: Path) -> str:
    data = base64.b64encode(path.read_bytes()).decode()
    return f'<p><img alt="{escape(path.stem)}" src="data:image/png;base64,{data}"></p>'
