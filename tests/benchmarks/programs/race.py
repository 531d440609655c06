"""How soon a search comes to its target, and what it takes of the driver's process."""

import time

SLOTS = 2


class Race:
    """Notes when the target was first reported, and what the driver's process took."""

    def __init__(self, target):
        self.target = target
        self.began, self.busy = time.perf_counter(), time.process_time()
        self.reports, self.best, self.reached = 0, 0.0, None

    def hear(self, accuracy):
        """Take a report in."""
        self.reports += 1
        self.best = max(self.best, accuracy)
        if self.reached is None and accuracy >= self.target:
            self.reached = time.perf_counter() - self.began

    def figures(self):
        """Return all of it; a target that was never reached counts as reached at the end."""
        whole, busy = time.perf_counter() - self.began, time.process_time() - self.busy
        return {
            "whole": whole,
            "target": whole if self.reached is None else self.reached,
            "best": self.best,
            "driver": 1000 * busy / self.reports,
            "share": 100 * busy / (SLOTS * whole),
        }
