"""Exceptions of training code as plain data, with the user's own frames first."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import shutil
import traceback
from types import TracebackType

from tunesmith.protocols.failure import ErrorInfo, FailureKind

LONGEST = 20_000
"""Characters of a message or traceback that are kept: half from its start, half from its end."""

_HERE = os.path.dirname(os.path.abspath(__file__))
_FRAMEWORK = (_HERE, os.path.join(os.path.dirname(_HERE), "_executors"))
_DISK_FULL = {errno.ENOSPC, errno.EDQUOT}
_DISK_FULL_SIGNS = tuple(f"[Errno {code}]" for code in _DISK_FULL)
_LONGEST_CHAIN = 20
_TRACEBACK = vars(BaseException)["__traceback__"]
_OUT_OF_MEMORY = frozenset({"OutOfMemoryError", "CUDAOutOfMemoryError", "_ArrayMemoryError"})


def describe(error: BaseException) -> ErrorInfo:
    """Return `error` as data: frames of tunesmith around the user's own ones are left out.

    An exception is user code too: where it does not even let itself be shown, its type and its
    frames are what is told.
    """
    try:
        return _described(error)
    except KeyboardInterrupt:
        raise
    except BaseException as second:  # noqa: BLE001 (a property of it may raise anything)
        name = _type_name(error)
        message = f"<showing it failed with {type(second).__name__}>"
        frames = "".join(traceback.format_tb(_frames(error)))
        return ErrorInfo(
            type=name,
            message=message,
            traceback=f"Traceback (most recent call last):\n{frames}{name}: {message}\n",
            fingerprint=_fingerprint(name, message, None),
        )


def _described(error: BaseException) -> ErrorInfo:
    start = _frames(error)
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
    """Tell whether `error`, or what it came from, is that a disk or a share of it is full."""
    seen: BaseException | None = error
    for _ in range(_LONGEST_CHAIN):
        if seen is None:
            break
        if isinstance(seen, OSError) and seen.errno in _DISK_FULL:
            return True
        # It holds the errors of a whole folder, as texts.
        if isinstance(seen, shutil.Error) and any(sign in str(seen) for sign in _DISK_FULL_SIGNS):
            return True
        seen = seen.__cause__ or (None if seen.__suppress_context__ else seen.__context__)
    return False


def forget_frames(error: BaseException) -> None:
    """Let go of the local variables that the traceback of `error` keeps alive."""
    seen = _frames(error)
    if seen is not None:
        traceback.clear_frames(seen)
    _TRACEBACK.__set__(error, None)


def _frames(error: BaseException) -> TracebackType | None:
    """Return where `error` was raised, whatever its class makes of the attribute."""
    frames: TracebackType | None = _TRACEBACK.__get__(error)
    return frames


def _ours(filename: str) -> bool:
    return filename.startswith(_FRAMEWORK)


def _type_name(error: BaseException) -> str:
    kind = type(error)
    module = str(kind.__module__ or "__main__")
    if module in ("builtins", "__main__") or module.startswith("tunesmith."):
        return kind.__qualname__
    return f"{module}.{kind.__qualname__}"


def _message(error: BaseException) -> str:
    if isinstance(error, SystemExit):
        return f"training code called sys.exit({error.code!r}): return from it, or raise an error"
    try:
        return str(error)
    except (Exception, SystemExit) as second:  # noqa: BLE001 (user code's __str__)
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
