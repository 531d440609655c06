"""TuRBO (Eriksson, Pearce, Gardner, Turner and Poloczek, arXiv 1910.01739) with one trust region.

A Gaussian process of BoTorch models the trials of the region; each suggestion is where one sample
of it is lowest, among candidates in the region. So suggestions differ, however many are pending.
Trials are counted one by one instead of in batches, as they come.
"""

import math
import pickle
import warnings
from contextlib import suppress
from typing import Any

import msgspec
import numpy as np
import torch

from tunesmith.errors import OptionError
from tunesmith.protocols import Config, Observation, Problem
from tunesmith.space import SpaceError
from tunesmith_turbo._region import LEAST, Region
from tunesmith_turbo._space import Array, Layout

with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
    # They compile for TorchScript when imported, which torch advises against.
    import botorch
    from botorch.exceptions.errors import ModelFittingError
    from botorch.models.utils.gpytorch_modules import get_covar_module_with_dim_scaled_prior
    from gpytorch.mlls import ExactMarginalLogLikelihood
    from linear_operator.utils.cholesky import psd_safe_cholesky

MOST_TRIALS = 500
"""The model has so many at most, those nearest to the region's centre."""


class Record(msgspec.Struct):
    """A trial; its loss is infinite if it failed.

    `is_chosen` tells whether the region's model suggested it.
    """

    config: Config
    point: Array
    region: int
    is_chosen: bool = False
    is_pending: bool = True
    loss: float = math.inf


