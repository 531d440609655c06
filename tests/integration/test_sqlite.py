"""A run's journal, used from a database shell while the run goes on."""

import contextlib
import shutil
import sqlite3
import subprocess
import sys
import threading

import pytest

import tunesmith as tune

TRIALS = """
SELECT trial, status, reason, attempts, json_extract(config, '$.x'), iterations, last_value,
    best_value, error, checkpoint FROM trials ORDER BY trial
"""


def train(config):
    """Report thrice; fail above 0.8."""
    for epoch in range(1, 4):
        if config["x"] > 0.8 and epoch == 2:
            raise ValueError("too much")
        yield tune.Report({"loss": abs(2 - epoch) + config["x"]}, checkpoint={"epoch": epoch})


def query(path, sql, *parameters):
    """Ask the file as a shell would: plainly opened, then closed."""
    with contextlib.closing(sqlite3.connect(path)) as shell:
        return shell.execute(sql, parameters).fetchall()


class Shell:
    """Asks the journal at every callback, and once more from another thread."""

    def __init__(self, path):
        self.path = path
        self.errors = []
        self.counts = []
        self.states = []

    def ask(self):
        """Compare the views with each other."""
        try:
            with contextlib.closing(sqlite3.connect(self.path)) as shell:
                shell.execute("BEGIN")
                reports = dict(shell.execute("SELECT trial, count(*) FROM results GROUP BY trial"))
                trials = dict(shell.execute("SELECT trial, iterations FROM trials"))
            for trial, count in reports.items():
                assert trials[trial] == count
        except Exception as error:  # noqa: BLE001 (collected for the test)
            self.errors.append(error)

    def on_result(self, trial, result):
        thread = threading.Thread(target=self.ask)
        thread.start()
        thread.join()
        (seen,) = query(
            self.path,
            "SELECT resource, value, json_extract(metrics, '$.loss') FROM results "
            "WHERE trial = ? ORDER BY seq DESC, place DESC LIMIT 1",
            trial.id,
        )
        assert seen == (result.resource, result.values[0], result.metrics["loss"])
        (((status),),) = query(self.path, "SELECT status FROM trials WHERE trial = ?", trial.id)
        self.states.append(status)


@pytest.fixture
def run(tmp_path):
    """Run four trials inline, with callbacks; return the results and the journal's path."""

    def run(*callbacks):
        results = tune.run(
            train,
            {"x": tune.uniform(0, 1)},
            metric="loss",
            mode="min",
            points_to_evaluate=[{"x": 0.5}, {"x": 0.9}, {"x": 0.25}, {"x": 0.75}],
            num_samples=4,
            executor="inline",
            callbacks=callbacks,
            storage=tmp_path,
            name="run",
            verbose=0,
        )
        return results, tmp_path / "run" / "experiment.sqlite"

    return run


def test_views_are_right_while_the_run_goes_on(run, tmp_path):
    """At each result both views show it, agree with each other, and call the trial running."""
    shell = Shell(tmp_path / "run" / "experiment.sqlite")
    run(shell)
    assert not shell.errors
    assert shell.states == ["running"] * 10


def test_the_view_of_trials_says_how_each_ended(run):
    """One row a trial: status, attempts, configuration, last and best value, error, checkpoint."""
    results, path = run()
    rows = query(path, TRIALS)
    assert [row[:9] for row in rows] == [
        ("0001", "completed", "", 1, 0.5, 3, 1.5, 0.5, None),
        ("0002", "failed", "", 1, 0.9, 1, 1.9, 1.9, "ValueError: too much"),
        ("0003", "completed", "", 1, 0.25, 3, 1.25, 0.25, None),
        ("0004", "completed", "", 1, 0.75, 3, 1.75, 0.75, None),
    ]
    assert all(checkpoint.startswith(f"trials/{trial}/") for trial, *_, checkpoint in rows)
    assert [row[7] for row in rows] == [trial.value for trial in results]


def test_the_view_of_results_has_a_row_per_report(run):
    """Reports can be grouped, joined and filtered in SQL, their metrics by name."""
    _, path = run()
    assert query(path, "SELECT count(*) FROM results") == [(10,)]
    assert query(
        path,
        "SELECT t.trial, r.training_iteration FROM results r JOIN trials t USING (trial) "
        "WHERE r.value = t.best_value AND t.status = 'completed' ORDER BY r.value LIMIT 1",
    ) == [("0003", 2)]
    timed = query(path, "SELECT time_total_s, timestamp FROM results ORDER BY timestamp")
    assert all(spent >= 0 and stamp > 1.6e9 for spent, stamp in timed)


def test_a_shell_of_another_process_can_read_and_harms_nothing(run, tmp_path):
    """A separate process with a transaction open neither blocks the run nor is blocked by it."""
    script = (
        "import sqlite3, sys\n"
        "shell = sqlite3.connect(sys.argv[1])\n"
        "shell.execute('BEGIN')\n"
        "print(shell.execute('SELECT count(*) FROM results').fetchone()[0], flush=True)\n"
        "sys.stdin.read()\n"
        "print(shell.execute('SELECT count(*) FROM results').fetchone()[0], flush=True)\n"
    )
    path = tmp_path / "run" / "experiment.sqlite"

    class Opener:
        shell = None

        def on_result(self, trial, result):
            if self.shell is None:
                self.shell = subprocess.Popen(
                    [sys.executable, "-c", script, str(path)],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                )
                self.first = self.shell.stdout.readline()

    opener = Opener()
    results, path = run(opener)
    rest, _ = opener.shell.communicate("", timeout=30)
    assert (opener.first, rest) == ("1\n", "1\n")
    assert len(results) == 4
    assert query(path, "SELECT count(*) FROM results") == [(10,)]


@pytest.mark.skipif(shutil.which("sqlite3") is None, reason="needs the sqlite3 command")
def test_the_sqlite3_command_shows_the_views(run):
    """The command-line shell prints trials and results."""
    _, path = run()
    done = subprocess.run(
        ["sqlite3", str(path), "SELECT trial, status FROM trials"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == [
        "0001|completed",
        "0002|failed",
        "0003|completed",
        "0004|completed",
    ]
