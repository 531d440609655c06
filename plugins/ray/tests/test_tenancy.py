"""Runs of one process that use Ray at the same time, and one after another."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tunesmith_ray import tenancy

SCRIPT = """
import gc, sys
from pathlib import Path

import ray
from tunesmith.protocols.events import ExecutorFailed, TrialEnded, TrialLost
from tunesmith.testing.stage import ExecutorCase
from tunesmith_ray import RayExecutor


def train(config):
    yield {"loss": 0.0}
    yield {"loss": 1.0}


class Case(ExecutorCase):
    in_process = False

    def make(self, context):
        return RayExecutor(context, num_cpus=2)


case = Case()
folder = Path(sys.argv[1])
builders = []


def start(name):
    builders.append(ExecutorCase.stage.__wrapped__(case, folder / name))
    return next(builders[-1])(train, max_concurrent=1)


def run(shown, trial):
    shown.launch(trial)
    assert shown.wait(TrialEnded, trial).outcome == "completed"


gc.disable()
first, second = start("first"), start("second")
run(first, "0001")
run(second, "0001")
first.executor.close()
run(second, "0002")
second.executor.close()
print("overlapped", ray.is_initialized(), flush=True)

put = ray.put


def put_and_collect(value):
    reference = put(value)
    gc.collect()
    return reference


ray.put = put_and_collect
third = start("third")
run(third, "0001")
print("again", ray.is_initialized(), flush=True)
ray.put = put
third.launch("0002", until=1.0)
third.wait_for_decision("0002")
ray.shutdown()
ray.init(num_cpus=1, include_dashboard=False, logging_level="ERROR")
failed = third.wait_for(lambda event: isinstance(event, ExecutorFailed), "ExecutorFailed")
lost = [event for event in third.events if isinstance(event, TrialLost)]
print("vanished", failed.error.type, len(lost), flush=True)
third.executor.close()
print("left", ray.is_initialized(), flush=True)
"""


def test_runs_share_ray_follow_each_other_and_notice_its_end(ran: Callable[..., Any]) -> None:
    """Ray stays until the last run ends; the next one starts its own; a vanished one is an error.

    What an earlier run leaves to the garbage collector does not harm the next. A Ray that the
    program starts in place of ours is not ended.
    """
    done = ran(SCRIPT, 150)
    assert done.stdout.splitlines() == [
        "overlapped False",
        "again True",
        "vanished UsageError 1",
        "left True",
    ], done.stdout + done.stderr[-3000:]


class FakeRay:
    """Ray as far as a tenancy knows it."""

    def __init__(self) -> None:
        self.address = 0
        self.up = False
        self.fails = False

    def is_initialized(self) -> bool:
        """Tell whether it is connected."""
        return self.up

    def init(self, **arguments: Any) -> None:
        """Connect to a new one."""
        if self.fails:
            raise RuntimeError("no room")
        assert not self.up
        self.up = True
        self.address += 1

    def shutdown(self) -> None:
        """Disconnect."""
        assert self.up
        self.up = False

    def get_runtime_context(self) -> Any:
        """Return what tells one from another."""
        return SimpleNamespace(gcs_address=str(self.address), get_job_id=lambda: "01")


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> FakeRay:
    """Put a fake in the place of Ray."""
    ray = FakeRay()
    monkeypatch.setattr(tenancy, "ray", ray)
    return ray


@given(choices=st.lists(st.integers(0, 4), max_size=20))
def test_ray_is_up_exactly_as_long_as_somebody_uses_it(choices: list[int]) -> None:
    """Whoever comes and goes in whatever order: the last one ends it, the next one starts it."""
    ray = FakeRay()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tenancy, "ray", ray)
        tenants: list[tenancy.Tenant] = []
        for choice in choices:
            if choice < len(tenants):
                leaver = tenants.pop(choice)
                leaver.leave()
                leaver.leave()
            else:
                tenants.append(tenancy.enter({"num_cpus": 1}))
                assert tenants[-1].is_founder == (len(tenants) == 1)
            assert ray.up == bool(tenants)
            assert all(tenant.is_connected for tenant in tenants)
        for tenant in tenants:
            tenant.leave()
        assert not ray.up


def test_ray_of_the_program_is_left_running(fake: FakeRay) -> None:
    """A Ray that was there before is used, and not ended."""
    fake.init()
    tenant = tenancy.enter({})
    assert not tenant.is_founder
    tenant.leave()
    assert fake.up


def test_ray_that_did_not_start_is_not_ended(fake: FakeRay) -> None:
    """Where Ray cannot start, the error passes, and one that starts later is left alone."""
    fake.fails = True
    with pytest.raises(RuntimeError, match="no room"):
        tenancy.enter({"num_cpus": 1})
    assert not tenancy.runs_with({"num_cpus": 1})
    fake.fails = False
    fake.init()
    tenancy.enter({}).leave()
    assert fake.up


def test_sizes_of_the_run_that_shares_are_known(fake: FakeRay) -> None:
    """A run with the very same options shares a Ray; one with others can be told that it cannot."""
    tenant = tenancy.enter({"num_cpus": 1})
    assert tenancy.runs_with({"num_cpus": 1})
    assert not tenancy.runs_with({"num_cpus": 2})
    tenant.leave()
    assert not tenancy.runs_with({"num_cpus": 1})
