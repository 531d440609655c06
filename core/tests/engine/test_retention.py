"""Which checkpoints stay: what trials may start from always does, the rest as far as it may."""

from tunesmith.testing.worlds import World

SIZE = 10


def trained(budget: int | None, keep: int | None = None, samples: int = 4) -> World:
    """Run trials one after the other, saved at each of four reports; later ones are worse."""
    world = World(num_samples=samples, slots=1, length=4, keep=keep, budget=budget)
    while world.finish is None:
        world.deliver()
        for trial in sorted(world.running):
            world.step(trial, float(trial) + world.running[trial].at)
            if trial in world.running and world.running[trial].at:
                world.save(trial)
    return world


def owners(world: World) -> list[str]:
    return sorted(path.split("/")[1] for path in world.disk)


def test_without_limits_each_trial_keeps_its_best_and_its_newest() -> None:
    """That is two of four for each of four trials."""
    assert owners(trained(None)) == sorted(["0001", "0002", "0003", "0004"] * 2)


def test_a_budget_takes_from_the_worst() -> None:
    """Room for five: the better two lose nothing, of the others one keeps where it stood last."""
    assert owners(trained(5 * SIZE)) == ["0001", "0001", "0002", "0002", "0004"]


def test_the_best_trial_keeps_its_best_as_long_as_it_can() -> None:
    """Room for two: what a live trial needs comes first, and then that."""
    world = trained(2 * SIZE, keep=3)
    assert owners(world) == ["0001", "0004"]
    assert "trials/0001/checkpoints/1-1" in world.disk


def test_a_budget_and_a_number_hold_both() -> None:
    """Whichever leaves less."""
    assert owners(trained(9 * SIZE, keep=1)) == ["0001", "0001"]


def test_what_a_live_trial_starts_from_stays_whatever_the_budget() -> None:
    """Its newest is above the budget by itself; that is told, and nothing is lost."""
    world = World(num_samples=1, slots=1, length=9, budget=SIZE - 1)
    world.deliver()
    for _ in range(4):
        world.step("0001")
        world.save("0001")
        world.deliver()
    assert len(world.disk) == 1
    assert world.engine.checkpoint_excess == 1


def test_a_checkpoint_saved_again_counts_once() -> None:
    """A future that is lived through twice leaves one of each."""
    world = World(num_samples=1, slots=1, length=9, budget=3 * SIZE)
    world.deliver()
    world.step("0001")
    world.step("0001")
    for _ in range(5):
        world.save("0001")
        world.deliver()
    assert world.engine._lifecycle.retention.total == SIZE
