"""The networks that there are, with what they cost and what they are good for."""

from __future__ import annotations

from dataclasses import dataclass

from deeplabcut.core.errors import InvalidInput
from deeplabcut.pose_estimation_pytorch.config.enums import MethodType, NetType
from deeplabcut.pose_estimation_pytorch.config.recipes import method_of, recipes

_METHODS = {
    MethodType.BOTTOM_UP: "bottom-up",
    MethodType.TOP_DOWN: "top-down",
    MethodType.CONDITIONAL_TOP_DOWN: "from conditions",
}


@dataclass(frozen=True)
class NetFacts:
    """A network: millions of parameters, 10^9 operations per image of its input size, and when to choose it."""

    net_type: str
    method: str
    million_parameters: float
    gflops: float
    advice: str


def models(method: str | None = None) -> list[NetFacts]:
    """Every network that can be asked for, with its size, its cost and one line of advice; cheap ones first.

    Parameters
    ----------
    method : str, optional
        Only networks of one method: bu (bottom-up), td (top-down, with a detector) or ctd (from conditions).
    """
    known = [str(one) for one in MethodType]
    if method is not None and method.lower() not in known:
        raise InvalidInput(f"There is no method {method!r}.", fix=f"use one of {', '.join(known)}")
    facts = [_facts(name) for name in NetType.available_aliases()]
    wanted = None if method is None else _METHODS[MethodType(method.lower())]
    order = list(_METHODS.values())
    chosen = [one for one in facts if wanted in (None, one.method)]
    return sorted(chosen, key=lambda one: (order.index(one.method), one.gflops, one.net_type))


def _facts(name: str) -> NetFacts:
    net, said_top_down = NetType.from_alias(name)
    method = MethodType(method_of(net) or ("td" if said_top_down else "bu"))
    numbers = recipes("catalogue")[name]
    return NetFacts(name, _METHODS[method], numbers["size"], numbers["gflops"], numbers["advice"])
