"""Measures what tunesmith costs beside its yardsticks, and prints one table.

    python tests/benchmarks/bench.py [--quick] [--repeats 5] [--only GROUP ...] [--ray-trials N ...]
    python tests/benchmarks/bench.py --write-docs

Both sides of a pair take turns in one run; of several rounds the median counts (`--quick`: of as
many as begin within three seconds). Rows go into
.venv/bench/results.json as they are measured, those of a group replacing its earlier ones;
`--write-docs` measures nothing and writes them into docs/explanation/performance.md.
"""

import argparse
import logging
import sys
import warnings
from dataclasses import fields, replace
from math import inf

from ratios import cluster, growth, inline, large, real, resume, slots, start
from ratios.pair import Group, UnavailableError, measure
from ratios.sizes import QUICK, Sizes
from ratios.table import HEAD, Table, line

GROUPS: tuple[Group, ...] = tuple(
    module.GROUP for module in (inline, cluster, resume, growth, start, large, slots, real)
)


def options() -> argparse.Namespace:
    """Return what was asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="small sizes: about two minutes")
    parser.add_argument("--repeats", type=int, help="rounds of each pair: 5")
    parser.add_argument("--only", nargs="*", choices=[g.name for g in GROUPS], metavar="GROUP")
    parser.add_argument("--write-docs", action="store_true")
    for size in fields(Sizes):
        kinds = f"{size.default:,}, with --quick {getattr(QUICK, size.name):,}"
        parser.add_argument(f"--{size.name.replace('_', '-')}", type=int, metavar="N", help=kinds)
    return parser.parse_args()


def main() -> int:
    """Measure and print; return how many pairs could not be measured."""
    asked, table = options(), Table(group.name for group in GROUPS)
    if asked.write_docs:
        table.write_docs()
        return 0
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    named = {one.name: getattr(asked, one.name) for one in fields(Sizes)}
    given = {name: value for name, value in named.items() if value is not None}
    sizes = replace(QUICK if asked.quick else Sizes(), **given)
    repeats, budget_s = asked.repeats or 5, 3.0 if asked.quick else inf
    broken = missing = 0
    print(HEAD)
    for group in GROUPS:
        if asked.only and group.name not in asked.only:
            continue
        table.clear(group.name)
        with group.open(sizes) as pairs:
            for pair in pairs:
                names = [row.name for row in pair.rows]
                try:
                    found = measure(pair, repeats, budget_s)
                except UnavailableError as error:
                    print("".join(f"{name}: not measured: {error}\n" for name in names), end="")
                    table.miss(group.name, names, str(error))
                    missing += 1
                    continue
                for name, row in found.items():
                    print(line(name, row), flush=True)
                    broken += row["holds"] is False
                table.add(group.name, found, sizes, quick=asked.quick)
    print(f"rows are in {table.path}; bounds that do not hold: {broken}")
    return missing


if __name__ == "__main__":
    sys.exit(main())
