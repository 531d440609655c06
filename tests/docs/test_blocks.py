"""What the documentation shows works: every Python block runs, every command shown succeeds.

The blocks of a page run from top to bottom in one namespace, in a folder of their own. Trials run
inline, whatever the page's default, and print nothing: what is tested is what the page says, and
Ray has tests of its own. `<!-- skip: reason -->` on the line before a block leaves it out.
"""

import contextlib
import functools
import re
import shlex
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from environments import chosen
from pages import ROOT, Block, blocks_of, write_file

import tunesmith
from tunesmith._cli.main import run as run_command


def is_elsewhere(page: Path) -> bool:
    """Tell whether a page is of a package outside the workspace that is not installed here."""
    return (
        page.parent in chosen("isolated", []) and find_spec(f"tunesmith_{page.parent.name}") is None
    )


PAGES = sorted(
    page
    for pattern in ("*.md", "docs/**/*.md", "core/*.md", "plugins/*/*.md", "adapters/*/*.md")
    for page in ROOT.glob(pattern)
    if any(block.language in ("python", "console", "toml") for block in blocks_of(page))
    and not is_elsewhere(page)
)


@pytest.fixture
def quiet(monkeypatch, tmp_path):
    """An empty working folder, and a `tune.run` that runs inline unless told otherwise."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "src").mkdir()
    monkeypatch.syspath_prepend(str(tmp_path / "src"))
    monkeypatch.syspath_prepend(str(tmp_path))
    real = tunesmith.run

    @functools.wraps(real)
    def run(*arguments, **options):
        return real(*arguments, **{"executor": "inline", "verbose": 0, **options})

    monkeypatch.setattr(tunesmith, "run", run)
    return tmp_path


def run_python(page: Path, block: Block, namespace: dict) -> None:
    """Run a block so that a traceback shows the page's own line."""
    source = "\n" * (block.line - 1) + block.code
    exec(compile(source, str(page), "exec"), namespace)  # noqa: S102 (our own pages)


def run_console(block: Block) -> None:
    """Run the lines that call tunesmith."""
    for line in block.code.splitlines():
        if line.startswith("$ tunesmith "):
            words = shlex.split(line.removeprefix("$ tunesmith "), comments=True)
            assert run_command(words) == 0, line


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_block_of_the_page_runs(page, quiet):
    """Python blocks run, commands end with 0, files that the page shows exist for both."""
    namespace = {"__name__": "__main__"}
    with contextlib.redirect_stdout(sys.stderr):
        for block in blocks_of(page):
            write_file(block, quiet)
            if block.skip is not None:
                continue
            if block.language == "python":
                run_python(page, block, namespace)
            elif block.language == "console":
                run_console(block)


def test_skipped_blocks_say_why():
    """A block that does not run has a reason a reader would accept."""
    skipped = [block for page in PAGES for block in blocks_of(page) if block.skip is not None]
    assert all(len(block.skip.split()) >= 3 for block in skipped)


def test_the_first_pages_are_among_the_tested():
    """The README and the tutorials are found: an empty list would pass everything."""
    names = {page.relative_to(ROOT).as_posix() for page in PAGES}
    assert {"README.md", "docs/tutorial/first-experiment.md"} <= names


LINK = re.compile(r"(?<!!)\[[^\]]+\]\((?!https?://|#)([^)#]+)(?:#[^)]*)?\)")


def test_links_between_pages_lead_somewhere():
    """Every relative link in the documentation names an existing file."""
    pages = [p for p in ROOT.rglob("*.md") if not {".venv", "runs"} & set(p.parts)]
    broken = [
        f"{page.relative_to(ROOT)} -> {target}"
        for page in pages
        for target in LINK.findall(page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    ]
    assert not broken
