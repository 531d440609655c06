"""Write the pages that follow from the code: docs/reference, and ARCHITECTURE.md's diagram.

`make docs` runs it; with `--check` it writes nothing and fails where a page is out of date.
"""

import importlib
import importlib.util
import inspect
import json
import pkgutil
import re
import sys
import textwrap
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import Any, get_origin

import click
import msgspec

import tunesmith
from tunesmith import errors
from tunesmith._cli.main import group
from tunesmith._engine.diagram import draw
from tunesmith.plugins import hookspecs

ROOT = Path(__file__).resolve().parents[1]
NOTE = "<!-- Written by docs/generate.py; change the code instead and run `make docs`. -->"
SECTION = re.compile(r"(Raises|Args|Returns|Yields):$")
KEYWORD_ONLY = inspect.Parameter.KEYWORD_ONLY
SUITES = {
    "searchers": "SearcherConformance",
    "schedulers": "SchedulerConformance",
    "executors": "ExecutorConformance",
    "shims": "ShimConformance",
    "labs": "Lab",
    "convergence": "assert_beats_random",
}
"""What each module of `tunesmith.testing` is for."""

KINDS = ("searcher", "scheduler", "executor", "callback", "command")


def text_of(thing: Any) -> str:
    """Return the docstring as Markdown: sections become bold words with lists below."""
    lines: list[str] = []
    in_section = False
    for line in (inspect.getdoc(thing) or "").splitlines():
        title = SECTION.match(line)
        in_section = bool(title) or (in_section and (not line or line.startswith("    ")))
        if title:
            lines += [f"**{title[1]}**", ""]
        elif in_section and line:
            is_item = not line.startswith("     ")
            lines.append(f"- {line.strip()}" if is_item else f"  {line.strip()}")
        else:
            lines.append(line)
    return "\n".join(lines)


def struct_signature(kind: type[msgspec.Struct]) -> inspect.Signature:
    """Return a struct's signature without evaluating its annotations, which may be strings."""
    hints: dict[str, Any] = {}
    for one in reversed(kind.__mro__):
        hints.update(vars(one).get("__annotations__", {}))
    names, given = kind.__struct_fields__, kind.__struct_defaults__
    defaults = (msgspec.NODEFAULT,) * (len(names) - len(given)) + given
    rows = []
    for name, default in zip(names, defaults, strict=True):
        is_positional = name in kind.__match_args__
        how = inspect.Parameter.POSITIONAL_OR_KEYWORD if is_positional else KEYWORD_ONLY
        made = getattr(default, "factory", lambda default=default: default)()
        shown = inspect.Parameter.empty if default is msgspec.NODEFAULT else made
        rows.append(inspect.Parameter(name, how, default=shown, annotation=hints[name]))
    return inspect.Signature(rows)


def type_text(annotation: Any) -> str:
    """Return an annotation as people write it: no quotes, no modules."""
    text = annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)
    return re.sub(r"\b(?:tunesmith|typing|collections|types|pathlib|random)\.(?:\w+\.)*", "", text)


def parameter_text(parameter: inspect.Parameter) -> str:
    """Return one parameter with its type and default."""
    text = parameter.name
    if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
        text = ("*" if parameter.kind is parameter.VAR_POSITIONAL else "**") + text
    if parameter.annotation is not parameter.empty:
        text += f": {type_text(parameter.annotation)}"
    if parameter.default is not parameter.empty:
        equals = " = " if ":" in text else "="
        # The only factory that dataclasses of the interface have is `dict`.
        text += f"{equals}{parameter.default!r}".replace("<factory>", "{}")
    return text


def signature(name: str, thing: Any, *, width: int = 88) -> str:
    """Return how the thing is called, one parameter a line where the line would be too long."""
    is_struct = inspect.isclass(thing) and issubclass(thing, msgspec.Struct)
    try:
        found = struct_signature(thing) if is_struct else inspect.signature(thing)
    except (TypeError, ValueError):
        return name
    if getattr(thing, "_is_protocol", False):
        return name
    rows: list[str] = []
    for parameter in found.parameters.values():
        if parameter.kind is KEYWORD_ONLY and not any(row.startswith("*") for row in rows):
            rows.append("*")
        if parameter.name not in {"self", "cls"}:
            rows.append(parameter_text(parameter))
    returns = found.return_annotation
    arrow = "" if returns is found.empty or inspect.isclass(thing) else f" -> {type_text(returns)}"
    line = f"{name}({', '.join(rows)}){arrow}"
    if len(line) <= width:
        return line
    return "\n".join([f"{name}(", *(f"    {row}," for row in rows), f"){arrow}"])


