"""Tasks that need no data: what is known of them holds."""

import math
import sys

import numpy as np
import pytest

import tunesmith as tune
from tunesmith.errors import UsageError
from tunesmith_bench import Replay, Task
from tunesmith_bench.data import Data
from tunesmith_bench.design import spread
from tunesmith_bench.families import synthetic
from tunesmith_bench.families.catalog import load_task
from tunesmith_bench.families.noise import column
from tunesmith_bench.task import Scale

OPTIMA = {
    "branin": [(math.pi, 2.275), (-math.pi, 12.275), (9.42478, 2.475)],
    "hartmann3": [(0.1146, 0.5556, 0.8525)],
    "hartmann6": [(0.20169, 0.150011, 0.476874, 0.275332, 0.311652, 0.6573)],
    "ackley5": [(0.0,) * 5],
    "levy5": [(1.0,) * 5],
    "rosenbrock4": [(1.0,) * 4],
}


@pytest.mark.parametrize("name", OPTIMA)
def test_synthetic_functions_have_their_known_optima(name):
    """Each function takes its optimum where the literature has it, and nothing is below."""
    function, bounds, optimum = synthetic.FUNCTIONS[name]
    for point in OPTIMA[name]:
        assert function(point) == pytest.approx(optimum, abs=2e-4)
    points = np.random.default_rng(0).uniform(*zip(*bounds, strict=True), (500, len(bounds)))
    assert min(function(list(point)) for point in points) >= optimum - 1e-5


def test_the_median_configuration_has_regret_one():
    """Regret is 1 at the median and 0 at the optimum, and never below."""
    scale = load_task("synthetic", "branin", Data(), {}).scale
    assert scale.regret(scale.reference) == 1
    assert scale.regret(scale.best) == scale.regret(scale.best - 1) == 0
    assert math.isnan(scale.regret(None))


def test_a_log_scale_compares_logarithms():
    """With `log`, a tenth of the way in logarithms is a tenth of regret."""
    scale = Scale(mode="min", best=1e-5, reference=1.0, log=True)
    assert scale.regret(1e-4) == pytest.approx(0.2)


def test_low_fidelities_lie_above_the_function():
    """Cheap evaluations are biased upwards, and the last is the function itself."""
    task = load_task("synthetic", "mfhartmann6", Data(), {"bias": 0.5})
    config = {f"x{i}": value for i, value in enumerate(OPTIMA["hartmann6"][0])}
    rows = task.trainable.parameters["source"].curve(config, 3)
    assert len(rows) == task.max_resource == 27
    assert rows[-1]["value"] == rows[-1]["score"] == pytest.approx(-3.322368, abs=1e-4)
    assert rows[0]["value"] > rows[0]["score"] + 0.1
    assert rows == task.trainable.parameters["source"].curve(config, 3)
    assert rows != task.trainable.parameters["source"].curve(config, 4)


def test_noise_depends_on_seed_and_configuration_only():
    """Two methods with the same seed see the same noise, whenever they ask."""
    drawn = [[column(seed, row, 5) for row in range(40)] for seed in (1, 2)]
    assert drawn[0] == [column(1, row, 5) for row in range(40)]
    assert drawn[0] != drawn[1]
    assert {*drawn[0]} == set(range(5))


class Line:
    """A straight learning curve."""

    def curve(self, config, seed):
        return [{"loss": 1 / n, "elapsed_s": n * config["pace"]} for n in range(1, 6)]


def test_a_replayed_trial_goes_on_from_its_checkpoint(tmp_path):
    """A clone goes on along its own curve from where the other was, and so does its clock."""
    first, second = Replay(), Replay()
    first.setup({"pace": 1.0}, source=Line(), seed=0)
    for _ in range(3):
        first.step()
    first.save_checkpoint(str(tmp_path))
    second.setup({"pace": 10.0}, source=Line(), seed=0)
    second.load_checkpoint(str(tmp_path))
    assert second.step() == {"loss": 1 / 4, "elapsed_s": 13.0}
    second.step()
    assert second.step() is None


def test_a_spread_covers_conditional_spaces():
    """Sobol configurations are whole: each has the parameters of its branch and no other."""
    branch = tune.choice([{"kind": "a"}, {"kind": "b", "x": tune.uniform(0, 1)}])
    found = spread({"branch": branch, "y": tune.loguniform(1, 100)}, 64)
    kinds = [config["branch"]["kind"] for config in found]
    assert {kind: kinds.count(kind) for kind in "ab"} == {"a": 32, "b": 32}
    assert all(("x" in config["branch"]) == (config["branch"]["kind"] == "b") for config in found)


LIVE = {
    "digits_mlp": {"learning_rate_init": 0.05, "momentum": 0.5, "alpha": 1e-4},
    "digits_sgd": {"loss": "hinge", "penalty": "l2", "alpha": 1e-3, "eta0": 0.01},
}


@pytest.mark.parametrize("name", LIVE)
def test_live_tasks_learn_and_can_be_saved(name, tmp_path):
    """A live task really trains, is reproducible, and goes on from its checkpoint."""
    task = load_task("live", name, Data(), {})
    bound = task.bind(1)
    trainings = [bound.target() for _ in range(3)]
    for training in trainings:
        training.setup(LIVE[name], **bound.parameters)
    one, two, three = trainings
    first, second = [[training.step() for _ in range(3)] for training in (one, two)]
    assert first == second
    assert first[-1]["accuracy"] > 0.5
    assert first[-1]["elapsed_s"] == 3
    one.save_checkpoint(str(tmp_path))
    three.load_checkpoint(str(tmp_path))
    assert one.step() == three.step()
    other = bound.target()
    other.setup({**LIVE[name], "alpha": 1.0}, **bound.parameters)
    other.load_checkpoint(str(tmp_path))
    for _ in range(5):
        assert (three.step(), other.step()) != (None, None)
    assert three.step() != other.step()


def test_a_users_task_is_imported_from_the_working_folder(tmp_path, monkeypatch):
    """A family with a colon names a task, or a function of the options that returns one."""
    module = tmp_path / "bench_own_task.py"
    module.write_text(
        "from tunesmith_bench import Task\n"
        "def make(size=1):\n"
        "    return Task(trainable=print, space={}, metric='m', mode='min', full_time_s=size)\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    found = load_task("bench_own_task:make", "", Data(), {"size": 7.0})
    assert isinstance(found, Task)
    assert found.full_time_s == 7
    with pytest.raises(UsageError, match="cannot be imported"):
        load_task("bench_own_task:mkae", "", Data(), {})
