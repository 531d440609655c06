"""Conformance of searchers: what every searcher must keep to, whatever it is told.

class TestMySearcher(SearcherConformance):
    searcher = "mine"
    options = {"n_startup_trials": 5}
"""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any, ClassVar, get_args

import msgspec
import pytest

from tunesmith.errors import CapabilityError, OptionError
from tunesmith.plugins import Choice, Pace, SearcherSpec, default_registry, resolve
from tunesmith.plugins.factories import check_options, load_factory
from tunesmith.plugins.options import declared_options
from tunesmith.plugins.pairing import Demands, check_capabilities
from tunesmith.protocols import Config, ObservationStatus
from tunesmith.space import TranslationError, parse_space, translate, uniform
from tunesmith.testing.generators import move_shared_generators, shared_generators
from tunesmith.testing.processes import assert_same_everywhere
from tunesmith.testing.standards import dropped, skip_later_rules
from tunesmith.testing.trials import CONDITIONAL, EVERY_KIND, FINITE, Loss, Trials, trace

ATTEMPTS = 100
"""So many infeasible suggestions in a row are too many, with half of the space feasible."""

LURED = 0.75
"""The share of suggestions that shows what they follow, of which chance would have a half."""


class SearcherCase:
    """What every group of rules shares: how the searcher is chosen and made.

    `steps` is how many suggestions the longest tests ask for.
    """

    searcher: str
    options: Mapping[str, Any] = {}
    steps: ClassVar[int] = 130

    @property
    def chosen(self) -> Choice[SearcherSpec]:
        """The searcher as it would be chosen in an experiment."""
        return resolve("searcher", {"name": self.searcher, **self.options}, default_registry())

    def trials(self, space: Mapping[str, Any] = EVERY_KIND, **problem: Any) -> Trials:
        """Return the searcher at work on a space, as far as it takes it."""
        return Trials(self.chosen, space, **problem)

    @pytest.fixture(autouse=True)
    def _hold_to_known_rules(self, request: pytest.FixtureRequest) -> None:
        skip_later_rules(request.function, self.chosen.spec)

    def _demand(self, demands: Demands) -> None:
        registry = default_registry()
        fifo = resolve("scheduler", "fifo", registry).spec
        check_capabilities(self.chosen.spec, fifo, demands, registry)


class DeclarationConformance(SearcherCase):
    """What its spec says of it is so."""

    def test_options_are_declared(self) -> None:
        """Each option is named, an unknown one refused. Fix: spell them out, without **kwargs."""
        spec = self.chosen.spec
        factory = load_factory(spec)
        assert set(self.options) <= set(declared_options(spec, factory))
        with pytest.raises(OptionError, match="has no option 'no_such_option'"):
            check_options(spec, factory, {**self.options, "no_such_option": 1})

    def test_policies_are_known(self) -> None:
        """`pace`, `partial` and `observes` are what the core knows. Fix: see SearcherSpec."""
        spec, paces = self.chosen.spec, get_args(Pace)
        try:
            msgspec.convert(msgspec.to_builtins(spec), SearcherSpec)
        except msgspec.ValidationError as error:
            pytest.fail(f"the spec of {spec.name!r}: {error}")
        pace = getattr(self.trials().searcher, "pace", None)
        assert pace in (None, *paces), (
            f"{spec.name!r} has the pace {pace!r}; expected one of {', '.join(map(repr, paces))}"
        )

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
            with pytest.raises(CapabilityError, match=repr(self.chosen.spec.name)):
                self._demand(Demands(parse_space({"x": uniform(0, 1)}), ("a", "b")))

    def test_grids_are_walked(self) -> None:
        """Declared `grid`, each cell comes once. Fix: without that, the core walks them."""
        if not self.chosen.spec.capabilities.grid:
            return
        trials = self.trials(FINITE)
        made = trials.run(9)
        cells = {tuple(config.values()) for config in made}
        assert len(made) == len(cells) == 8, f"{len(cells)} of 8 cells came, in {len(made)} trials"
        assert trials.is_exhausted, "all 8 cells are tried: raise SearchExhausted"


