"""A small neural network on handwritten digits, for both sides: what is trained is the same."""

import time

from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

EPOCHS, SLOTS = 27, 2
TARGET = 0.96
"""Validation accuracy that both sides have to find."""


def epochs(config):
    """Train; yield the validation accuracy after each epoch."""
    images, labels = load_digits(return_X_y=True)
    parts = train_test_split(images / 16, labels, test_size=0.3, stratify=labels, random_state=0)
    model = MLPClassifier([config["width"]] * config["depth"], solver="adam", random_state=0)
    model.set_params(**{name: config[name] for name in ("alpha", "activation", "batch_size")})
    model.set_params(learning_rate_init=config["lr"])
    for _ in range(EPOCHS):
        model.partial_fit(parts[0], parts[2], classes=range(10))
        yield float(model.score(parts[1], parts[3]))


class Search:
    """Notes when the target was first reported, and what the driver's process took."""

    def __init__(self):
        self.began, self.busy = time.perf_counter(), time.process_time()
        self.reports, self.best, self.reached = 0, 0.0, None

    def hear(self, accuracy):
        """Take a report in."""
        self.reports += 1
        self.best = max(self.best, accuracy)
        if self.reached is None and accuracy >= TARGET:
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
