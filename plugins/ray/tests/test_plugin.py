"""The package is a well-behaved plugin."""

from tunesmith.plugins import Registry
from tunesmith.testing.shims import ShimConformance


class TestShim(ShimConformance):
    """What every plugin's packaging keeps to."""

    dist = "tunesmith-ray"


def test_auto_prefers_ray() -> None:
    """Where this package is installed, executor "auto" is Ray."""
    assert Registry().executor("auto").name == "ray"
