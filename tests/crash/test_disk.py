"""A disk that fills up ends the run with the reason; once there is room, the run goes on."""

import contextlib
import subprocess
from pathlib import Path

import pytest

import tunesmith as tune
from tunesmith._cli.main import run as tunesmith
from tunesmith._journal.reader import Reader


class Bulky:
    """Writes much: into the journal, or as checkpoints, which show whether they are whole."""

    def setup(self, config):
        self.config, self.epoch = config, 0

    def step(self):
        self.epoch += 1
        return {"loss": self.config["x"] * self.epoch, "note": "n" * self.config["note"]}

    def save_checkpoint(self, directory):
        Path(directory, "state").write_bytes(bytes([self.epoch]) * self.config["bytes"])

    def load_checkpoint(self, directory):
        state = Path(directory, "state").read_bytes()
        assert state == state[:1] * self.config["bytes"]
        self.epoch = state[0]


class Told:
    """Remembers the results it was shown."""

    def __init__(self):
        self.shown = []

    def on_result(self, trial, result):
        self.shown.append((trial.id, int(result.resource), result.metrics["loss"]))


@pytest.fixture
def disk(tmp_path):
    """A disk of one megabyte, and a function that makes it larger."""
    place = tmp_path / "disk"
    place.mkdir()
    mounting = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)]
    try:
        done = subprocess.run(mounting, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("this system has no mount")
    if done.returncode:
        pytest.skip(f"only root can mount a small disk: {done.stderr.strip()}")

    def enlarge():
        larger = ["mount", "-o", "remount,size=40m", str(place)]
        subprocess.run(larger, check=True)

    try:
        yield place, enlarge
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


@pytest.mark.parametrize(
    ("note", "size"),
    [(3000, 10), (10, 33_000), (100, 200_000), (1, 600_000)],
    ids=["journal", "small checkpoints", "checkpoints", "large checkpoints"],
)
def test_a_full_disk_ends_the_run_and_costs_nothing(disk, note, size):
    """The error names the place and the way on; no trial failed, and all goes on once it can."""
    place, enlarge = disk
    told = Told()
    with pytest.raises(tune.UsageError) as caught:
        tune.run(
            Bulky,
            {"x": tune.uniform(0, 1), "note": note, "bytes": size},
            metric="loss",
            mode="min",
            num_samples=20,
            stop={"training_iteration": 9},
            checkpoint=tune.CheckpointConfig(every=2, keep=None if size < 500_000 else 0),
            executor="inline",
            storage=place,
            name="full",
            seed=1,
            verbose=0,
            callbacks=[told],
        )
    folder = place / "full"
    message = str(caught.value)
    assert repr(str(folder)) in message
    assert f"free space there, then go on with tune.resume({str(folder)!r})" in message
    check(folder, told.shown)
    enlarge()
    with contextlib.closing(tune.resume(folder, Bulky, callbacks=[told], verbose=0)) as results:
        assert results.counts == {"completed": 20}
        assert {len(trial.history) for trial in results} == {9}
    check(folder, told.shown)
    assert len(told.shown) == len(set(told.shown)) == 20 * 9
    assert tunesmith(["replay", str(folder)]) == 0


def check(folder, shown):
    """All that was shown is in a journal that is whole; nothing failed, and nothing is torn."""
    with contextlib.closing(Reader(folder)) as reader:
        assert reader.select("PRAGMA integrity_check") == [("ok",)]
    with contextlib.closing(tune.load(folder)) as results:
        assert "failed" not in results.counts
        told = {
            (trial.id, row["training_iteration"], row["loss"])
            for trial in results
            for row in trial.history
        }
        assert set(shown) <= told
        for trial in results:
            for saved in trial.checkpoints:
                assert len(set((saved.path / "state").read_bytes())) == 1
    assert not list(folder.glob("trials/*/checkpoints/*.tmp*"))
