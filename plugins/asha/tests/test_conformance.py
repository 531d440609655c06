"""ASHA keeps to what every scheduler must."""

from typing import ClassVar

from tunesmith.testing.schedulers import SchedulerConformance


class TestStopping(SchedulerConformance):
    """ASHA that stops trials at rungs."""

    scheduler = "asha"


class TestPromotion(SchedulerConformance):
    """ASHA that pauses trials at rungs."""

    scheduler = "asha"
    options: ClassVar = {"mode": "promotion", "brackets": 2}
