"""Runs the tests of packages in environments of their own, made anew from what they declare.

    python tests/environments.py isolated [NAME ...] [-- PYTEST OPTIONS]
    python tests/environments.py oldest [NAME ...] [-- PYTEST OPTIONS]

`isolated`: the adapters that are no part of the workspace, with the newest of everything.
`oldest`: every package, with the oldest version of each direct dependency that it or core declares.
Environments are kept in .venv/isolated and .venv/oldest.
"""

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
UV = Path(sys.executable).with_name("uv")
PAGE_TEST = "tests/docs/test_blocks.py::test_every_block_of_the_page_runs"
TOOLS = ("pytest", "pytest-timeout", "hypothesis", "uv")
PATIENCE = 300
"""Seconds that a test may take: some of these libraries are slow, and machines are shared."""


def manifest(folder: Path) -> dict:
    """Return a folder's pyproject.toml."""
    return tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))


def run(*command: object, cwd: Path = ROOT) -> int:
    """Run a program and return its exit status."""
    return subprocess.run(list(map(str, command)), cwd=cwd, check=False).returncode


def outside(folder: Path) -> list[str]:
    """Return a package's requirements that are none of ours, those of its extras included."""
    project = manifest(folder)["project"]
    extras = project.get("optional-dependencies", {}).values()
    every = [*project["dependencies"], *(one for extra in extras for one in extra)]
    return [one for one in dict.fromkeys(every) if not one.startswith("tunesmith")]


def chosen(kind: str, names: list[str]) -> list[Path]:
    """Return the folders of the packages to test, by name or all there are."""
    if kind == "isolated":
        folders = [ROOT / path for path in manifest(ROOT)["tool"]["uv"]["workspace"]["exclude"]]
    else:
        manifests = sorted(ROOT.glob("*/*/pyproject.toml"))
        folders = [ROOT / "core", *(path.parent for path in manifests if outside(path.parent))]
    unknown = set(names) - {path.name for path in folders}
    if unknown:
        known = ", ".join(path.name for path in folders)
        raise SystemExit(f"{kind}: no package is called {sorted(unknown)}; there are {known}")
    return [path for path in folders if not names or path.name in names]


def interpreter(folder: Path) -> str:
    """Return this Python if the package takes it, or else what it asks for."""
    wanted = manifest(folder)["project"]["requires-python"]
    below = re.search(r"<3\.(\d+)", wanted)
    fits = below is None or sys.version_info < (3, int(below[1]))
    return sys.executable if fits else wanted


def companions(folder: Path) -> list[str]:
    """Return what installs core and those plugins that need nothing but it: tests use them."""
    manifests = [ROOT / "core" / "pyproject.toml", *sorted(ROOT.glob("plugins/*/pyproject.toml"))]
    ours = [path.parent for path in manifests if path.parent != folder]
    light = [path for path in ours if path.name == "core" or not outside(path)]
    return [word for path in light for word in ("-e", str(path))]


def prepare(kind: str, folder: Path) -> Path | None:
    """Return the interpreter of an environment with the package and pytest; None if none."""
    place = ROOT / ".venv" / kind / folder.name
    python = place / "bin" / "python"
    make = (UV, "venv", "--quiet", "--clear", "--python", interpreter(folder), place)
    if not python.exists() and run(*make):
        return None
    top = manifest(ROOT)
    constraints = place / "constraints.txt"
    constraints.write_text("\n".join(top["tool"]["uv"]["constraint-dependencies"]) + "\n")
    tools = [one for one in top["dependency-groups"]["dev"] if one.split(">=")[0] in TOOLS]
    extras = ",".join(manifest(folder)["project"].get("optional-dependencies", {}))
    resolution = "lowest-direct" if kind == "oldest" else "highest"
    failed = run(
        *(UV, "pip", "install", "--quiet", "--exact", "--python", python, "--upgrade"),
        *("--resolution", resolution, "--constraints", constraints, *tools),
        *(*companions(folder), "-e", f"{folder}[{extras}]" if extras else folder),
        cwd=folder,  # where its own settings for uv are read
    )
    return None if failed else python


def unproven(folder: Path, python: Path) -> list[str]:
    """Print the version of each direct dependency; return those newer than the bound declared."""
    listing = [UV, "pip", "list", "--quiet", "--format", "json", "--python", python]
    installed = {
        entry["name"].lower().replace("_", "-"): entry["version"].split("+")[0]
        for entry in json.loads(subprocess.check_output(listing, cwd=ROOT))
    }
    found = []
    for requirement in outside(folder):
        name, bound = re.match(r"([\w.-]+)(?:\[.*\])?[>=]=([\w.]+)", requirement).groups()
        version = installed[name.lower().replace("_", "-")]
        print(f"   {name} {version}", flush=True)
        if re.sub(r"(\.0)+$", "", version) != re.sub(r"(\.0)+$", "", bound):
            found.append(f"{requirement} is unproven: the oldest that can be had is {version}")
    return found


def tested(kind: str, folder: Path, options: tuple[str, ...]) -> bool:
    """Tell whether a package's tests and its page pass, with the versions they should."""
    python = prepare(kind, folder)
    if python is None:
        return False
    problems = unproven(folder, python) if kind == "oldest" else []
    print("".join(f"   {problem}\n" for problem in problems), end="", flush=True)
    page = f"{PAGE_TEST}[{folder.relative_to(ROOT).as_posix()}/README.md]"
    # What an old library takes from a newer one may be deprecated there since.
    lenient = ("-W", "ignore::DeprecationWarning") if kind == "oldest" else ()
    command = (python, "-m", "pytest", "-q", "--timeout", PATIENCE, *lenient)
    return not run(*command, folder / "tests", page, *options) and not problems


def main(kind: str, *arguments: str) -> int:
    """Test each package, and return the number of those that failed."""
    cut = arguments.index("--") if "--" in arguments else len(arguments)
    names, options = list(arguments[:cut]), arguments[cut + 1 :]
    failed = []
    for folder in chosen(kind, names):
        print(f"== {kind}: {folder.name}", flush=True)
        if not tested(kind, folder, options):
            failed.append(folder.name)
    print(f"{kind}: {f'failed: {failed}' if failed else 'all passed'}")
    return len(failed)


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    sys.exit(main(*sys.argv[1:]))
