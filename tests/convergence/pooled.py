"""Average ranks over the tasks of several suites with the same methods.

    python tests/convergence/pooled.py tests/convergence/real_*.toml

What is in bench/<suite> already is not run again. A rank is that of a method's final regret on a
task, averaged over the suite's seeds. Printed are the average rank over all tasks and over each
suite's, and the mean regret; average ranks a critical difference apart differ significantly.
"""

import sys

import numpy as np
from scipy.stats import rankdata

from tunesmith_bench import hold, load_suite
from tunesmith_bench.table import cube
from tunesmith_bench.verdict import critical_difference, filled, friedman


def main(paths: list[str]) -> None:
    """Print the table."""
    methods: list[str] = []
    finals = []
    for path in paths:
        regrets = cube(hold(load_suite(path), jobs=1).outcomes)
        methods = methods or regrets.methods
        if regrets.methods != methods:
            raise SystemExit(f"{path} has other methods than {paths[0]}: {regrets.methods}")
        finals.append(filled(regrets.regret)[..., -1].mean(axis=2))
    means = np.concatenate(finals, axis=1)
    ranks = rankdata(means.round(12), axis=0)
    for place in np.argsort(ranks.mean(axis=1)):
        parts = np.split(ranks[place], np.cumsum([part.shape[1] for part in finals])[:-1])
        shown = "  ".join(f"{part.mean():5.2f}" for part in (ranks[place], *parts))
        print(f"{methods[place]:24} {shown}   {means[place].mean():.3f}")
    apart = critical_difference(*means.shape)
    print(f"{means.shape[1]} tasks, p = {friedman(means):.4f}, critical difference {apart:.2f}")


if __name__ == "__main__":
    main(sys.argv[1:])
