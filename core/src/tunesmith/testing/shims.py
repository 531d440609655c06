"""The conformance tests of a plugin's packaging, for its authors to subclass.

    class TestShim(ShimConformance):
        dist = "tunesmith-optuna"

Each failure ends with what to do about it.
"""

import importlib.metadata
import json
import subprocess
import sys
from collections.abc import Iterator

from packaging.requirements import Requirement

from tunesmith.plugins import API, CommandSpec, Source, Spec
from tunesmith.plugins.factories import load_factory
from tunesmith.plugins.loading import CORE, GROUP, collect, normalised, source_of
from tunesmith.plugins.options import declared_options

_PROBE = """
import importlib, json, sys
import tunesmith.plugins
before = set(sys.modules)
importlib.import_module(sys.argv[1])
print(json.dumps(sorted(set(sys.modules) - before)))
"""


class ShimConformance:
    """What every installed plugin must keep to; set `dist` to the name of its distribution."""

    dist: str

    def test_shim_is_registered(self) -> None:
        """The distribution declares an entry point in the group `tunesmith`."""
        assert list(self._entries()), (
            f"{self.dist} has no entry point in the group {GROUP!r}; add to its pyproject.toml:"
            f' [project.entry-points.{GROUP}] name = "package._plugin", and install it again'
        )

    def test_shim_loads_only_itself(self) -> None:
        """Importing the shim imports its own package and the standard library, nothing else."""
        for entry in self._entries():
            module = entry.value.partition(":")[0]
            command = [sys.executable, "-c", _PROBE, module]
            probe = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603
            assert probe.returncode == 0, f"importing {module} fails:\n{probe.stderr}"
            allowed = {module.partition(".")[0], "tunesmith", *sys.stdlib_module_names}
            heavy = [name for name in json.loads(probe.stdout) if name.split(".")[0] not in allowed]
            assert not heavy, (
                f"importing {module} also imports {', '.join(heavy)}; import these in the module of"
                " the factory, and re-export lazily in __init__.py"
            )

    def test_specs_are_valid(self) -> None:
        """The hooks return specs for this plugin interface, each with a summary."""
        for _, spec in self._specs():
            major, minor = map(int, spec.api.split("."))
            assert (major, minor) <= API, (
                f"{spec.name!r} declares api={spec.api!r}, but this tunesmith-core has"
                f" {API[0]}.{API[1]}; declare the version you test against"
            )
            assert spec.summary, f"{spec.name!r} has no summary; say in one line what it does"

    def test_factories_declare_their_options(self) -> None:
        """Every factory can be imported and names each of its options in its signature."""
        for source, spec in self._specs():
            factory = load_factory(spec, source)
            if not isinstance(spec, CommandSpec):
                declared_options(spec, factory)

    def test_core_is_bounded(self) -> None:
        """The distribution requires a range of tunesmith-core that ends before the next break."""
        if normalised(self.dist) == CORE:
            return
        requirements = map(Requirement, importlib.metadata.distribution(self.dist).requires or ())
        bounds = [one.specifier for one in requirements if normalised(one.name) == CORE]
        assert any(part.operator in ("<", "<=", "==", "~=") for one in bounds for part in one), (
            f"{self.dist} does not bound {CORE}; require for example '{CORE}>=0.1,<0.2'"
        )

    def _entries(self) -> Iterator[importlib.metadata.EntryPoint]:
        for entry in importlib.metadata.entry_points(group=GROUP):
            if source_of(entry).dist == normalised(self.dist):
                yield entry

    def _specs(self) -> Iterator[tuple[Source, Spec]]:
        for entry in self._entries():
            specs = collect(entry.load())
            assert specs, f"{entry.value} declares nothing; return specs from its hooks"
            for spec in specs:
                yield source_of(entry), spec
