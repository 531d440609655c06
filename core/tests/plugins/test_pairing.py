"""Capabilities are compared with what the experiment demands, before its first trial."""

import pytest

from tunesmith import space
from tunesmith.errors import CapabilityError
from tunesmith.plugins import (
    Capabilities,
    Demands,
    Registry,
    SchedulerSpec,
    SearcherSpec,
    check_capabilities,
    compatibility,
)

CONDITIONAL = space.parse_space(
    {"opt": space.choice([{"name": "sgd", "momentum": space.uniform(0, 1)}, {"name": "adam"}])}
)
PLAIN = space.parse_space({"lr": space.loguniform(1e-4, 1e-1)})


@pytest.fixture
def registry():
    made = Registry(autoload=False)
    for name, capabilities in (
        ("able", Capabilities(categorical=True, conditional=True, multi_objective=True)),
        ("flat", Capabilities(categorical=True)),
    ):
        made.add(SearcherSpec(name=name, factory="a:b", api="1.0", capabilities=capabilities))
    for name, capabilities in (
        ("fifo", Capabilities(multi_objective=True)),
        ("halving", Capabilities()),
        ("population", Capabilities(needs_checkpoints=True, multi_objective=True)),
    ):
        made.add(SchedulerSpec(name=name, factory="a:b", api="1.0", capabilities=capabilities))
    return made


def check(registry, searcher, scheduler, demands):
    check_capabilities(
        registry.searcher(searcher), registry.scheduler(scheduler), demands, registry
    )


def test_fitting_pair_passes(registry):
    """Nothing is raised where both can do what is demanded."""
    check(registry, "flat", "fifo", Demands(PLAIN, ("loss",)))
    check(registry, "able", "fifo", Demands(CONDITIONAL, ("loss", "size")))


def test_space_gap_names_parameter_and_who_can(registry):
    """A space that a searcher cannot take is an error with the parameter, and with who can."""
    with pytest.raises(CapabilityError) as raised:
        check(registry, "flat", "fifo", Demands(CONDITIONAL))
    assert "momentum' exists only where" in str(raised.value)
    assert str(raised.value).endswith("searchers that can: 'able'")


def test_lossy_permits_the_gap(registry):
    """With `lossy` the space is not checked."""
    check(registry, "flat", "fifo", Demands(CONDITIONAL, lossy=True))


@pytest.mark.parametrize(
    ("searcher", "scheduler", "message"),
    [
        ("flat", "fifo", "searcher 'flat' {}; searchers that can: 'able'"),
        ("able", "halving", "scheduler 'halving' {}; schedulers that can: 'fifo', 'population'"),
    ],
)
def test_several_objectives_need_both(registry, searcher, scheduler, message):
    """Several objectives need a searcher and a scheduler that take them."""
    with pytest.raises(CapabilityError) as raised:
        check(registry, searcher, scheduler, Demands(PLAIN, ("a", "b")))
    gap = "takes one objective, but this experiment has 2 (a, b)"
    assert str(raised.value) == message.format(gap)


def test_checkpoints_are_demanded_where_known(registry):
    """A scheduler that needs checkpoints refuses training code known to have none."""
    check(registry, "able", "population", Demands(PLAIN, has_checkpoints=None))
    check(registry, "able", "population", Demands(PLAIN, has_checkpoints=True))
    with pytest.raises(CapabilityError, match="schedulers that can: 'fifo', 'halving'"):
        check(registry, "able", "population", Demands(PLAIN, has_checkpoints=False))


def test_matrix_has_every_pair(registry):
    """The matrix covers all pairs, and notes what limits a pair that works."""
    cells = {(one.searcher, one.scheduler): one for one in compatibility(registry)}
    assert len(cells) == 6
    assert all(cell.works for cell in cells.values())
    assert cells["able", "fifo"].notes == ()
    assert cells["flat", "population"].notes == ("one objective", "needs checkpoints")
