"""What a space becomes: the configurations that training code gets, and that results show."""

import math

import pytest

import tunesmith as tune

ENGINE_ONLY = pytest.mark.parametrize(
    "executor", ["inline", pytest.param("ray", marks=pytest.mark.slow)], indirect=True
)
"""What the engine decides, wherever trials run: on Ray in the slow suite only."""


class Momentum:
    """An option that is a class."""

    def step(self):
        return 3.0


class Plain:
    """Another one."""

    def step(self):
        return 5.0


def triple(value):
    """An option that is a function."""
    return 3 * value


def double(value):
    """Another one."""
    return 2 * value


@ENGINE_ONLY
def test_points_come_first_in_order_and_are_completed(run):
    """points_to_evaluate are the first trials; what a point leaves out is drawn."""
    results = run(
        lambda config: config["x"] + config["y"],
        {"x": tune.uniform(0, 1), "y": tune.randint(0, 10)},
        points_to_evaluate=[{"x": 0.25, "y": 3}, {"y": 7}, {"x": 0.75}],
        num_samples=5,
    )
    configs = [trial.config for trial in results]
    assert configs[0] == {"x": 0.25, "y": 3}
    assert configs[1]["y"] == 7
    assert 0 <= configs[1]["x"] <= 1
    assert configs[2]["x"] == 0.75
    assert configs[2]["y"] in range(10)
    assert len(configs) == 5


@pytest.mark.parametrize(
    ("point", "told"),
    [
        ({"x": 2.0}, r"points_to_evaluate\[0\].*2\.0"),
        ({"z": 0.5}, r"points_to_evaluate\[0\].*'?z"),
        ({"x": "a"}, r"points_to_evaluate\[0\].*'a'"),
    ],
)
def test_points_outside_the_space_are_refused_before_anything_runs(
    run_inline, tmp_path, point, told
):
    """The error quotes the point; no folder is made."""
    with pytest.raises(tune.UsageError, match=told):
        run_inline(lambda config: 0.0, points_to_evaluate=[point])
    assert not list((tmp_path / "runs").glob("*"))


def test_more_points_than_samples_are_refused(run_inline):
    """None of the points is dropped without a word."""
    points = [{"x": x / 10} for x in range(6)]
    with pytest.raises(tune.UsageError, match=r"6 configurations and num_samples=4 .* write num"):
        run_inline(lambda config: 0.0, points_to_evaluate=points, num_samples=4)


@ENGINE_ONLY
def test_infeasible_suggestions_cost_no_trial(run):
    """Every trial keeps the constraint, and there are as many trials as asked for."""
    results = run(
        lambda config: config["x"] + config["y"],
        {"x": tune.uniform(0, 1), "y": tune.uniform(0, 1)},
        constraint=[lambda c: c["x"] + c["y"] < 1, lambda c: c["x"] > c["y"]],
        num_samples=12,
    )
    assert len(results) == 12
    assert all(t.config["x"] + t.config["y"] < 1 for t in results)
    assert all(t.config["x"] > t.config["y"] for t in results)


def test_a_constraint_that_nothing_meets_ends_the_run(run_inline):
    """After a thousand infeasible suggestions the error says what to change."""
    with pytest.raises(tune.UsageError, match=r"broke the constraint.*widen constraint="):
        run_inline(lambda config: 0.0, constraint=lambda config: False)


@ENGINE_ONLY
def test_grids_are_multiplied_by_num_samples(run):
    """Every cell of the grid is tried num_samples times, the other parameters drawn anew."""
    results = run(
        lambda config: config["x"],
        {
            "a": tune.grid_search([1, 2, 3]),
            "b": tune.grid_search(["u", "v"]),
            "x": tune.uniform(0, 1),
        },
        num_samples=2,
    )
    cells = [(trial.config["a"], trial.config["b"]) for trial in results]
    assert len(cells) == 12
    assert all(cells.count((a, b)) == 2 for a in (1, 2, 3) for b in "uv")
    assert len({trial.config["x"] for trial in results}) == 12


def test_a_grid_alone_ends_by_itself(run_inline):
    """Without num_samples each cell is tried once."""
    results = run_inline(
        lambda config: config["a"], {"a": tune.grid_search([3, 1, 2])}, num_samples=None
    )
    assert sorted(trial.config["a"] for trial in results) == [1, 2, 3]


def test_points_go_ahead_of_a_grid(run_inline):
    """A grid is complete whatever is run before it, and stays so as the run is extended."""
    space = {"a": tune.grid_search([3, 1, 2]), "x": tune.uniform(0, 1)}
    points = [{"a": 2, "x": 0.5}, {"a": 2, "x": 0.25}]
    results = run_inline(
        lambda config: config["a"], space, points_to_evaluate=points, num_samples=1
    )
    assert [trial.config for trial in results][:2] == points
    assert [trial.config["a"] for trial in results][2:] == [3, 1, 2]
    again = tune.resume(results.path, lambda config: config["a"], num_samples=2, verbose=0)
    assert [trial.config["a"] for trial in again][5:] == [3, 1, 2]


def test_cells_that_cannot_be_feasible_are_left_out(run_inline):
    """A grid is walked without the cells that a constraint forbids; one without any is refused."""
    space = {"a": tune.grid_search([1, 2, 3]), "b": tune.grid_search([1, 2])}
    results = run_inline(
        lambda config: config["a"], space, constraint=lambda c: c["a"] > c["b"], num_samples=None
    )
    assert [(t.config["a"], t.config["b"]) for t in results] == [(2, 1), (3, 1), (3, 2)]
    with pytest.raises(tune.UsageError, match="none of the grid's 6 cells"):
        run_inline(lambda config: 0.0, space, constraint=lambda c: c["a"] > 3)


