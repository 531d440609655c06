"""A run goes on in another space: what fits is kept, and later resumes know of it."""

import contextlib
import sqlite3

import pytest
from crash.cutting import ASHA, SIMULATED, cut_after, story

import tunesmith as tune
from tunesmith import UsageError
from tunesmith._cli.main import run as tunesmith
from tunesmith._journal.reader import Reader

WIDE = {"x": tune.uniform(-1, 1), "y": tune.uniform(0, 4)}
NARROW = {"x": tune.uniform(0, 0.5), "y": tune.uniform(0, 4)}
ADDED = {**WIDE, "z": tune.uniform(0, 1)}


def curve(config):
    """Report a learning curve, with the seconds it would take."""
    for epoch in range(1, 10):
        loss = (config["x"] - 0.3) ** 2 + config["y"] / 10 + config.get("z", 0) + 1 / epoch
        yield {"loss": loss, "seconds": (1 + config["y"]) * epoch}


def start(tmp_path, **options):
    """Run a few trials in the wide space."""
    given = {"executor": SIMULATED, "num_samples": 12, "searcher": "optuna", **options}
    tune.run(
        curve,
        given.pop("space", WIDE),
        metric="loss",
        mode="min",
        seed=5,
        storage=tmp_path,
        name="run",
        verbose=0,
        **given,
    )
    return tmp_path / "run"


def events(folder, kind):
    """Return how many events of a kind the journal holds."""
    with sqlite3.connect(folder / "experiment.sqlite") as shell:
        (number,) = shell.execute("SELECT count(*) FROM events WHERE kind = ?", (kind,)).fetchone()
    shell.close()
    return number


@pytest.mark.parametrize("searcher", ["random", "optuna", "gp", "bohb"])
def test_a_finished_run_goes_on_in_a_narrower_space(tmp_path, searcher):
    """New trials are of the new space; the old ones stay, and those within it are recalled."""
    folder = start(tmp_path, searcher=searcher)
    before = story(tune.load(folder), with_times=True)
    results = tune.resume(folder, curve, space=NARROW, num_samples=30, verbose=0)
    assert story(results, with_times=True)[:12] == before
    new = list(results)[12:]
    assert len(new) == 18
    assert all(0 <= trial.config["x"] <= 0.5 for trial in new)
    within = [trial for trial in list(results)[:12] if 0 <= trial.config["x"] <= 0.5]
    assert events(folder, "Recalled") == len(within) > 0


@pytest.mark.parametrize("scheduler", ["fifo", ASHA, {**ASHA, "mode": "promotion"}])
@pytest.mark.parametrize("searcher", ["optuna", "gp"])
def test_a_changed_run_cut_anywhere_ends_the_same(tmp_path, scheduler, searcher):
    """The change comes in the middle of a run; what follows is resumed as exactly as before."""
    folder = start(tmp_path, searcher=searcher, scheduler=scheduler)
    cut = cut_after(folder, 24, tmp_path / "cut")
    whole = tune.resume(cut, curve, space=NARROW, num_samples=16, verbose=0)
    with sqlite3.connect(cut / "experiment.sqlite") as shell:
        last = shell.execute("SELECT max(seq) FROM events").fetchone()[0]
    shell.close()
    changed = 24 + 2  # the run's start, and the change
    for number in range(changed + 20, last, 17):
        again = cut_after(cut, number, tmp_path / f"cut-{number}")
        results = tune.resume(again, curve, num_samples=16, verbose=0)
        assert story(results, with_times=True) == story(whole, with_times=True)


def test_trials_outside_the_new_space_are_stopped(tmp_path):
    """What was under way goes on only if the new space has its configuration."""
    folder = start(tmp_path, searcher="random")
    cut = cut_after(folder, 14, tmp_path / "cut")
    live = {t.id for t in tune.load(cut) if t.status in ("pending", "running")}
    results = tune.resume(cut, curve, space=NARROW, verbose=0)
    for trial in results:
        if trial.id in live and not 0 <= trial.config["x"] <= 0.5:
            assert trial.status == "stopped"
            assert "outside the space" in trial.reason
        else:
            assert trial.status == "completed"
    assert any(trial.status == "stopped" for trial in results)