def methods(thing: type) -> Iterator[tuple[str, Any]]:
    """Yield a class's own public methods and properties that have something to say."""
    for name, member in vars(thing).items():
        inner = getattr(member, "__func__", member)
        documented = inspect.getdoc(inner) if callable(inner) or isinstance(inner, property) else ""
        if not name.startswith(("_", "test_")) and documented:
            yield name, inner


def entry(name: str, thing: Any) -> str:
    """Document one public name."""
    if get_origin(thing) is not None or not callable(thing):
        return f"### {name}\n\n```text\n{name} = {type_text(repr(thing))}\n```\n"
    parts = [f"### {name}", "", "```text", signature(name, thing), "```", "", text_of(thing), ""]
    if inspect.isclass(thing) and not issubclass(thing, BaseException):
        for method, member in methods(thing):
            is_property = isinstance(member, property)
            title = f".{method}" if is_property else signature(f".{method}", member, width=999)
            parts += [f"`{title}`", "", text_of(member), ""]
    return "\n".join(parts)


def listing(module: ModuleType) -> str:
    """Document every public name of a module, in alphabetical order."""
    names = sorted(module.__all__, key=str.casefold)
    head = f"## {module.__name__}\n\n{inspect.getdoc(module) or ''}\n"
    return "\n".join([head, *(entry(name, getattr(module, name)) for name in names)])


def api() -> str:
    """Return the page of everything users import."""
    modules = [importlib.import_module(name) for name in ("tunesmith", "tunesmith.space")]
    return "\n".join(["# The Python API\n", *map(listing, modules)])


def protocols() -> str:
    """Return the page for authors of algorithms and executors."""
    public = [importlib.import_module("tunesmith.protocols")]
    exchange = []
    for kind in ("events", "commands"):
        module = importlib.import_module(f"tunesmith.protocols.{kind}")
        exchange.append(f"## {module.__name__}\n\n{inspect.getdoc(module)}\n")
        exchange += [
            entry(name, thing)
            for name, thing in vars(module).items()
            if inspect.isclass(thing) and thing.__module__ == module.__name__
        ]
    intro = "# Protocols\n\nWhat training code, algorithms and executors implement.\n"
    return "\n".join([intro, *map(listing, public), *exchange])


def hooks() -> str:
    """Return the page of plugin hooks and what they return."""
    parts = ["# Plugin hooks\n", f"{inspect.getdoc(hookspecs)}\n"]
    parts += [
        entry(name, hook)
        for name, hook in vars(hookspecs).items()
        if name.startswith("tunesmith_") and callable(hook)
    ]
    module = importlib.import_module("tunesmith.plugins")
    return "\n".join([*parts, listing(module)])


def rules(suite: type) -> Iterator[str]:
    """Yield a row for each test of a conformance suite, the inherited ones in their order."""
    found: dict[str, Any] = {}
    for one in reversed(suite.__mro__):
        found.update({name: test for name, test in vars(one).items() if name.startswith("test_")})
    for name, test in found.items():
        said = " ".join((inspect.getdoc(test) or "").split()).replace("|", "\\|")
        yield f"| `{name}` | {said} |"


def settings(suite: type) -> Iterator[str]:
    """Yield the class attributes that a subclass of a suite sets."""
    for one in reversed(suite.__mro__):
        for name, annotation in vars(one).get("__annotations__", {}).items():
            default = f" = {getattr(suite, name)!r}" if hasattr(suite, name) else ""
            yield f"{name}: {type_text(annotation)}{default}"


def lesson(module: ModuleType) -> str:
    """Return a module's docstring, with the example that follows the first lines as code."""
    head, _, rest = (inspect.getdoc(module) or "").partition("\n\n")
    example, _, after = rest.partition("\n\n")
    is_example = example.lstrip().startswith(("class ", "def "))
    shown = [f"```text\n{textwrap.dedent(example)}\n```", after] if is_example else [rest]
    return "\n\n".join(part for part in [head, *shown] if part)


def testing() -> str:
    """Return the page of what authors of plugins test them with."""
    parts = [
        "# Testing\n",
        "What `tunesmith.testing` has for plugins' tests; it needs `tunesmith-core[testing]`.",
        "[Write a plugin](../how-to/write-a-plugin.md) shows it at work.\n",
    ]
    for name, suite in SUITES.items():
        module = importlib.import_module(f"tunesmith.testing.{name}")
        parts.append(f"## tunesmith.testing.{name}\n\n{lesson(module)}\n")
        found = getattr(module, suite)
        tests = list(rules(found)) if inspect.isclass(found) else []
        if not tests:
            parts.append(entry(suite, found))
            continue
        if lines := [f"    {line}" for line in settings(found)]:
            parts.append("\n".join(["```text", f"class {suite}:", *lines, "```\n"]))
        parts.append(f"{text_of(found)}\n")
        parts += ["| test | rule |", "|---|---|", *tests, ""]
    return "\n".join(parts)


