"""The Ray this executor works with: its own, one that it joins, or the one already in use here."""

import logging
import math
import os
import socket
import sys
import traceback
from collections.abc import Mapping
from typing import Any

import msgspec
import ray

from tunesmith.errors import UsageError
from tunesmith.protocols import ErrorInfo
from tunesmith_ray import health, tenancy
from tunesmith_ray.demand import Demand, Node, shortage

_KNOCK_S = 5.0


class ClusterOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How to reach or start Ray; None leaves the choice to Ray."""

    address: str | None = None
    num_cpus: float | None = None
    num_gpus: float | None = None
    resources: Mapping[str, float] | None = None
    object_store_memory: int | None = None
    log_to_driver: bool = False
    runtime_env: Mapping[str, Any] | None = None


class Cluster:
    """Connects on `start`, disconnects on `stop`; a Ray that was there before is left as it was.

    One that another run of this process started ends with the last run that uses it.
    """

    def __init__(self, options: ClusterOptions) -> None:
        self._options = options
        self._joins = bool(options.address or os.environ.get("RAY_ADDRESS"))
        self._arguments = self._compose()
        self._tenant: tenancy.Tenant | None = None
        self._found = ray.is_initialized()
        self._dead: tuple[str, ...] = ()
        self._refuse_sizes()

    @property
    def own(self) -> bool:
        """Whether it is a local Ray of our own: its one node neither grows nor leaves."""
        return not self._found and not self._joins

    @property
    def actor_options(self) -> dict[str, Any]:
        """Return what each worker needs said that `start` could not say for all of them."""
        environment = self._options.runtime_env
        return {"runtime_env": dict(environment)} if self._found and environment else {}

    def expected(self) -> Node:
        """Return the most that the node of a Ray of our own can have, before it is started."""
        options = self._options
        totals = {
            "CPU": float(os.cpu_count() or 1) if options.num_cpus is None else options.num_cpus,
            "GPU": _most_gpus() if options.num_gpus is None else options.num_gpus,
            "memory": math.inf,
            **(options.resources or {}),
        }
        return Node(id="", address="", totals=totals)

    def refuse(self, demand: Demand) -> None:
        """Raise `UsageError` for what never fits, before our own Ray starts for nothing."""
        if self.own and (lacking := shortage(demand, [self.expected()])):
            raise UsageError(self.never(lacking))

    def never(self, arithmetic: str) -> str:
        """Return that no trial can run, why, and what would help."""
        fix = "lower resources="
        if self.own:
            fix += " or, if this machine has more than Ray found, say so with num_cpus=, num_gpus="
        else:
            fix += (
                " or add such a node; on a cluster that grows by itself set "
                "executor={'name': 'ray', 'wait_for_resources': 600}"
            )
        return f"no trial can ever run: {arithmetic}; {fix}"

    @property
    def is_there(self) -> bool:
        """Whether the Ray that was started, joined or found is still the one in use here."""
        return self._tenant is not None and not self._dead and self._tenant.is_connected

    def has_died(self) -> bool:
        """Look whether a process has died that this Ray cannot do without."""
        self._dead = self._dead or health.casualties()
        return bool(self._dead)

    def start(self) -> None:
        """Connect; takes seconds where Ray is started. Prints nothing."""
        if self._joins and not ray.is_initialized():
            _knock(self._options.address or os.environ["RAY_ADDRESS"])
        self._tenant = tenancy.enter(self._arguments)
        self._found = not self._tenant.is_founder
        self._refuse_sizes()

    def stop(self) -> None:
        """Disconnect; a Ray of our own ends with the last run in it. May be called twice."""
        if self._tenant is not None:
            self._tenant.leave()

    def vanished(self) -> ErrorInfo:
        """Return that Ray died, or was taken away from under the run, with the fix."""
        if self._dead:
            message = (
                f"Ray's own process {' and '.join(self._dead)} died while trials ran on it, as by "
                "`ray stop`, `kill`, or for want of memory; see to that, then go on with "
                "tune.resume"
            )
            return ErrorInfo(type="PluginError", message=message, fingerprint="ray died")
        message = (
            "Ray was shut down in this process, or another one was started, while trials ran on "
            "it: expected the same Ray until the run is over. Call ray.shutdown() after tune.run, "
            "then go on with tune.resume"
        )
        return ErrorInfo(type="UsageError", message=message, fingerprint="ray vanished")

    def explain(self, error: Exception) -> ErrorInfo:
        """Return why `start` failed, with the fix."""
        text = " ".join(str(error).split())[:400]
        if isinstance(error, UsageError):
            return ErrorInfo(type="UsageError", message=str(error), fingerprint="ray usage")
        address = self._options.address or os.environ.get("RAY_ADDRESS")
        if self._joins:
            message = (
                f"the Ray cluster at {address!r} cannot be joined: {text}; start one with "
                "'ray start --head' or leave address= out"
            )
        else:
            message = f"Ray could not be started: {text}; try executor='inline' without Ray"
        return ErrorInfo(
            type="PluginError",
            message=message,
            traceback="".join(traceback.format_exception(error)),
            fingerprint="ray start",
        )

    def nodes(self) -> tuple[Node, ...]:
        """Return the nodes that are alive."""
        return tuple(
            Node(
                id=node["NodeID"],
                address=node.get("NodeManagerAddress", ""),
                totals={name: float(amount) for name, amount in node["Resources"].items()},
            )
            for node in ray.nodes()  # type: ignore[no-untyped-call]
            if node.get("Alive")
        )

    def _compose(self) -> dict[str, Any]:
        """Return the arguments of `ray.init`."""
        options = self._options
        arguments: dict[str, Any] = {
            "log_to_driver": options.log_to_driver,
            "logging_level": logging.ERROR,
            "runtime_env": dict(options.runtime_env) if options.runtime_env else None,
        }
        if self._joins:
            return {**arguments, "address": options.address}
        return {
            **arguments,
            "num_cpus": options.num_cpus,
            "num_gpus": options.num_gpus,
            "resources": dict(options.resources) if options.resources else None,
            "object_store_memory": options.object_store_memory,
            "include_dashboard": False,
        }

    def _refuse_sizes(self) -> None:
        if not self._joins and (not self._found or tenancy.runs_with(self._arguments)):
            return
        options = self._options
        for name in ("num_cpus", "num_gpus", "resources", "object_store_memory"):
            value = getattr(options, name)
            if value is not None:
                where = (
                    "Ray already runs in this process"
                    if self._found
                    else f"a cluster is joined (address={options.address or 'RAY_ADDRESS'!r})"
                )
                message = (
                    f"{name}={value!r} cannot be applied because {where}; leave it out, "
                    "and limit the trials with max_concurrent="
                )
                raise UsageError(message)


def _most_gpus() -> float:
    """Return a bound for the number of GPUs that Ray may find here."""
    devices = ("/dev/nvidiactl", "/dev/kfd", "/dev/dri", "/dev/dxg")
    is_without = sys.platform == "linux" and not any(map(os.path.exists, devices))
    return 0.0 if is_without else math.inf


def _knock(address: str) -> None:
    """Raise OSError if nobody listens at a "host:port"; Ray itself would try for minutes."""
    host, _, port = address.rpartition(":")
    if host and port.isdigit() and "://" not in address:
        socket.create_connection((host, int(port)), timeout=_KNOCK_S).close()
