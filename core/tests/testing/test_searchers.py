"""The searchers of the core keep to what is asked of every searcher; who does not is caught."""

import pytest

from tunesmith.plugins import SearcherSpec, resolve
from tunesmith.testing import searchers
from tunesmith.testing.searchers import EVERY_KIND, SearcherConformance, Trials
from tunesmith.testing.standards import dropped, since, skip_later_rules

HASHES = "test_processes_and_hash_seeds_agree"


class TestRandom(SearcherConformance):
    """Random search."""

    searcher = "random"


class TestGrid(SearcherConformance):
    """Grid search, of three values for each continuous parameter."""

    searcher = "grid"
    options = {"points": 3}  # noqa: RUF012 (as in every test module)

    @pytest.mark.xfail(strict=True, reason="it tries every combination in order, without chance")
    def test_seeds_differ(self):
        """The order is that of the space."""
        super().test_seeds_differ()


class Silent(SearcherConformance):
    test_a_finite_space_does_not_hang = None

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
    names = {"options_are_declared", "both_ends_are_reached", "a_finite_space_does_not_hang"}
    assert set(dropped(Silent, SearcherConformance)) == {f"test_{name}" for name in names}
    assert dropped(TestRandom, SearcherConformance) == []


def test_later_rules_hold_for_later_plugins_only():
    """A rule of interface 1.1 is skipped for a plugin written for 1.0."""

    @since(1, 1)
    def rule():
        pass

    skip_later_rules(rule, SearcherSpec(name="x", factory="x:y", api="1.1"))
    with pytest.raises(pytest.skip.Exception, match=r"interface 1\.1; 'x' declares '1\.0'"):
        skip_later_rules(rule, SearcherSpec(name="x", factory="x:y", api="1.0"))


def suite(name):
    """Return the suite of a spoilt searcher."""
    return type(name, (SearcherConformance,), {"searcher": f"spoilt_searchers:{name}"})


@pytest.mark.parametrize("name", ["Random", "Greedy", "Climber"])
def test_sound_searchers_pass(broken, name):
    """One that draws, one that is greedy and one that takes steps are not accused."""
    assert broken(suite(name), leaving_out={HASHES}) == {}


@pytest.mark.parametrize(
    ("name", "rule", "message"),
    [
        ("FollowsEarly", "stopped_trials_are_not_taken_for_complete", "followed stopped trials"),
        ("FollowsFailures", "failed_trials_are_not_taken_for_good", "followed failed trials"),
        ("WaitsForFailed", "trials_without_values_are_survived", "answered None to suggest()"),
        ("Halves", "batches_are_whole", "2 suggestions for 4 trials"),
        ("Narrow", "both_ends_are_reached", "nearest to the first value of a domain, from 0 to 1,"),
        ("ConstantSeed", "seeds_differ", "the experiment's seed changes nothing"),
        ("NoGrid", "grids_are_walked", "of 8 cells came, in 9 trials"),
        ("NoEnd", "grids_are_walked", "8 of 8 cells came, in 9 trials"),
        ("StateDraws", "saved_state_loses_nothing", "restored, or told the same"),
        ("StateIsNoBytes", "saved_state_loses_nothing", "which is no bytes"),
        ("ChangesAdopted", "trials_from_elsewhere_are_taken", "in adopt(); copy it first"),
        ("SeedsRandom", "others_random_numbers_stay", "the generators of random that all share"),
        ("SeedsNumpy", "others_random_numbers_stay", "the generators of numpy.random that all"),
        ("Hasty", "policies_are_known", "has the pace 'fast'; expected one of"),
        ("Nosy", "policies_are_known", "the spec of 'Nosy': Invalid enum value 'all'"),
    ],
)
def test_a_broken_rule_is_named(broken, name, rule, message):
    """Each spoilt searcher fails the test of the rule that it breaks, and no other one."""
    flaws = broken(suite(name), leaving_out={HASHES})
    assert set(flaws) == {f"test_{rule}"}
    assert message in flaws[f"test_{rule}"]


def test_dependence_on_hashes_is_caught(broken):
    """Also where it shows late only; of two strings, a process in two has the other order."""
    assert set(broken(suite("HashSeed"))) == {HASHES}


def test_one_that_waits_for_nothing_is_caught(broken):
    """None is no answer while there is nothing left that could be observed."""
    flaws = broken(suite("GivesUp"), leaving_out={HASHES})
    assert "none of its trials is under way" in flaws["test_suggestions_are_in_the_space"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("Mute", "has no method suggest(), which every searcher needs"),
        ("Deaf", "has no method observe(), which every searcher needs"),
        ("ChangesConfig", "changed what it was told in observe()"),
        ("ChangesMetrics", "changed what it was told in observe()"),
    ],
)
def test_what_no_test_lets_pass_is_named(broken, name, message):
    """What breaks all of them says the same in each, in words."""
    flaws = broken(suite(name), leaving_out={HASHES})
    assert len(flaws) > 5
    assert all(message in flaw for flaw in flaws.values())


def test_a_failing_rule_tells_what_it_compared():
    """Pytest rewrites the suites' own assertions like those of a test module."""
    assert type(searchers.__spec__.loader).__name__ == "AssertionRewritingHook"


def test_foreign_types_are_caught():
    """A float where an int belongs is named, with the fix."""
    trials = Trials(resolve("searcher", "random"), EVERY_KIND)
    config = trials.suggest("0001")
    with pytest.raises(AssertionError, match="return the builtin ones"):
        trials.check("0001", {**config, "n": float(config["n"])})
