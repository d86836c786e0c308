"""Keypoints drawn as soft spots, as the condition that a network is given."""

from __future__ import annotations

import functools
from abc import ABC, abstractmethod
from typing import Any, TypeVar

import numpy as np
import torch

from deeplabcut.core.errors import InvalidInput
from deeplabcut.core.poses import Array
from deeplabcut.pose_estimation_pytorch.registry import Registry
from deeplabcut.visualization.colors import spread

KEYPOINT_ENCODERS = Registry("kpt_encoders")

Numbers = TypeVar("Numbers", Array, torch.Tensor)
_BRIGHTEST = 255.0
_MOST_COLUMNS = 1 << 24


class BaseKeypointEncoder(ABC):
    """Draws keypoints into maps.

    Parameters
    ----------
    num_joints : int
    kernel_size : (int, int)
        Width and height of a spot, odd.
    img_size : (int, int)
        Height and width of the network's input; keypoints beyond are not drawn.
    """

    takes_tensors = False
    """Whether keypoints may be a tensor, which gives maps on the same device; arrays are always possible."""

    def __init__(
        self, num_joints: int, kernel_size: tuple[int, int] = (15, 15), img_size: tuple[int, int] = (256, 256)
    ) -> None:
        if any(size < 1 or size % 2 == 0 for size in kernel_size):
            raise InvalidInput(f"Spots cannot have the size {tuple(kernel_size)}.", fix="use two odd numbers")
        self.num_joints = num_joints
        self.kernel_size = tuple(kernel_size)
        self.img_size = tuple(img_size)

    @property
    @abstractmethod
    def num_channels(self) -> int:
        """The channels of the maps."""

    @abstractmethod
    def __call__(self, keypoints: Any, size: tuple[int, int]) -> Any:
        """Maps (B, h, w, channels) of the given (height, width) of (B, K, 3) keypoints (x, y, visible)."""

    def condition(self, keypoints: Array | torch.Tensor, image: torch.Tensor) -> torch.Tensor:
        """The maps (B, channels, h, w) that go with a batch of images, on their device.

        ``keypoints`` are (B, K, 3) or (B, 1, K, 3), one individual for each image.
        """
        keypoints = torch.as_tensor(keypoints, device=image.device if self.takes_tensors else "cpu").detach()
        if keypoints.ndim == 4 and keypoints.shape[1] == 1:
            keypoints = keypoints[:, 0]
        wanted = (len(image), self.num_joints, 3)
        if tuple(keypoints.shape) != wanted:
            raise InvalidInput(
                f"The conditions have the shape {tuple(keypoints.shape)} instead of {wanted}.",
                fix="give one set of keypoints (x, y, visible) for each image",
            )
        size = (image.shape[-2], image.shape[-1])
        maps = torch.as_tensor(self(keypoints if self.takes_tensors else keypoints.numpy(), size))
        return maps.permute(0, 3, 1, 2).to(image.device, torch.float32)

    def blur_heatmap(self, heatmap: Numbers) -> Numbers:
        """An (h, w, channels) map with its points made into spots, the brightest of them 255."""
        if isinstance(heatmap, np.ndarray):
            blurred: Array = self.blur_heatmap(torch.as_tensor(heatmap, dtype=torch.float64)).numpy()
            return blurred
        down, across = self._spots(heatmap.shape[:2], heatmap)
        return _brightened(torch.einsum("ri,ijc,sj->rsc", down, heatmap, across)[None])[0]

    def _spots(self, size: tuple[int, int] | torch.Size, like: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Matrices that blur along rows and along columns: column ``i`` is a spot at pixel ``i``."""
        width, height = self.kernel_size
        down, across = (_spot_matrix(n, length) for n, length in zip(size, (height, width), strict=True))
        return torch.as_tensor(down).to(like), torch.as_tensor(across).to(like)


class _Spots(BaseKeypointEncoder):
    """Every keypoint is one spot in some of the channels, so that maps are products of two vectors for each."""

    takes_tensors = True

    def __call__(self, keypoints: Numbers, size: tuple[int, int]) -> Numbers:
        """Maps (B, h, w, channels) of (B, K, 3) keypoints (x, y, visible), as array or tensor like the keypoints.

        A keypoint is drawn if its third value is positive and it lies in the image. Pixels are counted from one, as
        networks were trained: a keypoint in row or column 0 appears in the last one.
        """
        if isinstance(keypoints, np.ndarray):
            maps: Array = self(torch.as_tensor(keypoints, dtype=torch.float64), size).numpy()
            return maps
        x, y, visible = (keypoints if keypoints.dtype == torch.float64 else keypoints.float()).unbind(dim=-1)
        height, width = self.img_size
        seen = (visible > 0) & (x >= 0) & (y >= 0) & (x <= width) & (y <= height)
        seen &= (x < size[1] + 1) & (y < size[0] + 1)
        column, row = ((torch.where(seen, one, 0).long() - 1) % n for one, n in ((x, size[1]), (y, size[0])))
        down, across = self._spots(size, x)
        lights = self._lights(row, column, seen).to(x)
        return _brightened(self._sum(down.T[row], across.T[column], lights))

    @abstractmethod
    def _lights(self, row: torch.Tensor, column: torch.Tensor, seen: torch.Tensor) -> torch.Tensor:
        """How bright each keypoint is, up to a common factor."""

    @abstractmethod
    def _sum(self, down: torch.Tensor, across: torch.Tensor, lights: torch.Tensor) -> torch.Tensor:
        """The spots in their channels, from the shape of each along rows (B, K, h) and along columns (B, K, w)."""


@KEYPOINT_ENCODERS.register_module
class StackedKeypointEncoder(_Spots):
    """One channel for each bodypart."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)

    @property
    def num_channels(self) -> int:
        return self.num_joints

    def _lights(self, row: torch.Tensor, column: torch.Tensor, seen: torch.Tensor) -> torch.Tensor:
        return seen

    def _sum(self, down: torch.Tensor, across: torch.Tensor, lights: torch.Tensor) -> torch.Tensor:
        return torch.einsum("bkh,bkw->bhwk", down * lights[..., None], across)


@KEYPOINT_ENCODERS.register_module
class ColoredKeypointEncoder(_Spots):
    """Three channels, in which each bodypart has a colour of its own.

    Parameters
    ----------
    colors : list of (r, g, b), optional
        One for each bodypart, 0 to 255; those of a rainbow if there are none.
    """

    def __init__(self, colors: list[tuple[int, int, int]] | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.colors = self.get_colors_from_cmap("rainbow", self.num_joints) if colors is None else colors
        if np.shape(self.colors) != (self.num_joints, 3):
            raise InvalidInput(
                f"There are {len(self.colors)} colours for {self.num_joints} bodyparts.",
                fix="give one (r, g, b) for each bodypart",
            )

    @property
    def num_channels(self) -> int:
        return 3

    def get_colors_from_cmap(self, cmap_name: str, num_colors: int) -> list[tuple[int, int, int]]:
        """Colours (r, g, b), 0 to 255, spread over a colormap."""
        return [(int(r), int(g), int(b)) for r, g, b in spread(num_colors, cmap_name)]

    def _lights(self, row: torch.Tensor, column: torch.Tensor, seen: torch.Tensor) -> torch.Tensor:
        place = torch.where(seen, row * _MOST_COLUMNS + column, -1)
        covered = (place[:, :, None] == place[:, None, :]).triu(diagonal=1).any(dim=-1)
        colors = torch.as_tensor(self.colors, device=row.device)
        return colors * (seen & ~covered)[..., None]

    def _sum(self, down: torch.Tensor, across: torch.Tensor, lights: torch.Tensor) -> torch.Tensor:
        return torch.einsum("bkh,bkw,bkc->bhwc", down, across, lights)


def _brightened(maps: torch.Tensor) -> torch.Tensor:
    """(B, ...) maps with 255 as the brightest of each; a dark one stays dark."""
    brightest = maps.flatten(1).amax(dim=1).reshape(-1, *[1] * (maps.ndim - 1))
    return maps / torch.where(brightest > 0, brightest, 1.0) * _BRIGHTEST


@functools.lru_cache(maxsize=16)
def _spot_matrix(n: int, length: int) -> Array:
    """Blurs ``n`` pixels with a Gaussian of this length as OpenCV does, mirrored at the edge pixels."""
    import cv2

    target = np.arange(n)[:, None]
    source = np.abs(target + np.arange(length) - length // 2)
    period = max(2 * (n - 1), 1)
    source = source % period
    source = np.minimum(source, period - source) if n > 1 else np.zeros_like(source)
    matrix = np.zeros((n, n))
    np.add.at(matrix, (target, source), cv2.getGaussianKernel(length, 0)[:, 0])
    return matrix


def built_encoder(kpt_encoder: dict[str, Any] | BaseKeypointEncoder, img_size: tuple[int, ...]) -> BaseKeypointEncoder:
    """The encoder of a configuration, for images of this (height, width)."""
    if isinstance(kpt_encoder, BaseKeypointEncoder):
        return kpt_encoder
    encoder: BaseKeypointEncoder = KEYPOINT_ENCODERS.build({**kpt_encoder, "img_size": img_size})
    return encoder
