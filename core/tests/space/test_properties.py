"""What holds for every space."""

import json
import math
from itertools import product

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tunesmith.space import (
    CategoricalParameter,
    Cube,
    FloatParameter,
    IntParameter,
    NormalParameter,
    OrdinalParameter,
    Parameter,
    Space,
    SpaceError,
    TranslationError,
    Vocabulary,
    from_unit,
    parse_space,
    qrandn,
    to_unit,
    translate,
)
from tunesmith.testing.spaces import domains, rngs, spaces, vocabularies

parameters = domains.map(lambda domain: parse_space({"x": domain}).parameters[0])


def in_domain(parameter, value):
    """Say independently of the implementation whether a value is in the domain."""
    match parameter:
        case FloatParameter(step=None):
            return isinstance(value, float) and parameter.low <= value <= parameter.high
        case FloatParameter():
            multiple = value / parameter.step
            return (
                isinstance(value, float)
                and parameter.low <= value <= parameter.high
                and abs(multiple - round(multiple)) < 1e-6
            )
        case IntParameter():
            fits = parameter.low <= value <= parameter.high and value % parameter.step == 0
            return type(value) is int and fits
        case NormalParameter():
            return isinstance(value, float)
    return any(value is option or value == option for option in parameter.options)


@given(spaces, rngs)
def test_samples_are_in_domain_and_inactive_keys_absent(space, rng):
    """A drawn flat configuration has a value in its domain for each active parameter, no other."""
    flat = space.draw(rng)
    for parameter in space.tunable:
        active = all(flat.get(c.path) in c.options for c in parameter.when if c.path in flat)
        active = active and all(c.path in flat for c in parameter.when)
        assert (parameter.path in flat) == active
        if active:
            assert in_domain(parameter, flat[parameter.path])


@given(spaces, rngs)
def test_flatten_undoes_build(space, rng):
    """Building a nested configuration and taking it apart returns the flat one."""
    flat = space.draw(rng)
    config = space.build(flat)
    assert space.flatten(config) == flat
    assert space.validate(flat) == flat
    space.check(config)


@given(spaces, rngs)
def test_configurations_survive_json(space, rng):
    """A nested configuration is plain: JSON returns it unchanged, and it still fits the space."""
    config = space.sample(rng)
    assert msgspec.json.decode(msgspec.json.encode(config)) == config
    assert space.to_plain(space.from_plain(config)) == config
    space.check(json.loads(json.dumps(config)))


@given(spaces, rngs)
def test_complete_keeps_what_is_whole(space, rng):
    """Completing a whole configuration changes nothing; from an empty one it makes a legal one."""
    config = space.sample(rng)
    assert space.complete(config, rng) == config
    space.check(space.complete({}, rng))


@given(spaces, rngs)
def test_json_form_round_trips(space, rng):
    """The written form read back is the same space; it draws the same configurations."""
    document = json.loads(json.dumps(space.to_dict()))
    again = Space.from_dict(document)
    assert again.parameters == space.parameters
    assert again.to_dict() == document
    space.check(again.sample(rng))


@given(spaces)
def test_parameters_are_plain_data(space):
    """The parameters themselves survive JSON, each tagged with its kind."""
    encoded = msgspec.json.encode(space.parameters)
    assert msgspec.json.decode(encoded, type=tuple[Parameter, ...]) == space.parameters


@given(parameters, st.floats(0, 1))
def test_unit_round_trips(parameter, position):
    """A value goes to [0, 1] and back unchanged, up to float rounding."""
    value = from_unit(parameter, position)
    assert in_domain(parameter, value)
    there = to_unit(parameter, value)
    assert 0 <= there <= 1
    back = from_unit(parameter, there)
    if isinstance(value, float):
        assert back == pytest.approx(value, rel=1e-9, abs=1e-6)
    else:
        assert back == value


@given(parameters.filter(lambda parameter: not isinstance(parameter, NormalParameter)))
def test_unit_reaches_both_ends(parameter):
    """0 and 1 lead to exactly the first and last value."""
    ends = from_unit(parameter, 0), from_unit(parameter, 1)
    if isinstance(parameter, FloatParameter | IntParameter):
        assert ends == (parameter.low, parameter.high)
    else:
        assert ends == (parameter.options[0], parameter.options[-1])


@given(parameters, st.floats(0, 1), st.floats(0, 1))
def test_unit_keeps_the_order(parameter, left, right):
    """A higher position never leads to a lower value."""
    left, right = sorted((left, right))
    low, high = from_unit(parameter, left), from_unit(parameter, right)
    if isinstance(parameter, OrdinalParameter | CategoricalParameter):
        low, high = parameter.options.index(low), parameter.options.index(high)
    assert low <= high


