"""Space conversion: FLAML's domains cover the space, and values come back unharmed."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tunesmith.space as ts
from tunesmith.errors import CapabilityError
from tunesmith.testing.spaces import rngs, spaces
from tunesmith_flaml._space import decode, dimensions, encode
from tunesmith_flaml.searcher import _domains, complete_config, define_by_run_func

VOCABULARY = ts.Vocabulary(
    log=True, integer=True, ordinal=True, categorical=True, step=True, conditional=True
)


@given(space=spaces, rng=rngs)
@settings(max_examples=30, deadline=None)
def test_configurations_survive_the_way_to_flaml_and_back(space, rng):
    """What is drawn from the space is encoded, and decoded to the same."""
    shown = ts.translate(space, VOCABULARY).space
    roots = dimensions(shown)
    flat = shown.draw(rng)
    assert shown.validate(decode(roots, encode(roots, flat, {}))) == flat


class Drawn:
    """What FLAML asks Optuna for; answers as told, and holds the answers against the domains."""

    def __init__(self, names):
        self.names, self.asked = names, []

    def suggest_float(self, name, low, high, log=False, step=1):
        assert low <= self.names[name] <= high
        self.asked.append(name)

    suggest_int = suggest_float

    def suggest_categorical(self, name, choices):
        self.asked.append(name)
        return choices[self.names[name]]


@given(space=spaces, rng=rngs)
@settings(max_examples=30, deadline=None)
def test_the_global_search_knows_each_parameter_by_the_name_it_is_told(space, rng):
    """The names of `encode` are those that FLAML asks Optuna for, with values in its domains."""
    shown = ts.translate(space, VOCABULARY).space
    roots, names = dimensions(shown), {}
    encode(roots, shown.draw(rng), names)
    drawn = Drawn(names)
    define_by_run_func(drawn, _domains(roots))
    assert sorted(drawn.asked) == sorted(names)


@given(data=st.data())
@settings(max_examples=25, deadline=None)
def test_flaml_places_every_configuration(data, make_local):
    """A configuration that FLAML completes, having nothing to add, stays as it is."""
    space, rng = data.draw(spaces), data.draw(rngs)
    shown = ts.translate(space, VOCABULARY).space
    if not shown.tunable:
        return
    roots, flat = dimensions(shown), shown.draw(rng)
    local = make_local(_domains(roots))
    config, _ = complete_config(encode(roots, flat, {}), local.space, local)
    found = shown.validate(decode(roots, config))
    assert found.keys() == flat.keys()
    for path, value in found.items():
        assert (
            value == pytest.approx(flat[path]) if isinstance(value, float) else value == flat[path]
        )


def test_a_parameter_flaml_cannot_search_is_refused_by_name():
    """Without the core's translation, an undeclared kind of parameter is an error that names it."""
    with pytest.raises(CapabilityError, match="'w'"):
        dimensions(ts.parse_space({"w": ts.randn(0, 1)}))
