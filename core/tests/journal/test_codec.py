"""The codec loses nothing, and reads what other versions wrote."""

import json
import math
import struct
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tunesmith._journal.codec import (
    Decided,
    UnknownEvent,
    decode_decisions,
    decode_event,
    encode_decisions,
    encode_event,
    pack,
    unpack,
)
from tunesmith._journal.header import Header
from tunesmith.errors import UsageError
from tunesmith.protocols import Checkpoint, ErrorInfo, Report, Resources, events
from tunesmith.protocols.commands import (
    AnyCommand,
    Ask,
    Launch,
    Pause,
    Proceed,
    Retire,
    Stop,
    Tell,
    WakeAt,
)

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
NUMBERS = st.one_of(st.floats(), st.integers(), st.integers(-(2**200), 2**200), st.booleans())
SCALARS = st.one_of(st.none(), NUMBERS, TEXT)
METRICS = st.dictionaries(TEXT, SCALARS | st.lists(SCALARS, max_size=3), max_size=4)
CONFIGS = st.recursive(
    st.dictionaries(TEXT, SCALARS, max_size=3),
    lambda inner: st.dictionaries(TEXT, inner | st.lists(inner, max_size=2), max_size=2),
    max_leaves=4,
)
# A clock reads neither NaN nor a negative zero.
TIMES = st.floats(min_value=0, max_value=1e12).map(abs)
IDS = st.integers(1, 10**6).map("{:04d}".format)
ERRORS = st.builds(ErrorInfo, type=TEXT, message=TEXT, traceback=TEXT, fingerprint=TEXT)
CHECKPOINTS = st.builds(
    Checkpoint, trial=IDS, resource=st.floats(), path=TEXT, size=st.integers(0, 2**60)
)
REPORTS = st.builds(Report, resource=st.floats(), metrics=METRICS)

BY_TYPE: dict[str, st.SearchStrategy[Any]] = {
    "at": TIMES,
    "trial": IDS,
    "attempt": st.integers(0, 10**6),
    "config": CONFIGS,
    "reports": st.lists(REPORTS, max_size=3).map(tuple),
    "checkpoint": CHECKPOINTS,
    "changes": CONFIGS,
    "options": CONFIGS,
}


def instances(event: type[msgspec.Struct]) -> st.SearchStrategy[Any]:
    """Return a strategy for all events of one kind."""
    names = [info.name for info in msgspec.structs.fields(event)]
    given_ = {name: BY_TYPE[name] for name in names if name in BY_TYPE}
    hints = {info.name: info.type for info in msgspec.structs.fields(event)}
    if "error" in names:
        given_["error"] = ERRORS if hints["error"] is ErrorInfo else st.none() | ERRORS
    return st.builds(event, **given_)


EVENTS = st.one_of([instances(event) for event in get_args(events.AnyEvent)])


def same(left: Any, right: Any) -> bool:
    """Tell whether two plain values are equal to the bit, types included; all NaNs are one."""
    if type(left) is not type(right):
        return False
    if isinstance(left, float):
        both_nan = math.isnan(left) and math.isnan(right)
        return both_nan or struct.pack("d", left) == struct.pack("d", right)
    if isinstance(left, dict):
        return list(left) == list(right) and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list | tuple):
        return len(left) == len(right) and all(map(same, left, right))
    return bool(left == right)


def plain(value: Any) -> Any:
    return msgspec.to_builtins(value)


@given(EVENTS)
def test_every_event_comes_back_to_the_bit(event: events.AnyEvent) -> None:
    """Decoding an encoded event yields it again, NaN, huge integers and booleans included."""
    back = decode_event(*encode_event(event))
    assert type(back) is type(event)
    assert same(plain(back), plain(event))


@given(EVENTS)
def test_a_body_is_json_that_sql_can_read(event: events.AnyEvent) -> None:
    """A body is strict JSON: non-finite numbers are null in their place."""

    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    *_, body = encode_event(event)
    assert isinstance(json.loads(body, parse_constant=refuse), dict)


@given(CONFIGS)
def test_a_header_comes_back(config: dict[str, Any]) -> None:
    """Options of algorithms may be infinite or NaN too."""
    header = Header(
        name="x",
        trainable="t",
        space=config,
        objectives=(),
        searcher=config,
        scheduler={},
        executor={},
        max_resource=math.inf,
    )
    assert same(plain(unpack(pack(header), Header)), plain(header))


def test_finite_metrics_carry_no_second_list() -> None:
    """The common case, all numbers finite, is plain JSON and nothing more."""
    event = events.Reported(at=1.0, trial="0001", attempt=1, reports=(Report(1.0, {"loss": 0.5}),))
    assert encode_event(event)[3] == '{"attempt":1,"reports":[[1.0,{"loss":0.5}]]}'


def test_non_finite_metrics_are_null_in_place() -> None:
    """SQL sees NULL where a metric is NaN, and the body says which null was what."""
    event = events.Reported(
        at=1.0, trial="0001", attempt=1, reports=(Report(1.0, {"a": math.nan, "b": None}),)
    )
    body = json.loads(encode_event(event)[3])
    assert body["reports"] == [[1.0, {"a": None, "b": None}]]
    assert body["nonfinite"] == {"nan": [["reports", 0, 1, "a"]]}


def test_a_lone_surrogate_is_kept_as_its_escape() -> None:
    """An error message with an undecodable file name does not stop the run."""
    error = ErrorInfo(type="OSError", message="no file 'caf\udce9'")
    event = events.TrialEnded(at=1.0, trial="0001", attempt=1, outcome="failed", error=error)
    back = decode_event(*encode_event(event))
    assert isinstance(back, events.TrialEnded)
    assert back.error is not None
    assert back.error.message == r"no file 'caf\udce9'"


