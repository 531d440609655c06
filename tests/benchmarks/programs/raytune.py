"""Ray Tune's side: reads what to run as lines of JSON, answers with lines of JSON.

Run by an interpreter that has `ray[tune]`. A rate is that from the first result to the last.
"""

import json
import logging
import os
import sys
import tempfile
import time
import warnings

import local
import ray
from ray import tune
from ray.tune import Callback
from ray.tune.schedulers import ASHAScheduler

# Read when an experiment begins: as few files, and as little output, as it can do with.
os.environ["TUNE_DISABLE_AUTO_CALLBACK_LOGGERS"] = "1"
os.environ["RAY_AIR_NEW_OUTPUT"] = "0"
WORKERS = 2


def trivial(config):
    """Report once."""
    tune.report({"loss": config["x"]})


def chatty(config):
    """Report many times."""
    for step in range(config["reports"]):
        tune.report({"loss": config["x"] / (step + 1)})


class Times(Callback):
    """When results came."""

    def __init__(self):
        self.results, self.ends = [], []

    def on_trial_result(self, iteration, trials, trial, result, **info):
        self.results.append(time.perf_counter())

    def on_trial_complete(self, iteration, trials, trial, **info):
        self.ends.append(time.perf_counter())


def rate(times):
    """Return how many a second, from the first to the last."""
    return (len(times) - 1) / (times[-1] - times[0])


def run(trainable, trials, folder, *, scheduler=None, **config):
    """Run an experiment; return when its results and ends came."""
    times = Times()
    tuner = tune.Tuner(
        tune.with_resources(trainable, {"cpu": 1}),
        param_space={"x": tune.uniform(0, 1), **config},
        tune_config=tune.TuneConfig(
            metric="loss", mode="min", num_samples=trials, scheduler=scheduler, reuse_actors=True
        ),
        run_config=tune.RunConfig(storage_path=folder, callbacks=[times], verbose=0),
    )
    tuner.fit()
    return times


def answer(asked, folder):
    """Return the figures that were asked for."""
    if asked["kind"] == "trials":
        began = time.perf_counter()
        times = run(trivial, asked["trials"], folder)
        whole = asked["trials"] / (time.perf_counter() - began)
        return {"rate": rate(times.ends), "whole": whole}
    if asked["kind"] == "chatty":
        return {"rate": rate(run(chatty, 1, folder, reports=asked["reports"]).results)}
    if asked["kind"] == "asha":
        asha = ASHAScheduler(max_t=27, grace_period=1, reduction_factor=3)
        began = time.perf_counter()
        times = run(chatty, asked["trials"], folder, scheduler=asha, reports=27)
        whole = len(times.results) / (time.perf_counter() - began)
        return {"rate": rate(times.results), "whole": whole}
    if asked["kind"] == "real":
        from real_raytune import real

        return real(asked["task"], asked["seed"], asked["trials"], folder)
    raise ValueError(asked)


def main():
    """Answer until nothing more is asked."""
    out = os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    logging.disable(logging.WARNING)
    warnings.simplefilter("ignore")
    local.start(WORKERS)
    with tempfile.TemporaryDirectory() as folder:
        for line in sys.stdin:
            try:
                found = answer(json.loads(line), folder)
            except Exception as error:  # noqa: BLE001 (the other side must hear of it)
                found = {"error": f"{type(error).__name__}: {error}"}
            print(json.dumps(found), file=out, flush=True)
    ray.shutdown()


if __name__ == "__main__":
    main()
