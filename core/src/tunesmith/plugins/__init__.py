"""How algorithms plug in: declare specs in hooks, look them up by name, make them.

A plugin's `_plugin.py` needs `hookimpl`, the spec classes and `Capabilities`, no more. Programs
that build their own registries find the rest here too.
"""

from tunesmith.plugins.choice import Alignment, Choice, CoreOptions, resolve
from tunesmith.plugins.factories import (
    check_methods,
    check_options,
    check_values,
    create,
    load_factory,
)
from tunesmith.plugins.hookspecs import hookimpl, hookspec
from tunesmith.plugins.loading import BrokenPlugin, Installed, Source
from tunesmith.plugins.pairing import Demands, check_capabilities, compatibility
from tunesmith.plugins.registry import Registry, default_registry
from tunesmith.plugins.specs import (
    API,
    CallbackSpec,
    Capabilities,
    CommandSpec,
    ExecutorSpec,
    Kind,
    Observes,
    Pace,
    Partial,
    SchedulerSpec,
    SearcherSpec,
    Spec,
)

__all__ = [
    "API",
    "Alignment",
    "BrokenPlugin",
    "CallbackSpec",
    "Capabilities",
    "Choice",
    "CommandSpec",
    "CoreOptions",
    "Demands",
    "ExecutorSpec",
    "Installed",
    "Kind",
    "Observes",
    "Pace",
    "Partial",
    "Registry",
    "SchedulerSpec",
    "SearcherSpec",
    "Source",
    "Spec",
    "check_capabilities",
    "check_methods",
    "check_options",
    "check_values",
    "compatibility",
    "create",
    "default_registry",
    "hookimpl",
    "hookspec",
    "load_factory",
    "resolve",
]
