"""Holes that hide parts of animals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from deeplabcut.core.poses import Array
from deeplabcut.pose_estimation_pytorch.data.augmentation import settings
from deeplabcut.pose_estimation_pytorch.data.augmentation.chain import Step
from deeplabcut.pose_estimation_pytorch.data.augmentation.sample import Sample


@dataclass(frozen=True)
class CoarseDropout(Step):
    """Rectangles of one gray level; points under them become NaN, boxes stay.

    Parameters
    ----------
    max_holes, min_holes : how many; always ``max_holes`` if the least is not given.
    max_height, max_width, min_height, min_width : px if whole numbers, else parts of the image's sides. Without a
        least size, all holes have the largest.
    fill_value : gray level, one or one per channel.
    """

    max_holes: int = 8
    max_height: Any = 8
    max_width: Any = 8
    min_holes: int | None = None
    min_height: Any = None
    min_width: Any = None
    fill_value: Any = 0
    mask_fill_value: int | None = None
    always_apply: bool = False
    p: float = 0.5

    def __post_init__(self) -> None:
        settings.whole("max_holes", self.max_holes, 1)
        if self.min_holes is not None:
            settings.whole("min_holes", self.min_holes, 1, self.max_holes)
        for side in ("height", "width"):
            largest, smallest = getattr(self, f"max_{side}"), getattr(self, f"min_{side}")
            _size(f"max_{side}", largest)
            if smallest is not None:
                _size(f"min_{side}", smallest)
                if isinstance(smallest, int) != isinstance(largest, int) or smallest > largest:
                    raise settings.wrong(f"min_{side}", smallest, f"at most max_{side}, {largest}, of the same kind")
        settings.number("p", self.p, 0, 1)

    def apply(self, sample: Sample, rng: np.random.Generator) -> None:
        """Cover."""
        n = self.max_holes
        if self.min_holes is not None:
            n = int(rng.integers(self.min_holes, self.max_holes, endpoint=True))
        size = np.array(sample.size)
        extent = np.stack(
            [
                _drawn(self.min_width, self.max_width, sample.size[0], n, rng),
                _drawn(self.min_height, self.max_height, sample.size[1], n, rng),
            ],
            axis=-1,
        )
        low = rng.integers(0, size - extent, endpoint=True)
        high = low + extent
        image = sample.writable_pixels()
        for (x1, y1), (x2, y2) in zip(low.tolist(), high.tolist(), strict=True):
            image[y1:y2, x1:x2] = self.fill_value
        cell = np.rint(sample.points[:, None, :2])  # the pixel that a point lies in
        sample.points[((cell >= low) & (cell < high)).all(axis=-1).any(axis=1), :2] = np.nan


def _size(name: str, value: Any) -> None:
    if isinstance(value, int) and not isinstance(value, bool):
        settings.whole(name, value, 1)
    elif not isinstance(value, float) or not 0 < value <= 1:
        raise settings.wrong(name, value, "pixels as a whole number, or a part of the side above 0 and up to 1")


def _drawn(smallest: Any, largest: Any, side: int, n: int, rng: np.random.Generator) -> Array:
    """``n`` sizes in px between the two, each at least 1 and at most the side."""
    smallest = largest if smallest is None else smallest
    if isinstance(largest, int):
        sizes = rng.integers(min(smallest, side), min(largest, side), n, endpoint=True)
    else:
        sizes = (side * rng.uniform(smallest, largest, n)).astype(int)
    return np.clip(sizes, 1, side)
