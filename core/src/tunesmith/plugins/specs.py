"""What a plugin declares about each algorithm, as plain data; nothing here imports an algorithm."""

from typing import Literal

import msgspec

from tunesmith.space import Vocabulary

API = (1, 0)
"""Version of the plugin interface; the minor part grows when hooks or fields are added."""

Partial = Literal["aligned", "last", "best", "ignore", "all"]
Observes = Literal["final", "decisions", "every"]
Pace = Literal["instant", "quick", "slow"]


class Capabilities(msgspec.Struct, frozen=True, kw_only=True):
    """What an algorithm can do and needs; checked before the first trial.

    For searchers: `log`, `integer`, `ordinal`, `categorical`, `step`, `normal` and `conditional`
    are the vocabulary of spaces it takes (the core translates what it can without loss), `grid`
    that it walks grids itself, `constraints` that it makes use of infeasible observations,
    `outcome_constraints` that it models limits on what trials report, `multi_objective` that it
    takes several objectives. For schedulers: `multi_objective`,
    `needs_checkpoints` that trials must be able to save themselves, `pauses` that it pauses trials,
    `explores` that it makes configurations itself, so that the space cannot change under it.
    """

    log: bool = False
    integer: bool = False
    ordinal: bool = False
    categorical: bool = False
    step: bool = False
    normal: bool = False
    conditional: bool = False
    grid: bool = False
    constraints: bool = False
    outcome_constraints: bool = False
    multi_objective: bool = False
    needs_checkpoints: bool = False
    pauses: bool = False
    explores: bool = False

    @property
    def vocabulary(self) -> Vocabulary:
        """Return the part that says which spaces a searcher takes."""
        return Vocabulary(
            log=self.log,
            integer=self.integer,
            ordinal=self.ordinal,
            categorical=self.categorical,
            step=self.step,
            normal=self.normal,
            conditional=self.conditional,
        )


class SearcherSpec(msgspec.Struct, frozen=True, kw_only=True):
    """A searcher: its name, where its factory is ("module:attribute") and what it can do.

    `observes` says which observations it wants: the trial's end only, every point at which the
    scheduler decided, or every report. `partial` is the default policy for trials that were cut
    short: "aligned" tells all trials at one resource, the furthest that enough of them have
    reached, anew to a fresh searcher whenever that changes; "last" and "best" tell a trial's last
    or best value whatever its resource; "ignore" tells none; "all" tells every observation as it
    is, and the searcher reads `status` and `resource` itself. A "slow" `pace` has it asked ahead,
    so that a long model fit keeps no slot idle, unless the user wants one trial at a time; an
    "instant" one has it called in the driver's own thread, where nothing guards against a call that
    never returns. `advice` says when to choose it.
    """

    name: str
    factory: str
    api: str
    capabilities: Capabilities = Capabilities()
    summary: str = ""
    advice: str = ""
    wraps: str = ""
    observes: Observes = "final"
    partial: Partial = "aligned"
    pace: Pace = "quick"


class SchedulerSpec(msgspec.Struct, frozen=True, kw_only=True):
    """A scheduler: its name, where its factory is and what it needs."""

    name: str
    factory: str
    api: str
    capabilities: Capabilities = Capabilities()
    summary: str = ""
    wraps: str = ""


class ExecutorSpec(msgspec.Struct, frozen=True, kw_only=True):
    """An executor; `in_process` if its `poll` runs training code in the driver's own process.

    One that is in-process never sleeps while trials run. A `virtual` one has a clock of its own,
    and what its trials did can be done again with the same outcome: so its events may be journaled
    many at a time, a moment after their commands were carried out.
    The executor "auto" is the one of the installed ones with the highest `preference`.
    """

    name: str
    factory: str
    api: str
    summary: str = ""
    wraps: str = ""
    in_process: bool = False
    virtual: bool = False
    preference: int = 0


class CallbackSpec(msgspec.Struct, frozen=True, kw_only=True):
    """A callback that can be named in `callbacks=`."""

    name: str
    factory: str
    api: str
    summary: str = ""
    wraps: str = ""


class CommandSpec(msgspec.Struct, frozen=True, kw_only=True):
    """A subcommand of `tunesmith`; `factory` is a click command."""

    name: str
    factory: str
    api: str
    summary: str = ""
    wraps: str = ""


Spec = SearcherSpec | SchedulerSpec | ExecutorSpec | CallbackSpec | CommandSpec

Kind = Literal["searcher", "scheduler", "executor", "callback", "command"]

KINDS: dict[Kind, type[Spec]] = {
    "searcher": SearcherSpec,
    "scheduler": SchedulerSpec,
    "executor": ExecutorSpec,
    "callback": CallbackSpec,
    "command": CommandSpec,
}


def kind_of(spec: Spec) -> Kind:
    """Return which kind of plugin `spec` declares."""
    return next(kind for kind, struct in KINDS.items() if type(spec) is struct)
