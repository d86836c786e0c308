"""Which frames of a video are worth labelling: drawn at random, or one from each group of frames that look alike."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from deeplabcut.core.errors import InvalidInput

Frames = npt.NDArray[np.int64]
_Floats = npt.NDArray[np.float32]

_TOLERANCE = 1e-3  # movement of the centres in one batch, as a share of the variance of a feature
_PATIENCE = 10  # batches without a closer fit
_SMOOTHING = 0.01  # share of the newest batch in the running fit, at least: long videos come to rest as well
_N_TO_START = 1000  # frames among which the first centres are looked for
_CHUNK = 2048  # frames whose features are floats at one time


def frame_range(n_frames: int, start: float, stop: float) -> tuple[int, int]:
    """First frame and end (one beyond the last) of the part of a video between two fractions."""
    if not 0 <= start < stop <= 1:
        raise InvalidInput(
            f"start is {start} and stop is {stop}.", fix="give fractions of the video with 0 <= start < stop <= 1"
        )
    return math.floor(n_frames * start), min(n_frames, math.ceil(n_frames * stop))


def candidate_frames(
    n_frames: int, start: float = 0.0, stop: float = 1.0, step: int = 1, among: Iterable[int] | None = None
) -> Frames:
    """Numbers of the frames to choose from, ascending.

    Parameters
    ----------
    start, stop : fractions of the video.
    step : take every ``step``-th frame.
    among : take these instead, as far as they lie strictly inside the range.
    """
    if step < 1:
        raise InvalidInput(f"Every {step}-th frame cannot be taken.", fix="give a step of at least 1")
    first, end = frame_range(n_frames, start, stop)
    if among is None:
        return np.arange(first, end, step, dtype=np.int64)
    numbers = np.unique(np.asarray(list(among), dtype=np.int64))
    return numbers[(numbers > first) & (numbers < end)]


def uniform_frames(candidates: npt.ArrayLike, n: int, rng: np.random.Generator) -> Frames:
    """``n`` of the candidates drawn at random, each at most once, ascending; all of them if there are no more."""
    numbers = np.unique(np.asarray(candidates, dtype=np.int64))
    _check_count(n)
    return np.sort(rng.choice(numbers, min(n, len(numbers)), replace=False))


def kmeans_frames(
    features: npt.NDArray[np.uint8],
    candidates: npt.ArrayLike,
    n: int,
    rng: np.random.Generator,
    *,
    batch_size: int = 100,
    max_iter: int = 50,
) -> Frames:
    """``n`` of the candidates that look different, ascending; all of them if there are no more.

    The features are put into ``n`` groups by mini-batch k-means, and a random member of each is taken. Groups that
    stay empty are made up for by frames that differ from those taken so far. Only small parts of the features are
    floats at one time.

    Parameters
    ----------
    features : (n_candidates, ...) array
        What each candidate looks like, for example a small picture.
    batch_size : frames that move the centres at one time, at most half of them.
    max_iter : passes through the frames at most; fewer if the centres come to rest.
    """
    numbers = np.asarray(candidates, dtype=np.int64)
    _check_count(n)
    if batch_size < 1 or max_iter < 1:
        raise InvalidInput(f"batch_size {batch_size} and max_iter {max_iter} must be at least 1.")
    if len(features) != len(numbers) or len(np.unique(numbers)) != len(numbers):
        raise InvalidInput(f"{len(features)} features do not describe {len(numbers)} different frames.")
    if n >= len(numbers):
        return np.sort(numbers)
    flat = features.reshape(len(features), -1)
    batch_size = max(1, min(batch_size, len(flat) // 2))
    centres = _first_centres(flat, n, rng)
    n_batches = max_iter * math.ceil(len(flat) / batch_size)
    _move(centres, flat, rng, batch_size, n_batches, _TOLERANCE * _mean_variance(flat))
    groups = _nearest(flat, centres)
    chosen = [int(rng.choice(members)) for members in _members(groups, n) if len(members)]
    return np.sort(numbers[_topped_up(chosen, flat, n, rng)])


def _check_count(n: int) -> None:
    if n < 1:
        raise InvalidInput(f"{n} frames cannot be chosen.", fix="ask for at least one (numframes2pick in config.yaml)")


def _floats(flat: npt.NDArray[np.uint8]) -> _Floats:
    return flat.astype(np.float32) - np.float32(128)  # near zero, where squares lose the fewest digits


def _chunks(n: int) -> Iterable[slice]:
    return (slice(first, first + _CHUNK) for first in range(0, n, _CHUNK))


def _mean_variance(flat: npt.NDArray[np.uint8]) -> float:
    """How much a feature varies between frames, on average over the features."""
    total, squares = np.zeros(flat.shape[1]), np.zeros(flat.shape[1])
    for part in _chunks(len(flat)):
        values = _floats(flat[part]).astype(np.float64)
        total += values.sum(axis=0)
        squares += (values**2).sum(axis=0)
    return float((squares / len(flat) - (total / len(flat)) ** 2).mean())


def _squared_distances(points: _Floats, centres: _Floats) -> _Floats:
    """(n_points, n_centres)."""
    squares = (points**2).sum(axis=1)[:, None] - 2 * points @ centres.T + (centres**2).sum(axis=1)
    return np.asarray(np.maximum(squares, 0), np.float32)


def _first_centres(flat: npt.NDArray[np.uint8], n: int, rng: np.random.Generator) -> _Floats:
    """k-means++: each next centre is drawn with a chance that grows with its squared distance to those before."""
    some = np.sort(rng.choice(len(flat), min(len(flat), max(_N_TO_START, 3 * n)), replace=False))
    points = _floats(flat[some])
    centres = np.empty((n, flat.shape[1]), np.float32)
    centres[0] = points[rng.integers(len(points))]
    apart = np.full(len(points), np.inf, np.float32)
    for k in range(1, n):
        apart = np.minimum(apart, _squared_distances(points, centres[k - 1 : k])[:, 0])
        centres[k] = points[_drawn(apart, rng)]
    return centres


def _drawn(weights: npt.NDArray[np.floating], rng: np.random.Generator) -> int:
    """A place drawn in proportion to its weight; any place if there are no weights."""
    total = np.cumsum(weights, dtype=np.float64)
    if total[-1] <= 0:
        return int(rng.integers(len(weights)))
    return min(int(np.searchsorted(total, rng.uniform(0, total[-1]), side="right")), len(weights) - 1)


def _move(
    centres: _Floats, flat: npt.NDArray[np.uint8], rng: np.random.Generator, size: int, n_batches: int, tolerance: float
) -> None:
    """Move each centre, batch by batch, to the mean of the frames that were nearest to it."""
    n_seen = np.zeros(len(centres))
    weight = min(1.0, max(_SMOOTHING, 2 * size / (len(flat) + 1)))
    fit = best = math.inf
    n_waiting = 0
    for number in range(n_batches):
        points = _floats(flat[rng.integers(len(flat), size=size)])
        squares = _squared_distances(points, centres)
        group = squares.argmin(axis=1)
        n_new = np.bincount(group, minlength=len(centres))
        sums = (group == np.arange(len(centres))[:, None]).astype(np.float32) @ points
        n_seen += n_new
        hit = n_new > 0
        steps = (sums[hit] - n_new[hit, None] * centres[hit]) / n_seen[hit, None]
        centres[hit] += steps.astype(np.float32)
        cost = float(squares.min(axis=1).mean())
        fit = cost if math.isinf(fit) else fit * (1 - weight) + cost * weight
        n_waiting = 0 if fit < best else n_waiting + 1
        best = min(best, fit)
        if n_waiting >= _PATIENCE or (number > 0 and float((steps**2).sum()) <= tolerance):
            return


def _nearest(flat: npt.NDArray[np.uint8], centres: _Floats) -> npt.NDArray[np.intp]:
    groups = [_squared_distances(_floats(flat[part]), centres).argmin(axis=1) for part in _chunks(len(flat))]
    return np.concatenate(groups)


def _members(groups: npt.NDArray[np.intp], n: int) -> list[npt.NDArray[np.intp]]:
    order = np.argsort(groups, kind="stable")
    return np.split(order, np.searchsorted(groups[order], np.arange(1, n)))


def _topped_up(chosen: list[int], flat: npt.NDArray[np.uint8], n: int, rng: np.random.Generator) -> list[int]:
    """``n`` places: those chosen, and more that differ from them as far as any do."""
    if len(chosen) >= n:
        return chosen
    apart = np.concatenate(
        [_squared_distances(_floats(flat[part]), _floats(flat[chosen])).min(axis=1) for part in _chunks(len(flat))]
    )
    is_free = np.ones(len(flat), bool)
    is_free[chosen] = False
    while len(chosen) < n:
        free = np.flatnonzero(is_free)
        one = int(free[_drawn(apart[free], rng)])
        chosen.append(one)
        is_free[one] = False
        newest = _floats(flat[one : one + 1])
        for part in _chunks(len(flat)):
            apart[part] = np.minimum(apart[part], _squared_distances(_floats(flat[part]), newest)[:, 0])
    return chosen
