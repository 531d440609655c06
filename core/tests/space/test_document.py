"""The written form of a space, for JSON and TOML."""

import json
import math
import random
import tomllib

import pytest

from tunesmith.space import (
    Space,
    SpaceError,
    choice,
    grid_search,
    lograndint,
    loguniform,
    ordinal,
    parse_space,
    qlograndint,
    qloguniform,
    qrandint,
    qrandn,
    quniform,
    randint,
    randn,
    sample_from,
    uniform,
)

TOML = """
epochs = 27
lr = {loguniform = [1e-4, 1e-1]}
dropout = {quniform = {low = 0, high = 0.5, q = 0.1}}
act = {choice = ["relu", "tanh"]}
batch = {grid_search = [32, 64]}
limit = inf

[model]
width = {qrandint = [16, 128, 16]}
size = {ordinal = ["small", "large"]}

[optimizer]
choice = [
    {name = "sgd", momentum = {uniform = [0, 1]}},
    {name = "adam", betas = {beta1 = {uniform = [0.8, 0.99]}}},
]
"""


def test_toml_reads_like_python():
    """A space written in TOML is the space written in Python."""
    assert Space.from_dict(tomllib.loads(TOML)).parameters == (
        parse_space(
            {
                "epochs": 27,
                "lr": loguniform(1e-4, 1e-1),
                "dropout": quniform(0, 0.5, 0.1),
                "act": choice(["relu", "tanh"]),
                "batch": grid_search([32, 64]),
                "limit": math.inf,
                "model": {"width": qrandint(16, 128, 16), "size": ordinal(["small", "large"])},
                "optimizer": choice(
                    [
                        {"name": "sgd", "momentum": uniform(0, 1)},
                        {"name": "adam", "betas": {"beta1": uniform(0.8, 0.99)}},
                    ]
                ),
            }
        ).parameters
    )


def test_every_function_has_its_written_form():
    """Each domain is written as the call that makes it."""
    space = parse_space(
        {
            "a": uniform(0, 1),
            "b": quniform(0, 1, 0.1),
            "c": loguniform(1, 2),
            "d": qloguniform(1, 2, 0.5),
            "e": randn(),
            "f": qrandn(0, 1, 0.1),
            "g": randint(0, 10),
            "h": qrandint(0, 10, 5),
            "i": lograndint(1, 10),
            "j": qlograndint(5, 10, 5),
            "k": choice(["x", None]),
            "l": ordinal([1, 2]),
            "m": grid_search([1, 2]),
            "n": sample_from(len),
        }
    )
    assert space.to_dict() == {
        "a": {"uniform": [0.0, 1.0]},
        "b": {"quniform": [0.0, 1.0, 0.1]},
        "c": {"loguniform": [1.0, 2.0]},
        "d": {"qloguniform": [1.0, 2.0, 0.5]},
        "e": {"randn": [0.0, 1.0]},
        "f": {"qrandn": [0.0, 1.0, 0.1]},
        "g": {"randint": [0, 10]},
        "h": {"qrandint": [0, 10, 5]},
        "i": {"lograndint": [1, 10]},
        "j": {"qlograndint": [5, 10, 5]},
        "k": {"choice": ["x", None]},
        "l": {"ordinal": [1, 2]},
        "m": {"grid_search": [1, 2]},
        "n": {"sample_from": "builtins:len"},
    }


def test_a_recorded_space_reads_configurations_without_running_anything():
    """Objects and functions come back as labels: enough to take recorded configurations apart."""

    def explode(config):
        return config["n"] * 2

    space = parse_space(
        {"n": randint(1, 5), "net": choice([dict, (1, 2)]), "twice": sample_from(explode)}
    )
    recorded = Space.from_dict(json.loads(json.dumps(space.to_dict())))
    config = space.sample(random.Random(0))
    assert recorded.flatten(config) == space.flatten(config)
    assert recorded.from_plain(config) == config
    with pytest.raises(SpaceError, match=r"explode, which a recorded space does not carry"):
        recorded.sample(random.Random(0))


@pytest.mark.parametrize(
    "definition",
    [
        {"x": {"uniform": [0, 1]}},
        {"x": {"$value": 3}},
        {"x": {"$table": 3}},
        {"x": {"unifrom": [0, 1]}},
        {"x": [{"choice": [1]}]},
        {"uniform": uniform(0, 1)},
        {"x": {"uniform": uniform(0, 1)}},
        {"x": {"choice": {"choice": choice([1, 2])}}},
        {"x": choice([{"uniform": [0, 1]}, {"uniform": uniform(0, 1), "b": 1}])},
        {"x": {"$object": "me"}},
        {"x": {"a": {"$value": {"uniform": [0]}}}},
        {"x": choice([{"sample_from": "y"}, {"choice": choice([3])}])},
    ],
    ids=str,
)
def test_what_merely_looks_like_a_domain_is_escaped(definition):
    """Constants and tables that look like written domains come back as what they were."""
    space = parse_space(definition)
    document = json.loads(json.dumps(space.to_dict()))
    again = Space.from_dict(document)
    assert again.parameters == space.parameters
    assert again.sample(random.Random(0)) == space.sample(random.Random(0))


MISTAKES = {
    "space must be a table of parameters, got [1]; write e.g. lr = {loguniform = [1e-4, 1e-1]}": [
        1
    ],
    "'x' is {'unifrom': [0, 1]}; did you mean 'uniform'? "
    'A constant that looks like this is written {"$value": ...}': {"x": {"unifrom": [0, 1]}},
    "'a/x': uniform does not take the arguments [0, 1, 2]; write e.g. uniform = [0, 1]": {
        "a": {"x": {"uniform": [0, 1, 2]}}
    },
    "'x': uniform does not take the arguments {'lo': 0}; write e.g. uniform = [0, 1]": {
        "x": {"uniform": {"lo": 0}}
    },
    "'x': choice needs a list of options, got {'a': 3}; "
    "a dict of parameters called 'choice' is written {\"$table\": ...}": {
        "x": {"choice": {"a": 3}}
    },
    "'x': sample_from must be a string, got 3": {"x": {"sample_from": 3}},
    "uniform(1, 0): low must not be above high; exchange them": {"x": {"uniform": [1, 0]}},
    "'x' has the domain uniform(0, 1) inside a list; give each element a key of a dict, "
    "or choose among whole lists with choice([[..], [..]])": {"x": [{"uniform": [0, 1]}]},
}


@pytest.mark.parametrize("message", MISTAKES)
def test_mistakes_in_a_written_space(message):
    """A written space that cannot be meant is refused with the place and the fix."""
    with pytest.raises(SpaceError) as caught:
        Space.from_dict(MISTAKES[message])
    assert str(caught.value) == message
