"""Exploring: whatever the space and the way, the new configuration belongs to the space."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tunesmith as tune
from tunesmith.errors import UsageError
from tunesmith.protocols import Objective, Problem
from tunesmith.space import parse_space
from tunesmith_pbt.mutation import Mutation, targets

DEFINITION = {
    "lr": tune.loguniform(1e-4, 1e-1),
    "dropout": tune.uniform(0, 0.5),
    "layers": tune.randint(1, 5),
    "width": tune.qlograndint(16, 256, 16),
    "decay": tune.quniform(0, 1, 0.1),
    "shift": tune.randn(0, 2),
    "grain": tune.qrandn(0, 2, 0.25),
    "batch": tune.ordinal([32, 64, 128]),
    "act": tune.choice(["relu", "tanh", None, True]),
    "opt": tune.choice(
        [
            {"name": "sgd", "momentum": tune.uniform(0, 1)},
            {"name": "adam", "beta": tune.choice([1])},
        ]
    ),
    "fold": tune.grid_search([1, 2, 3]),
    "epochs": 7,
    "twice": tune.sample_from(lambda config: 2 * config["layers"]),
}


def make(definition=None, constraints=(), mutate=None, **options):
    """Make a mutation of a space."""
    problem = Problem(
        space=parse_space(DEFINITION if definition is None else definition),
        objectives=(Objective("loss", "min"),),
        seeds=Random,
        constraints=constraints,
    )
    given = {
        "explore": "perturb",
        "factors": (0.8, 1.2),
        "noise": 0.1,
        "resample_probability": 0.25,
    }
    return Mutation(problem, targets(problem, mutate), **{**given, **options})


@given(
    seed=st.integers(0, 10**6),
    explore=st.sampled_from(["perturb", "noise"]),
    resample=st.sampled_from([0, 0.25, 1]),
    factors=st.sampled_from([(0.8, 1.2), (0.01, 100), (1,)]),
    noise=st.sampled_from([0.01, 0.3, 5]),
)
def test_the_child_of_a_configuration_belongs_to_the_space(seed, explore, resample, factors, noise):
    """Bounds, steps, options, conditions and functions hold; grids and constants stay."""
    mutation = make(explore=explore, resample_probability=resample, factors=factors, noise=noise)
    rng = Random(seed)
    config = mutation.problem.space.sample(rng)
    for _ in range(3):
        child = mutation(config, rng)
        mutation.problem.space.check(child)
        assert child["fold"] == config["fold"]
        assert child["twice"] == 2 * child["layers"]
        config = child


@given(seed=st.integers(0, 10**6))
def test_the_same_generator_gives_the_same_child(seed):
    """Exploring depends on the configuration and the generator alone."""
    mutation = make()
    config = mutation.problem.space.sample(Random(seed))
    assert mutation(config, Random(seed)) == mutation(config, Random(seed))


def children(definition, config, **options):
    """Return the different children of a configuration, of 200."""
    mutation = make(definition, **{"resample_probability": 0, **options})
    made = [mutation(config, Random(seed)) for seed in range(200)]
    return [child for at, child in enumerate(made) if child not in made[:at]]


@pytest.mark.parametrize(
    ("domain", "value", "expected"),
    [
        (tune.uniform(0, 1), 0.5, [0.4, 0.6]),
        (tune.uniform(0, 1), 0.9, [0.72, 1.0]),
        (tune.uniform(0, 1), 0.0, [0.0]),
        (tune.uniform(-1, 1), -0.5, [-0.6, -0.4]),
        (tune.loguniform(0.1, 1), 0.11, [0.1, 0.132]),
        (tune.randint(1, 10), 2, [1, 3]),
        (tune.randint(1, 10), 1, [1, 2]),
        (tune.randint(0, 100), 50, [40, 60]),
        (tune.randint(-9, 9), 0, [-1, 1]),
        (tune.quniform(0, 1, 0.1), 0.2, [0.1, 0.3]),
        (tune.qlograndint(16, 256, 16), 64, [48, 80]),
        (tune.ordinal(["s", "m", "l"]), "m", ["l", "s"]),
        (tune.ordinal(["s", "m", "l"]), "s", ["m"]),
        (tune.ordinal(["s"]), "s", ["s"]),
        (tune.choice(["relu", "tanh"]), "relu", ["relu"]),
    ],
)
def test_perturbing_multiplies_within_bounds_and_moves_by_a_step(domain, value, expected):
    """A number is multiplied by 0.8 or 1.2 and clamped; steps and ordinals move by one at least."""
    found = children({"x": domain}, {"x": value})
    values = sorted((child["x"] for child in found), key=str if isinstance(value, str) else None)
    assert values == pytest.approx(expected) if not isinstance(value, str) else values == expected


def test_noise_is_even_on_the_parameters_own_scale():
    """On a log scale, noise of 0.1 is a tenth of the decades, up and down alike."""
    found = children({"x": tune.loguniform(1e-6, 1)}, {"x": 1e-3}, explore="noise", noise=0.1)
    assert len(found) == 200
    above = sum(child["x"] > 1e-3 for child in found)
    within = sum(10**-3.6 < child["x"] < 10**-2.4 for child in found)
    # 7 and 6 standard deviations from 100 and 136.5: false alarms below 1e-8, and seeds are fixed.
    assert 50 < above < 150
    assert 97 < within < 177


def test_noise_is_reflected_at_the_ends():
    """Near an end no value sticks to it."""
    found = children({"x": tune.uniform(0, 1)}, {"x": 0.01}, explore="noise", noise=0.3)
    assert len(found) == 200
    assert all(0 < child["x"] < 1 for child in found)


def test_a_new_category_brings_what_belongs_to_it():
    """Where resampling changes a branch, the new one's parameters are drawn, the old ones gone."""
    space = {"opt": DEFINITION["opt"]}
    found = children(space, {"opt": {"name": "adam", "beta": 1}}, resample_probability=0.5)
    names = {child["opt"]["name"] for child in found}
    assert names == {"sgd", "adam"}
    assert all(("momentum" in c["opt"]) == (c["opt"]["name"] == "sgd") for c in found)


