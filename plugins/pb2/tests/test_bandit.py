"""The bandit: it goes where gains are large, forgets what is old, and keeps away from pending."""

import numpy as np
import pytest

from tunesmith_pb2.bandit import Points, choose, fitted

NOWHERE = Points(np.zeros(0), np.zeros((0, 2)))


def observed(centre, times, seed=0):
    """Return noisy gains around a best place, at random places at these times."""
    rng = np.random.default_rng(seed)
    places = rng.random((len(times), 2))
    gains = 1 - ((places - centre) ** 2).sum(1) + 0.01 * rng.standard_normal(len(times))
    return Points(np.array(times, dtype=float), places), gains


def best(seen, gains, pending=NOWHERE, time=40.0, seed=1):
    """Return the first choice."""
    return choose(seen, gains, pending, time=time, rng=np.random.default_rng(seed))[0]


@pytest.mark.parametrize("seed", range(3))
def test_it_finds_where_gains_are_largest(seed):
    """After 60 observations the choice lies near the best place."""
    seen, gains = observed((0.3, 0.7), range(60), seed)
    assert np.abs(best(seen, gains, time=60.0) - (0.3, 0.7)).max() < 0.2


def test_what_is_old_counts_less_where_the_best_place_moves():
    """Where gains are elsewhere than they were, the likelihood forgets, and the choice follows."""
    old, before = observed((0.1, 0.1), [1] * 30)
    new, after = observed((0.9, 0.9), [30] * 30, seed=2)
    seen, gains = old.joined(new), np.concatenate([before, after])
    assert fitted(seen, (gains - gains.mean()) / gains.std())[0].forgetting > 0
    assert best(seen, gains, time=31.0).min() > 0.6


def test_where_others_train_already_there_is_less_to_learn():
    """With others pending around the best place, the choice is further from there."""
    seen, gains = observed((0.5, 0.5), range(6))
    alone = best(seen, gains)
    crowd = Points(np.full(9, 40.0), np.tile(alone, (9, 1)))
    assert np.linalg.norm(best(seen, gains, crowd) - alone) > 0.1


def test_it_depends_on_its_arguments_alone():
    """The same data and generator give the same places, all in the unit cube."""
    seen, gains = observed((0.2, 0.2), range(20))
    one = choose(seen, gains, NOWHERE, time=20.0, rng=np.random.default_rng(3))
    two = choose(seen, gains, NOWHERE, time=20.0, rng=np.random.default_rng(3))
    assert (one == two).all()
    assert ((one >= 0) & (one <= 1)).all()


def test_a_monstrous_gain_does_not_hide_the_others():
    """One value that is larger by hundreds of orders of magnitude leaves the rest apart."""
    seen, gains = observed((0.3, 0.7), range(40))
    gains[3] = -1e300
    assert np.abs(best(seen, gains) - (0.3, 0.7)).max() < 0.3


def test_gains_that_are_all_equal_are_no_problem():
    """Where nothing can be told apart, any place will do."""
    seen, _ = observed((0.2, 0.2), range(5))
    assert np.isfinite(best(seen, np.zeros(5))).all()
