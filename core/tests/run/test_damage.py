"""A run whose newest checkpoint is damaged goes on, and says so."""

import logging
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import tunesmith as tune
from tunesmith._cli.story import command


def train(config: Any) -> Any:
    """Break off after three steps, the newest checkpoint cut short; go on from what is whole."""
    found = tune.get_checkpoint()
    for step in range(found.to_dict()["step"] + 1 if found else 1, 6):
        if step == 4 and tune.get_context().attempt == 1:
            newest = max(tune.get_context().folder.glob("checkpoints/*"))
            (newest / "checkpoint.pkl").write_bytes(b"")
            raise RuntimeError("the machine went down")
        yield tune.Report({"loss": 1.0 / step}, checkpoint={"step": step})


def test_damage_is_told_and_costs_no_report(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The curve is whole, and warning and story name the checkpoint that is damaged."""
    with caplog.at_level(logging.WARNING):
        results = tune.run(
            train,
            {"x": tune.uniform(0, 1)},
            metric="loss",
            mode="min",
            num_samples=1,
            executor="inline",
            failure=tune.FailureConfig(max_retries={"user_error": 1}),
            storage=tmp_path,
            name="damaged",
            verbose=0,
        )
    assert [report["loss"] for report in results["0001"].history] == [
        1.0 / step for step in range(1, 6)
    ]
    told = "trials/0001/checkpoints/000003-a1 is damaged ("
    assert f"trial 0001: {told}" in caplog.text
    shown = CliRunner().invoke(command, [str(tmp_path / "damaged"), "0001"])
    assert told in " ".join(shown.output.split())
