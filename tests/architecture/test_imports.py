"""Who imports what, and what an import costs; .importlinter holds the layers themselves."""

import ast
import configparser
import subprocess
import sys

import pytest

PUBLIC = ["errors", "plugins", "protocols", "space", "testing"]
HEAVY = ["numpy", "ray", "torch", "pandas", "scipy", "sklearn", "optuna", "rich", "hypothesis"]


def run(code: str) -> str:
    """Run a program in a fresh interpreter and return what it prints."""
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_importing_tunesmith_loads_nothing_heavy(capsys):
    """`import tunesmith` loads no numerical library, no executor and no display.

    The time is printed, not asserted: it says more about the machine than about the code.
    """
    code = (
        "import sys, time; start = time.perf_counter(); import tunesmith; "
        "print(f'{1e3 * (time.perf_counter() - start):.1f}'); "
        f"print(*[name for name in {HEAVY!r} if name in sys.modules])"
    )
    milliseconds, heavy = run(code).splitlines()
    with capsys.disabled():
        print(f"\nimport tunesmith: {milliseconds} ms (budget 100 ms)")
    assert heavy == ""


def test_a_plugins_shim_loads_only_the_plugin_interface(packages):
    """What an entry point imports is `tunesmith.plugins` and no algorithm, no library."""
    for package in packages:
        for shim in sorted((package / "src").glob("*/_plugin.py")):
            name = f"{shim.parent.name}._plugin"
            # By its path: not every package is installed where this runs.
            code = (
                f"import sys, tunesmith.plugins; sys.path.insert(0, {str(package / 'src')!r}); "
                f"before = set(sys.modules); import {name}; "
                "print(*sorted(set(sys.modules) - before))"
            )
            loaded = run(code).split()
            assert loaded == [shim.parent.name, name], f"{name} loads more than itself: {loaded}"


def first_party(node) -> bool:
    """Tell whether this statement imports one of our packages."""
    if isinstance(node, ast.ImportFrom):
        return node.level > 0 or (node.module or "").split(".")[0].startswith("tunesmith")
    return isinstance(node, ast.Import) and any(x.name.startswith("tunesmith") for x in node.names)


def test_no_function_imports_our_own_code(sources):
    """First-party imports stand at the top of a module: a cycle is to be broken, not dodged.

    The one exception is a package's lazy door, `__getattr__` in its `__init__.py`.
    """
    guilty = [
        f"{module.name}:{inner.lineno}"
        for module in sources
        for node in ast.walk(module.tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and not (module.path.name == "__init__.py" and node.name == "__getattr__")
        for inner in ast.walk(node)
        if first_party(inner)
    ]
    assert not guilty


@pytest.fixture(scope="module")
def contracts(root):
    """.importlinter, parsed."""
    parser = configparser.ConfigParser()
    parser.read(root / ".importlinter")
    return parser


def names(contracts, section: str, option: str) -> set[str]:
    """Return one of the file's lists."""
    lines = contracts[section][option].splitlines()
    return {line.strip() for line in lines if line.strip() and not line.strip().startswith(";")}


@pytest.mark.parametrize(
    ("section", "option"),
    [
        ("importlinter", "root_packages"),
        ("importlinter:contract:public-doors", "source_modules"),
        ("importlinter:contract:strangers", "modules"),
        ("importlinter:contract:optimisers", "forbidden_modules"),
    ],
)
def test_every_package_is_under_contract(contracts, packages, isolated, section, option):
    """A new package is named in .importlinter wherever it says "every package"."""
    imports = {
        path.name
        for package in packages
        if package not in isolated
        for path in (package / "src").iterdir()
    }
    ours = {name for name in imports if name.startswith("tunesmith")} - {"tunesmith"}
    missing = ours - names(contracts, section, option)
    assert not missing, f"add to [{section}] {option} in .importlinter: {sorted(missing)}"


def test_packages_outside_the_workspace_use_the_public_doors(sources, isolated):
    """They import no private part of core and no other plugin; import-linter cannot see them."""
    public = {"tunesmith", *(f"tunesmith.{name}" for name in PUBLIC)}
    guilty = [
        f"{module.name}: {node.module}"
        for module in sources
        if any(module.path.is_relative_to(package) for package in isolated)
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ImportFrom)
        and (node.module or "").startswith("tunesmith")
        and node.module not in public
        and node.module.split(".")[0] not in module.path.parts
    ]
    assert not guilty


def test_every_private_part_of_core_is_behind_the_public_doors(contracts, root):
    """All of core's underscored packages are forbidden to plugins."""
    folder = root / "core" / "src" / "tunesmith"
    private = {
        f"tunesmith.{path.stem}" for path in folder.glob("_[a-z]*") if path.suffix in ("", ".py")
    }
    doors = names(contracts, "importlinter:contract:public-doors", "forbidden_modules")
    assert private == doors
