"""A look at the cluster every other second: whether it lives, and which nodes join or leave."""

import threading
from queue import SimpleQueue
from typing import Any

import msgspec

from tunesmith_ray.cluster import Cluster
from tunesmith_ray.demand import Node

_EVERY_S = 2.0


class Changed(msgspec.Struct, frozen=True):
    """Nodes have joined or left; these are there now."""

    nodes: tuple[Node, ...]


def watch(cluster: Cluster, inbox: SimpleQueue[Any], closing: threading.Event) -> None:
    """Put a `Changed` into the inbox whenever there is one, until `closing` is set.

    Once Ray has died or is another one, put a wake-up there instead.
    """
    known: tuple[Node, ...] | None = None
    while not closing.wait(_EVERY_S):
        if cluster.has_died() or not cluster.is_there:
            inbox.put(None)
            break
        if cluster.own:  # its one node neither grows nor leaves
            continue
        try:
            seen = cluster.nodes()
        except Exception:  # noqa: BLE001, S112 (the head may be away for a moment)
            continue
        if seen != known:
            inbox.put(Changed(seen))
            known = seen
    closing.wait()
