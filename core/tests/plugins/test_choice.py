"""The forms in which an algorithm may be chosen."""

import functools

import pytest

from tunesmith.errors import OptionError, PluginContractError, UsageError
from tunesmith.plugins import (
    Capabilities,
    CoreOptions,
    Registry,
    SearcherSpec,
    default_registry,
    resolve,
)


class Own:
    def __init__(self, problem, *, n: int = 1):
        self.n = n

    def suggest(self, trial_id):
        return {}


class Declared(Own):
    spec = SearcherSpec(
        name="declared", factory="x:y", api="1.0", capabilities=Capabilities(log=True)
    )


def test_name_resolves_through_the_registry():
    """A name becomes the spec and factory of the installed plugin, without options."""
    choice = resolve("searcher", "random")
    assert choice.spec is default_registry().searcher("random")
    assert choice.factory.__name__ == "RandomSearcher"
    assert choice.definition == {"name": "random"}


def test_mapping_carries_options():
    """A mapping's other items are options."""
    choice = resolve("searcher", {"name": "grid", "points": 5})
    assert choice.options == {"points": 5}
    assert choice.definition == {"name": "grid", "points": 5}


def test_mapping_is_not_changed():
    """The user's mapping is left as it was."""
    given = {"name": "grid", "points": 5, "lossy": True}
    resolve("searcher", given)
    assert given == {"name": "grid", "points": 5, "lossy": True}


def test_core_options_are_split_off():
    """`partial` and `lossy` belong to the core: every searcher has them, no factory sees them."""
    choice = resolve("searcher", {"name": "grid", "partial": "best", "lossy": True, "points": 2})
    assert choice.core_options == CoreOptions(partial="best", lossy=True)
    assert choice.options == {"points": 2}
    assert choice.partial == "best"
    assert choice.definition == {"name": "grid", "partial": "best", "lossy": True, "points": 2}
    assert resolve("searcher", choice.definition) == choice


def test_default_policy_is_the_spec_s():
    """Without `partial` the searcher's own default holds."""
    assert resolve("searcher", "random").partial == default_registry().searcher("random").partial


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"partial": "lst"},
            "partial='lst' is not possible; did you mean 'last'? expected 'aligned', 'last'",
        ),
        (
            {"partial": 3},
            "partial=3 is not possible; expected 'aligned', 'last', 'best', 'ignore', 'all'",
        ),
        ({"lossy": "yes"}, "lossy='yes' is not possible; expected True or False"),
        ({"sead": 3}, "searcher 'random' has no option 'sead'; it takes none"),
        ({3: 4}, "options have names; got the key 3"),
    ],
)
def test_wrong_options_are_refused(options, message):
    """Impossible options of the core, and unknown ones, are errors that say what is possible."""
    with pytest.raises(OptionError) as raised:
        resolve("searcher", {"name": "random", **options})
    assert message in str(raised.value)


def test_schedulers_have_no_core_options():
    """`partial` is no option of a scheduler."""
    with pytest.raises(OptionError, match="scheduler 'fifo' has no option 'partial'"):
        resolve("scheduler", {"name": "fifo", "partial": "last"})


def test_class_is_a_factory():
    """A class becomes a choice with a spec that assumes everything, and an import path."""
    choice = resolve("searcher", Own)
    assert choice.spec.name == "Own"
    assert choice.spec.capabilities.conditional
    assert choice.spec.capabilities.vocabulary.log
    assert choice.reference.endswith(":Own")
    assert choice.create("problem").n == 1


def test_factory_may_carry_its_spec():
    """A `spec` attribute of the right kind is believed."""
    assert resolve("searcher", Declared).spec is Declared.spec


def test_partial_is_a_factory():
    """functools.partial works as a factory, with the inner name."""
    choice = resolve("searcher", functools.partial(Own, n=7))
    assert choice.spec.name == "Own"
    assert choice.create("problem").n == 7


def test_import_path_is_a_name():
    """`module:factory` names a factory in a file, where there is no object to pass."""
    choice = resolve("searcher", {"name": "tunesmith._builtin.grid:GridSearcher", "points": 3})
    assert choice.spec.name == "GridSearcher"
    assert choice.options == {"points": 3}


@pytest.mark.parametrize("path", ["no_such_module:X", "json:nothing", "json:__name__", ":x"])
def test_wrong_import_path_is_named(path):
    """An import path that leads nowhere, or to no factory, is quoted in the error."""
    with pytest.raises(UsageError, match=f"searcher='{path}'"):
        resolve("searcher", path)


def test_automatic_executor_is_remembered_by_name():
    """What "auto" stood for is kept, so that a resumed run uses the same executor."""
    registry = Registry(autoload=False)
    registry.add(default_registry().executor("inline"))
    assert resolve("executor", "auto", registry).definition == {"name": "inline"}


def test_choice_passes():
    """What is a choice already stays as it is."""
    choice = resolve("scheduler", "fifo")
    assert resolve("scheduler", choice) is choice


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (3, "searcher=3 is not possible; expected a name, {'name': ..., **options}, or a class"),
        (Own(None), "pass the class itself, searcher=Own"),
        ({"sampler": "tpe"}, "has no 'name' that is a string; write searcher={'name': ..., "),
        ({"name": 3}, "has no 'name' that is a string"),
    ],
)
def test_other_forms_are_refused(value, message):
    """Anything else is refused with the forms that are possible."""
    with pytest.raises(UsageError) as raised:
        resolve("searcher", value)
    assert message in str(raised.value)


def test_given_registry_is_used():
    """Names are looked up in the registry that was given."""
    registry = Registry(autoload=False)
    registry.add(SearcherSpec(name="own", factory=f"{__name__}:Own", api="1.0"))
    with pytest.raises(UsageError, match="installed: own"):
        resolve("searcher", "random", registry)


def test_own_factories_declare_options_too():
    """A factory of the user's with **kwargs is refused like a plugin's."""
    with pytest.raises(PluginContractError, match=r"\*\*kwargs"):
        resolve("searcher", lambda problem, **kwargs: None)
