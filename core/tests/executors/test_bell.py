"""What wakes a thread that waits."""

import signal
import sys
import threading
from typing import Any

import pytest

from tunesmith._executors.bell import Bell


def test_a_ring_before_the_wait_counts_once() -> None:
    """Rung at any time, a wait returns; the next one waits again."""
    bell = Bell()
    bell.ring()
    bell.ring()
    assert bell.rings
    bell.wait()
    assert not bell.rings
    bell.wait(0.001)
    assert not bell.rings


def test_a_hushed_bell_is_silent() -> None:
    """What was rung before counts no more."""
    bell = Bell()
    bell.ring()
    bell.hush()
    assert not bell.rings


def test_another_thread_wakes_the_one_that_waits() -> None:
    """A wait without a limit ends with the ring."""
    bell = Bell()
    threading.Timer(0.01, bell.ring).start()
    bell.wait()


@pytest.mark.parametrize("raises", [False, True])
@pytest.mark.parametrize("method", ["ring", "hush", "wait"])
def test_a_signal_within_it_leaves_it_fit_for_use(method: str, raises: bool) -> None:
    """Wherever a handler comes in between, it may ring, and raise; the bell still works."""
    places = 0
    while _signalled_at(places, method, raises=raises):
        places += 1
    assert places >= 2


def _signalled_at(place: int, method: str, *, raises: bool) -> bool:
    """Call the method with a signal at the given place in it; return whether there is one."""
    bell, left = Bell(), place
    bell.ring()

    def handler(number: int, frame: Any) -> None:
        bell.ring()
        if raises:
            raise KeyboardInterrupt

    def trace(frame: Any, event: str, argument: Any) -> Any:
        nonlocal left
        left -= 1
        if left == -1:
            signal.raise_signal(signal.SIGUSR1)
        return trace

    before = signal.signal(signal.SIGUSR1, handler)
    sys.settrace(trace)
    try:
        getattr(bell, method)()
    except KeyboardInterrupt:
        assert raises
    finally:
        sys.settrace(None)
        signal.signal(signal.SIGUSR1, before)
    bell.ring()
    bell.wait(10.0)
    assert not bell.rings
    return left < 0