class SuggestionConformance(SearcherCase):
    """Where its suggestions may lie, and where they have to."""

    @pytest.mark.parametrize("pending", [0, 1, 4])
    def test_suggestions_are_in_the_space(self, pending: int) -> None:
        """Also with trials pending, and in builtin types. Fix: decode by tunesmith.space."""
        trials = self.trials()
        made = trials.run(self.steps if pending == 1 else 30, pending=pending)
        assert made, "there was not a single suggestion; return one while nothing is known"

    @pytest.mark.parametrize("end", ["first", "last"])
    def test_both_ends_are_reached(self, end: str) -> None:
        """The first and the last value of each domain come, being best. Fix: bounds are inclusive.

        Of a range it is the outermost tenth, which chance misses with a probability of 3e-5. A
        search that steps about the middle as long as options matter more has to get there without.
        """
        distances = self._distances({"x": EVERY_KIND["x"], **FINITE}, end)
        if distances.keys() == {"x"}:
            distances = self._distances({"x": EVERY_KIND["x"]}, end)
        assert not distances, (
            f"in 100 suggestions, the nearest to the {end} value of a domain, from 0 to 1, were"
            f" {distances}"
        )

    def _distances(self, space: Mapping[str, Any], end: str) -> dict[str, float]:
        """Return how near to an end suggestions came, where that was more than a tenth away."""
        trials = self.trials(space)

        def measure(config: Config) -> dict[str, float]:
            nested = trials.translation.decode(config)
            places = {"x": lambda x: (x + 1) / 2, "n": lambda n: n / 3, "act": "tanh".__eq__}
            found = {name: float(places[name](value)) for name, value in nested.items()}
            return found if end == "first" else {name: 1 - at for name, at in found.items()}

        made: list[dict[str, float]] = []
        far: dict[str, float] = {}
        for first in range(0, 100, 10):
            configs = trials.run(10, first=first, loss=lambda config: sum(measure(config).values()))
            made += map(measure, configs)
            nearest = {name: min(each[name] for each in made) for name in made[0]}
            far = {name: distance for name, distance in nearest.items() if distance > 0.1}
            if not far:
                break
        return far

    def test_batches_are_whole(self) -> None:
        """`suggest_batch` answers for each trial. Fix: a list with one entry per id, or None."""
        trials = self.trials()
        trials.run(12)
        if not hasattr(trials.searcher, "suggest_batch"):
            return
        names = [f"b{i}" for i in range(4)]
        made = trials.searcher.suggest_batch(names)
        assert len(made) == len(names), f"{len(made)} suggestions for {len(names)} trials"
        for name, config in zip(names, made, strict=True):
            assert config is None or trials.check(name, config)

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

    def test_a_finite_space_does_not_hang(self) -> None:
        """It ends or repeats. Fix: raise SearchExhausted, again at each further call."""
        trials = self.trials({"n": FINITE["n"]})
        if len(trials.run(40)) < 40:
            assert trials.suggest("more") is None


class ObservationConformance(SearcherCase):
    """What it makes of what it is told."""

    @pytest.mark.parametrize("status", ["failed", "completed", "stopped", "infeasible"])
    def test_trials_without_values_are_survived(self, status: ObservationStatus) -> None:
        """Nothing but failures or NaN. Fix: `values` may be empty, and the trial is over."""
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

    def test_trials_from_elsewhere_are_taken(self) -> None:
        """Points to evaluate are adopted, earlier runs observed. Fix: pass over none of them."""
        trials = self.trials()
        for number in range(6):
            config = trials.space.draw(trials.chance)
            if number % 2:
                trials.adopt(f"{number:04}", config)
            trials.tell(f"{number:04}", trials.chance.random(), config=config)
        trials.adopt("0006", trials.space.draw(trials.chance))
        assert trials.run(12, pending=1, first=7)

    def test_stopped_trials_are_not_taken_for_complete(self) -> None:
        """Early values lead nowhere. Fix: compare at one `resource`, or declare partial="ignore".

        All early values are far better than all final ones, and best where those are worst.
        """
        if self.chosen.partial in ("last", "best"):
            return  # the core then settles what such a trial is worth
        self._lure("stopped")

    def test_failed_trials_are_not_taken_for_good(self) -> None:
        """No value leads nowhere. Fix: pass over a trial without `values`, or take it for bad."""
        self._lure("failed")

    def test_trials_beyond_a_limit_are_not_taken_for_good(self) -> None:
        """Declared `outcome_constraints`, no such value leads. Fix: learn `constraint_values`."""
        if self.chosen.spec.capabilities.outcome_constraints:
            self._lure("completed", limit=lambda config: -float(config["x"]))

    def _lure(self, status: ObservationStatus, *, limit: Loss | None = None) -> None:
        """Hold a searcher against chance, which goes wrong once in 3000 times (300: of 24 steps).

        Half of the trials complete, and are the better the nearer to 0.8. The others are at -0.8,
        where all is better, but beyond the `limit` if there is one.
        """
        trials = self.trials({"x": EVERY_KIND["x"]}, limit=limit)
        made: list[float] = []
        for i in range(16 + min(40, self.steps)):
            if (config := trials.suggest(f"a{i}")) is None:
                return  # the space is tried out
            if status == "stopped" and self.chosen.partial == "all":
                early = abs(config["x"] + 0.8) - 100
                trials.tell(f"a{i}", early, status="running", resource=1.0)
            is_beyond = limit is not None and config["x"] < 0
            trials.tell(f"a{i}", -100.0 if is_beyond else 1 + abs(config["x"] - 0.8))
            if i >= 16:
                made.append(config["x"])
            elif limit is not None:
                trials.tell(f"b{i}", -100.0, config={"x": -0.8 + i / 1000})
            elif status == "stopped":
                trials.cut(f"b{i}", -100.0, {"x": -0.8 + i / 1000})
            else:
                trials.tell(f"b{i}", status=status, config={"x": -0.8 + i / 1000})
        # To try what is next to a limit, on both sides, is no mistake.
        below = 0.0 if limit is None else -0.1
        lured = sum(x < below for x in made)
        assert lured <= LURED * len(made), (
            f"{lured} of {len(made)} suggestions followed {'limited' if limit else status} trials"
        )


