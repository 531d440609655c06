"""Several nodes, by Ray's cluster for tests."""

from collections.abc import Callable
from typing import Any

import pytest

SCRIPT = """
import json, sys, time
from pathlib import Path
from tunesmith_ray import RayExecutor
from ray.cluster_utils import Cluster
from tunesmith.protocols import Resources
from tunesmith.protocols.events import CapacityChanged, TrialEnded, TrialLost, Reported
from tunesmith.testing.stage import ExecutorCase
import msgspec, ray

cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "resources": {"spot": 1}})


def train(config):
    yield {"loss": 0.0, "node": ray.get_runtime_context().get_node_id()}
    if config["steps"] == 2:
        time.sleep(600)
    yield {"loss": 0.0}


class Case(ExecutorCase):
    in_process = False

    def make(self, context):
        context = msgspec.structs.replace(context, resources=Resources(({"spot": 1.0},)))
        return RayExecutor(context, address=cluster.address)


steps = ExecutorCase.stage.__wrapped__(Case(), Path(sys.argv[1]))
shown = next(steps)(train)
shown.slots = 1  # so far
slots = lambda n: lambda e: isinstance(e, CapacityChanged) and e.slots == n
shown.wait_for(slots(1), "one slot")
node = cluster.add_node(num_cpus=1, resources={"spot": 1})
shown.wait_for(slots(2), "two slots")
for trial in ("0001", "0002"):
    shown.launch(trial, steps=2)
    shown.wait(Reported, trial)
nodes = {shown.reports(t)[0].metrics["node"] for t in ("0001", "0002")}
cluster.remove_node(node, allow_graceful=False)
lost = shown.wait_for(lambda e: isinstance(e, TrialLost), "a loss")
found = list(shown.events)
if not any(slots(1)(e) for e in found[found.index(lost):]):
    shown.wait_for(slots(1), "one slot")
print(json.dumps({"nodes": len(nodes), "kind": lost.failure, "reason": lost.reason}))
shown.executor.close()
cluster.shutdown()
"""


@pytest.mark.slow
def test_nodes_come_and_go(ran: Callable[..., Any]) -> None:
    """A node that joins brings slots, trials spread, and its loss is told as such."""
    done = ran(SCRIPT, 110)
    assert '"nodes": 2, "kind": "node_lost"' in done.stdout, (
        done.stdout[-3000:] + done.stderr[-3000:]
    )
