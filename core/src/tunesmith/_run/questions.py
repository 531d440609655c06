"""What a searcher is asked and told once more as a run is played back."""

from __future__ import annotations

from collections.abc import Iterator

from tunesmith._run.advisor import Advisor
from tunesmith.protocols.commands import AdvisorCommand
from tunesmith.protocols.events import AnyEvent, SearchEnded, Suggested, SuggestionDeferred

PATIENCE_S = 0.5
"""How long to wait for an answer before looking whether the searcher has been given up."""


class Questions:
    """Hands the engine's questions to the searcher, and keeps what the journal never heard of.

    What the searcher remembers from a snapshot, the first so many commands, it is not asked or told
    again, and nothing of what was before the last of so many `space_changes`, with which it begins.
    """

    def __init__(self, advisor: Advisor, remembered: int, space_changes: int) -> None:
        self._advisor = advisor
        self._remembered = remembered
        self._space_changes = space_changes
        self._unheard: dict[str, AnyEvent] = {}

    def space_changed(self) -> None:
        """Note that from here on another searcher was asked."""
        self._space_changes -= 1

    def put(self, command: AdvisorCommand) -> None:
        """Have the searcher carry a command out, if it is not to skip it."""
        if self._space_changes:
            return
        if self._remembered:
            self._remembered -= 1
            return
        # The end of a search is about no trial.
        self._unheard |= {getattr(one, "trial", ""): one for one in self._answers(command)}

    def heard(self, event: Suggested | SuggestionDeferred | SearchEnded) -> None:
        """Note which answer the journal has.

        A search that ended takes no more answers. One that broke off does: as the searcher is
        asked again, it may have them by now, or break off again.
        """
        if not isinstance(event, SearchEnded):
            self._unheard.pop(event.trial, None)
        elif event.error is None:
            self._unheard.clear()

    @property
    def unheard(self) -> list[AnyEvent]:
        """The answers that never reached the journal."""
        return list(self._unheard.values())

    def _answers(self, command: AdvisorCommand) -> Iterator[AnyEvent]:
        yield from self._advisor.submit(command)
        yield from self._advisor.poll()
        while self._advisor.is_busy:
            self._advisor.wait(PATIENCE_S)
            yield from self._advisor.poll()
        yield from self._advisor.poll()
