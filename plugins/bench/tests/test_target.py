"""Targets: an experiment ends at one, and the report says who got there how soon."""

import math

import pytest
from click.testing import CliRunner

from tunesmith_bench import hold
from tunesmith_bench.cell import Cell, Outcome, Point, TaskKey
from tunesmith_bench.command import bench
from tunesmith_bench.suite import Horizon, Method, parse
from tunesmith_bench.target import arrivals, arrived_s
from tunesmith_bench.task import Scale

TEXT = """
seeds = 2
workers = 1
horizon = { full_trainings = 200, target = 0.7 }
methods = [
  { name = "one", scheduler = "asha" },
  { name = "four", scheduler = "asha", workers = 4, simulator = { straggler_sd = 0.5 } },
]
[[tasks]]
family = "synthetic"
instance = "mfhartmann6"
"""


def outcome(method, seed, time_s, *, workers=1, simulator=None, regret=0.1):
    """Return what came of a cell whose incumbent is that good from then on."""
    return Outcome(
        cell=Cell(
            method=Method(name=method, scheduler="asha"),
            task=TaskKey(family="synthetic", instance="branin"),
            seed=seed,
            workers=workers,
            horizon=Horizon(seconds=100, target=0.2),
            simulator=simulator or {},
        ),
        scale=Scale(mode="min", best=0.0, reference=1.0),
        points=[Point(0.01, 1.0, 0.9, 0.9), Point(time_s / 100, time_s, regret, regret)],
        trials=7,
    )


def test_an_experiment_ends_at_its_target(tmp_path):
    """The incumbent that reaches the target is the last one, and nothing is reported after it."""
    contest = hold(parse(TEXT, name="x"), jobs=1, progress=False, output=str(tmp_path))
    assert not contest.failures
    for one in contest.outcomes:
        regrets = [one.scale.regret(point.score) for point in one.points]
        assert regrets[-1] <= 0.7 < min(regrets[:-1])
        assert one.simulated_s == one.points[-1].time_s == arrived_s(one) < 200 * 27


def test_a_methods_own_simulator_goes_before_the_suites(tmp_path):
    """One method may run on slow workers where the others do not."""
    suite = parse(f"simulator = {{ straggler_sd = 0.1, stop_delay_s = 1.0 }}\n{TEXT}", name="x")
    outcomes = hold(suite, jobs=1, progress=False, output=str(tmp_path)).outcomes
    assert {one.cell.method.name: one.cell.simulator for one in outcomes} == {
        "one": {"straggler_sd": 0.1, "stop_delay_s": 1.0},
        "four": {"straggler_sd": 0.5, "stop_delay_s": 1.0},
    }


def test_speed_up_is_the_ratio_of_mean_times():
    """Times are compared on the seeds on which both arrived; others are only counted."""
    outcomes = [
        outcome("one", 0, 40.0),
        outcome("one", 1, 80.0),
        outcome("one", 2, 90.0, regret=0.5),
        outcome("four", 0, 10.0, workers=4),
        outcome("four", 1, 30.0, workers=4),
        outcome("four", 2, 50.0, workers=4),
    ]
    one, four = arrivals(outcomes, "one")
    assert (one.reached, one.seeds, one.mean_s, one.speedup) == (2, 3, 60.0, 1.0)
    assert math.isnan(one.efficiency)
    assert (four.reached, four.mean_s, four.trials) == (3, 30.0, 7.0)
    assert four.speedup == pytest.approx(120 / 40)
    assert (four.low, four.high) == (pytest.approx(80 / 30), pytest.approx(4.0))
    assert four.efficiency == pytest.approx(3 / 4)


def test_efficiency_is_measured_against_the_same_method_on_fewer_workers():
    """A method on slow workers is compared with itself, not with the baseline."""
    slow = {"straggler_sd": 1.0}
    outcomes = [
        outcome("one", 0, 40.0),
        outcome("one, slow", 0, 60.0, simulator=slow),
        outcome("three, slow", 0, 20.0, simulator=slow, workers=3),
    ]
    found = {one.method: one for one in arrivals(outcomes, "one")}
    assert found["three, slow"].efficiency == pytest.approx(1.0)
    assert found["three, slow"].speedup == pytest.approx(2.0)
    assert math.isnan(found["one, slow"].efficiency)


def test_a_target_needs_a_scale(tmp_path, monkeypatch):
    """Where a task's best value is unknown, the cell fails and says what to give."""
    (tmp_path / "bench_unscaled_task.py").write_text(
        "import tunesmith as tune\n"
        "from tunesmith_bench import Task\n"
        "space = {'x': tune.uniform(0, 1)}\n"
        "task = Task(trainable=lambda config: config['x'], space=space, metric='x', mode='min')\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    text = """
    methods = [{ searcher = "random" }]
    seeds = 1
    horizon = { trials = 5, target = 0.1 }
    tasks = [{ family = "bench_unscaled_task:task" }]
    """
    (failed,) = hold(parse(text, name="x"), jobs=1, progress=False).failures
    assert failed.error.startswith("horizon: target=0.1 is a normalised regret")


def test_the_command_tells_times_to_the_target(tmp_path, read_table):
    """The table of times stands on the terminal, in the page and in the tidy table."""
    path = tmp_path / "mine.toml"
    path.write_text(TEXT)
    out = tmp_path / "results"
    done = CliRunner().invoke(bench, [str(path), "--jobs", "1", "--output", str(out), "-q"])
    assert done.exit_code == 0, done.output
    assert "2 of 2" in done.stdout
    assert "Time to the target" in (out / "report.html").read_text()
    first = read_table(out)[0]
    assert list(first)[-1] == "target_s"
    assert float(first["target_s"]) > 0


def test_cells_without_a_target_keep_their_files():
    """What was kept before there were targets is found again."""
    cell = Cell(
        method=Method(scheduler={"name": "asha", "grace_period": 1}),
        task=TaskKey(family="synthetic", instance="branin"),
        seed=3,
        workers=4,
        horizon=Horizon(full_trainings=12.0),
    )
    assert cell.digest == "cc07336f70d66afe81bd"
