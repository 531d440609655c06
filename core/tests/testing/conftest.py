"""Spoilt plugins, and which rules of a conformance suite they break."""

from itertools import product
from pathlib import Path

import pytest


@pytest.fixture
def _spoilt(monkeypatch):
    """Have the modules with spoilt plugins found by name, by other processes, too."""
    monkeypatch.syspath_prepend(Path(__file__).parent)


@pytest.fixture
def broken(_spoilt):
    """Return a function that returns the failed tests of a suite, each with its first message."""

    def hold(suite, *, leaving_out=()):
        flaws = {}
        for name in sorted({name for name in dir(suite) if name.startswith("test_")}):
            for arguments in _cases(getattr(suite, name)) if name not in leaving_out else ():
                try:
                    getattr(suite(), name)(**arguments)
                except (Exception, pytest.fail.Exception) as flaw:  # noqa: BLE001 (whatever it is)
                    flaws.setdefault(name, f"{type(flaw).__name__}: {flaw}")
        return flaws

    return hold


def _cases(test):
    marks = [mark for mark in getattr(test, "pytestmark", []) if mark.name == "parametrize"]
    axes = [[(mark.args[0], value) for value in mark.args[1]] for mark in marks]
    return map(dict, product(*axes))
