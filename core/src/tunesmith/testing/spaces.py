"""Hypothesis strategies for search spaces, for property tests of whatever reads or translates them.

Needs hypothesis: `pip install tunesmith-core[testing]`.
"""

from itertools import count
from random import Random
from typing import Any

from hypothesis import strategies as st

from tunesmith.space import (
    Domain,
    Space,
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
    uniform,
)

_KEYS = st.sampled_from(["lr", "width", "depth", "act", "momentum", "x", "uniform", "choice", "ü"])
_PRIMITIVES = (
    st.none()
    | st.booleans()
    | st.integers(-1000, 1000)
    | st.floats(-1e6, 1e6)
    | st.text(max_size=6)
)
_STEPS = st.sampled_from([0.001, 0.1, 0.25, 0.3, 1.0, 2.5, 10.0])

constants: st.SearchStrategy[Any] = st.recursive(
    _PRIMITIVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=3),
    max_leaves=5,
).filter(lambda value: not (isinstance(value, dict) and "grid_search" in value))
"""Plain data of any shape."""

vocabularies: st.SearchStrategy[Vocabulary] = st.builds(
    Vocabulary,
    log=st.booleans(),
    integer=st.booleans(),
    ordinal=st.booleans(),
    categorical=st.booleans(),
    step=st.booleans(),
    normal=st.booleans(),
    conditional=st.booleans(),
)
"""Every combination of what a searcher may understand."""

rngs: st.SearchStrategy[Random] = st.integers(0, 2**32).map(Random)
"""Seeded generators."""


@st.composite
def _reals(draw: st.DrawFn) -> Domain:
    log = draw(st.booleans())
    if log:
        low = draw(st.floats(1e-9, 1e3))
        return loguniform(low, low * draw(st.floats(1.001, 1e6)))
    low = draw(st.floats(-1e6, 1e6))
    return uniform(low, low + draw(st.floats(1e-2, 1e6)))


@st.composite
def _quantised(draw: st.DrawFn) -> Domain:
    q = draw(_STEPS)
    if draw(st.booleans()):
        first = draw(st.integers(1, 20))
        return qloguniform(first * q, (first + draw(st.integers(0, 50))) * q, q)
    first = draw(st.integers(-20, 20))
    # Ends between multiples are legal too.
    slack = draw(st.sampled_from([0.0, 0.3]))
    return quniform((first - slack) * q, (first + draw(st.integers(0, 50)) + slack) * q, q)


@st.composite
def _integers(draw: st.DrawFn) -> Domain:
    low, span, q = draw(st.integers(1, 50)), draw(st.integers(1, 200)), draw(st.integers(1, 7))
    if draw(st.booleans()):
        return draw(st.sampled_from([randint, lograndint]))(low, low + span)
    return draw(st.sampled_from([qrandint, qlograndint]))(low * q, low * q + span, q)


def _listed(options: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    # 1, 1.0 and True are equal in Python, and refused as options side by side.
    return st.lists(options, min_size=1, max_size=5, unique_by=lambda option: option)


domains: st.SearchStrategy[Domain] = st.one_of(
    _reals(),
    _quantised(),
    _integers(),
    st.builds(randn, st.floats(-100, 100), st.floats(0.01, 100)),
    st.builds(qrandn, st.floats(-100, 100), st.floats(0.01, 100), _STEPS),
    st.builds(choice, _listed(_PRIMITIVES)),
    st.builds(ordinal, _listed(_PRIMITIVES)),
)
"""One parameter, not conditional."""


def _branching(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    tables = st.dictionaries(_KEYS, inner, max_size=3)

    def choose(dicts: list[dict[str, Any]]) -> Domain:
        number = count()
        return choice([{"name": f"option {next(number)}", **table} for table in dicts])

    return tables.filter(lambda table: "grid_search" not in table) | st.lists(
        tables, min_size=1, max_size=3
    ).map(choose)


definitions: st.SearchStrategy[dict[str, Any]] = st.dictionaries(
    _KEYS,
    st.recursive(domains | constants, _branching, max_leaves=6),
    max_size=4,
).flatmap(
    lambda table: st.builds(
        lambda grid: {**table, **({"grid": grid_search(grid)} if grid else {})},
        st.just([]) | _listed(_PRIMITIVES),
    )
)
"""Definitions as people write them: nested, conditional, with constants and a grid."""

spaces: st.SearchStrategy[Space] = definitions.map(parse_space)
"""Parsed spaces."""
