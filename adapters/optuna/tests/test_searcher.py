"""The searcher with every sampler, kind of space and kind of news."""

import logging
import warnings

import optuna
import pytest

import tunesmith as tune
from tunesmith.errors import CapabilityError, MissingLibraryError, OptionError
from tunesmith.plugins import resolve
from tunesmith.protocols import SearchExhausted
from tunesmith_optuna.searcher import SAMPLERS

SINGLE = ["cmaes"]


@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize("pending", [0, 3])
def test_every_sampler_runs_with_trials_pending(lab, sampler, pending):
    """30 valid and different suggestions, serially and with others in flight."""
    startup = {"n_startup_trials": 27} if sampler == "gp" else {}
    configs = lab(sampler=sampler, **startup).run(30, pending)
    assert len({tuple(config.values()) for config in configs}) >= 25


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_every_sampler_takes_conditional_spaces(lab, conditional, sampler):
    """Inactive parameters are absent, whatever the sampler makes of the active ones."""
    startup = {"n_startup_trials": 18} if sampler == "gp" else {}
    trials = lab(conditional, sampler=sampler, **startup)
    kinds = set()
    for config in trials.run(20):
        inner = [path for path in config if "momentum" in path or "beta" in path]
        assert len(inner) == 1
        kinds.update(inner)
    assert len(kinds) == 2


@pytest.mark.parametrize("sampler", [name for name in SAMPLERS if name not in SINGLE])
def test_several_objectives(lab, sampler):
    """All samplers but CMA-ES search for a front."""
    startup = {"n_startup_trials": 12} if sampler == "gp" else {}
    trials = lab(objectives=2, sampler=sampler, **startup)
    trials.run(14)
    assert len(trials.searcher._study.best_trials) >= 1


def test_conditional_spaces_with_several_objectives(lab, conditional):
    """TPE then samples each parameter by itself, silently."""
    lab(conditional, objectives=2).run(15)


def test_tpe_for_130_steps_finds_the_optimum(lab):
    """Long runs hold, and the model is of use: at the end it searches near the optimum.

    Random suggestions have a mean |x - .3| of .55; 30 of them below .2: chance under 1e-6.
    """
    last = lab().run(130)[-30:]
    assert sum(abs(config["x"] - 0.3) for config in last) / 30 < 0.2


def test_a_pending_trial_repels_the_next_suggestion(lab):
    """Suggestions for ten trials at once all differ, although nothing was observed between."""
    trials = lab()
    trials.run(15)
    batch = [tuple(trials.suggest(f"b{i}").values()) for i in range(10)]
    assert len(set(batch)) == 10


def test_a_diverged_trial_is_worse_than_any_other(lab):
    """Completed without a finite value: kept as a bad example, not forgotten."""
    trials = lab()
    trials.suggest("0001")
    trials.observe("0001")
    assert trials.states() == ["PRUNED"]


def test_a_failed_trial_is_forgotten(lab):
    """A crash says nothing about the loss, and no longer counts as pending."""
    trials = lab()
    trials.suggest("0001")
    trials.observe("0001", status="failed")
    assert trials.states() == ["FAIL"]


def test_a_trial_that_was_cut_short_with_nothing_to_tell_is_released(lab):
    """It is no longer pending, and teaches nothing; what comes later of it is learnt."""
    trials = lab()
    trials.suggest("0001")
    trials.observe("0001", status="stopped")
    assert trials.states() == ["FAIL"]
    trials.observe("0001", 0.5)
    trials.observe("0001", 0.25)
    assert trials.states() == ["COMPLETE"]
    assert trials.values() == [[0.25]]


def test_an_infeasible_suggestion_is_told_as_such(lab):
    """Optuna learns it as a violated constraint, once, and TPE goes where trials are feasible."""
    trials = lab()
    near = 0
    for i in range(60):
        config = trials.suggest(str(i))
        if config["x"] > 0:
            trials.observe(str(i), status="infeasible", resource=0.0)
            trials.observe(str(i), status="infeasible", resource=0.0)
            near += i >= 40
        else:
            trials.observe(str(i), config["lr"])
    infeasible = [t for t in trials.searcher._study.trials if t.constraints]
    assert all(t.constraints == {"feasible": 1.0} and t.state.name == "PRUNED" for t in infeasible)
    # A searcher that learns nothing has half of the last 20 infeasible.
    assert near <= 6


def test_a_trial_never_suggested_is_learnt(lab):
    """Points to evaluate and warm starts count like suggestions; pending ones repel."""
    trials = lab()
    config = trials.problem.space.draw(trials.problem.rng("test"))
    trials.searcher.adopt("9001", config)
    assert trials.states() == ["RUNNING"]
    trials.observe("9001", 0.25, config=config, resource=9.0)
    trials.observe("9002", 0.75, config=config)
    trials.suggest("0001")
    assert trials.values() == [[0.25], [0.75], None]


@pytest.mark.parametrize(
    "config", [{}, {"x": 7, "lr": 0.1, "n": 2}, {"x": 0.5, "lr": "?", "n": 2}, {"y": 1}]
)
def test_a_trial_from_outside_the_space_is_left_out(lab, config):
    """It cannot be placed, and must not shrink the space that Optuna takes to be common."""
    trials = lab()
    trials.observe("9001", 0.5, config=config)
    assert trials.states() == []


def test_a_forked_trial_leaves_its_old_configuration(lab):
    """A trial that goes on with another configuration is a new one to the model."""
    trials = lab()
    first = trials.suggest("0001")
    trials.observe("0001", 0.5, config={**first, "x": -first["x"]})
    assert trials.states() == ["FAIL", "COMPLETE"]


