"""`tunesmith plugins` and `tunesmith compat` on what is installed here."""

import json

from tunesmith._cli import main


def test_plugins_are_shown_in_columns(capsys):
    """The listing has a header and a line for each algorithm."""
    assert main.run(["plugins"]) == main.OK
    header, *lines = capsys.readouterr().out.splitlines()
    assert header.split() == ["KIND", "NAME", "DIST", "VERSION", "STATUS", "SUMMARY"]
    assert any(line.split()[:3] == ["searcher", "random", "tunesmith-core"] for line in lines)


def test_plugins_as_json(capsys):
    """`--json` prints one object for each algorithm, with capabilities as a list of words."""
    assert main.run(["plugins", "--json"]) == main.OK
    rows = {(row["kind"], row["name"]): row for row in json.loads(capsys.readouterr().out)}
    random = rows["searcher", "random"]
    assert {"kind", "name", "dist", "version", "status", "wraps", "capabilities"} <= set(random)
    assert random["status"] == "ok"
    assert "conditional" in random["capabilities"]
    assert "grid" in rows["searcher", "grid"]["capabilities"]


def test_matrix_is_shown_in_columns(capsys):
    """The matrix has a column for each scheduler and a row for each searcher."""
    assert main.run(["compat"]) == main.OK
    header, *rows = capsys.readouterr().out.splitlines()
    assert header.split()[0] == "SEARCHER"
    assert "fifo" in header
    assert any(row.startswith("random ") and "yes" in row for row in rows)
