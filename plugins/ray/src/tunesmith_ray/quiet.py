"""Keeps Ray from printing into the driver's output; import this before Ray, which reads it then.

The death of a worker process is an event here, with its cause: Ray need not print it as well.
"""

import os

os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
os.environ.setdefault("RAY_DEDUP_LOGS_SKIP_REGEX", "A worker died or was killed while executing")
