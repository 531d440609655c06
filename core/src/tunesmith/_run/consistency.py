"""Whether a run that is played back is decided as it was."""

from __future__ import annotations

from collections.abc import Iterable

from tunesmith._journal.codec import Decided, decode_decisions, encode_decisions
from tunesmith.protocols.commands import AnyCommand
from tunesmith.protocols.events import AnyEvent

COMPARED = 20_000
"""How many decisions are compared in a long run, at least: all would take as long as the rest."""


class Consistency:
    """Compares decisions with those recorded; `finding` tells of the first that differs.

    What was decided as the run broke off is left out: it may be made good now.
    """

    def __init__(self, events: int) -> None:
        self._stride = max(1, events // COMPARED)
        self.finding = ""

    def look(
        self, seq: int, event: AnyEvent, answer: Iterable[AnyCommand], recorded: str | None
    ) -> None:
        """Compare what is decided on an event, if its turn comes."""
        if seq % self._stride or self.finding:
            return
        now = encode_decisions(event, answer)
        if now == recorded:
            return
        then_decided, now_decided = decode_decisions(recorded), decode_decisions(now)
        if then_decided == now_decided or any(one.outcome == "interrupted" for one in then_decided):
            return
        self.finding = (
            f"at event {seq} the scheduler decides {_told(now_decided)} where it decided"
            f" {_told(then_decided)} when this run was recorded: it is another version of it, or"
            " does not decide by its seed and what it is told alone; the run goes on, but not"
            " exactly as it would have without the break (`tunesmith replay` shows all)"
        )


def _told(decided: tuple[Decided, ...]) -> str:
    return "; ".join(map(_one, decided)) or "nothing"


def _one(decided: Decided) -> str:
    until = "" if decided.until is None else f" (until={decided.until:g})"
    return f"{decided.action} {decided.trial}{until}"
