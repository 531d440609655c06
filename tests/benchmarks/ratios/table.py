"""The table: as text, as JSON beside it, and as Markdown in the documentation."""

import json
import os
import platform
from collections.abc import Iterable
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ratios.sizes import Sizes

ROOT = Path(__file__).resolve().parents[3]
PATH = ROOT / ".venv" / "bench" / "results.json"
PAGE = ROOT / "docs" / "explanation" / "performance.md"
BEGIN = "<!-- Written by `tests/benchmarks/bench.py --write-docs` from what it measured. -->"
END = "<!-- End of what was written. -->"
HEAD = f"{'':50}{'ours':>11}{'theirs':>11}  {'unit':12}{'value':>11}  {'bound':10}holds"


def number(value: float | None) -> str:
    """Return three digits that matter, in full."""
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def shown(row: dict[str, Any]) -> str:
    """Return what the bound is about, with its kind."""
    return number(row["value"]) + (" x" if row["compare"] == "ratio" else "")


def bound(row: dict[str, Any]) -> str:
    """Return the bound in words."""
    limit = row["bound"]
    return f"{limit['relation']} {limit['limit']:,g}" if limit else ""


def line(name: str, row: dict[str, Any]) -> str:
    """Return a row as text."""
    holds = {True: "yes", False: "NO", None: ""}[row["holds"]]
    sides = f"{number(row['ours']):>11}{number(row['theirs']):>11}  {row['unit']:12}"
    return f"{name:50}{sides}{shown(row):>11}  {bound(row):10}{holds}"


class Table:
    """The rows of each group as they were last measured, in the order of the `groups`."""

    def __init__(self, groups: Iterable[str]) -> None:
        self.path = PATH
        known = json.loads(PATH.read_text(encoding="utf-8")) if PATH.exists() else {}
        self._groups: dict[str, dict[str, Any]] = {name: known.get(name, {}) for name in groups}

    def clear(self, group: str) -> None:
        """Forget a group's rows, which are about to be measured."""
        self._groups[group] = {}

    def add(self, group: str, found: dict[str, Any], sizes: Sizes, *, quick: bool) -> None:
        """Keep rows, with what they were measured on."""
        setting = {
            "quick": quick,
            "sizes": asdict(sizes),
            "cores": os.cpu_count(),
            "python": platform.python_version(),
            "ray": version("ray"),
            "optuna": version("optuna"),
        }
        for name, row in found.items():
            self._groups[group][name] = {**row, "setting": setting}
        self._save()

    def miss(self, group: str, names: Iterable[str], reason: str) -> None:
        """Note why rows could not be measured."""
        for name in names:
            self._groups[group][name] = {"missing": reason}
        self._save()

    def _save(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(json.dumps(self._groups, indent=1) + "\n", encoding="utf-8")

    def write_docs(self) -> None:
        """Put the rows between the marks of the page."""
        text = PAGE.read_text(encoding="utf-8")
        before, _, rest = text.partition(BEGIN)
        _, _, after = rest.partition(END)
        PAGE.write_text(f"{before}{BEGIN}\n\n{self.markdown()}\n{END}{after}", encoding="utf-8")

    def markdown(self) -> str:
        """Return the rows as a table, and what it was measured on."""
        lines = ["| | ours | theirs | | bound | holds |", "|---|--:|--:|--:|---|---|"]
        rows = {name: row for group in self._groups.values() for name, row in group.items()}
        for name, row in rows.items():
            if "missing" in row:
                lines.append(f"| {name} | | | | not measured: {row['missing']} | |")
                continue
            sides = [number(row[side]) for side in ("ours", "theirs")]
            ours, theirs = (f"{side} {row['unit']}" if side else "" for side in sides)
            kind = f"{bound(row)}{' x' if row['bound'] and row['compare'] == 'ratio' else ''}"
            holds = {True: "yes", False: "**no**", None: ""}[row["holds"]]
            value = "" if row["compare"] == "alone" else shown(row)
            lines.append(f"| {name} | {ours} | {theirs} | {value} | {kind} | {holds} |")
        return "\n".join([*lines, "", *settings_of(rows.values())])


def settings_of(rows: Iterable[dict[str, Any]]) -> list[str]:
    """Return lines that say what rows were measured on, and how often."""
    measured = [row for row in rows if "missing" not in row]
    if not measured:
        return []
    settings = [row["setting"] for row in measured]

    def every(values: Iterable[Any]) -> str:
        distinct = sorted(set(values))
        return f"{distinct[0]}" if len(distinct) == 1 else f"{distinct[0]} to {distinct[-1]}"

    def all_of(key: str) -> str:
        return every(setting[key] for setting in settings)

    small = sum(setting["quick"] for setting in settings)
    loads = sorted(row["load"] for row in measured)
    rest = f" ({small} of {len(measured)} rows with the sizes of `--quick`)" if small else ""
    machine = f"{all_of('cores')} cores, Python {all_of('python')}, Ray {all_of('ray')}"
    rounds = every(row["rounds"] for row in measured)
    text = (
        f"Measured {every(row['measured'] for row in measured)} on {machine}, Optuna "
        f"{all_of('optuna')}; medians of {rounds} rounds{rest}; load average while measuring "
        f"{loads[0]:g} to {loads[-1]:g}."
    )
    return [text, ""]
