"""Nested, conditional, constant and computed parameters."""

import math
import random
from functools import partial

import pytest

from tunesmith.space import (
    Condition,
    FixedParameter,
    FloatParameter,
    Space,
    SpaceError,
    choice,
    grid_search,
    loguniform,
    ordinal,
    parse_space,
    qrandint,
    quniform,
    randint,
    sample_from,
    uniform,
)


class Net:
    """A class somebody may choose."""


class Wide(Net):
    """Another one."""


def make(width, depth=2):
    """Return nothing: only the function matters."""


@pytest.fixture
def space():
    return parse_space(
        {
            "lr": loguniform(1e-4, 1e-1),
            "optimizer": choice(
                [
                    {"name": "sgd", "momentum": uniform(0, 1), "warmup": {"steps": randint(0, 9)}},
                    {"name": "adam", "beta": choice([{"kind": "one", "b": uniform(0, 1)}, 0.9])},
                    {"name": "none"},
                ]
            ),
            "width": qrandint(8, 64, 8),
            "twice": sample_from(lambda config: 2 * config["width"]),
        }
    )


def test_paths_name_keys_and_branches(space):
    """A parameter's path holds the keys and the labels of the branches that lead to it."""
    assert [parameter.path for parameter in space.tunable] == [
        "lr",
        "optimizer",
        "optimizer[sgd]/momentum",
        "optimizer[sgd]/warmup/steps",
        "optimizer[adam]/beta",
        "optimizer[adam]/beta[one]/b",
        "width",
    ]
    assert space.parameter("optimizer[adam]/beta[one]/b") == FloatParameter(
        "optimizer[adam]/beta[one]/b",
        0,
        1,
        when=(
            Condition("optimizer", ("adam",)),
            Condition("optimizer[adam]/beta", ("one",)),
        ),
    )


@pytest.mark.parametrize(
    ("flat", "optimizer"),
    [
        ({"optimizer": "none"}, {"name": "none"}),
        (
            {
                "optimizer": "sgd",
                "optimizer[sgd]/momentum": 0.5,
                "optimizer[sgd]/warmup/steps": 3,
            },
            {"name": "sgd", "momentum": 0.5, "warmup": {"steps": 3}},
        ),
        (
            {"optimizer": "adam", "optimizer[adam]/beta": 0.9},
            {"name": "adam", "beta": 0.9},
        ),
        (
            {
                "optimizer": "adam",
                "optimizer[adam]/beta": "one",
                "optimizer[adam]/beta[one]/b": 0.1,
            },
            {"name": "adam", "beta": {"kind": "one", "b": 0.1}},
        ),
    ],
)
def test_a_branch_is_built_and_found_again(space, flat, optimizer):
    """The chosen branch stands as its dict in the nested configuration, and is recognised there."""
    flat = {"lr": 0.01, **flat, "width": 16}
    config = space.build(flat)
    assert config == {"lr": 0.01, "optimizer": optimizer, "width": 16, "twice": 32}
    assert space.flatten(config) == flat


def test_branches_without_a_name_are_labelled_by_index():
    """Where no constant string tells the branches apart, the index does."""
    space = parse_space({"x": choice([{"a": uniform(0, 1)}, {"b": uniform(0, 1)}])})
    assert space.build({"x": "1", "x[1]/b": 0.5}) == {"x": {"b": 0.5}}
    assert space.flatten({"x": {"a": 0.5}}) == {"x": "0", "x[0]/a": 0.5}


def test_the_same_key_may_have_other_domains_in_other_branches():
    """Branches share a key without sharing its domain."""
    space = parse_space(
        {"m": choice([{"k": "small", "n": randint(1, 5)}, {"k": "large", "n": randint(1, 500)}])}
    )
    assert space.flatten({"m": {"k": "large", "n": 3}}) == {"m": "large", "m[large]/n": 3}
    assert space.flatten({"m": {"k": "small", "n": 3}}) == {"m": "small", "m[small]/n": 3}
    with pytest.raises(SpaceError, match=r"'m\[small\]/n' is 300, expected a whole number"):
        space.flatten({"m": {"k": "small", "n": 300}})


