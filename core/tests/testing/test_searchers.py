"""The searchers of the core keep to what is asked of every searcher; who does not is caught."""

import pytest
from msgspec.structs import replace

from tunesmith.plugins import SearcherSpec, resolve
from tunesmith.testing.searchers import EVERY_KIND, SearcherConformance, Trials
from tunesmith.testing.standards import dropped, since, skip_later_rules


class TestRandom(SearcherConformance):
    """Random search."""

    searcher = "random"


class TestGrid(SearcherConformance):
    """Grid search, of three values for each continuous parameter."""

    searcher = "grid"
    options = {"points": 3}  # noqa: RUF012 (as in every test module)


class Silent(SearcherConformance):
    test_batches_are_whole = None

    def test_options_are_declared(self):
        """Overridden without a reason."""

    @pytest.mark.xfail(reason="not strict")
    def test_both_ends_are_reached(self):
        """Overridden with a reason that is not strict."""

    @pytest.mark.xfail(strict=True, reason="its library has no such state")
    def test_saved_state_loses_nothing(self):
        """Overridden with a reason."""


def test_dropped_tests_are_named():
    """Deleted and overridden ones, unless a strict xfail says why."""
    names = ["test_options_are_declared", "test_both_ends_are_reached", "test_batches_are_whole"]
    assert dropped(Silent, SearcherConformance) == names
    assert dropped(TestRandom, SearcherConformance) == []


def test_later_rules_hold_for_later_plugins_only():
    """A rule of interface 1.1 is skipped for a plugin written for 1.0."""

    @since(1, 1)
    def rule():
        pass

    skip_later_rules(rule, SearcherSpec(name="x", factory="x:y", api="1.1"))
    with pytest.raises(pytest.skip.Exception, match=r"interface 1\.1; 'x' declares '1\.0'"):
        skip_later_rules(rule, SearcherSpec(name="x", factory="x:y", api="1.0"))


class Fond:
    """Follows the trial whose last value is best, whatever its resource."""

    def __init__(self, problem):
        self.space, self.rng = problem.space, problem.rng("fond")
        self.told = {}

    def suggest(self, trial_id):
        if not self.told:
            return self.space.draw(self.rng)
        return min(self.told.values(), key=lambda observation: observation.values[0]).config

    def observe(self, observation):
        if observation.values:
            self.told[observation.trial_id] = observation


class Insistent(Fond):
    """Suggests the first trial's configuration for ever, and knows no trials but its own."""

    def suggest(self, trial_id):
        self.told.setdefault(trial_id, {"x": 0.5, "n": 1})
        return self.told[trial_id]

    def observe(self, observation):
        self.told[observation.trial_id]


def suite(factory):
    """Return the suite of a searcher that is not installed."""

    class Suite(SearcherConformance):
        @property
        def chosen(self):
            random = resolve("searcher", "random")
            spec = replace(random.spec, name="spoilt", partial="all")
            return replace(random, spec=spec, factory=factory)

    return Suite()


def test_a_searcher_that_follows_early_values_is_caught():
    """The test of stopped trials fails for it."""
    with pytest.raises(AssertionError, match="followed stopped trials"):
        suite(Fond).test_stopped_trials_are_not_taken_for_complete()
    with pytest.raises(AssertionError, match="only"):
        suite(Fond).test_both_ends_are_reached()


def test_a_searcher_that_insists_or_knows_its_own_trials_only_is_caught():
    """One names the suggestion that came again and again, the other is the searcher's own error."""
    with pytest.raises(pytest.fail.Exception, match=r"100 infeasible .* the last: {'x': 0.5"):
        suite(Insistent).test_infeasible_suggestions_give_way()
    with pytest.raises(KeyError, match="0000"):
        suite(Insistent).test_trials_from_elsewhere_are_taken()


def test_foreign_types_are_caught():
    """A float where an int belongs is named, with the fix."""
    trials = Trials(resolve("searcher", "random"), EVERY_KIND)
    config = trials.suggest("0001")
    with pytest.raises(AssertionError, match="return the builtin ones"):
        trials.check("0001", {**config, "n": float(config["n"])})
