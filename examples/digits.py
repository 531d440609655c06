"""Tune a neural network on handwritten digits: Optuna suggests, ASHA stops early, Ray runs it."""

from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

import tunesmith as tune

TRIALS, EPOCHS = 64, 27
SGD = {"solver": "sgd", "momentum": tune.uniform(0.5, 0.99)}
ADAM = {"solver": "adam", "beta_1": tune.uniform(0.5, 0.99), "beta_2": tune.uniform(0.9, 0.9999)}
SPACE = {
    "width": tune.lograndint(16, 257),
    "depth": tune.randint(1, 4),
    "optimizer": tune.choice([SGD, ADAM]),  # each brings parameters of its own
    "training": {
        "activation": tune.choice(["relu", "tanh", "logistic"]),
        "batch_size": tune.ordinal([16, 32, 64, 128]),
        "learning_rate_init": tune.loguniform(1e-4, 1e-1),
        "alpha": tune.loguniform(1e-6, 1e-1),
    },
}


def train(config, known, validation):
    """Train one network; each yield reports an epoch, together with a checkpoint."""
    layers = [config["width"]] * config["depth"]
    model = MLPClassifier(layers, **config["optimizer"], **config["training"])
    if saved := tune.get_checkpoint():  # there is one if the trial lost its worker
        model = saved.to_dict()["model"]
    for _ in range(getattr(model, "n_iter_", 0), EPOCHS):
        model.partial_fit(*known, classes=range(10))
        yield tune.Report({"accuracy": model.score(*validation)}, checkpoint={"model": model})


def split(images, labels, share):
    """Hold a share of the data out."""
    parts = train_test_split(images, labels, test_size=share, stratify=labels, random_state=0)
    return parts[0::2], parts[1::2]


if __name__ == "__main__":
    images, labels = load_digits(return_X_y=True)
    rest, test = split(images / 16, labels, share=0.2)
    known, validation = split(*rest, share=0.25)
    trainable = tune.with_parameters(train, known=known, validation=validation)
    asha = {"name": "asha", "max_resource": EPOCHS}
    options = {"searcher": "optuna", "scheduler": asha, "max_concurrent": 2, "num_samples": TRIALS}
    results = tune.run(trainable, SPACE, metric="accuracy", mode="max", **options)

    best, full = results.best, TRIALS * EPOCHS
    epochs = sum(trial.iterations for trial in results.trials)
    print(f"""
best configuration   {best.config}
validation accuracy  {best.metrics["accuracy"]:.4f}
test accuracy        {best.checkpoint.to_dict()["model"].score(*test):.4f}
epochs trained       {epochs} of {full}: early stopping saved {1 - epochs / full:.0%}
run folder           {results.path}""")
