"""First in, first out keeps to what every scheduler must."""

from tunesmith.testing.schedulers import SchedulerConformance


class TestFifo(SchedulerConformance):
    """Every trial trains to its own end."""

    scheduler = "fifo"
