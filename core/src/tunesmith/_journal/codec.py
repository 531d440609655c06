"""Events and decisions as rows of plain JSON, and back, without loss.

Theory of operation. A row keeps when, what kind and which trial in columns of their own; the body
is a JSON object of the event's other fields, without those that stand at their defaults (which
makes the defaults of an event part of the format). JSON has no NaN and no infinity: they are
written as null, so that SQL sees NULL, and their places are listed under a first key "nonfinite".
A body without that key needs no second look, which is the ordinary case.

Reading forgives what a later version may have added: unknown fields are skipped, and an event of an
unknown kind, or with a value this version does not know, is read as an `UnknownEvent`.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from operator import attrgetter
from typing import Any, TypeVar, get_args

import msgspec

from tunesmith.errors import UsageError
from tunesmith.protocols.checkpoint import Checkpoint
from tunesmith.protocols.commands import AnyCommand, Launch, Pause, Proceed, Retire, Stop, Tell
from tunesmith.protocols.events import AnyEvent, TrialEnded, TrialLost
from tunesmith.protocols.resources import Resources
from tunesmith.protocols.trial import Config

Row = tuple[float, str, str | None, str]
"""When, kind, trial (None where the event concerns no trial), body."""

T = TypeVar("T")

_MARK = '{"nonfinite":'
_NONFINITE = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


class UnknownEvent(msgspec.Struct, frozen=True):
    """A fact written by a later version: its kind, or a value in it, means nothing to this one."""

    at: float
    kind: str
    trial: str
    body: dict[str, Any]


class Decided(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the engine answered to an event, about one trial.

    `action` is "Launch", "Proceed", "Pause", "Stop" or "Retire" as the commands of these names, or
    "End": after a loss the trial is over for good, with status `outcome`. `until` is None for no
    limit. `config` is given for relaunches only, `checkpoint` where one is loaded: that of another
    trial makes the launch a fork.
    """

    action: str
    trial: str
    attempt: int = 0
    until: float | None = None
    reason: str = ""
    outcome: str = ""
    checkpoint: Checkpoint | None = None
    config: Config | None = None
    resources: Resources | None = None


# JSON ---------------------------------------------------------------------------------------------


def _refuse(value: object) -> Any:
    raise UsageError(
        f"the journal cannot keep {value!r} of type {type(value).__name__}: metrics and "
        "configurations are numbers, strings, booleans, None, lists and dicts; convert it, e.g. "
        "with float(...)"
    )


_encoder = msgspec.json.Encoder(enc_hook=_refuse)
_decoder = msgspec.json.Decoder()


def pack(value: msgspec.Struct) -> str:
    """Return a struct as a JSON object in which NaN and the infinities survive."""
    try:
        raw = _encoder.encode(value)
    except UnicodeEncodeError:
        # A lone surrogate, e.g. from an undecodable file name in an error message: no JSON reader
        # takes it, so its escape is kept instead.
        plain = _escaped(msgspec.to_builtins(value, enc_hook=_refuse))
        raw = _encoder.encode(plain)
        return _marked(raw, plain) if b"null" in raw else raw.decode()
    if b"null" in raw:
        return _marked(raw, msgspec.to_builtins(value, enc_hook=_refuse))
    return raw.decode()


def unpack(text: str, kind: type[T]) -> T:
    """Return what `pack` wrote.

    Raises:
        msgspec.ValidationError: `text` is JSON, but not of this type.
        msgspec.DecodeError: `text` is no JSON.
    """
    if text.startswith(_MARK):
        return msgspec.convert(_restored(text), kind)
    return msgspec.json.decode(text, type=kind)


def _marked(raw: bytes, plain: Any) -> str:
    """Return `raw` with the places of its non-finite numbers in front."""
    marks: dict[str, list[list[str | int]]] = {}
    _mark(plain, [], marks)
    if not marks:
        return raw.decode()
    return f"{_MARK}{_encoder.encode(marks).decode()},{raw[1:].decode()}"


def _mark(value: Any, path: list[str | int], marks: dict[str, list[list[str | int]]]) -> None:
    if isinstance(value, float):
        if not math.isfinite(value):
            name = "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"
            marks.setdefault(name, []).append(path)
    elif isinstance(value, dict):
        for key, item in value.items():
            _mark(item, [*path, key], marks)
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            _mark(item, [*path, index], marks)


def _restored(text: str) -> dict[str, Any]:
    plain: dict[str, Any] = _decoder.decode(text)
    for name, paths in plain.pop("nonfinite").items():
        for *path, last in paths:
            holder: Any = plain
            for step in path:
                holder = holder[step]
            holder[last] = _NONFINITE[name]
    return plain


