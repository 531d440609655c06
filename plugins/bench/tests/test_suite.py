"""Suite files: what they may say, and what is said about what they may not."""

import re

import pytest

from tunesmith.errors import UsageError
from tunesmith_bench.cell import Cell, TaskKey
from tunesmith_bench.data import Data
from tunesmith_bench.field import assemble, title
from tunesmith_bench.suite import Horizon, Method, load_suite, parse

SMALL = """
searchers = ["random"]
schedulers = ["fifo", { name = "asha", grace_period = 2 }]
seeds = 2
[[tasks]]
family = "synthetic"
instances = ["branin", "hartmann3"]
"""


def small(**changes):
    """Return the suite with lines replaced, or added at the top."""
    lines = []
    for line in SMALL.splitlines():
        key = line.partition(" = ")[0]
        lines.append(f"{key} = {changes.pop(key)}" if key in changes else line)
    added = [f"{key} = {value}" for key, value in changes.items()]
    return parse("\n".join(added + lines), name="small")


def test_pairs_tasks_and_seeds_are_multiplied():
    """Searchers x schedulers x instances x seeds make the cells, a task's cells together."""
    cells = assemble(small(), Data()).cells
    assert len(cells) == 2 * 2 * 2
    assert [cell.task.instance for cell in cells] == ["branin"] * 4 + ["hartmann3"] * 4
    assert {cell.method.name for cell in cells} == {"random", "random+asha(grace_period=2)"}
    assert {(cell.seed, cell.workers) for cell in cells} == {(0, 4), (1, 4)}


def test_installed_means_all_but_the_excluded():
    """The word stands for every plugin there is; `exclude` takes names and pairs."""
    exclude = '["grid", "pbt-replay", "random+fifo"]'
    suite = small(searchers='"installed"', schedulers='"installed"', exclude=exclude)
    names = {(c.method.searcher, c.method.scheduler) for c in assemble(suite, Data()).cells}
    assert ("random", "asha") in names
    assert ("random", "fifo") not in names
    assert "grid" not in {searcher for searcher, _ in names}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"seads": 3}, "unknown key 'seads'; did you mean 'seeds'?"),
        ({"horizon": "{ epochs = 3 }"}, "unknown key 'horizon.epochs'"),
        ({"horizon": "{ seconds = 0 }"}, "expected a positive"),
        ({"horizon": "{ target = 0.1 }"}, "horizon={'target': 0.1}: expected a positive"),
        ({"seeds": 0}, "seeds=0: expected"),
        ({"workers": 0}, "workers=0: expected"),
        ({"seeds": '"x"'}, "expected `int | array`"),
        ({"searchers": '["randm"]'}, "did you mean 'random'?"),
        ({"schedulers": "['fifo', 'fifo']"}, "two methods are called 'random'"),
        ({"baseline": '"best"'}, "baseline='best' is none of random"),
        ({"instances": '["branni"]'}, "no instance 'branni'; did you mean 'branin'?"),
        ({"family": '"synthetik"'}, "did you mean 'synthetic'?"),
        ({"searchers": "[]"}, "no methods"),
    ],
)
def test_mistakes_are_named_with_their_fix(changes, message):
    """What cannot be is refused before anything runs, and the message says what to write."""
    with pytest.raises(UsageError, match=re.escape(message)):
        assemble(small(**changes), Data())


def test_unknown_options_of_a_family_are_refused():
    """A misspelt option of a task is refused with the closest there is."""
    text = SMALL + "options = { bais = 2 }\n"
    with pytest.raises(UsageError, match="no option 'bais'; did you mean 'bias'"):
        assemble(parse(text, name="x"), Data())


def test_missing_data_are_an_error_or_left_out():
    """A task without data ends the contest with the fix, unless the suite says to skip it."""
    more = SMALL + '[[tasks]]\nfamily = "arlbench"\ninstance = "cc_acrobot_dqn"\n'
    with pytest.raises(UsageError, match=r"arlbench_cc_acrobot_dqn.*TUNESMITH_HPO_DATA"):
        assemble(parse(more, name="x"), Data())
    field = assemble(parse('missing = "skip"\n' + more, name="x"), Data())
    assert len(field.cells) == 8
    assert "arlbench_cc_acrobot_dqn" in field.left_out[0]


@pytest.mark.parametrize("name", ["default", "synthetic"])
def test_shipped_suites_need_no_data(name):
    """The suites in the package can be run without any data."""
    field = assemble(load_suite(name), Data())
    assert field.cells
    assert all(cell.task.family in ("synthetic", "live") for cell in field.cells)


def test_relative_data_lie_beside_the_suite(tmp_path):
    """A suite that names its data relative to itself can be run from anywhere."""
    path = tmp_path / "mine.toml"
    path.write_text('data = "tables"\n' + SMALL)
    suite = load_suite(str(path))
    assert (suite.name, suite.data) == ("mine", str(tmp_path / "tables"))


def test_titles_say_searcher_scheduler_and_options():
    """A method without a name is called after its parts; FIFO goes without saying."""
    assert title(Method(searcher="optuna")) == "optuna"
    fancy = Method(searcher={"name": "optuna", "sampler": "gp"}, scheduler="asha")
    assert title(fancy) == "optuna(sampler='gp')+asha"


def test_a_cells_file_depends_on_what_it_does_and_not_on_its_name():
    """Renaming a method keeps its results; another option, seed or horizon does not."""

    def digest(method, **changes):
        fields = {"seed": 0, "workers": 4, "horizon": Horizon(trials=3), **changes}
        task = TaskKey(family="synthetic", instance="branin")
        return Cell(method=method, task=task, **fields).digest

    one = digest(Method(name="a"))
    assert one == digest(Method(name="b"))
    others = [
        digest(Method(scheduler="asha")),
        digest(Method(), seed=1),
        digest(Method(), workers=2),
        digest(Method(), horizon=Horizon(trials=4)),
        digest(Method(), simulator={"straggler_sd": 1.0}),
    ]
    assert len({one, *others}) == 6
