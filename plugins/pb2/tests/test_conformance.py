"""PB2 keeps to what every plugin and every scheduler must."""

from typing import ClassVar

import tunesmith as tune
from tunesmith.testing.schedulers import SchedulerConformance
from tunesmith.testing.shims import ShimConformance


class TestShim(ShimConformance):
    """The packaging keeps to what every plugin must."""

    dist = "tunesmith-pb2"


class TestScheduler(SchedulerConformance):
    """A small population, compared often, over a space with everything in it."""

    scheduler = "pb2"
    options: ClassVar = {"population_size": 4, "quantile": 0.5}
    space: ClassVar = {
        "x": tune.uniform(0, 1),
        "layers": tune.randint(1, 5),
        "opt": tune.choice([{"name": "sgd", "momentum": tune.uniform(0, 1)}, {"name": "adam"}]),
    }
    examples = 30
