"""Keypoints as heatmaps, and as offsets from the centre of a cell to the keypoint (location refinement)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from deeplabcut.core import arrays
from deeplabcut.core.arrays import XArray
from deeplabcut.core.codecs import base
from deeplabcut.core.codecs.base import Canvas, Target

LOCREF_STD_PX = 7.2801
NOTHING = 1e-18  # products of smaller numbers are denormal, and slow


class HeatmapTargets(NamedTuple):
    """What a heatmap head learns; ``locref`` is None where it has no location refinement."""

    heatmap: Target
    locref: Target | None


@dataclass(frozen=True)
class HeatmapCodec:
    """One map per channel, with a bump at each keypoint.

    Parameters
    ----------
    stride_px : pixels of the input per cell of the map.
    radius_px : cells within this distance of a keypoint learn the offset to it; a plateau fills this disc, and the
        width of a gaussian is two thirds of it.
    plateau : bumps are discs of height 1 instead of gaussians.
    locref_std_px : unit of the offsets; None for heatmaps alone.
    gradient_masking : a channel with an absent keypoint counts only ``background_weight``.
    """

    stride_px: float
    radius_px: float = 17.0
    plateau: bool = False
    locref_std_px: float | None = LOCREF_STD_PX
    gradient_masking: bool = False
    background_weight: float = 0.1

    @property
    def sigma_px(self) -> float:
        """The width of a gaussian."""
        return 2 * self.radius_px / 3

    def encode(self, keypoints: XArray, size: tuple[int, int]) -> HeatmapTargets:
        """The maps of ``size`` (height, width) for keypoints (batch, individuals, channels, 3).

        Heatmaps are (batch, channels, height, width); offsets have two channels for each, x before y. Where the discs
        of two keypoints of a channel overlap, the offsets lead to the later one. Weights of heatmaps are views.
        """
        keypoints = base.with_individuals(keypoints)
        drawn = base.visible(keypoints)
        xy = arrays.library(keypoints).where(drawn[..., None], keypoints[..., :2], 0.0)
        discs = Discs.about(xy, drawn, self, size)
        heatmap = self._plateaus(discs) if self.plateau else self._gaussians(xy, drawn, size)
        locref = None if self.locref_std_px is None else self._locref(xy, drawn, discs)
        return HeatmapTargets(Target(heatmap, self._weights(keypoints[..., 2], size)), locref)

    def decode(
        self, heatmap: XArray, locref: XArray | None = None, *, apply_sigmoid: bool = False, clip_scores: bool = False
    ) -> XArray:
        """The highest cell of each map, the first of equals: (..., channels, 3) of x, y and its value."""
        heatmap = arrays.as_float(heatmap)
        xp = arrays.library(heatmap)
        height, width = heatmap.shape[-2:]
        flat = heatmap.reshape(*heatmap.shape[:-2], height * width)
        best = xp.argmax(flat, axis=-1)[..., None]  # of logits: where the sigmoid is 1, cells could not be told apart
        score = arrays.take_along(flat, best, -1)
        score = arrays.sigmoid(score) if apply_sigmoid else score
        xy = arrays.astype(xp.concatenate([best % width, best // width], axis=-1), score.dtype)
        xy = xy * self.stride_px + self.stride_px / 2
        if locref is not None and self.locref_std_px is not None:
            offsets = arrays.as_float(locref).reshape(*flat.shape[:-1], 2, height * width)
            xy = xy + arrays.take_along(offsets, best[..., None], -1)[..., 0] * self.locref_std_px
        return xp.concatenate([xy, xp.clip(score, 0, 1) if clip_scores else score], axis=-1)

    def _gaussians(self, xy: XArray, drawn: XArray, size: tuple[int, int]) -> XArray:
        """Maps of gaussians; at each cell the highest counts."""
        xp = arrays.library(xy)
        sides = []
        for axis, n_cells in ((1, size[0]), (0, size[1])):
            d = xy[..., axis, None] - base.centres(n_cells, self.stride_px, xy)
            side = xp.exp(d * d * (-0.5 / self.sigma_px**2))
            sides.append(xp.where(drawn[..., None] & (side > NOTHING), side, 0.0))
        return xp.amax(sides[0][..., :, None] * sides[1][..., None, :], axis=1)

    def _plateaus(self, discs: Discs) -> XArray:
        heatmap = Canvas.blank(discs.shape, discs.dx)
        heatmap.put(discs.inside, discs.at, 1.0)
        return heatmap.maps

    def _locref(self, xy: XArray, drawn: XArray, discs: Discs) -> Target:
        """Offsets inside the discs; gaussians have those to the last keypoint of the channel everywhere else."""
        n_batch, n_channels, height, width = discs.shape
        values, weights = (Canvas.blank((n_batch, n_channels, 2, height, width), xy) for _ in range(2))
        std_px = self.locref_std_px or 1.0
        if not self.plateau:
            xp = arrays.library(xy)
            last = base.last_true(drawn)[:, None]
            point = arrays.take_along(xy, last[..., None], 1)[:, 0]
            scale = arrays.astype(arrays.take_along(drawn, last, 1), xy.dtype)[:, 0, :, None] / std_px
            x, y = (
                point[..., axis, None] - base.centres(n, self.stride_px, xy) for axis, n in ((0, width), (1, height))
            )
            values.maps[:, :, 0] = xp.broadcast_to((x * scale)[:, :, None], discs.shape)
            values.maps[:, :, 1] = xp.broadcast_to((y * scale)[..., None], discs.shape)
        n_cells = height * width
        at_x = discs.at + (base.maps_of(drawn.shape, xy) * n_cells)[..., None, None]  # maps before it take room for two
        for at, lead in ((at_x, discs.dx[..., None, :]), (at_x + n_cells, discs.dy[..., :, None])):
            values.put(discs.owned, at, lead / std_px)
            weights.put(discs.owned, at, 1.0)
        shape = (n_batch, 2 * n_channels, height, width)
        return Target(values.maps.reshape(shape), weights.maps.reshape(shape))

    def _weights(self, flags: XArray, size: tuple[int, int]) -> XArray:
        """1 for each channel unless a keypoint is absent (with masking) or to be ignored; the last such one decides."""
        xp = arrays.library(flags)
        masked, ignored = (flags == 0) & self.gradient_masking, flags < 0
        effect = xp.where(ignored, 0.0, xp.where(masked, self.background_weight, 1.0))
        last = base.last_true(masked | ignored)[:, None]
        weights = arrays.astype(arrays.take_along(effect, last, 1)[:, 0], "float32")
        return xp.broadcast_to(weights[..., None, None], (*weights.shape, *size))


class Discs(NamedTuple):
    """The cells about each keypoint that learn the offset to it."""

    shape: tuple[int, int, int, int]
    dx: XArray
    dy: XArray
    at: XArray
    inside: XArray
    owned: XArray

    @classmethod
    def about(cls, xy: XArray, drawn: XArray, codec: HeatmapCodec, size: tuple[int, int]) -> Discs:
        """Windows about the points (batch, individuals, channels, 2), of which ``inside`` is true within the radius.

        A cell inside several discs is ``owned`` by that of the last individual.
        """
        n_batch, n_individuals, n_channels = drawn.shape
        cells = base.window(xy, codec.radius_px, codec.stride_px, size)
        dx, dy = base.distances(xy, cells, codec.stride_px)
        inside = (dx * dx)[..., None, :] + (dy * dy)[..., :, None] <= codec.radius_px**2
        inside = inside & drawn[..., None, None]
        at = base.positions(base.maps_of(drawn.shape, xy), cells, size)
        rank = arrays.arange(n_individuals, xy)[:, None]
        owned = base.last_to_draw(inside, at, rank, n_batch * n_channels * size[0] * size[1])
        return cls((n_batch, n_channels, *size), dx, dy, at, inside, owned)
