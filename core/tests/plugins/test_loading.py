"""Loading plugins: one that is broken harms no other, and none is loaded that was not asked for."""

import json

import pytest

BROKEN = {
    "broken": "ModuleNotFoundError: No module named 'a_library_that_is_nowhere'",
    "exits": "SystemExit: not on this machine",
    "hooks": "unknown hook 'tunesmith_samplers'",
    "returns": "tunesmith_searchers returned {'name': 'x'}; expected a list of SearcherSpec",
    "raises": "ZeroDivisionError: division by zero",
    "bare": "implements no hook; decorate its functions with @tunesmith.plugins.hookimpl",
    "badname": "declares a searcher with name='two words'; expected letters",
}


def listed(environment, *options, **more):
    return json.loads(environment.output("-m", "tunesmith", "plugins", "--json", *options, **more))


def names(rows, kind="searcher"):
    return [row["name"] for row in rows if row["kind"] == kind]


@pytest.mark.parametrize("name", sorted(BROKEN))
def test_every_breakage_is_kept_with_its_reason(environment, name):
    """However a plugin fails to load, it is listed as broken, with dist, version and reason."""
    (row,) = [row for row in listed(environment, "--broken") if row["name"] == name]
    assert (row["kind"], row["status"], row["dist"]) == ("plugin", "broken", f"acme-{name}")
    assert BROKEN[name] in row["problem"]


def test_broken_plugins_harm_no_others(environment):
    """With seven broken plugins beside them, the sound ones and the core's own are all there."""
    rows = listed(environment)
    assert {"random", "grid", "good", "flat", "lazy"} <= set(names(rows))
    assert names(rows, "executor") == ["inline", "simulated"]


def test_listing_has_the_promised_fields(environment):
    """Each row tells kind, name, dist, version, status, wraps, capabilities and summary."""
    rows = {(row["dist"], row["name"]): row for row in listed(environment)}
    good = rows["acme-good", "good"]
    assert good["version"] == "1.0"
    assert good["status"] == "ok"
    assert good["wraps"] == ""
    assert "conditional" in good["capabilities"]
    assert good["summary"] == "x"
    assert {
        name: rows[f"acme-{name}", name]["status"] for name in ("old", "needs", "range", "twin")
    } == {
        "old": "api-mismatch",
        "needs": "library-missing",
        "range": "library-mismatch",
        "twin": "duplicate",
    }


def test_lazy_names_of_a_shim_are_not_fetched(environment):
    """A module that lists lazy names in its `__dir__` is registered without importing them."""
    program = (
        "import sys; from tunesmith.plugins import default_registry;"
        " print(default_registry().searcher('lazy').factory, 'acme_lazy.searcher' in sys.modules)"
    )
    assert environment.output("-c", program) == "acme_lazy.searcher:Searcher False\n"


def test_variable_selects_plugins(environment):
    """TUNESMITH_PLUGINS names the only plugins to load, by entry point or dist; the core stays."""
    assert names(listed(environment, plugins="good,acme-flat")) == [
        "flat",
        "good",
        "grid",
        "random",
    ]


def test_empty_variable_leaves_the_core(environment):
    """TUNESMITH_PLUGINS set to nothing loads the core's own algorithms only."""
    rows = listed(environment, plugins="")
    assert {row["dist"] for row in rows} == {"tunesmith-core"}


def test_left_out_plugin_is_not_called_unknown(environment):
    """A name that the variable leaves out is explained by the variable."""
    error = environment.error("resolve('searcher', 'good')", plugins="flat")
    assert error["message"] == (
        "searcher 'good' is provided by acme-good, which the environment variable"
        " TUNESMITH_PLUGINS leaves out; add 'good' to it"
    )


def test_misspelt_variable_is_an_error(environment):
    """A name in TUNESMITH_PLUGINS that is not installed is not passed over."""
    error = environment.error("default_registry()", plugins="goood")
    assert error["type"] == "UsageError"
    assert (
        "TUNESMITH_PLUGINS names 'goood', which is not installed; did you mean 'good'?"
        in (error["message"])
    )


def test_import_loads_no_plugin(environment):
    """Importing tunesmith.plugins loads no plugin; the first look-up does."""
    program = (
        "import sys, tunesmith.plugins as p;"
        "print([n for n in sys.modules if n.startswith('acme')]);"
        "p.default_registry(); print(any(n.startswith('acme') for n in sys.modules))"
    )
    assert environment.output("-c", program) == "[]\nTrue\n"


def test_broken_listing_shows_tracebacks(environment):
    """`tunesmith plugins --broken` prints the traceback of each plugin that failed to load."""
    text = environment.output("-m", "tunesmith", "plugins", "--broken")
    assert "plugin broken (acme-broken 0.3) broken: ModuleNotFoundError" in text
    assert "import a_library_that_is_nowhere" in text
    assert "random" not in text


def test_plugin_command_runs(environment):
    """A command that a plugin brings is listed in help and runs."""
    assert "Say hello." in environment.output("-m", "tunesmith", "--help")
    assert environment.output("-m", "tunesmith", "greet") == "hello\n"


def test_compat_explains_gaps(environment):
    """`tunesmith compat` has a row per searcher, and a reason for each that cannot be used."""
    cells = json.loads(environment.output("-m", "tunesmith", "compat", "--json"))
    by_pair = {(cell["searcher"], cell["scheduler"]): cell for cell in cells}
    assert by_pair["random", "fifo"]["works"]
    assert by_pair["random", "fifo"]["notes"] == []
    assert by_pair["random", "narrow"]["notes"] == ["one objective"]
    assert not by_pair["old", "fifo"]["works"]
    assert "plugin interface 0.9" in by_pair["old", "fifo"]["reasons"][0]
    assert ("acme-twin/twin", "fifo") in by_pair
    text = environment.output("-m", "tunesmith", "compat")
    assert "no [1]" in text
    assert "\n[1] " in text
