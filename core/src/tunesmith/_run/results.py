"""What came of an experiment, read from its run folder: live, finished or killed."""

from collections.abc import Iterator, Sequence
from math import inf
from pathlib import Path
from typing import Any, Literal, get_args, overload

from tunesmith._journal import digest
from tunesmith._journal.archive import Archive
from tunesmith._journal.header import Header
from tunesmith._journal.index import Record, Spot
from tunesmith._journal.reader import RunState
from tunesmith._run import frame, migration
from tunesmith._run.checks.surroundings import check_run
from tunesmith._run.trial import TrialResult, Trials, show
from tunesmith._run.wording import amount, limits, parameters, tally
from tunesmith.errors import TrialError, UsageError, did_you_mean
from tunesmith.protocols.constraint import OutcomeConstraint
from tunesmith.protocols.objective import Mode, Objective
from tunesmith.protocols.trial import TrialStatus

Scope = Literal["best", "last"]


class Results(Sequence[TrialResult]):
    """The trials of a run, in the order in which they were suggested.

    `results[3]` and `results["0004"]` are one trial; `len` and iteration work as on a list. Memory
    holds a short record per trial; configurations, metrics and histories are read on demand, and
    nothing is ever unpickled. Made by `tune.run` and `tune.load`.
    """

    def __init__(self, path: str | Path) -> None:
        self._archive = Archive(path)
        self.trials = Trials(self._archive)

    @property
    def path(self) -> Path:
        """The absolute path of the run folder."""
        return self._archive.reader.folder

    @property
    def name(self) -> str:
        """The experiment's name."""
        return self._archive.reader.header.name

    @property
    def header(self) -> Header:
        """The experiment's description, as plain data."""
        return self._archive.reader.header

    @property
    def objectives(self) -> tuple[Objective, ...]:
        """What was optimised, the first objective first."""
        return self._archive.index.objectives

    @property
    def outcome_constraints(self) -> tuple[OutcomeConstraint, ...]:
        """The limits that a report has to keep to, to be among the best."""
        return self._archive.index.constraints

    @property
    def state(self) -> RunState:
        """How the run stands: running, completed, stopped, failed, or interrupted (killed)."""
        return self._archive.reader.state()

    @property
    def reason(self) -> str:
        """Why the run ended as it did; empty if there is nothing to say."""
        return self._archive.index.ending.reason

    @property
    def counts(self) -> dict[TrialStatus, int]:
        """How many trials have each status."""
        return self._archive.index.counts()

    def refresh(self) -> "Results":
        """Take in what a live run has reported since, and return these results."""
        self._archive.refresh()
        return self

    def close(self) -> None:
        """Release the journal; results that are no longer used do so by themselves."""
        self._archive.reader.close()

    # What was found ------------------------------------------------------------------------------

    @property
    def best(self) -> TrialResult:
        """The trial with the best value ever reported, judged by that report.

        A report that breaks an outcome constraint does not count.

        Raises:
            UsageError: there are several objectives, or no trial reported a finite value.
            TrialError: no trial reported a finite value, and some failed.
        """
        return self.best_by()

    def best_by(
        self, metric: str | None = None, mode: Mode | None = None, *, scope: Scope = "best"
    ) -> TrialResult:
        """Return the best trial by any metric: its best value ever, or (`scope="last"`) its last.

        `mode` may be left out for an objective. NaN and infinity are never best, nor is a report
        that breaks an outcome constraint; of equals the first suggested wins.

        Raises:
            UsageError: the metric or mode is missing or unknown, or no value is finite.
            TrialError: no trial reported a finite value, and some failed.
        """
        if scope not in get_args(Scope):
            raise UsageError(f"scope={scope!r} is unknown; write scope='best' or scope='last'")
        objective = self._objective(metric, mode)
        index = self._archive.index
        if objective != index.objectives[0]:
            index = self._archive.scored(objective)
        least = inf
        leader: tuple[Record, Spot] | None = None
        sign = 1.0 if objective.mode == "min" else -1.0
        for record in index.records.values():
            spot = record.best if scope == "best" else record.last
            if spot is None or (value := spot.values[0]) is None:
                continue
            if sign * value < least:
                least, leader = sign * value, (record, spot)
        if leader is None:
            raise self._no_best(objective)
        return TrialResult(self._archive, *leader, objective)

    @property
    def pareto(self) -> tuple[TrialResult, ...]:
        """The reports that no other report beats in every objective, one `TrialResult` for each.

        A trial is here as often as it made such a report. With one objective: the best, if any.
        """
        index = self._archive.index
        if len(index.objectives) == 1:
            has_best = any(record.best for record in index.records.values())
            return (self.best,) if has_best else ()
        first = index.objectives[0]
        front = sorted(index.front, key=lambda spot: first.minimised(spot.values[0]))
        return tuple(
            TrialResult(self._archive, index.records[spot.trial], spot, first) for spot in front
        )

    @property
    def errors(self) -> dict[str, str]:
        """The failed trials' errors by trial id, each with the training code's traceback first."""
        records = self._archive.index.records.values()
        failed = (show(self._archive, record) for record in records if record.status == "failed")
        return {trial.id: trial.error or "" for trial in failed}

    def dataframe(self, *, history: bool = False) -> Any:
        """Return a pandas DataFrame: a row per trial, or (`history=True`) a row per report.

        Parameters are in columns "config/…", metrics under their own names; one that is called
        like another column ("trial", "status") is in "metrics/…".

        Raises:
            UsageError: pandas is not installed.
        """
        return frame.reports(self) if history else frame.trials(self)

    def _objective(self, metric: str | None, mode: Mode | None) -> Objective:
        known = {objective.metric: objective.mode for objective in self.objectives}
        if metric is None:
            if len(known) > 1:
                names = ", ".join(map(repr, known))
                raise UsageError(
                    f"there is no single best of several objectives ({names}); look at "
                    "results.pareto, or name one: results.best_by(metric=...)"
                )
            metric = self.objectives[0].metric
        mode = mode or known.get(metric)
        if mode is None:
            raise UsageError(f"which {metric!r} is best? add mode='min' or mode='max'")
        if mode not in get_args(Mode):
            raise UsageError(f"mode={mode!r} is unknown; write mode='min' or mode='max'")
        return Objective(metric, mode)

    def _no_best(self, objective: Objective) -> TrialError | UsageError:
        """Return the error that says why no trial is best."""
        metric = objective.metric
        told = f"no trial reported a finite {metric!r} ({tally(self.counts) or 'no trials'})"
        failed = next((trial for trial in self if trial.status == "failed"), None)
        if failed is not None:
            return TrialError(f"{(failed.error or '').rstrip()}\n{told}; first, trial {failed.id}")
        names = self._archive.metric_names()
        if names and metric not in names:
            fix = did_you_mean(metric, names) or f"; reported were {', '.join(map(repr, names))}"
            return UsageError(f"{told}{fix}")
        if names and self.outcome_constraints:
            kept = limits(self.outcome_constraints)
            return UsageError(f"{told} that kept to {kept}; look at .history")
        if names:
            return UsageError(f"{told}: every value was NaN, infinite or None; look at .history")
        return UsageError(f"{told}; have the training code report it")

    # As a sequence, and for people ---------------------------------------------------------------

    def __len__(self) -> int:
        return len(self.trials)

    def __iter__(self) -> Iterator[TrialResult]:
        return iter(self.trials)

    @overload
    def __getitem__(self, key: int | str) -> TrialResult: ...
    @overload
    def __getitem__(self, key: slice) -> list[TrialResult]: ...
    def __getitem__(self, key: int | str | slice) -> TrialResult | list[TrialResult]:
        return self.trials[key]

    def summary(self) -> str:
        """Return a few lines on how the run stands and what is best."""
        total = f"{len(self)} trial{'' if len(self) == 1 else 's'}"
        counts = tally(self.counts)
        head = f"{self.state}, {total}{counts and f' ({counts})'}"
        return "\n".join([head, *self._leaders()])

    def _leaders(self) -> Iterator[str]:
        for objective in self.objectives:
            try:
                best = self.best_by(objective.metric)
            except (UsageError, TrialError):
                continue
            yield (
                f"best {objective.metric}={amount(best.value)} (trial {best.id}): "
                f"{parameters(best.config)}"
            )

    def __repr__(self) -> str:
        return f"<results of {str(self.path)!r}: {self.summary().replace(chr(10), chr(10) + '  ')}>"

    def __getattr__(self, name: str) -> Any:
        raise migration.absent(self, name, migration.RESULTS)

    def __reduce__(self) -> tuple[Any, ...]:
        return Results, (str(self.path),)


def load(path: str | Path) -> Results:
    """Return the results of the run at `path`, which may be live, finished or killed.

    No plugin and none of the training code is needed, and nothing is unpickled. A folder that was
    moved, copied or is read-only can be read.

    Raises:
        UsageError: there is no run at `path`, or its journal cannot be read.
    """
    return Results(check_run(path))


def conclude(folder: Path) -> Results:
    """Return the results of a run that has ended; of a long one, keep what makes loading quick."""
    results = Results(folder)
    index = results._archive.index  # noqa: SLF001  (its own module)
    if index.seq < digest.WORTH:
        return results
    results.close()
    digest.keep(folder, index)
    return Results(folder)
