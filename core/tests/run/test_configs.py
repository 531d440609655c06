"""What failure and checkpoint options mean."""

import pytest

from tunesmith._run.configs import KINDS, CheckpointConfig, FailureConfig


def test_defaults_retry_what_is_not_the_users_fault() -> None:
    """A user's error is not repeated, a lost worker is, a pre-emption always."""
    retries = FailureConfig().retries
    assert retries["user_error"] == 0
    assert retries["worker_lost"] == 3
    assert retries["preempted"] is None


def test_every_kind_of_failure_has_a_policy() -> None:
    """No kind can reach the engine without a number of retries."""
    assert set(FailureConfig().retries) == set(KINDS)


def test_a_mapping_changes_only_what_it_names() -> None:
    """Kinds that a mapping leaves out keep their defaults."""
    retries = FailureConfig(max_retries={"oom": 5, "preempted": 2}).retries
    assert (retries["oom"], retries["preempted"], retries["node_lost"]) == (5, 2, 3)


def test_one_number_holds_for_every_failure_but_preemption() -> None:
    """A pre-emption is no failure, so a plain number does not limit it."""
    retries = FailureConfig(max_retries=2).retries
    assert retries.pop("preempted") is None
    assert set(retries.values()) == {2}


@pytest.mark.parametrize(
    ("budget", "size"),
    [(None, None), (512, 512), ("10GB", 10**10), ("1.5 GiB", 3 * 2**29), ("2kb", 2000)],
)
def test_budget_is_read_in_bytes(budget: int | str | None, size: int | None) -> None:
    """Decimal and binary units are told apart; case and spaces do not matter."""
    assert CheckpointConfig(budget=budget).budget_bytes == size
