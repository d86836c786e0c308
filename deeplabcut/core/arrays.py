"""What the codecs need of an array library, the same for numpy arrays and torch tensors.

Most functions have one name and one meaning in both libraries and are taken from `library`. The dozen here are those
that differ. torch is never imported: whoever passes a tensor has loaded it. Results stay on the device of the input.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

XArray: TypeAlias = Any
"""A numpy array or a torch tensor."""


def is_tensor(array: XArray) -> bool:
    """Whether the array belongs to torch."""
    return any(base.__module__ == "torch" for base in type(array).__mro__)


def library(array: XArray) -> Any:
    """The module, numpy or torch, that computes with ``array``."""
    return sys.modules["torch"] if is_tensor(array) else np


def to_numpy(array: XArray) -> npt.NDArray[Any]:
    """The array in the memory of this process; half precision becomes float32."""
    return np.asarray(as_float(array).detach().cpu()) if is_tensor(array) else np.asarray(array)


def as_float(array: XArray) -> XArray:
    """The array in float32 or float64; numbers of half precision cannot hold a coordinate."""
    if not is_tensor(array):
        array = np.asarray(array)
        return array.astype(np.float32) if array.dtype == np.float16 else array
    return array.float() if array.is_floating_point() and array.element_size() < 4 else array


def constant(values: npt.ArrayLike, like: XArray, *, dtype: str = "float32") -> XArray:
    """The values as an array of the library and on the device of ``like``."""
    host = np.ascontiguousarray(values, dtype=dtype)
    return library(like).asarray(host, device=like.device) if is_tensor(like) else host


def arange(n: int, like: XArray, *, dtype: str = "float32") -> XArray:
    """The numbers 0 to n - 1."""
    xp = library(like)
    return xp.arange(n, dtype=getattr(xp, dtype), device=like.device) if is_tensor(like) else xp.arange(n, dtype=dtype)


def zeros(shape: Sequence[int], like: XArray, *, dtype: str = "float32") -> XArray:
    """An array of zeros."""
    xp = library(like)
    kind = getattr(xp, dtype)
    return xp.zeros(tuple(shape), dtype=kind, device=like.device) if is_tensor(like) else xp.zeros(tuple(shape), kind)


def astype(array: XArray, dtype: Any) -> XArray:
    """The array in another type: a name such as ``int64``, or the type of another array."""
    if is_tensor(array):
        return array.to(getattr(library(array), dtype) if isinstance(dtype, str) else dtype)
    return array.astype(dtype, copy=False)


def take_along(array: XArray, index: XArray, axis: int) -> XArray:
    """The elements at ``index`` along one axis; the other axes broadcast."""
    if is_tensor(array):
        return library(array).take_along_dim(array, index, dim=axis)
    return np.take_along_axis(array, index, axis=axis)


def put(target: XArray, index: XArray, values: XArray) -> None:
    """Write ``values`` (or one number) at flat positions of a contiguous array; at one that repeats, any of them."""
    if is_tensor(target):
        flat = index.reshape(-1)
        target.view(-1).scatter_(0, flat, values.expand(index.shape).reshape(-1) if is_tensor(values) else values)
    else:
        target.reshape(-1)[index] = values


def put_max(target: XArray, index: XArray, values: XArray) -> None:
    """Raise the elements at flat positions of a contiguous array to ``values``; positions may repeat."""
    if is_tensor(target):
        target.view(-1).scatter_reduce_(0, index.reshape(-1), values.reshape(-1), "amax")
    else:
        np.maximum.at(target.reshape(-1), index.reshape(-1), values.reshape(-1))


def top_k(array: XArray, k: int) -> tuple[XArray, XArray]:
    """The ``k`` largest values of the last axis, falling, and their positions; of equal values the first come first.

    NaN counts as smaller than everything.
    """
    xp = library(array)
    n = array.shape[-1]
    ranked = xp.where(xp.isnan(array), -xp.inf, array)
    if not is_tensor(array):
        index = np.argsort(-ranked, axis=-1, kind="stable")[..., :k]
        return np.take_along_axis(array, index, axis=-1), index
    # torch chooses freely among equals; a second choice among those that reach the last value settles it.
    last = xp.topk(ranked, k, dim=-1).values[..., -1:]
    from_end = n - arange(n, array)
    index = xp.topk(
        xp.where(ranked > last, 2 * n + from_end, xp.where(ranked == last, from_end, -1)), k, dim=-1
    ).indices
    order = xp.argsort(ranked.gather(-1, index), dim=-1, descending=True, stable=True)
    index = index.gather(-1, order)
    return array.gather(-1, index), index


def padded(maps: XArray, n_cells: int, value: float, axis: int) -> XArray:
    """``maps`` with ``n_cells`` more of one value before and behind, along the last axis or the one before."""
    if is_tensor(maps):
        last_first = [n_cells, n_cells] if axis == -1 else [0, 0, n_cells, n_cells]
        return library(maps).nn.functional.pad(maps, last_first, value=value)
    widths = [(0, 0)] * maps.ndim
    widths[axis] = (n_cells, n_cells)
    return np.pad(maps, widths, constant_values=value)


def max_pool(maps: XArray, size: int) -> XArray:
    """The maximum of the window of ``size`` cells about each cell of ``maps`` (..., height, width)."""
    maximum = library(maps).maximum
    for axis in (-2, -1):
        n_cells = maps.shape[axis]
        reach, edge = 1, padded(maps, size // 2, -np.inf, axis)
        while reach < size:  # windows of 1, 2, 4... cells, from two that overlap or touch
            step = min(reach, size - reach)
            n = edge.shape[axis] - step
            edge = maximum(_cut(edge, 0, n, axis), _cut(edge, step, n, axis))
            reach += step
        maps = _cut(edge, 0, n_cells, axis)
    return maps


def _cut(maps: XArray, start: int, n: int, axis: int) -> XArray:
    return maps[..., start : start + n] if axis == -1 else maps[..., start : start + n, :]


def blur(maps: XArray, kernel: Sequence[float]) -> XArray:
    """``maps`` (..., channels, height, width) convolved along rows and columns with an odd kernel; zeros outside."""
    if is_tensor(maps):
        n, n_channels = len(kernel), maps.shape[-3]
        square = constant(np.outer(kernel, kernel), maps).to(maps.dtype).expand(n_channels, 1, n, n)
        stack = maps.reshape(-1, *maps.shape[-3:])
        smooth = library(maps).nn.functional.conv2d(stack, square, padding=n // 2, groups=n_channels)
        return smooth.reshape(maps.shape)
    from scipy.ndimage import correlate1d

    rows = correlate1d(maps, np.asarray(kernel), axis=-2, mode="constant")
    return correlate1d(rows, np.asarray(kernel), axis=-1, mode="constant")


def sigmoid(array: XArray) -> XArray:
    """Numbers squeezed into 0 to 1."""
    if is_tensor(array):
        return library(array).sigmoid(array)
    from scipy.special import expit

    return expit(array)


def softmax(array: XArray) -> XArray:
    """The last axis as probabilities."""
    if is_tensor(array):
        return library(array).softmax(array, -1)
    powers = np.exp(array - array.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)
