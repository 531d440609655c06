"""Grid search tries every combination once."""

import random
from itertools import product

import pytest

from tunesmith import space
from tunesmith.errors import UsageError
from tunesmith.plugins import create, default_registry
from tunesmith.protocols import Objective, Problem, SearchExhausted
from tunesmith.space import CategoricalParameter, GridParameter, Space, parse_space, translate


def searcher(definition, **options):
    """Make the searcher as the core does, on the translation of the space."""
    spec = default_registry().searcher("grid")
    shown = translate(parse_space(definition), spec.capabilities.vocabulary).space
    return make(shown, **options)


def make(shown, **options):
    problem = Problem(
        space=shown, objectives=(Objective("loss", "min"),), seeds=lambda name: random.Random(0)
    )
    return create(default_registry().searcher("grid"), problem, options)


def walk(one):
    found = []
    while True:
        try:
            found.append(one.suggest(str(len(found))))
        except SearchExhausted:
            return found


def test_all_combinations_come_once_in_order():
    """Every combination of finite parameters is suggested once, the last parameter fastest."""
    found = walk(
        searcher(
            {
                "a": space.choice(["x", "y"]),
                "b": space.ordinal([1, 2]),
                "c": space.randint(0, 3),
                "d": space.quniform(0.0, 0.2, 0.1),
            }
        )
    )
    expected = product(["x", "y"], [1, 2], [0, 1, 2], [0.0, 0.1, 0.2])
    assert [tuple(flat.values()) for flat in found] == list(expected)


def test_end_says_how_many():
    """The end of the grid is an exhausted search that counts its combinations."""
    one = searcher({"a": space.choice([1, 2])})
    walk(one)
    with pytest.raises(SearchExhausted, match="all 2 combinations of the grid are tried"):
        one.suggest("x")


def test_inactive_parameters_are_not_multiplied():
    """A conditional parameter is walked only where it exists."""
    found = walk(
        searcher(
            {
                "opt": space.choice(
                    [{"name": "sgd", "momentum": space.ordinal([0.1, 0.9])}, {"name": "adam"}]
                ),
                "layers": space.choice([1, 2]),
            }
        )
    )
    assert len(found) == 6
    assert len({tuple(flat.items()) for flat in found}) == 6


def test_continuous_parameters_need_points():
    """A continuous parameter without `points` is an error that says what to write."""
    with pytest.raises(UsageError) as raised:
        searcher({"lr": space.loguniform(1e-4, 1e-1)})
    assert "parameter 'lr' is continuous" in str(raised.value)
    assert "{'name': 'grid', 'points': {'lr': 5}}" in str(raised.value)


def test_points_are_spaced_on_the_scale():
    """Points include both ends and are even on the parameter's own scale."""
    found = walk(searcher({"lr": space.loguniform(1e-4, 1e-2), "x": space.uniform(0, 1)}, points=3))
    assert [flat["lr"] for flat in found[::3]] == pytest.approx([1e-4, 1e-3, 1e-2])
    assert [flat["x"] for flat in found[:3]] == pytest.approx([0, 0.5, 1])


def test_points_of_a_normal_are_quantiles():
    """A normal distribution has no ends: its points are the middles of equal shares."""
    values = [flat["x"] for flat in walk(searcher({"x": space.randn(5, 2)}, points=3))]
    assert values[1] == pytest.approx(5)
    assert values[2] - 5 == pytest.approx(5 - values[0])


def test_points_by_path_thin_out_whole_numbers():
    """A mapping sets the number of values of any number, whole ones too."""
    found = walk(searcher({"n": space.randint(1, 102)}, points={"n": 3}))
    assert [flat["n"] for flat in found] == [1, 51, 101]


@pytest.mark.parametrize(
    ("points", "message"),
    [
        (
            {"lrr": 3},
            "points names 'lrr', which is no parameter; did you mean 'lr'? parameters: lr",
        ),
        (0, "points=0; expected a whole number from 1"),
        (10**20, "points=100000000000000000000; expected a whole number from 1 to 1000000"),
        ({"lr": 0}, "points['lr']=0; expected a whole number from 1"),
        ({"lr": 2.5}, "points={'lr': 2.5} is not possible; expected a whole number or a mapping"),
    ],
)
def test_impossible_points_are_refused(points, message):
    """A wrong path or number in `points` is named."""
    with pytest.raises(UsageError) as raised:
        searcher({"lr": space.uniform(0, 1)}, points=points)
    assert message in str(raised.value)


def test_empty_space_has_one_combination():
    """Where nothing varies there is one configuration to try."""
    assert walk(searcher({"a": 1})) == [{}]


def test_grid_parameters_are_walked_where_they_are_shown():
    """Grid parameters in the searcher's space count like any other options."""
    shown = Space((GridParameter("a", (1, 2)), CategoricalParameter("b", ("x", "y"))))
    assert len(walk(make(shown))) == 4


def test_restored_searcher_continues_exactly():
    """After restore the walk goes on where it was."""
    definition = {"a": space.randint(0, 10), "b": space.choice(["x", "y"])}
    one = searcher(definition)
    for number in range(7):
        one.suggest(str(number))
    fresh = searcher(definition)
    fresh.restore(one.state())
    assert walk(fresh) == walk(one)
    with pytest.raises(SearchExhausted, match="all 20 combinations"):
        fresh.suggest("x")
