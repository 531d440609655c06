"""The conformance suite for shims, on the core's own and on some that break its rules."""

import pytest

from tunesmith.testing.shims import ShimConformance

RULES = {
    "acme-broken": ("test_shim_loads_only_itself", "importing acme_broken._plugin fails"),
    "acme-new": ("test_specs_are_valid", "declares api='1.7', but this tunesmith-core has"),
    "acme-loose": ("test_factories_declare_their_options", "takes **kwargs"),
    "acme-heavy": ("test_shim_loads_only_itself", "also imports click"),
    "acme-needs": ("test_factories_declare_their_options", "a-library-that-is-nowhere"),
    "acme-unbounded": ("test_core_is_bounded", "does not bound tunesmith-core"),
    "acme-absent": ("test_shim_is_registered", "has no entry point in the group"),
}


class TestCoreShim(ShimConformance):
    """The core's own shim keeps to the rules for everyone."""

    dist = "tunesmith-core"


@pytest.mark.parametrize("dist", sorted(RULES))
def test_violations_are_found(environment, dist):
    """Each rule of the suite fails on a plugin that breaks it, and tells how."""
    test, message = RULES[dist]
    program = f"""
from tunesmith.testing.shims import ShimConformance
class Shim(ShimConformance):
    dist = {dist!r}
try:
    Shim().{test}()
except Exception as error:
    print(error)
"""
    assert message in environment.output("-c", program)


@pytest.mark.parametrize("dist", ["acme-good", "acme-lazy"])
def test_sound_shims_pass(environment, dist):
    """A sound shim passes, one with lazy names too as long as it only loads itself."""
    program = f"""
from tunesmith.testing.shims import ShimConformance
class Shim(ShimConformance):
    dist = {dist!r}
Shim().test_shim_is_registered()
Shim().test_shim_loads_only_itself()
Shim().test_specs_are_valid()
Shim().test_core_is_bounded()
"""
    assert environment.output("-c", program) == ""
