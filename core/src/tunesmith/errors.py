"""Errors, grouped by whose fault they are.

Every message quotes the offending value, says what was expected and gives the fix.
"""

import difflib
from collections.abc import Iterable


class TunesmithError(Exception):
    """Root of every error that tunesmith raises on purpose."""


class UsageError(TunesmithError):
    """The caller asked for something impossible; the message says what to write instead."""


class TrialError(TunesmithError):
    """Training code failed; the message begins with the user's own traceback."""


class PluginError(TunesmithError):
    """A plugin is missing, broken, or broke its contract; the message names it and the call."""


class EngineBug(TunesmithError):
    """tunesmith broke its own rules; please report it and attach the journal."""


# Plugins: each of these is raised before the first trial ------------------------------------------


class PluginNotInstalledError(PluginError):
    """The name is known, but the package that provides it is not installed."""


class BrokenPluginError(PluginError):
    """An installed plugin could not be loaded; the cause is chained."""


class ApiMismatchError(PluginError):
    """A plugin was written for another version of the plugin interface."""


class MissingLibraryError(PluginError):
    """A package that a plugin needs is not installed, or its version is out of range."""


class PluginContractError(PluginError):
    """A plugin declared or did something that its protocol does not allow."""


class UnknownNameError(UsageError):
    """No installed or known plugin provides this name."""


class DuplicateNameError(UsageError):
    """Several installed packages provide this name; one has to be chosen."""


class CapabilityError(UsageError):
    """The chosen algorithm cannot do what this experiment needs."""


class OptionError(UsageError):
    """An option of a plugin is unknown, missing, or has an impossible value."""


def did_you_mean(name: str, candidates: Iterable[str]) -> str:
    """Return "; did you mean 'x'?" for the candidate closest to `name`, or an empty string."""
    match = closest(name, candidates)
    return f"; did you mean {match!r}?" if match else ""


def closest(name: str, candidates: Iterable[str]) -> str | None:
    """Return the candidate that `name` most likely stands for, in any case, or None."""
    folded = {candidate.casefold(): candidate for candidate in candidates}
    matches = difflib.get_close_matches(name.casefold(), folded, n=1)
    return folded[matches[0]] if matches else None
