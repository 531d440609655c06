"""Every way in which a named algorithm can be out of reach, with really installed packages."""

import pytest

from tunesmith.errors import PluginError, UsageError


def raised(environment, name, kind="searcher", **options):
    return environment.error(f"resolve({kind!r}, {name!r})", **options)


def test_not_installed_names_the_package(environment):
    """A name of ours whose package is missing comes with the command that installs it."""
    error = raised(environment, "asha", "scheduler")
    assert error["type"] == "PluginNotInstalledError"
    assert error["message"] == (
        "no scheduler named 'asha' is installed; it is provided by tunesmith-asha:"
        " pip install tunesmith-asha"
    )


def test_unknown_name_gets_a_guess_and_the_list(environment):
    """A name that nobody provides is answered with the closest one and all that are installed."""
    error = raised(environment, "randon")
    assert error["type"] == "UnknownNameError"
    assert "unknown searcher 'randon'; did you mean 'random'? installed: " in error["message"]
    assert "flat, good, grid," in error["message"]
    assert "failed to load: acme-badname," in error["message"]


def test_names_from_elsewhere_are_known(environment):
    """What other libraries call it is answered with its name here, if that is to be had."""
    for kind, name, here in (
        ("searcher", "TPESampler", "'optuna' (pip install tunesmith-optuna)"),
        ("searcher", "BasicVariantGenerator", "'random'"),
        ("scheduler", "ASHAScheduler", "'asha' (pip install tunesmith-asha)"),
        ("scheduler", "median", "'median-stopping' (pip install tunesmith-median-stopping)"),
    ):
        assert f"; did you mean {here}? " in raised(environment, name, kind)["message"]


def test_name_of_another_kind_is_recognised(environment):
    """A scheduler asked for as a searcher is sent to the right argument."""
    error = raised(environment, "fifo")
    assert error["message"] == "'fifo' is no searcher but a scheduler: write scheduler='fifo'"


def test_class_of_another_library_and_kind_is_recognised(environment):
    """A scheduler's class that is asked for as a searcher is sent to the right argument, too."""
    error = raised(environment, "ASHAScheduler")
    assert error["message"].startswith(
        "unknown searcher 'ASHAScheduler'; write scheduler='asha'; installed: "
    )


def test_guess_that_is_not_installed_says_so(environment):
    """A misspelt name of ours that is not installed is guessed, with its package."""
    error = raised(environment, "ashaa", "scheduler")
    assert "did you mean 'asha' (pip install tunesmith-asha)?" in error["message"]


def test_broken_plugin_shows_its_cause(environment):
    """A plugin that fails on import is named with its version, its error chained."""
    error = raised(environment, "broken")
    assert error["type"] == "BrokenPluginError"
    assert error["message"] == (
        "searcher 'broken': plugin 'acme-broken 0.3' failed to load: ModuleNotFoundError:"
        " No module named 'a_library_that_is_nowhere'"
        " (full traceback: tunesmith plugins --broken)"
    )
    assert "ModuleNotFoundError" in error["cause"]


def test_broken_plugin_for_another_core_tells_what_to_upgrade(environment):
    """If what a broken plugin requires is not there, that is the likely fix and is said."""
    error = raised(environment, "ray", "executor")
    assert "ZeroDivisionError" in error["message"]
    assert "tunesmith-ray 0.9 needs tunesmith-core>=7; found 0." in error["message"]
    assert error["message"].endswith("pip install --upgrade 'tunesmith-core>=7'")


def test_broken_factory_is_named_and_chained(environment):
    """An algorithm whose own module raises is a broken plugin too."""
    error = raised(environment, "crash")
    assert error["type"] == "BrokenPluginError"
    assert "searcher 'crash' (acme-crash 0.2) failed to load: SystemError" in error["message"]
    assert 'python -c "import acme_crash.searcher"' in error["message"]
    assert "SystemError" in error["cause"]


