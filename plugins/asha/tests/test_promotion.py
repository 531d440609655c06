"""The promotion variant against the paper's algorithm, worked by hand and by brute force."""

from math import inf
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from tunesmith.protocols import Continue, Pause, Stop, TrialView
from tunesmith_asha.scheduler import asha

VALUES = st.sampled_from([0.1, 0.2, 0.3, 0.4, 0.5, -1.0, inf])


class Cluster:
    """A few slots worked by hand: an `ExperimentView`, and how far each trial has trained."""

    def __init__(self, scheduler, values, make_trial, make_result):
        self.scheduler = scheduler
        self.values = values
        self.make_trial, self.make_result = make_trial, make_result
        self.status: dict[str, str] = {}
        self.reached: dict[str, float] = {}
        self.until: dict[str, float] = {}
        self.log: list[str] = []
        self.searching = True

    def _of(self, status: str) -> list[str]:
        return [trial for trial, now in self.status.items() if now == status]

    @property
    def pending(self) -> list[str]:
        """As in the protocol."""
        return self._of("pending")

    @property
    def paused(self) -> list[str]:
        """As in the protocol."""
        return self._of("paused")

    @property
    def running(self) -> list[str]:
        """As in the protocol."""
        return self._of("running")

    def trial(self, trial_id: str) -> TrialView:
        """As in the protocol."""
        return self.make_trial(trial_id, self.status[trial_id])

    def suggest(self) -> None:
        """Add the next trial while there are values for one."""
        if len(self.status) < len(self.values):
            self.status[f"{len(self.status) + 1:04}"] = "pending"
        self.searching = len(self.status) < len(self.values)

    def fill(self) -> str | None:
        """Give a free slot away; return who got it."""
        if not self.pending:
            self.suggest()
        trial = self.scheduler.next_trial(self)
        if trial is not None:
            assert self.status[trial] in ("pending", "paused")
            self.status[trial] = "running"
            self.until[trial] = self.scheduler.first(self.trial(trial)).until
            self.log.append(f"{trial}→{self.until[trial]:g}")
        return trial

    def report(self, trial: str) -> Continue | Pause | Stop:
        """Let a running trial reach its next decision."""
        self.reached[trial] = self.until[trial]
        value = self.values[int(trial) - 1]
        result = self.make_result(self.reached[trial], value)
        decision = self.scheduler.on_result(self.trial(trial), result)
        if isinstance(decision, Continue):
            self.until[trial] = decision.until
            self.log.append(f"{trial}→{self.until[trial]:g}")
        else:
            self.status[trial] = "paused" if isinstance(decision, Pause) else "stopped"
        if isinstance(decision, Stop):
            self.scheduler.on_trial_end(self.trial(trial))
        return decision

    def end(self, trial: str, status: str) -> None:
        """End a trial from outside."""
        self.status[trial] = status
        self.scheduler.on_trial_end(self.trial(trial))


def test_nine_configurations_climb_as_in_the_paper(make_problem, make_trial, make_result):
    """One worker, n=9, r=1, R=9, η=3: each third promotes one, the third promotion one more."""
    values = [0.5, 0.9, 0.4, 0.8, 0.3, 0.7, 0.2, 0.6, 0.1]
    cluster = Cluster(asha(make_problem(9), mode="promotion"), values, make_trial, make_result)
    while (trial := cluster.fill()) is not None:
        while isinstance(cluster.report(trial), Continue):
            pass
    assert cluster.log == [
        *("0001→1", "0002→1", "0003→1", "0003→3"),  # of three, the best goes on at once
        *("0004→1", "0005→1", "0005→3"),  # best of five: still one of five, 0005 is it
        *("0006→1", "0007→1", "0007→3", "0007→9"),  # two of seven; best of three at rung 3
        *("0008→1", "0009→1", "0009→3"),  # ⌊4/3⌋ of rung 3 is one, and 0009 is it
        "0009→9",
    ]


def test_every_trial_pauses_at_a_rung_and_says_where(make_problem, make_trial, make_result):
    """A trial at a rung waits for others, with a reason that names rung and unit."""
    scheduler = asha(make_problem(resource="epochs"), mode="promotion")
    assert scheduler.first(make_trial("0001")) == Continue(until=1)
    decision = scheduler.on_result(make_trial("0001"), make_result(1, 0.1))
    assert decision == Pause("waits for promotion at epochs=1")


def test_a_trial_that_would_be_promoted_at_once_is_not_paused(
    make_problem, make_trial, make_result
):
    """The best of three goes on to the next rung without giving its slot back."""
    scheduler = asha(make_problem(), mode="promotion")
    for number, value in ((1, 0.3), (2, 0.2)):
        scheduler.on_result(make_trial(f"{number:04}"), make_result(1, value))
    assert scheduler.on_result(make_trial("0003"), make_result(1, 0.1)) == Continue(until=3)
    assert scheduler.on_result(make_trial("0003"), make_result(27, 0.1)) == Stop(
        "reached max_resource=27", complete=True
    )


