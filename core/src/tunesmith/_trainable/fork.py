"""Processes that training code forks: one that leaves it must not go on as what it came from."""

from __future__ import annotations

import os
import sys
import traceback


def end_child(home: int, error: BaseException | None) -> None:
    """End this process, as a program would end by `error`, unless it is still process `home`."""
    if os.getpid() == home:
        return
    code = 1
    if isinstance(error, SystemExit):
        if isinstance(error.code, str):
            sys.stderr.write(f"{error.code}\n")
        else:
            code = error.code or 0
    elif error is not None:
        traceback.print_exception(error)
    else:
        sys.stderr.write(
            f"process {os.getpid()} was forked by training code and came out of it: ended here. "
            "Call os._exit(0) where its work is done, or use multiprocessing\n"
        )
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)