def _escaped(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode(errors="backslashreplace").decode()
    if isinstance(value, dict):
        return {_escaped(key): _escaped(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_escaped(item) for item in value]
    return value


# Events -------------------------------------------------------------------------------------------


class _Form:
    """How one kind of event becomes a body and comes back."""

    def __init__(self, event: type[msgspec.Struct]) -> None:
        infos = [f for f in msgspec.structs.fields(event) if f.name not in {"at", "trial"}]
        infos.sort(key=lambda info: not info.required)
        self.event: Callable[..., AnyEvent] = event  # type: ignore[assignment]  # one of AnyEvent
        self.names = tuple(info.name for info in infos)
        self.concerns_trial = "trial" in event.__struct_fields__
        self.body = msgspec.defstruct(
            event.__name__,
            [(info.name, info.type, _default(info)) for info in infos],
            frozen=True,
            omit_defaults=True,
        )
        self.decoder = msgspec.json.Decoder(self.body)
        self.values = _getter(self.names)

    def row(self, event: Any) -> Row:
        trial = event.trial or None if self.concerns_trial else None
        return event.at, self.body.__name__, trial, pack(self.body(*self.values(event)))

    def grow(self, at: float, trial: str | None, text: str) -> AnyEvent:
        if text.startswith(_MARK):
            body = msgspec.convert(_restored(text), self.body)
        else:
            body = self.decoder.decode(text)
        fields = msgspec.structs.asdict(body)
        fields["at"] = at
        if self.concerns_trial:
            fields["trial"] = trial or ""
        return self.event(**fields)


def _getter(names: tuple[str, ...]) -> Callable[[Any], tuple[Any, ...]]:
    """Return what takes the attributes of these names."""
    if len(names) > 1:
        return attrgetter(*names)
    return lambda event: tuple([getattr(event, name) for name in names])


def _default(info: msgspec.structs.FieldInfo) -> Any:
    if info.default_factory is not msgspec.NODEFAULT:
        return msgspec.field(default_factory=info.default_factory)
    return msgspec.field() if info.required else msgspec.field(default=info.default)


_FORMS = {event.__name__: _Form(event) for event in get_args(AnyEvent)}


def encode_event(event: AnyEvent) -> Row:
    """Return the event as a row."""
    return _FORMS[type(event).__name__].row(event)


def decode_event(at: float, kind: str, trial: str | None, body: str) -> AnyEvent | UnknownEvent:
    """Return the event of a row.

    Raises:
        msgspec.DecodeError: the body is no JSON object.
    """
    form = _FORMS.get(kind)
    if form is not None:
        try:
            return form.grow(at, trial, body)
        except msgspec.ValidationError:
            pass  # a later version's value in a field this one knows
    return UnknownEvent(at=at, kind=kind, trial=trial or "", body=_any_body(body))


def _any_body(text: str) -> dict[str, Any]:
    if text.startswith(_MARK):
        return _restored(text)
    return msgspec.json.decode(text, type=dict[str, Any])


# Decisions ----------------------------------------------------------------------------------------


def encode_decisions(event: AnyEvent, commands: Iterable[AnyCommand]) -> str | None:
    """Return what the engine decided on this event as a JSON list of objects, None for nothing."""
    decided = []
    for command in commands:
        note = _NOTES.get(type(command))
        if note is not None and (told := note(event, command)) is not None:
            decided.append(pack(told))
    return f"[{','.join(decided)}]" if decided else None


def _proceeding(event: AnyEvent, order: Proceed) -> Decided:
    del event
    return Decided(
        action="Proceed", trial=order.trial, attempt=order.attempt, until=_limit(order.until)
    )


def _launching(event: AnyEvent, order: Launch) -> Decided:
    del event
    return Decided(
        action="Launch",
        trial=order.trial,
        attempt=order.attempt,
        until=_limit(order.until),
        checkpoint=order.checkpoint,
        # A first attempt from nothing runs what was suggested; any other may run a fork's.
        config=order.config if order.attempt > 1 or order.checkpoint else None,
        resources=order.resources,
    )


def _pausing(event: AnyEvent, order: Pause) -> Decided:
    del event
    return Decided(action="Pause", trial=order.trial, attempt=order.attempt, reason=order.reason)


def _stopping(event: AnyEvent, order: Stop | Retire) -> Decided:
    del event
    return Decided(
        action=type(order).__name__,
        trial=order.trial,
        attempt=order.attempt,
        reason=order.reason,
        outcome=order.outcome,
    )


def _ending(event: AnyEvent, tell: Tell) -> Decided | None:
    """Tell a loss for good, of which the searcher hears, from one after which the trial goes on.

    The same for an attempt that was interrupted, where it had been silent for too long.
    """
    kind = type(event)
    if kind is TrialEnded and event.outcome != "interrupted":  # type: ignore[union-attr]
        return None
    if tell.status in ("running", "paused") or kind not in (TrialEnded, TrialLost):
        return None
    if event.trial != tell.trial:  # type: ignore[union-attr]
        return None
    outcome = "stopped" if tell.status == "stopped" else "failed"
    return Decided(action="End", trial=tell.trial, outcome=outcome)


def _limit(until: float) -> float | None:
    return None if until == math.inf else until


_NOTES: dict[type, Callable[[Any, Any], Decided | None]] = {
    Proceed: _proceeding,
    Launch: _launching,
    Pause: _pausing,
    Stop: _stopping,
    Retire: _stopping,
    Tell: _ending,
}
"""What is told of each command that says what the engine decided."""


def decode_decisions(text: str | None) -> tuple[Decided, ...]:
    """Return the decisions of a row; those that this version cannot read are left out."""
    if text is None:
        return ()
    items: Sequence[msgspec.Raw] = msgspec.json.decode(text, type=list[msgspec.Raw])
    found = []
    for item in items:
        try:
            found.append(unpack(bytes(item).decode(), Decided))
        except msgspec.ValidationError:
            continue
    return tuple(found)
