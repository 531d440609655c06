"""A small environment of its own, with plugins in it that are broken in every known way."""

import base64
import functools
import hashlib
import importlib.metadata
import json
import subprocess
import sys
import textwrap
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

NEEDED = ("tunesmith-core", "click", "msgspec", "packaging", "pluggy")

SHIM = """
    from tunesmith.plugins import Capabilities, CommandSpec, SchedulerSpec, SearcherSpec, hookimpl

    ALL = Capabilities(log=True, integer=True, ordinal=True, categorical=True, step=True,
                       normal=True, conditional=True, multi_objective=True)

    @hookimpl
    def tunesmith_searchers():
        return [{specs}]
"""

SEARCHER = """
    class Searcher:
        def __init__(self, problem, *, n_initial: int = 3, acquisition: str = "ei"): ...
        def suggest(self, trial_id): return {}
        def observe(self, observation): ...
"""


def shim(*names: str, factory: str, api: str = "1.0", extra: str = "") -> str:
    specs = ", ".join(
        f"SearcherSpec(name={name!r}, factory={factory!r}, api={api!r}, summary='x'{extra})"
        for name in names
    )
    return SHIM.format(specs=specs)


class Environment:
    """A virtual environment: install wheels into it, run programs in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.wheels = folder / "wheels"
        self.wheels.mkdir()
        create = [sys.executable, "-m", "venv", "--without-pip", str(folder / "venv")]
        subprocess.run(create, check=True)
        self.python = folder / "venv" / "bin" / "python"
        site = "import sysconfig; print(sysconfig.get_path('purelib'))"
        self.site = Path(self.output("-c", site).strip())
        for dist in NEEDED:
            self._copy(dist)

    def _copy(self, dist: str) -> None:
        """Take over a distribution that the running environment has, as it is."""
        for file in importlib.metadata.files(dist) or ():
            source, target = Path(str(file.locate())), self.site / file
            if ".." not in file.parts and source.is_file():
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(source.read_bytes())

    def wheel(
        self,
        dist: str,
        version: str,
        modules: Mapping[str, str],
        *,
        requires: tuple[str, ...] = ("tunesmith-core>=0.1,<0.2",),
    ) -> Path:
        """Write the wheel of a plugin; `modules` must hold a module `_plugin`."""
        package, short = dist.replace("-", "_"), dist.partition("-")[2]
        info = f"{package}-{version}.dist-info"
        needs = "".join(f"Requires-Dist: {line}\n" for line in requires)
        files = {
            f"{package}/__init__.py": "",
            **{f"{package}/{name}.py": textwrap.dedent(text) for name, text in modules.items()},
            f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {dist}\nVersion: {version}\n{needs}",
            f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
            f"{info}/entry_points.txt": f"[tunesmith]\n{short} = {package}._plugin\n",
        }
        lines = []
        for name, text in files.items():
            digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=")
            lines.append(f"{name},sha256={digest.decode()},{len(text.encode())}")
        files[f"{info}/RECORD"] = "\n".join([*lines, f"{info}/RECORD,,", ""])
        path = self.wheels / f"{package}-{version}-py3-none-any.whl"
        with zipfile.ZipFile(path, "w") as archive:
            for name, text in files.items():
                archive.writestr(name, text)
        return path

    def install(self, *wheels: Path) -> None:
        uv = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--offline", "--no-index"]
        options = ["--no-deps", "--no-config", "--python", str(self.python)]
        subprocess.run([*uv, *options, *map(str, wheels)], check=True)

    @functools.cache  # noqa: B019 (the environment lives as long as the session)
    def output(self, *arguments: str, plugins: str | None = None) -> str:
        """Return what a program prints; the environment does not change, so it is run once."""
        done = self.run(*arguments, plugins=plugins)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def run(self, *arguments: str, plugins: str | None = None) -> subprocess.CompletedProcess[str]:
        environ = {"PATH": "/usr/bin:/bin", "PYTHONPYCACHEPREFIX": str(self.folder / "bytecode")}
        if plugins is not None:
            environ["TUNESMITH_PLUGINS"] = plugins
        command = [str(self.python), *arguments]
        return subprocess.run(
            command, capture_output=True, text=True, check=False, env=environ, timeout=50
        )

    def error(self, call: str, *, plugins: str | None = None) -> dict[str, str]:
        """Return class, message and chained cause of what `call` raises in the environment."""
        program = textwrap.dedent(f"""
            import json, sys
            from tunesmith.plugins import *
            from tunesmith.plugins import resolve
            try:
                {call}
            except Exception as error:
                print(json.dumps({{
                    "type": type(error).__name__,
                    "parents": [parent.__name__ for parent in type(error).__mro__],
                    "message": str(error),
                    "cause": repr(error.__cause__),
                    "imported": sorted(name for name in sys.modules if name.startswith("acme")),
                }}))
        """)
        shown: dict[str, str] = json.loads(self.output("-c", program, plugins=plugins))
        return shown


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """An environment with the core and a dozen plugins, most of them broken."""
    made = Environment(tmp_path_factory.mktemp("environment"))
    bomb = {"searcher": "raise SystemError('imported too early')"}
    made.install(
        made.wheel(
            "acme-good",
            "1.0",
            {
                "_plugin": shim(
                    "good", factory="acme_good.searcher:Searcher", extra=", capabilities=ALL"
                )
                + """
    @hookimpl
    def tunesmith_schedulers():
        return [SchedulerSpec(name="narrow", factory="acme_good.searcher:Searcher", api="1.0",
                              summary="x")]

    @hookimpl
    def tunesmith_commands():
        return [CommandSpec(name="greet", factory="acme_good.greet:greet", api="1.0",
                            summary="Say hello.")]