def test_an_option_may_be_a_domain_itself():
    """`choice(["sqrt", uniform(0.1, 1)])` puts the number where the string would stand."""
    space = parse_space({"features": choice(["sqrt", uniform(0.1, 1)])})
    assert space.flatten({"features": "sqrt"}) == {"features": "sqrt"}
    assert space.flatten({"features": 0.3}) == {"features": "1", "features[1]": 0.3}
    assert space.build({"features": "1", "features[1]": 0.3}) == {"features": 0.3}


def test_labels_may_hold_slashes():
    """A branch named like a model hub's `org/model` keeps its name in the path."""
    space = parse_space({"m": choice([{"id": "google/bert", "lr": uniform(0, 1)}, {"id": "x"}])})
    assert space.tunable[1].path == "m[google/bert]/lr"
    assert space.flatten(space.build({"m": "google/bert", "m[google/bert]/lr": 0.5})) == {
        "m": "google/bert",
        "m[google/bert]/lr": 0.5,
    }


def test_labels_that_would_confuse_paths_give_way_to_the_index():
    """Unbalanced brackets, and labels that another option has, are replaced by the index."""
    space = parse_space(
        {"x": choice([{"k": "a]", "v": uniform(0, 1)}, {"k": "b"}, "b", [1], "[1]"])}
    )
    assert space.parameter("x").options == ("0", "1", "b", "3", "[1]")
    for flat in ({"x": "0", "x[0]/v": 0.5}, {"x": "1"}, {"x": "b"}, {"x": "3"}, {"x": "[1]"}):
        assert space.flatten(space.build(flat)) == flat


def test_objects_stand_as_labels_and_come_back_alive():
    """Classes, functions, tuples and odd floats are plain in a config and live in training code."""
    half = partial(make, 3, depth=1)
    space = parse_space(
        {
            "net": choice([Net, Wide, "default"]),
            "layers": ordinal([(32,), (64, 64)]),
            "make": choice([make, half]),
            "constant": {"class_weight": {0: 1.0, 1: 5.0}, "seen": (1, 2)},
            "missing": choice([math.nan, 0.0]),
            "grid": grid_search([Net, None]),
        }
    )
    assert space.parameter("net").options == (
        f"{__name__}:Net",
        f"{__name__}:Wide",
        "default",
    )
    assert space.parameter("layers").options == ("[32]", "[64, 64]")
    assert space.parameter("make").options[1] == f"partial({__name__}:make, 3, depth=1)"
    rng = random.Random(0)
    for _ in range(20):
        config = space.sample(rng)
        live = space.from_plain(config)
        assert live["net"] in (Net, Wide, "default")
        assert live["layers"] in ((32,), (64, 64))
        assert live["make"] in (make, half)
        assert live["constant"] == {"class_weight": {0: 1.0, 1: 5.0}, "seen": (1, 2)}
        assert space.to_plain(live) == config
        assert space.build(space.flatten(config)) == config
    assert config["layers"] in ([32], [64, 64])


def test_different_objects_that_look_alike_have_different_labels():
    """Two lambdas are two options."""
    space = parse_space({"f": choice([lambda: 1, lambda: 2])})
    first, second = space.parameter("f").options
    assert second == f"{first}#2"
    live = [space.from_plain(space.build({"f": option}))["f"]() for option in (first, second)]
    assert live == [1, 2]


def test_constants_are_not_shared_between_configurations():
    """Training code that changes its config harms neither the space nor other trials."""
    space = parse_space({"layers": [1, 2], "tuples": {"a": [(1, [2])]}, "x": uniform(0, 1)})
    config = space.sample(random.Random(0))
    config["layers"].append(3)
    live = space.from_plain(space.sample(random.Random(0)))
    live["tuples"]["a"][0][1].append(3)
    again = space.sample(random.Random(0))
    assert again["layers"] == [1, 2]
    assert space.from_plain(again)["tuples"] == {"a": [(1, [2])]}


def test_a_dict_that_looks_like_a_written_domain_is_a_constant():
    """In Python only the functions make domains; in the written form the dict is escaped."""
    space = parse_space({"x": {"uniform": [0, 1]}, "y": {"a": {"choice": [1]}}})
    assert space.sample(random.Random(0)) == {
        "x": {"uniform": [0, 1]},
        "y": {"a": {"choice": [1]}},
    }
    assert Space.from_dict(space.to_dict()) == space


