"""The forms in which an algorithm may be chosen, brought to one.

`searcher=`, `scheduler=` and `executor=` take a name, a mapping with a name and options, an import
path, or a factory. All become a `Choice`, with which the algorithm can be made.
"""

import functools
import importlib
from collections.abc import Callable, Mapping
from typing import Any, Generic, Literal, TypeVar, cast, get_args, overload

import msgspec

from tunesmith.errors import OptionError, UsageError, did_you_mean
from tunesmith.plugins.factories import check_api, load_factory, make
from tunesmith.plugins.options import check_options, plain
from tunesmith.plugins.registry import Registry, default_registry
from tunesmith.plugins.specs import (
    API,
    KINDS,
    Capabilities,
    ExecutorSpec,
    Kind,
    Partial,
    SchedulerSpec,
    SearcherSpec,
    Spec,
)

S = TypeVar("S", bound=Spec)

_AD_HOC: dict[Kind, Capabilities] = {
    "searcher": Capabilities(
        log=True,
        integer=True,
        ordinal=True,
        categorical=True,
        step=True,
        normal=True,
        conditional=True,
        constraints=True,
        multi_objective=True,
    ),
    "scheduler": Capabilities(multi_objective=True),
}


class Alignment(msgspec.Struct, frozen=True, kw_only=True):
    """How trials are compared under `partial="aligned"`.

    The level is the furthest resource that `trials` of them have reached. Once trials are cut
    short, a share `explore` of the suggestions is random.
    """

    trials: int = 10
    explore: float = 1 / 3


class CoreOptions(msgspec.Struct, frozen=True):
    """Options of a searcher that the core carries out itself, whatever the searcher.

    `partial` is the policy for trials that were cut short; None leaves it to the searcher's spec.
    `alignment` is given where the user set more than its name.
    `lossy` permits a translation of the space that loses meaning. A call that has not returned
    after `timeout_s` is given up, and the search with it.
    """

    partial: Partial | None = None
    alignment: Alignment | None = None
    lossy: bool = False
    timeout_s: float = 600.0


class Choice(msgspec.Struct, Generic[S], frozen=True, kw_only=True):
    """An algorithm with its options, checked and ready to be made.

    `reference` is what selects it again: a name, `dist/name` or an import path.
    """

    spec: S
    factory: Callable[..., Any]
    options: Mapping[str, Any]
    reference: str
    core_options: CoreOptions = CoreOptions()

    @property
    def definition(self) -> dict[str, Any]:
        """Return the mapping that `resolve` turns into this choice again."""
        given, core = self.core_options, dict[str, Any]()
        if given.alignment is not None:
            core["partial"] = {"name": "aligned", **msgspec.structs.asdict(given.alignment)}
        elif given.partial is not None:
            core["partial"] = given.partial
        for field in ("lossy", "timeout_s"):
            if getattr(given, field) != getattr(CoreOptions(), field):
                core[field] = getattr(given, field)
        return {"name": self.reference, **core, **self.options}

    @property
    def partial(self) -> Partial:
        """Return the policy for trials that were cut short: the user's, or the spec's."""
        return self.core_options.partial or cast("SearcherSpec", self.spec).partial

    @property
    def alignment(self) -> Alignment | None:
        """Return how trials are compared at one resource; None if they are not."""
        return (self.core_options.alignment or Alignment()) if self.partial == "aligned" else None

    @property
    def is_found_again(self) -> bool:
        """Tell whether `reference` leads to this factory, and not to another or to none."""
        try:
            return ":" not in self.reference or _at(self.reference) is self.factory
        except (ImportError, AttributeError, ValueError):
            return False

    def create(self, first_argument: Any) -> Any:
        """Make the algorithm; `first_argument` is the problem, or an executor's context."""
        return make(self.spec, self.factory, first_argument, self.options)


@overload
def resolve(
    kind: Literal["searcher"], value: Any, registry: Registry | None = None
) -> Choice[SearcherSpec]: ...
@overload
def resolve(
    kind: Literal["scheduler"], value: Any, registry: Registry | None = None
) -> Choice[SchedulerSpec]: ...
@overload
def resolve(
    kind: Literal["executor"], value: Any, registry: Registry | None = None
) -> Choice[ExecutorSpec]: ...
def resolve(kind: Kind, value: Any, registry: Registry | None = None) -> Choice[Any]:
    """Return the algorithm that `value` chooses; this imports its library.

    Args:
        kind: What is to be chosen, which is also the name of the user's argument.
        value: A name, `dist/name` or `module:factory`; a mapping with one of these as "name", its
            other items being options; a class or function; or a `Choice`.
        registry: Where names are looked up; the installed plugins if None.

    Raises:
        UsageError: `value` has none of these forms, or an option does not fit.
        PluginError: what it names is not installed, broken, or of another interface version.
    """
    if isinstance(value, Choice):
        return value
    if isinstance(value, Mapping):
        return _from_mapping(kind, value, registry)
    if isinstance(value, str):
        return _choose(kind, value, {}, registry)
    if callable(value):
        return _checked(kind, value, {}, reference=_path(value))
    raise _unfit(kind, value)


def _from_mapping(kind: Kind, value: Mapping[Any, Any], registry: Registry | None) -> Choice[Any]:
    options = dict(value)
    name = options.pop("name", None)
    if not isinstance(name, str):
        raise UsageError(
            f"{kind}={value!r} has no 'name' that is a string; write"
            f" {kind}={{'name': ..., **options}}"
        )
    for key in options:
        if not isinstance(key, str):
            raise OptionError(f"{kind} {name!r}: options have names; got the key {key!r}")
    return _choose(kind, name, options, registry)


