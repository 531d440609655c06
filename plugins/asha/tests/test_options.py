"""What the factory accepts, and how the rungs are laid out."""

import subprocess
import sys
from collections import Counter
from math import inf, nan

import pytest

import tunesmith_asha
from tunesmith.errors import UsageError
from tunesmith_asha.ladder import build_ladders
from tunesmith_asha.promotion import PromotionAsha
from tunesmith_asha.scheduler import asha
from tunesmith_asha.stopping import StoppingAsha


@pytest.mark.parametrize(
    ("options", "levels"),
    [
        ({}, [(1, 3, 9, 27)]),
        ({"max_resource": 81}, [(1, 3, 9, 27, 81)]),
        ({"max_resource": 100}, [(1, 3, 9, 27, 81, 100)]),
        ({"grace_period": 2, "reduction_factor": 4}, [(2, 8, 27)]),
        ({"grace_period": 0.5, "reduction_factor": 2, "max_resource": 3}, [(0.5, 1, 2, 3)]),
        ({"brackets": 3}, [(1, 3, 9, 27), (3, 9, 27), (9, 27)]),
    ],
)
def test_rungs_grow_by_the_factor_and_end_at_the_maximum(make_problem, options, levels):
    """Rungs lie at grace·η^k below the end, each further bracket skips one, all end at the end."""
    scheduler = asha(make_problem(27), **options)
    assert list(scheduler._ladders.levels) == levels


def test_the_end_is_the_experiments_else_a_hundred(make_problem, make_trial, make_result):
    """Without the option, `max_resource` is the experiment's; where that has none, it is 100."""
    for given, end in ((30, 30), (None, 100)):
        decision = asha(make_problem(given)).on_result(make_trial("0001"), make_result(end, 1.0))
        assert decision.reason == f"reached max_resource={end}"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"mode": "halving"}, ["mode='halving'", "'stopping'", "'promotion'"]),
        ({"reduction_factor": 1}, ["reduction_factor=1 ", "greater than 1"]),
        ({"reduction_factor": nan}, ["reduction_factor=nan"]),
        ({"grace_period": 30}, ["grace_period=30", "max_resource=27", "epochs"]),
        ({"grace_period": 27}, ["grace_period=27", "max_resource=27"]),
        ({"grace_period": 0}, ["grace_period=0"]),
        ({"max_resource": 0}, ["max_resource=0"]),
        ({"max_resource": inf}, ["max_resource=inf"]),
        ({"brackets": 4}, ["brackets=4", "between 1 and 3"]),
        ({"brackets": 0}, ["brackets=0"]),
        ({"brackets": 1.5}, ["brackets=1.5"]),
    ],
)
def test_impossible_options_are_refused_with_their_values(make_problem, options, words):
    """An option out of range is a UsageError that quotes it and says what would do."""
    with pytest.raises(UsageError) as caught:
        asha(make_problem(27, resource="epochs"), **options)
    for word in words:
        assert word in str(caught.value)


def test_mode_chooses_the_variant(make_problem):
    """The stopping variant is the default, promotion is by name."""
    assert isinstance(asha(make_problem()), StoppingAsha)
    assert isinstance(asha(make_problem(), mode="stopping"), StoppingAsha)
    assert isinstance(asha(make_problem(), mode="promotion"), PromotionAsha)


def test_brackets_are_drawn_in_hyperbands_proportions(make_problem):
    """With R=27, η=3 and all brackets, trials fall 27 : 12 : 6 : 4 as in a round of Hyperband.

    The tolerance is six standard deviations: a false alarm in fewer than one of 10^8 seeds, and
    the seed is fixed.
    """
    ladders = build_ladders(make_problem(), 81, 3, 3, 3)
    assert [len(levels) for levels in ladders.levels] == [4, 3, 2]
    ladders = build_ladders(make_problem(), 27.5, 1, 3, 4)
    draws = 4900
    counts = Counter(ladders.bracket(f"{number:04}") for number in range(draws))
    for bracket, share in enumerate((27, 12, 6, 4)):
        expected = draws * share / 49
        assert abs(counts[bracket] - expected) < 6 * expected**0.5


def test_a_trials_bracket_depends_on_seed_and_id_only(make_problem):
    """The same experiment seed gives the same brackets in any order of asking; another does not."""
    ids = [f"{number:04}" for number in range(40)]
    one = build_ladders(make_problem(seed=1), 27, 1, 3, 3)
    again = build_ladders(make_problem(seed=1), 27, 1, 3, 3)
    other = build_ladders(make_problem(seed=2), 27, 1, 3, 3)
    drawn = {trial: one.bracket(trial) for trial in ids}
    assert drawn == {trial: again.bracket(trial) for trial in reversed(ids)}
    assert drawn != {trial: other.bracket(trial) for trial in ids}


def test_the_shim_imports_no_scheduler():
    """Loading the plugin's entry point imports neither variant."""
    code = (
        "import sys, tunesmith_asha._plugin as shim; specs = shim.tunesmith_schedulers(); "
        "assert [spec.name for spec in specs] == ['asha']; "
        "assert not {'tunesmith_asha.stopping', 'tunesmith_asha.promotion'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_package_offers_its_factory_lazily():
    """`tunesmith_asha.asha` is the factory; other names are AttributeErrors."""
    assert tunesmith_asha.asha is asha
    with pytest.raises(AttributeError, match="no attribute 'ash'"):
        _ = tunesmith_asha.ash