class ReproductionConformance(SearcherCase):
    """The seed and what was observed settle a search, and nothing else does."""

    def test_processes_and_hash_seeds_agree(self) -> None:
        """A seed settles the search. Fix: draw from problem.rng or .seed, iterate over no sets."""
        definition = {"name": self.searcher, **self.options}
        assert_same_everywhere(trace, definition, min(60, self.steps))

    def test_seeds_differ(self) -> None:
        """Another seed is another search. Fix: draw from problem.rng or seed a library with .seed.

        A search without any chance in it says so: `@pytest.mark.xfail(strict=True, reason="...")`.
        """
        one, other = (self.trials(seed=seed).run(12) for seed in (1, 2))
        assert one != other, f"the experiment's seed changes nothing: twice {one}"

    def test_others_random_numbers_stay(self) -> None:
        """Only its own generators move. Fix: put those back that a library takes for itself."""
        steps = min(40, self.steps)
        self.trials().run(3)  # what is imported may do as it likes
        move_shared_generators()
        before = shared_generators()
        self.trials().run(steps, pending=1)
        after = shared_generators()
        moved = [name for name, state in before.items() if after[name] != state]
        assert not moved, (
            f"the generators of {' and '.join(moved)} that all share were seeded or drawn from"
        )

    @pytest.mark.parametrize("steps", [0, 1, 7, 25])
    def test_saved_state_loses_nothing(self, steps: int) -> None:
        """Restored, it suggests the same. Fix: save generators, models and pending trials too."""
        self._restore(self.trials(), self.trials(), steps)

    def test_saved_state_keeps_constraint_values(self) -> None:
        """Declared `outcome_constraints`, the same holds. Fix: save what was told of them, too."""
        if self.chosen.spec.capabilities.outcome_constraints:
            left, right = (self.trials(limit=lambda config: -config["x"]) for _ in range(2))
            self._restore(left, right, 25)

    def _restore(self, left: Trials, right: Trials, steps: int) -> None:
        saves = hasattr(left.searcher, "state")
        assert saves == hasattr(left.searcher, "restore"), "state and restore come together"
        left.run(steps, pending=min(steps, 2))
        if saves:
            saved = left.searcher.state()
            assert isinstance(saved, bytes), (
                f"state() returned {str(saved)[:80]}, which is no bytes; use pickle.dumps"
            )
            left.searcher.state()  # asked for again, it changes nothing
            right.searcher.restore(saved)
            right.configs, right.open = dict(left.configs), set(left.open)
            right.chance = left.chance
        else:
            right.run(steps, pending=min(steps, 2))
        state = left.chance.getstate()
        expected = left.run(6, first=100)
        right.chance.setstate(state)
        assert right.run(6, first=100) == expected, "restored, or told the same, it went elsewhere"


class SearcherConformance(
    DeclarationConformance, SuggestionConformance, ObservationConformance, ReproductionConformance
):
    """Subclass this in a test module and set `searcher` to the name of yours, installed.

    `options` are what it is made with. A test that cannot hold is overridden with
    `@pytest.mark.xfail(strict=True, reason="...")`.
    """

    def test_no_standard_test_is_dropped(self) -> None:
        """Every test of this suite stands. Fix: mark an override xfail(strict=True, reason=...)."""
        missing = dropped(type(self), SearcherConformance)
        assert not missing, f"deleted or overridden without a reason: {', '.join(missing)}"
