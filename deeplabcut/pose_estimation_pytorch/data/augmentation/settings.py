"""Checks of the settings of augmentation: each returns the value, or says which setting is wrong and what it may be."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from numbers import Integral, Real
from typing import Any

from deeplabcut.core.errors import InvalidInput

logger = logging.getLogger(__name__)

INFINITE = math.inf


class InvalidSetting(InvalidInput):
    """A setting of augmentation that cannot work."""

    code = "DLC140"

    def under(self, key: str) -> InvalidSetting:
        """The same mistake, seen from the key that it belongs to."""
        return InvalidSetting(self.message, where=f"{key}.{self.where}" if self.where else key, fix=self.fix)


def wrong(name: str, value: Any, allowed: str) -> InvalidSetting:
    """The error for a ``value`` that is not what is ``allowed``."""
    return InvalidSetting(
        f"{name} is {str(value)[:80]!r}." if isinstance(value, str) else f"{name} is {str(value)[:80]}.",
        where=name,
        fix=f"give {allowed}",
    )


def number(name: str, value: Any, low: float = -INFINITE, high: float = INFINITE) -> float:
    """A finite number within [low, high]."""
    if isinstance(value, bool) or not isinstance(value, Real) or not math.isfinite(value):
        raise wrong(name, value, f"a number{_range(low, high)}")
    if not low <= float(value) <= high:
        raise wrong(name, value, f"a number{_range(low, high)}")
    return float(value)


def whole(name: str, value: Any, low: float = -INFINITE, high: float = INFINITE) -> int:
    """A whole number within [low, high]."""
    is_whole = isinstance(value, Integral) or (isinstance(value, Real) and float(value).is_integer())
    if isinstance(value, bool) or not is_whole or not low <= value <= high:
        raise wrong(name, value, f"a whole number{_range(low, high)}")
    return int(value)


def interval(
    name: str, value: Any, low: float = -INFINITE, high: float = INFINITE, *, around_zero: bool = False
) -> tuple[float, float]:
    """A range (smallest, largest); one number means itself, or minus to plus itself ``around_zero``."""
    allowed = f"a number or two, the smaller first,{_range(low, high) or ' any'}"
    if isinstance(value, Real) and not isinstance(value, bool):
        ends = (-abs(value), abs(value)) if around_zero else (value, value)
    elif isinstance(value, (list, tuple)) and len(value) == 2:
        ends = value[0], value[1]
    else:
        raise wrong(name, value, allowed)
    try:
        first, last = (number(name, end, low, high) for end in ends)
    except InvalidSetting:
        raise wrong(name, value, allowed) from None
    if first > last:
        raise wrong(name, value, allowed)
    return first, last


def choice(name: str, value: Any, options: Iterable[str]) -> str:
    """One of the names in ``options``."""
    known = list(options)
    if value not in known:
        near = get_close_matches(str(value), known, 1)
        hint = f" (did you mean {near[0]}?)" if near else ""
        raise wrong(name, value, f"one of {', '.join(known)}{hint}")
    return str(value)


def pairs(name: str, value: Any) -> tuple[tuple[int, int], ...]:
    """Pairs of different positions, none of which occurs twice."""
    allowed = "pairs of positions of bodyparts, as in [[0, 1], [3, 4]], no position twice"
    try:
        found = tuple((whole(name, a, 0), whole(name, b, 0)) for a, b in value or ())
    except (TypeError, ValueError):
        raise wrong(name, value, allowed) from None
    flat = [position for pair in found for position in pair]
    if len(set(flat)) != len(flat):
        raise wrong(name, value, allowed)
    return found


def mapping(name: str, value: Any, allowed: Iterable[str], required: Iterable[str] = ()) -> dict[str, Any]:
    """The settings in a dict that are ``allowed`` and not null, among them the ``required`` ones.

    Others have no effect, and are mentioned: files of other versions hold them.
    """
    known = list(allowed)
    if not isinstance(value, Mapping):
        raise wrong(name, value, f"a dict with the keys {', '.join(known)}")
    for key in value:
        if key not in known:
            near = get_close_matches(str(key), known, 1)
            hint = f" Did you mean {near[0]!r}?" if near else f" Its settings are {', '.join(known)}."
            logger.warning("%s has no setting %r; it has no effect.%s", name, str(key)[:80], hint)
    for key in required:
        if value.get(key) is None:
            raise InvalidSetting(f"{name} needs {key}.", where=name, fix=f"add {key}: to it")
    return {key: value[key] for key in known if value.get(key) is not None}


def _range(low: float, high: float) -> str:
    if low > -INFINITE and high < INFINITE:
        return f" from {low:g} to {high:g}"
    if low > -INFINITE:
        return f" of at least {low:g}"
    return f" of at most {high:g}" if high < INFINITE else ""