def descendants(kind: type[Any], depth: int = 0) -> Iterator[tuple[int, type[Any]]]:
    """Yield a class and all below it, with their depths."""
    yield depth, kind
    children: list[type[Any]] = kind.__subclasses__()
    for child in sorted(children, key=lambda one: one.__name__):
        if child.__module__.split(".")[0] == "tunesmith":
            yield from descendants(child, depth + 1)


def error_page() -> str:
    """Return the page of all errors, as the tree that says whose fault each is."""
    for module in pkgutil.walk_packages(tunesmith.__path__, "tunesmith."):
        if not module.name.endswith("__main__") and ".testing" not in module.name:
            importlib.import_module(module.name)
    rows = [
        f"{'  ' * depth}- **{kind.__name__}** (`{kind.__module__}`): "
        + " ".join((inspect.getdoc(kind) or "").split())
        for depth, kind in descendants(errors.TunesmithError)
    ]
    return "\n".join(["# Errors\n", f"{inspect.getdoc(errors)}\n", *rows, ""])


def abilities(spec: Any) -> str:
    """Return what a spec declares that it can do or needs."""
    found = getattr(spec, "capabilities", None)
    names = [] if found is None else [k for k, v in msgspec.structs.asdict(found).items() if v]
    return ", ".join(name.replace("_", " ") for name in names) or "-"


def shims() -> Iterator[tuple[str, ModuleType]]:
    """Yield each package of the repository with the module that declares its plugins.

    Read from the files, since not all of them can be installed together.
    """
    yield "tunesmith-core", importlib.import_module("tunesmith._builtin._plugin")
    for path in sorted(ROOT.glob("*/*/src/tunesmith_*/_plugin.py")):
        found = importlib.util.spec_from_file_location(f"_shim_{path.parent.name}", path)
        if found is not None and found.loader is not None:
            module = importlib.util.module_from_spec(found)
            found.loader.exec_module(module)
            yield path.parent.name.replace("_", "-"), module


def specs() -> Iterator[tuple[str, str, Any]]:
    """Yield (kind, package, spec) of everything that the repository's packages bring."""
    for kind in KINDS:
        found = [
            (kind, dist, spec)
            for dist, module in shims()
            for spec in getattr(module, f"tunesmith_{kind}s", list)()
        ]
        yield from sorted(found, key=lambda one: one[2].name)


def plugins() -> str:
    """Return the table of everything that our own packages bring."""
    rows = [
        f"| {kind} | `{spec.name}` | {dist} | {spec.summary} "
        f"| {spec.wraps or '-'} | {abilities(spec)} |"
        for kind, dist, spec in specs()
    ]
    head = [
        "# Plugins\n",
        "What this repository's packages bring; `tunesmith plugins` lists what is installed.\n",
        "| kind | name | package | what it does | wraps | can or needs |",
        "|---|---|---|---|---|---|",
    ]
    return "\n".join([*head, *rows, ""])


def searchers() -> str:
    """Return the page on which to choose a searcher: what each is for, can do, and costs."""
    costs = json.loads((ROOT / "docs" / "reference" / "searcher-costs.json").read_text())
    rows = []
    for kind, dist, spec in specs():
        if kind != "searcher":
            continue
        times = [figure(cost) for cost in costs.get(spec.name, [])]
        cells = [*times, *["-"] * (3 - len(times))]
        rows.append(
            f"| `{spec.name}` | {dist} | {spec.wraps or '-'} | {spec.advice or spec.summary} "
            f"| {abilities(spec)} | {' | '.join(cells)} |"
        )
    head = [
        "# Searchers\n",
        "Each goes with every scheduler. Spaces are translated: a searcher that lists no `log`,",
        "`ordinal`, `step` or `normal` is shown such parameters in a form that it knows, without",
        "loss; one without `categorical` or `conditional` refuses spaces that have such. The last",
        "columns are milliseconds of processor time for one suggestion and observation, in a space",
        "of five parameters, after 10, 100 and 1,000 observations (`python",
        "tests/benchmarks/searcher_costs.py`; one shared core, so good for orders of magnitude); a",
        "dash stands where one suggestion alone had taken more than ten minutes.\n",
        "| name | package | wraps | when to choose it | can | 10 | 100 | 1,000 |",
        "|---|---|---|---|---|--:|--:|--:|",
    ]
    return "\n".join([*head, *rows, "", *overheads(), ""])


