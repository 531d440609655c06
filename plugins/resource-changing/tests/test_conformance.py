"""The scheduler keeps to what every one must, whatever it wraps."""

from typing import ClassVar

from tunesmith.testing.schedulers import SchedulerConformance
from tunesmith.testing.shims import ShimConformance


class TestShim(ShimConformance):
    """The packaging keeps to what every plugin must."""

    dist = "tunesmith-resource-changing"


class TestFifo(SchedulerConformance):
    """Around FIFO, shares for all."""

    scheduler = "resource-changing"
    options: ClassVar = {"interval": 2}


class TestLeader(SchedulerConformance):
    """Around FIFO, with much more to give than the slots use."""

    scheduler = "resource-changing"
    options: ClassVar = {"interval": 1, "rule": "top", "total": {"cpu": 20}}


class TestPausing(SchedulerConformance):
    """Around a scheduler that pauses and chooses who goes on, with too little for all slots."""

    scheduler = "resource-changing"
    options: ClassVar = {
        "interval": 1,
        "total": {"cpu": 3},
        "scheduler": {"name": "asha", "mode": "promotion"},
    }