def test_an_added_parameter_needs_to_be_known_of_the_old_trials(tmp_path):
    """With assume= the searcher learns from trials that had no such parameter; else it does not."""
    folder = start(tmp_path)
    copy = cut_after(folder, 10_000, tmp_path / "copy")
    tune.resume(folder, curve, space=ADDED, num_samples=14, verbose=0)
    assert events(folder, "Recalled") == 0
    results = tune.resume(copy, curve, space=ADDED, assume={"z": 0.0}, num_samples=14, verbose=0)
    assert events(copy, "Recalled") == 12
    assert ["z" in trial.config for trial in results] == [False] * 12 + [True] * 2
    longer = tune.resume(copy, curve, num_samples=16, verbose=0)
    assert all("z" in trial.config for trial in list(longer)[12:])


def test_a_space_can_change_again_and_again(tmp_path):
    """Each change is an event, and the newest space counts."""
    folder = start(tmp_path)
    tune.resume(folder, curve, space=NARROW, num_samples=14, verbose=0)
    tune.resume(folder, curve, space=WIDE, num_samples=16, verbose=0)
    results = tune.resume(folder, curve, space=NARROW, num_samples=18, verbose=0)
    assert events(folder, "ExperimentChanged") == 3
    assert all(0 <= trial.config["x"] <= 0.5 for trial in list(results)[16:])
    tune.resume(folder, curve, space=NARROW, num_samples=20, verbose=0)
    assert events(folder, "ExperimentChanged") == 4


def test_points_that_were_to_be_run_still_are(tmp_path):
    """Points that no trial has been given yet are queued again, or the change is refused."""
    points = [{"x": 0.1 * n, "y": 1.0} for n in range(5)]
    folder = start(tmp_path, points_to_evaluate=points, num_samples=8)
    cut = cut_after(folder, 6, tmp_path / "cut")
    refused = cut_after(folder, 6, tmp_path / "refused")
    results = tune.resume(cut, curve, space={**NARROW, "x": tune.uniform(0, 0.45)}, verbose=0)
    assert tunesmith(["replay", str(cut)]) == 0
    assert [t.config["x"] for t in list(results)[:5]] == [point["x"] for point in points]
    with pytest.raises(UsageError, match="which was to be run"):
        tune.resume(refused, curve, space={**NARROW, "x": tune.uniform(0, 0.25)}, verbose=0)
    assert events(refused, "ExperimentChanged") == 0


def test_a_change_that_makes_no_sense_is_refused(tmp_path):
    """Before anything is written, with the reason and what to do instead."""
    folder = start(tmp_path)
    for space, options, message in [
        ({"x": tune.grid_search([1, 2])}, {}, "'x' is a grid"),
        (ADDED, {"assume": {"z": 7}}, "assume=.*'z'.*7"),
        (ADDED, {"assume": {"x": 0}}, "have a 'x' already"),
        (ADDED, {"assume": {"q": 0}}, "'q' is no parameter"),
        (None, {"assume": {"z": 0}}, "goes with a new space="),
    ]:
        given = options if space is None else {"space": space, **options}
        with pytest.raises(UsageError, match=message):
            tune.resume(folder, curve, num_samples=20, verbose=0, **given)
    assert events(folder, "ExperimentChanged") == 0


def test_a_scheduler_that_makes_configurations_keeps_its_space(tmp_path):
    """Population based training explores where it began."""

    class Model:
        def setup(self, config):
            self.config, self.epoch = config, 0

        def step(self):
            self.epoch += 1
            return {"loss": self.config["x"], "seconds": float(self.epoch)}

        def save_checkpoint(self, directory):
            pass

        def load_checkpoint(self, directory):
            pass

    tune.run(
        Model,
        WIDE,
        metric="loss",
        mode="min",
        scheduler={"name": "pbt", "interval": 2, "population_size": 3},
        stop={"training_iteration": 4},
        num_samples=3,
        executor="inline",
        storage=tmp_path,
        name="run",
        verbose=0,
    )
    with pytest.raises(UsageError, match="'pbt' makes configurations itself"):
        tune.resume(tmp_path / "run", Model, space=NARROW, num_samples=4)


