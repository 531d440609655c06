"""Space conversion: what Optuna is given covers the space, and values come back unharmed."""

import optuna
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tunesmith.space as ts
from tunesmith.errors import CapabilityError
from tunesmith_optuna._space import dimensions

small = st.integers(-50, 50)


@st.composite
def domains(draw):
    """Draw a domain of any kind that the adapter declares."""
    kind = draw(st.sampled_from(["float", "logfloat", "stepfloat", "logstep", "int", "choice"]))
    low, width = draw(small), draw(st.integers(1, 50))
    step = draw(st.sampled_from([0.1, 0.25, 0.5, 1 / 3, 2.0]))
    positive = abs(low) + 1
    return {
        "float": lambda: ts.uniform(low, low + width),
        "logfloat": lambda: ts.loguniform(positive, positive + width),
        "stepfloat": lambda: ts.quniform(low * step, (low + width) * step, step),
        "logstep": lambda: ts.qloguniform(positive * step, (positive + width) * step, step),
        "int": lambda: ts.randint(low, low + width + 1),
        "choice": lambda: ts.choice(["a", 1, None, 2.5][: 1 + width % 4]),
    }[kind]()


def distribution(dimension):
    return getattr(optuna.distributions, f"{dimension.kind}Distribution")(**dimension.options)


@given(domain=domains(), seed=st.integers(0, 2**16))
@settings(max_examples=150, deadline=None)
def test_what_optuna_samples_is_in_the_space_and_comes_back_to_the_same_value(domain, seed):
    """decode: always valid; encode: in Optuna's domain, and decode undoes it."""
    space = ts.parse_space({"x": domain})
    if not space.tunable:
        return
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=seed))
    (dimension,) = dimensions(space)
    trial = study.ask({"x": distribution(dimension)})
    flat = space.validate({"x": dimension.decode(trial.params["x"])})
    encoded = dimension.encode(flat["x"])
    assert distribution(dimension)._contains(distribution(dimension).to_internal_repr(encoded))
    assert space.validate({"x": dimension.decode(encoded)}) == flat


@given(domain=domains())
@settings(max_examples=100, deadline=None)
def test_both_ends_of_a_domain_can_be_reached(domain):
    """The ends of Optuna's domain are the ends of the parameter's."""
    space = ts.parse_space({"x": domain})
    for dimension, parameter in zip(dimensions(space), space.parameters, strict=True):
        if isinstance(parameter, ts.CategoricalParameter):
            assert dimension.options["choices"] == parameter.options
            continue
        for end in ("low", "high"):
            flat = space.validate({"x": dimension.decode(dimension.options[end])})
            assert flat["x"] == getattr(parameter, end)


def test_log_integer_and_step_are_optunas_own():
    """What Optuna has natively is left to it: its samplers model it better than a rounding."""
    space = ts.parse_space(
        {"a": ts.loguniform(1, 8), "b": ts.lograndint(1, 9), "c": ts.qrandint(0, 10, 5)}
    )
    a, b, c = map(distribution, dimensions(space))
    assert a == optuna.distributions.FloatDistribution(1.0, 8.0, log=True)
    assert b == optuna.distributions.IntDistribution(1, 8, log=True)
    assert c == optuna.distributions.IntDistribution(0, 10, step=5)


def test_a_parameter_optuna_cannot_search_is_refused_by_name():
    """Without the core's translation, an undeclared kind of parameter is an error that names it."""
    space = ts.parse_space({"layer": {"w": ts.randn(0, 1)}})
    with pytest.raises(CapabilityError, match=r"'layer[./]w'"):
        dimensions(space)
