"""Conformance suites and fakes for authors of plugins."""

import sys
from pkgutil import iter_modules

if "pytest" in sys.modules:
    # A failing rule then tells the values that it compared, as a test of one's own does.
    names = (f"{__name__}.{module.name}" for module in iter_modules(__path__))
    sys.modules["pytest"].register_assert_rewrite(*names)
