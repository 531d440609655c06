"""Every mistake in a space or a configuration is answered with the value and the fix."""

import math
import random

import pytest

from tunesmith.space import (
    ComputationError,
    ComputedParameter,
    Condition,
    FixedParameter,
    FloatParameter,
    NormalParameter,
    Space,
    SpaceError,
    choice,
    from_unit,
    grid_search,
    loguniform,
    ordinal,
    parse_space,
    quniform,
    randint,
    sample_from,
    to_unit,
    uniform,
)

RNG = random.Random(0)


def a_domain_of(module, name):
    """Return an object of a class with that name in that module."""
    return type(name, (), {"__module__": module})()


def optuna_float():
    """Return what looks like Optuna's FloatDistribution."""
    domain = a_domain_of("optuna.distributions", "FloatDistribution")
    domain.low, domain.high, domain.step, domain.log = 0.0, 1.0, 0.1, False
    return domain


def cyclic():
    """Return a dict that contains itself and a domain."""
    definition = {"x": uniform(0, 1)}
    definition["self"] = definition
    return definition


DEFINITIONS = {
    "space must be a dict of parameters, got [1]; "
    "write space={'lr': tune.loguniform(1e-4, 1e-1)}": [1],
    "parameter name 'a/b' must not be empty or contain '/', '[' or ']', which stand for nesting; "
    "rename it, or nest dicts instead": {"a/b": uniform(0, 1)},
    "parameter name 1 under 'a' must be a string; write '1', "
    "or use a dict without any domain inside, which may have any keys": {"a": {1: uniform(0, 1)}},
    "'x' is the function uniform itself; call it: tune.uniform(0, 1)": {"x": uniform},
    "'x' is the function randint itself; call it: tune.randint(0, 10)": {"x": choice([randint])},
    "'x' has the domain uniform(0, 1) inside a list; give each element a key of a dict, "
    "or choose among whole lists with choice([[..], [..]])": {"x": [1, uniform(0, 1)]},
    "'x' has the option 1 twice; list each once": {"x": choice([1, 2, 1])},
    "'x' has the equal options 1 and True; list each once": {"x": choice([1, True])},
    "'x' has the option [1, 2] twice; list each once": {"x": choice([(1, 2), [1, 2]])},
    "'x[a]/g' is a grid_search inside an option of 'x', but a grid is the same for every trial; "
    "use choice or ordinal, or move it out": {
        "x": choice([{"n": "a", "g": grid_search([1])}, {"n": "b"}])
    },
    "'x': ordinal takes plain options, got {'n': 'a', 'g': uniform(0, 1)}; "
    "use choice for options with domains inside": {"x": ordinal([{"n": "a", "g": uniform(0, 1)}])},
    "options '0' and '1' of 'x' can give equal values, so a configuration would not show which one "
    'was chosen; make each a dict with a constant of its own, e.g. {"name": "a", ...}': {
        "x": choice([{"lr": uniform(0, 1)}, {"lr": loguniform(0.1, 1)}])
    },
    "options '0' and 1 of 'x' can give equal values, so a configuration would not show which one "
    'was chosen; make each a dict with a constant of its own, e.g. {"name": "a", ...}': {
        "x": choice([uniform(0, 1), 1])
    },
    "space contains itself; build it without a cycle": cyclic(),
    "'x' is {'grid_search': [1, 2]}, which is Ray Tune's way to write a grid; "
    "write tune.grid_search([1, 2])": {"x": {"grid_search": [1, 2]}},
    "'x' is Float, a domain of Ray Tune; write tunesmith's function of the same name "
    "(`import tunesmith as tune`) instead": {"x": a_domain_of("ray.tune.search.sample", "Float")},
    "'x' is FloatDistribution, a domain of Optuna; write tune.quniform(0.0, 1.0, 0.1) instead": {
        "x": optuna_float()
    },
    "'a/x' is rv, a domain of SciPy; write tune.uniform(low, high) or tune.sample_from(function) "
    "instead": {"a": {"x": choice([a_domain_of("scipy.stats.x", "rv")]), "y": uniform(0, 1)}},
}


@pytest.mark.parametrize("message", DEFINITIONS)
def test_mistakes_in_a_definition(message):
    """A definition that cannot be meant is refused before anything runs."""
    with pytest.raises(SpaceError) as caught:
        parse_space(DEFINITIONS[message])
    assert str(caught.value) == message