@given(spaces, rngs)
def test_every_point_of_the_cube_is_a_configuration_and_back(space, rng):
    """Points decode to valid flat configurations without inactive keys; encoding finds them."""
    space = translate(space, Vocabulary(**dict.fromkeys(Vocabulary.__struct_fields__, True))).space
    cube = Cube(space)
    config = cube.decode(rng.random() for _ in range(len(cube)))
    assert space.validate(config) == config
    point = cube.encode(config, inactive=-1.0)
    absent = [parameter.path for parameter in cube.parameters if parameter.path not in config]
    assert point.count(-1.0) == len(absent)
    again = cube.decode(abs(position) for position in point)
    assert again == pytest.approx(config)


@settings(max_examples=200)
@given(spaces, vocabularies, st.booleans(), rngs)
def test_translation_round_trips(space, vocabulary, lossy, rng):
    """What a searcher is shown decodes to what was encoded, in any vocabulary."""
    try:
        translation = translate(space, vocabulary, lossy=lossy)
    except TranslationError as caught:
        error = caught
    else:
        error = None
    if error is not None:
        assert not lossy
        assert not getattr(vocabulary, error.capability)
        assert space.parameter(error.path) in space.tunable
        return
    config = space.sample(rng)
    shown = translation.encode(config)
    assert translation.space.validate(shown) == shown
    drawn = {parameter.path for parameter in space.tunable}
    expected = {path: value for path, value in space.flatten(config).items() if path in drawn}
    decoded = translation.decode(shown)
    assert decoded.keys() == expected.keys()
    for path, value in expected.items():
        if type(value) is float:
            # The tails of a normal distribution are clipped where it is shown as a quantile.
            parameter = space.parameter(path)
            clip = parameter.sd if isinstance(parameter, NormalParameter) else 1
            assert decoded[path] == pytest.approx(value, rel=1e-6, abs=1e-6 * clip)
        else:
            assert decoded[path] == value


@settings(max_examples=200)
@given(spaces, vocabularies, rngs)
def test_whatever_the_searcher_draws_is_legal(space, vocabulary, rng):
    """Any point of the searcher's space decodes to a legal configuration of the user's."""
    translation = translate(space, vocabulary, lossy=True)
    decoded = translation.decode(translation.space.draw(rng))
    space.check(space.build({**decoded, **space.grid()[0]}))


@given(spaces, vocabularies)
def test_searchers_see_only_their_vocabulary(space, vocabulary):
    """A searcher's space has only kinds, scales, steps and conditions that it declared."""
    for parameter in translate(space, vocabulary, lossy=True).space.parameters:
        assert vocabulary.conditional or not parameter.when
        match parameter:
            case FloatParameter():
                assert vocabulary.log or not parameter.log
                assert vocabulary.step or parameter.step is None
            case IntParameter():
                assert vocabulary.integer
                assert vocabulary.log or not parameter.log
                assert vocabulary.step or parameter.step == 1
            case NormalParameter():
                assert vocabulary.normal
                assert vocabulary.step or parameter.step is None
            case OrdinalParameter():
                assert vocabulary.ordinal
            case _:
                assert isinstance(parameter, CategoricalParameter)
                assert vocabulary.categorical


VOCABULARIES = [
    Vocabulary(**dict(zip(Vocabulary.__struct_fields__, flags, strict=True)))
    for flags in product((False, True), repeat=len(Vocabulary.__struct_fields__))
]
FINE = parse_space({"x": qrandn(0, 1, 0.001)}).parameters[0]


@given(parameters, st.sampled_from(VOCABULARIES))
def test_both_ends_of_the_searchers_range_reach_both_ends(parameter, vocabulary):
    """The ends of the translated range decode to the ends of the user's range."""
    translation = translate(Space((parameter,)), vocabulary, lossy=True)
    if not translation.space.parameters or isinstance(parameter, NormalParameter):
        return
    shown = translation.space.parameters[0]
    ends = [translation.decode({"x": from_unit(shown, end)})["x"] for end in (0, 1)]
    assert ends == [from_unit(parameter, 0), from_unit(parameter, 1)]


@example(FINE, Vocabulary(normal=True), 1.79e308)  # more steps than a float can count
@example(FINE, Vocabulary(normal=True), -math.inf)
@given(parameters, st.sampled_from(VOCABULARIES), st.floats(allow_nan=True) | st.text() | st.none())
def test_decode_never_lets_a_foreign_value_through(parameter, vocabulary, value):
    """Whatever a searcher suggests is either decoded into the domain or refused."""
    translation = translate(Space((parameter,)), vocabulary, lossy=True)
    if not translation.space.parameters:
        return
    try:
        decoded = translation.decode({"x": value})["x"]
    except SpaceError as error:
        assert "'x'" in str(error)  # noqa: PT017  (a legal value is as good)
    else:
        assert in_domain(parameter, decoded)
