"""Results as pandas DataFrames; pandas is imported here, when a table is asked for."""

from collections.abc import Iterable
from typing import Any

from tunesmith._run.trial import TrialResult
from tunesmith._run.wording import flat
from tunesmith.errors import UsageError
from tunesmith.protocols.result import Metrics


def trials(results: Iterable[TrialResult]) -> Any:
    """Return a row per trial: how it stands, its judged report's metrics, its parameters."""
    pandas = _pandas()
    return pandas.DataFrame([_row(_standing(trial), trial.metrics, trial) for trial in results])


def reports(results: Iterable[TrialResult]) -> Any:
    """Return a row per report: the trial, the metrics, the trial's parameters."""
    pandas = _pandas()
    return pandas.DataFrame(
        [
            _row({"trial": trial.id}, metrics, trial)
            for trial in results
            for metrics in trial.history
        ]
    )


def _standing(trial: TrialResult) -> dict[str, Any]:
    return {
        "trial": trial.id,
        "status": trial.status,
        "reason": trial.reason,
        "attempts": trial.attempts,
    }


def _row(facts: dict[str, Any], metrics: Metrics, trial: TrialResult) -> dict[str, Any]:
    """Return a row; a metric with the name of another column is told apart from it."""
    parameters = {f"config/{path}": value for path, value in flat(trial.config)}
    taken = facts.keys() | parameters.keys()
    told = {f"metrics/{name}" if name in taken else name: one for name, one in metrics.items()}
    return {**facts, **told, **parameters}


def _pandas() -> Any:
    try:
        import pandas  # noqa: PLC0415, ICN001 (only those who ask for a table need it)
    except ImportError as error:
        raise UsageError("results.dataframe() needs pandas: pip install pandas") from error
    return pandas
