"""Training code is recognised in all its forms, and refused early where it cannot work."""

import functools
import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tunesmith._trainable.form import wrap
from tunesmith._trainable.parameters import with_parameters
from tunesmith.errors import UsageError
from tunesmith.testing import trainables


def two(config: Any, data: Any) -> float:
    return 1.0


def optional(config: Any, data: Any = None, *, fast: bool = False) -> float:
    return 1.0


def none() -> float:
    return 1.0


async def asynchronous(config: Any) -> float:
    return 1.0


async def asynchronous_generator(config: Any) -> Any:
    yield 1.0


class Object:
    def __call__(self, config: Any) -> float:
        return 1.0

    def train(self, config: Any) -> Iterator[float]:
        yield 1.0


class NoStep:
    def setup(self, config: Any) -> None: ...


class NoSetup:
    def step(self) -> None: ...


class Needs(trainables.Counts):
    def __init__(self, data: Any) -> None: ...


class OnlySaves(NoStep):
    def step(self) -> None: ...

    def save_checkpoint(self, directory: str) -> None: ...


def objective(trial: Any) -> float:
    return float(trial.suggest_float("x", 0, 1))


class WithData(trainables.Counts):
    def setup(self, config: Any, data: Any) -> None: ...  # type: ignore[override]


class AsyncStep(NoStep):
    async def step(self) -> None: ...


@pytest.mark.parametrize(
    ("target", "kind", "saves"),
    [
        (trainables.returns_number, "function", None),
        (trainables.yields, "generator", None),
        (functools.partial(trainables.yields), "generator", None),
        (functools.partial(two, data=1), "function", None),
        (lambda config: 1.0, "function", None),
        (optional, "function", None),
        (Object(), "function", None),
        (Object().train, "generator", None),
        (with_parameters(two, data=[1]), "function", None),
        (with_parameters(with_parameters(two, data=[1]), data=2), "function", None),
        (with_parameters(WithData, data=[1]), "class", True),
        (trainables.Counts, "class", True),
        ("tunesmith.testing.trainables:Counts", "class", True),
        ("tunesmith.testing.trainables:yields", "generator", None),
        (float, "class", None),
    ],
)
def test_forms_are_recognised(target: Any, kind: str, saves: bool | None) -> None:
    """Whatever can be trained is told apart without running it."""
    if target is float:
        with pytest.raises(UsageError, match="has no step"):
            wrap(target)
        return
    form = wrap(target)
    assert (form.kind, form.saves) == (kind, saves)
    assert wrap(form) is form


@pytest.mark.parametrize(
    ("target", "message"),
    [
        (none, r"none\(\) takes no config.*Write def none\(config\)"),
        (two, r"two\(\) requires 'config', 'data'.*with_parameters\(\.\.\., data=\.\.\.\)"),
        (with_parameters(two, date=1), r"no parameter 'date'.*one of 'data'.*Add it"),
        (asynchronous, r"asynchronous\(\) is asynchronous \(async def\).*asyncio\.run"),
        (asynchronous_generator, "is asynchronous"),
        (
            objective,
            r"objective\(\) calls trial\.suggest_float\(\): expected a function of the config",
        ),
        (3, "trainable is 3 of type int: expected a function"),
        (NoStep, r"NoStep has no step\(\): .*Add def step\(self\)"),
        (Object, r"Object has no step\(\).*or pass an object, Object\(\)"),
        (NoSetup, r"NoSetup has no setup\(\)"),
        (trainables.Counts(), r"an object of class Counts: .*Pass Counts"),
        (Needs, r"Needs: __init__\(\) requires 'data'.*setup\(self, config\)"),
        (OnlySaves, r"has save_checkpoint\(\) but no load_checkpoint\(\)"),
        (WithData, r"WithData: setup\(\) requires 'config', 'data'"),
        (AsyncStep, r"AsyncStep: step\(\) is asynchronous"),
        ("train", "trainable 'train' is no import path"),
        ("nowhere.at_all:train", "there is no module 'nowhere'"),
        ("tunesmith.testing.trainables:yeilds", "has no 'yeilds': did you mean 'yields'"),
        ("no/such/file.py:train", "there is no Python file"),
    ],
)
def test_impossible_code_is_refused(target: Any, message: str) -> None:
    """What cannot work is an error before the first trial, with what to write instead."""
    with pytest.raises(UsageError, match=message):
        wrap(target)


def test_import_path_ships_as_text() -> None:
    """Code named by an import path is imported by the worker, not pickled."""
    form = wrap("tunesmith.testing.trainables:yields")
    assert form.import_path == "tunesmith.testing.trainables:yields"
    again = pickle.loads(pickle.dumps(form))  # noqa: S301 (our own bytes)
    assert again.resolve()[0] is trainables.yields


def test_file_path_is_imported_once(tmp_path: Path) -> None:
    """Code named by a file is found there, with the modules beside it."""
    (tmp_path / "beside_d.py").write_text("VALUE = 4\n")
    file = tmp_path / "mine.py"
    file.write_text("import beside_d\ndef train(config):\n    return beside_d.VALUE\n")
    form = wrap(f"{file}:train")
    assert form.resolve()[0]({}) == 4
    assert form.resolve()[0] is form.resolve()[0]


def test_failing_import_is_told(tmp_path: Path) -> None:
    """A module that fails on import is an error that quotes the cause."""
    file = tmp_path / "broken.py"
    file.write_text("1 / 0\n")
    with pytest.raises(UsageError, match="failed with ZeroDivisionError: division by zero"):
        wrap(f"{file}:train")


def test_importable_code_knows_its_path() -> None:
    """Where a function can be found again is known; a lambda cannot be found again."""
    assert wrap(trainables.yields).import_path == "tunesmith.testing.trainables:yields"
    assert wrap(lambda config: 1.0).import_path == ""


def test_parameters_can_be_replaced_by_references() -> None:
    """An executor may ship references; each is fetched where the code runs."""
    form = wrap(with_parameters(two, data="big")).with_references({"data": "ref"}, str.upper)
    assert form.parameters == {}
    assert form.resolve() == (two, {"data": "REF"})


def test_with_parameters_needs_some() -> None:
    """Binding nothing is a mistake."""
    with pytest.raises(UsageError, match="was given no parameters"):
        with_parameters(two)


def test_parameterized_code_runs_by_hand() -> None:
    """The bound trainable can be called like the function itself."""
    assert with_parameters(trainables.adds, data=[1.0, 2.0])({"x": 3.0}) == 6.0