def _choose(
    kind: Kind, name: str, options: dict[str, Any], registry: Registry | None
) -> Choice[Any]:
    if ":" in name:
        return _checked(kind, _imported(kind, name), options, reference=name)
    found = (registry or default_registry()).find(kind, name)
    factory = load_factory(found.spec, found.source)
    # What "auto" stood for is what a later look-up shall find, whatever is installed by then.
    reference = found.spec.name if name == "auto" else name
    return _checked(kind, factory, options, reference=reference, spec=found.spec)


def _checked(
    kind: Kind,
    factory: Callable[..., Any],
    options: dict[str, Any],
    *,
    reference: str,
    spec: Spec | None = None,
) -> Choice[Any]:
    spec = _spec_of(kind, factory) if spec is None else spec
    options = {name: plain(value) for name, value in options.items()}
    core, rest = _split(spec, options) if kind == "searcher" else (CoreOptions(), options)
    check_options(spec, factory, rest)
    return Choice(spec=spec, factory=factory, options=rest, reference=reference, core_options=core)


def _spec_of(kind: Kind, factory: Callable[..., Any]) -> Spec:
    """Return the spec that a factory carries, or one that assumes it can do everything."""
    carried = getattr(factory, "spec", None)
    if type(carried) is KINDS[kind]:
        check_api(carried)
        return carried
    path = _path(factory)
    assumed: dict[str, Any] = {"capabilities": _AD_HOC[kind]} if kind in _AD_HOC else {}
    if kind == "searcher":
        assumed["pace"] = "slow"  # nobody said how long it thinks
    return KINDS[kind](
        name=path.partition(":")[2],
        factory=path,
        api=f"{API[0]}.{API[1]}",
        **assumed,
    )


def _split(spec: Spec, options: dict[str, Any]) -> tuple[CoreOptions, dict[str, Any]]:
    rest = dict(options)
    partial, lossy = rest.pop("partial", None), rest.pop("lossy", False)
    timeout_s = rest.pop("timeout_s", CoreOptions().timeout_s)
    if type(timeout_s) not in (int, float) or not timeout_s > 0:
        raise OptionError(
            f"searcher {spec.name!r}: timeout_s={timeout_s!r} is not possible; expected seconds"
        )
    if not isinstance(lossy, bool):
        raise OptionError(
            f"searcher {spec.name!r}: lossy={lossy!r} is not possible; expected True or False"
        )
    alignment = None
    if isinstance(partial, Mapping):
        settings = dict(partial)
        partial = settings.pop("name", None)
        alignment = _aligned(spec.name, partial, settings)
    policies = get_args(Partial)
    if partial is not None and partial not in policies:
        guess = did_you_mean(str(partial), policies)
        raise OptionError(
            f"searcher {spec.name!r}: partial={partial!r} is not possible{guess or ';'}"
            f" expected {', '.join(map(repr, policies))}"
        )
    return CoreOptions(partial, alignment, lossy, float(timeout_s)), rest


def _aligned(searcher: str, name: Any, settings: Mapping[str, Any]) -> Alignment | None:
    """Return the settings of the policy "aligned"; no other has any."""
    fields = Alignment.__struct_fields__
    for key in settings:
        if name != "aligned" or key not in fields:
            guess = did_you_mean(key, fields) if name == "aligned" else ""
            raise OptionError(
                f"searcher {searcher!r}: partial={name!r} has no option {key!r}{guess or ';'}"
                f" only 'aligned' has any: {', '.join(map(repr, fields))}"
            )
    if name != "aligned":
        return None
    try:
        alignment = msgspec.convert(settings, Alignment)
    except msgspec.ValidationError as error:
        raise OptionError(f"searcher {searcher!r}: partial={settings!r}: {error}") from error
    if alignment.trials < 1 or not 0 <= alignment.explore <= 1:
        raise OptionError(
            f"searcher {searcher!r}: partial: trials={alignment.trials!r},"
            f" explore={alignment.explore!r} is not possible; expected at least 1, and from 0 to 1"
        )
    return alignment


def _at(path: str) -> Any:
    module_name, _, attribute = path.partition(":")
    return functools.reduce(getattr, attribute.split("."), importlib.import_module(module_name))


def _imported(kind: Kind, path: str) -> Callable[..., Any]:
    try:
        found = _at(path)
    except (ImportError, AttributeError, ValueError) as error:
        raise UsageError(
            f"{kind}={path!r} cannot be imported: {error}; expected 'package.module:factory'"
        ) from error
    if not callable(found):
        raise UsageError(f"{kind}={path!r} is {found!r}; expected a class or function")
    return cast("Callable[..., Any]", found)


def _path(factory: Callable[..., Any]) -> str:
    inner = factory.func if isinstance(factory, functools.partial) else factory
    name = getattr(inner, "__qualname__", type(inner).__qualname__)
    return f"{getattr(inner, '__module__', '')}:{name}"


def _unfit(kind: Kind, value: Any) -> UsageError:
    name = type(value).__name__
    method = {"searcher": "suggest", "scheduler": "on_result", "executor": "submit"}.get(kind, "")
    made = f"; pass the class itself, {kind}={name}, so that each run makes its own"
    return UsageError(
        f"{kind}={value!r} is not possible; expected a name, {{'name': ..., **options}}, or a class"
        f" or function that makes the {kind}" + (made if hasattr(value, method) else "")
    )