def figure(milliseconds: float) -> str:
    """Return a time as tables show it, to three digits."""
    return f"{milliseconds:,.0f}" if milliseconds >= 100 else f"{milliseconds:.3g}"


def overheads() -> list[str]:
    """Return the section on what an adapter takes beside the library that it wraps."""
    measured = json.loads((ROOT / "docs" / "reference" / "adapter-overheads.json").read_text())
    rows = [
        f"| {name} | {row['library']} | {row['trials']} | {row['steps']} "
        f"| {figure(row['own_ms'])} | {figure(row['adapter_ms'])} | {row['ratio']:.2f} "
        f"| {row.get('floor', '')} |"
        for name, row in measured.items()
    ]
    return [
        "## What an adapter adds\n",
        "Milliseconds of processor time for one suggestion and observation: of the library in a",
        "loop of its own, and of the adapter, with the same algorithm and options, the same losses",
        "and, where the library's seeds permit, the same suggestions. Both took turns in one",
        "process and on one thread, over the last steps of so many trials; of several repeats the",
        "median counts (`python tests/benchmarks/adapter_overhead.py`; the loops are",
        "`tests/native.py` of each adapter).\n",
        "Adapters are to stay within 1.1 times the library. They do not where that takes a tenth",
        "of a millisecond or less: the floor is the ratio of the library's own loop with a check",
        "of each configuration and a record of each trial, which every adapter needs. What stands",
        "above it is that observations may be late, repeated, failed or from elsewhere; and for",
        "`zoopt`, that no point comes twice, so that it samples four where ZOOpt samples three.",
        "`dragonfly` is measured on fewer trials, since to fit its model takes it 36 s at 50.\n",
        "| searcher | library | trials | steps measured | library | adapter | ratio | floor |",
        "|---|---|--:|--:|--:|--:|--:|--:|",
        *rows,
    ]


def command_page(command: click.Command, path: str) -> Iterator[str]:
    """Yield the sections of a command and of its subcommands."""
    context = click.Context(command, info_name=path)
    usage = " ".join(command.collect_usage_pieces(context))
    yield f"## {path}\n\n{inspect.cleandoc(command.help or '')}\n\n```text\n{path} {usage}\n```\n"
    rows = []
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        if record is not None and record[1] and "--help" not in record[0]:
            rows.append(f"- `{record[0]}`: {record[1]}")
    if rows:
        yield "\n".join([*rows, ""])
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            if child is not None:
                yield from command_page(child, f"{path} {name}")


def cli() -> str:
    """Return the page of the command line."""
    return "\n".join(["# The command line\n", *command_page(group, "tunesmith")])


def architecture(text: str) -> str:
    """Return ARCHITECTURE.md with the state diagram between its markers drawn anew."""
    drawn = f"<!-- diagram -->\n```mermaid\n{draw().strip()}\n```\n<!-- /diagram -->"
    return re.sub(r"<!-- diagram -->.*?<!-- /diagram -->", lambda _: drawn, text, flags=re.DOTALL)


def pages() -> dict[Path, str]:
    """Return every generated page."""
    reference = {
        "api": api(),
        "cli": cli(),
        "errors": error_page(),
        "hooks": hooks(),
        "plugins": plugins(),
        "protocols": protocols(),
        "searchers": searchers(),
        "testing": testing(),
    }
    page = ROOT / "ARCHITECTURE.md"
    found = {page: architecture(page.read_text(encoding="utf-8"))}
    for name, text in reference.items():
        tidy = re.sub(r"\n{3,}", "\n\n", text).strip()
        found[ROOT / "docs" / "reference" / f"{name}.md"] = f"{NOTE}\n\n{tidy}\n"
    return found


def main(arguments: list[str]) -> int:
    """Write the pages, or check them; return the exit code."""
    stale = [
        path
        for path, text in pages().items()
        if not path.is_file() or path.read_text(encoding="utf-8") != text
    ]
    names = ", ".join(str(path.relative_to(ROOT)) for path in stale)
    if "--check" in arguments:
        print(f"out of date, run `make docs`: {names}" if stale else "all pages are up to date")
        return 1 if stale else 0
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")
    print(f"wrote {names or 'nothing new'} (tunesmith {version('tunesmith-core')})")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
