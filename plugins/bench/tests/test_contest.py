"""Contests from end to end: what is run, kept, written and said."""

import json
import re
import sys

import msgspec
import pytest
from click.testing import CliRunner

from tunesmith_bench import hold, table
from tunesmith_bench.command import bench
from tunesmith_bench.suite import parse
from tunesmith_bench.table import COLUMNS, MOMENTS, scales

TEXT = """
searchers = ["random"]
schedulers = ["fifo", "asha"]
seeds = 3
workers = 3
horizon = { full_trainings = 4 }
[[tasks]]
family = "synthetic"
instance = "mfhartmann6"
[[tasks]]
family = "synthetic"
name = "steep"
instance = "mfhartmann6"
options = { bias = 2.0 }
"""


@pytest.fixture
def suite(tmp_path):
    return msgspec.structs.replace(parse(TEXT, name="small"), output=str(tmp_path / "out"))


def timeless(outcomes):
    return [msgspec.structs.replace(one, wall_s=0) for one in outcomes]


def test_cells_are_reproducible_and_kept(suite):
    """Started again, nothing runs; run afresh, the same comes out."""
    first = hold(suite, jobs=1, progress=False)
    assert not first.failures
    assert len(first.outcomes) == 2 * 2 * 3
    assert hold(suite, jobs=1, progress=False).outcomes == first.outcomes
    fresh = hold(suite, jobs=1, progress=False, fresh=True)
    assert fresh.outcomes != first.outcomes
    assert timeless(fresh.outcomes) == timeless(first.outcomes)


def test_only_changed_cells_run_again(suite):
    """Another option of one task leaves the other task's cells as they are."""
    before = {one.cell.digest: one for one in hold(suite, jobs=1, progress=False).outcomes}
    one, two = suite.tasks
    tasks = [one, msgspec.structs.replace(two, options={"bias": 0.5})]
    changed = msgspec.structs.replace(suite, tasks=tasks)
    after = {one.cell.digest: one for one in hold(changed, jobs=1, progress=False).outcomes}
    assert len(before.keys() & after.keys()) == 6
    assert all(before[key] == after[key] for key in before.keys() & after.keys())


def test_processes_give_the_same(suite, tmp_path):
    """Cells in spawned processes come out as in this one."""
    here = hold(suite, jobs=1, progress=False)
    there = hold(suite, jobs=2, progress=False, output=str(tmp_path / "there"))
    assert timeless(there.outcomes) == timeless(here.outcomes)


def test_outcomes_are_within_the_horizon(suite):
    """Incumbents only get better, within the time; early stopping tries more configurations."""
    contest = hold(suite, jobs=1, progress=False)
    for one in contest.outcomes:
        values = [point.value for point in one.points]
        assert values == sorted(values, reverse=True)
        assert 0 < one.points[0].fraction <= one.points[-1].fraction <= 1
        assert one.simulated_s <= 4 * 27
        assert scales(contest.outcomes)[one.cell.task.name].regret(one.points[-1].score) < 1.5
    trials = {one.cell.method.name: one.trials for one in contest.outcomes}
    assert trials["random+asha"] > 2 * trials["random"]


def test_a_method_that_cannot_take_a_task_is_no_failure(suite):
    """With one report a trial, ASHA has no rung to stop at: its cell is left out."""
    text = """
    methods = [{ searcher = "random" }, { searcher = "random", scheduler = "asha" }]
    seeds = 1
    horizon = { trials = 5 }
    [[tasks]]
    family = "synthetic"
    instance = "branin"
    """
    contest = hold(parse(text, name="x"), jobs=1, progress=False, output=suite.output)
    (left_out,) = contest.impossible
    assert left_out.cell.method.name == "random+asha"
    assert "report once" in left_out.error
    assert not contest.failures
    fine = next(one for one in contest.outcomes if not one.error)
    assert fine.trials == 5
    assert {point.fraction for point in fine.points} <= {0.2, 0.4, 0.6, 0.8, 1.0}


