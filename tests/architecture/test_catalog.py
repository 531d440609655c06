"""The catalog of our own packages is what their shims declare.

Run this file as a program to write it anew.
"""

import importlib.util
import tomllib
from pathlib import Path

from tunesmith.plugins import Registry, catalog

ROOT = Path(__file__).resolve().parents[2]
CATALOG = ROOT / "core" / "src" / "tunesmith" / "plugins" / "catalog.py"


def declared():
    """Return kind -> name -> dist, from the shims of all packages."""
    table = {}
    for project in sorted(
        [*ROOT.glob("plugins/*/pyproject.toml"), *ROOT.glob("adapters/*/pyproject.toml")]
    ):
        metadata = tomllib.loads(project.read_text())["project"]
        for target in metadata.get("entry-points", {}).get("tunesmith", {}).values():
            registry = Registry(autoload=False)
            registry.add_plugin(shim(project.parent, target))
            for one in registry.installed():
                table.setdefault(one.kind, {})[one.spec.name] = metadata["name"]
    return {kind: dict(sorted(names.items())) for kind, names in sorted(table.items())}


def shim(folder, module):
    """Import a shim from its file; its package need not be installed."""
    path = folder / "src" / Path(*module.split(".")).with_suffix(".py")
    spec = importlib.util.spec_from_file_location(f"shim_of_{folder.name}", path)
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


def written(table):
    """Return the text of the catalog's module."""
    lines = [f'"""{catalog.__doc__}"""', "", "from typing import Final", ""]
    lines.append("CATALOG: Final[dict[str, dict[str, str]]] = {")
    for kind, names in table.items():
        lines.append(f'    "{kind}": {{')
        lines.extend(f'        "{name}": "{dist}",' for name, dist in names.items())
        lines.append("    },")
    return "\n".join([*lines, "}", ""])


def test_catalog_is_what_the_shims_declare():
    """The catalog names every algorithm of ours and no other."""
    assert declared() == catalog.CATALOG, f"run: python {Path(__file__).relative_to(ROOT)}"


def test_catalog_is_as_written():
    """The file is exactly what the program writes, so that nobody edits it by hand."""
    assert CATALOG.read_text() == written(declared()), (
        f"run: python {Path(__file__).relative_to(ROOT)}"
    )


if __name__ == "__main__":
    CATALOG.write_text(written(declared()))
