"""How long a person waits at first: imports, the command line, the first result."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ratios import program
from ratios.pair import Bound, Figures, Group, Pair, Row, Side
from ratios.sizes import Sizes

IMPORT = "import time; b = time.perf_counter(); import tunesmith; print(time.perf_counter() - b)"
RAY = "import ray; ray.init(address='local', include_dashboard=False); print()"


def lasting(call: Callable[[], object]) -> Side:
    """Return a side that tells how many seconds a call takes."""

    def side() -> Figures:
        began = time.perf_counter()
        call()
        return {"seconds": time.perf_counter() - began}

    return side


def imported() -> Figures:
    """Return the seconds that the import itself takes, in a fresh interpreter."""
    return {"seconds": float(program.run(sys.executable, "-c", IMPORT))}


def spoken(*command: object) -> Figures:
    """Return the seconds from a process's start to the first line that it prints."""
    began = time.perf_counter()
    with (
        tempfile.TemporaryFile("w+") as said,
        subprocess.Popen(
            list(map(str, command)), stdout=subprocess.PIPE, stderr=said, text=True
        ) as process,
    ):
        process.stdout.readline()
        seconds = time.perf_counter() - began
        process.communicate()
        if process.returncode != 0:
            said.seek(0)
            raise program.failure(command, said.read())
    return {"seconds": seconds}


@contextmanager
def opened(sizes: Sizes) -> Iterator[list[Pair]]:
    """Yield the pairs; all of it happens in processes of their own."""
    command = Path(sys.executable).with_name("tunesmith")
    first = program.PROGRAMS / "first.py"
    imported()  # compiles, where that was not done

    def alone(name: str, limit: float, means: str, side: Side) -> Pair:
        row = Row(name, "seconds", "s", Bound("<=", limit), means, "alone")
        return Pair(side, None, (row,))

    ray = Row(
        "Ray: first result - ray.init()", "seconds", "s", Bound("<=", 1.5), BOOT, "difference"
    )
    yield [
        alone("import tunesmith", 0.1, INSIDE, imported),
        alone("tunesmith --help", 0.25, OUTSIDE, lasting(lambda: program.run(command, "--help"))),
        alone("inline: first result", 0.5, FIRST, lambda: spoken(sys.executable, first, "inline")),
        Pair(
            lambda: spoken(sys.executable, first, "ray"),
            lambda: spoken(sys.executable, "-c", RAY),
            (ray,),
        ),
    ]


INSIDE = "the statement alone, in a fresh interpreter with compiled bytecode"
OUTSIDE = "the whole process"
FIRST = "from the start of the process to the first report's callback, random search"
BOOT = "the same on Ray with Optuna's TPE, beyond a process that only imports and starts Ray"
GROUP = Group("start", opened)
