"""A resumed run takes its searcher's state up where that was kept, and asks only the rest again."""

import os
import pickle
import shutil
from pathlib import Path
from typing import Any

import pytest
from crash.cutting import ASHA, SIMULATED, Copier, curve, cut_after, run, story
from hypothesis import given
from hypothesis import strategies as st

import tunesmith as tune
from tunesmith._run import snapshot
from tunesmith._run.counsel import Counsel


@pytest.fixture
def eager(monkeypatch):
    """Have a snapshot taken after every command."""
    monkeypatch.setattr(snapshot, "WORTH_S", 0.0)
    monkeypatch.setattr(snapshot, "SHARE", 0)


@pytest.fixture
def asked(monkeypatch):
    """Return the trials for which searchers are asked, those of replays included."""
    trials: list[str] = []
    suggest = Counsel._suggest

    def noted(self: Counsel, trial: str) -> Any:
        trials.append(trial)
        return suggest(self, trial)

    monkeypatch.setattr(Counsel, "_suggest", noted)
    return trials


OPTIONS = {
    "searcher": "optuna",
    "scheduler": ASHA,
    "executor": SIMULATED,
    "num_samples": 14,
    "points_to_evaluate": [{"x": 0.5, "kind": {"name": "b"}}],
}


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize("searcher", ["optuna", "bohb", "gp"])
def test_a_run_goes_on_from_its_snapshot(tmp_path, asked, searcher):
    """Cut off anywhere, it ends as the whole run does, and asks for no trial that it remembers."""
    copier = Copier(tmp_path)
    options = {**OPTIONS, "searcher": searcher}
    whole = run(tmp_path, "whole", callbacks=[copier], **options)
    for number in range(5, copier.copies, 13):
        folder = tmp_path / f"{number:04d}"
        known = pickle.loads((folder / snapshot.FILE).read_bytes())[2]  # noqa: S301 (just written)
        asked.clear()
        assert story(tune.resume(folder, curve, verbose=0), with_times=True) == story(
            whole, with_times=True
        )
        assert known > 2
        assert len(asked) < 14
        assert len(asked) == len(set(asked))


@pytest.mark.usefixtures("eager")
def test_a_snapshot_ahead_of_the_journal_is_not_used(tmp_path, asked):
    """After a loss of power the journal may know less than the snapshot: all is asked again."""
    whole = run(tmp_path, "whole", **OPTIONS)
    folder = cut_after(tmp_path / "whole", 20, tmp_path / "cut")
    asked.clear()
    again = tune.resume(folder, curve, verbose=0)
    assert story(again, with_times=True) == story(whole, with_times=True)
    assert len(asked) == 13


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize("content", [b"", b"torn", pickle.dumps(({"python": "2.7"}, 1, 1))])
def test_a_snapshot_that_cannot_be_read_is_as_good_as_none(tmp_path, content, asked):
    """One that is torn, or from other versions, is removed, and all is asked again."""
    copier = Copier(tmp_path)
    whole = run(tmp_path, "whole", callbacks=[copier], **OPTIONS)
    folder = tmp_path / f"{copier.copies // 2:04d}"
    (folder / snapshot.FILE).write_bytes(content)
    asked.clear()
    again = tune.resume(folder, curve, verbose=0)
    assert story(again, with_times=True) == story(whole, with_times=True)
    assert len(asked) == 13


@pytest.mark.usefixtures("eager")
def test_a_state_that_cannot_be_taken_up_is_as_good_as_none(tmp_path, monkeypatch, asked):
    """A searcher that fails to restore itself is replaced by a fresh one, which is asked all."""
    from tunesmith_optuna.searcher import OptunaSearcher

    copier = Copier(tmp_path)
    whole = run(tmp_path, "whole", callbacks=[copier], **OPTIONS)
    folder = tmp_path / f"{copier.copies // 2:04d}"
    monkeypatch.setattr(OptunaSearcher, "restore", lambda *_: 1 / 0)
    asked.clear()
    again = tune.resume(folder, curve, verbose=0)
    assert story(again, with_times=True) == story(whole, with_times=True)
    assert len(asked) == 13


def test_a_cheap_searcher_leaves_no_snapshot(tmp_path):
    """What is asked again in no time is not kept."""
    run(tmp_path, "whole", executor=SIMULATED, searcher="random")
    assert not Path(tmp_path, "whole", snapshot.FILE).exists()


@given(st.lists(st.tuples(st.floats(0, 5), st.floats(0, 3)), max_size=50))
def test_snapshots_cost_a_small_share(steps):
    """Between two snapshots lie a second of work and twenty times what the first of them took."""
    rhythm, worked, took = snapshot.Rhythm(), 0.0, 0.0
    for work, cost in steps:
        worked += work
        due = rhythm.is_due(work)
        assert due == (worked >= max(1.0, 20 * took))
        if due:
            rhythm.taken(cost)
            worked, took = 0.0, cost


def test_another_users_snapshot_is_not_taken_up(tmp_path, monkeypatch):
    """A state is unpickled, so that it is refused where somebody else wrote it."""
    run(tmp_path, "whole", executor=SIMULATED)
    folder = shutil.copytree(tmp_path / "whole", tmp_path / "copy")
    (folder / snapshot.FILE).write_bytes(b"")
    try:
        os.chown(folder / snapshot.FILE, 12345, -1)
    except PermissionError:
        pytest.skip("only root can hand a file to another user")
    with pytest.raises(tune.UsageError, match="another user"):
        tune.resume(folder, curve)
