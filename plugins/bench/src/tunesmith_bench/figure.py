"""The figures of a report, one colour and line a method."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from tunesmith_bench.table import MOMENTS, Cube, Floats
from tunesmith_bench.verdict import LEVEL, Verdict, filled

_DASHES = ("-", "--", "-.", ":")
_COLOURS = 10


def draw(cube: Cube, verdict: Verdict, folder: Path) -> list[Path]:
    """Write all figures as PNG files; return their paths in the order in which to show them."""
    folder.mkdir(parents=True, exist_ok=True)
    figures = {
        "regret": _regret(cube, verdict),
        "rank": _rank(cube, verdict),
        "target": _target(cube),
        "difference": _difference(cube, verdict),
        "tasks": _tasks(cube),
    }
    paths = []
    for name, figure in figures.items():
        path = folder / f"{name}.png"
        FigureCanvasAgg(figure)
        figure.savefig(path)
        paths.append(path)
    return paths


def _style(number: int) -> dict[str, Any]:
    dash = _DASHES[number // _COLOURS % len(_DASHES)]
    return {"color": f"C{number % _COLOURS}", "linestyle": dash, "linewidth": 1.6}


def _axes(title: str, ylabel: str) -> tuple[Figure, Any]:
    figure = Figure(figsize=(8, 4.5), dpi=110, layout="constrained")
    axes = figure.add_subplot()
    axes.set(title=title, xlabel="share of the horizon", ylabel=ylabel, xscale="log")
    axes.grid(alpha=0.3)
    return figure, axes


def _scale(axes: Any, values: Floats) -> None:
    """Use a log scale where regrets span more than an order of magnitude."""
    positive = values[values > 0]
    if len(positive) and positive.max() > 20 * positive.min():
        axes.set_yscale("log")


def _regret(cube: Cube, verdict: Verdict) -> Figure:
    figure, axes = _axes(
        f"Normalised regret, mean over {len(cube.tasks)} tasks (bands: 95 %, seeds)",
        "normalised regret",
    )
    for number, method in enumerate(cube.methods):
        style = _style(number)
        axes.plot(MOMENTS, verdict.regret[number], label=method, **style)
        axes.fill_between(
            MOMENTS, verdict.low[number], verdict.high[number], color=style["color"], alpha=0.15
        )
    _scale(axes, verdict.regret)
    _legend(figure, cube.methods)
    return figure


def _rank(cube: Cube, verdict: Verdict) -> Figure:
    figure, axes = _axes("Average rank over tasks and seeds (1 is best)", "average rank")
    for number, method in enumerate(cube.methods):
        axes.plot(MOMENTS, verdict.rank[number], label=method, **_style(number))
    axes.invert_yaxis()
    _legend(figure, cube.methods)
    return figure


def _target(cube: Cube) -> Figure:
    """Draw which share of runs has got to a target by when: a tenth of the median's regret."""
    figure, axes = _axes("Runs that have reached a regret of 0.1", "share of runs")
    for number, method in enumerate(cube.methods):
        reached = (filled(cube.regret)[number] <= 0.1).mean(axis=(0, 1))
        axes.plot(MOMENTS, reached, label=method, drawstyle="steps-post", **_style(number))
    axes.set_ylim(-0.02, 1.02)
    _legend(figure, cube.methods)
    return figure


def _difference(cube: Cube, verdict: Verdict) -> Figure:
    """Draw final average ranks; a bar joins methods that do not differ significantly."""
    final = verdict.final
    order = np.argsort(final)
    apart = {frozenset((pair.method, pair.other)) for pair in verdict.pairs if pair.p_holm < LEVEL}
    groups = cliques([cube.methods[place] for place in order], apart)
    figure = Figure(figsize=(8, 1.2 + 0.3 * len(order)), dpi=110, layout="constrained")
    axes = figure.add_subplot()
    for line, place in enumerate(order):
        axes.plot(final[place], line, "o", color=f"C{place % _COLOURS}")
        axes.annotate(
            f"  {cube.methods[place]} ({final[place]:.2f})", (final[place], line), va="center"
        )
    low, high = float(final.min()), float(final.max())
    width = max(high - low, 0.5)
    for number, (first, last) in enumerate(groups):
        axes.plot([low - width * (0.04 + 0.03 * number)] * 2, [first, last], "k-", linewidth=3)
    axes.set(
        title=f"Final rank; bars join what does not differ (Wilcoxon, Holm, {LEVEL:g})",
        xlabel="average rank",
        yticks=[],
        xlim=(low - width * (0.1 + 0.03 * len(groups)), high + 0.6 * width),
        ylim=(len(order) - 0.4, -0.6),
    )
    return figure


def cliques(names: Sequence[str], apart: set[frozenset[str]]) -> list[tuple[int, int]]:
    """Return the longest runs (first, last) of the ordered names of which no two are apart."""
    runs: list[tuple[int, int]] = []
    for first in range(len(names)):
        last = first
        while last + 1 < len(names) and not any(
            frozenset((names[other], names[last + 1])) in apart for other in range(first, last + 1)
        ):
            last += 1
        if last > first and not any(last <= run[1] for run in runs):
            runs.append((first, last))
    return runs


def _tasks(cube: Cube) -> Figure:
    count = max(1, len(cube.tasks))
    columns = min(3, count)
    lines = math.ceil(count / columns)
    figure = Figure(figsize=(4 * columns, 2.8 * lines + 0.4), dpi=90, layout="constrained")
    for place, task in enumerate(cube.tasks):
        axes = figure.add_subplot(lines, columns, place + 1)
        means = filled(cube.regret)[:, place].mean(axis=1)
        for number, method in enumerate(cube.methods):
            axes.plot(MOMENTS, means[number], label=method, **_style(number))
        axes.set_title(task, fontsize=9)
        axes.set_xscale("log")
        _scale(axes, means)
        axes.grid(alpha=0.3)
    _legend(figure, cube.methods)
    return figure


def _legend(figure: Figure, methods: Sequence[str]) -> None:
    axes = figure.axes[0] if figure.axes else None
    if axes is not None:
        handles, labels = axes.get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=min(4, len(methods)))
