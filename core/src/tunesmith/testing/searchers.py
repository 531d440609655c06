"""Conformance of searchers: what every searcher must keep to, whatever it is told.

class TestMySearcher(SearcherConformance):
    searcher = "mine"
    options = {"n_startup_trials": 5}
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from random import Random
from typing import Any, ClassVar

import pytest

from tunesmith._run.seeds import Seeds
from tunesmith.errors import CapabilityError, OptionError
from tunesmith.plugins import Choice, SearcherSpec, default_registry, resolve
from tunesmith.plugins.factories import check_options, load_factory
from tunesmith.plugins.options import declared_options
from tunesmith.plugins.pairing import Demands, check_capabilities
from tunesmith.protocols import (
    Config,
    Objective,
    Observation,
    ObservationStatus,
    Problem,
    SearchExhausted,
)
from tunesmith.space import (
    TranslationError,
    choice,
    loguniform,
    ordinal,
    parse_space,
    randint,
    randn,
    translate,
    uniform,
)
from tunesmith.testing.standards import dropped, skip_later_rules

END = 9.0
"""The experiment's last resource."""

ATTEMPTS = 100
"""So many infeasible suggestions in a row are too many, with half of the space feasible."""

EVERY_KIND: Mapping[str, Any] = {
    "x": uniform(-1, 1),
    "lr": loguniform(1e-4, 1),
    "n": randint(0, 4),
    "act": choice(["relu", "tanh"]),
    "width": ordinal([16, 32, 64]),
    "shift": randn(0, 1),
}
CONDITIONAL: Mapping[str, Any] = {
    "x": uniform(-1, 1),
    "kind": choice([{"name": "sgd", "momentum": uniform(0, 1)}, {"name": "adam"}]),
}
FINITE: Mapping[str, Any] = {"n": randint(0, 4), "act": choice(["relu", "tanh"])}
COUNTS: Mapping[str, int] = {"n": 4, "act": 2}


class Trials:
    """A searcher at work: every suggestion is checked, and each trial told as the core would."""

    def __init__(
        self, chosen: Choice[SearcherSpec], space: Mapping[str, Any], *, objectives: int = 1
    ) -> None:
        self.spec, self.partial = chosen.spec, chosen.partial
        self.translation = translate(
            parse_space(_shown(space, chosen.spec)), chosen.spec.capabilities.vocabulary
        )
        problem = Problem(
            space=self.translation.space,
            objectives=tuple(Objective(f"loss{i}", "min") for i in range(objectives)),
            seeds=Seeds(5),
            max_concurrent=4,
            max_resource=END,
        )
        self.space = problem.space
        self.searcher = chosen.create(problem)
        self.configs: dict[str, Config] = {}
        self.chance = Random(7)  # noqa: S311 (losses that are the same each time)

    def suggest(self, trial: str) -> Config | None:
        """Return a checked suggestion; None where the search is over or waits for results."""
        try:
            config: Config | None = self.searcher.suggest(trial)
        except SearchExhausted:
            return None
        return config if config is None else self.check(trial, config)

    def check(self, trial: str, config: Config) -> Config:
        """Hold a suggestion against the space, types included."""
        valid = self.space.validate(config)
        types = {path: type(value) for path, value in config.items()}
        wanted = {path: type(value) for path, value in valid.items()}
        assert types == wanted, (
            f"{self.spec.name!r} suggested {config!r} with the types {types}; return the builtin"
            " ones, for instance by Space.validate or from_unit"
        )
        self.translation.decode(config)
        self.configs[trial] = dict(config)
        return config

    def tell(
        self,
        trial: str,
        *values: float,
        status: ObservationStatus = "completed",
        resource: float = END,
        config: Config | None = None,
    ) -> None:
        """Pass on one observation."""
        about = dict(self.configs[trial]) if config is None else config
        self.searcher.observe(Observation(trial, about, values, resource, status))

    def cut(self, trial: str, value: float, config: Config | None = None) -> None:
        """Tell of a trial that was stopped at resource 1, as the searcher's policy has it."""
        if self.partial == "all":
            self.tell(trial, value, status="running", resource=1.0, config=config)
        told = () if self.partial in ("ignore", "aligned") else (value,)
        self.tell(trial, *told, status="stopped", resource=1.0, config=config)

    def run(self, steps: int, *, pending: int = 0, first: int = 0, values: int = 1) -> list[Config]:
        """Return the suggestions of so many trials, of which the last `pending` stay open."""
        made: list[Config] = []
        for i in range(first, first + steps):
            config = self.suggest(f"{i:04}")
            if config is None:
                break
            made.append(config)
            done = f"{i - pending:04}"
            if i - pending >= first:
                self.tell(done, *(self.chance.random() for _ in range(values)))
        return made

    def until(self, steps: int, is_enough: Callable[[list[Config]], bool]) -> list[Config]:
        """Return the suggestions of at most so many trials, fewer where these are enough."""
        made: list[Config] = []
        for first in range(0, steps, 10):
            made += self.run(10, first=first)
            if is_enough(made):
                break
        return made


