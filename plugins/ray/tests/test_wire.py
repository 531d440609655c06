"""Messages survive the way between driver and worker."""

import math

from tunesmith.protocols import Checkpoint, ErrorInfo, Report, Resources
from tunesmith.protocols.commands import Launch, Pause, Proceed, SaveCheckpoint, Stop
from tunesmith.protocols.events import CheckpointSaved, Reported, TrialEnded, TrialPaused
from tunesmith_ray.ahead import Ahead
from tunesmith_ray.codec import encode
from tunesmith_ray.wire import Batch, Orders, Rhythm, decode_batch, decode_orders

CHECKPOINT = Checkpoint("0001", 3.0, "trials/0001/checkpoints/3", 10, 3, 0.5)


def test_orders_come_back_equal() -> None:
    """Every command arrives as it was sent."""
    orders = Orders(
        (
            Launch(
                trial="0001",
                attempt=2,
                config={"lr": 0.1, "opt": {"name": "sgd", "betas": [0.9, 0.99]}, "none": None},
                checkpoint=CHECKPOINT,
                resources=Resources(({"cpu": 1.0}, {"gpu": 0.5}), "SPREAD"),
            ),
            Proceed(trial="0001", attempt=2, until=math.inf),
            Pause(trial="0001", attempt=2, reason="rung"),
            SaveCheckpoint(trial="0001", attempt=2),
            Stop(trial="0001", attempt=2, reason="x", outcome="interrupted"),
        ),
        recall=True,
        rhythm=Rhythm(0.02, 0.005),
    )
    assert decode_orders(encode(orders)) == orders


def test_batches_come_back_equal() -> None:
    """Every event arrives as it was sent, numbers that JSON lacks included."""
    error = ErrorInfo("ValueError", "boom", "Traceback", "print")
    batch = Batch(
        7,
        (
            Reported(
                at=1.0,
                trial="0001",
                attempt=1,
                reports=(Report(1.0, {"loss": math.inf, "text": "ü", "list": [1, 2.5]}),),
            ),
            CheckpointSaved(at=1.0, trial="0001", attempt=1, checkpoint=CHECKPOINT),
            Ahead(
                trial="0001", attempt=1, times=(2.0,), reports=(encode(Report(2.0, {"loss": 0.5})),)
            ),
            Ahead(
                trial="0001",
                attempt=1,
                then=TrialEnded(at=1.0, trial="0001", attempt=1, outcome="completed"),
            ),
            TrialPaused(at=1.0, trial="0001", attempt=1),
            TrialEnded(at=1.0, trial="0001", attempt=1, outcome="failed", error=error),
        ),
        ("0002",),
        taken=8,
        idle=True,
    )
    assert decode_batch(encode(batch)) == batch


def test_nan_survives() -> None:
    """NaN is a legal metric."""
    event = Reported(at=1.0, trial="0001", attempt=1, reports=(Report(1.0, {"loss": math.nan}),))
    (back,) = decode_batch(encode(Batch(0, (event,)))).events
    assert isinstance(back, Reported)
    assert math.isnan(back.reports[0].metrics["loss"])


def test_huge_integers_survive() -> None:
    """What MessagePack cannot express still arrives."""
    event = Reported(at=1.0, trial="0001", attempt=1, reports=(Report(1.0, {"n": 2**80}),))
    assert decode_batch(encode(Batch(0, (event,)))) == Batch(0, (event,))
