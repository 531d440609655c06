"""Gradient-boosted trees on a table of numbers: what both sides train."""

from sklearn.datasets import make_classification
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.model_selection import train_test_split

STEPS = 27
TREES = 4
"""How many trees a step adds for each of the four classes."""

TARGET = 0.72
"""Validation accuracy that both sides have to find."""

SPACE = {
    "learning_rate": ("loguniform", 3e-3, 1.0),
    "max_leaf_nodes": ("lograndint", 4, 129),
    "min_samples_leaf": ("lograndint", 1, 301),
    "l2_regularization": ("loguniform", 1e-6, 100.0),
}


def steps(config):
    """Train; yield the validation accuracy after each step."""
    table, classes = make_classification(
        8000,
        30,
        n_informative=12,
        n_redundant=6,
        n_classes=4,
        n_clusters_per_class=3,
        class_sep=0.7,
        flip_y=0.02,
        random_state=1,
    )
    parts = train_test_split(table, classes, test_size=0.25, random_state=1)
    model = HistGradientBoostingClassifier(
        warm_start=True, early_stopping=False, random_state=0, **config
    )
    for step in range(STEPS):
        model.set_params(max_iter=TREES * (step + 1)).fit(parts[0], parts[2])
        yield float(model.score(parts[1], parts[3]))
