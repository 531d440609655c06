"""What a trial needs against what nodes have: how many fit, and the arithmetic where none does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from tunesmith.protocols import Resources

_RAY_NAMES = {"cpu": "CPU", "gpu": "GPU"}
_OWN_NAMES = {"CPU": "cpu", "GPU": "gpu"}
_SLACK = 1e-9  # sums of fractions such as 0.1 do not come out even

Amounts = Mapping[str, float]


class Node(msgspec.Struct, frozen=True):
    """One node of the cluster and everything it has, by Ray's names."""

    id: str
    address: str
    totals: dict[str, float]


class Demand(msgspec.Struct, frozen=True):
    """A trial's resources by Ray's names; hashable, so that workers of one shape share a pool."""

    bundles: tuple[tuple[tuple[str, float], ...], ...]
    strategy: str = "PACK"

    @classmethod
    def of(cls, resources: Resources) -> Demand:
        """Return the demand of a trial with these resources; amounts of zero are left out."""
        return cls(
            bundles=tuple(_bundle(bundle) for bundle in resources.bundles) or ((),),
            strategy=resources.strategy,
        )

    @property
    def grouped(self) -> bool:
        """Whether it takes a placement group."""
        return len(self.bundles) > 1

    def options(self) -> dict[str, Any]:
        """Return the options of a Ray actor that holds the first bundle."""
        amounts = dict(self.bundles[0])
        options: dict[str, Any] = {
            "num_cpus": amounts.pop("CPU", 0),
            "num_gpus": amounts.pop("GPU", 0),
        }
        if "memory" in amounts:
            options["memory"] = amounts.pop("memory")
        return {**options, "resources": amounts}

    def total(self) -> dict[str, float]:
        """Return what all bundles take together."""
        total: dict[str, float] = {}
        for bundle in self.bundles:
            for name, amount in bundle:
                total[name] = total.get(name, 0.0) + amount
        return total


def places(demand: Demand, nodes: Sequence[Node], *, limit: int) -> int:
    """Return how many workers of this shape fit on empty nodes, at most `limit`."""
    if not demand.grouped:
        amounts = dict(demand.bundles[0])
        return min(limit, sum(_times(amounts, node.totals, limit) for node in nodes))
    left = [dict(node.totals) for node in nodes]
    count = 0
    while count < limit and _place(demand, left):
        count += 1
    return count


def shortage(demand: Demand, nodes: Sequence[Node]) -> str:
    """Return why no worker of this shape can ever run on these nodes, or ""."""
    if places(demand, nodes, limit=1):
        return ""
    if not nodes:
        return "the cluster has no node that is alive"
    gpus = max((dict(bundle).get("GPU", 0.0) for bundle in demand.bundles), default=0.0)
    if gpus > 1 and gpus != int(gpus):
        return f"a trial needs {gpus:g} gpu; Ray hands out whole GPUs above 1: say {int(gpus) + 1}"
    bundles = [dict(bundle) for bundle in demand.bundles]
    lacking = [bundle for bundle in bundles if not any(_times(bundle, n.totals, 1) for n in nodes)]
    many = "the only node" if len(nodes) == 1 else f"the largest of {len(nodes)} nodes"
    if not lacking:
        need = " + ".join(_shown(bundle) for bundle in bundles)
        have = " + ".join(_shown(n.totals, like=demand.total()) for n in nodes)
        return f"a trial needs {need} ({demand.strategy}); the nodes have {have} in all"
    wanted = lacking[0]
    largest = max(nodes, key=lambda node: _share(wanted, node.totals))
    return (
        f"a trial needs {_shown(wanted)}; {many} has {_shown(largest.totals, like=wanted)}"
        + _others(wanted, largest.totals)
    )


def scarcity(demand: Demand, free: Amounts) -> str:
    """Return what is missing for a worker of this shape now, or "" if nothing is."""
    need = demand.total()
    if all(free.get(name, 0.0) + _SLACK >= amount for name, amount in need.items()):
        return ""
    return f"a trial needs {_shown(need)}; {_shown(free, like=need)} is free"


def _bundle(bundle: Mapping[str, float]) -> tuple[tuple[str, float], ...]:
    named = ((_RAY_NAMES.get(name.lower(), name), float(n)) for name, n in bundle.items())
    return tuple(sorted((name, amount) for name, amount in named if amount > 0))


def _times(need: Amounts, have: Amounts, limit: int) -> int:
    """Return how often `need` fits into `have`; a share of a GPU never spans two of them."""
    times = float(limit)
    for name, amount in need.items():
        owned = have.get(name, 0.0) + _SLACK
        if name != "GPU":
            times = min(times, owned // amount)
        elif amount <= 1:
            times = min(times, owned // 1 * ((1 + _SLACK) // amount))
        else:
            times = min(times, owned // amount if amount == int(amount) else 0)
    return int(times)


def _place(demand: Demand, left: list[dict[str, float]]) -> bool:
    """Take one worker's bundles out of `left`, or change nothing and return False."""
    spread = demand.strategy == "STRICT_SPREAD"
    whole = [demand.total()] if demand.strategy == "STRICT_PACK" else []
    wanted = whole or [dict(bundle) for bundle in demand.bundles]
    taken: list[tuple[int, Amounts]] = []
    for need in sorted(wanted, key=lambda bundle: -sum(bundle.values())):
        used = {index for index, _ in taken} if spread else set()
        free = (i for i, have in enumerate(left) if i not in used and _times(need, have, 1))
        index = next(free, None)
        if index is None:
            for at, amounts in taken:
                _take(left[at], amounts, -1)
            return False
        _take(left[index], need, 1)
        taken.append((index, need))
    return True


def _take(have: dict[str, float], need: Amounts, sign: int) -> None:
    for name, amount in need.items():
        have[name] = have.get(name, 0.0) - sign * amount


def _share(need: Amounts, have: Amounts) -> tuple[float, float]:
    shares = [min(1.0, have.get(name, 0.0) / amount) for name, amount in need.items()]
    return (min(shares, default=1.0), sum(shares))


def _shown(amounts: Amounts, like: Amounts | None = None) -> str:
    """Return amounts as text; `like` names those to show."""
    names = sorted({"CPU", "GPU"} & set(amounts) | set(like if like is not None else amounts))
    shown = (f"{_OWN_NAMES.get(name, name)}: {amounts.get(name, 0):g}" for name in names)
    return "{" + ", ".join(shown) + "}"


def _others(need: Amounts, have: Amounts) -> str:
    """Return a word on the custom resources there are, where one is asked for that is not."""
    standard = {"CPU", "GPU", "memory", "object_store_memory"}
    missing = [name for name in need if name not in standard and name not in have]
    if not missing:
        return ""
    known = sorted(n for n in have if n not in standard and not n.startswith("node:"))
    return f" (its custom resources: {', '.join(known) or 'none'})"
