"""Keeps Ray from printing into the driver's output; import this before Ray, which reads it then.

The loss of a worker or a node is an event here, with its cause: Ray need not print it as well.
"""

import os

os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
os.environ.setdefault(
    "RAY_DEDUP_LOGS_SKIP_REGEX",
    "A worker died or was killed while executing|Raylet is terminated"
    "|The node with node id: .* has been marked dead",
)
