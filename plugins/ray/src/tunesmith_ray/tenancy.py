"""The Ray that the runs of one process share: the first starts it, the last one ends it.

A process has one connection to Ray at most. One that the program itself has made is left alone.
"""

import threading
from collections.abc import Mapping
from time import monotonic
from typing import Any

import ray

Arguments = Mapping[str, Any]
"""What `ray.init` is called with."""


LOOK_S = 0.05
"""How long a Ray that is there is taken to be the one that was there."""


class _Home:
    """One Ray that a run has started or joined, and how many runs use it.

    The thread that starts it stays until it ends it: Linux ends the processes of a local Ray
    together with the thread that started them.
    """

    def __init__(self, arguments: Arguments) -> None:
        self.arguments = arguments
        self.tenants = 0
        self._error: Exception | None = None
        self._ready = threading.Event()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="tunesmith-ray-keeper", daemon=True)

    def open(self) -> None:
        """Start Ray; raises what `ray.init` raises."""
        self._thread.start()
        self._ready.wait()
        if self._error is not None:
            raise self._error

    def close(self) -> None:
        """End Ray; returns once it is gone."""
        self._over.set()
        self._thread.join()

    def _keep(self) -> None:
        try:
            ray.init(**self.arguments)
        except Exception as error:  # noqa: BLE001 (raised again by `open`)
            self._error = error
            return
        finally:
            self._ready.set()
        mine = identity()
        self._over.wait()
        if identity() == mine:
            ray.shutdown()


class Tenant:
    """One run's share in a Ray. `is_founder`: the run has started it."""

    def __init__(self, home: _Home | None, *, is_founder: bool) -> None:
        self.is_founder = is_founder
        self._home = home
        self._identity = identity()
        self._look_at = 0.0

    @property
    def is_connected(self) -> bool:
        """Whether it is still the same Ray that this process is connected to.

        Asked at every turn of a run, so it looks which one it is only now and then: to start
        another one takes longer.
        """
        now = monotonic()
        if now < self._look_at:
            return ray.is_initialized()
        self._look_at = now + LOOK_S
        return identity() == self._identity

    def leave(self) -> None:
        """Give the share back; Ray ends with the last one. May be called twice."""
        home, self._home = self._home, None
        if home is not None:
            _leave(home)


def enter(arguments: Arguments) -> Tenant:
    """Share the Ray of this process, or start one; raises what `ray.init` raises."""
    global _home  # noqa: PLW0603 (as Ray's own connection is)
    with _lock:
        if ray.is_initialized():
            if _home is not None:
                _home.tenants += 1
            return Tenant(_home, is_founder=False)
        home = _home = _Home(arguments)
        try:
            home.open()
        except Exception:
            _home = None
            raise
        home.tenants = 1
        return Tenant(home, is_founder=True)


def runs_with(arguments: Arguments) -> bool:
    """Tell whether a run of this process has started Ray with the very same arguments."""
    home = _home
    return home is not None and home.arguments == arguments


def identity() -> tuple[str, str] | None:
    """Return which Ray this process is connected to, None for none; starts none, as Ray would."""
    if not ray.is_initialized():
        return None
    context = ray.get_runtime_context()
    return context.gcs_address, context.get_job_id()


def _leave(home: _Home) -> None:
    global _home  # noqa: PLW0603
    with _lock:
        home.tenants -= 1
        if home.tenants:
            return
        home.close()
        if _home is home:
            _home = None


_lock = threading.Lock()
_home: _Home | None = None
