"""The command line as a frame: help, errors, exit codes."""

import subprocess
import sys
from importlib.metadata import version
from types import ModuleType

import click
import pytest

from tunesmith._cli import main
from tunesmith._cli.lazy import Lazy
from tunesmith.errors import PluginError, TrialError, UsageError


@pytest.fixture
def command(monkeypatch):
    """Add a subcommand `probe` that does what a test wants."""
    module = ModuleType("probing")
    monkeypatch.setitem(sys.modules, "probing", module)
    monkeypatch.setitem(main.COMMANDS, "probe", Lazy("probing:probe", "Probe."))

    def define(body):
        module.probe = click.command("probe")(body)

    return define


def raising(error):
    def body():
        raise error

    return body


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UsageError("wrong"), main.USAGE),
        (PluginError("wrong"), main.USAGE),
        (TrialError("wrong"), main.FAILED),
    ],
)
def test_errors_are_one_message_and_a_code(command, capsys, error, code):
    """An error of ours is one message on stderr, without a traceback, and tells by its code."""
    command(raising(error))
    assert main.run(["probe"]) == code
    captured = capsys.readouterr()
    assert captured.err == "error: wrong\n"
    assert captured.out == ""


def test_traceback_is_there_on_request(command, capsys):
    """`--traceback` prints an error in full."""
    command(raising(UsageError("wrong")))
    assert main.run(["--traceback", "probe"]) == main.USAGE
    assert "Traceback" in capsys.readouterr().err


def test_foreign_errors_pass(command):
    """An error that is nobody's but a bug's keeps its traceback."""
    command(raising(RuntimeError("bug")))
    with pytest.raises(RuntimeError, match="bug"):
        main.run(["probe"])


def test_interrupt_has_its_own_code(command, capsys):
    """Ctrl-C ends with the code that shells expect."""
    command(raising(KeyboardInterrupt()))
    assert main.run(["probe"]) == main.INTERRUPTED
    assert "Traceback" not in capsys.readouterr().err


def test_commands_choose_their_code(command):
    """A command ends with the code it exits with; what it returns is no code."""
    command(lambda: click.get_current_context().exit(main.FAILED))
    assert main.run(["probe"]) == main.FAILED
    command(lambda: None)
    assert main.run(["probe"]) == main.OK


def test_unknown_command_gets_a_guess(capsys):
    """A misspelt command is answered with the closest."""
    assert main.run(["plugin"]) == main.USAGE
    assert "no command 'plugin'; did you mean 'plugins'? commands: " in capsys.readouterr().err


def test_unknown_option_is_a_usage_error(capsys):
    """A misspelt option ends with code 2 and says how to get help."""
    assert main.run(["plugins", "--jsn"]) == main.USAGE
    assert "--jsn" in capsys.readouterr().err


def test_every_command_can_be_loaded():
    """Each target in the table is a click command with help of its own."""
    context = click.Context(main.group)
    for name in main.COMMANDS:
        command = main.group.get_command(context, name)
        assert isinstance(command, click.Command)
        assert command.help


def test_help_imports_nothing_heavy():
    """`tunesmith --help` lists the commands without importing them, Ray, or numpy."""
    program = (
        "import sys; from tunesmith._cli.main import run; run(['--help']);"
        "print([n for n in ('ray', 'numpy', 'rich', 'optuna', 'tunesmith._cli.plugins')"
        " if n in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert "  plugins " in done.stdout
    assert done.stdout.endswith("[]\n")


def test_version_is_that_of_the_core(capsys):
    """`--version` prints the version of tunesmith-core."""
    assert main.run(["--version"]) == main.OK
    assert capsys.readouterr().out == f"tunesmith {version('tunesmith-core')}\n"
