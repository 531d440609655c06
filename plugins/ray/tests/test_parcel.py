"""Training code that cannot be sent is explained by name."""

import functools
import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
import ray

import tunesmith as tune
from tunesmith.errors import UsageError
from tunesmith.space import parse_space
from tunesmith_ray import parcel


class Holder(msgspec.Struct, frozen=True):
    """Stands for the core's factory, which holds the training code somewhere inside."""

    target: Any


class Model:
    """Something with an attribute."""

    def __init__(self, part: Any) -> None:
        self.part = part


def closure(value: Any) -> Callable[[Any], Any]:
    """Return a function that captures `value` under the name `lock`."""
    lock = value

    def train(config: Any) -> Any:
        return lock

    return train


def test_captured_variable_is_named() -> None:
    """The message names the variable and its class, and gives the fix."""
    with pytest.raises(UsageError) as caught:
        parcel.pack(Holder(closure(threading.Lock())))
    assert str(caught.value) == (
        "cannot send the training function to Ray workers: variable 'lock' (a _thread.lock) "
        "cannot be pickled; create it inside the function or use executor='inline'"
    )


@pytest.mark.parametrize(
    ("definition", "path"),
    [
        ({"x": tune.choice([1, Model(threading.Lock())])}, "x["),
        ({"m": {"x": tune.choice([1, threading.Lock()])}}, "m/x["),
    ],
)
def test_object_in_the_search_space_is_told_as_its_own(definition: Any, path: str) -> None:
    """The space is named and not the training code, with the parameter's path."""
    settings = SimpleNamespace(space=parse_space(definition), trainable=closure(1))
    with pytest.raises(UsageError) as caught:
        parcel.pack(SimpleNamespace(settings=settings))
    start = f"cannot send the search space to Ray workers: what {path!r}"[:-1]
    assert str(caught.value).startswith(start)
    assert "create the object from them inside the training function" in str(caught.value)


@pytest.mark.parametrize(
    ("thing", "name"),
    [
        (closure(Model(threading.Lock())), "lock.part"),
        (closure({"a": [1, threading.Lock()]}), "lock['a'][1]"),
        (functools.partial(sorted, key=threading.Lock()), "key"),
        (closure(closure(threading.Lock())), "lock"),
    ],
)
def test_innermost_name_is_found(thing: Any, name: str) -> None:
    """The culprit is followed through attributes, containers, arguments and inner functions."""
    culprit = parcel.find_culprit(Holder(thing))
    assert culprit is not None
    assert culprit.name == name


def test_packed_code_comes_back() -> None:
    """What can be pickled is, closures included."""
    assert ray.cloudpickle.loads(parcel.pack(closure(5)))({}) == 5
    assert parcel.find_culprit(closure(5)) is None


def test_heaviest_variable_is_found() -> None:
    """Of what a function captures, the variable that takes the room is named."""
    assert parcel.heaviest(Holder(closure(bytes(parcel.LARGE)))) == "lock"
    assert parcel.heaviest(Holder(closure(b"small"))) == ""


LARGE_ONES: dict[str, Callable[[], Any]] = {
    "view of an array": lambda: library("numpy").zeros(2 * parcel.LARGE, dtype="int8")[::2],
    "tensor": lambda: library("torch").zeros(parcel.LARGE // 4),
    "table": lambda: library("pandas").DataFrame({"x": range(parcel.LARGE // 8)}),
    "numbers": lambda: [float(number) for number in range(parcel.LARGE // 16)],
    "nested": lambda: {"deep": [Holder({"er": bytes(parcel.LARGE)})]},
}


def library(name: str) -> Any:
    """Return a library that Ray works without."""
    return pytest.importorskip(name, reason=f"needs {name}: pip install it")


@pytest.mark.parametrize("make", LARGE_ONES.values(), ids=LARGE_ONES)
def test_sizes_are_estimated_without_pickling(
    make: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Arrays, views, tensors, tables and what holds many small things are found to be large."""
    value = make()
    monkeypatch.delattr(parcel, "_dumps")
    assert parcel.heaviest(closure(value)) == "lock"