SPACE = parse_space(
    {
        "lr": loguniform(1e-4, 1e-1),
        "opt": choice([{"name": "sgd", "m": uniform(0, 1)}, {"name": "adam"}]),
        "k": randint(1, 5),
        "q": quniform(0, 1, 0.1),
        "fixed": 3,
    }
)
LEGAL = {"lr": 0.1, "opt": {"name": "adam"}, "k": 1, "q": 0.1, "fixed": 3}

CONFIGS = {
    "configuration {'lr': 0.01} lacks the key 'opt'; add it": {"lr": 0.01},
    "configuration has the unknown key 'lrr'; did you mean 'lr'?": {**LEGAL, "lrr": 1},
    "configuration has the unknown key 'zzz'; the keys are: lr, opt, k, q, fixed": {
        **LEGAL,
        "zzz": 1,
    },
    "configuration is [], expected a dict with the keys lr, opt, k, q, fixed": [],
    "'lr' is 1, expected a number from 0.0001 to 0.1": {**LEGAL, "lr": 1},
    "'lr' is nan, expected a number from 0.0001 to 0.1": {**LEGAL, "lr": math.nan},
    "'lr' is True, expected a number from 0.0001 to 0.1": {**LEGAL, "lr": True},
    "'lr' is '0.1', expected a number from 0.0001 to 0.1": {**LEGAL, "lr": "0.1"},
    "'k' is 1.5, expected a whole number from 1 to 4": {**LEGAL, "k": 1.5},
    "'k' is 5, expected a whole number from 1 to 4": {**LEGAL, "k": 5},
    "'q' is 0.15, expected a multiple of 0.1 from 0.0 to 1.0": {**LEGAL, "q": 0.15},
    "'fixed' is 4, expected the constant 3": {**LEGAL, "fixed": 4},
    "'opt' is 'sdg', which fits none of: 'sgd', 'adam'; did you mean 'sgd'?": {
        **LEGAL,
        "opt": "sdg",
    },
    "'opt' is {'name': 'adamm'}, which fits none of: 'sgd', 'adam'; did you mean 'adam'?": {
        **LEGAL,
        "opt": {"name": "adamm"},
    },
    "configuration {'name': 'sgd'} lacks the key 'm' under 'opt[sgd]'; add it": {
        **LEGAL,
        "opt": {"name": "sgd"},
    },
    "'opt[sgd]/m' is 2, expected a number from 0.0 to 1.0": {
        **LEGAL,
        "opt": {"name": "sgd", "m": 2},
    },
}


@pytest.mark.parametrize("message", CONFIGS)
def test_mistakes_in_a_configuration(message):
    """A nested configuration of another space is refused with the key that gives it away."""
    with pytest.raises(SpaceError) as caught:
        SPACE.check(CONFIGS[message])
    assert str(caught.value) == message


FLAT = {"lr": 0.1, "opt": "adam", "k": 1, "q": 0.1}

