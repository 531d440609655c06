"""The state diagram, drawn from the transition table as Mermaid text."""

from collections import defaultdict

from tunesmith._engine.table import TRANSITIONS
from tunesmith._engine.trials import ENDED, TrialState
from tunesmith.protocols.commands import Launch, Retire

# What moves a trial without an event about it: the engine's own orders.
ORDERS = {
    (TrialState.PENDING, TrialState.STARTING): Launch.__name__,
    (TrialState.PAUSED, TrialState.STARTING): Launch.__name__,
    (TrialState.PENDING, TrialState.RETIRING): Retire.__name__,
    (TrialState.PAUSED, TrialState.RETIRING): Retire.__name__,
}


def draw() -> str:
    """Return a Mermaid state diagram: one arrow for each pair of states in sequence."""
    arrows: dict[tuple[TrialState, TrialState], list[str]] = defaultdict(list)
    for (state, event), transition in TRANSITIONS.items():
        for target in sorted(transition.to - {state}, key=_position):
            arrows[state, target].append(event.__name__)
    for pair, order in ORDERS.items():
        arrows[pair].append(order)
    lines = ["stateDiagram-v2", f"    [*] --> {TrialState.ASKED.label}: Ask"]
    for state, target in sorted(arrows, key=lambda pair: tuple(map(_position, pair))):
        names = arrows[state, target]
        lines.append(f"    {state.label} --> {target.label}: {', '.join(names)}")
    lines += [f"    {state.label} --> [*]" for state in sorted(ENDED, key=_position)]
    return "\n".join(lines)


def _position(state: TrialState) -> int:
    return list(TrialState).index(state)


if __name__ == "__main__":
    print(draw())  # noqa: T201 (this is a program)
