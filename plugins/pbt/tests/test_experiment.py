"""PBT by name, in real experiments; what it did can be read, and replayed."""

import pytest

import tunesmith as tune
from tunesmith.errors import PluginError, UsageError


def train(config):
    """Approach the optimum faster the nearer the rate is to 0.3; goes on from its checkpoint."""
    saved = tune.get_checkpoint()
    state = saved.to_dict() if saved else {"epoch": 0, "loss": 1.0}
    while state["epoch"] < 12:
        state = {
            "epoch": state["epoch"] + 1,
            "loss": state["loss"] * (0.9 + abs(config["rate"] - 0.3) / 10),
        }
        checkpoint = state if tune.should_checkpoint() else None
        yield tune.Report({"loss": state["loss"]}, checkpoint=checkpoint)


@pytest.fixture
def run(tmp_path):
    """Train a population of six in two slots, with these options of PBT."""

    def run(searcher="random", seed=1, executor=None, changes=(), **options):
        settings = {"num_samples": 6, "scheduler": {"name": "pbt", "interval": 3, **options}}
        return tune.run(
            train,
            {"rate": tune.uniform(0, 1), "layers": tune.randint(1, 4), "k": 7},
            metric="loss",
            mode="min",
            searcher=searcher,
            executor=executor or {"name": "inline", "slots": 2},
            storage=tmp_path,
            seed=seed,
            verbose=0,
            **{**settings, **dict(changes)},
        )

    return run


def told(results):
    """Return all that must be the same in two runs of one seed."""
    return [(t.id, t.status, t.config, t.value, t.lineage) for t in results]


@pytest.mark.parametrize("searcher", ["random", "optuna"])
@pytest.mark.parametrize("synchronous", [False, True])
def test_any_searcher_proposes_the_population(run, searcher, synchronous):
    """Six members share two slots, all complete, and the weak ones became clones."""
    results = run(searcher, synchronous=synchronous)
    assert results.counts == {"completed": 6}
    assert any(len(trial.lineage) > 1 for trial in results)
    assert max(trial.iterations for trial in results) == 12


def test_the_same_seed_gives_the_same_experiment(run):
    """Two runs of one seed agree in every clone; another seed gives others."""
    assert told(run()) == told(run())
    assert told(run()) != told(run(seed=2))


def test_on_a_simulated_cluster_it_is_the_same_algorithm(run):
    """On simulated workers, a population that fits clones its weak members, too."""
    seconds = {"name": "simulated", "workers": 6, "time_metric": "training_iteration"}
    results = run(executor=seconds)
    assert results.counts == {"completed": 6}
    assert any(len(trial.lineage) > 1 for trial in results)


def test_the_lineage_tells_where_a_trial_comes_from(run):
    """Each stage but the first names its source and begins where that one was cloned."""
    results = run(quantile=0.5)
    clones = [trial for trial in results if len(trial.lineage) > 1]
    assert clones
    for trial in clones:
        first, *others = trial.lineage
        assert (first.resource, first.source) == (0, None)
        assert all(stage.source in {t.id for t in results} for stage in others)
        assert all(stage.resource % 3 == 0 for stage in others)
        assert trial.lineage[-1].config == trial.config


def test_replacements_come_from_the_searcher(run):
    """With replace="restart", stopped members make way for suggestions, up to num_samples."""
    results = run("optuna", replace="restart", population_size=3, changes={"num_samples": 8})
    assert len(results) == 8
    assert results.counts["stopped"] >= 1
    assert all(len(trial.lineage) == 1 for trial in results)


def replay(run, schedule, **options):
    """Run one trial that begins as the schedule does."""
    return run(
        changes={
            "num_samples": 1,
            "points_to_evaluate": [schedule[0].config],
            "scheduler": {"name": "pbt-replay", **options},
        }
    )


def test_a_replay_repeats_the_winner(run):
    """One trial, trained along the winner's lineage, gets the winner's value to the bit."""
    found = run(quantile=0.5)
    assert len(found.best.lineage) > 1
    again = replay(run, found.best.lineage, path=str(found.path))
    assert again.best.value == found.best.value
    assert again.best.history[-1]["loss"] == found.best.value
    assert [(s.resource, s.config) for s in again.best.lineage] == [
        (s.resource, s.config) for s in found.best.lineage
    ]
    assert {stage.source for stage in again.best.lineage} == {None, "0001"}


def test_a_replay_may_be_of_any_trial_and_shorter(run):
    """`trial` names another trial than the best; `max_resource` ends the replay."""
    found = run(quantile=0.5)
    chosen = found["0002"]
    again = replay(run, chosen.lineage, path=str(found.path), trial="0002", max_resource=5)
    assert again[0].iterations == 5
    assert again[0].status == "completed"


def test_a_replay_that_begins_otherwise_is_refused(run):
    """A first configuration that is not the schedule's is an error that gives the fix."""
    found = run()
    with pytest.raises(PluginError, match="pass points_to_evaluate="):
        run(
            changes={"num_samples": 1, "scheduler": {"name": "pbt-replay", "path": str(found.path)}}
        )


def test_a_replay_of_another_space_or_resource_is_refused(run, tmp_path):
    """What the earlier run trained must fit the experiment, down to the unit of its resource."""
    found = run()
    options = {"name": "pbt-replay", "path": str(found.path)}
    common = {"metric": "loss", "mode": "min", "num_samples": 1, "verbose": 0}
    place = {"storage": tmp_path, "executor": "inline", "scheduler": options}
    with pytest.raises(UsageError, match="not of this space"):
        tune.run(train, {"rate": tune.uniform(0, 1)}, **common, **place)
    with pytest.raises(UsageError, match="pass resource='training_iteration'"):
        tune.run(train, {"rate": tune.uniform(0, 1)}, resource="epoch", **common, **place)
    with pytest.raises(UsageError, match="no trial '0099'"):
        run(changes={"scheduler": {**options, "trial": "0099"}})
