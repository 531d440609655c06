"""Schedulers of which each breaks one rule: the module is imported by name, also elsewhere."""

import pickle

from tunesmith.plugins import Capabilities, SchedulerSpec
from tunesmith.protocols import Continue, Fork, Pause, Stop

PAUSES = Capabilities(pauses=True)


class Halving:
    """Stops at 3 whoever is worse than half of those before, and at the end everyone."""

    def __init_subclass__(cls, *, able=None):
        cls.spec = SchedulerSpec(
            name=cls.__name__,
            factory=f"{__name__}:{cls.__name__}",
            api="1.0",
            capabilities=able or Capabilities(),
        )

    def __init__(self, problem):
        self.end = problem.max_resource
        self.seen = {}

    def on_result(self, trial, result):
        if result.resource >= self.end:
            return Stop("end", complete=True)
        if result.resource >= 3 and trial.id not in self.seen:
            better = sum(value < result.values[0] for value in self.seen.values())
            self.seen[trial.id] = result.values[0]
            if 2 * better > len(self.seen):
                return Stop("worse than half")
        return Continue()

    def state(self):
        return pickle.dumps(self.seen)

    def restore(self, state):
        self.seen = pickle.loads(state)  # noqa: S301 (its own)


class Stopping(Halving):
    """The sound one itself."""


class Pausing(Halving, able=PAUSES):
    """Pauses at 3 instead, and takes up the best once nothing else comes."""

    def on_result(self, trial, result):
        decision = super().on_result(trial, result)
        return Pause("waits") if type(decision) is Stop and not decision.complete else decision

    def next_trial(self, view):
        best = sorted(view.paused, key=lambda trial: (self.seen[trial], trial))
        return next(iter([*view.pending, *best]), None)


class HashSeed(Halving):
    def next_trial(self, view):
        return next(iter(set(view.pending)), None)


class Forgetful(Halving):
    def restore(self, state):
        pass


class StateIsNoBytes(Halving):
    def state(self):
        return dict(self.seen)


class PausesForever(Pausing, able=PAUSES):
    def next_trial(self, view):
        return next(iter(view.pending), None)


class WaitsForFailed(Pausing, able=PAUSES):
    """Pauses all at their first report, and goes on when as many did as were added."""

    def __init__(self, problem):
        super().__init__(problem)
        self.added = 0

    def on_trial_add(self, trial):
        self.added += 1

    def on_result(self, trial, result):
        if trial.id in self.seen:
            return Stop("end", complete=True) if result.resource >= self.end else Continue()
        self.seen[trial.id] = result.values[0]
        return Pause("waits")

    def next_trial(self, view):
        is_whole = len(self.seen) == self.added
        return next(iter([*view.pending, *(view.paused if is_whole else ())]), None)

    def state(self):
        return pickle.dumps((self.seen, self.added))

    def restore(self, state):
        self.seen, self.added = pickle.loads(state)  # noqa: S301 (its own)


class Undeclared(Pausing):
    pass


class ForksUndeclared(Halving):
    def on_result(self, trial, result):
        return Fork("0001", dict(trial.config)) if result.resource == 2 else Continue()


class CompletesEarly(Halving):
    def on_result(self, trial, result):
        return Stop("enough", complete=True)


class CutsAtTheEnd(Halving):
    def on_result(self, trial, result):
        return Stop("end") if result.resource >= self.end else Continue()


class ChangesAdded(Halving):
    def on_trial_add(self, trial):
        trial.config["x"] = 0.123


class Undecided:
    def __init__(self, problem):
        pass
