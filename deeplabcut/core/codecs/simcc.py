"""Keypoints as two distributions, one along each axis of a crop (SimCC)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import pi, sqrt
from typing import Literal, NamedTuple

from deeplabcut.core import arrays
from deeplabcut.core.arrays import XArray
from deeplabcut.core.codecs import base
from deeplabcut.core.codecs.base import Target
from deeplabcut.core.errors import InvalidInput

NOWHERE = -1.0  # the bin of a keypoint that was not found


class SimccTargets(NamedTuple):
    """What the two outputs learn: (batch, individuals, bodyparts, bins), with one weight for each keypoint."""

    x: Target
    y: Target


@dataclass(frozen=True)
class SimccCodec:
    """A keypoint is a peak along x and a peak along y, in bins of ``1 / bins_per_px`` pixels.

    Parameters
    ----------
    input_size : width and height of the crop.
    sigma_bins : width of the peaks along x and y.
    smoothing : peaks are gaussians, or one bin ("standard") with ``label_smoothing`` spread over the others.
    normalize : gaussians have area 1 instead of height 1.
    """

    input_size: tuple[int, int]
    sigma_bins: tuple[float, float] = (6.0, 6.0)
    bins_per_px: float = 2.0
    smoothing: Literal["gaussian", "standard"] = "gaussian"
    label_smoothing: float = 0.0
    normalize: bool = True

    def encode(self, keypoints: XArray) -> SimccTargets:
        """Both distributions of each keypoint (batch, individuals, bodyparts, 3).

        A keypoint that is not visible, or whose peak lies outside the crop, has weight 0.
        """
        keypoints = base.with_individuals(keypoints)
        xp = arrays.library(keypoints)
        drawn = base.visible(keypoints)
        bins = xp.round(xp.where(drawn[..., None], keypoints[..., :2], 0.0) * self.bins_per_px)
        n_bins = [round(side * self.bins_per_px) for side in self.input_size]
        for axis in (0, 1):
            drawn = drawn & self._reaches(bins[..., axis], n_bins[axis], self.sigma_bins[axis])
        weights = arrays.astype(drawn, "int64")
        return SimccTargets(
            *(
                Target(self._peaks(bins[..., axis], drawn, n_bins[axis], self.sigma_bins[axis]), weights)
                for axis in (0, 1)
            )
        )

    def decode(
        self, x: XArray, y: XArray, *, apply_softmax: bool = True, normalize: bool = False, beta: float = 150.0
    ) -> XArray:
        """The most probable bins of outputs (..., bodyparts, bins): (..., bodyparts, 3) of x, y in pixels and a score.

        The score is the smaller of the two peaks. Where nothing stands out the place is that of bin -1.
        """
        x, y = arrays.as_float(x), arrays.as_float(y)
        if normalize:
            x, y = normalized(x), normalized(y)
        else:
            x, y = x * (self.sigma_bins[0] * beta), y * (self.sigma_bins[1] * beta)
        bins, score = highest_bins(x, y, apply_softmax=apply_softmax)
        return arrays.library(x).concatenate([bins / self.bins_per_px, score[..., None]], axis=-1)

    def _reaches(self, bins: XArray, n_bins: int, sigma_bins: float) -> XArray:
        reach = 3 * sigma_bins if self.smoothing == "gaussian" else 0.0
        return (bins - reach < n_bins) & (bins + reach + (reach > 0) >= 0)

    def _peaks(self, bins: XArray, drawn: XArray, n_bins: int, sigma_bins: float) -> XArray:
        xp = arrays.library(bins)
        d = arrays.arange(n_bins, bins) - bins[..., None]
        if self.smoothing == "gaussian":
            peaks = xp.exp(d * d * (-0.5 / sigma_bins**2)) / (sigma_bins * sqrt(2 * pi) if self.normalize else 1.0)
        else:
            rest = arrays.constant(self.label_smoothing / (n_bins - 1), bins)
            peaks = xp.where(d == 0, arrays.constant(1 - self.label_smoothing, bins), rest)
        return xp.where(drawn[..., None], peaks, 0.0)


def per_axis(sigma: float | Sequence[float]) -> tuple[float, float]:
    """One width for both axes, or one for each."""
    widths = [float(one) for one in sigma] if isinstance(sigma, Sequence) else [float(sigma)] * 2
    if len(widths) != 2:
        raise InvalidInput(f"sigma has {len(widths)} values.", fix="give one width, or those along x and y")
    return widths[0], widths[1]


def normalized(outputs: XArray) -> XArray:
    """Outputs without negative values, those above 1 divided by the largest of their vector."""
    xp = arrays.library(outputs)
    outputs = xp.clip(outputs, 0, None)
    return outputs / xp.clip(xp.amax(outputs, axis=-1, keepdims=True), 1, None)


def highest_bins(x: XArray, y: XArray, *, apply_softmax: bool) -> tuple[XArray, XArray]:
    """The highest bin of each axis (..., 2) and the smaller of the two heights; bin -1 where nothing stands out."""
    xp = arrays.library(x)
    if apply_softmax:
        x, y = arrays.softmax(x), arrays.softmax(y)
    bins = xp.stack([xp.argmax(x, axis=-1), xp.argmax(y, axis=-1)], axis=-1)
    score = xp.minimum(xp.amax(x, axis=-1), xp.amax(y, axis=-1))
    flat = 1 / x.shape[-1] if apply_softmax else 0.0
    return xp.where((score <= flat)[..., None], NOWHERE, arrays.astype(bins, score.dtype)), score
