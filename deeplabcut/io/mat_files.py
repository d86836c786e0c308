"""MATLAB files of version 5, read piece by piece within their bounds.

The usual reader is compiled code that a damaged file can crash, and the process with it. Here every length is
checked against the piece that holds it, so that a file is read or refused, in memory of the order of its size.
"""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from deeplabcut.core.errors import DamagedFile, UnsafeFile

MAX_BYTES = 1 << 29
_HEADER, _MATRIX, _COMPRESSED = 128, 14, 15
_CELL, _STRUCT, _CHAR = 1, 2, 4
_NUMBERS = {6: "f8", 7: "f4", 8: "i1", 9: "u1", 10: "i2", 11: "u2", 12: "i4", 13: "u4", 14: "i8", 15: "u8"}
_STORED = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"}
_UNICODE = {16: "utf-8", 17: "utf-16", 18: "utf-32"}
_MAX_DEPTH = 20


def mat_variables(content: bytes, where: str) -> dict[str, Any]:
    """The variables of a file: numbers and texts as arrays, cells as arrays of objects, structs with named fields.

    The lines of an array of characters are joined to texts. Functions, objects and sparse matrices are None.
    """
    orders = {b"IM": "<", b"MI": ">"}
    order = orders.get(content[_HEADER - 2 : _HEADER])
    try:
        if order is None:
            raise ValueError("its beginning is that of another kind of file")
        if struct.unpack_from(f"{order}H", content, _HEADER - 4)[0] >> 8 == 2:
            raise DamagedFile(
                "MATLAB files of version 7.3 are not read.", where=where, fix="save it in MATLAB with the option -v7"
            )
        return dict(_variables(_Pieces(memoryview(content), order), where))
    except (ValueError, TypeError, struct.error, zlib.error, UnicodeError, OverflowError) as error:
        if isinstance(error, (DamagedFile, UnsafeFile)):
            raise
        raise DamagedFile(f"This is no MATLAB file that can be read ({error}).", where=where) from error


@dataclass(frozen=True)
class _Pieces:
    """A stretch of a file made of pieces, each a kind, a length and that many bytes."""

    data: memoryview
    order: str

    def __iter__(self) -> Iterator[tuple[int, memoryview]]:
        """The kind and the content of each piece."""
        at, end, head = 0, len(self.data), struct.Struct(f"{self.order}II")
        while at < end:
            kind, n_bytes = head.unpack_from(self.data, at)
            start = at + 8
            if kind >> 16:  # a short piece: kind, length and content in eight bytes
                kind, n_bytes, start = kind & 0xFFFF, kind >> 16, at + 4
                if n_bytes > 4:
                    raise ValueError("a piece states a length it does not have")
                at += 8
            else:
                at = start + n_bytes + (0 if kind == _COMPRESSED else -n_bytes % 8)
            if start + n_bytes > end:
                raise ValueError("it is cut short, or states a length it does not have")
            yield kind, self.data[start : start + n_bytes]

    def inside(self, data: memoryview) -> _Pieces:
        return _Pieces(data, self.order)


def _variables(pieces: _Pieces, where: str) -> Iterator[tuple[str, Any]]:
    left = MAX_BYTES
    for kind, data in _Pieces(pieces.data[_HEADER:], pieces.order):
        if kind == _COMPRESSED:
            inflated = zlib.decompressobj().decompress(data, left + 1)
            left -= len(inflated)
            if left < 0:
                raise UnsafeFile("The MATLAB file is larger than any training set.", where=where)
            ((kind, data),) = pieces.inside(memoryview(inflated))
        if kind == _MATRIX:
            yield _matrix(pieces.inside(data), 0)


