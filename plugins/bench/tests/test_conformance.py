"""The packaging keeps to what every plugin must."""

import subprocess
import sys

from tunesmith.testing.shims import ShimConformance


class TestShim(ShimConformance):
    """The command is registered, light, and checked."""

    dist = "tunesmith-bench"


def test_help_loads_no_numerical_library():
    """`tunesmith bench --help` imports neither numpy nor scipy, matplotlib or scikit-learn."""
    code = (
        "import sys; from tunesmith_bench.command import bench\n"
        "try: bench(['--help'])\n"
        "except SystemExit: pass\n"
        "print(*sorted({'numpy', 'scipy', 'matplotlib', 'sklearn'} & set(sys.modules)), 'end')"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.splitlines()[-1].strip() == "end"
