"""Recognises domains of other libraries and says how to write them here."""

from typing import Any

_MODULES = {
    "ray.tune": "Ray Tune",
    "optuna.distributions": "Optuna",
    "scipy.stats": "SciPy",
    "hyperopt": "Hyperopt",
    "ConfigSpace": "ConfigSpace",
    "skopt.space": "scikit-optimize",
}
_SCIPY = {
    "uniform": "tune.uniform(low, high)",
    "loguniform": "tune.loguniform(low, high)",
    "reciprocal": "tune.loguniform(low, high)",
    "norm": "tune.randn(mean, sd)",
    "randint": "tune.randint(low, high)",
}


def foreign(value: Any) -> str | None:
    """Return what `value` is and what to write instead if it is another library's domain."""
    module = type(value).__module__
    for prefix, library in _MODULES.items():
        if module == prefix or module.startswith(prefix + "."):
            name, fix = type(value).__name__, _fix(library, value)
            return f"{name}, a domain of {library}; write {fix} instead"
    return None


def _fix(library: str, value: Any) -> str:
    if library == "Ray Tune":
        return "tunesmith's function of the same name (`import tunesmith as tune`)"
    if library == "SciPy":
        name = getattr(getattr(value, "dist", None), "name", "")
        return _SCIPY.get(name, "tune.uniform(low, high) or tune.sample_from(function)")
    if library == "Optuna":
        return _optuna_fix(value)
    return "one of tunesmith's functions, e.g. tune.loguniform(1e-4, 1e-1)"


def _optuna_fix(value: Any) -> str:
    choices = getattr(value, "choices", None)
    if choices is not None:
        return f"tune.choice({list(choices)!r})"
    low, high, step = value.low, value.high, getattr(value, "step", None)
    log = "log" if value.log else ""
    if isinstance(low, int):
        return f"tune.q{log}randint({low}, {high}, {step or 1})"
    if step:
        return f"tune.q{log}uniform({low}, {high}, {step})"
    return f"tune.{log}uniform({low}, {high})"
