"""The plugin that docs/how-to/write-a-plugin.md builds is a plugin: installed, tested and used."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from pages import ROOT, blocks_of, write_file

PAGE = ROOT / "docs" / "how-to" / "write-a-plugin.md"

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def run(*command, cwd: Path, **environment: str) -> str:
    """Run a program to its end; a failure shows all that it printed."""
    done = subprocess.run(
        list(map(str, command)),
        cwd=cwd,
        env={**os.environ, **environment},
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, f"{command} failed:\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> tuple[Path, str]:
    """The package's folder, and the one that its wheel is installed in."""
    package, site = tmp_path_factory.mktemp("climb"), tmp_path_factory.mktemp("site")
    for block in blocks_of(PAGE):
        write_file(block, package)
    uv = Path(sys.executable).with_name("uv")
    run(uv, "build", "--quiet", "--wheel", "--out-dir", package / "dist", package, cwd=package)
    (wheel,) = (package / "dist").glob("*.whl")
    run(uv, "pip", "install", "--quiet", "--no-deps", "--target", site, wheel, cwd=package)
    return package, str(site)


def test_the_package_passes_its_own_tests(installed):
    """The wheel is built, and the page's tests pass on what was installed from it."""
    package, site = installed
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"]
    said = run(*command, cwd=package, PYTHONPATH=site)
    assert " passed" in said
    assert "skipped" not in said


def test_the_installed_plugin_is_found_by_name(installed):
    """`tunesmith plugins` lists it as an installed searcher."""
    package, site = installed
    command = [sys.executable, "-m", "tunesmith", "plugins", "--json"]
    found = json.loads(run(*command, cwd=package, PYTHONPATH=site))
    (mine,) = [one for one in found if one["name"] == "climb"]
    assert (mine["kind"], mine["dist"], mine["status"]) == ("searcher", "tunesmith-climb", "ok")