def test_the_highest_rung_is_served_first(make_problem, make_trial, make_result):
    """Where rungs 1 and 3 both have a promotable trial, the one at 3 goes first."""
    values = [0.4, 0.3, 0.2, *[0.9] * 6, 0.5, 0.9, 0.9]
    cluster = Cluster(asha(make_problem(), mode="promotion"), values, make_trial, make_result)
    for trial in [cluster.fill() for _ in range(9)]:
        cluster.report(trial)
    # Of nine at rung 1 three may go on: 0003 did without a pause, these two get the next slots.
    assert [cluster.fill(), cluster.fill()] == ["0002", "0001"]
    assert [cluster.fill(), cluster.fill(), cluster.fill()] == ["0010", "0011", "0012"]
    for trial in ("0003", "0002", "0010", "0011", "0012", "0001"):
        assert isinstance(cluster.report(trial), Pause)
    # Now 0003 is the best of three at rung 3, and 0010 the fourth best of twelve at rung 1.
    assert [cluster.fill(), cluster.fill()] == ["0003", "0010"]
    assert cluster.log[-2:] == ["0003→9", "0010→3"]


def test_a_diverged_trial_is_never_promoted(make_problem, make_trial, make_result):
    """With nothing but diverged trials no promotion happens, not even at the end."""
    values = [inf] * 12
    cluster = Cluster(asha(make_problem(), mode="promotion"), values, make_trial, make_result)
    while (trial := cluster.fill()) is not None:
        assert isinstance(cluster.report(trial), Pause)
    assert cluster.log == [f"{number:04}→1" for number in range(1, 13)]


def test_the_leader_reaches_the_end_when_the_search_is_over(make_problem, make_trial, make_result):
    """With too few trials for promotions to the end, the leader alone trains to it."""
    values = [0.5, 0.4, 0.3, 0.6]
    cluster = Cluster(asha(make_problem(), mode="promotion"), values, make_trial, make_result)
    while (trial := cluster.fill()) is not None:
        while isinstance(cluster.report(trial), Continue):
            pass
    assert cluster.log[-2:] == ["0004→1", "0003→27"]
    assert cluster.status == {
        "0001": "paused",
        "0002": "paused",
        "0003": "stopped",
        "0004": "paused",
    }


def test_no_one_is_sent_to_the_end_after_a_trial_completed(make_problem, make_trial, make_result):
    """A trial that ended by itself was trained to its end: no last promotion is needed."""
    cluster = Cluster(asha(make_problem(), mode="promotion"), [0.5, 0.4], make_trial, make_result)
    first, second = cluster.fill(), cluster.fill()
    cluster.report(first)
    cluster.end(second, "completed")
    assert cluster.fill() is None


def test_the_leader_that_ends_short_of_the_end_has_no_successor(
    make_problem, make_trial, make_result
):
    """Only one trial is sent to the end: whatever ended it would end the others too."""
    values = [0.5, 0.4]
    cluster = Cluster(asha(make_problem(), mode="promotion"), values, make_trial, make_result)
    for _ in values:
        cluster.report(cluster.fill())
    assert cluster.fill() == "0002"
    cluster.end("0002", "stopped")
    assert cluster.fill() is None


def test_the_slot_stays_free_while_the_searcher_thinks(make_problem, make_trial, make_result):
    """As long as further trials can come, nobody is promoted out of turn."""
    cluster = Cluster(asha(make_problem(), mode="promotion"), [0.5], make_trial, make_result)
    cluster.report(cluster.fill())
    cluster.searching = True
    assert cluster.scheduler.next_trial(cluster) is None
    cluster.searching = False
    assert cluster.scheduler.next_trial(cluster) == "0001"


def test_a_paused_trial_that_ended_is_not_resumed(make_problem, make_trial, make_result):
    """A trial that ends while it waits gives its turn to the next best of the same share."""
    values = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]
    cluster = Cluster(asha(make_problem(), mode="promotion"), values, make_trial, make_result)
    running = [cluster.fill() for _ in range(6)]
    for trial in running[:2]:
        cluster.report(trial)
    cluster.end("0001", "failed")
    for trial in running[2:]:
        cluster.report(trial)
    assert cluster.fill() == "0002"
    assert cluster.fill() == "0007"


def test_a_leader_that_is_still_saving_is_left_alone(make_problem, make_trial, make_result):
    """A trial whose pause has not been confirmed is not resumed; the slot goes to a new one."""
    values = [0.1, 0.2, 0.3, 0.4]
    cluster = Cluster(asha(make_problem(), mode="promotion"), values, make_trial, make_result)
    for _ in range(3):
        cluster.fill()
    for trial in ("0001", "0002", "0003"):
        cluster.report(trial)
    cluster.status["0001"] = "running"
    assert cluster.fill() == "0004"
    cluster.status["0001"] = "paused"
    assert cluster.fill() == "0001"


