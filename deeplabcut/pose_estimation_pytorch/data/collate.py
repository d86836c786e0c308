"""Batches of images of one size, drawn anew for each batch."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np
from torch.utils.data import default_collate

from deeplabcut.core.errors import InvalidInput
from deeplabcut.pose_estimation_pytorch.data.draws import Batch
from deeplabcut.pose_estimation_pytorch.data.image import resize_and_random_crop, torch_rng
from deeplabcut.pose_estimation_pytorch.registry import Registry

_HERE = __name__
COLLATE_FUNCTIONS = Registry(
    "collate functions",
    homes={name: f"{_HERE}:{name}" for name in ("ResizeFromDataSizeCollate", "ResizeFromListCollate")},
)


class CollateFunction(ABC):
    """Makes a batch of items."""

    @abstractmethod
    def __call__(self, batch: list[dict[str, Any]]) -> dict[str, Any]:
        """The items as one dict of tensors."""


class ResizeCollate(CollateFunction, ABC):
    """Brings the items of a batch to one size.

    Parameters
    ----------
    max_shift : px that a part may reach beyond its image.
    max_size : px, the longest side that images are resized to.
    seed : where the chances begin; they follow the seed of the batch if it has one.
    """

    def __init__(self, max_shift: int = 10, max_size: int = 2048, seed: int = 0) -> None:
        self.max_shift, self.max_size, self.seed = max_shift, max_size, seed

    @abstractmethod
    def _size(self, batch: list[dict[str, Any]], rng: np.random.Generator) -> int | tuple[int, int]:
        """The size of this batch: (height, width), or the side of a square."""

    def __call__(self, batch: list[dict[str, Any]]) -> dict[str, Any]:
        seed = batch.seed if isinstance(batch, Batch) else None
        rng = torch_rng() if seed is None else np.random.default_rng([self.seed, *seed])
        size = self._size(batch, rng)
        items = []
        for item in batch:
            image, moved = resize_and_random_crop(item["image"], item, size, self.max_size, self.max_shift, rng=rng)
            items.append({**moved, "image": image})
        collated: dict[str, Any] = default_collate(items)
        return collated


@COLLATE_FUNCTIONS.register_module
class ResizeFromDataSizeCollate(ResizeCollate):
    """Sizes that are a random part of the size of the first image.

    Parameters
    ----------
    min_scale, max_scale : the smallest and the largest factor.
    min_short_side, max_short_side : px, limits of the short side.
    max_ratio : of the long side to the short one.
    multiple_of : sides are enlarged until this divides them.
    to_square : make square images.
    """

    def __init__(
        self,
        min_scale: float,
        max_scale: float,
        min_short_side: int = 128,
        max_short_side: int = 1152,
        max_ratio: float = 2.0,
        multiple_of: int | None = None,
        to_square: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if not 0 < min_scale <= max_scale:
            raise InvalidInput(
                f"min_scale {min_scale} and max_scale {max_scale} are no range.", fix="give 0 < min <= max"
            )
        self.min_scale, self.max_scale = min_scale, max_scale
        self.min_short_side, self.max_short_side, self.max_ratio = min_short_side, max_short_side, max_ratio
        self.multiple_of, self.to_square = multiple_of, to_square

    def _size(self, batch: list[dict[str, Any]], rng: np.random.Generator) -> int | tuple[int, int]:
        height, width = batch[0]["image"].shape[-2:]
        scale = rng.uniform(self.min_scale, self.max_scale)
        short = round(float(np.clip(scale * min(height, width), self.min_short_side, self.max_short_side)))
        if self.to_square:
            return self._multiple(short)
        long = int(min(max(height, width) / min(height, width), self.max_ratio) * short)
        sides = (short, long) if height <= width else (long, short)
        return self._multiple(sides[0]), self._multiple(sides[1])

    def _multiple(self, side: int) -> int:
        return side if not self.multiple_of else -(-side // self.multiple_of) * self.multiple_of


@COLLATE_FUNCTIONS.register_module
class ResizeFromListCollate(ResizeCollate):
    """Sizes drawn from a list.

    Parameters
    ----------
    scales : sides of squares in px, or pairs of height and width.
    """

    def __init__(self, scales: Sequence[int] | Sequence[tuple[int, int]], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not len(scales):
            raise InvalidInput("scales is empty.", fix="give at least one size")
        self.scales = list(scales)

    def _size(self, batch: list[dict[str, Any]], rng: np.random.Generator) -> int | tuple[int, int]:
        size = self.scales[int(rng.integers(len(self.scales)))]
        if isinstance(size, (list, tuple)):
            return int(size[0]), int(size[1])
        return int(size)  # type: ignore[call-overload, no-any-return]