def test_an_object_is_refused_by_name() -> None:
    """A value that is no plain data is quoted, with what to write instead."""
    report = Report(1.0, {"loss": {1, 2}.union({3}) and object})
    event = events.Reported(at=1.0, trial="0001", attempt=1, reports=(report,))
    with pytest.raises(UsageError, match=r"cannot keep <class 'object'> of type type.*float"):
        encode_event(event)


def test_an_unknown_kind_is_read() -> None:
    """An event of a later version is shown as what it is, not refused."""
    event = decode_event(1.5, "TrialBoosted", "0002", '{"nonfinite":{"inf":[["by"]]},"by":null}')
    assert event == UnknownEvent(at=1.5, kind="TrialBoosted", trial="0002", body={"by": math.inf})


def test_an_unknown_value_of_a_known_field_is_read() -> None:
    """A later version's value, e.g. a new control action, makes the event unknown, not an error."""
    event = decode_event(1.0, "ControlRequested", None, '{"action":"hibernate"}')
    assert event == UnknownEvent(1.0, "ControlRequested", "", {"action": "hibernate"})


def test_unknown_fields_are_skipped() -> None:
    """A field that a later version added does not stop a read."""
    event = decode_event(1.0, "TrialPaused", "0001", '{"attempt":3,"mood":"fine"}')
    assert event == events.TrialPaused(at=1.0, trial="0001", attempt=3)


GOLDEN = [
    ("RunStarted", None, "{}", events.RunStarted(at=1.0)),
    ("CapacityChanged", None, '{"slots":2}', events.CapacityChanged(at=1.0, slots=2)),
    (
        "Suggested",
        "0001",
        '{"config":{"lr":0.1}}',
        events.Suggested(at=1.0, trial="0001", config={"lr": 0.1}),
    ),
    (
        "Reported",
        "0001",
        '{"attempt":1,"reports":[[2.0,{"loss":0.5}]],"waiting":true}',
        events.Reported(
            at=1.0, trial="0001", attempt=1, reports=(Report(2.0, {"loss": 0.5}),), waiting=True
        ),
    ),
    (
        "TrialEnded",
        "0001",
        '{"attempt":1,"outcome":"stopped","reason":"rung 1"}',
        events.TrialEnded(at=1.0, trial="0001", attempt=1, outcome="stopped", reason="rung 1"),
    ),
    (
        "TrialLost",
        "0001",
        '{"attempt":1,"failure":"node_lost"}',
        events.TrialLost(at=1.0, trial="0001", attempt=1, failure="node_lost"),
    ),
    ("RunEnded", None, '{"status":"completed"}', events.RunEnded(at=1.0, status="completed")),
]


@pytest.mark.parametrize(("kind", "trial", "body", "event"), GOLDEN)
def test_the_format_stays(kind: str, trial: str | None, body: str, event: events.AnyEvent) -> None:
    """Rows of format 1 are written and read exactly so, by every version that knows the format."""
    assert encode_event(event) == (1.0, kind, trial, body)
    assert decode_event(1.0, kind, trial, body) == event


def started(trial: str = "0001") -> events.TrialStarted:
    return events.TrialStarted(at=1.0, trial=trial, attempt=1)


def decided(event: events.AnyEvent, *commands: AnyCommand) -> tuple[Decided, ...]:
    return decode_decisions(encode_decisions(event, commands))


def test_decisions_are_the_scheduler_s() -> None:
    """What only concerns the searcher or the driver is left out; nothing decided is NULL."""
    assert encode_decisions(started(), (Ask(trials=("0002",)), WakeAt(at=3.0, name="x"))) is None


def test_decisions_come_back() -> None:
    """Each decision comes back with what makes it comparable."""
    source = Checkpoint("0002", 3.0, "trials/0002/checkpoints/3")
    found = decided(
        started(),
        Launch(trial="0001", attempt=1, config={"lr": 1.0}),
        Launch(
            trial="0001",
            attempt=2,
            config={"lr": math.nan},
            checkpoint=source,
            until=9.0,
            resources=Resources(({"gpu": 1.0},)),
        ),
        Proceed(trial="0001", attempt=1, until=math.inf),
        Pause(trial="0001", attempt=1, reason="rung 3"),
        Stop(trial="0001", attempt=1, reason="worse"),
        Retire(trial="0003", attempt=2, reason="never resumed"),
    )
    assert [one.action for one in found] == [
        "Launch",
        "Launch",
        "Proceed",
        "Pause",
        "Stop",
        "Retire",
    ]
    assert found[0].config is None, "a first attempt runs what was suggested"
    assert found[1].config is not None
    assert math.isnan(found[1].config["lr"])
    assert (found[1].checkpoint, found[1].until) == (source, 9.0)
    assert found[2].until is None
    assert (found[4].outcome, found[5].outcome) == ("stopped", "stopped")


def test_a_loss_for_good_is_told_from_one_before_a_retry() -> None:
    """A loss after which the searcher hears the trial's end closes it; any other does not."""
    lost = events.TrialLost(at=1.0, trial="0001", attempt=1, failure="worker_lost")
    tell = Tell(trial="0001", config={}, status="failed", result=None)
    assert decided(lost, tell) == (Decided(action="End", trial="0001", outcome="failed"),)
    assert decided(lost) == ()
    assert decided(started(), tell) == ()


def test_decisions_of_later_versions_are_skipped() -> None:
    """A decision this version cannot read does not hide those it can."""
    text = '[{"action":1},{"action":"Pause","trial":"0001","attempt":1,"mood":"fine"}]'
    assert decode_decisions(text) == (Decided(action="Pause", trial="0001", attempt=1),)
