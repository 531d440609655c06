"""A small neural network on handwritten digits: what both sides train."""

from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

STEPS = 27
TARGET = 0.96
"""Validation accuracy that both sides have to find."""

SPACE = {
    "width": ("lograndint", 16, 257),
    "depth": ("randint", 1, 4),
    "activation": ("choice", ["relu", "tanh", "logistic"]),
    "batch_size": ("choice", [16, 32, 64, 128]),
    "lr": ("loguniform", 1e-4, 1e-1),
    "alpha": ("loguniform", 1e-6, 1e-1),
}


def steps(config):
    """Train; yield the validation accuracy after each epoch."""
    images, labels = load_digits(return_X_y=True)
    parts = train_test_split(images / 16, labels, test_size=0.3, stratify=labels, random_state=0)
    model = MLPClassifier([config["width"]] * config["depth"], solver="adam", random_state=0)
    model.set_params(**{name: config[name] for name in ("alpha", "activation", "batch_size")})
    model.set_params(learning_rate_init=config["lr"])
    for _ in range(STEPS):
        model.partial_fit(parts[0], parts[2], classes=range(10))
        yield float(model.score(parts[1], parts[3]))
