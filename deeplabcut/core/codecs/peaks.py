"""Peaks of heatmaps, and what a field between two of them says about their being joined."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from deeplabcut.core import arrays
from deeplabcut.core.arrays import XArray

Cells = npt.NDArray[np.int64]
"""Peaks (n, 4) as image, map, row and column, in this order of sorting."""

THRESHOLD = 0.01  # lower cells are no peaks
_PAIRS_AT_ONCE = 1 << 16  # bounds the memory when a network finds peaks everywhere


def gaussian(sigma_cells: float, radius: int) -> list[float]:
    """A smoothing kernel of ``2 * radius + 1`` cells with sum 1."""
    powers = np.exp(-(np.arange(-radius, radius + 1) ** 2) / (2 * sigma_cells**2))
    return list(map(float, powers / powers.sum()))


def find_peaks(maps: XArray, window: int, *, threshold: float = THRESHOLD, max_per_map: int | None = None) -> Cells:
    """The cells of maps (batch, bodyparts, height, width) that none in the window about them surpasses."""
    xp = arrays.library(maps)
    is_peak = (maps == arrays.max_pool(maps, window)) & (maps >= threshold)
    found: Cells = arrays.to_numpy(xp.argwhere(is_peak)).astype(np.int64)
    if max_per_map is None or not len(found):
        return found
    n_batch, n_maps, height, width = maps.shape
    if np.bincount(found[:, 0] * n_maps + found[:, 1]).max() <= max_per_map:
        return found
    heights = xp.where(is_peak, maps, -xp.inf).reshape(n_batch, n_maps, -1)
    _, highest = arrays.top_k(heights, min(max_per_map, height * width))
    chosen = np.zeros((n_batch, n_maps, height * width), bool)
    np.put_along_axis(chosen, arrays.to_numpy(highest), True, axis=-1)
    image, bodypart, row, column = found.T
    kept: Cells = found[chosen[image, bodypart, row * width + column]]
    return kept


def values_at(maps: XArray, cells: Cells) -> npt.NDArray[Any]:
    """What maps (batch, bodyparts, height, width) hold at the peaks."""
    return _taken(maps, _flat(maps.shape, *cells.T))


def locations(
    cells: Cells, locref: XArray | None, stride_px: float | tuple[float, float], locref_std_px: float = 1.0
) -> npt.NDArray[Any]:
    """Where peaks are (n, 2), in pixels; ``locref`` has two channels for each map, ``stride_px`` may be (y, x)."""
    stride_y, stride_x = stride_px if isinstance(stride_px, tuple) else (stride_px, stride_px)
    stride = np.array([stride_x, stride_y])
    xy = cells[:, [3, 2]] * stride + stride // 2  # networks are trained to half a cell, yet read with the floor of it
    if locref is not None:
        image, bodypart, row, column = cells.T
        offsets = [_taken(locref, _flat(locref.shape, image, 2 * bodypart + axis, row, column)) for axis in (0, 1)]
        xy = xy + np.stack(offsets, axis=-1) * locref_std_px
    places: npt.NDArray[np.float32] = xy.astype(np.float32)
    return places


def by_map(cells: Cells, n_batch: int, n_maps: int) -> npt.NDArray[np.int64]:
    """Where the peaks of the second map, the third... begin, over all images."""
    return np.cumsum(_counts(cells, n_batch, n_maps).ravel())[:-1]


def edge_costs(
    paf: XArray,
    cells: Cells,
    edges: Sequence[tuple[int, int, int]],
    n_bodyparts: int,
    *,
    n_points: int = 10,
    n_decimals: int = 3,
) -> list[dict[int, dict[str, npt.NDArray[np.float32]]]]:
    """For each image and limb, how well the field agrees with each pair of peaks, and how far apart these are.

    The affinity ``m1`` compares lengths only: a field that points backwards counts like one that points forwards, and
    a perfect field counts 1 along an axis and 0.71 along a diagonal. Thresholds in use rest on these numbers.

    Parameters
    ----------
    paf : (batch, 2 * limbs, height, width)
    edges : number of the limb, and its two bodyparts.
    n_points : at which cells between two peaks the field is read.
    """
    n_batch, n_edges = paf.shape[0], len(edges)
    costs: list[dict[int, dict[str, npt.NDArray[np.float32]]]] = [{} for _ in range(n_batch)]
    if not n_edges or not len(cells):
        return costs
    cells = cells[np.lexsort((cells[:, 1], cells[:, 0]))]
    limb, source, target = np.asarray(edges).T
    counts = _counts(cells, n_batch, n_bodyparts)
    first = (np.cumsum(counts) - counts.ravel()).reshape(counts.shape)
    n_pairs = (counts[:, source] * counts[:, target]).ravel()
    stops = np.cumsum(n_pairs)
    m1, distance = np.empty(stops[-1], np.float32), np.empty(stops[-1], np.float32)
    for pairs in _chunks(int(stops[-1])):
        group = np.searchsorted(stops, pairs, side="right")
        image, edge = np.divmod(group, n_edges)
        i, j = np.divmod(pairs - (stops - n_pairs)[group], counts[image, target[edge]])
        starts = cells[first[image, source[edge]] + i, 2:]
        ends = cells[first[image, target[edge]] + j, 2:]
        m1[pairs], distance[pairs] = _line_integrals(paf, image, limb[edge], starts, ends, n_points)
    m1, distance = m1.round(n_decimals), distance.round(n_decimals)
    for where in np.flatnonzero(n_pairs):
        frame, kept = divmod(int(where), n_edges)
        shape = counts[frame, source[kept]], counts[frame, target[kept]]
        span = slice(stops[where] - n_pairs[where], stops[where])
        costs[frame][int(limb[kept])] = {"m1": m1[span].reshape(shape), "distance": distance[span].reshape(shape)}
    return costs


def _line_integrals(
    paf: XArray, image: Cells, limb: Cells, starts: Cells, ends: Cells, n_points: int
) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """Affinity and distance of pairs of cells (n, 2) as row and column."""
    steps = np.arange(n_points)
    points = (starts[:, None] * (n_points - 1) + (ends - starts)[:, None] * steps[:, None]) // (n_points - 1)
    row, column = points[..., 0], points[..., 1]
    flat = _flat(paf.shape, image[:, None], 2 * limb[:, None], row, column)
    field_x, field_y = _taken(paf, flat), _taken(paf, flat + paf.shape[-2] * paf.shape[-1])
    integral = np.hypot(_trapezoids(field_x, column), _trapezoids(field_y, row))
    distance = np.linalg.norm(ends - starts, axis=-1)
    return integral / (distance + np.spacing(1.0)), distance


def _trapezoids(values: npt.NDArray[Any], places: Cells) -> npt.NDArray[Any]:
    """The integrals of the last axis."""
    areas: npt.NDArray[Any] = (values[..., 1:] + values[..., :-1]) * np.diff(places) / 2
    integrals: npt.NDArray[Any] = areas.sum(axis=-1)
    return integrals


def _flat(shape: Sequence[int], image: Cells, channel: Cells, row: Cells, column: Cells) -> Cells:
    _, n_channels, height, width = shape
    flat: Cells = ((image * n_channels + channel) * height + row) * width + column
    return flat


def _taken(maps: XArray, flat: Cells) -> npt.NDArray[Any]:
    return arrays.to_numpy(maps.reshape(-1)[arrays.constant(flat, maps, dtype="int64")])


def _counts(cells: Cells, n_batch: int, n_maps: int) -> Cells:
    counts = np.bincount(cells[:, 0] * n_maps + cells[:, 1], minlength=n_batch * n_maps)
    return counts.astype(np.int64).reshape(n_batch, n_maps)


def _chunks(n: int) -> Iterator[Cells]:
    for start in range(0, n, _PAIRS_AT_ONCE):
        yield np.arange(start, min(start + _PAIRS_AT_ONCE, n))