class TurboSearcher:
    """Suggests the best of a sample of the model within a region around the best trial so far.

    A region begins with `n_initial` points of a Sobol sequence, by default twice as many as there
    are parameters. Its sides double after `success_tolerance` improvements in a row, halve after
    `failure_tolerance` trials without, by default as many as there are parameters, but at least 4,
    and when they are less than 1/128 the search starts anew. The model is fitted in at most
    `n_training_steps` and asked about `n_candidates` points, by default 100 for each parameter up
    to 2,000.
    """

    def __init__(
        self,
        problem: Problem,
        *,
        n_initial: int | None = None,
        n_candidates: int | None = None,
        success_tolerance: int = 3,
        failure_tolerance: int | None = None,
        n_training_steps: int = 50,
    ) -> None:
        """Raise an `OptionError` for what is not possible."""
        self._layout = Layout(problem.space)
        self._space, self._size = problem.space, len(self._layout.steps)
        for name, value, least in (
            ("n_initial", n_initial, 2),
            ("n_candidates", n_candidates, 1),
            ("success_tolerance", success_tolerance, 1),
            ("failure_tolerance", failure_tolerance, 1),
            ("n_training_steps", n_training_steps, 1),
        ):
            if value is not None and value < least:
                raise OptionError(f"searcher 'turbo': {name}={value!r}; expected {least} or more")
        self._n_initial = n_initial or max(2 * self._size, 2)
        self._n_candidates = n_candidates or min(100 * self._size, 2000)
        patience = failure_tolerance or max(self._size, 4)
        self._rules = {"tolerance": success_tolerance, "patience": patience}
        self._training = {"options": {"maxiter": n_training_steps}}
        self._rng = problem.rng("turbo")
        self._records: dict[str, Record] = {}
        self._region = Region()
        self._drawn, self._seed = 0, self._rng.randrange(2**31)
        self._fitted: tuple[Any, Array, Array] | None = None

    def suggest(self, trial_id: str) -> Config:
        """Return a configuration; the trial counts as pending from now on."""
        if not self._size:
            return {}
        known = self._known()
        is_chosen = len(known) >= self._n_initial and any(r.loss < math.inf for r in known)
        if is_chosen:
            threads = torch.get_num_threads()
            torch.set_num_threads(1)
            try:
                with warnings.catch_warnings(action="ignore"):  # of what a jitter mends
                    points = self._candidates(known)
            finally:
                torch.set_num_threads(threads)
        else:
            points = self._sobol(self._seed, self._drawn + 1)[self._drawn :]
            self._drawn += 1
        tried = [record.config for record in self._records.values()]
        configs = map(self._layout.decode, points)
        config = next((c for c in configs if c not in tried), None) or self._space.draw(self._rng)
        self._records[trial_id] = self._record(config, is_chosen=is_chosen)
        return dict(config)

    def adopt(self, trial_id: str, config: Config) -> None:
        """Count a trial as pending whose configuration came from elsewhere."""
        with suppress(SpaceError):
            self._records[trial_id] = self._record(config)

    def observe(self, observation: Observation) -> None:
        """Learn one fact about any trial; a configuration from outside the space is passed over."""
        trial, status, values = observation.trial_id, observation.status, observation.values
        known = bool(values) and math.isfinite(values[0])
        if status in ("running", "paused"):
            return
        record = self._records.pop(trial, None)
        if status == "stopped" and not known:
            return
        if record is None or record.config != observation.config:
            try:
                record = self._record(observation.config)
            except SpaceError:
                return
        if status == "infeasible":
            trial = f"infeasible {observation.config!r}"
        elif record.is_pending and record.region == self._region.number:
            self._judge(record, values[0] if known else math.inf)
        record.loss, record.is_pending = values[0] if known else math.inf, False
        self._records[trial], self._fitted = record, None

    def state(self) -> bytes:
        """Return the trials, the region and the generator; pickled."""
        return pickle.dumps((self._records, self._region, self._drawn, self._seed, self._rng))

    def restore(self, state: bytes) -> None:
        """Take up what `state` returned, in a searcher made with the same problem and options."""
        kept = pickle.loads(state)  # noqa: S301  (ours)
        self._records, self._region, self._drawn, self._seed, self._rng = kept
        self._fitted = None

    def _record(self, config: Config, *, is_chosen: bool = False) -> Record:
        flat = self._space.validate(config)
        return Record(flat, self._layout.encode(flat), self._region.number, is_chosen)

    def _known(self) -> list[Record]:
        """Return what is known in the region, the best first."""
        here = (r for r in self._records.values() if r.region == self._region.number)
        return sorted((r for r in here if not r.is_pending), key=lambda r: r.loss)

    def _judge(self, record: Record, loss: float) -> None:
        """Have the region grow, shrink or end by what a trial in it has brought."""
        known, region = self._known(), self._region
        if len(known) >= self._n_initial:
            near = (abs(record.point - known[0].point) <= region.length / 2).all()
            if record.is_chosen or near:
                region.learn(loss, known[0].loss, **self._rules)
        if region.length < LEAST:
            self._region = Region(region.number + 1)
            self._drawn, self._seed = 0, self._rng.randrange(2**31)

    def _sobol(self, seed: int, count: int) -> Array:
        make: Any = torch.quasirandom.SobolEngine
        points: Array = make(self._size, True, seed).draw(count, dtype=torch.double).numpy()
        return points

    def _candidates(self, known: list[Record]) -> Array:
        """Return points of the region, those first that are lowest in a sample of the model."""
        self._fitted = self._fitted or self._fit(known)
        model, weights, centre = self._fitted
        layout, length, seed = self._layout, self._region.length, self._rng.randrange(2**31)
        rng, points = np.random.default_rng(seed), self._sobol(seed, self._n_candidates)
        low, high = (np.clip(centre + way * weights * length / 2, 0, 1) for way in (-1, 1))
        moved = np.where(layout.is_label, points, low + (high - low) * points)
        moves = rng.random(points.shape) < min(20 / self._size, 1)
        moves[np.arange(len(points)), rng.integers(self._size, size=len(points))] = True
        moves &= ~layout.is_label | (rng.random(points.shape) < length)
        points = layout.snap(np.where(moves, moved, centre))
        with torch.no_grad():
            posterior = model.posterior(torch.from_numpy(layout.features(points)))
            root = psd_safe_cholesky(posterior.distribution.covariance_matrix)
            noise = torch.from_numpy(rng.standard_normal(len(points)))
            sample = posterior.mean.ravel() + root @ noise
        ranked: Array = points[np.argsort(sample.numpy(), kind="stable")]
        return ranked

    def _fit(self, known: list[Record]) -> tuple[Any, Array, Array]:
        """Return a model of the trials, the relative length of each side, and the centre."""
        centre = known[0].point
        near = sorted(known, key=lambda r: float(abs(r.point - centre).sum()))[:MOST_TRIALS]
        losses = np.array([r.loss for r in near])
        losses = np.minimum(losses, losses[losses < math.inf].max())
        middle = np.median(losses)
        if middle > losses.min():  # what is far worse than usual says no more than that
            losses = np.minimum(losses, middle + 3 * (middle - losses.min()))
        losses = (losses - losses.mean()) / (losses.std(ddof=1) or 1.0)
        points = self._layout.features(np.array([r.point for r in near]))
        kernel = get_covar_module_with_dim_scaled_prior(points.shape[1], use_rbf_kernel=False)
        data = torch.from_numpy(points), torch.from_numpy(losses)[:, None]
        model = botorch.models.SingleTaskGP(*data, covar_module=kernel, outcome_transform=None)
        with suppress(ModelFittingError):  # it then keeps what it began with
            # A second attempt would draw from the generator that all of torch shares.
            likelihood = ExactMarginalLogLikelihood(model.likelihood, model)
            botorch.fit_gpytorch_mll(likelihood, max_attempts=1, optimizer_kwargs=self._training)
        model.eval()
        weights, numbers = np.ones(self._size), ~self._layout.is_label
        found = kernel.lengthscale.detach().numpy().ravel()[: numbers.sum()]
        weights[numbers] = found / np.exp(np.log(found).mean()) if len(found) else found
        return model, weights, centre
