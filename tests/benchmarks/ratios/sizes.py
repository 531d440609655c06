"""How much is measured: each size is an option of bench.py."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Sizes:
    """The sizes of a full run."""

    inline_trials: int = 10_000
    tpe_trials: int = 500
    sqlite_trials: int = 100
    ray_trials: int = 20_000
    ray_reports: int = 100_000
    loop_calls: int = 1_000
    rival_trials: int = 1_000
    rival_asha_trials: int = 1_000
    rival_few_trials: int = 40
    rival_reports: int = 300
    growth_small: int = 1_000
    growth_middle: int = 10_000
    growth_large: int = 100_000
    resume_trials: int = 10_000
    resume_reports: int = 10
    checkpoint_mb: int = 100
    captured_mb: int = 1_000
    gp_observations: int = 200
    gp_trials: int = 24
    workers: int = 64
    real_trials: int = 40
    real_seeds: int = 5


QUICK = Sizes(
    inline_trials=2_000,
    tpe_trials=60,
    sqlite_trials=20,
    ray_trials=2_000,
    ray_reports=20_000,
    loop_calls=300,
    rival_trials=60,
    rival_asha_trials=20,
    rival_few_trials=10,
    rival_reports=60,
    growth_middle=4_000,
    growth_large=4_000,
    resume_trials=1_000,
    checkpoint_mb=10,
    captured_mb=20,
    gp_observations=100,
    gp_trials=8,
    workers=0,
    real_trials=10,
    real_seeds=0,
)
"""Sizes with which all of it takes about two minutes; 0 leaves something out."""
