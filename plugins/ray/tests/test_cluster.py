"""Reaching a Ray cluster."""

import pytest
import ray

from tunesmith_ray.cluster import Cluster, ClusterOptions


def test_address_where_nobody_listens_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong address fails in a moment, and the message quotes it."""
    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    cluster = Cluster(ClusterOptions(address="127.0.0.1:1"))
    with pytest.raises(ConnectionRefusedError) as caught:
        cluster.start()
    error = cluster.explain(caught.value)
    assert error.message.startswith("the Ray cluster at '127.0.0.1:1' cannot be joined: ")
    assert error.message.endswith("start one with 'ray start --head' or leave address= out")
