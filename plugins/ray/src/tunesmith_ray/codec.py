"""Messages as bytes, for the way between the driver and a worker process.

MessagePack keeps NaN and infinity, and costs a tenth of a pickle. A value that it cannot express
(an integer beyond 64 bits) falls back to a pickle, marked by its first byte.
"""

import pickle
from collections.abc import Callable
from typing import TypeVar

import msgspec

T = TypeVar("T")

_PICKLED = b"\x80"  # a pickle's own first byte; no MessagePack array begins with it
_encoder = msgspec.msgpack.Encoder()


def encode(message: msgspec.Struct) -> bytes:
    """Return an array-like message as bytes."""
    try:
        return _encoder.encode(message)
    except (OverflowError, TypeError, ValueError):
        return pickle.dumps(message, protocol=5)


def decoder(kind: type[T]) -> Callable[[bytes], T]:
    """Return the function that undoes `encode` for messages of this kind."""
    unpacked = msgspec.msgpack.Decoder(kind).decode

    def decode(data: bytes) -> T:
        if data[:1] == _PICKLED:
            return pickle.loads(data)  # type: ignore[no-any-return]  # noqa: S301 (our own)
        return unpacked(data)

    return decode
