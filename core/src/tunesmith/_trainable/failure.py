"""Exceptions of training code as plain data, with the user's own frames first."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import traceback
from types import TracebackType

from tunesmith.protocols.failure import ErrorInfo, FailureKind

LONGEST = 20_000
"""Characters of a message or traceback that are kept: half from its start, half from its end."""

_HERE = os.path.dirname(os.path.abspath(__file__))
_FRAMEWORK = (_HERE, os.path.join(os.path.dirname(_HERE), "_executors"))
_DISK_FULL = {errno.ENOSPC, errno.EDQUOT}
_OUT_OF_MEMORY = frozenset({"OutOfMemoryError", "CUDAOutOfMemoryError", "_ArrayMemoryError"})


def describe(error: BaseException) -> ErrorInfo:
    """Return `error` as data: frames of tunesmith around the user's own ones are left out."""
    start = error.__traceback__
    while start is not None and _ours(start.tb_frame.f_code.co_filename):
        start = start.tb_next
    rendered = traceback.TracebackException(type(error), error, start)
    if start is not None:
        while rendered.stack and _ours(rendered.stack[-1].filename):
            rendered.stack.pop()
    text = "".join(rendered.format()) if start is not None else ""
    name, message = _type_name(error), _message(error)
    return ErrorInfo(
        type=name,
        message=_shortened(message),
        traceback=_shortened(text or f"{name}: {message}\n"),
        fingerprint=_fingerprint(name, message, rendered.stack if start is not None else None),
    )


def kind_of(error: BaseException) -> FailureKind:
    """Return which kind of failure `error` is: out of memory, or the user's."""
    if isinstance(error, MemoryError) or type(error).__name__ in _OUT_OF_MEMORY:
        return "oom"
    return "user_error"


def is_disk_full(error: BaseException) -> bool:
    """Tell whether `error` is that a disk, or somebody's share of it, is full."""
    return isinstance(error, OSError) and error.errno in _DISK_FULL


def forget_frames(error: BaseException) -> None:
    """Let go of the local variables that the traceback of `error` keeps alive."""
    seen: TracebackType | None = error.__traceback__
    if seen is not None:
        traceback.clear_frames(seen)
    error.__traceback__ = None


def _ours(filename: str) -> bool:
    return filename.startswith(_FRAMEWORK)


def _type_name(error: BaseException) -> str:
    kind = type(error)
    if kind.__module__ in ("builtins", "__main__") or kind.__module__.startswith("tunesmith."):
        return kind.__qualname__
    return f"{kind.__module__}.{kind.__qualname__}"


def _message(error: BaseException) -> str:
    if isinstance(error, SystemExit):
        return f"training code called sys.exit({error.code!r}): return from it, or raise an error"
    try:
        return str(error)
    except Exception as second:  # noqa: BLE001 (user code's __str__)
        return f"<str() of it failed with {type(second).__name__}>"


def _fingerprint(name: str, message: str, stack: traceback.StackSummary | None) -> str:
    if stack:
        frame = stack[-1]
        where = f"{frame.filename}:{frame.lineno}:{frame.name}"
    else:
        where = re.sub(r"\d+", "#", message)
    return hashlib.sha256(f"{name}|{where}".encode("utf-8", "replace")).hexdigest()[:12]


def _shortened(text: str) -> str:
    text = text.encode("utf-8", "backslashreplace").decode()
    if len(text) <= LONGEST:
        return text
    half = LONGEST // 2
    return f"{text[:half]}\n... {len(text) - LONGEST} characters left out ...\n{text[-half:]}"
