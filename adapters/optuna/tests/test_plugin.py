"""The plugin as the core finds it."""

import subprocess
import sys

from tunesmith.plugins import default_registry, resolve


def test_the_shim_imports_neither_optuna_nor_the_searcher():
    """Listing plugins costs no library."""
    script = (
        "import sys, tunesmith_optuna._plugin as p; p.tunesmith_searchers();"
        "print([m for m in ('optuna', 'numpy', 'tunesmith_optuna.searcher') if m in sys.modules])"
    )
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_the_searcher_is_found_by_name_with_its_options(lab):
    """`{"name": "optuna", "sampler": ...}` makes one; so does the package's own name for it."""
    import tunesmith_optuna

    choice = resolve("searcher", {"name": "optuna", "sampler": "random"})
    assert isinstance(choice.create(lab().problem), tunesmith_optuna.OptunaSearcher)
    assert choice.partial == "aligned"


def test_what_it_declares_is_what_optuna_can():
    """No ordinal and no normal parameters: the core translates the first, refuses the second."""
    capabilities = default_registry().searcher("optuna").capabilities
    assert not any((capabilities.ordinal, capabilities.normal, capabilities.grid))
    assert capabilities.conditional
    assert capabilities.multi_objective
    assert capabilities.constraints
    assert capabilities.outcome_constraints
