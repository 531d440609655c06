"""Whether a searcher finds more than chance does."""

import pytest

from tunesmith.testing.convergence import assert_beats_random
from tunesmith.testing.labs import Lab


class Chance(Lab):
    """Random search itself."""

    name = "random"


class Sight(Chance):
    """One that knows where the optimum is from its second trial on."""

    def suggest(self, trial):
        config = super().suggest(trial)
        return config if trial == "0000" else {**config, "x": 0.3, "lr": 0.3}


def test_chance_does_not_beat_chance():
    """Random search, on these seeds, is told apart, with the score of each."""
    with pytest.raises(AssertionError, match=r"'random' beat random search on [0-7] of 10 seeds, "):
        assert_beats_random(Chance, trials=10)


def test_one_that_finds_more_passes():
    """Serially and in parallel, on every seed."""
    assert_beats_random(Sight, trials=5, k_of_n=(4, 4))
    assert_beats_random(Sight, trials=5, k_of_n=(4, 4), pending=2)
