"""Results as pandas DataFrames; pandas is imported here, when a table is asked for."""

from collections.abc import Iterable
from typing import Any

from tunesmith._run.trial import TrialResult
from tunesmith._run.wording import flat
from tunesmith.errors import UsageError


def trials(results: Iterable[TrialResult]) -> Any:
    """Return a row per trial: how it stands, its judged report's metrics, its parameters."""
    pandas = _pandas()
    return pandas.DataFrame(
        [
            {
                "trial": trial.id,
                "status": trial.status,
                "reason": trial.reason,
                "attempts": trial.attempts,
                **trial.metrics,
                **_parameters(trial),
            }
            for trial in results
        ]
    )


def reports(results: Iterable[TrialResult]) -> Any:
    """Return a row per report: the trial, the metrics, the trial's parameters."""
    pandas = _pandas()
    rows = []
    for trial in results:
        parameters = _parameters(trial)
        rows += [{"trial": trial.id, **metrics, **parameters} for metrics in trial.history]
    return pandas.DataFrame(rows)


def _parameters(trial: TrialResult) -> dict[str, Any]:
    return {f"config/{path}": value for path, value in flat(trial.config)}


def _pandas() -> Any:
    try:
        import pandas  # noqa: PLC0415, ICN001 (only those who ask for a table need it)
    except ImportError as error:
        raise UsageError("results.dataframe() needs pandas: pip install pandas") from error
    return pandas