def test_duplicate_and_late_news_change_nothing(lab):
    """The same end twice, or a result that arrives after the end, is learnt once."""
    trials = lab()
    trials.suggest("0001")
    for _ in range(2):
        trials.observe("0001", 0.5, resource=9.0)
        trials.observe("0001", 0.9, resource=3.0, status="running")
    trials.suggest("0002")
    assert trials.states() == ["COMPLETE", "RUNNING"]
    assert trials.values()[0] == [0.5]


def test_options_reach_the_sampler(lab):
    """Named options, further ones, a ready sampler and a factory."""
    sampler = lab(
        n_startup_trials=3, sampler_options={"n_ei_candidates": 7}
    ).searcher._study.sampler
    assert (sampler._n_startup_trials, sampler._n_ei_candidates) == (3, 7)
    ready = optuna.samplers.RandomSampler(seed=1)
    made = lab(sampler=ready).searcher._study.sampler
    assert isinstance(made, optuna.samplers.RandomSampler)
    assert made is not ready
    made = lab(sampler=optuna.samplers.NSGAIISampler, sampler_options={"population_size": 9})
    assert made.searcher._study.sampler.population_size == 9


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"sampler": "tpee"}, OptionError, "sampler='tpee' is unknown; did you mean 'tpe'?"),
        ({"sampler": "zzz"}, OptionError, "expected tpe, gp, cmaes"),
        ({"sampler": "random", "constant_liar": True}, OptionError, "no option 'constant_liar'"),
        ({"sampler_options": {"n_ei_candidate": 3}}, OptionError, "did you mean 'n_ei_candidates'"),
        (
            {"sampler_options": {"n_ei_candidates": "x"}},
            OptionError,
            "sampler 'tpe': n_ei_candidates='x' is not possible; expected a whole number",
        ),
        ({"sampler_options": {"seed": 3}}, OptionError, "no option 'seed'"),
        ({"sampler": optuna.samplers.RandomSampler(), "group": True}, OptionError, "made already"),
        ({"sampler": "cmaes", "objectives": 2}, CapabilityError, "use 'tpe', 'nsga2' or 'nsga3'"),
    ],
)
def test_what_cannot_be_done_is_said_at_once(lab, options, error, message):
    """Each mistake is an error before the first trial that names its fix."""
    with pytest.raises(error, match=message.replace("?", r"\?")):
        lab(**options)


@pytest.mark.parametrize(("sampler", "library"), [("cmaes", "cmaes"), ("gp", "torch")])
def test_a_missing_library_is_named_with_its_extra(lab, sampler, library, monkeypatch):
    """A sampler whose library is absent says what to install."""
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(
        MissingLibraryError, match=rf"{library}.*pip install 'tunesmith-optuna\[{sampler}"
    ):
        lab(sampler=sampler)


def test_optuna_is_silent_and_left_as_it_was(lab, conditional, caplog, capfd):
    """No log line and no warning leaks; the process's verbosity for Optuna stays the user's."""
    verbosity = optuna.logging.get_verbosity()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for sampler in ("tpe", "cmaes", "qmc"):
            lab(conditional, sampler=sampler).run(15)
    assert optuna.logging.get_verbosity() == verbosity
    assert [r for r in caplog.records if r.levelno >= logging.INFO] == []
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"n_startup_trials": -8},
            "n_startup_trials=-8 is not possible; expected a whole number from 0",
        ),
        ({"sampler_options": 3}, "sampler_options=3 is not possible; expected a mapping"),
        (
            {"sampler": 5},
            "sampler=5 is not possible; expected a string or BaseSampler or a function",
        ),
        ({"group": "yes"}, "group='yes' is not possible; expected True or False"),
    ],
)
def test_values_of_another_kind_are_refused(options, message):
    """What an option's annotation rules out is refused before a searcher is made."""
    with pytest.raises(OptionError, match=message):
        resolve("searcher", {"name": "optuna", **options})


BRUTE = {"x": tune.choice([1, 2]), "y": tune.randint(0, 2)}


@pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")
@pytest.mark.parametrize(
    ("sampler", "options", "space", "count"),
    [
        ("GridSampler", {"search_space": {"x": [0.1, 0.2, 0.3]}}, {"x": tune.uniform(0, 1)}, 3),
        ("BruteForceSampler", {}, BRUTE, 4),
    ],
)
def test_a_sampler_that_has_tried_all_ends_the_search(tmp_path, sampler, options, space, count):
    """A sampler that stops its study ends the search in good order, each point tried once."""
    made = getattr(optuna.samplers, sampler)(**options)
    results = tune.run(
        lambda config: {"loss": config["x"]},
        space,
        metric="loss",
        mode="min",
        searcher={"name": "optuna", "sampler": made},
        num_samples=9,
        executor="inline",
        storage=tmp_path,
        verbose=0,
    )
    assert len({tuple(trial.config.values()) for trial in results.trials}) == count
    assert [trial.status for trial in results.trials] == ["completed"] * count


def test_the_end_of_a_sampler_outlives_a_restart(lab):
    """A searcher that takes up the state of one whose sampler is done is done, too."""
    space = {"x": tune.uniform(0, 1)}
    done = lab(space, sampler=optuna.samplers.GridSampler({"x": [0.1, 0.2]}))
    done.run(2)
    with pytest.raises(SearchExhausted, match="GridSampler has tried all it has"):
        done.searcher.suggest("0003")
    again = lab(space, sampler=optuna.samplers.GridSampler({"x": [0.1, 0.2]}))
    again.searcher.restore(done.searcher.state())
    with pytest.raises(SearchExhausted):
        again.searcher.suggest("0003")
