"""Reads a run with next to nothing installed, and prints what it found as JSON.

    python bystander.py FOLDER

No plugin and none of the usual libraries can be imported, and nothing can be unpickled.
"""

import json
import pickle
import sys
from importlib.abc import MetaPathFinder

HIDDEN = ("tunesmith_", "ray", "optuna", "torch", "sklearn", "numpy", "pandas", "cloudpickle")


class Hider(MetaPathFinder):
    """Makes modules impossible to import."""

    def find_spec(self, fullname, path, target=None):
        """Raise for hidden modules."""
        if fullname.startswith("tunesmith_") or fullname.partition(".")[0] in HIDDEN:
            raise ModuleNotFoundError(fullname)


def refuse(*_):
    """Stand in for everything that unpickles."""
    raise AssertionError("something was unpickled")


def main(folder):
    """Read everything there is to read."""
    sys.meta_path.insert(0, Hider())
    pickle.loads = pickle.load = pickle.Unpickler = refuse

    import tunesmith as tune

    results = tune.load(folder)
    told = {
        "state": results.state,
        "trials": {
            trial.id: {
                "status": trial.status,
                "config": trial.config,
                "value": trial.value,
                "history": [row["loss"] for row in trial.history],
                "error": trial.error,
                "reason": trial.reason,
                "checkpoints": [str(one.path) for one in trial.checkpoints],
            }
            for trial in results
        },
        "best": results.best.id,
        "summary": results.summary(),
        "hidden": [name for name in sys.modules if name.partition(".")[0] in HIDDEN],
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main(*sys.argv[1:])
