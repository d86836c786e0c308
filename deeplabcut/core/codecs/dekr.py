"""Individuals as bumps at their centres, with the offsets from there to all their bodyparts (DEKR)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from deeplabcut.core import arrays
from deeplabcut.core.arrays import XArray
from deeplabcut.core.codecs import base
from deeplabcut.core.codecs.base import Canvas, Target, Window

PEAK_CELLS = 5  # a peak is the highest cell of a window of this size
ABSENT = -1.0

Score = Literal["center", "heatmap", "combined"]


class DekrTargets(NamedTuple):
    """What the two branches learn; the last channel of the heatmap is that of the centres."""

    heatmap: Target
    offset: Target


@dataclass(frozen=True)
class DekrDecoding:
    """How individuals are read.

    Parameters
    ----------
    n_individuals : how many are returned.
    use_heatmap : bodyparts move to the nearest peak of their own map, if closer than ``max_absorb_distance`` cells.
    score : what the score of a bodypart is: the height at the centre, that at the bodypart, or their product.
    nms_threshold : an individual is dropped when one of its bodyparts lies within this share of its diagonal of the
        same bodypart of a surer one; None keeps all.
    """

    n_individuals: int
    apply_sigmoid: bool = True
    clip_scores: bool = False
    use_heatmap: bool = True
    score: Score = "combined"
    max_absorb_distance: float = 75
    nms_threshold: float | None = 0.05


@dataclass(frozen=True)
class DekrCodec:
    """Heatmaps of all bodyparts and of the centres of individuals; offsets in cells from cells near a centre.

    Parameters
    ----------
    stride_px : pixels of the input per cell of the map.
    radius_px : cells so near a centre learn offsets. It is the width of the bumps of centres; others have half of it.
    background_weight : how much cells far from all keypoints count in the heatmap.
    """

    stride_px: float
    radius_px: float = 17.0
    background_weight: float = 0.1

    def encode(self, keypoints: XArray, areas: XArray, size: tuple[int, int]) -> DekrTargets:
        """The maps of ``size`` (height, width) for keypoints (batch, individuals, bodyparts + 1, 3), centres last.

        ``areas`` (batch, individuals), square pixels: where individuals compete for a cell, the smallest has it, and
        the offsets of large ones count less.
        """
        keypoints = base.with_individuals(keypoints)
        xp = arrays.library(keypoints)
        drawn = base.visible(keypoints)
        xy = xp.where(drawn[..., None], keypoints[..., :2], 0.0)
        cells = (xy - self.stride_px / 2) / self.stride_px
        for axis, n_cells in ((0, size[1]), (1, size[0])):
            drawn = drawn & (cells[..., axis] >= 0) & (cells[..., axis] < n_cells)
        ignored = xp.any(keypoints[..., 2] < 0, axis=1)
        areas = arrays.astype(areas, "float32")
        heatmap = self._heatmap(cells, drawn, ignored, size)
        return DekrTargets(heatmap, self._offset(xy, cells, drawn, areas, size))

    def decode(self, heatmap: XArray, offset: XArray, options: DekrDecoding) -> XArray:
        """Individuals (batch, n_individuals, bodyparts, 3) as x, y and score; without suppression, the surest first.

        With suppression the order is that of rising centres, and -1 fills the suppressed ones, which are last.
        """
        heatmap = arrays.as_float(heatmap)
        xp = arrays.library(heatmap)
        heatmap = arrays.sigmoid(heatmap) if options.apply_sigmoid else heatmap
        n = min(options.n_individuals, heatmap.shape[-2] * heatmap.shape[-1])
        centre_score, centre = peaks(heatmap[:, -1], n)
        cells = centre[:, :, None] - _at_cells(offsets_of(offset), centre, heatmap.shape[-1])
        if options.use_heatmap:
            cells = absorbed(cells, peaks(heatmap[:, :-1], n)[1], options.max_absorb_distance)
        score = {
            "center": lambda: xp.broadcast_to(centre_score[..., None], cells.shape[:-1]),
            "heatmap": lambda: values_at(heatmap[:, :-1], cells),
            "combined": lambda: centre_score[..., None] * values_at(heatmap[:, :-1], cells),
        }[options.score]()
        score = xp.clip(score, 0, 1) if options.clip_scores else score
        poses = xp.concatenate([cells * self.stride_px + self.stride_px / 2, score[..., None]], axis=-1)
        poses = poses if options.nms_threshold is None else suppressed(poses, options.nms_threshold)
        missing = arrays.zeros((poses.shape[0], options.n_individuals - n, *poses.shape[2:]), poses) + ABSENT
        return xp.concatenate([poses, missing], axis=1)

    def _heatmap(self, cells: XArray, drawn: XArray, ignored: XArray, size: tuple[int, int]) -> Target:
        xp = arrays.library(cells)
        n_channels = drawn.shape[-1]
        sigma = arrays.constant([0.5] * (n_channels - 1) + [1.0], cells) * (self.radius_px / self.stride_px)
        reach = sigma[:, None] * 3
        start, stop = xp.floor(cells - reach - 1), xp.ceil(cells + reach + 2)
        near, sides = [], []
        for axis, n_cells in ((1, size[0]), (0, size[1])):
            index = arrays.arange(n_cells, cells)
            inside = (index >= start[..., axis, None]) & (index < stop[..., axis, None])
            d = index - cells[..., axis, None]
            side = xp.exp(d * d * (-0.5 / sigma[:, None] ** 2))
            near.append(inside & drawn[..., None])
            sides.append(xp.where(near[-1], side, 0.0))
        bumps = xp.amax(sides[0][..., :, None] * sides[1][..., None, :], axis=1)
        counts = xp.any(near[0][..., :, None] & near[1][..., None, :], axis=1)
        background = xp.where(ignored, 0.0, arrays.constant(self.background_weight, cells))[..., None, None]
        return Target(bumps, xp.where(counts, 1.0, background))

    def _offset(self, xy: XArray, cells: XArray, drawn: XArray, areas: XArray, size: tuple[int, int]) -> Target:
        xp = arrays.library(cells)
        n_batch, n_joints, (height, width) = drawn.shape[0], drawn.shape[2] - 1, size
        centre = (xp.trunc(xy[..., -1, :]) - self.stride_px / 2) / self.stride_px
        spans, inside = [], []
        reach = self.radius_px / self.stride_px
        for axis, n_cells in ((1, height), (0, width)):
            start, stop = xp.trunc(centre[..., axis] - reach), xp.trunc(centre[..., axis] + reach)
            n = min(int(2 * reach) + 2, n_cells)
            first = arrays.astype(xp.clip(start, 0, n_cells - n), "int64")
            span = first[..., None] + arrays.arange(n, cells, dtype="int64")
            spans.append(span[:, :, None])
            inside.append((span >= start[..., None]) & (span < stop[..., None]))
        near = Window(*spans)
        joints, seen = cells[..., :-1, :], drawn[..., :-1] & drawn[..., -1:]
        claimed = (inside[0][..., :, None] & inside[1][..., None, :])[:, :, None] & seen[..., None, None]
        maps = base.maps_of(seen.shape, cells)
        at = xp.broadcast_to(base.positions(maps, near, size), claimed.shape)
        owned = base.last_to_draw(claimed, at, _ranks(areas)[..., None], n_batch * n_joints * height * width)
        weight = xp.clip(areas, 1, None) ** -0.5
        values, weights = (Canvas.blank((n_batch, n_joints, 2, height, width), cells) for _ in range(2))
        at_x = at + (maps * (height * width))[..., None, None]
        leads = (near.columns - joints[..., :1])[..., None, :], (near.rows - joints[..., 1:])[..., :, None]
        for at_axis, lead in zip((at_x, at_x + height * width), leads, strict=True):
            values.put(owned, at_axis, xp.broadcast_to(lead, owned.shape))
            weights.put(owned, at_axis, xp.broadcast_to(weight[..., None, None, None], owned.shape))
        shape = (n_batch, 2 * n_joints, height, width)
        return Target(values.maps.reshape(shape), weights.maps.reshape(shape))


def peaks(maps: XArray, n: int) -> tuple[XArray, XArray]:
    """Heights (..., n) and cells (..., n, 2) as column and row of the highest peaks of maps (..., height, width).

    Where a map has fewer peaks, cells of height 0 follow.
    """
    xp = arrays.library(maps)
    height, width = maps.shape[-2:]
    only = xp.where(maps == arrays.max_pool(maps, PEAK_CELLS), maps, 0.0)
    heights, index = arrays.top_k(only.reshape(*maps.shape[:-2], height * width), n)
    return heights, arrays.astype(xp.stack([index % width, index // width], axis=-1), heights.dtype)


def offsets_of(offset: XArray) -> XArray:
    """Maps (batch, 2 * bodyparts, height, width) as (batch, height * width, bodyparts, 2)."""
    offset = arrays.as_float(offset)
    n_batch, n_channels, height, width = offset.shape
    return arrays.library(offset).moveaxis(offset.reshape(n_batch, n_channels // 2, 2, height * width), -1, 1)


def absorbed(cells: XArray, candidates: XArray, max_distance: float) -> XArray:
    """Bodyparts (batch, individuals, bodyparts, 2) moved to the nearest of candidates (batch, bodyparts, n, 2)."""
    xp = arrays.library(cells)
    d = cells[:, :, :, None] - candidates[:, None]
    distance = xp.sqrt((d * d).sum(-1))
    nearest = xp.argmin(distance, axis=-1)[..., None]
    place = arrays.take_along(xp.broadcast_to(candidates[:, None], d.shape), nearest[..., None], 3)[..., 0, :]
    return xp.where(arrays.take_along(distance, nearest, -1) < max_distance, place, cells)


def values_at(maps: XArray, cells: XArray) -> XArray:
    """What maps (batch, bodyparts, height, width) hold at cells (batch, individuals, bodyparts, 2), rounded down."""
    xp = arrays.library(maps)
    height, width = maps.shape[-2:]
    column, row = (xp.clip(xp.floor(cells[..., axis]), 0, n - 1) for axis, n in ((0, width), (1, height)))
    index = arrays.astype(xp.nan_to_num(row) * width + xp.nan_to_num(column), "int64")
    return xp.moveaxis(
        arrays.take_along(maps.reshape(*maps.shape[:2], height * width), xp.moveaxis(index, 1, 2), -1), 2, 1
    )


def suppressed(poses: XArray, threshold: float) -> XArray:
    """Poses (batch, individuals, bodyparts, 3) from last to first; those too near an earlier one are -1 and last."""
    xp = arrays.library(poses)
    n = poses.shape[1]
    xy = poses[..., :2]
    extent = xp.amax(xy, axis=2) - xp.amin(xy, axis=2)
    near_px = threshold * xp.sqrt(xp.clip((extent * extent).sum(-1), 1, None))
    d = xy[:, :, None] - xy[:, None]
    near = xp.any((d * d).sum(-1) < (near_px * near_px)[:, None, :, None], axis=-1)
    rank = arrays.arange(n, poses)
    dropped = xp.any(near & (rank[:, None] < rank), axis=1)
    order = xp.argsort(xp.where(dropped, n, 0) - rank, axis=-1)
    return arrays.take_along(xp.where(dropped[..., None, None], ABSENT, poses), order[..., None, None], 1)


def _at_cells(maps: XArray, cells: XArray, width: int) -> XArray:
    index = arrays.astype(cells[..., 1] * width + cells[..., 0], "int64")
    return arrays.take_along(maps, index[..., None, None], 1)


def _ranks(areas: XArray) -> XArray:
    """0 for the largest individual (batch, individuals) and so on; of equals the later one ranks higher."""
    number = arrays.arange(areas.shape[1], areas)
    larger = areas[:, None, :] > areas[:, :, None]
    equal = (areas[:, None, :] == areas[:, :, None]) & (number < number[:, None])
    return (larger | equal).sum(-1)
