"""How searchers with less vocabulary see a space."""

import math
import pickle

import pytest

from tunesmith.space import (
    CategoricalParameter,
    Condition,
    FloatParameter,
    IntParameter,
    NormalParameter,
    OrdinalParameter,
    Space,
    SpaceError,
    TranslationError,
    Vocabulary,
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
    translate,
    uniform,
)

NOTHING = Vocabulary()
ALL = Vocabulary(**dict.fromkeys(Vocabulary.__struct_fields__, True))


def shown(domain, **vocabulary):
    """Return the parameter that a searcher with this vocabulary sees."""
    space = parse_space({"x": domain})
    return translate(space, Vocabulary(**vocabulary)).space.parameters[0]


@pytest.mark.parametrize(
    ("domain", "vocabulary", "expected"),
    [
        (uniform(0, 1), {}, FloatParameter("x", 0, 1)),
        (loguniform(1, math.e), {}, FloatParameter("x", 0, 1)),
        (loguniform(1, 2), {"log": True}, FloatParameter("x", 1, 2, log=True)),
        (quniform(0, 1, 0.25), {}, FloatParameter("x", -0.5, 4.5)),
        (quniform(0, 1, 0.25), {"integer": True}, IntParameter("x", 0, 4)),
        (quniform(0, 1, 0.25), {"step": True}, FloatParameter("x", 0, 1, step=0.25)),
        (qloguniform(1, 4, 1), {"log": True, "step": True}, FloatParameter("x", 0.5, 4.5, True)),
        (randint(2, 8), {}, FloatParameter("x", 1.5, 7.5)),
        (randint(2, 8), {"integer": True}, IntParameter("x", 2, 7)),
        (qrandint(2, 8, 2), {"integer": True}, IntParameter("x", 0, 3)),
        (
            qrandint(2, 8, 2),
            {"integer": True, "step": True},
            IntParameter("x", 2, 8, step=2),
        ),
        (lograndint(1, 9), {"log": True}, FloatParameter("x", 0.5, 8.5, log=True)),
        (lograndint(1, 9), {"integer": True}, FloatParameter("x", math.log(0.5), math.log(8.5))),
        (lograndint(1, 9), {"log": True, "integer": True}, IntParameter("x", 1, 8, log=True)),
        (
            qlograndint(2, 8, 2),
            {"log": True, "integer": True, "step": True},
            FloatParameter("x", 1, 9, log=True),
        ),
        (ordinal(["a", "b", "c"]), {}, FloatParameter("x", -0.5, 2.5)),
        (ordinal(["a", "b", "c"]), {"integer": True}, IntParameter("x", 0, 2)),
        (ordinal(["a", "b"]), {"ordinal": True}, OrdinalParameter("x", ("a", "b"))),
        (randn(3, 2), {}, FloatParameter("x", 1e-6, 1 - 1e-6)),
        (randn(3, 2), {"normal": True}, NormalParameter("x", 3, 2)),
        (qrandn(3, 2, 1), {"normal": True}, NormalParameter("x", 3, 2)),
        (qrandn(3, 2, 1), {"normal": True, "step": True}, NormalParameter("x", 3, 2, 1)),
        (choice(["a", "b"]), {"categorical": True}, CategoricalParameter("x", ("a", "b"))),
    ],
)
def test_what_a_searcher_sees(domain, vocabulary, expected):
    """Each parameter is shown natively where possible, else as the nearest that loses nothing."""
    assert shown(domain, **vocabulary) == expected


def test_every_integer_keeps_its_share():
    """Rounding gives each whole number an interval of the same length, halves and ends included."""
    translation = translate(parse_space({"x": randint(0, 4)}), NOTHING)
    for value, seen in [(-0.5, 0), (0.49, 0), (0.5, 1), (1.49, 1), (2.5, 3), (3.5, 3)]:
        assert translation.decode({"x": value}) == {"x": seen}


CONDITIONAL = parse_space(
    {
        "lr": loguniform(1e-4, 1e-1),
        "opt": choice([{"name": "sgd", "m": uniform(0, 1)}, {"name": "adam"}]),
        "one": choice(["only"]),
        "batch": grid_search([16, 32]),
        "fixed": 3,
        "twice": sample_from(lambda config: 2 * config["batch"]),
    }
)


def test_searchers_see_neither_constants_nor_grids():
    """Constants, grids, computed and single-valued parameters are stripped, and put back later."""
    translation = translate(CONDITIONAL, ALL)
    assert [p.path for p in translation.space.parameters] == ["lr", "opt", "opt[sgd]/m"]
    assert translation.space.parameters[2].when == (Condition("opt", ("sgd",)),)
    flat = translation.decode({"lr": 0.01, "opt": "adam"})
    assert flat == {"lr": 0.01, "opt": "adam", "one": "only"}
    config = CONDITIONAL.build({**flat, "batch": 16})
    assert config == {
        "lr": 0.01,
        "opt": {"name": "adam"},
        "one": "only",
        "batch": 16,
        "fixed": 3,
        "twice": 32,
    }
    assert translation.encode(config) == {"lr": 0.01, "opt": "adam"}


