"""A run on a cluster of three nodes, of which one dies and one joins: a program.

    python nodes.py STORAGE SAMPLES

prints one JSON object: what became of the run, of its trials, and of the nodes.
"""

import json
import sys
import time
from pathlib import Path

import ray
from ray.cluster_utils import Cluster

import tunesmith as tune

EPOCHS = 8
STORE = 80 * 2**20


def train(config):
    """Report on which node, saving every second report."""
    found = tune.get_checkpoint()
    first = found.to_dict()["epoch"] if found else 0
    node = ray.get_runtime_context().get_node_id()
    for epoch in range(first + 1, EPOCHS + 1):
        time.sleep(0.05)
        saved = {"epoch": epoch} if epoch % 2 == 0 else None
        metrics = {"loss": config["x"] * epoch, "node": node, "from": first}
        yield tune.Report(metrics, checkpoint=saved)


class Chaos:
    """Kills a node that trains, and later adds another one."""

    def __init__(self, cluster, nodes):
        self.cluster, self.nodes = cluster, {node.node_id: node for node in nodes}
        self.killed = self.added = ""
        self.results = 0
        self.added_at = self.used_after_s = 0.0

    def on_result(self, trial, result):
        del trial
        self.results += 1
        node = result.metrics["node"]
        if not self.killed and self.results > 20 and node in self.nodes:
            self.cluster.remove_node(self.nodes[node], allow_graceful=False)
            self.killed = node
        elif self.killed and not self.added and self.results > 60:
            self.added = self.cluster.add_node(num_cpus=1, object_store_memory=STORE).node_id
            self.added_at = time.monotonic()
        elif node == self.added and not self.used_after_s:
            self.used_after_s = time.monotonic() - self.added_at


def main(storage, samples):
    """Run to the end; say what came of it."""
    head = {"num_cpus": 1, "object_store_memory": STORE}
    cluster = Cluster(initialize_head=True, head_node_args=head)
    others = [cluster.add_node(num_cpus=1, object_store_memory=STORE) for _ in range(2)]
    chaos = Chaos(cluster, others)
    results = tune.run(
        train,
        {"x": tune.uniform(0, 1)},
        metric="loss",
        mode="min",
        executor={"name": "ray", "address": cluster.address},
        num_samples=int(samples),
        callbacks=[chaos],
        storage=storage,
        name="chaos",
        seed=1,
        verbose=0,
    )
    told = {
        "state": results.state,
        "counts": results.counts,
        "histories": [[row["training_iteration"] for row in t.history] for t in results],
        "nodes": [sorted({row["node"] for row in t.history}) for t in results],
        "from": [t.history[-1]["from"] for t in results],
        "used_after_s": chaos.used_after_s,
        "killed": chaos.killed,
        "added": chaos.added,
    }
    results.close()
    cluster.shutdown()
    print(json.dumps(told))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
