"""Numbers as the csv files of the field write them: the shortest text that reads back as the same number.

pandas spends about a microsecond on each number. Numbers of an ordinary size are formatted here as whole arrays.
Their product with a power of ten is computed without any error, as the sum of two doubles, so the rounding to a
given number of digits and the test whether these tell the number from its neighbours are exact. The digits are looked
up four at a time in a field of fixed width, and the unused places, zero bytes, are removed in one sweep. The few
other numbers go through numpy.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

_SMALLEST, _LARGEST = 1e-4, {np.dtype(np.float32): 2.0**24, np.dtype(np.float64): 1e8}
_DIGITS_NEEDED = {np.dtype(np.float32): (6, 9), np.dtype(np.float64): (15, 17)}
_POWERS = 10.0 ** np.arange(23)  # all exact
_WHOLE_POWERS = 10 ** np.arange(19, dtype=np.int64)
_MAGNITUDES = np.array([1e-3, 1e-2, 1e-1, *10.0 ** np.arange(9)])
_SPLITTER = 2.0**27 + 1


def row_texts(values: Array) -> list[str]:
    """Each row of a float array as numbers with commas between them; nothing stands for NaN."""
    n_rows, n_columns = values.shape
    if values.size == 0:
        return [""] * n_rows
    flat = values.ravel()
    fields = np.zeros((flat.size, 11), np.uint32)
    letters = fields.view(np.uint8)
    ordinary = _write_ordinary(flat, fields, letters)
    for i in np.flatnonzero(~ordinary & ~np.isnan(flat)):
        text = _other(flat[i]).encode()
        letters[i, : len(text)] = np.frombuffer(text, np.uint8)
    letters[:, 40] = ord(",")
    letters[n_columns - 1 :: n_columns, 40] = ord("\n")
    joined: str = fields.tobytes().translate(None, b"\0").decode("ascii")
    return joined.split("\n")[:n_rows]


def _other(number: Any) -> str:
    """The notation of numpy 1, which the reference writes; numpy 2 changes that of float32 above a million."""
    if np.isinf(number):
        return "inf" if number > 0 else "-inf"
    if number == 0 or _SMALLEST <= abs(float(number)) < 1e16:
        return np.format_float_positional(number, unique=True, trim="0")
    return np.format_float_scientific(number, unique=True, trim="-", exp_digits=2)


def _write_ordinary(flat: Array, fields: Array, letters: Array) -> Array:
    """Fill the fields of the numbers that whole-array arithmetic can format; which ones these are."""
    size = np.abs(flat).astype(np.float64)
    ordinary = ((size >= _SMALLEST) & (size < _LARGEST[flat.dtype])) | (size == 0)
    at = np.flatnonzero(ordinary)
    half_gap = np.spacing(np.abs(flat[at])).astype(np.float64) / 2
    digits, decimals, sure = _shortest(size[at], half_gap, *_DIGITS_NEEDED[flat.dtype])
    if not sure.all():
        ordinary[at[~sure]] = False
        at, digits, decimals = at[sure], digits[sure], decimals[sure]
    in_whole = np.minimum(decimals, 18)  # below 1 there may be more decimals, and no whole part
    whole, fraction = np.divmod(digits, _WHOLE_POWERS[in_whole])
    first, last = _twelve_and_twelve(fraction, decimals)
    groups = np.zeros((len(at), 11), np.uint32)
    _whole_part(whole, groups)
    groups[:, 3] = _POINT
    _fraction(first, last, groups)
    groups[:, 0] = np.where(np.signbit(flat[at]), _MINUS, 0)
    fields[at] = groups
    return np.asarray(ordinary)


def _shortest(size: Array, half_gap: Array, fewest: int, most: int) -> tuple[Array, Array, Array]:
    """The fewest digits that tell each number from its neighbours, as an integer and a number of decimals.

    A decimal stands for a float if it lies within half the gap to the next one. With ``fewest`` digits every decimal
    has a float of its own, with ``most`` every float a decimal. The last array is False where the decimal lies on
    the very border, or halfway between two others; there the rules of ties would matter.
    """
    digits = np.zeros(len(size), np.int64)
    decimals = np.ones(len(size), np.intp)
    sure = np.ones(len(size), bool)
    below = np.where(np.frexp(size)[0] == 0.5, half_gap / 2, half_gap)  # the gap below a power of two is smaller
    enough = fewest - (np.searchsorted(_MAGNITUDES, size, side="right") - 3)
    left = np.arange(len(size))
    for n in range(most - fewest + 1):
        places = np.clip(enough[left] + n, 1, 22)
        high, low = _exact_product(size[left], _POWERS[places])
        rounded = np.rint(high)
        rest = (high - rounded) + low
        nearest = np.rint(rest)
        error = rest - nearest
        distance = np.abs(error)
        inside = distance < below[left] * _POWERS[places]
        border = ~inside & (distance <= half_gap[left] * _POWERS[places])
        settled = inside | border
        now = left[settled]
        digits[now] = rounded[settled].astype(np.int64) + nearest[settled].astype(np.int64)
        decimals[now] = places[settled]
        sure[now] = (inside & (distance != 0.5))[settled]
        left = left[~settled]
        if not len(left):
            break
    sure[left] = False
    return digits, decimals, sure


def _exact_product(a: Array, b: Array) -> tuple[Array, Array]:
    """Two doubles whose sum is exactly ``a * b`` (Dekker's product)."""
    product = a * b
    a_high, b_high = a * _SPLITTER, b * _SPLITTER
    a_high, b_high = a_high - (a_high - a), b_high - (b_high - b)
    a_low, b_low = a - a_high, b - b_high
    return product, ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low


def _twelve_and_twelve(fraction: Array, decimals: Array) -> tuple[Array, Array]:
    """The 24 decimals of a fraction as two integers."""
    beyond = np.maximum(decimals - 12, 0)
    first, rest = np.divmod(fraction, _WHOLE_POWERS[beyond])
    first *= _WHOLE_POWERS[np.maximum(12 - decimals, 0)]
    return first, rest * _WHOLE_POWERS[np.where(beyond > 0, 24 - decimals, 0)]


def _whole_part(whole: Array, groups: Array) -> None:
    high, low = np.divmod(whole, 10_000)
    groups[:, 1] = np.where(high > 0, _NO_LEADING[high], 0)
    groups[:, 2] = np.where(high > 0, _ALL_DIGITS[low], _NO_LEADING_BUT_ONE[low])


def _fraction(first: Array, last: Array, groups: Array) -> None:
    """Six groups of four digits, without zeros at the end but with one digit at least."""
    parts = [part for twelve in (first, last) for part in _three_parts(twelve)]
    more = np.zeros(len(first), bool)
    for i in range(5, 0, -1):
        groups[:, 4 + i] = np.where(more, _ALL_DIGITS[parts[i]], _NO_TRAILING[parts[i]])
        more |= parts[i] > 0
    groups[:, 4] = np.where(more, _ALL_DIGITS[parts[0]], _NO_TRAILING_BUT_ONE[parts[0]])


def _three_parts(twelve: Array) -> tuple[Array, Array, Array]:
    first, rest = np.divmod(twelve, 10**8)
    return first, *np.divmod(rest.astype(np.int32), np.int32(10_000))


def _four_bytes(digits: Array) -> Array:
    return np.asarray(np.ascontiguousarray(digits).view(np.uint32).ravel())


def _without(blank: Array) -> Array:
    digits = _FOUR_DIGITS.copy()
    digits[blank] = 0
    return _four_bytes(digits)


_FOUR_DIGITS = np.array([f"{i:04d}".encode() for i in range(10_000)], "S4").view(np.uint8).reshape(-1, 4)
_IS_ZERO = np.equal(_FOUR_DIGITS, ord("0"))
_LEADING = np.logical_and.accumulate(_IS_ZERO, axis=1)
_TRAILING = np.logical_and.accumulate(_IS_ZERO[:, ::-1], axis=1)[:, ::-1]
_ALL_DIGITS = _four_bytes(_FOUR_DIGITS)
_NO_LEADING = _without(_LEADING)
_NO_LEADING_BUT_ONE = _without(_LEADING & (np.arange(4) < 3))
_NO_TRAILING = _without(_TRAILING)
_NO_TRAILING_BUT_ONE = _without(_TRAILING & (np.arange(4) > 0))
_POINT, _MINUS = (np.array([letter, 0, 0, 0], np.uint8).view(np.uint32)[0] for letter in (ord("."), ord("-")))
