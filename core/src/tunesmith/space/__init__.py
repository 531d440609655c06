"""Search spaces: the language, the parameters behind it, and their translation for searchers.

A space is written as nested dicts of domains and constants. Inside it is a flat list of
parameters addressed by path. A *config* is nested and plain, as the training code gets it; a
*flat* config maps the paths of drawn parameters to builtin values, as searchers see them.
"""

from tunesmith.space.cube import Cube
from tunesmith.space.domain import Domain
from tunesmith.space.dsl import (
    choice,
    grid_search,
    lograndint,
    loguniform,
    ordinal,
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
from tunesmith.space.error import ComputationError, SpaceError, TranslationError
from tunesmith.space.flat import FlatConfig
from tunesmith.space.parameter import (
    CategoricalParameter,
    ComputedParameter,
    Condition,
    FixedParameter,
    FloatParameter,
    GridParameter,
    IntParameter,
    NormalParameter,
    OrdinalParameter,
    Parameter,
    Primitive,
    Tunable,
)
from tunesmith.space.space import Space, parse_space
from tunesmith.space.translation import Translation, translate
from tunesmith.space.unit import from_unit, to_unit
from tunesmith.space.vocabulary import Vocabulary

__all__ = [
    "CategoricalParameter",
    "ComputationError",
    "ComputedParameter",
    "Condition",
    "Cube",
    "Domain",
    "FixedParameter",
    "FlatConfig",
    "FloatParameter",
    "GridParameter",
    "IntParameter",
    "NormalParameter",
    "OrdinalParameter",
    "Parameter",
    "Primitive",
    "Space",
    "SpaceError",
    "Translation",
    "TranslationError",
    "Tunable",
    "Vocabulary",
    "choice",
    "from_unit",
    "grid_search",
    "lograndint",
    "loguniform",
    "ordinal",
    "parse_space",
    "qlograndint",
    "qloguniform",
    "qrandint",
    "qrandn",
    "quniform",
    "randint",
    "randn",
    "sample_from",
    "to_unit",
    "translate",
    "uniform",
]
