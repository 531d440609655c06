"""The arithmetic of what fits."""

import pytest

from tunesmith.protocols import Resources
from tunesmith_ray.demand import Demand, Node, places, shortage


def node(**totals: float) -> Node:
    """Return a node with these amounts."""
    return Node(id="n", address="127.0.0.1", totals=totals)


def demand(*bundles: dict[str, float], strategy: str = "PACK") -> Demand:
    """Return the demand of a trial with these bundles."""
    return Demand.of(Resources(bundles, strategy))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("need", "nodes", "count"),
    [
        ({"cpu": 1}, [node(CPU=2), node(CPU=3)], 5),
        ({"cpu": 2}, [node(CPU=3), node(CPU=3)], 2),
        ({"cpu": 0.1}, [node(CPU=1)], 10),
        ({"CPU": 1, "widget": 1}, [node(CPU=4, widget=2)], 2),
        ({"gpu": 0.4}, [node(CPU=1, GPU=2)], 4),
        ({"gpu": 2}, [node(GPU=3), node(GPU=4)], 3),
        ({"gpu": 1.5}, [node(GPU=8)], 0),
        ({"memory": 2e9, "cpu": 0}, [node(CPU=1, memory=5e9)], 2),
    ],
)
def test_workers_are_counted_by_node(need: dict[str, float], nodes: list[Node], count: int) -> None:
    """A worker lives on one node, and a share of a GPU on one GPU."""
    assert places(demand(need), nodes, limit=100) == count


@pytest.mark.parametrize(
    ("strategy", "count"), [("PACK", 2), ("STRICT_PACK", 1), ("STRICT_SPREAD", 1)]
)
def test_bundles_are_placed_together(strategy: str, count: int) -> None:
    """Several bundles count as one worker, placed as the strategy says."""
    nodes = [node(CPU=3), node(CPU=1)]
    assert places(demand({"cpu": 1}, {"cpu": 1}, strategy=strategy), nodes, limit=9) == count


def test_limit_bounds_the_count() -> None:
    """A worker that needs nothing fits as often as it is asked for."""
    assert places(demand({}), [node(CPU=1)], limit=7) == 7


@pytest.mark.parametrize(
    ("need", "nodes", "words"),
    [
        (
            {"gpu": 2},
            [node(CPU=2)],
            "a trial needs {gpu: 2}; the only node has {cpu: 2, gpu: 0}",
        ),
        (
            {"cpu": 8},
            [node(CPU=2), node(CPU=4)],
            "a trial needs {cpu: 8}; the largest of 2 nodes has {cpu: 4}",
        ),
        (
            {"cpu": 1, "tpu": 1},
            [node(CPU=2, widget=1, **{"node:10.0.0.1": 1})],
            "a trial needs {cpu: 1, tpu: 1}; the only node has {cpu: 2, tpu: 0} (its custom",
        ),
        ({"gpu": 1.5}, [node(GPU=8)], "a trial needs 1.5 gpu; Ray hands out whole GPUs above 1"),
        ({"cpu": 1}, [], "the cluster has no node that is alive"),
    ],
)
def test_shortage_shows_the_arithmetic(
    need: dict[str, float], nodes: list[Node], words: str
) -> None:
    """What can never fit is said with both sides of the comparison."""
    assert shortage(demand(need), nodes).startswith(words)


def test_shortage_of_bundles_adds_them_up() -> None:
    """Where each bundle fits but not all of them, the sums are shown."""
    told = shortage(demand({"cpu": 2}, {"cpu": 2}), [node(CPU=3)])
    assert told == "a trial needs {cpu: 2} + {cpu: 2} (PACK); the nodes have {cpu: 3} in all"


def test_no_shortage_where_it_fits() -> None:
    """What fits is not complained about."""
    assert shortage(demand({"cpu": 1}), [node(CPU=1)]) == ""
