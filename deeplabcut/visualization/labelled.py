"""Pictures of labels: an image, its points and its skeleton."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from deeplabcut.core import geometry
from deeplabcut.core.errors import InvalidInput
from deeplabcut.core.poses import Array, BodyPlan
from deeplabcut.visualization import colors, draw, markers

_POINTS_PER_INCH = 72
_LARGEST_PX = 16_384
_HALO = 0.4  # how opaque the outline of a bone is, compared with the bone
_LARGEST_MARKER = 0.2  # of the shorter side: a larger marker hides what it marks


@dataclass(frozen=True)
class LabelDrawing:
    """How labels are drawn into images.

    Parameters
    ----------
    marker : as matplotlib writes it.
    dotsize : size of markers in points, as `matplotlib` and config.yaml count.
    alpha : how opaque markers and bones are, from 0 to 1.
    scale : enlarges the picture, but no markers.
    dpi : enlarges picture and markers; at 100 a pixel of the image is a pixel of the picture.
    by_individual : one colour for each individual instead of one for each bodypart.
    bone_color : name of the colour of bones.
    """

    plan: BodyPlan
    marker: str = "+"
    dotsize: float = 12
    alpha: float = 0.7
    scale: float = 1.0
    dpi: float = 100.0
    colormap: str = "rainbow"
    by_individual: bool = False
    bone_color: str = "black"
    bones: bool = True
    _shades: tuple[Array, Array] = field(init=False, repr=False)
    _bone_shade: Array = field(init=False, repr=False)

    def __post_init__(self) -> None:
        for name in ("scale", "dpi"):
            if not (math.isfinite(getattr(self, name)) and getattr(self, name) > 0):
                raise InvalidInput(f"{name} must be a number above 0, not {getattr(self, name)!r}.", where=name)
        if not 0 <= self.alpha <= 1:
            raise InvalidInput(f"alphavalue must lie between 0 and 1, not {self.alpha!r}.", where="alphavalue")
        object.__setattr__(self, "_shades", shades_of(self.plan, self.colormap, by_individual=self.by_individual))
        object.__setattr__(self, "_bone_shade", colors.color(self.bone_color))
        self._style((_LARGEST_PX, _LARGEST_PX))  # raises for an unknown marker

    def picture(self, image: Array, xy: Array, unique_xy: Array) -> Array:
        """``image`` (h, w, 3) uint8, enlarged, with points (..., n_bodyparts, 2) and (..., n_unique, 2)."""
        import cv2

        height, width = image.shape[:2]
        factor = self.scale * self.dpi / 100
        size = max(1, round(width * factor)), max(1, round(height * factor))
        if max(size) > _LARGEST_PX:
            raise InvalidInput(
                f"Pictures of {size[0]} x {size[1]} pixels are too large.", where="scale", fix="choose a smaller scale"
            )
        if size == (width, height):
            canvas = image.copy()
        else:
            kind = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
            canvas = np.asarray(cv2.resize(image, size, interpolation=kind), np.uint8)
        enlarge = geometry.scaling(size[0] / width, size[1] / height, about_edges=True)
        xy, unique_xy = (geometry.apply(enlarge, np.where(np.isfinite(p), p, np.nan)) for p in (xy, unique_xy))
        if self.bones:
            self._draw_bones(canvas, xy)
        style = self._style(size)
        for points, shades in zip((xy, unique_xy), self._shades, strict=True):
            shades = np.broadcast_to(shades, (*points.shape[:-1], 3))
            markers.draw(canvas, points.reshape(-1, 2), shades.reshape(-1, 3), style)
        return canvas

    def _draw_bones(self, canvas: Array, xy: Array) -> None:
        import cv2

        width_px = max(1, round(1.2 * self.dpi / 100))
        halo = colors.contrast(self._bone_shade), width_px + 2, _HALO * self.alpha
        for shade, width, alpha in (halo, (self._bone_shade, width_px, self.alpha)):
            layer = canvas.copy()
            draw.bones(layer, xy, self.plan.bones, shade.tolist(), width)
            cv2.addWeighted(layer, alpha, canvas, 1 - alpha, 0, dst=canvas)

    def _style(self, size: tuple[int, int]) -> markers.Style:
        size_px = min(self.dotsize * self.dpi / _POINTS_PER_INCH, _LARGEST_MARKER * min(size))
        return markers.Style(self.marker, size_px, max(1.2, size_px / 10), alpha=self.alpha)


def shades_of(plan: BodyPlan, colormap: str, *, by_individual: bool) -> tuple[Array, Array]:
    """RGB colours that go with points (n_individuals, n_bodyparts, 2) and with unique points (n_unique, 2).

    By individual, all unique points have one colour of their own.
    """
    if by_individual:
        shades = colors.named(colormap, plan.n_individuals + bool(plan.unique))
        return shades[: plan.n_individuals, None], shades[plan.n_individuals :]
    shades = colors.named(colormap, plan.n_bodyparts + plan.n_unique)
    return shades[None, : plan.n_bodyparts], shades[plan.n_bodyparts :]
