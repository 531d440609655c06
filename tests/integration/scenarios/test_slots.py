"""Who runs when: limits on concurrency, resources, and requests that can never fit."""

import time

import pytest

import tunesmith as tune


def interval(config):
    """Take a moment, and say from when to when."""
    begun = time.time()
    time.sleep(0.25)
    return {"loss": config["x"], "begun": begun, "ended": time.time()}


def most_at_once(results):
    """Return how many of the trials' intervals overlapped at most."""
    spans = [(trial.last_metrics["begun"], trial.last_metrics["ended"]) for trial in results]
    return max(sum(begun <= at < ended for begun, ended in spans) for at, _ in spans)


def test_no_more_trials_run_at_once_than_allowed(run):
    """With max_concurrent=1 the trials' own clocks never overlap."""
    results = run(interval, num_samples=3, max_concurrent=1)
    assert most_at_once(results) == 1


def test_trials_run_in_parallel_on_ray(run_ray):
    """Without a limit, two CPUs run two trials of one CPU at a time, and no more."""
    assert most_at_once(run_ray(interval, num_samples=6, max_concurrent=None)) == 2


def test_fractions_of_a_cpu_make_more_slots_on_ray(run_ray):
    """Trials of half a CPU run four at a time on two CPUs."""
    results = run_ray(interval, num_samples=8, max_concurrent=None, resources={"cpu": 0.5})
    assert 2 < most_at_once(results) <= 4


def test_resources_of_ones_own_limit_trials_on_ray(run_ray):
    """Two widgets run one trial of two widgets at a time, whatever CPUs there are."""
    results = run_ray(
        interval, num_samples=3, max_concurrent=None, resources={"cpu": 0, "widget": 2}
    )
    assert most_at_once(results) == 1


def test_a_trial_of_several_bundles_runs_its_own_ray_tasks(run_ray):
    """The second bundle is reserved for tasks that the training code starts itself."""
    import ray

    def parallel(config):
        @ray.remote(num_cpus=1)
        def half():
            return 0.5

        return {"loss": sum(ray.get([half.remote(), half.remote()]))}

    (trial,) = run_ray(parallel, resources=[{"cpu": 1}, {"cpu": 1}])
    assert trial.value == 1.0, trial.error


def test_what_can_never_fit_fails_at_once_with_the_arithmetic(run_ray):
    """A request for more than any node has ends the run, saying what is asked and what there is."""
    begun = time.monotonic()
    with pytest.raises(tune.UsageError, match=r"no trial can ever run: .*gpu: 4.*lower resources"):
        run_ray(interval, resources={"cpu": 1, "gpu": 4})
    assert time.monotonic() - begun < 10


def test_every_trial_may_have_a_process_of_its_own_on_ray(run_ray):
    """isolate=True gives each trial a fresh process; otherwise they share warm ones."""
    import os

    def where(config):
        return {"loss": 1.0, "pid": os.getpid()}

    fresh = run_ray(where, num_samples=3, executor={"name": "ray", "isolate": True})
    assert len({trial.last_metrics["pid"] for trial in fresh}) == 3
    warm = run_ray(where, num_samples=3)
    assert len({trial.last_metrics["pid"] for trial in warm}) == 1


def test_inline_trials_may_take_turns(quietly):
    """With slots=3 the inline executor has three trials advance in turn, report by report."""
    order = []

    class Diary:
        def on_result(self, trial, result):
            order.append(trial.id)

    def train(config):
        yield from (1.0, 2.0)

    quietly(
        train,
        num_samples=3,
        max_concurrent=None,
        executor={"name": "inline", "slots": 3},
        callbacks=[Diary()],
    )
    assert order == ["0001", "0002", "0003"] * 2
