"""What things are called, and that they say what they are for."""

import ast
import re

BANNED = {"util", "utils", "helper", "helpers", "common", "manager", "base", "misc"}


def test_no_module_has_a_name_that_says_nothing(sources):
    """Modules are nouns of the domain: no utils, helpers, common, manager, base, misc."""
    guilty = [
        m.name for m in sources if BANNED & {p.strip("_") for p in m.path.with_suffix("").parts}
    ]
    assert not guilty


def test_modules_are_single_words(sources):
    """A module's name is one noun, so that its name in a sentence says what it is."""
    guilty = [m.name for m in sources if "_" in m.path.stem.strip("_")]
    assert not guilty


def test_every_module_says_what_it_is(sources):
    """Every module that holds code begins with a docstring."""
    guilty = [m.name for m in sources if m.text.strip() and ast.get_docstring(m.tree) is None]
    assert not guilty


def is_test(node) -> bool:
    """Tell whether pytest would collect this function."""
    return isinstance(node, ast.FunctionDef) and node.name.startswith("test_")


def test_every_test_says_which_rule_it_proves(test_modules, sources):
    """Tests, the shipped conformance suites included, have a docstring."""
    suites = [module for module in sources if "/tunesmith/testing/" in module.name]
    guilty = [
        f"{module.name}:{node.lineno} {node.name}"
        for module in (*test_modules, *suites)
        for node in ast.walk(module.tree)
        if is_test(node) and not ast.get_docstring(node)
    ]
    assert not guilty


MAY_SLEEP = ("tests/integration/", "tests/crash/", "tests/benchmarks/", "plugins/ray/tests/")


def test_no_test_waits_for_the_clock(test_modules):
    """Outside integration tests nothing sleeps: time is data."""
    guilty = [
        f"{module.name}:{node.lineno}"
        for module in test_modules
        if not module.name.startswith(MAY_SLEEP)
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("time.sleep", "sleep")
    ]
    assert not guilty


MACHINE = re.compile(r"/(?:root|home|Users|work)/[\w.]")
TEXT = {".py", ".md", ".toml", ".cfg", ".ini", ".yml", ".yaml", ".json", ".txt", ""}


def test_no_file_knows_the_machine_it_was_written_on(tracked):
    """No tracked file names a home or working folder of some machine."""
    guilty = [
        f"{path.name}:{number}: {line.strip()}"
        for path in tracked
        if path.suffix in TEXT
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if MACHINE.search(line) and path.name != "test_names.py"
    ]
    assert not guilty
