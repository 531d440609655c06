"""Every package is laid out alike, so that whoever knows one knows all."""

import ast
import re
import sys
import tomllib
from collections import Counter

import pytest


@pytest.fixture(scope="module")
def projects(packages):
    """Each package's folder with its parsed pyproject.toml."""
    return {
        folder: tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))
        for folder in packages
    }


def import_folder(folder):
    """Return the folder of a package's only import package."""
    (found,) = [path for path in (folder / "src").iterdir() if path.name.startswith("tunesmith")]
    return found


def test_every_package_has_its_parts(packages):
    """A package has a manifest, a README that says something, typed sources and tests."""
    for folder in packages:
        source = import_folder(folder)
        readme = (folder / "README.md").read_text(encoding="utf-8")
        assert len(readme.split()) > 40, f"{folder.name}: README.md says too little"
        assert (source / "py.typed").is_file(), f"{folder.name}: no py.typed"
        assert list((folder / "tests").rglob("test_*.py")), f"{folder.name}: no tests"


def test_names_follow_from_the_folder(projects):
    """Folder `x-y` holds dist `tunesmith-x-y`, imported as `tunesmith_x_y`; core is `tunesmith`."""
    for folder, project in projects.items():
        assert project["project"]["name"] == f"tunesmith-{folder.name}"
        flat = f"tunesmith_{folder.name.replace('-', '_')}"
        assert import_folder(folder).name == ("tunesmith" if folder.name == "core" else flat)


def test_plugins_announce_themselves_through_the_one_entry_point(projects):
    """Each plugin's only entry point in group `tunesmith` is its `_plugin` module."""
    for folder, project in projects.items():
        (target,) = project["project"]["entry-points"]["tunesmith"].values()
        module = import_folder(folder).parent.joinpath(*target.split("."))
        assert target.endswith("._plugin"), f"{folder.name}: {target}"
        assert module.with_suffix(".py").is_file()


def test_packages_name_a_licence_and_a_python(projects, isolated, root):
    """Metadata that an index shows is there, and the same everywhere.

    Only a package outside the workspace may refuse Pythons that its library does not know.
    """
    top = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for folder, project in projects.items():
        for field in ("license", "requires-python", "version"):
            found = project["project"][field]
            if folder in isolated and field == "requires-python":
                found = found.split(",")[0]
            assert found == top[field], f"{folder.name}: {field}"
        assert project["project"]["description"]


def test_tool_configuration_lives_at_the_root(projects):
    """No package configures ruff, mypy, pytest or coverage for itself."""
    for folder, project in projects.items():
        own = set(project.get("tool", {})) - {"hatch", "uv"}
        assert not own, f"{folder.name}: move {own} to the root pyproject.toml"


def test_a_shim_is_short_and_imports_only_the_plugin_interface(sources):
    """`_plugin.py` has at most 30 lines, 25 more a further spec, and one first-party import."""
    for module in sources:
        if module.path.name != "_plugin.py":
            continue
        imported = {
            node.module for node in ast.walk(module.tree) if isinstance(node, ast.ImportFrom)
        }
        assert imported <= {"tunesmith.plugins", "collections.abc", "msgspec.structs"}, (
            f"{module.name}: {imported}"
        )
        limit = 30 + 25 * (module.text.count("Spec(") - 1)
        assert len(module.lines) <= limit, f"{module.name}: {len(module.lines)} lines"


@pytest.fixture(scope="module")
def adapters(root):
    """The source folder of every adapter."""
    folders = sorted((root / "adapters").glob("*/src/tunesmith_*"))
    return [folder for folder in folders if folder.is_dir() and "." not in folder.name]


def test_every_adapter_is_laid_out_alike(adapters):
    """An adapter is a lazy door, a shim, a pure translation of spaces, and the searcher."""
    for folder in adapters:
        names = {path.name for path in folder.iterdir()}
        assert {"__init__.py", "_plugin.py", "_space.py", "searcher.py", "py.typed"} <= names


def test_an_adapter_has_at_most_250_lines_of_code(sources):
    """Neither blank nor comment nor docstring; 25 more for each further searcher."""
    lines, specs = Counter(), Counter()
    for module in sources:
        if module.name.startswith("adapters/"):
            name = module.name.split("/")[1]
            lines[name] += module.code_lines
            specs[name] += module.text.count("SearcherSpec(")
    over = {name: count for name, count in lines.items() if count > 225 + 25 * specs[name]}
    assert not over, f"more lines of code than an adapter may have: {over}"


def test_every_adapter_is_held_to_what_is_asked_of_all(root):
    """Its tests have the suite for shims on its dist, and that for searchers on each of its own."""
    for folder in sorted((root / "adapters").glob("*/tests")):
        text = "".join(path.read_text(encoding="utf-8") for path in folder.glob("test_*.py"))
        package = folder.parent
        (shim,) = package.glob("src/*/_plugin.py")
        assert f'dist = "tunesmith-{package.name}"' in text, f"{package.name}: no ShimConformance"
        for name in re.findall(r'name="([\w-]+)"', shim.read_text(encoding="utf-8")):
            assert f'searcher = "{name}"' in text, f"{package.name}: no suite for {name!r}"


def outsiders(path) -> set[str]:
    """Return the top-level packages that a module imports and that are not ours or Python's."""
    imported = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            imported |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            imported.add(node.module.split(".")[0])
    known = {*sys.stdlib_module_names, "msgspec"}
    return {name for name in imported - known if not name.startswith("tunesmith")}


def test_importing_an_adapter_imports_no_library(adapters):
    """The door and the shim of an adapter name no third-party package."""
    for folder in adapters:
        for name in ("__init__.py", "_plugin.py"):
            assert not outsiders(folder / name), f"{folder.name}/{name}: {outsiders(folder / name)}"


def test_the_meta_package_installs_every_first_party_default(root):
    """`pip install tunesmith` pins the core and the plugins that the first page uses."""
    top = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    pinned = {re.split("==", name)[0] for name in top["dependencies"]}
    assert {"tunesmith-core", "tunesmith-ray", "tunesmith-asha", "tunesmith-optuna"} <= pinned
    assert all(name.endswith(f"=={top['version']}") for name in top["dependencies"])
