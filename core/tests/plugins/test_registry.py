"""The registry as an object: filled by hand, asked by name."""

from types import ModuleType

import pytest

from tunesmith.errors import (
    BrokenPluginError,
    DuplicateNameError,
    MissingLibraryError,
    PluginContractError,
    UnknownNameError,
)
from tunesmith.plugins import (
    CallbackSpec,
    ExecutorSpec,
    Registry,
    SchedulerSpec,
    SearcherSpec,
    default_registry,
    hookimpl,
    load_factory,
)


def searcher(name="mine", **fields):
    return SearcherSpec(**{"name": name, "factory": "json:loads", "api": "1.0", **fields})


@pytest.fixture
def registry():
    return Registry(autoload=False)


def test_empty_registry_knows_nothing(registry):
    """Without autoload nothing is found, and the error says that nothing is installed."""
    with pytest.raises(UnknownNameError, match=r"unknown searcher 'random'.* installed: none"):
        registry.searcher("random")


def test_added_spec_is_found(registry):
    """A spec added by hand is found under its name."""
    registry.add(searcher())
    assert registry.searcher("mine") == searcher()
    assert registry.specs() == (searcher(),)


def test_adding_again_replaces(registry):
    """Running a notebook cell twice leaves one spec, the newer."""
    registry.add(searcher())
    registry.add(searcher(summary="newer"))
    assert registry.searcher("mine").summary == "newer"
    assert len(registry.specs()) == 1


def test_kinds_have_names_of_their_own(registry):
    """A searcher and a scheduler may share a name."""
    registry.add(searcher("same"))
    registry.add(SchedulerSpec(name="same", factory="a:b", api="1.0"))
    assert registry.searcher("same").factory == "json:loads"
    assert registry.scheduler("same").factory == "a:b"


def test_duplicate_is_chosen_by_dist(registry):
    """The same name under two dists has to be chosen; names of dists are compared normalised."""
    registry.add(searcher(), dist="acme_one")
    registry.add(searcher(summary="two"), dist="acme-two")
    with pytest.raises(DuplicateNameError, match="'acme-one/mine' or 'acme-two/mine'"):
        registry.searcher("mine")
    assert registry.searcher("Acme.Two/mine").summary == "two"


def test_automatic_executor_is_the_most_preferred(registry):
    """Called "auto" is the installed executor with the highest preference."""
    for name, preference in (("a", 0), ("b", 10), ("c", -1)):
        registry.add(ExecutorSpec(name=name, factory="a:b", api="1.0", preference=preference))
    assert registry.executor("auto").name == "b"


def test_callbacks_are_found(registry):
    """Callbacks have a look-up of their own."""
    spec = CallbackSpec(name="log", factory="a:b", api="1.0")
    registry.add(spec)
    assert registry.callback("log") == spec


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"name": "a/b"}, "name='a/b'; expected letters"),
        (
            {"factory": "module.Class"},
            "factory='module.Class'; expected 'package.module:attribute'",
        ),
        ({"api": "1"}, r"api='1'; expected 'major.minor'"),
    ],
)
def test_malformed_specs_are_refused(registry, fields, message):
    """A spec whose strings cannot be meant is refused when it is added."""
    with pytest.raises(PluginContractError, match=message):
        registry.add(searcher(**fields))


def test_objects_and_modules_can_be_plugins(registry):
    """A plugin is a module of hooks, or any object with hooks as methods."""

    class Plugin:
        @hookimpl
        def tunesmith_searchers(self):
            return [searcher("object")]

    module = ModuleType("module")
    module.tunesmith_schedulers = hookimpl(
        lambda: [SchedulerSpec(name="module", factory="a:b", api="1.0")]
    )
    module.tunesmith_schedulers.__name__ = "tunesmith_schedulers"
    registry.add_plugin(Plugin(), dist="acme")
    registry.add_plugin(module, dist="acme")
    assert [spec.name for spec in registry.specs()] == ["object", "module"]


def test_name_twice_in_one_plugin_is_its_error(registry):
    """A plugin that declares a name twice breaks its contract."""

    class Plugin:
        @hookimpl
        def tunesmith_searchers(self):
            return [searcher(), searcher()]

    with pytest.raises(PluginContractError, match="declares the searcher 'mine' more than once"):
        registry.add_plugin(Plugin())


def test_default_registry_is_made_once():
    """All of a process share one registry of what is installed, with the core's own in it."""
    assert default_registry() is default_registry()
    assert {"grid", "random"} <= {spec.name for spec in default_registry().specs("searcher")}


def test_factory_that_is_not_there_gets_a_guess():
    """A misspelt attribute in a spec's factory is the plugin's error, with the closest name."""
    with pytest.raises(PluginContractError, match="'json' has no 'lodas'; did you mean 'loads'"):
        load_factory(searcher(factory="json:lodas"))


def test_factory_must_be_callable():
    """A factory that cannot be called is the plugin's error."""
    with pytest.raises(PluginContractError, match="searcher 'mine': json:__name__ is 'json'"):
        load_factory(searcher(factory="json:__name__"))


def test_missing_module_is_told_from_a_broken_one():
    """A library that is absent is named as such; one that lacks a part is a broken plugin."""
    with pytest.raises(BrokenPluginError, match="failed to load: ModuleNotFoundError"):
        load_factory(searcher(factory="json.no_such_part:Thing"))
    with pytest.raises(MissingLibraryError, match="needs the module 'no_such_module'"):
        load_factory(searcher(factory="no_such_module.sub:Thing"))
