"""The package is a well-behaved plugin."""

import math
from typing import Any

import pytest

from tunesmith.errors import OptionError
from tunesmith.plugins import Registry, resolve
from tunesmith.testing.shims import ShimConformance


class TestShim(ShimConformance):
    """What every plugin's packaging keeps to."""

    dist = "tunesmith-ray"


def test_auto_prefers_ray() -> None:
    """Where this package is installed, executor "auto" is Ray."""
    assert Registry().executor("auto").name == "ray"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"num_cpus": -1}, "num_cpus=-1 is not possible; expected a number from 0 or None"),
        ({"num_gpus": math.nan}, "num_gpus=nan is not possible; expected a number from 0 or None"),
        ({"resources": {"tpu": -1}}, "resources={'tpu': -1} is not possible; expected a mapping"),
        ({"object_store_memory": 0}, "=0 is not possible; expected a whole number above 0 or None"),
        ({"num_gpu": 1}, "has no option 'num_gpu'; did you mean 'num_gpus'?"),
    ],
)
def test_sizes_that_cannot_be_are_refused_before_ray_starts(
    options: dict[str, Any], expected: str
) -> None:
    """Ray is not started for an option that it would refuse."""
    with pytest.raises(OptionError) as caught:
        resolve("executor", {"name": "ray", **options})
    assert expected in str(caught.value)
