"""The functions of the space language: ranges, ends, and mistakes caught at the call."""

import math
import random

import pytest

from tunesmith.space import (
    SpaceError,
    choice,
    from_unit,
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


def values(domain, draws=3000):
    """Return the set of values seen in many draws."""
    space, rng = parse_space({"x": domain}), random.Random(0)
    return {space.draw(rng)["x"] for _ in range(draws)}


# False alarms below: the rarest value has probability > 0.01, so missing it has < 1e-12.
@pytest.mark.parametrize(
    ("domain", "expected"),
    [
        (randint(2, 6), [2, 3, 4, 5]),
        (qrandint(2, 6), [2, 3, 4, 5, 6]),
        (qrandint(1, 10, 3), [3, 6, 9]),
        (qrandint(-4, 4, 4), [-4, 0, 4]),
        (lograndint(1, 5), [1, 2, 3, 4]),
        (qlograndint(1, 5), [1, 2, 3, 4, 5]),
        (qlograndint(10, 45, 10), [10, 20, 30, 40]),
        (quniform(0, 0.5, 0.1), [0.0, 0.1, 0.2, 0.3, 0.4, 0.5]),
        (quniform(0.05, 0.35, 0.1), [0.1, 0.2, 0.3]),
        (quniform(-1, 1, 0.5), [-1.0, -0.5, 0.0, 0.5, 1.0]),
        (qloguniform(0.1, 0.4, 0.1), [0.1, 0.2, 0.3, 0.4]),
        (qloguniform(1e-5, 0.3, 0.1), [0.1, 0.2, 0.3]),
        (choice(["a", None, True, 3]), ["a", None, True, 3]),
        (ordinal(["s", "m"]), ["s", "m"]),
        (grid_search([1, 2]), [1, 2]),
        (choice(range(3)), [0, 1, 2]),
    ],
    ids=repr,
)
def test_every_value_of_a_discrete_domain_is_reached(domain, expected):
    """A discrete domain yields exactly its values: both ends where included, multiples of q."""
    found = values(domain)
    assert found == set(expected)
    assert {type(value) for value in found} == {type(value) for value in expected}


def test_multiples_print_as_they_are_written():
    """Multiples of 0.1 are 0.3 and 0.7, not 0.30000000000000004."""
    space = parse_space({"x": quniform(0, 1, 0.1)})
    assert sorted({from_unit(space.parameters[0], k / 100) for k in range(101)}) == [
        float(f"0.{k}") for k in range(10)
    ] + [1.0]


def test_log_domains_favour_no_order_of_magnitude():
    """Half of loguniform(1e-4, 1) lies below 1e-2; of a uniform one, almost nothing."""
    rng = random.Random(0)
    space = parse_space({"log": loguniform(1e-4, 1), "flat": uniform(1e-4, 1)})
    drawn = [space.draw(rng) for _ in range(4000)]
    # Binomial with standard deviation 32: six of them are a false alarm in 1e9.
    assert abs(sum(flat["log"] < 1e-2 for flat in drawn) - 2000) < 200
    assert sum(flat["flat"] < 1e-2 for flat in drawn) < 150


def test_normal_domains_have_their_mean_and_spread():
    """`randn` is centred on its mean, and 68 % lie within one standard deviation."""
    rng = random.Random(0)
    space = parse_space({"x": randn(10, 2), "q": qrandn(10, 2, 0.5)})
    drawn = [space.draw(rng) for _ in range(4000)]
    # The mean's standard error is 0.03, the count's 30: six of them each.
    assert abs(sum(flat["x"] for flat in drawn) / 4000 - 10) < 0.2
    assert abs(sum(8 <= flat["x"] <= 12 for flat in drawn) - 2731) < 180
    assert all((flat["q"] * 2).is_integer() for flat in drawn)


def test_numpy_numbers_and_arrays_are_taken():
    """Bounds and options may come from numpy; the space holds builtins."""
    numpy = pytest.importorskip("numpy", reason="needs numpy: pip install it")
    space = parse_space(
        {
            "x": uniform(numpy.float32(0), numpy.int64(1)),
            "n": randint(numpy.int64(0), numpy.int64(3)),
            "o": choice(numpy.arange(3)),
            "s": ordinal([numpy.str_("a"), numpy.float64(0.5)]),
        }
    )
    builtins = parse_space(
        {"x": uniform(0, 1), "n": randint(0, 3), "o": choice([0, 1, 2]), "s": ordinal(["a", 0.5])}
    )
    assert space == builtins
    assert [type(option) for option in space.parameter("s").options] == [str, float]
    assert type(space.draw(random.Random(0))["o"]) is int


def test_domains_show_as_they_were_written():
    """The repr of a domain is the call that made it."""
    assert repr(loguniform(1e-4, 1e-1)) == "loguniform(0.0001, 0.1)"
    assert repr(choice(["a", 1])) == "choice(['a', 1])"


MISTAKES = {
    "uniform(1, 0): low must not be above high; exchange them": lambda: uniform(1, 0),
    "uniform(1, 1) has a single value; write the constant 1.0 instead": lambda: uniform(1, 1),
    "uniform('a', 1): low must be a number, got 'a'; write e.g. uniform(0, 1)": lambda: uniform(
        "a", 1
    ),
    "uniform(True, 1): low must be a number, got True; write e.g. uniform(0, 1)": lambda: uniform(
        True, 1
    ),
    "uniform(nan, 1): low must be finite, got nan; write e.g. uniform(0, 1)": lambda: uniform(
        math.nan, 1
    ),
    "uniform(-1.7e+308, 1.7e+308): the range is wider than a float can hold; narrow it": (
        lambda: uniform(-1.7e308, 1.7e308)
    ),
    "loguniform(0, 1): low must be greater than 0 on a log scale, got 0.0; "
    "write e.g. loguniform(1e-4, 1e-1), or uniform(0, 1) for a range with 0": (
        lambda: loguniform(0, 1)
    ),
    "quniform(0, 1, 0): q must be greater than 0, got 0.0; write e.g. quniform(0, 1, 0.1)": (
        lambda: quniform(0, 1, 0)
    ),
    "quniform(0.1, 0.4, 1): no multiple of q=1.0 lies from 0.1 to 0.4; "
    "make q smaller or the range wider": lambda: quniform(0.1, 0.4, 1),
    "quniform(0, 1e+300, 1e-10): bounds 0.0 and 1e+300 are more than 2**53 times the step 1e-10, "
    "which floats cannot count; make the step larger": (lambda: quniform(0, 1e300, 1e-10)),
    "randn(0, 0): sd must be greater than 0, got 0.0; write e.g. randn(0, 1)": lambda: randn(0, 0),
    "qrandn(0, 1, -1): q must be greater than 0, got -1.0; write e.g. qrandn(0, 1, 0.1)": (
        lambda: qrandn(0, 1, -1)
    ),
    "randint(0, 10.0): high must be a whole number, got 10.0; write 10": lambda: randint(0, 10.0),
    "randint(0, 10.5): high must be a whole number, got 10.5; write e.g. randint(0, 10)": (
        lambda: randint(0, 10.5)
    ),
    "randint(3, 3) is empty: the upper end is excluded; write randint(3, 4)": (
        lambda: randint(3, 3)
    ),
    "lograndint(0, 3): low must be greater than 0 on a log scale, got 0; "
    "write e.g. lograndint(1, 1000), or randint(0, 10) for a range with 0": (
        lambda: lograndint(0, 3)
    ),
    "randint(0, 18014398509481984): bounds must lie within ±2**53, which floats hold exactly; "
    "draw a smaller number and derive the large one from it in the training code": (
        lambda: randint(0, 2**54)
    ),
    'choice([]) has no options; list at least one, e.g. choice(["relu", "tanh"])': (
        lambda: choice([])
    ),
    'choice(\'abc\') needs a list of options; write e.g. choice(["relu", "tanh"])': (
        lambda: choice("abc")
    ),
    "ordinal({1}): a set has no order, so runs could not be repeated; "
    'write a list, e.g. ordinal(["small", "medium", "large"])': lambda: ordinal({1}),
    "grid_search(3) needs a list of options; write e.g. grid_search([16, 32, 64])": (
        lambda: grid_search(3)
    ),
    "sample_from(3) needs a function of the configuration; "
    "write sample_from(lambda config: 2 * config['width'])": lambda: sample_from(3),
}


@pytest.mark.parametrize("message", MISTAKES)
def test_mistakes_are_told_at_the_call(message):
    """A call that cannot be meant raises at once, with the value and the fix."""
    with pytest.raises(SpaceError) as caught:
        MISTAKES[message]()
    assert str(caught.value) == message