def test_a_cell_in_which_nothing_is_feasible_is_named(run_inline):
    """Where other parameters are drawn, the error says for which cell nothing is found."""
    space = {"a": tune.grid_search([0.5, 2]), "x": tune.uniform(0, 1)}
    with pytest.raises(tune.UsageError, match=r"in the grid's cell \{'a': 2\} broke the constr"):
        run_inline(lambda config: 0.0, space, constraint=lambda c: c["a"] < 1, num_samples=1)


def test_points_keep_to_the_constraint(run_inline, tmp_path):
    """One that breaks it is refused before the first trial; what it leaves out is drawn to fit."""
    space = {"a": tune.uniform(0, 1), "b": tune.uniform(0, 1)}
    rule = {"constraint": lambda c: c["a"] < c["b"]}
    with pytest.raises(tune.UsageError, match=r"points_to_evaluate\[0\].*breaks constraint="):
        run_inline(lambda c: 0.0, space, points_to_evaluate=[{"a": 0.9, "b": 0.1}], **rule)
    results = run_inline(lambda c: 0.0, space, points_to_evaluate=[{"a": 0.9}], **rule)
    assert results[0].config["a"] == 0.9 < results[0].config["b"]


def test_objects_are_shown_by_their_names(run_inline, capsys):
    """Tables have one column for an object, and the name of what was chosen in it."""
    pytest.importorskip("pandas", reason="needs pandas: pip install it")
    results = run_inline(
        lambda config: config["act"](1.0),
        {"act": tune.choice([math.tanh, math.sin])},
        points_to_evaluate=[{"act": math.sin}],
        num_samples=2,
        verbose=1,
    )
    frame = results.dataframe()
    assert frame["config/act"][0] == "math:sin"
    assert set(frame["config/act"]) <= {"math:sin", "math:tanh"}
    shown = capsys.readouterr().out
    assert "math:" in shown
    assert "$object" not in shown


@ENGINE_ONLY
def test_a_conditional_space_gives_configurations_in_its_shape(run):
    """What belongs to one option is there with that option only."""
    seen = set()
    results = run(
        lambda config: float(len(config["opt"])),
        {
            "opt": tune.choice(
                [
                    {"name": "sgd", "momentum": tune.uniform(0, 1)},
                    {"name": "adam", "betas": {"one": tune.uniform(0.8, 1)}},
                ]
            ),
            "deep": {"lr": tune.loguniform(1e-4, 1e-1), "fixed": 3},
        },
        num_samples=12,
    )
    for trial in results:
        opt = trial.config["opt"]
        seen.add(opt["name"])
        shape = {"sgd": {"name", "momentum"}, "adam": {"name", "betas"}}[opt["name"]]
        assert set(opt) == shape
        assert set(trial.config["deep"]) == {"lr", "fixed"}
    assert seen == {"sgd", "adam"}


def test_training_code_gets_the_objects_of_a_choice(run):
    """Classes and functions arrive as themselves; results show them by their names."""

    def train(config):
        return {"loss": config["function"](config["optimizer"]().step())}

    results = run(
        train,
        {"optimizer": tune.choice([Momentum, Plain]), "function": tune.choice([double, triple])},
        points_to_evaluate=[
            {"optimizer": Momentum, "function": double},
            {"optimizer": Plain, "function": triple},
        ],
        num_samples=2,
    )
    assert [trial.value for trial in results] == [6.0, 15.0], results.errors
    assert "Momentum" in str(results["0001"].config["optimizer"])
    assert "double" in str(results["0001"].config["function"])


def test_every_domain_draws_what_it_promises(run_inline):
    """All domains of the language in one space, through to the training code."""
    space = {
        "uniform": tune.uniform(-1, 1),
        "quniform": tune.quniform(0, 1, 0.25),
        "loguniform": tune.loguniform(1e-3, 1),
        "randint": tune.randint(0, 3),
        "lograndint": tune.lograndint(1, 100),
        "qrandint": tune.qrandint(0, 10, 5),
        "randn": tune.randn(0, 1),
        "choice": tune.choice(["a", None, True, 2]),
        "ordinal": tune.ordinal([16, 32, 64]),
        "computed": tune.sample_from(lambda config: config["randint"] * 10),
        "fixed": {"list": [1, 2], "text": "t"},
    }

    def train(config):
        assert -1 <= config["uniform"] <= 1
        assert config["quniform"] in (0, 0.25, 0.5, 0.75, 1)
        assert 1e-3 <= config["loguniform"] <= 1
        assert config["randint"] in (0, 1, 2)
        assert config["lograndint"] in range(1, 100)
        assert config["qrandint"] in (0, 5, 10)
        assert math.isfinite(config["randn"])
        assert config["choice"] in ("a", None, True, 2)
        assert config["ordinal"] in (16, 32, 64)
        assert config["computed"] == config["randint"] * 10
        assert config["fixed"] == {"list": [1, 2], "text": "t"}
        return 1.0

    results = run_inline(train, space, num_samples=30)
    assert {trial.status for trial in results} == {"completed"}, results.errors


def test_training_code_may_change_its_configuration(run):
    """Each trial has a copy of its own: changes reach neither results nor other trials."""

    def train(config):
        config["deep"]["list"].append(1)
        config["x"] = None
        return {"loss": float(len(config["deep"]["list"]))}

    results = run(train, {"x": tune.uniform(0, 1), "deep": {"list": [0]}}, num_samples=3)
    assert [trial.value for trial in results] == [2.0, 2.0, 2.0], results.errors
    assert all(trial.config["deep"] == {"list": [0]} for trial in results)
    assert all(trial.config["x"] is not None for trial in results)
