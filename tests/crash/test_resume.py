"""A run that is cut off after any event goes on exactly as if it never had been."""

import os
from typing import Any

import pytest
from crash.cutting import ASHA, SIMULATED, Copier, Stateful, curve, cut_everywhere, run, story

import tunesmith as tune
from tunesmith import UsageError


@pytest.mark.parametrize("executor", ["inline", SIMULATED], ids=["inline", "simulated"])
@pytest.mark.parametrize("searcher", ["random", "optuna"])
@pytest.mark.parametrize(
    "scheduler",
    ["fifo", ASHA, {**ASHA, "mode": "promotion"}],
    ids=["fifo", "asha", "promotion"],
)
def test_a_run_cut_after_any_event_ends_the_same(tmp_path, executor, searcher, scheduler) -> None:
    """Cut the journal after its events, resume, and the experiment is the whole one's."""
    with_times = executor is SIMULATED
    whole = run(tmp_path, "whole", executor=executor, searcher=searcher, scheduler=scheduler)
    cut_everywhere(whole, tmp_path, with_times=with_times, step=2 if searcher == "random" else 9)


@pytest.mark.parametrize(
    ("searcher", "scheduler"),
    [
        ("random", {"name": "hyperband", "max_resource": 9}),
        ("random", "median-stopping"),
        ("random", {"name": "pasha", "max_resource": 9}),
        ("bohb", {"name": "hyperband", "max_resource": 9}),
        ("gp", ASHA),
        ({"name": "dehb", "max_resource": 9}, {"name": "dehb", "max_resource": 9}),
    ],
    ids=["hyperband", "median-stopping", "pasha", "bohb", "gp", "dehb"],
)
def test_other_algorithms_go_on_exactly(tmp_path, searcher, scheduler) -> None:
    """What holds for the algorithms above holds for those of the other packages."""
    options = {"searcher": searcher, "scheduler": scheduler, "executor": SIMULATED}
    whole = run(tmp_path, "whole", num_samples=14, **options)
    cut_everywhere(whole, tmp_path, with_times=True, step=9)


@pytest.mark.parametrize("scheduler", ["fifo", {**ASHA, "mode": "promotion"}])
def test_a_run_with_checkpoints_killed_at_any_event_ends_the_same(tmp_path, scheduler) -> None:
    """The folder as it was at any event, checkpoints included, is resumed to the same end."""
    copier = Copier(tmp_path / "copies")
    whole = run(
        tmp_path,
        "whole",
        trainable=Stateful,
        executor="inline",
        scheduler=scheduler,
        callbacks=[copier],
        checkpoint=tune.CheckpointConfig(every=2),
        stop={"training_iteration": 9},
        num_samples=3,
    )
    expected = story(whole, with_times=False)
    assert copier.copies > 20
    for folder in sorted(copier.place.iterdir())[::3]:
        results = tune.resume(folder, Stateful, verbose=0)
        assert story(results, with_times=False) == expected, f"killed at {folder.name}"


def test_a_finished_run_goes_on_to_more_trials(tmp_path) -> None:
    """num_samples on resume adds trials; with more of them at once the run would be the same."""
    run(tmp_path, "short", executor="inline", num_samples=4)
    longer = tune.resume(tmp_path / "short", curve, num_samples=8, verbose=0)
    whole = run(tmp_path, "whole", executor="inline", num_samples=8)
    assert story(longer, with_times=False) == story(whole, with_times=False)


def test_what_was_decided_cannot_be_changed(tmp_path) -> None:
    """A change that past decisions rest on is refused, with what can be changed."""
    run(tmp_path, "done", executor="inline", num_samples=2)
    with pytest.raises(UsageError, match="metric= of a run cannot be changed"):
        tune.resume(tmp_path / "done", curve, metric="accuracy")
    with pytest.raises(UsageError, match="no option 'num_sample'; did you mean 'num_samples'"):
        tune.resume(tmp_path / "done", curve, num_sample=9)
    with pytest.raises(UsageError, match="num_samples=1: the run has 2 trials already"):
        tune.resume(tmp_path / "done", curve, num_samples=1)


def test_what_a_journal_cannot_hold_is_asked_for(tmp_path) -> None:
    """A function that is no plain data has to be given again, and the message says how."""
    options: dict[str, Any] = {"executor": "inline", "num_samples": 2}
    run(tmp_path, "done", stop=lambda trial, metrics: metrics["loss"] < 0.2, **options)
    with pytest.raises(UsageError, match=r"stop=.*give it again: tune.resume\(.*, stop=\.\.\.\)"):
        tune.resume(tmp_path / "done", curve)


def test_a_run_that_goes_on_is_not_resumed(tmp_path) -> None:
    """While a driver holds the run, a second one is refused."""

    class Second:
        def on_trial_end(self, trial: Any) -> None:
            with pytest.raises(UsageError, match="is being written by"):
                tune.resume(tmp_path / "live", curve)
            self.was_refused = True

    second = Second()
    run(tmp_path, "live", executor="inline", num_samples=1, callbacks=[second])
    assert second.was_refused


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="Windows has no such owner of files")
def test_a_run_of_another_user_goes_on_only_if_told_to(tmp_path, monkeypatch) -> None:
    """Its checkpoints are unpickled; reading it is always possible."""
    run(tmp_path, "theirs", executor="inline", num_samples=2)
    owner = os.getuid()
    monkeypatch.setattr(os, "getuid", lambda: owner + 1)
    assert len(tune.load(tmp_path / "theirs")) == 2
    with pytest.raises(UsageError, match=rf"another user \(uid {owner}\).*trust=True"):
        tune.resume(tmp_path / "theirs", curve, num_samples=3, verbose=0)
    results = tune.resume(tmp_path / "theirs", curve, num_samples=3, trust=True, verbose=0)
    assert len(results) == 3
