"""Objects bound to training code, kept apart from it so that an executor can ship them once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from tunesmith.errors import UsageError


class ParameterizedTrainable(msgspec.Struct, frozen=True):
    """Training code and the keyword arguments it gets besides the config.

    Calling it runs the training code by hand.
    """

    target: Any
    parameters: Mapping[str, Any]

    def replace(self, parameters: Mapping[str, Any]) -> ParameterizedTrainable:
        """Return the same training code with other parameters."""
        return ParameterizedTrainable(self.target, parameters)

    def __call__(self, config: Any) -> Any:
        return self.target(config, **self.parameters)


def with_parameters(target: Callable[..., Any] | type | str, /, **parameters: Any) -> Any:
    """Return a trainable that gets `parameters` as keyword arguments besides its config.

    A function is called as `function(config, **parameters)`, a class is set up with
    `setup(config, **parameters)`. Each object is shipped to a worker once, not with every trial:
    this is the way to pass data sets and other big objects. Training code must not change them.

    Raises:
        UsageError: No parameters are given.
    """
    if not parameters:
        raise UsageError(
            "with_parameters() was given no parameters: expected keyword arguments, "
            "e.g. with_parameters(train, data=data)"
        )
    if isinstance(target, ParameterizedTrainable):
        return target.replace({**target.parameters, **parameters})
    return ParameterizedTrainable(target, parameters)
