"""A worker factory for tests of the worker."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tunesmith._executors.settings import WorkerSettings
from tunesmith._executors.worker import Worker
from tunesmith._trainable.form import wrap


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[..., Worker]]:
    made = []

    def build(target: Any, **settings: Any) -> Worker:
        settings = {"objective": "loss", **settings}
        worker = Worker(WorkerSettings(trainable=wrap(target), folder=str(tmp_path), **settings))
        made.append(worker)
        return worker

    yield build
    for worker in made:
        worker.close()
