"""The pages of the documentation, as the blocks that are in them."""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FENCE = re.compile(
    r"^(?:<!-- skip: (?P<skip>[^>]*) -->\n)?```(?P<language>\w+)\n(?P<code>.*?)^```$",
    flags=re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Block:
    """A fenced block of a page."""

    language: str
    code: str
    line: int
    skip: str | None


def blocks_of(page: Path) -> list[Block]:
    """Return the page's blocks, in order."""
    text = page.read_text(encoding="utf-8")
    return [
        Block(
            language=match["language"],
            code=match["code"],
            line=text.count("\n", 0, match.start("code")) + 1,
            skip=match["skip"],
        )
        for match in FENCE.finditer(text)
    ]


def write_file(block: Block, folder: Path) -> None:
    """Save a block whose first line is a comment with a file's name under that name."""
    name = re.match(r"# ([\w./-]+\.(?:py|toml))\n", block.code)
    if name:
        path = folder / name[1]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block.code, encoding="utf-8")
