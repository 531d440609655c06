"""What travels between the driver and a worker process."""

import msgspec

from tunesmith.protocols.commands import ExecutorCommand
from tunesmith.protocols.events import AnyEvent
from tunesmith_ray.ahead import Ahead
from tunesmith_ray.codec import decoder


class Rhythm(msgspec.Struct, frozen=True, array_like=True):
    """How a worker shall work, in seconds.

    `linger_s` is the least time between two batches while a trial goes on, `ahead_s` how long a
    trial that waits for a decision may be trained in advance.
    """

    linger_s: float = 0.01
    ahead_s: float = 0.0


class Orders(msgspec.Struct, frozen=True, array_like=True):
    """Commands for one worker, in order; `recall` asks for the launches it has not begun."""

    commands: tuple[ExecutorCommand, ...] = ()
    recall: bool = False
    rhythm: Rhythm = Rhythm()


class Batch(msgspec.Struct, frozen=True, array_like=True):
    """Events of one worker, the `number`-th batch of its life; `recalled` are trials given back.

    `idle`: after the first `taken` orders of its life it can do nothing until it is told more.
    """

    number: int
    events: tuple[AnyEvent | Ahead, ...] = ()
    recalled: tuple[str, ...] = ()
    taken: int = 0
    idle: bool = False


class Greeting(msgspec.Struct, frozen=True):
    """A worker's answer to its set-up: where it lives, or the error that keeps it from working."""

    pid: int = 0
    node: str = ""
    host: str = ""
    error_type: str = ""
    error: str = ""
    traceback: str = ""


decode_orders = decoder(Orders)
decode_batch = decoder(Batch)
