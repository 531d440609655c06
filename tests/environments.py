"""Runs the tests of packages in environments of their own, made anew from what they declare.

    python tests/environments.py isolated [NAME ...] [-- PYTEST OPTIONS]
    python tests/environments.py oldest [NAME ...] [-- PYTEST OPTIONS]

`isolated`: the adapters that are no part of the workspace, with the newest of everything.
`oldest`: every adapter, with the oldest version of each direct dependency that it or core declares.
Environments are kept in .venv/isolated and .venv/oldest.
"""

import os
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
UV = Path(sys.executable).with_name("uv")
PAGE_TEST = "tests/docs/test_blocks.py::test_every_block_of_the_page_runs"
TOOLS = ("pytest", "pytest-timeout", "hypothesis")


def manifest(folder: Path) -> dict:
    """Return a folder's pyproject.toml."""
    return tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))


def run(*command: object, cwd: Path = ROOT) -> int:
    """Run a program and return its exit status."""
    return subprocess.run(list(map(str, command)), cwd=cwd, check=False).returncode


def chosen(kind: str, names: list[str]) -> list[Path]:
    """Return the folders of the adapters to test, by name or all there are."""
    excluded = manifest(ROOT)["tool"]["uv"]["workspace"]["exclude"]
    isolated = [ROOT / path for path in excluded]
    every = sorted(path.parent for path in ROOT.glob("adapters/*/pyproject.toml"))
    folders = [path for path in every if kind == "oldest" or path in isolated]
    unknown = set(names) - {path.name for path in folders}
    if unknown:
        known = ", ".join(path.name for path in folders)
        raise SystemExit(f"{kind}: no adapter is called {sorted(unknown)}; there are {known}")
    return [path for path in folders if not names or path.name in names]


def prepare(kind: str, folder: Path) -> Path | None:
    """Return the interpreter of an environment with core, the package and pytest; None if none."""
    place = ROOT / ".venv" / kind / folder.name
    python = place / "bin" / "python"
    if not python.exists() and run(UV, "venv", "--quiet", "--python", sys.executable, place):
        return None
    top = manifest(ROOT)
    constraints = place / "constraints.txt"
    constraints.write_text("\n".join(top["tool"]["uv"]["constraint-dependencies"]) + "\n")
    tools = [one for one in top["dependency-groups"]["dev"] if one.split(">=")[0] in TOOLS]
    extras = ",".join(manifest(folder)["project"].get("optional-dependencies", {}))
    resolution = "lowest-direct" if kind == "oldest" else "highest"
    failed = run(
        *(UV, "pip", "install", "--quiet", "--python", python, "--resolution", resolution),
        *("--constraints", constraints, "--upgrade", *tools),
        *("-e", ROOT / "core", "-e", f"{folder}[{extras}]" if extras else folder),
        cwd=folder,  # where its own settings for uv are read
    )
    return None if failed else python


def main(kind: str, *arguments: str) -> int:
    """Test each adapter, and return the number of those that failed."""
    cut = arguments.index("--") if "--" in arguments else len(arguments)
    names, options = list(arguments[:cut]), arguments[cut + 1 :]
    failed = []
    for folder in chosen(kind, names):
        print(f"== {kind}: {folder.name}", flush=True)
        python = prepare(kind, folder)
        page = f"{PAGE_TEST}[adapters/{folder.name}/README.md]"
        if python is None or run(python, "-m", "pytest", "-q", folder / "tests", page, *options):
            failed.append(folder.name)
    print(f"{kind}: {f'failed: {failed}' if failed else 'all passed'}")
    return len(failed)


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    sys.exit(main(*sys.argv[1:]))
