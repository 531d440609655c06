"""What is published is what works: wheels, in an environment that has never seen this checkout."""

import re
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest
from environments import chosen

ROOT = Path(__file__).resolve().parents[2]

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def run(*command, cwd: Path) -> str:
    """Run a program to its end; a failure shows all that it printed."""
    done = subprocess.run(
        list(map(str, command)), cwd=cwd, check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, f"{command} failed:\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheels(tmp_path_factory) -> list[Path]:
    """The wheels of all packages, built through their source distributions."""
    folder = tmp_path_factory.mktemp("dist")
    uv = Path(sys.executable).with_name("uv")
    for package in packages():
        run(uv, "build", "--quiet", "--out-dir", folder, package, cwd=ROOT)
    return sorted(folder.glob("*.whl"))


def packages() -> list[Path]:
    """The folders of all packages, those outside the workspace and the root included."""
    manifests = [ROOT / "pyproject.toml", ROOT / "core" / "pyproject.toml"]
    found = [*manifests, *ROOT.glob("plugins/*/pyproject.toml")]
    return [path.parent for path in [*found, *ROOT.glob("adapters/*/pyproject.toml")]]


def test_every_package_becomes_a_wheel(wheels):
    """The meta-package and each package have one wheel, without tests in it."""
    built = {wheel.name.split("-")[0] for wheel in wheels}
    names = {f"tunesmith_{folder.name.replace('-', '_')}" for folder in packages()[1:]}
    assert built == {"tunesmith", *names}
    for wheel in wheels:
        with zipfile.ZipFile(wheel) as archive:
            assert not [name for name in archive.namelist() if "tests/" in name]


def test_the_meta_package_holds_no_code(wheels):
    """`tunesmith` is a list of dependencies; the import package of that name is the core's."""
    (meta,) = [wheel for wheel in wheels if wheel.name.startswith("tunesmith-")]
    with zipfile.ZipFile(meta) as archive:
        assert not [name for name in archive.namelist() if name.endswith(".py")]


def test_the_readmes_example_runs_from_wheels_alone(wheels, tmp_path):
    """In a clean environment with nothing but our wheels and what they require, the README is true.

    The example runs as it stands there: on Ray, in parallel.
    """
    venv.create(tmp_path / "venv", with_pip=False)
    python = tmp_path / "venv" / "bin" / "python"
    uv = Path(sys.executable).with_name("uv")
    apart = {f"tunesmith_{folder.name}" for folder in chosen("isolated", [])}
    ours = [wheel for wheel in wheels if wheel.name.split("-")[0] not in apart]
    run(uv, "pip", "install", "--quiet", "--python", python, *ours, cwd=tmp_path)
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    example = re.search(r"```python\n(.*?)```", readme, flags=re.DOTALL)[1]
    (tmp_path / "example.py").write_text(example, encoding="utf-8")
    printed = run(python, "example.py", cwd=tmp_path)
    assert "'lr':" in printed
    assert list((tmp_path / "runs").glob("*/experiment.sqlite"))
    where = "import tunesmith, pathlib; print(pathlib.Path(tunesmith.__file__))"
    assert str(tmp_path) in run(python, "-c", where, cwd=tmp_path)
