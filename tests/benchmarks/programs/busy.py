"""Prints the share of time in which slots trained: busy.py FOLDER searcher N TRIALS | workers N.

Real Ray, real seconds: training is a sleep, so that cores are left to what is measured.
"""

import json
import random
import statistics
import sys
import time
from pathlib import Path

from marks import Marks

import tunesmith as tune
from tunesmith.testing.labs import Lab

SPACE = {"x": tune.uniform(-1, 1), "lr": tune.loguniform(1e-4, 1), "n": tune.randint(1, 9)}
SLOTS, STEPS = 2, 4
WAVES = 6
STEP_S = 0.01


def loss(config):
    """Return something smooth."""
    return (config["x"] - 0.3) ** 2 + config["lr"] + abs(config["n"] - 3) / 8


def sleeper(steps, step_s):
    """Return training code that sleeps in each step."""

    def train(config):
        began = time.time()
        for _ in range(steps):
            time.sleep(step_s)
            yield {"loss": loss(config), "began": began, "ended": time.time()}

    return train


def share(spans, slots, begin, end):
    """Return the percentage of the slots' time between two moments that was spent in trials."""
    inside = sum(max(0.0, min(e, end) - max(b, begin)) for b, e in spans)
    return 100 * inside / (slots * (end - begin))


def spans_of(results):
    """Return when each trial began and ended."""
    return [(trial.last_metrics["began"], trial.last_metrics["ended"]) for trial in results]


class Ours(Lab):
    """The searcher that is measured, alone."""

    name, options = "optuna", {"sampler": "gp"}
    space = SPACE


def suggestion(observations):
    """Return the seconds of a suggestion after so many observations."""
    lab, chance = Ours(num_samples=observations + 10), random.Random(1)
    for number in range(observations):
        config = lab.problem.space.draw(chance)
        lab.observe(f"{number:04}", loss(config), config=config)
    taken = []
    for number in range(observations, observations + 3):
        began = time.perf_counter()
        lab.suggest(f"{number:04}")
        taken.append(time.perf_counter() - began)
        lab.observe(f"{number:04}", 1.0)
    return statistics.median(taken)


def searcher(folder, observations, trials):
    """Return how busy two slots are while a model of so many observations suggests."""
    step_s = suggestion(observations)
    known = {"storage": folder, "metric": "loss", "mode": "min", "seed": 2, "verbose": 0}
    past = tune.run(loss, SPACE, num_samples=observations, executor="inline", **known)
    named = {"name": Ours.name, **Ours.options}
    options = {"searcher": named, "warm_start": past.path, "num_samples": trials}
    spans = spans_of(run(sleeper(STEPS, step_s), folder, SLOTS, **options))
    begins = sorted(begin for begin, _ in spans)
    return {"busy": share(spans, SLOTS, begins[SLOTS], begins[-1]), "suggestion": step_s}


def gathering(train, folder, count):
    """Return training code whose first trials begin once there are so many of them at a time."""

    def trial(config):
        name = tune.get_context().trial_id
        if int(name) <= count:
            (folder / name).touch()
            while len(list(folder.iterdir())) < count:
                time.sleep(0.1)
        yield from train(config)

    return trial


def workers(folder, count):
    """Return how busy so many slots are, and how many cores the driver takes meanwhile.

    Counted from when every worker has run a trial: to start them takes this machine a while.
    """
    marks = Marks(lambda: (time.time(), time.process_time()), count, (WAVES - 1) * count)
    options = {"num_samples": WAVES * count, "callbacks": [marks]}
    meeting = Path(folder, "meeting")
    meeting.mkdir()
    train = gathering(sleeper(100, STEP_S), meeting, count)
    results = run(train, folder, count, **options)
    (begin, busy), (end, busier) = marks.found
    cores = (busier - busy) / (end - begin)
    return {"busy": share(spans_of(results), count, begin, end), "cores": cores}


def run(train, folder, slots, **options):
    """Run an experiment on a Ray of its own with so many slots."""
    fixed = {"metric": "loss", "mode": "min", "storage": folder, "verbose": 0, "seed": 1}
    executor = {"name": "ray", "num_cpus": slots}
    return tune.run(train, SPACE, executor=executor, **fixed, **options)


KINDS = {"searcher": searcher, "workers": workers}

if __name__ == "__main__":
    print(json.dumps(KINDS[sys.argv[2]](sys.argv[1], *map(int, sys.argv[3:]))))
