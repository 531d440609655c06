"""What a scheduler may answer to a result."""

import msgspec

from tunesmith.protocols.resources import Resources
from tunesmith.protocols.trial import Config


class Continue(msgspec.Struct, frozen=True, gc=False, tag="continue"):
    """Train on, and ask again at the first report whose resource is at least `until`.

    `until=None` means the next report; `math.inf` means never ask again. Results on the way are
    recorded without asking.
    """

    until: float | None = None


class Stop(msgspec.Struct, frozen=True, gc=False, tag="stop"):
    """End the trial for good; `reason` is shown to people.

    `complete` says that it has trained as far as it should (it reached the largest resource), so
    that searchers take its value for a full one.
    """

    reason: str
    complete: bool = False


class Pause(msgspec.Struct, frozen=True, gc=False, tag="pause"):
    """Save the trial and free its slot until `next_trial` returns it or `review` decides on it."""

    reason: str


class Fork(msgspec.Struct, frozen=True, gc=False, tag="fork"):
    """Restart this trial from trial `source`'s newest durable checkpoint with `config` (nested).

    Atomic: if the source has no durable checkpoint the trial goes on unchanged. `source` may be
    the trial itself.
    """

    source: str
    config: Config
    reason: str = ""


class Reallocate(msgspec.Struct, frozen=True, gc=False, tag="reallocate"):
    """Restart this trial from its own newest checkpoint with other resources.

    It holds them until it ends or is paused; one that is resumed after a pause has the usual ones
    again. If the trial has no durable checkpoint it goes on unchanged.
    """

    resources: Resources
    reason: str = ""


Decision = Continue | Stop | Pause | Fork | Reallocate