def _matrix(pieces: _Pieces, depth: int) -> tuple[str, Any]:
    """The name of a matrix and its content."""
    if not len(pieces.data):
        return "", np.empty((0, 0))
    if depth > _MAX_DEPTH:
        raise ValueError("it is nested too deep")
    parts = iter(pieces)
    flags = np.frombuffer(_next(parts)[1], f"{pieces.order}u4")[0]
    shape = tuple(np.frombuffer(_next(parts)[1], f"{pieces.order}i4").tolist())
    name = bytes(_next(parts)[1]).decode("latin-1")
    if len(shape) < 2 or min(shape) < 0 or math.prod(shape) > len(pieces.data):
        raise ValueError("an array states a size it does not have")
    kind, is_complex = int(flags) & 0xFF, bool(int(flags) & 0x800)
    if kind == _CELL:
        return name, _objects(parts, pieces, math.prod(shape), depth).reshape(shape, order="F")
    if kind == _STRUCT:
        return name, _struct(parts, pieces, shape, depth)
    if kind == _CHAR:
        return name, _texts(*_next(parts), shape, pieces.order)
    if kind not in _NUMBERS:
        return name, None
    numbers = _numbers(*_next(parts), shape, pieces.order, _NUMBERS[kind])
    return name, numbers + 1j * _numbers(*_next(parts), shape, pieces.order, _NUMBERS[kind]) if is_complex else numbers


def _next(parts: Iterator[tuple[int, memoryview]]) -> tuple[int, memoryview]:
    try:
        return next(parts)
    except StopIteration:
        raise ValueError("an array ends too early") from None


def _objects(parts: Iterator[tuple[int, memoryview]], pieces: _Pieces, n: int, depth: int) -> npt.NDArray[Any]:
    """The next ``n`` matrices."""
    if n > len(pieces.data) // 8:
        raise ValueError("an array states a size it does not have")
    found = np.empty(n, object)
    for i in range(n):
        kind, data = _next(parts)
        if kind != _MATRIX:
            raise ValueError("an array holds what is no array")
        found[i] = _matrix(pieces.inside(data), depth + 1)[1]
    return found


def _struct(
    parts: Iterator[tuple[int, memoryview]], pieces: _Pieces, shape: tuple[int, ...], depth: int
) -> npt.NDArray[Any]:
    (width,) = np.frombuffer(_next(parts)[1], f"{pieces.order}i4").tolist()
    names = bytes(_next(parts)[1])
    if width < 1 or len(names) % width:
        raise ValueError("a struct has fields without names")
    fields = [
        names[at : at + width].partition(b"\0")[0].decode("latin-1") for at in range(0, len(names), width)
    ]  # fmt: skip
    n = math.prod(shape)
    content = _objects(parts, pieces, n * len(fields), depth).reshape(n, len(fields))
    array = np.empty(n, [(field, object) for field in fields])
    for i, field in enumerate(fields):
        array[field] = content[:, i]
    return array.reshape(shape, order="F")


def _numbers(kind: int, data: memoryview, shape: tuple[int, ...], order: str, dtype: str) -> npt.NDArray[Any]:
    """Numbers, which may stand in the file in a smaller type than they have."""
    if kind not in _STORED:
        raise ValueError("numbers of an unknown type")
    stored = np.frombuffer(data, f"{order}{_STORED[kind]}")
    with np.errstate(invalid="ignore"):
        return stored.astype(dtype).reshape(shape, order="F")


def _texts(kind: int, data: memoryview, shape: tuple[int, ...], order: str) -> npt.NDArray[Any]:
    """The lines of an array of characters."""
    if kind in _UNICODE:
        ending = "" if kind == 16 else "-le" if order == "<" else "-be"
        codes = np.array([ord(c) for c in bytes(data).decode(_UNICODE[kind] + ending, "surrogatepass")], np.uint32)
        if codes.size != math.prod(shape):  # characters outside the first plane count twice in some files
            codes = np.frombuffer(bytes(data).decode(_UNICODE[kind] + ending).encode("utf-16-le"), "<u2")
    elif kind in _STORED and _STORED[kind][0] in "iu":
        codes = np.frombuffer(data, f"{order}{_STORED[kind]}")
    else:
        raise ValueError("characters of an unknown type")
    if math.prod(shape[:-1]) > max(len(data), 1):
        raise ValueError("a text states a size it does not have")
    lines = codes.astype(np.uint32).reshape(shape, order="F").reshape(math.prod(shape[:-1]), shape[-1])
    texts = [_joined(line) for line in lines.tolist()]
    return np.array(texts, dtype=str).reshape(shape[:-1])


def _joined(line: list[int]) -> str:
    text = "".join(map(chr, line))
    if any(0xD800 <= code < 0xE000 for code in line):
        text = text.encode("utf-16", "surrogatepass").decode("utf-16")
    return text