def test_the_space_is_changed_on_the_command_line(tmp_path, monkeypatch, capsys):
    """`--space` names a TOML file, `--assume` is JSON; both are checked before anything is run."""
    monkeypatch.chdir(tmp_path)
    code = "def train(config):\n    return {'loss': config['x'] + config.get('z', 0)}\n"
    (tmp_path / "code.py").write_text(code, encoding="utf-8")
    start = ["run", "./code.py:train", "--metric", "loss", "--mode", "min", "--name", "run", "-q"]
    assert tunesmith([*start, "--param", "x=uniform(0, 1)", "--num-samples", "3"]) == 0
    other = "[space]\nx = {uniform = [0, 0.5]}\nz = {uniform = [0, 1]}\n"
    (tmp_path / "other.toml").write_text(other, encoding="utf-8")
    again = ["resume", "runs/run", "--space", "other.toml", "--num-samples", "5", "-q"]
    assert tunesmith([*again, "--assume", "{z: 0}"]) == 2
    assert "--assume {z: 0}: expected a JSON object" in capsys.readouterr().err
    assert tunesmith([*again, "--assume", '{"z": 0}']) == 0
    assert ["z" in trial.config for trial in tune.load("runs/run")] == [False] * 3 + [True] * 2


def test_any_option_is_changed_on_the_command_line(tmp_path, monkeypatch, capsys):
    """`--set` changes a part of an option, and keeps the rest of it; what cannot be is refused."""
    monkeypatch.chdir(tmp_path)
    code = "def train(config):\n    return {'loss': config['x']}\n"
    (tmp_path / "code.py").write_text(code, encoding="utf-8")
    begin = ["run", "./code.py:train", "--metric", "loss", "--mode", "min", "--name", "run", "-q"]
    begin += [
        "--set",
        "failure.stop_after_identical=7",
        "--param",
        "x=uniform(0, 1)",
        "--num-samples",
        "1",
    ]
    assert tunesmith(begin) == 0
    again = ["resume", "runs/run", "--num-samples", "2", "-q"]
    assert tunesmith([*again, "--set", "metric=acc"]) == 2
    assert "metric= of a run cannot be changed" in capsys.readouterr().err
    assert tunesmith([*again, "--set", "failure.max_retries=3"]) == 0
    with contextlib.closing(Reader(tmp_path / "runs" / "run")) as reader:
        (change,) = reader.changes()
    assert change.options["failure"]["max_retries"] == 3
    assert change.options["failure"]["stop_after_identical"] == 7
    further = ["resume", "runs/run", "--num-samples", "3", "-q"]
    assert tunesmith([*further, "--set", "failure.stop_after_identical=9"]) == 0
    with contextlib.closing(Reader(tmp_path / "runs" / "run")) as reader:
        change = reader.changes()[-1]
    assert change.options["failure"]["max_retries"] == 3
    assert change.options["failure"]["stop_after_identical"] == 9


def test_other_resources_hold_for_later_resumes(tmp_path):
    """Concurrency, resources and checkpoints are changed by an event, and only if they differ."""
    folder = start(tmp_path, executor="inline", max_concurrent=2)
    more = {"max_concurrent": 3, "resources": {"cpu": 2}, "verbose": 0}
    tune.resume(folder, curve, num_samples=14, **more)
    with contextlib.closing(Reader(folder)) as reader:
        (change,) = reader.changes()
    assert change.options["max_concurrent"] == 3
    assert change.options["resources"]["bundles"] == [{"cpu": 2}]
    assert "checkpoint" not in change.options
    tune.resume(folder, curve, num_samples=16, **more)
    tune.resume(folder, curve, num_samples=18, max_concurrent=2, verbose=0)
    with contextlib.closing(Reader(folder)) as reader:
        told = [one.options for one in reader.changes()]
    assert told[1:] == [{}, {"max_concurrent": 2}]
