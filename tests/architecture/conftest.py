"""The repository as data: its packages, its source files parsed, the waivers."""

import ast
import subprocess
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest
from environments import chosen

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Module:
    """One parsed Python file."""

    path: Path
    text: str
    tree: ast.Module

    @property
    def name(self) -> str:
        """The path from the repository's root, with slashes."""
        return self.path.relative_to(ROOT).as_posix()

    @property
    def lines(self) -> list[str]:
        """All lines."""
        return self.text.splitlines()

    @property
    def code_lines(self) -> int:
        """Lines that are neither blank nor comment nor part of a docstring."""
        documented: set[int] = set()
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and (
                ast.get_docstring(node) is not None
            ):
                documented.update(range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1))
        return sum(
            bool(line.strip()) and not line.strip().startswith("#") and number not in documented
            for number, line in enumerate(self.lines, 1)
        )


def parse(path: Path) -> Module:
    """Parse one file."""
    text = path.read_text(encoding="utf-8")
    return Module(path, text, ast.parse(text, filename=str(path)))


class Waivers:
    """The exceptions in waivers.toml; `excuse` notes which are used."""

    def __init__(self, entries: list[dict[str, str]]) -> None:
        self.entries = entries
        self.used: list[dict[str, str]] = []

    def excuse(self, rule: str, where: str) -> bool:
        """Tell whether this breach of this rule is waived."""
        found = [x for x in self.entries if (x["rule"], x["where"]) == (rule, where)]
        self.used += found
        return bool(found)


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository's root."""
    return ROOT


@pytest.fixture(scope="session")
def packages() -> list[Path]:
    """The folders of all packages."""
    found = [ROOT / "core", *(ROOT / "plugins").iterdir(), *(ROOT / "adapters").iterdir()]
    return sorted(folder for folder in found if (folder / "pyproject.toml").is_file())


@pytest.fixture(scope="session")
def isolated() -> list[Path]:
    """The folders of packages outside the workspace, which need environments of their own."""
    return chosen("isolated", [])


@pytest.fixture(scope="session")
def sources(packages: list[Path]) -> list[Module]:
    """Every file of every package's src folder."""
    return [parse(path) for package in packages for path in sorted((package / "src").rglob("*.py"))]


@pytest.fixture(scope="session")
def test_modules(packages: list[Path]) -> list[Module]:
    """Every test file of the repository."""
    folders = [ROOT / "tests", *(package / "tests" for package in packages)]
    return [parse(path) for folder in folders for path in sorted(folder.rglob("test_*.py"))]


@pytest.fixture(scope="session")
def tracked() -> list[Path]:
    """Every file that is, or is about to be, under version control."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listing = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    if listing.returncode != 0:
        pytest.skip("not a git checkout: there is no list of tracked files to look at")
    return [path for name in listing.stdout.split("\0") if name and (path := ROOT / name).is_file()]


@pytest.fixture(scope="session")
def waivers() -> Waivers:
    """The waivers."""
    path = ROOT / "tests" / "architecture" / "waivers.toml"
    return Waivers(tomllib.loads(path.read_text(encoding="utf-8")).get("waiver", []))