def test_a_trial_whose_pause_failed_pauses_again_and_counts_once(
    make_problem, make_trial, make_result
):
    """A trial relaunched while it should wait is asked at its next report and not entered twice."""
    scheduler = asha(make_problem(), mode="promotion")
    trial = make_trial("0001")
    scheduler.on_result(trial, make_result(1, 0.3))
    assert scheduler.first(trial) == Continue()
    assert isinstance(scheduler.on_result(trial, make_result(2, 0.1)), Pause)
    assert len(scheduler._state.rungs[-1].scores) == 1


def test_a_report_past_rungs_counts_at_the_highest_it_reached(
    make_problem, make_trial, make_result
):
    """A first report at 5 enters rung 3; the trial's next level is 9."""
    scheduler = asha(make_problem(), mode="promotion")
    scheduler.on_result(make_trial("0001"), make_result(5, 0.3))
    entered = {rung.level: len(rung.scores) for rung in scheduler._state.rungs}
    assert entered == {9: 0, 3: 1, 1: 0}
    assert scheduler._state.goals == {"0001": 9}


class Oracle:
    """Algorithm 2 with sets, everything sorted anew at each question."""

    def __init__(self, levels: list[float], factor: float) -> None:
        self.levels, self.factor = levels, factor
        self.entered: dict[float, list[tuple[float, int, str]]] = {x: [] for x in levels[:-1]}
        self.promoted: set[tuple[float, str]] = set()
        self.gone: set[str] = set()

    def enter(self, trial: str, level: float, value: float) -> None:
        """Record a result."""
        self.entered[level].append((value, len(self.entered[level]), trial))

    def promotable(self) -> list[tuple[float, str]]:
        """Return the best promotable trial of each rung, the highest rung first."""
        leaders = []
        for level in reversed(self.levels[:-1]):
            ranked = sorted(self.entered[level])
            top = ranked[: int(len(ranked) // self.factor)]
            open_ = [
                trial
                for value, _, trial in top
                if value < inf and (level, trial) not in self.promoted and trial not in self.gone
            ]
            leaders += [(level, open_[0])] if open_ else []
        return leaders


@given(
    st.lists(VALUES, min_size=1, max_size=40),
    st.integers(1, 5),
    st.sampled_from([2, 2.5, 3]),
    st.integers(0, 2**16),
)
def test_promotions_equal_those_of_the_oracle(
    make_problem, make_trial, make_result, values, slots, factor, seed
):
    """Whatever the values, the slots, the order of arrival and failures: Algorithm 2, exactly."""
    rng = Random(seed)
    scheduler = asha(make_problem(9), mode="promotion", reduction_factor=factor)
    levels = list(scheduler._ladders.levels[0])
    cluster = Cluster(scheduler, values, make_trial, make_result)
    oracle = Oracle(levels, factor)
    while True:
        while len(cluster.running) < slots:
            leaders = oracle.promotable()
            idle = not cluster.running
            trial = cluster.fill()
            if leaders:
                assert trial == leaders[0][1]
                oracle.promoted.add(leaders[0])
            elif trial is None or cluster.until[trial] != levels[0]:
                assert not cluster.pending
                assert trial is None or (idle and cluster.until[trial] == levels[-1])
            if trial is None:
                break
        if not cluster.running:
            break
        trial = rng.choice(cluster.running)
        if rng.random() < 0.1:
            cluster.end(trial, "failed")
            oracle.gone.add(trial)
            continue
        decision = cluster.report(trial)
        if cluster.reached[trial] < levels[-1]:
            oracle.enter(trial, cluster.reached[trial], values[int(trial) - 1])
            ahead = oracle.promotable()[:1] == [(cluster.reached[trial], trial)]
            assert isinstance(decision, Continue if ahead else Pause)
            oracle.promoted |= {(cluster.reached[trial], trial)} if ahead else set()
        else:
            oracle.gone.add(trial)
    assert len(cluster.status) == len(values)
    survivors = [
        v
        for v, status in zip(values, cluster.status.values(), strict=True)
        if status == "paused" and v < inf
    ]
    assert "stopped" in cluster.status.values() or not survivors or oracle.gone


@given(st.lists(VALUES, min_size=4, max_size=30), st.integers(0, 30))
def test_a_restored_scheduler_goes_on_as_the_uninterrupted_one(
    make_problem, make_trial, make_result, values, cut
):
    """State taken between any two slots and given to a new scheduler changes nothing after."""
    logs = []
    for interrupted in (False, True):
        scheduler = asha(make_problem(9), mode="promotion", brackets=2)
        cluster = Cluster(scheduler, values, make_trial, make_result)
        steps = 0
        while (trial := cluster.fill()) is not None:
            while isinstance(cluster.report(trial), Continue):
                pass
            steps += 1
            if interrupted and steps == cut:
                cluster.scheduler = asha(make_problem(9), mode="promotion", brackets=2)
                cluster.scheduler.restore(scheduler.state())
        logs.append(cluster.log)
    assert logs[0] == logs[1]
