"""A Ray of the program's own, the same on all sides."""

import logging

import ray


def start(cpus: int) -> None:
    """Start it with so many CPUs; it says nothing."""
    ray.init(
        address="local",
        num_cpus=cpus,
        include_dashboard=False,
        log_to_driver=False,
        logging_level=logging.ERROR,
    )
