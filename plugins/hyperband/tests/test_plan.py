"""Which brackets there are, and what the factory accepts."""

import subprocess
import sys
from fractions import Fraction
from math import ceil, inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tunesmith_hyperband
from tunesmith.errors import UsageError
from tunesmith_hyperband.plan import plan
from tunesmith_hyperband.scheduler import hyperband


def starts(shapes):
    """Return how many trials start at which resource, bracket by bracket."""
    return [(shape.size, shape.levels[0]) for shape in shapes]


@pytest.mark.parametrize(
    ("top", "lowest", "factor", "expected"),
    [
        (81, 1, 3, [(81, 1), (34, 3), (15, 9), (8, 27), (5, 81)]),
        (27, 1, 3, [(27, 1), (12, 3), (6, 9), (4, 27)]),
        (9, 1, 3, [(9, 1), (5, 3), (3, 9)]),
        (16, 1, 4, [(16, 1), (6, 4), (3, 16)]),
        (16, 1, 2, [(16, 1), (10, 2), (7, 4), (5, 8), (5, 16)]),
        (1000, 100, 3, [(9, 1000 / 9), (5, 1000 / 3), (3, 1000)]),
        (243, 3, 3, [(81, 3), (34, 9), (15, 27), (8, 81), (5, 243)]),
        (8.1, 0.1, 3, [(81, 0.1), (34, 0.3), (15, 0.9), (8, 2.7), (5, 8.1)]),
        (15.625, 1, 2.5, [(16, 1), (9, 2.5), (5, 6.25), (4, 15.625)]),
        (2, 1, 3, [(1, 2)]),
        (1, 1, 3, [(1, 1)]),
    ],
)
def test_brackets_are_those_of_the_paper(top, lowest, factor, expected):
    """⌈(s_max+1) η^s / (s+1)⌉ trials start at R η^-s: 81/34/15/8/5 for R=81 and η=3."""
    shapes = starts(plan(top, lowest, factor))
    assert [size for size, _ in shapes] == [size for size, _ in expected]
    assert [level for _, level in shapes] == pytest.approx([level for _, level in expected])


@given(st.integers(1, 2000), st.integers(1, 50), st.integers(2, 7))
def test_brackets_equal_those_of_exact_arithmetic(top, lowest, factor):
    """For whole R, r and η the plan is what fractions give, and all rungs lie in [r, R]."""
    if lowest > top:
        return
    most = 0
    while Fraction(top, factor ** (most + 1)) >= lowest:
        most += 1
    sizes = [ceil(Fraction((most + 1) * factor**s, s + 1)) for s in range(most, -1, -1)]
    shapes = plan(top, lowest, factor)
    assert [shape.size for shape in shapes] == sizes
    for s, shape in zip(range(most, -1, -1), shapes, strict=True):
        exact = [float(Fraction(top, factor ** (s - i))) for i in range(s + 1)]
        assert list(shape.levels) == pytest.approx(exact)
        assert shape.size // factor**s >= 1


def test_brackets_may_be_fewer():
    """`brackets=2` takes the two that stop most of each round."""
    assert starts(plan(81, 1, 3, 2)) == [(81, 1), (34, 3)]


def test_the_end_is_the_experiments_else_81(make_problem):
    """Without the option, `max_resource` is the experiment's; where that has none, it is 81."""
    ends = [
        scheduler._shapes[0].levels[-1]
        for scheduler in (
            hyperband(make_problem(30)),
            hyperband(make_problem(None)),
            hyperband(make_problem(30), max_resource=12),
        )
    ]
    assert ends == [30, 81, 12]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"reduction_factor": 1}, ["reduction_factor=1 ", "greater than 1"]),
        ({"reduction_factor": nan}, ["reduction_factor=nan"]),
        ({"grace_period": 28}, ["grace_period=28", "max_resource=27"]),
        ({"grace_period": 0}, ["grace_period=0"]),
        ({"max_resource": inf}, ["max_resource=inf"]),
        ({"brackets": 5}, ["brackets=5", "between 1 and 4"]),
        ({"brackets": 0}, ["brackets=0"]),
    ],
)
def test_impossible_options_are_refused_with_their_values(make_problem, options, words):
    """An option out of range is a UsageError that quotes it and says what would do."""
    with pytest.raises(UsageError) as caught:
        hyperband(make_problem(27), **options)
    for word in words:
        assert word in str(caught.value)


def test_the_shim_imports_no_scheduler():
    """Loading the plugin's entry point does not import the scheduler."""
    code = (
        "import sys, tunesmith_hyperband._plugin as shim; specs = shim.tunesmith_schedulers(); "
        "assert [spec.name for spec in specs] == ['hyperband'] and specs[0].capabilities.pauses; "
        "assert 'tunesmith_hyperband.scheduler' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_package_offers_its_factory_lazily():
    """`tunesmith_hyperband.hyperband` is the factory; other names are AttributeErrors."""
    assert tunesmith_hyperband.hyperband is hyperband
    with pytest.raises(AttributeError, match="no attribute 'hyper'"):
        _ = tunesmith_hyperband.hyper
