"""JSON for programs, which may know neither NaN nor infinity."""

import json
import math
from typing import Any

import click


def echo_json(value: Any) -> None:
    """Print a value of plain data as JSON; numbers that JSON lacks become null."""
    click.echo(json.dumps(finite(value), indent=2))


def finite(value: Any) -> Any:
    """Return plain data with None in place of NaN and the infinities."""
    if isinstance(value, dict):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
