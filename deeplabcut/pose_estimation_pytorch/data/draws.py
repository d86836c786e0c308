"""What a loader asks a data set for, and what it gets: positions with seeds, items with the seed of their batch."""

from __future__ import annotations

from typing import Any, NamedTuple


class Draw(NamedTuple):
    """The position of an item, and the numbers that seed its chances."""

    position: int
    seed: tuple[int, ...]


class Batch(list[dict[str, Any]]):
    """The items of a batch; ``seed`` are the numbers that seed what is drawn once for all of them."""

    seed: tuple[int, ...] | None = None
