"""Who gets how much: the arithmetic of resources, and the rules that come with the plugin."""

from collections.abc import Callable, Mapping
from math import inf

import msgspec

from tunesmith.protocols import Resources, Result, TrialView

_SLACK = 1e-9  # sums of fractions such as 0.1 do not come out even


class Allotment(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule decides on: one live trial, at a report, among all that share `total`.

    `holds` is what the trial has now, `usual` what every trial starts with, `free` what it could
    have beyond `holds`: nobody has it, and no trial is about to start on it. It may be below zero,
    where a trial waits to start. `seats` is how many trials `total` is for, those about to start
    included. `bests` has each live trial's best value of the first objective, minimised.
    """

    trial: TrialView
    result: Result
    usual: Resources
    holds: Resources
    free: Mapping[str, float]
    total: Mapping[str, float]
    seats: int
    bests: Mapping[str, float]

    @property
    def reach(self) -> int:
        """How many times the usual amounts the trial can have: at least once."""
        held = amounts(self.holds)
        return self._times({name: held.get(name, 0.0) + self.free[name] for name in self.free})

    @property
    def share(self) -> int:
        """How many times the usual amounts an equal share of `total` is: at least once."""
        return self._times({name: amount / self.seats for name, amount in self.total.items()})

    def grown(self, times: int) -> Resources:
        """Return the usual resources with the first bundle's shared amounts so many times as large.

        Where that would be a broken number of GPUs above one, which no machine can give, a
        smaller number of times.
        """
        first, *others = self.usual.bundles
        while times > 1 and _is_broken(first.get("gpu", 0.0) * times):
            times -= 1
        grown = {name: x * times if name in self.total else x for name, x in first.items()}
        return Resources((grown, *others), self.usual.strategy)

    def _times(self, room: Mapping[str, float]) -> int:
        """Return how many times the first bundle fits besides the others, at least once."""
        first, *others = self.usual.bundles
        beside = amounts(Resources(tuple(others)))
        times = [
            (amount - beside.get(name, 0.0) + _SLACK) // first[name]
            for name, amount in room.items()
            if first.get(name, 0.0) > 0
        ]
        return max(1, int(min(times, default=1)))


Rule = Callable[[Allotment], Resources | None]
"""Returns what the trial shall have, or None to leave it as it is."""


def distribute(view: Allotment) -> Resources:
    """Give every trial an equal share of all there is."""
    return view.grown(min(view.share, view.reach))


def top(view: Allotment) -> Resources:
    """Give everything that is spare to the trial that leads, and the usual to all others."""
    leader = min(view.bests, key=lambda trial_id: (view.bests[trial_id], trial_id))
    return view.grown(view.reach if leader == view.trial.id else 1)


RULES: Mapping[str, Rule] = {"distribute": distribute, "top": top}


def amounts(resources: Resources) -> dict[str, float]:
    """Return what all bundles hold together."""
    summed: dict[str, float] = {}
    for bundle in resources.bundles:
        for name, amount in bundle.items():
            summed[name] = summed.get(name, 0.0) + amount
    return summed


def fits(wanted: Mapping[str, float], room: Mapping[str, float]) -> bool:
    """Tell whether there is room; what `room` does not name has no bound."""
    return all(amount <= room.get(name, inf) + _SLACK for name, amount in wanted.items())


def _is_broken(gpus: float) -> bool:
    return gpus > 1 + _SLACK and abs(gpus - round(gpus)) > _SLACK