def trace(searcher: str, options: Mapping[str, Any]) -> list[Config]:
    """Return the first suggestions of a searcher, for comparison between processes."""
    chosen = resolve("searcher", {"name": searcher, **options})
    return Trials(chosen, {**EVERY_KIND, **CONDITIONAL}).run(30, pending=2)


class SearcherConformance:
    """Subclass this in a test module and set `searcher` to the name of yours, installed.

    `options` are what it is made with. A test that cannot hold is overridden with
    `@pytest.mark.xfail(strict=True, reason="...")`.
    """

    searcher: str
    options: Mapping[str, Any] = {}
    steps: ClassVar[int] = 130

    @property
    def chosen(self) -> Choice[SearcherSpec]:
        """The searcher as it would be chosen in an experiment."""
        return resolve("searcher", {"name": self.searcher, **self.options}, default_registry())

    def trials(self, space: Mapping[str, Any] = EVERY_KIND, objectives: int = 1) -> Trials:
        """Return the searcher at work on a space, as far as it takes it."""
        return Trials(self.chosen, space, objectives=objectives)

    @pytest.fixture(autouse=True)
    def _hold_to_known_rules(self, request: pytest.FixtureRequest) -> None:
        skip_later_rules(request.function, self.chosen.spec)

    def test_no_standard_test_is_dropped(self) -> None:
        """Every test of this suite stands. Fix: mark an override xfail(strict=True, reason=...)."""
        missing = dropped(type(self), SearcherConformance)
        assert not missing, f"deleted or overridden without a reason: {', '.join(missing)}"

    def test_options_are_declared(self) -> None:
        """Each option is named, an unknown one refused. Fix: spell them out, without **kwargs."""
        spec = self.chosen.spec
        factory = load_factory(spec)
        assert set(self.options) <= set(declared_options(spec, factory))
        with pytest.raises(OptionError, match="has no option 'no_such_option'"):
            check_options(spec, factory, {**self.options, "no_such_option": 1})

    @pytest.mark.parametrize("pending", [0, 1, 4])
    def test_suggestions_are_in_the_space(self, pending: int) -> None:
        """Also with trials pending, and in builtin types. Fix: decode by tunesmith.space."""
        trials = self.trials()
        made = trials.run(self.steps if pending == 1 else 30, pending=pending)
        assert made, "there was not a single suggestion; return one while nothing is known"

    def test_both_ends_are_reached(self) -> None:
        """The first and the last value of each domain come. Fix: bounds are inclusive."""

        def lacking(made: list[Config]) -> dict[str, set[Any]]:
            seen = {path: {config[path] for config in made} for path in made[0]}
            return {path: found for path, found in seen.items() if len(found) < COUNTS[path]}

        def ends(made: list[Config]) -> tuple[float, float]:
            places = [config["x"] for config in made]
            return min(places), max(places)

        made = self.trials(FINITE).until(80, lambda made: not lacking(made))
        assert not lacking(made), f"only these values came: {lacking(made)}"
        trials = self.trials({"x": EVERY_KIND["x"]})
        made = trials.until(100, lambda made: ends(made)[0] < -0.8 < 0.8 < ends(made)[1])
        low, high = ends(made)
        assert low < -0.8, f"the least was {low}, of a range from -1 to 1"
        assert high > 0.8, f"the greatest was {high}, of a range from -1 to 1"

    def test_processes_and_hash_seeds_agree(self) -> None:
        """A seed settles the search. Fix: draw from problem.rng or .seed, iterate over no sets."""
        call = f"trace({self.searcher!r}, json.loads({json.dumps(dict(self.options))!r}))"
        script = f"import json; from tunesmith.testing.searchers import trace; print({call})"
        # This process has a hash seed of its own, and has searched before.
        seed = "2" if os.environ.get("PYTHONHASHSEED") == "1" else "1"
        done = subprocess.run(  # noqa: S603 (our own interpreter)
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        here = f"{trace(self.searcher, self.options)}\n"
        assert done.stdout == here, "two processes suggested differently"

    def test_batches_are_whole(self) -> None:
        """`suggest_batch` answers for each trial. Fix: a list with one entry per id, or None."""
        trials = self.trials()
        trials.run(12)
        names = [f"b{i}" for i in range(4)]
        if hasattr(trials.searcher, "suggest_batch"):
            made = trials.searcher.suggest_batch(names)
            assert len(made) == len(names)
        else:
            made = [trials.suggest(name) for name in names]
        for name, config in zip(names, made, strict=True):
            assert config is None or trials.check(name, config)

    @pytest.mark.parametrize("status", ["failed", "completed", "stopped", "infeasible"])
    def test_trials_without_values_are_survived(self, status: ObservationStatus) -> None:
        """Nothing but failures or NaN. Fix: `values` may be empty, whatever the status."""
        trials = self.trials()
        for i in range(25):
            if trials.suggest(str(i)) is not None:
                trials.tell(str(i), status=status, resource=0.0)

    def test_strange_news_is_survived(self) -> None:
        """Repeated, late and unknown. Fix: look the trial up, and learn or pass over the rest."""
        trials = self.trials()
        trials.run(12, pending=2)
        unknown = trials.space.draw(Random(1))  # noqa: S311 (the same each time)
        for _ in range(2):
            trials.tell("0003", 0.5)
            trials.tell("9999", 0.25, config=dict(unknown))
            if self.chosen.partial == "all":
                trials.tell("0004", 0.5, status="running", resource=1.0)
                trials.tell("8888", 0.5, status="paused", resource=3.0, config=dict(unknown))
        trials.run(12, first=100)

    def test_infeasible_suggestions_give_way(self) -> None:
        """Refused, a trial is asked for again. Fix: do not insist on what was infeasible."""
        trials = self.trials({name: EVERY_KIND[name] for name in ("x", "n")})
        for number in range(20):
            trial = f"{number:04}"
            for _ in range(ATTEMPTS):
                if (config := trials.suggest(trial)) is None:
                    return  # the space is tried out
                if config["x"] <= 0:
                    break
                trials.tell(trial, status="infeasible", resource=0.0)
            else:
                pytest.fail(f"{ATTEMPTS} infeasible suggestions in a row, the last: {config!r}")
            trials.tell(trial, trials.chance.random())

    def test_trials_from_elsewhere_are_taken(self) -> None:
        """Points to evaluate are adopted, earlier runs observed. Fix: pass over none of them."""
        trials = self.trials()
        for number in range(6):
            config = trials.space.draw(trials.chance)
            if number % 2 and hasattr(trials.searcher, "adopt"):
                trials.searcher.adopt(f"{number:04}", dict(config))
            trials.tell(f"{number:04}", trials.chance.random(), config=config)
        if hasattr(trials.searcher, "adopt"):
            trials.searcher.adopt("0006", trials.space.draw(trials.chance))
        assert trials.run(12, pending=1, first=7)

    def test_stopped_trials_are_not_taken_for_complete(self) -> None:
        """Early values lead nowhere. Fix: compare at one `resource`, or declare partial="ignore".

        All early values are far better than all final ones; most of those that stayed without a
        final one are in one place, of which a fair searcher has no reason to be fond.
        """
        if self.chosen.partial in ("last", "best"):
            return  # the core then settles what such a trial is worth
        trials = self.trials({"x": EVERY_KIND["x"]})
        for i in range(16):
            if (config := trials.suggest(f"a{i}")) is None:
                return  # the space is tried out
            if self.chosen.partial == "all":
                trials.tell(f"a{i}", -100.0, status="running", resource=1.0)
            trials.tell(f"a{i}", abs(config["x"] - 0.8))
            trials.cut(f"b{i}", -100.0, {"x": -0.8 + i / 1000})
        made = [config["x"] for i in range(10) if (config := trials.suggest(f"c{i}"))]
        lured = [x for x in made if -0.9 < x < -0.7]
        assert len(lured) <= 6, f"{len(lured)} of {len(made)} suggestions followed stopped trials"

    def test_a_finite_space_does_not_hang(self) -> None:
        """It ends or repeats. Fix: raise SearchExhausted, again at each further call."""
        trials = self.trials({"n": FINITE["n"]})
        if len(trials.run(40)) < 40:
            assert trials.suggest("more") is None

    def test_conditions_are_kept_or_refused(self) -> None:
        """Inactive parameters are absent. Fix: declare `conditional` only if that holds."""
        spec, space = self.chosen.spec, parse_space(CONDITIONAL)
        try:
            translate(space, spec.capabilities.vocabulary)
        except TranslationError:
            with pytest.raises(CapabilityError, match=repr(spec.name)):
                self._demand(Demands(space))
            return
        trials = Trials(self.chosen, CONDITIONAL)
        kinds = {len(trials.translation.decode(config)) for config in trials.run(40)}
        assert kinds == {2, 3}, "only one branch of a choice was ever suggested"

    def test_several_objectives_are_taken_or_refused(self) -> None:
        """As declared. Fix: `multi_objective` says whether `values` may have several entries."""
        if self.chosen.spec.capabilities.multi_objective:
            assert self.trials(objectives=2).run(20, values=2)
        else:
            with pytest.raises(CapabilityError, match=repr(self.searcher)):
                self._demand(Demands(parse_space({"x": uniform(0, 1)}), ("a", "b")))

    def _demand(self, demands: Demands) -> None:
        registry = default_registry()
        fifo = resolve("scheduler", "fifo", registry).spec
        check_capabilities(self.chosen.spec, fifo, demands, registry)

    @pytest.mark.parametrize("steps", [0, 1, 7, 25])
    def test_saved_state_loses_nothing(self, steps: int) -> None:
        """Restored, it suggests the same. Fix: save generators, models and pending trials too."""
        left, right = self.trials(), self.trials()
        saves = hasattr(left.searcher, "state")
        assert saves == hasattr(left.searcher, "restore"), "state and restore come together"
        left.run(steps, pending=min(steps, 2))
        if saves:
            right.searcher.restore(left.searcher.state())
            right.configs, right.chance = dict(left.configs), left.chance
        else:
            right.run(steps, pending=min(steps, 2))
        state = left.chance.getstate()
        expected = left.run(6, first=100)
        right.chance.setstate(state)
        assert right.run(6, first=100) == expected


def _shown(space: Mapping[str, Any], spec: SearcherSpec) -> dict[str, Any]:
    """Return the parameters of a space that the searcher can take."""
    shown = {}
    for name, domain in space.items():
        try:
            translate(parse_space({name: domain}), spec.capabilities.vocabulary)
        except TranslationError:
            continue
        shown[name] = domain
    return shown
