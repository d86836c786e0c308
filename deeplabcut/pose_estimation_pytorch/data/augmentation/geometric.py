"""Steps that move the image with its points and boxes by an affine map: sizes, mirroring, affine, padding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from deeplabcut.core import geometry
from deeplabcut.core.errors import InvalidInput
from deeplabcut.core.poses import Array
from deeplabcut.pose_estimation_pytorch.data.augmentation import settings
from deeplabcut.pose_estimation_pytorch.data.augmentation.chain import Step
from deeplabcut.pose_estimation_pytorch.data.augmentation.sample import Sample
from deeplabcut.pose_estimation_pytorch.data.augmentation.warp import with_channels

BORDERS = {"constant": cv2.BORDER_CONSTANT, "reflect_101": cv2.BORDER_REFLECT_101}
POSITIONS = ("center", "top_left", "top_right", "bottom_left", "bottom_right", "random")


def resized(sample: Sample, width: int, height: int, interpolation: int = cv2.INTER_LINEAR) -> None:
    """Give the image this size; its outer edges stay its outer edges."""
    old_width, old_height = sample.size
    if (width, height) != sample.size:
        affine = geometry.scaling(width / old_width, height / old_height, about_edges=True)
        sample.move(affine, (width, height), interpolation=interpolation)


@dataclass(frozen=True)
class Resize(Step):
    """The image in another size, whatever becomes of its proportions."""

    width: int
    height: int
    draws = False

    def __post_init__(self) -> None:
        for name in ("width", "height"):
            settings.whole(name, getattr(self, name), 1)

    def apply(self, sample: Sample, rng: np.random.Generator) -> None:
        """Resize."""
        resized(sample, int(self.width), int(self.height))


@dataclass(frozen=True)
class LongestMaxSize(Step):
    """The image with its longest side of ``max_size``, its proportions kept."""

    max_size: int
    p: float = 1.0
    draws = False

    def __post_init__(self) -> None:
        settings.whole("max_size", self.max_size, 1)
        settings.number("p", self.p, 0, 1)

    def apply(self, sample: Sample, rng: np.random.Generator) -> None:
        """Resize."""
        scaled(sample, self.max_size / max(sample.size))


@dataclass(frozen=True)
class KeepAspectRatioResize(Step):
    """The image with its proportions kept: as large as fits into ``width`` x ``height``, or as small as covers it.

    Parameters
    ----------
    width, height : px.
    mode : ``pad``, so that padding can follow, or ``crop``.
    interpolation : of OpenCV.
    """

    width: int
    height: int
    mode: str = "pad"
    interpolation: Any = cv2.INTER_LINEAR
    p: float = 1.0
    always_apply: bool = True
    draws = False

    def __post_init__(self) -> None:
        for name in ("width", "height"):
            settings.whole(name, getattr(self, name), 1)
        settings.choice("mode", self.mode, ("pad", "crop"))
        settings.number("p", self.p, 0, 1)

    def apply(self, sample: Sample, rng: np.random.Generator) -> None:
        """Resize."""
        factors = self.width / sample.size[0], self.height / sample.size[1]
        scaled(sample, min(factors) if self.mode == "pad" else max(factors), self.interpolation)


def scaled(sample: Sample, factor: float, interpolation: int = cv2.INTER_LINEAR) -> None:
    """Scale to the nearest whole size."""
    width, height = (max(1, round(side * factor)) for side in sample.size)
    resized(sample, width, height, interpolation)


@dataclass(frozen=True)
class HFlip(Step):
    """The image mirrored left to right.

    Parameters
    ----------
    symmetries : pairs of positions of bodyparts, such as left and right ear, that change places in each individual.
    """

    symmetries: Any = ()
    always_apply: bool = False
    p: float = 0.5
    draws = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "symmetries", settings.pairs("symmetries", self.symmetries))
        settings.number("p", self.p, 0, 1)

    def apply(self, sample: Sample, rng: np.random.Generator) -> None:
        """Mirror."""
        width = sample.size[0]
        sample.move(np.array([[-1.0, 0.0, width - 1.0], [0.0, 1.0, 0.0]]), sample.size)
        if self.symmetries and len(sample.points):
            order = self._swapped(sample)
            sample.points = sample.points[order]

    def _swapped(self, sample: Sample) -> Array:
        """For each point, which one takes its place."""
        order = np.arange(len(sample.points))
        first, second = np.array(self.symmetries).T
        for positions in sample.individuals:
            if len(positions) <= max(first.max(), second.max()):
                raise InvalidInput(
                    f"The symmetries name bodypart {max(first.max(), second.max())}, "
                    f"but an individual has {len(positions)} bodyparts.",
                    where="hflip.symmetries",
                    fix="count bodyparts from 0, in the order of the configuration",
                )
            a, b = positions[first], positions[second]
            order[a], order[b] = b, a
        return order


@dataclass(frozen=True)
class Affine(Step):
    """The image scaled, turned and shifted about its centre; what lies outside is black.

    Parameters
    ----------
    scaling : smallest and largest factor, or one factor.
    rotation : degrees; one number means to both sides.
    translation : whole pixels along each axis; one number means to both sides.
    """

    scaling: Any = (1.0, 1.0)
    rotation: Any = (0.0, 0.0)
    translation: Any = (0, 0)
    p: float = 0.9

    def __post_init__(self) -> None:
        checked = {
            "scaling": settings.interval("scaling", self.scaling, 1e-3, 1e3),
            "rotation": settings.interval("rotation", self.rotation, -360, 360, around_zero=True),
            "translation": settings.interval("translation", self.translation, around_zero=True),
            "p": settings.number("p", self.p, 0, 1),
        }
        for name, value in checked.items():
            object.__setattr__(self, name, value)

    def apply(self, sample: Sample, rng: np.random.Generator) -> None:
        """Scale, turn, shift."""
        factor, angle_deg = rng.uniform(*self.scaling), rng.uniform(*self.rotation)
        low, high = np.ceil(self.translation[0]), np.floor(self.translation[1])
        shift = rng.integers(int(low), int(high), size=2, endpoint=True)
        centre = np.array([sample.size[0] - 1, sample.size[1] - 1]) / 2
        sample.move(
            geometry.compose(
                geometry.translation(*-centre),
                geometry.scaling(factor),
                geometry.rotation(angle_deg),
                geometry.translation(*(centre + shift)),
            ),
            sample.size,
            cut=True,
        )


@dataclass(frozen=True)
class PadIfNeeded(Step):
    """The image in a larger frame: of a least size, or with sides that a number divides.

    Points that are not in the image become NaN, if there is something to pad.

    Parameters
    ----------
    min_height, min_width : px, or None.
    pad_height_divisor, pad_width_divisor : what divides the sides, or None.
    position : where the image lies in the frame.
    border_mode : what fills the rest: ``constant`` or ``reflect_101`` (mirrored without repeating the edge).
    border_value : gray level of a constant border, one or one per channel.
    """

    min_height: int | None = None
    min_width: int | None = None
    pad_height_divisor: int | None = None
    pad_width_divisor: int | None = None
    position: str = "center"
    border_mode: str = "reflect_101"
    border_value: Any = None

    def __post_init__(self) -> None:
        for side in ("height", "width"):
            least, divisor = getattr(self, f"min_{side}"), getattr(self, f"pad_{side}_divisor")
            if least is not None:
                settings.whole(f"min_{side}", least, 1)
            if divisor is not None:
                settings.whole(f"pad_{side}_divisor", divisor, 1)
            if least is not None and divisor not in (None, 1):
                raise settings.InvalidSetting(
                    f"Both min_{side} and pad_{side}_divisor are given.",
                    where=f"min_{side}",
                    fix=f"leave out one of them: min_{side}: null, or pad_{side}_divisor: null",
                )
        settings.choice("position", self.position, POSITIONS)
        settings.choice("border_mode", self.border_mode, BORDERS)
        values = () if self.border_value is None else np.atleast_1d(self.border_value).tolist()
        if len(values) > 4:
            raise settings.wrong("border_value", self.border_value, "a gray level, or one per channel")
        for value in values:
            settings.number("border_value", value, 0, 255)

    @property
    def draws(self) -> bool:  # type: ignore[override]
        """Whether chance decides on the position."""
        return self.position == "random"

    def apply(self, sample: Sample, rng: np.random.Generator) -> None:
        """Pad."""
        width, height = sample.size
        more_x = _missing(width, self.min_width, self.pad_width_divisor)
        more_y = _missing(height, self.min_height, self.pad_height_divisor)
        if more_x == more_y == 0:
            return
        left, top = self._corner(more_x, more_y, rng)
        affine, size = geometry.translation(left, top), (width + more_x, height + more_y)
        sample.forget_points_outside()
        if self.border_mode == "constant" and not np.any(self.border_value):
            sample.move(affine, size, cut=True)
            return
        value = np.broadcast_to(0 if self.border_value is None else self.border_value, sample.n_channels)
        framed = cv2.copyMakeBorder(
            sample.pixels(), top, more_y - top, left, more_x - left, BORDERS[self.border_mode], value=value.tolist()
        )
        sample.replace_pixels(with_channels(framed))
        sample.note_move(affine, size)

    def _corner(self, more_x: int, more_y: int, rng: np.random.Generator) -> tuple[int, int]:
        if self.position == "random":
            return int(rng.integers(0, more_x, endpoint=True)), int(rng.integers(0, more_y, endpoint=True))
        if self.position == "center":
            return more_x // 2, more_y // 2
        return more_x * self.position.endswith("right"), more_y * self.position.startswith("bottom")


def _missing(side: int, least: int | None, divisor: int | None) -> int:
    """How many pixels to add to a side."""
    return max(0, int(least) - side) if least is not None else -side % int(divisor or 1)