def test_a_failed_cell_is_run_again(suite, tmp_path, monkeypatch):
    """What fails is told, leaves the other cells alone, and is tried again next time."""
    module = tmp_path / "bench_fragile_task.py"
    module.write_text(
        "import tunesmith as tune\n"
        "from tunesmith_bench import Task\n"
        "def train(config):\n"
        "    return {'loss': config['x'], 'elapsed_s': 1.0}\n"
        "def make():\n"
        "    open('switch').close()\n"
        "    space = {'x': tune.uniform(0, 1)}\n"
        "    return Task(trainable=train, space=space, metric='loss', mode='min')\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.path", [str(tmp_path), *sys.path])
    text = """
    searchers = ["random"]
    schedulers = ["fifo"]
    seeds = 1
    horizon = { trials = 5 }
    tasks = [{ family = "bench_fragile_task:make" }]
    """
    fragile = parse(text, name="fragile")
    (failed,) = hold(fragile, jobs=1, progress=False).failures
    assert "FileNotFoundError" in failed.error
    (tmp_path / "switch").touch()
    contest = hold(fragile, jobs=1, progress=False)
    assert not contest.failures
    known = scales(contest.outcomes)[failed.cell.task.name]
    assert known.best == contest.outcomes[0].points[-1].score


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_cell_that_a_signal_cuts_off_is_not_kept(tmp_path, monkeypatch, jobs):
    """One Ctrl-C, or SIGTERM, ends the contest; the cell under way is run again next time."""
    module = tmp_path / "bench_signalled_task.py"
    module.write_text(
        "import os\n"
        "import signal\n"
        "import tunesmith as tune\n"
        "from tunesmith_bench import Task\n"
        "def train(config, seed):\n"
        "    if seed == 1 and not os.path.exists('calm'):\n"
        "        signal.raise_signal(signal.SIGTERM)\n"
        "    for epoch in range(1, 4):\n"
        "        yield {'loss': config['x'], 'elapsed_s': 1.0 * epoch}\n"
        "space = {'x': tune.uniform(0, 1)}\n"
        "task = Task(trainable=train, space=space, metric='loss', mode='min', seeded=True)\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.path", [str(tmp_path), *sys.path])
    text = """
    searchers = ["random"]
    schedulers = ["fifo"]
    seeds = 3
    horizon = { trials = 5 }
    tasks = [{ family = "bench_signalled_task:task" }]
    """
    torn = parse(text, name="torn")
    with pytest.raises(KeyboardInterrupt):
        hold(torn, jobs=jobs, progress=False)
    (tmp_path / "calm").touch()
    contest = hold(torn, jobs=1, progress=False)
    assert [one.trials for one in contest.outcomes] == [5, 5, 5]
    assert [one.statuses for one in contest.outcomes] == [{"completed": 5}] * 3


def test_a_table_needs_no_pyarrow(tmp_path, monkeypatch):
    """Where pyarrow cannot be imported, absent or made for another NumPy, the table is CSV."""
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    path = table.write([], tmp_path)
    assert path.name == "results.csv"
    assert path.read_text().strip() == ",".join(table.COLUMNS)


def test_the_command_writes_table_figures_and_report(tmp_path, read_table, capsys):
    """One command leaves a tidy table, PNG figures and a self-contained page."""
    path = tmp_path / "mine.toml"
    path.write_text(TEXT)
    out = tmp_path / "results"
    arguments = [str(path), "--jobs", "1", "--output", str(out), "--seeds", "2", "--json"]
    bench.main(arguments, standalone_mode=False)
    told = json.loads(capsys.readouterr().out)
    assert {one["method"] for one in told["standings"]} == {"random", "random+asha"}
    assert told["baseline"] == "random"
    rows = read_table(out)
    assert tuple(rows[0]) == COLUMNS
    assert len(rows) == 2 * 2 * 2 * len(MOMENTS)
    ends = [float(row["regret"]) for row in rows if float(row["fraction"]) == 1]
    means = [one["r100"] for one in told["standings"]]
    assert sum(ends) / len(ends) == pytest.approx(sum(means) / 2)
    page = (out / "report.html").read_text()
    assert page.count("data:image/png;base64,") == 5
    assert not re.findall(r'(?:src|href)="(?!data:)', page)
    assert {path.stem for path in (out / "figures").glob("*.png")} == {
        "regret",
        "rank",
        "target",
        "difference",
        "tasks",
    }


def test_the_command_lists_tasks():
    """`--tasks` lists every family and what is there of it."""
    done = CliRunner().invoke(bench, ["--tasks"])
    assert done.exit_code == 0
    assert "synthetic: branin, hartmann3" in done.stdout
