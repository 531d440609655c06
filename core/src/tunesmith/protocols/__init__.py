"""What training code, algorithms and executors implement, and the values they exchange.

Commands and events have modules of their own, `protocols.commands` and `protocols.events`: only
executors need them.
"""

from tunesmith.protocols.callback import Callback
from tunesmith.protocols.checkpoint import Checkpoint
from tunesmith.protocols.constraint import OutcomeConstraint, Sense
from tunesmith.protocols.decision import Continue, Decision, Fork, Pause, Reallocate, Stop
from tunesmith.protocols.executor import Executor, ExecutorContext, TrialWorker
from tunesmith.protocols.failure import ErrorInfo, FailureKind
from tunesmith.protocols.objective import Mode, Objective
from tunesmith.protocols.observation import Observation, ObservationStatus
from tunesmith.protocols.problem import Problem
from tunesmith.protocols.resources import Resources
from tunesmith.protocols.result import Metrics, Report, Result
from tunesmith.protocols.scheduler import ExperimentView, Scheduler
from tunesmith.protocols.searcher import Searcher, SearchExhausted
from tunesmith.protocols.stopper import Stopper
from tunesmith.protocols.trainable import Trainable
from tunesmith.protocols.trial import Config, TrialStatus, TrialView

__all__ = [
    "Callback",
    "Checkpoint",
    "Config",
    "Continue",
    "Decision",
    "ErrorInfo",
    "Executor",
    "ExecutorContext",
    "ExperimentView",
    "FailureKind",
    "Fork",
    "Metrics",
    "Mode",
    "Objective",
    "Observation",
    "ObservationStatus",
    "OutcomeConstraint",
    "Pause",
    "Problem",
    "Reallocate",
    "Report",
    "Resources",
    "Result",
    "Scheduler",
    "SearchExhausted",
    "Searcher",
    "Sense",
    "Stop",
    "Stopper",
    "Trainable",
    "TrialStatus",
    "TrialView",
    "TrialWorker",
]