@pytest.mark.parametrize(
    ("name", "declared", "upgrade"),
    [("old", "0.9", "acme-old"), ("new", "1.7", "tunesmith-core")],
)
def test_api_mismatch_is_found_before_import(environment, name, declared, upgrade):
    """A plugin of another interface version is refused unimported, with what to upgrade."""
    error = raised(environment, name)
    assert error["type"] == "ApiMismatchError"
    assert (
        f"is written for plugin interface {declared}; this tunesmith-core has 1."
        in error["message"]
    )
    assert error["message"].endswith(f"pip install --upgrade {upgrade}")
    assert f"acme_{name}.searcher" not in error["imported"]


def test_capability_gap_names_parameter_and_alternatives(environment):
    """A searcher that cannot take the space is refused, with the parameter and who can."""
    error = environment.error(
        "from tunesmith import space; registry = default_registry(); check_capabilities("
        "registry.searcher('flat'), registry.scheduler('fifo'),"
        " Demands(space.parse_space({'o': space.choice([{'a': space.uniform(0, 1)}, {'b': 1}])})),"
        " registry)"
    )
    assert error["type"] == "CapabilityError"
    assert "searcher 'flat'" in error["message"]
    assert "'o" in error["message"]
    assert "searchers that can: 'good', 'grid', 'random'" in error["message"]


def test_duplicate_name_names_both_and_the_choice(environment):
    """A name of two packages is an error that offers both; `dist/name` chooses."""
    error = raised(environment, "twin")
    assert error["type"] == "DuplicateNameError"
    assert error["message"] == (
        "searcher 'twin' is provided by acme-twin 1.0 and umbrella-twin 3.1;"
        " choose one: 'acme-twin/twin' or 'umbrella-twin/twin'"
    )
    program = (
        "from tunesmith.plugins import resolve; print(resolve('searcher', 'Umbrella.Twin/twin')"
        ".factory.__module__)"
    )
    assert environment.output("-c", program) == "umbrella_twin.searcher\n"


def test_name_in_the_wrong_package_is_redirected(environment):
    """`dist/name` with another package's name is answered with the right one."""
    error = raised(environment, "acme-flat/good")
    assert error["message"] == (
        "searcher 'good' is provided by acme-good, not by 'acme-flat'; write 'acme-good/good'"
    )


def test_misspelt_option_gets_the_closest(environment):
    """An unknown option is answered with the closest one and all there are."""
    error = environment.error("resolve('searcher', {'name': 'good', 'n_initals': 4})")
    assert error["type"] == "OptionError"
    assert error["message"] == (
        "searcher 'good' has no option 'n_initals'; did you mean 'n_initial'?"
        " its options: acquisition, n_initial"
    )


def test_catch_all_factory_is_refused(environment):
    """A factory with **kwargs would swallow misspelt options, so it is the plugin's error."""
    error = raised(environment, "loose")
    assert error["type"] == "PluginContractError"
    assert "takes **kwargs, which would let a misspelt option pass" in error["message"]


def test_missing_library_comes_with_its_command(environment):
    """A library that a plugin requires and that is not installed is named before import."""
    error = raised(environment, "needs")
    assert error["type"] == "MissingLibraryError"
    assert "a-library-that-is-nowhere" in error["message"]
    assert "; it is not installed: pip install 'a-library-that-is-nowhere" in error["message"]
    assert "acme_needs.searcher" not in error["imported"]


def test_library_out_of_range_shows_both_versions(environment):
    """A library of a wrong version is named with what is needed and what was found."""
    error = raised(environment, "range")
    assert error["type"] == "MissingLibraryError"
    assert error["message"].startswith("acme-range 1.0 needs pluggy<0.5; found ")
    assert error["message"].endswith(": pip install 'pluggy<0.5'")


def test_undeclared_library_is_found_on_import(environment):
    """A library that the plugin forgot to require is reported from the import error."""
    error = raised(environment, "undeclared")
    assert error["type"] == "MissingLibraryError"
    assert error["message"] == (
        "searcher 'undeclared' (acme-undeclared 1.0) needs the module 'acme_optimizer', which is"
        " not installed: pip install acme-optimizer"
    )


def test_classes_tell_whose_fault_it_is(environment):
    """What the caller can mend by writing something else is a usage error, not the plugin's."""
    for name, parent in (("broken", PluginError), ("twin", UsageError)):
        assert parent.__name__ in raised(environment, name)["parents"]
