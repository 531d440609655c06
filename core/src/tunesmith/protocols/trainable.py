"""The trainable protocol: training code under direct control."""

from typing import Protocol

from tunesmith.protocols.result import Metrics


class Trainable(Protocol):
    """One trial's training code, whatever form its author wrote it in.

    Called from one thread. Exceptions of user code pass through.
    """

    @property
    def saves(self) -> bool:
        """Whether `save` would write something now."""
        ...

    @property
    def ending(self) -> bool:
        """Whether training is over: the next `step` returns None without running user code."""
        ...

    def step(self) -> Metrics | None:
        """Train up to the next report and return its metrics; None when training is over."""
        ...

    def save(self, directory: str) -> bool:
        """Write a checkpoint into the empty `directory`; False if this code cannot be saved now."""
        ...

    def close(self) -> None:
        """Release what the training code holds; called once, also after an exception."""
        ...
