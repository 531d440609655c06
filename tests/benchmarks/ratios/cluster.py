"""Whole experiments on Ray against Ray's own loop, and against Ray Tune."""

import contextlib
import tempfile
import time
from collections.abc import Callable, Iterator
from typing import Any

import ray
from programs import local
from ray_throughput import WORKERS, Bare, loop_rate, trivial

import tunesmith as tune
from ratios.pair import Bound, Figures, Group, Pair, Row
from ratios.rival import Rival
from ratios.sizes import Sizes

ASHA = {"name": "asha", "max_resource": 27, "grace_period": 1, "reduction_factor": 3}


def curve(config: dict[str, Any]) -> Iterator[dict[str, float]]:
    """Report as often as `chatty` does, what depends on the configuration."""
    for step in range(config["reports"]):
        yield {"loss": config["x"] / (step + 1)}


class Times:
    """A callback that notes when trials began and ended."""

    def __init__(self) -> None:
        self.starts: list[float] = []
        self.ends: list[float] = []

    def on_trial_start(self, trial: Any) -> None:
        """Note the time."""
        self.starts.append(time.perf_counter())

    def on_trial_end(self, trial: Any) -> None:
        """Note the time."""
        self.ends.append(time.perf_counter())


def run(trainable: Callable[..., Any], folder: str, **options: Any) -> tuple[Times, Any]:
    """Run an experiment on the Ray that is up; return when what happened, and the results."""
    times = Times()
    space = {"x": tune.uniform(0, 1), "reports": options.pop("reports", 1)}
    fixed = {"metric": "loss", "mode": "min", "executor": "ray", "verbose": 0}
    # With `max_concurrent` a worker would be handed one trial at a time: Ray has as many CPUs.
    fixed |= {"storage": folder, "callbacks": [times]}
    return times, tune.run(trainable, space, **fixed, **options)


def trials(folder: str, count: int) -> Figures:
    """Return the rate of trials, from the first one's end to the last one's, and of the call."""
    began = time.perf_counter()
    times, _ = run(trivial, folder, num_samples=count)
    whole = count / (time.perf_counter() - began)
    return {"rate": (count - 1) / (times.ends[-1] - times.ends[0]), "whole": whole}


def asha(folder: str, count: int) -> Figures:
    """Return the rate of reports, from the first trial's end to the last one's, and of the call."""
    began = time.perf_counter()
    times, results = run(curve, folder, num_samples=count, reports=27, scheduler=ASHA)
    whole = time.perf_counter() - began
    reports = sum(trial.iterations for trial in results)
    return {"rate": reports / (times.ends[-1] - times.ends[0]), "whole": reports / whole}


def reports(folder: str, count: int) -> Figures:
    """Return the rate of one trial's reports, from its start to its end."""
    times, _ = run(curve, folder, num_samples=1, reports=count)
    return {"rate": count / (times.ends[0] - times.starts[0])}


@contextlib.contextmanager
def opened(sizes: Sizes) -> Iterator[list[Pair]]:
    """Yield the pairs, with a Ray for ours and the loop, and another one for Ray Tune."""
    local.start(WORKERS)
    try:
        with tempfile.TemporaryDirectory() as folder, Rival() as rival:
            actors = [Bare.remote() for _ in range(WORKERS)]
            loop_rate(actors, 100)
            trials(folder, 100)
            yield _pairs(sizes, folder, actors, rival)
    finally:
        ray.shutdown()


def _pairs(sizes: Sizes, folder: str, actors: list[Any], rival: Rival) -> list[Pair]:
    def loop() -> Figures:
        return {"rate": loop_rate(actors, sizes.loop_calls)}

    def ours() -> Figures:
        return trials(folder, sizes.ray_trials)

    def chat() -> Figures:
        return reports(folder, sizes.ray_reports)

    count, many = sizes.rival_trials, sizes.rival_reports
    return [
        Pair(ours, loop, (row("Ray: trivial trials / Ray's own loop", "trials/s", 2, LOOP),)),
        Pair(chat, loop, (row("Ray: reports of one trial / Ray's loop", "per s", 20, CHAT),)),
        Pair(
            lambda: trials(folder, count),
            lambda: rival.ask("trials", trials=count),
            (
                row("Ray: trivial trials / Ray Tune", "trials/s", 100, REUSED),
                Row("Ray: trivial trials, call / Ray Tune", "whole", "trials/s", None, WHOLE),
            ),
        ),
        _ladder(folder, rival, sizes.rival_asha_trials, "27 reports", 50),
        _ladder(folder, rival, sizes.rival_few_trials, f"{sizes.rival_few_trials} trials", None),
        Pair(
            chat,
            lambda: rival.ask("chatty", reports=many),
            (row("Ray: reports of one trial / Ray Tune", "reports/s", None, TUNE_CHAT),),
        ),
    ]


def _ladder(folder: str, rival: Rival, trials: int, what: str, least: float | None) -> Pair:
    return Pair(
        lambda: asha(folder, trials),
        lambda: rival.ask("asha", trials=trials),
        (
            row(f"Ray: ASHA, {what} / Ray Tune", "reports/s", least, LADDER),
            Row(f"Ray: ASHA, {what}, call / Ray Tune", "whole", "reports/s", None, WHOLE),
        ),
    )


def row(name: str, unit: str, least: float | None, means: str) -> Row:
    """Return a row about a rate."""
    return Row(name, "rate", unit, None if least is None else Bound(">=", least), means)


LOOP = "one report each, random search, journal on; the loop makes one actor call per trial"
CHAT = "a single trial that reports in a loop; the yardstick is the loop's calls a second"
REUSED = "as many trials on both sides, theirs with `reuse_actors=True`"
WHOLE = "the same experiments, from call to results, with Ray up on both sides"
LADDER = "ASHA with at most 27 reports a trial, as many trials on both sides"
TUNE_CHAT = "a single trial that reports in a loop, on both sides"
GROUP = Group("ray", opened)
