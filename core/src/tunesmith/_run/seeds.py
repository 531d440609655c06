"""Independent streams of random numbers, all from one seed."""

import hashlib
import secrets
from random import Random

import msgspec


class Seeds(msgspec.Struct, frozen=True):
    """Makes the generator of a named stream: the same for the same seed and name, everywhere.

    Streams do not depend on each other or on the order in which they are made, so one more
    stream changes nothing in the others.
    """

    seed: int

    def __call__(self, name: str) -> Random:
        """Return a fresh generator for the stream `name`."""
        digest = hashlib.sha256(f"{self.seed}:{name}".encode()).digest()
        return Random(int.from_bytes(digest, "big"))  # noqa: S311 (reproducible, not secret)


def draw() -> int:
    """Return a seed that no earlier run had, small enough to read and to type."""
    return secrets.randbelow(2**31)
