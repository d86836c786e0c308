"""What all codecs share: the grid of cells, which keypoints count, and windows about them.

Cell (row, column) of a map of stride s is centred on the pixel (s * column + s / 2, s * row + s / 2) of the network's
input. Keypoints are (batch, individuals, bodyparts, 3) arrays of x, y and a flag: above 0 for a visible point, 0 for
none, below 0 for a point about which nothing may be learnt.
"""

from __future__ import annotations

from math import prod
from typing import NamedTuple

from deeplabcut.core import arrays
from deeplabcut.core.arrays import XArray
from deeplabcut.core.errors import InvalidInput


class Target(NamedTuple):
    """A map to learn, and how much each cell of it counts."""

    values: XArray
    weights: XArray


class Window(NamedTuple):
    """Cells about each of some points: (..., height) rows, (..., width) columns, all inside the map."""

    rows: XArray
    columns: XArray


def centres(n_cells: int, stride_px: float, like: XArray) -> XArray:
    """The pixel coordinate of the centre of each cell along one axis."""
    return arrays.arange(n_cells, like) * stride_px + stride_px / 2


def visible(keypoints: XArray) -> XArray:
    """Which keypoints can be drawn: flagged as visible, and with coordinates."""
    finite = arrays.library(keypoints).isfinite(keypoints[..., :2])
    return (keypoints[..., 2] > 0) & finite[..., 0] & finite[..., 1]


def with_individuals(keypoints: XArray) -> XArray:
    """The keypoints as (batch, individuals, bodyparts, 3) in float32; without an axis of individuals there is one."""
    keypoints = arrays.astype(keypoints, "float32")
    if keypoints.ndim == 2 and 0 in keypoints.shape:  # no bodyparts at all: a batch of empty rows
        keypoints = keypoints.reshape(keypoints.shape[0], 1, 0, 3)
    if keypoints.ndim == 3:
        keypoints = keypoints[:, None]
    if keypoints.ndim != 4 or keypoints.shape[-1] < 3:
        raise InvalidInput(
            f"Keypoints of shape {tuple(keypoints.shape)} cannot be drawn.",
            fix="pass (batch, individuals, bodyparts, 3): x, y, flag",
        )
    if keypoints.shape[1] == 0:
        n_batch, _, n_bodyparts, n_values = keypoints.shape
        return arrays.zeros((n_batch, 1, n_bodyparts, n_values), keypoints)
    return keypoints


def last_true(mask: XArray) -> XArray:
    """For (batch, individuals, ...), the last individual for which the mask holds; the last of all if there is none."""
    xp = arrays.library(mask)
    return mask.shape[1] - 1 - xp.argmax(arrays.astype(xp.flip(mask, (1,)), "int32"), axis=1)


def window(xy: XArray, reach_px: float, stride_px: float, size: tuple[int, int]) -> Window:
    """The cells whose centres lie within ``reach_px`` of each point (..., 2) along both axes.

    All windows have one size. At a border they are moved inside the map, so they may hold cells beyond the reach.
    """
    xp = arrays.library(xy)
    first = xp.ceil((xy - reach_px) / stride_px - 0.5)
    n_wanted = int(2 * reach_px / stride_px) + 1
    spans = []
    for axis, n_cells in ((1, size[0]), (0, size[1])):
        n = min(n_wanted, n_cells)
        start = arrays.astype(xp.clip(first[..., axis], 0, n_cells - n), "int64")
        spans.append(start[..., None] + arrays.arange(n, xy, dtype="int64"))
    return Window(*spans)


def distances(xy: XArray, cells: Window, stride_px: float) -> tuple[XArray, XArray]:
    """From the centres of the cells of each window to its point: (..., width) along x and (..., height) along y, px."""
    return xy[..., :1] - (cells.columns + 0.5) * stride_px, xy[..., 1:] - (cells.rows + 0.5) * stride_px


def maps_of(shape: tuple[int, ...], like: XArray) -> XArray:
    """For keypoints (batch, individuals, channels), the number of the map that each is drawn on, all maps in a row."""
    n_batch, n_individuals, n_channels = shape
    numbers = arrays.arange(n_batch * n_channels, like, dtype="int64").reshape(n_batch, 1, n_channels)
    return arrays.library(like).broadcast_to(numbers, (n_batch, n_individuals, n_channels))


def positions(maps: XArray, cells: Window, size: tuple[int, int]) -> XArray:
    """Flat positions (..., height, width) of the cells of each window, in maps of ``size`` laid in a row."""
    rows = (maps[..., None] * size[0] + cells.rows) * size[1]
    return rows[..., :, None] + cells.columns[..., None, :]


class Canvas(NamedTuple):
    """Maps to draw on, all zero, and the same memory as one row with a spare cell at its end.

    What must not be drawn is written to the spare cell: shapes then never depend on values, and a GPU need not wait.
    """

    flat: XArray
    maps: XArray

    @classmethod
    def blank(cls, shape: tuple[int, ...], like: XArray, dtype: str = "float32") -> Canvas:
        """An empty canvas."""
        flat = arrays.zeros((prod(shape) + 1,), like, dtype=dtype)
        return cls(flat, flat[:-1].reshape(shape))

    def put(self, where: XArray, at: XArray, values: XArray) -> None:
        """Write ``values`` to the positions ``at`` for which ``where`` holds."""
        xp = arrays.library(self.flat)
        arrays.put(self.flat, xp.where(where, at, self.flat.shape[0] - 1), values)


def last_to_draw(inside: XArray, at: XArray, rank: XArray, n_cells: int) -> XArray:
    """Which of the cells (batch, individuals, channels, height, width) that several individuals claim each one gets.

    The individual with the highest ``rank`` (0, 1, ..., broadcast to (batch, individuals, channels)) has it.
    """
    xp = arrays.library(inside)
    claim = xp.where(inside, arrays.astype(rank, "int32")[..., None, None] + 1, 0)
    claim = arrays.astype(claim, "int32")
    owner = arrays.zeros((n_cells,), inside, dtype="int32")
    arrays.put_max(owner, at, claim)
    return inside & (owner[at] == claim)
