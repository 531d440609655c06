"""PBT keeps to what every plugin and every scheduler must."""

from typing import ClassVar

import tunesmith as tune
from tunesmith.testing.schedulers import SchedulerConformance
from tunesmith.testing.shims import ShimConformance

SPACE = {
    "x": tune.uniform(0, 1),
    "layers": tune.randint(1, 5),
    "opt": tune.choice([{"name": "sgd", "momentum": tune.uniform(0, 1)}, {"name": "adam"}]),
}


class TestShim(ShimConformance):
    """The packaging keeps to what every plugin must."""

    dist = "tunesmith-pbt"


class TestAsynchronous(SchedulerConformance):
    """Members decide as they come."""

    scheduler = "pbt"
    options: ClassVar = {"population_size": 4, "interval": 2}
    space: ClassVar = SPACE


class TestSynchronous(SchedulerConformance):
    """Members wait for each other."""

    scheduler = "pbt"
    options: ClassVar = {
        "population_size": 4,
        "interval": 2,
        "synchronous": True,
        "selection": "tournament",
    }
    space: ClassVar = SPACE


class TestQuorum(SchedulerConformance):
    """Members wait for half of the others."""

    scheduler = "pbt"
    options: ClassVar = {
        "population_size": 4,
        "synchronous": True,
        "quorum": 0.5,
        "explore": "noise",
    }


class TestRestart(SchedulerConformance):
    """The weak make way for new suggestions."""

    scheduler = "pbt"
    options: ClassVar = {"population_size": 4, "replace": "restart", "quantile": 0.5}
    examples = 30


class TestSynchronousRestart(SchedulerConformance):
    """The weak make way for new suggestions, at a barrier."""

    scheduler = "pbt"
    options: ClassVar = {
        "population_size": 3,
        "replace": "restart",
        "quantile": 0.5,
        "synchronous": True,
    }
    max_resource = None
    examples = 30
