"""Who does not keep to what is asked of every scheduler is caught, each by the rule it breaks."""

import pytest

from tunesmith.testing.schedulers import SchedulerConformance

HASHES, CHANCE = "test_processes_and_hash_seeds_agree", "test_whatever_happens"
SAVED = "test_saved_state_loses_nothing"
ALL_END, NOT_WAITED = "test_every_trial_comes_to_an_end", "test_failed_trials_are_not_waited_for"


def suite(name):
    """Return the suite of a spoilt scheduler."""
    fields = {"scheduler": f"spoilt_schedulers:{name}", "examples": 20}
    return type(name, (SchedulerConformance,), fields)


@pytest.mark.parametrize("name", ["Stopping", "Pausing"])
def test_sound_schedulers_pass(broken, name):
    """One that stops trials and one that pauses them are not accused."""
    assert broken(suite(name), leaving_out={HASHES}) == {}


@pytest.mark.parametrize(
    ("name", "rules", "message"),
    [
        ("HashSeed", {HASHES}, "another process (PYTHONHASHSEED="),
        ("Forgetful", {SAVED}, "once "),
        ("StateIsNoBytes", {SAVED}, "which is no bytes"),
        ("PausesForever", {ALL_END, NOT_WAITED, SAVED}, "took up none of them"),
        ("WaitsForFailed", {NOT_WAITED}, "took up none of them"),
    ],
)
def test_a_broken_rule_is_named(broken, name, rules, message):
    """Each spoilt scheduler fails the tests of the rule that it breaks, and no other ones."""
    hashes = () if name == "HashSeed" else (HASHES,)
    flaws = broken(suite(name), leaving_out={*hashes, CHANCE})
    assert set(flaws) == rules
    assert all(message in flaw for flaw in flaws.values())


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("Undeclared", "declare Capabilities(pauses=True)"),
        ("ForksUndeclared", "declare Capabilities(needs_checkpoints=True)"),
        ("CompletesEarly", "at 1 of 9, so that searchers take the trial for trained to its end"),
        ("CutsAtTheEnd", "at 9 of 9, so that searchers take the trial for cut short"),
        ("ChangesAdded", "on_trial_add(): changed what it was told"),
        ("Undecided", "has no method on_result(trial, result), which every one needs"),
    ],
)
def test_what_no_test_lets_pass_is_named(broken, name, message):
    """What breaks all of them says the same in each, in words."""
    flaws = broken(suite(name), leaving_out={HASHES, CHANCE})
    assert len(flaws) > 2
    assert all(message in flaw for flaw in flaws.values())