def test_a_space_without_anything_to_tune_is_legal():
    """A space of constants has one configuration."""
    space = parse_space({"batch": 32, "nested": {"a": None}})
    assert space.tunable == ()
    assert space.draw(random.Random(0)) == {}
    assert space.build({}) == {"batch": 32, "nested": {"a": None}}
    assert parse_space({}).sample(random.Random(0)) == {}


def test_sample_from_sees_live_values_and_earlier_results():
    """A function gets the nested live configuration with the results of the functions before it."""
    space = parse_space(
        {
            "net": choice([Net]),
            "size": {
                "w": choice([(2, 3)]),
                "area": sample_from(lambda c: math.prod(c["size"]["w"])),
            },
            "name": sample_from(lambda c: f"{c['net'].__name__}{c['size']['area']}"),
        }
    )
    assert space.sample(random.Random(0)) == {
        "net": {"$object": f"{__name__}:Net"},
        "size": {"w": [2, 3], "area": 6},
        "name": "Net6",
    }


def test_sample_from_in_a_branch_runs_only_there():
    """A computed parameter inside an option exists only where the option is chosen."""
    space = parse_space(
        {"m": choice([{"k": "a", "c": sample_from(lambda c: c["m"]["k"] * 2)}, {"k": "b"}])}
    )
    assert space.build({"m": "a"}) == {"m": {"k": "a", "c": "aa"}}
    assert space.build({"m": "b"}) == {"m": {"k": "b"}}
    assert space.flatten({"m": {"k": "a", "c": "aa"}}) == {"m": "a"}


def test_grid_is_every_combination():
    """The cells are the product of all grid parameters; without any there is one empty cell."""
    space = parse_space({"a": grid_search([1, 2]), "b": {"c": grid_search(["x", "y"])}, "u": 1})
    assert space.grid() == (
        {"a": 1, "b/c": "x"},
        {"a": 1, "b/c": "y"},
        {"a": 2, "b/c": "x"},
        {"a": 2, "b/c": "y"},
    )
    cell = {"a": 2, "b/c": "x"}
    assert space.sample(random.Random(0), cell) == {"a": 2, "b": {"c": "x"}, "u": 1}
    assert parse_space({"u": 1}).grid() == ({},)


def test_complete_fills_what_is_missing(space):
    """Given keys are kept, the rest is drawn; a branch is found from what is given of it."""
    rng = random.Random(0)
    assert space.complete({"lr": 0.05}, rng)["lr"] == 0.05
    config = space.complete({"optimizer": {"momentum": 0.9}, "width": 16}, rng)
    assert config["optimizer"].keys() == {"name", "momentum", "warmup"}
    assert config["optimizer"]["momentum"] == 0.9
    assert config["twice"] == 32
    assert space.complete({"optimizer": "adam"}, rng)["optimizer"]["name"] == "adam"
    assert space.complete({"width": 16, "twice": 7}, rng)["twice"] == 7


def test_complete_takes_live_values():
    """Initial points are written with the user's own objects."""
    space = parse_space({"net": choice([Net, Wide]), "layers": choice([(1,), (2, 2)])})
    config = space.complete({"net": Wide, "layers": (2, 2)}, random.Random(0))
    assert config == {"net": {"$object": f"{__name__}:Wide"}, "layers": [2, 2]}


def test_float_rounding_is_taken_out():
    """A value that misses an end or a multiple only by rounding is moved onto it."""
    space = parse_space({"x": uniform(0, 0.3), "q": quniform(0, 1, 0.1), "n": randint(0, 9)})
    flat = space.validate({"x": 0.1 + 0.2, "q": 0.1 + 0.2, "n": 3.0})
    assert flat == {"x": 0.3, "q": 0.3, "n": 3}
    assert type(flat["n"]) is int


def test_parse_space_takes_a_space():
    """A parsed space is parsed already."""
    space = Space((FloatParameter("x", 0, 1), FixedParameter("y", 1)))
    assert parse_space(space) is space