def test_only_the_named_parameters_change():
    """With `mutate`, everything else stays as it is in the source."""
    space = {"a": tune.uniform(0, 1), "b": {"c": tune.uniform(0, 1)}}
    config = {"a": 0.5, "b": {"c": 0.5}}
    found = children(space, config, mutate=["b/c"])
    assert [child["a"] for child in found] == [0.5, 0.5]
    assert sorted(child["b"]["c"] for child in found) == [0.4, 0.6]


@pytest.mark.parametrize(
    ("mutate", "words"),
    [(["leyers"], ["'leyers'", "did you mean 'layers'"]), (["epochs"], ["'epochs'", "constant"])],
)
def test_a_path_that_cannot_be_mutated_is_refused(mutate, words):
    """`mutate` names parameters that are drawn; the error has the closest one."""
    with pytest.raises(UsageError) as caught:
        make(mutate=mutate)
    assert all(word in str(caught.value) for word in words)


@given(seed=st.integers(0, 10**6), old=st.sampled_from([0.001, 0.01, 0.1, 0.5]))
def test_a_parameter_with_values_takes_one_of_them(seed, old):
    """A mapping in `mutate` has values to choose among: a neighbour, or any from elsewhere."""
    space = {"lr": tune.loguniform(1e-4, 1), "x": tune.uniform(0, 1)}
    mutation = make(space, mutate={"lr": [0.1, 0.001, 0.01]}, resample_probability=0)
    child = mutation({"lr": old, "x": 0.5}, Random(seed))
    near = {0.001: {0.01}, 0.01: {0.001, 0.1}, 0.1: {0.01}}
    assert child["lr"] in near.get(old, {0.001, 0.01, 0.1})
    assert child["x"] == 0.5
    drawn = make(space, mutate={"lr": [0.3]}, resample_probability=1)
    assert drawn({"lr": old, "x": 0.5}, Random(seed))["lr"] == 0.3


def test_categories_and_conditional_parameters_take_given_values_too():
    """Values may be of any parameter that is drawn; a new branch brings one of them."""
    space = {name: DEFINITION[name] for name in ("act", "opt")}
    mutate = {"act": ["relu", None], "opt": ["sgd"], "opt[sgd]/momentum": [0.5, 0.9]}
    mutation = make(space, mutate=mutate, resample_probability=1)
    config = {"act": "tanh", "opt": {"name": "adam", "beta": 1}}
    for seed in range(20):
        child = mutation(config, Random(seed))
        assert child["act"] in ("relu", None)
        assert child["opt"] in [{"name": "sgd", "momentum": m} for m in (0.5, 0.9)]


@pytest.mark.parametrize(
    ("mutate", "words"),
    [
        ({"lr": [5.0]}, ["mutate={'lr': [5.0]} of pbt", "'lr'", "from 0.0001 to 0.1"]),
        ({"lr": []}, ["mutate={'lr': []} of pbt has no value", "mutate=['lr']"]),
        ({"lr": tune.uniform(0, 1)}, ["'lr': uniform(0, 1)", "a list of", "write mutate=['lr']"]),
        ({"act": ["gelu"]}, ["'gelu'", "relu"]),
        ({"leyers": [1]}, ["'leyers'", "did you mean 'layers'"]),
    ],
)
def test_values_from_outside_the_space_are_refused(mutate, words):
    """What `mutate` gives must be in the parameter's domain; the error quotes it."""
    with pytest.raises(UsageError) as caught:
        make(mutate=mutate)
    assert all(word in str(caught.value) for word in words)


def test_a_users_function_explores_and_is_kept_in_the_domain():
    """Numbers that a function puts out of bounds or off a step are moved onto the nearest value."""

    def bolder(config):
        config["lr"] *= 1000
        config["opt"]["momentum"] = -3
        config["layers"] = 2.6
        return config

    space = {name: DEFINITION[name] for name in ("lr", "layers", "opt", "twice")}
    config = {"lr": 0.01, "layers": 1, "opt": {"name": "sgd", "momentum": 0.5}, "twice": 2}
    child = make(space, explore=bolder)(config, Random(0))
    assert child == {"lr": 0.1, "layers": 3, "opt": {"name": "sgd", "momentum": 0}, "twice": 6}
    assert config["lr"] == 0.01


def test_a_users_function_that_leaves_the_space_is_told_so():
    """What cannot be repaired is an error that quotes the function and what it made."""
    mutation = make({"act": tune.choice(["relu", "tanh"])}, explore=lambda config: {"act": "gelu"})
    with pytest.raises(UsageError, match=r"explore=.*'gelu'.*relu"):
        mutation({"act": "relu"}, Random(0))


def test_the_experiments_constraint_holds_for_children_too():
    """Children that break the constraint are drawn again; where all do, the source's stays."""
    space = {"x": tune.uniform(0, 1)}
    mutation = make(space, constraints=(lambda config: config["x"] <= 0.5,))
    assert all(mutation({"x": 0.5}, Random(seed))["x"] <= 0.5 for seed in range(50))
    impossible = make(space, constraints=(lambda config: config["x"] == 0.5,))
    assert impossible({"x": 0.5}, Random(0)) == {"x": 0.5}
