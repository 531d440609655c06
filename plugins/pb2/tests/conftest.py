"""A pretend world for schedulers."""

import pytest

from tunesmith.testing.worlds import World


@pytest.fixture
def make_play():
    """Let a scheduler see a population of four through, and return it."""

    def play(scheduler, length):
        world = World(
            scheduler,
            slots=4,
            length=length,
            num_samples=4,
            saves=True,
            suggest=lambda number: {"x": number / 10},
        )
        world.run(lambda trial, at: -at - int(trial))
        return scheduler

    return play