""",
                "searcher": SEARCHER,
                "greet": "import click\n@click.command()\ndef greet():\n    click.echo('hello')\n",
            },
        ),
        made.wheel(
            "acme-flat",
            "1.1",
            {"_plugin": shim("flat", factory="acme_flat.searcher:Searcher"), "searcher": SEARCHER},
        ),
        made.wheel("acme-broken", "0.3", {"_plugin": "import a_library_that_is_nowhere"}),
        made.wheel("tunesmith-ray", "0.9", {"_plugin": "1 / 0"}, requires=("tunesmith-core>=7",)),
        made.wheel("acme-exits", "0.1", {"_plugin": "import sys; sys.exit('not on this machine')"}),
        made.wheel(
            "acme-hooks",
            "0.1",
            {"_plugin": SHIM.format(specs="").replace("tunesmith_searchers", "tunesmith_samplers")},
        ),
        made.wheel("acme-returns", "0.1", {"_plugin": SHIM.format(specs="{'name': 'x'}")}),
        made.wheel("acme-raises", "0.1", {"_plugin": SHIM.format(specs="1 / 0")}),
        made.wheel("acme-bare", "0.1", {"_plugin": "def tunesmith_searchers(): return []"}),
        made.wheel("acme-badname", "0.1", {"_plugin": shim("two words", factory="a:b")}),
        made.wheel(
            "acme-old",
            "0.4",
            {"_plugin": shim("old", factory="acme_old.searcher:Searcher", api="0.9"), **bomb},
        ),
        made.wheel(
            "acme-new",
            "2.0",
            {"_plugin": shim("new", factory="acme_new.searcher:Searcher", api="1.7"), **bomb},
        ),
        made.wheel(
            "acme-crash",
            "0.2",
            {"_plugin": shim("crash", factory="acme_crash.searcher:Searcher"), **bomb},
        ),
        made.wheel(
            "acme-twin",
            "1.0",
            {"_plugin": shim("twin", factory="acme_twin.searcher:Searcher"), "searcher": SEARCHER},
        ),
        made.wheel(
            "umbrella-twin",
            "3.1",
            {
                "_plugin": shim("twin", factory="umbrella_twin.searcher:Searcher"),
                "searcher": SEARCHER,
            },
        ),
        made.wheel(
            "acme-heavy", "0.1", {"_plugin": "    import click" + shim("heavy", factory="a:b")}
        ),
        made.wheel(
            "acme-unbounded",
            "0.1",
            {"_plugin": SHIM.format(specs="")},
            requires=("tunesmith-core>=0.1",),
        ),
        made.wheel(
            "acme-loose",
            "1.0",
            {
                "_plugin": shim("loose", factory="acme_loose.searcher:Searcher"),
                "searcher": "class Searcher:\n    def __init__(self, problem, **kwargs): ...\n",
            },
        ),
        made.wheel(
            "acme-needs",
            "1.0",
            {"_plugin": shim("needs", factory="acme_needs.searcher:Searcher"), **bomb},
            requires=("tunesmith-core>=0.1", "a-library-that-is-nowhere>=2,<3"),
        ),
        made.wheel(
            "acme-range",
            "1.0",
            {"_plugin": shim("range", factory="acme_range.searcher:Searcher"), **bomb},
            requires=("pluggy<0.5", "unwanted; extra == 'full'"),
        ),
        made.wheel(
            "acme-undeclared",
            "1.0",
            {
                "_plugin": shim(
                    "undeclared",
                    factory="acme_undeclared.searcher:Searcher",
                    extra=", wraps='acme-optimizer'",
                ),
                "searcher": "import acme_optimizer",
            },
        ),
        made.wheel(
            "acme-lazy",
            "1.0",
            {
                "_plugin": shim("lazy", factory="acme_lazy.searcher:Searcher")
                + """
    def __dir__():
        return [*globals(), "Searcher"]

    def __getattr__(name):
        if name == "Searcher":
            from acme_lazy.searcher import Searcher
            return Searcher
        raise AttributeError(name)
""",
                **bomb,
            },
        ),
    )
    return made
