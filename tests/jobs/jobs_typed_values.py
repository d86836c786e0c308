"""Types as they stand in signatures, with values of them."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Any, Literal

from hypothesis import strategies as st


class Engine(Enum):
    PYTORCH = 1
    TF = 2


text = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=12)
numbers = st.floats(allow_nan=False)

LEAVES: dict[Any, st.SearchStrategy[Any]] = {
    int: st.integers(),
    float: numbers,
    bool: st.booleans(),
    str: text,
    Path: text.map(Path).filter(lambda path: "\0" not in str(path)),
    Literal["auto", "manual", 3]: st.sampled_from(["auto", "manual", 3]),
    Engine: st.sampled_from(Engine),
}


@st.composite
def typed_values(draw: st.DrawFn) -> tuple[Any, Any]:
    """A type as it stands in signatures, and a value of it."""
    leaf = draw(st.sampled_from(list(LEAVES)))
    value = LEAVES[leaf]
    shape = draw(st.sampled_from(["plain", "list", "pair", "open", "optional", "optional list"]))
    if shape == "plain":
        return leaf, draw(value)
    if shape == "list":
        return list[leaf], draw(st.lists(value, max_size=4))
    if shape == "pair":
        return tuple[leaf, leaf], draw(st.tuples(value, value))
    if shape == "open":
        return tuple[leaf, ...], tuple(draw(st.lists(value, max_size=4)))
    if shape == "optional":
        present = value if leaf is not str else value.filter(lambda one: one.strip().lower() not in ("none", "null"))
        return leaf | None, draw(st.none() | present)
    return list[leaf] | None, draw(st.none() | st.lists(value, max_size=4))
