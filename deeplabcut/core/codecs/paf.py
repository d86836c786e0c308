"""Limbs as part affinity fields: unit vectors along a limb, in a band about it, that fade towards its sides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any, NamedTuple

import numpy as np

from deeplabcut.core import arrays
from deeplabcut.core.arrays import XArray
from deeplabcut.core.codecs import base, peaks
from deeplabcut.core.codecs.base import Canvas
from deeplabcut.core.codecs.heatmap import LOCREF_STD_PX

_SLACK = 1e-3  # cells; a band that begins on the centre of a cell must not lose it to rounding


@dataclass(frozen=True)
class PafCodec:
    """Two maps for each limb, the x and the y of its direction; read together with heatmaps, as peaks and affinities.

    Parameters
    ----------
    stride_px : pixels of the input per cell of the map.
    graph : limbs, as pairs of bodypart numbers.
    width_px : how far the band of a limb reaches to either side.
    nms_radius, sigma_cells : heatmaps are smoothed with a gaussian of this width, cut at ``nms_radius`` cells to either
        side; a peak is the highest cell of a window of ``nms_radius`` cells.
    max_peaks : the highest peaks of each bodypart count, so that a network that finds one everywhere can be read.
    """

    stride_px: float
    graph: Sequence[Sequence[int]]
    width_px: float = 20.0
    nms_radius: int = 5
    sigma_cells: float = 1.0
    locref_std_px: float = LOCREF_STD_PX
    max_peaks: int | None = 100

    def encode(self, keypoints: XArray, size: tuple[int, int]) -> XArray:
        """The maps (batch, 2 * limbs, height, width) for keypoints (batch, individuals, bodyparts, 3).

        Where the bands of a limb of several individuals cross, the later individual counts.
        """
        keypoints = base.with_individuals(keypoints)
        xp = arrays.library(keypoints)
        (n_batch, n_individuals), n_limbs, n_cells = keypoints.shape[:2], len(self.graph), size[0] * size[1]
        canvas = Canvas.blank((n_batch, 2 * n_limbs, *size), keypoints)
        if n_batch * n_limbs == 0:
            return canvas.maps
        bands = self._bands(keypoints, size)
        maps = base.maps_of((n_batch, n_individuals, n_limbs), keypoints)[..., None, None]
        at = maps * n_cells + bands.cells
        rank = arrays.arange(n_individuals, keypoints)[:, None]
        owned = base.last_to_draw(bands.inside, at, rank, n_batch * n_limbs * n_cells)
        for axis in (0, 1):
            values = bands.direction[..., axis, None, None] * bands.strength
            canvas.put(owned, at + (maps + axis) * n_cells, xp.broadcast_to(values, owned.shape))
        return canvas.maps

    def decode(
        self, heatmap: XArray, locref: XArray | None, paf: XArray, limbs: Sequence[int], *, apply_sigmoid: bool = True
    ) -> list[dict[str, Any]]:
        """For each image the peaks of all bodyparts, and what speaks for each pair of them being a limb.

        Returns
        -------
        dicts with ``coordinates`` ([for each bodypart (n, 2) pixels],), ``confidence`` [(n, 1)] and ``costs``
        {limb: {"m1": (n_from, n_to), "distance": ...}} for each of ``limbs`` (positions in the graph) with peaks at
        both ends.
        """
        heatmap = arrays.as_float(heatmap)
        heatmap = arrays.sigmoid(heatmap) if apply_sigmoid else heatmap
        smooth = arrays.blur(heatmap, peaks.gaussian(self.sigma_cells, self.nms_radius))
        found = peaks.find_peaks(smooth, self.nms_radius, max_per_map=self.max_peaks)
        xy = peaks.locations(found, locref, self.stride_px, self.locref_std_px)
        n_batch, n_bodyparts = heatmap.shape[:2]
        edges = [(limb, self.graph[limb][0], self.graph[limb][1]) for limb in limbs]
        costs = peaks.edge_costs(paf, found, edges, n_bodyparts)
        groups = peaks.by_map(found, n_batch, n_bodyparts)
        scores = peaks.values_at(smooth, found)[:, None]
        points, confidence = np.split(xy, groups), np.split(scores, groups)
        return [
            {
                "coordinates": (points[i : i + n_bodyparts],),
                "confidence": confidence[i : i + n_bodyparts],
                "costs": costs[n],
            }
            for n, i in enumerate(range(0, n_batch * n_bodyparts, max(n_bodyparts, 1)))
        ]

    def _bands(self, keypoints: XArray, size: tuple[int, int]) -> _Bands:
        """Walk each band along the axis nearer to its direction ("p"); along the other one ("q") it is narrow."""
        xp = arrays.library(keypoints)
        graph = arrays.constant(self.graph, keypoints, dtype="int64")
        start, stop = keypoints[:, :, graph[:, 0]], keypoints[:, :, graph[:, 1]]
        drawn = base.visible(start) & base.visible(stop)
        start = xp.where(drawn[..., None], start[..., :2], 0.0)
        limb = xp.where(drawn[..., None], stop[..., :2], 0.0) - start
        drawn = drawn & ((limb * limb).sum(-1) > 0)
        length = xp.where(drawn, xp.sqrt((limb * limb).sum(-1)), 1.0)
        steep = xp.abs(limb[..., 1]) > xp.abs(limb[..., 0])
        (start_p, start_q), (limb_p, limb_q) = _turned(start, steep), _turned(limb, steep)
        limb_p = xp.where(drawn, limb_p, 1.0)

        corner = self.width_px * xp.abs(limb_q) / length
        low = start_p + xp.clip(limb_p, None, 0) - corner
        longest = xp.amax(xp.where(drawn, xp.abs(limb_p) + 2 * corner, 0.0))
        n_steps = min(max(size), int(longest / self.stride_px + 2 * _SLACK) + 1)
        p = xp.clip(self._first(low), 0, None)[..., None] + arrays.arange(n_steps, keypoints)
        dp = (p + 0.5) * self.stride_px - start_p[..., None]
        middle = start_q[..., None] + dp * (limb_q / limb_p)[..., None]
        half = (self.width_px * length / xp.abs(limb_p))[..., None]
        n_across = int(2 * sqrt(2) * self.width_px / self.stride_px + 2 * _SLACK) + 1
        q = self._first(middle - half)[..., None] + arrays.arange(n_across, keypoints)

        p, dp = p[..., None], dp[..., None]
        dq = (q + 0.5) * self.stride_px - start_q[..., None, None]
        limb_p, limb_q, steep = limb_p[..., None, None], limb_q[..., None, None], steep[..., None, None]
        along = dp * limb_p + dq * limb_q
        across = xp.abs(dp * limb_q - dq * limb_p) / (length * self.width_px)[..., None, None]
        row, column = xp.where(steep, p, q), xp.where(steep, q, p)
        inside = (along >= 0) & (along <= limb_p * limb_p + limb_q * limb_q) & (across <= 1) & drawn[..., None, None]
        inside = inside & (row >= 0) & (row < size[0]) & (column >= 0) & (column < size[1])
        cells = arrays.astype(xp.where(inside, row * size[1] + column, 0), "int64")
        return _Bands(limb / length[..., None], cells, inside, 1 - across)

    def _first(self, low_px: XArray) -> XArray:
        return arrays.library(low_px).ceil(low_px / self.stride_px - 0.5 - _SLACK)


class _Bands(NamedTuple):
    """Directions (batch, individuals, limbs, 2), and cells (..., steps, across) of which some lie in the band."""

    direction: XArray
    cells: XArray
    inside: XArray
    strength: XArray


def _turned(xy: XArray, steep: XArray) -> tuple[XArray, XArray]:
    """The coordinates along the axis nearer to the limb, and along the other."""
    where = arrays.library(xy).where
    return where(steep, xy[..., 1], xy[..., 0]), where(steep, xy[..., 0], xy[..., 1])