OTHERS = {
    "'q' is missing from the flat configuration; give it a multiple of 0.1 from 0.0 to 1.0": (
        lambda: SPACE.build({"lr": 0.1, "opt": "adam", "k": 1})
    ),
    "'opt[sgd]/m' is given, but it exists only where 'opt' is 'sgd'; "
    "leave it out where 'opt' is 'adam'": lambda: SPACE.build({**FLAT, "opt[sgd]/m": 0.5}),
    "'lrr' is no parameter of this space; did you mean 'lr'?": (
        lambda: SPACE.build({**FLAT, "lrr": 1})
    ),
    "'opt' is 'sdg', expected one of 'sgd', 'adam'": lambda: SPACE.build({**FLAT, "opt": "sdg"}),
    "'kk' is no parameter of this space; did you mean 'k'?": lambda: SPACE.parameter("kk"),
    "'kk' is no parameter of this space; leave it out": (
        lambda: parse_space({"lr": uniform(0, 1)}).sample(RNG, {"kk": 1})
    ),
    "configuration has the unknown key 'mm' under 'opt[sgd]'; did you mean 'm'?": (
        lambda: SPACE.complete({"opt": {"name": "sgd", "mm": 0.9}}, RNG)
    ),
    "configuration has the unknown key 'lrr'; did you mean 'lr'?": (
        lambda: SPACE.complete({"lrr": 0.9}, RNG)
    ),
    "'opt' is {'zz': 1}, which fits none of: 'sgd', 'adam'": (
        lambda: SPACE.complete({"opt": {"zz": 1}}, RNG)
    ),
    "position 3 of 'lr' must be a number from 0 to 1": (
        lambda: from_unit(SPACE.parameter("lr"), 3)
    ),
    "'lr' is 3, expected a number from 0.0001 to 0.1": lambda: to_unit(SPACE.parameter("lr"), 3),
    "'fixed' is not drawn, so it has no flat value": lambda: to_unit(SPACE.parameter("fixed"), 3),
    "'fixed' is not drawn, so it has no place in [0, 1]": (
        lambda: from_unit(SPACE.parameter("fixed"), 0.5)
    ),
    "'x' is computed by a:b, which a recorded space does not carry; "
    "pass the space as it was written in Python": (
        lambda: Space((ComputedParameter("x", "a:b"),)).sample(RNG)
    ),
    "sample_from of 'x' raised AttributeError: 'dict' object has no attribute 'config' for {}; "
    "the function gets the configuration itself: write config['x'], not spec.config.x": (
        lambda: parse_space({"x": sample_from(lambda spec: spec.config.lr)}).sample(RNG)
    ),
    "sample_from of 'x' raised KeyError: 'lr' for {}; "
    "keys of earlier parameters are there, later sample_from are not": (
        lambda: parse_space({"x": sample_from(lambda config: config["lr"])}).sample(RNG)
    ),
    "sample_from of 'x' returned uniform(0, 1), expected plain data: finite numbers, strings, "
    "booleans, None, lists, dicts; make the object in the training code from such data": (
        lambda: parse_space({"x": sample_from(lambda config: uniform(0, 1))}).sample(RNG)
    ),
}


@pytest.mark.parametrize("message", OTHERS)
def test_mistakes_in_a_call(message):
    """Every method says what was wrong with what it was given."""
    with pytest.raises(SpaceError) as caught:
        OTHERS[message]()
    assert str(caught.value) == message


@pytest.mark.parametrize("message", [text for text in OTHERS if "sample_from" in text])
def test_failures_of_functions_have_their_own_error(message):
    """A failing `sample_from` is told apart from a bad suggestion: nobody else is to blame."""
    with pytest.raises(ComputationError):
        OTHERS[message]()


RECORDS = {
    "bounds 0.05 and 1.0 must be multiples of step 0.1": lambda: FloatParameter(
        "x", 0.05, 1, step=0.1
    ),
    "low 2.0 must not be above high 1.0": lambda: FloatParameter("x", 2, 1),
    "bounds 1.0 and 1.0 are closer than float rounding": lambda: FloatParameter("x", 1, 1),
    "low 0.0 must be greater than 0 on a log scale": lambda: FloatParameter("x", 0, 1, log=True),
    "step -1.0 must be a positive, finite number": lambda: FloatParameter("x", 0, 1, step=-1),
    "mean nan and sd 1.0": lambda: NormalParameter("x", math.nan, 1),
    "'x' stands twice in the space": lambda: Space(
        (FixedParameter("x", 1), FixedParameter("x", 2))
    ),
    "'x' depends on 'y', which must come before it": lambda: Space(
        (FixedParameter("x", 1, (Condition("y", (1,)),)),)
    ),
    "'x' is a parameter and a dict of parameters": lambda: Space(
        (FixedParameter("x", 1), FixedParameter("x/y", 2))
    ).build({}),
    "'x' has options but is no parameter": lambda: Space((FixedParameter("x[a]", 1),)).build({}),
    "'x' has no option 'a', but parameters under it": lambda: Space(
        (FloatParameter("x", 0, 1), FixedParameter("x[a]", 1))
    ).build({"x": 0.5}),
    "'x[a' is no path of a parameter": lambda: Space((FixedParameter("x[a", 1),)).build({}),
}


@pytest.mark.parametrize("message", RECORDS)
def test_mistakes_in_a_space_made_by_hand(message):
    """Parameters and spaces that contradict themselves cannot be made or used."""
    with pytest.raises(SpaceError) as caught:
        RECORDS[message]()
    assert str(caught.value).startswith(message)