def test_a_condition_that_always_holds_is_not_shown():
    """A choice with a single option makes nothing conditional."""
    space = parse_space({"opt": choice([{"name": "sgd", "m": uniform(0, 1)}])})
    translation = translate(space, NOTHING)
    assert translation.space == Space((FloatParameter("opt[sgd]/m", 0, 1),))
    assert translation.decode({"opt[sgd]/m": 0.5}) == {"opt": "sgd", "opt[sgd]/m": 0.5}


def test_losses_are_errors_unless_allowed():
    """A choice or a condition that the searcher cannot see stops the run before the first trial."""
    with pytest.raises(TranslationError) as caught:
        translate(CONDITIONAL, Vocabulary(log=True))
    assert (caught.value.path, caught.value.capability) == ("opt", "categorical")
    assert str(caught.value) == (
        "'opt' is a choice, but the searcher takes no categorical parameters; use one that does, "
        "ordinal([...]) if the options have an order, or lossy=True to show it their positions"
    )
    with pytest.raises(TranslationError) as caught:
        translate(CONDITIONAL, Vocabulary(categorical=True))
    assert (caught.value.path, caught.value.capability) == ("opt[sgd]/m", "conditional")
    assert str(caught.value) == (
        "'opt[sgd]/m' exists only where 'opt' is 'sgd', but the searcher takes no conditional "
        "parameters; use one that does, or lossy=True to show it always and ignore it elsewhere"
    )
    again = pickle.loads(pickle.dumps(caught.value))  # noqa: S301  (our own)
    assert (str(again), again.path) == (str(caught.value), "opt[sgd]/m")


def test_lossy_translation_drops_what_is_inactive():
    """A searcher that knows no conditions gives every value; inactive ones are dropped."""
    translation = translate(CONDITIONAL, NOTHING, lossy=True)
    assert translation.losses == (
        "'opt' is shown as a position from 0 to 1",
        "'opt[sgd]/m' exists only where 'opt' is 'sgd', but is shown always",
    )
    flat = translation.decode({"lr": math.log(0.01), "opt": 1.2, "opt[sgd]/m": 0.7})
    assert flat == {"lr": pytest.approx(0.01), "opt": "adam", "one": "only"}
    assert translation.encode_flat(flat)["opt[sgd]/m"] == 0.5


def test_numpy_scalars_become_builtins():
    """Libraries answer in numpy's types; nobody else sees them."""
    numpy = pytest.importorskip("numpy", reason="needs numpy: pip install it")
    space = parse_space({"x": uniform(0, 1), "n": randint(0, 9), "c": choice(["a", "b"])})
    translation = translate(space, ALL)
    flat = translation.decode({"x": numpy.float64(0.5), "n": numpy.int64(3), "c": numpy.str_("a")})
    assert flat == {"x": 0.5, "n": 3, "c": "a"}
    assert [type(value) for value in flat.values()] == [float, int, str]


MISTAKES = {
    "suggestion {'lr': 0.1} lacks 'opt'; every active parameter needs a value": {"lr": 0.1},
    "suggestion {'lr': 0.1, 'opt': 'adam', 'opt[sgd]/m': 1} has 'opt[sgd]/m', "
    "which is inactive there; leave it out": {"lr": 0.1, "opt": "adam", "opt[sgd]/m": 1},
    "suggestion {'lr': 0.1, 'opt': 'adam', 'batch': 16} has 'batch', which is no parameter of the "
    "searcher's space; leave it out": {"lr": 0.1, "opt": "adam", "batch": 16},
    "'lr' is 0.2, expected a number from 0.0001 to 0.1": {"lr": 0.2, "opt": "adam"},
    "'lr' is nan, expected a number from 0.0001 to 0.1": {"lr": math.nan, "opt": "adam"},
    "'opt' is 'sdg', expected one of 'sgd', 'adam'": {"lr": 0.1, "opt": "sdg"},
    "suggestion [] must be a dict of values by path": [],
}


@pytest.mark.parametrize("message", MISTAKES)
def test_bad_suggestions_are_refused(message):
    """A suggestion outside the searcher's space is never passed on, and never repaired."""
    with pytest.raises(SpaceError) as caught:
        translate(CONDITIONAL, ALL).decode(MISTAKES[message])
    assert str(caught.value) == message
