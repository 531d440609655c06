"""Every kind of event that was ever written is read as what it was.

Run this file as a program to write those of the present version; older files are never changed.
"""

import json
import math
from pathlib import Path
from typing import get_args

import pytest

from tunesmith._journal.codec import decode_decisions, decode_event, encode_decisions, encode_event
from tunesmith._journal.schema import FORMAT
from tunesmith.protocols import Checkpoint, ErrorInfo, Report, Resources, Result, commands, events

PLACE = Path(__file__).with_name("golden")
FILES = sorted(PLACE.glob("events-*.json"))

CONFIG = {"lr": 0.1, "layers": [{"units": 3}], "name": "ä"}
SAVED = Checkpoint("0001", 3.0, "trials/0001/checkpoints/3", 77, 3, 1.5)
RESULT = Result(3.0, (0.5, math.inf), {"loss": 0.5, "note": None})
ERROR = ErrorInfo("ValueError", "bad lr", "Traceback ...", "ValueError:train:7")
ONE = {"at": 1.5, "trial": "0001"}
TRIAL = {**ONE, "attempt": 2}

EVENTS: list[events.AnyEvent] = [
    events.RunStarted(at=0.0, driver="here"),
    events.Recalled(at=0.5, source="run/0001", config=CONFIG, status="stopped", curve=(RESULT,)),
    events.ExperimentChanged(at=1.0, changes={"num_samples": 9}, options={"failure": {"a": 1}}),
    events.Revived(**ONE, config=CONFIG, resource=3.0, last=RESULT, paused=True),
    events.CapacityChanged(at=1.0, slots=4),
    events.Suggested(**ONE, config=CONFIG, source="points_to_evaluate"),
    events.SuggestionDeferred(**ONE),
    events.SearchEnded(at=1.0, reason="exhausted", error=ERROR),
    events.TrialStarted(**TRIAL, worker="a:1"),
    events.Reported(**TRIAL, reports=(Report(1.0, {"loss": math.nan}),), waiting=True),
    events.CheckpointSaved(**TRIAL, checkpoint=SAVED),
    events.TrialPaused(**TRIAL),
    events.TrialEnded(**TRIAL, outcome="failed", reason="x", error=ERROR, failure="user_error"),
    events.TrialLost(**TRIAL, failure="preempted", reason="taken away"),
    events.ExecutorFailed(at=1.0, error=ERROR),
    events.DeadlineReached(at=1.0, name="time_budget"),
    events.ControlRequested(at=1.0, action="enqueue", reason="mine", config=CONFIG),
    events.RunEnded(at=9.0, status="stopped", reason="Ctrl-C"),
]
DECIDED: list[commands.AnyCommand] = [
    commands.Launch(
        trial="0001",
        attempt=2,
        config=CONFIG,
        checkpoint=SAVED,
        resources=Resources(bundles=({"cpu": 2.0},)),
        until=9.0,
    ),
    commands.Proceed(trial="0001", attempt=2, until=math.inf),
    commands.Pause(trial="0001", attempt=2, reason="rung"),
    commands.Stop(trial="0001", attempt=2, reason="worse", outcome="interrupted"),
    commands.Retire(trial="0001", attempt=2, reason="never resumed"),
]


def test_every_kind_is_here() -> None:
    """Also those that come later."""
    assert {type(event) for event in EVENTS} == set(get_args(events.AnyEvent))
    assert [path.stem for path in FILES] == [f"events-{n}" for n in range(1, FORMAT + 1)]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_events_of_all_versions_are_read_as_what_they_were(path: Path) -> None:
    """Field by field, NaN and infinity included."""
    written = json.loads(path.read_text(encoding="utf-8"))
    known = {type(event).__name__: event for event in EVENTS}
    for row in written["events"]:
        assert repr(decode_event(*row)) == repr(known[row[1]])
    decisions = encode_decisions(EVENTS[0], DECIDED)
    assert decode_decisions(json.dumps(written["decisions"])) == decode_decisions(decisions)


def main() -> None:
    """Write the present version's."""
    rows = [list(encode_event(event)) for event in EVENTS]
    found = {"events": rows, "decisions": json.loads(encode_decisions(EVENTS[0], DECIDED) or "")}
    text = json.dumps(found, indent=1, ensure_ascii=False) + "\n"
    PLACE.joinpath(f"events-{FORMAT}.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
