"""The names that a pickle may call, and what stands behind each of them.

The interpreter's unpickler calls whatever function a file names. This one knows a short list, and behind every
entry stands a function of ours that checks its arguments: nothing of numpy or pandas runs on the word of a file.
"""

from __future__ import annotations

import collections
import io
import pathlib
import pickle
import re
from collections.abc import Callable, Sized
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np

from deeplabcut.core.errors import DamagedFile, DeepLabCutError, UnsafeFile

_COPIES = 4  # of every byte of a file, at most
_FREE = 1 << 16


@dataclass(frozen=True)
class PickledIndex:
    """The labels of a pandas index, without pandas: one tuple per entry, one name per level."""

    tuples: tuple[tuple[Any, ...], ...]
    names: tuple[Any, ...]


def _size_of(file: BinaryIO) -> int:
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    return size


def load_guarded(source: Callable[[], BinaryIO], where: str) -> Any:
    """The object in a pickle, with every name guarded; arrays of the older form need a second, now harmless, pass.

    The first pass builds stand-ins for arrays and their types and checks each state that the file gives them.
    A pickle has no branches, so the second pass makes the very same calls, with the real types.
    """
    try:
        guard = _Unpickler(source(), where, rehearsal=True)
        value = guard.load()
        if guard.has_stand_ins:
            value = _Unpickler(source(), where, rehearsal=False).load()
    except DeepLabCutError:
        raise
    except Exception as error:
        raise DamagedFile(
            f"The pickle cannot be read ({type(error).__name__}: {error}).",
            where=where,
            fix="make the file again, or use a copy of it",
        ) from error
    return value


class _Unpickler(pickle.Unpickler):
    def __init__(self, file: BinaryIO, where: str, *, rehearsal: bool) -> None:
        super().__init__(file)
        self.where = where
        self.rehearsal = rehearsal
        self.has_stand_ins = False
        self._left = _COPIES * _size_of(file) + _FREE

    def spend(self, n: int) -> None:
        """Count ``n`` values or bytes that are copied; raises once they are many more than the file has bytes.

        Without a limit a few bytes could ask for copies of the same large list again and again.
        """
        self._left -= n
        if self._left < 0:
            raise UnsafeFile("The pickle asks for more memory than its size can need.", where=self.where)

    def find_class(self, module: str, name: str, /) -> Any:
        entry = _ALLOWED.get((_ALIASES.get(module, module), name))
        if entry is None:
            raise UnsafeFile(
                f"The file asks to call {module}.{name}, which data never needs; it was not opened.",
                where=self.where,
                fix=f"if you made this file yourself and trust it, run: dlc trust {self.where}",
            )
        return _Call(entry, self)

    def persistent_load(self, pid: Any) -> Any:
        raise UnsafeFile("The file refers to objects outside itself.", where=self.where)


class _Call:
    """The only kind of function a pickle can reach: it takes checked arguments and cannot be changed."""

    __slots__ = ("_entry", "_reader")
    _entry: Callable[..., Any]
    _reader: _Unpickler

    def __init__(self, entry: Callable[..., Any], reader: _Unpickler) -> None:
        object.__setattr__(self, "_entry", entry)
        object.__setattr__(self, "_reader", reader)

    def __call__(self, *arguments: Any) -> Any:
        return self._entry(self._reader, *arguments)

    def __setstate__(self, state: object) -> None:
        raise UnsafeFile("The file tries to change a function.", where=self._reader.where)

    def __setattr__(self, name: str, value: object) -> None:
        raise UnsafeFile("The file tries to change a function.", where=self._reader.where)

    def is_for(self, entry: Callable[..., Any]) -> bool:
        return self._entry is entry


class _PendingDtype:
    """A type of numbers whose state a pickle has still to give."""

    __slots__ = ("dtype",)

    def __init__(self, text: str) -> None:
        self.dtype = np.dtype(text)

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        _version, order, subdtype, names, fields, size, _alignment, *flags = state
        plain = subdtype is None and names is None and fields is None and len(flags) <= 1
        if not plain or order not in ("<", ">", "|", "=") or size not in (-1, self.dtype.itemsize):
            raise ValueError("a type of numbers with parts")
        if flags and flags[0] != self.dtype.flags:
            raise ValueError("a type of numbers with wrong flags")
        self.dtype = self.dtype.newbyteorder(order)


class _PendingArray:
    """Stands for an array during the first pass; checks the state that the pickle gives it."""

    __slots__ = ("_reader", "labels")

    def __init__(self, reader: _Unpickler) -> None:
        self._reader = reader
        self.labels: list[Any] | None = None

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        _version, shape, dtype, _fortran, content = state
        self._reader.spend(len(content))
        if type(dtype) is not _PendingDtype or type(shape) is not tuple or not all(_is_size(n) for n in shape):
            raise ValueError("an array with a shape or type that is none")
        n_items = int(np.prod(shape, dtype=object)) if shape else 1
        if dtype.dtype.hasobject:
            if type(content) is not list or len(content) != n_items:
                raise ValueError("an array of another size than it states")
            self.labels = content
        elif type(content) is not bytes or len(content) != n_items * dtype.dtype.itemsize:
            raise ValueError("an array of another size than it states")
        else:
            self.labels = np.frombuffer(content, dtype.dtype).tolist() if len(shape) == 1 else None


class _PandasStrings:
    """The strings of an index as pandas 3 pickles them."""

    __slots__ = ("labels",)

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self.labels = _labels(next(part for part in state if isinstance(part, (np.ndarray, _PendingArray))))


def _is_size(value: object) -> bool:
    return type(value) is int and 0 <= value < 1 << 48


_DTYPE_TEXT = re.compile(r"[<>|=]?(b1|[iu][1248]|f[248]|f16|c8|c16|[SU]\d{1,6}|O8?)")


def _dtype(reader: _Unpickler, text: str, align: object = False, copy: object = False) -> Any:
    if type(text) is not str or not _DTYPE_TEXT.fullmatch(text):
        raise UnsafeFile(f"The file holds numbers of the unknown type {text!r}.", where=reader.where)
    # The copy matters: the state that follows must never reach the one shared instance.
    return _PendingDtype(text) if reader.rehearsal else np.dtype(text, copy=True)


def _real_dtype(dtype: object) -> np.dtype[Any]:
    if isinstance(dtype, str) and _DTYPE_TEXT.fullmatch(dtype):
        dtype = np.dtype(dtype)
    real = dtype.dtype if isinstance(dtype, _PendingDtype) else dtype
    if not isinstance(real, np.dtype) or real.hasobject:
        raise ValueError("an array without a type of numbers")
    return real


def _reconstruct(reader: _Unpickler, kind: object, shape: object, code: object) -> Any:
    if not (isinstance(kind, _Call) and kind.is_for(_ndarray) and shape == (0,)):
        raise UnsafeFile("The file holds an array of an unknown class.", where=reader.where)
    reader.has_stand_ins = True
    return _PendingArray(reader) if reader.rehearsal else np.ndarray((0,), np.int8)


def _ndarray(reader: _Unpickler, shape: object, dtype: object, content: object) -> Any:
    return _from_buffer(reader, content, dtype, shape, "C").copy()


def _from_buffer(reader: _Unpickler, content: Any, dtype: object, shape: Any, order: object) -> Any:
    if type(content) not in (bytes, bytearray) or order not in ("C", "F"):
        raise ValueError("an array without content")
    reader.spend(len(content))
    flat = np.frombuffer(content, _real_dtype(dtype)) if len(content) else np.empty(0, _real_dtype(dtype))
    return flat.reshape(shape, order=order)


def _scalar(reader: _Unpickler, dtype: object, content: Any = None) -> Any:
    real = _real_dtype(dtype)
    if type(content) is not bytes or len(content) != real.itemsize:
        raise ValueError("a number of another size than it states")
    reader.spend(len(content))
    return np.frombuffer(content, real)[0]


def _encode(reader: _Unpickler, text: str, encoding: str) -> bytes:
    if type(text) is not str or encoding not in ("latin1", "latin-1"):
        raise UnsafeFile("The file holds text in an unknown encoding.", where=reader.where)
    reader.spend(len(text))
    return text.encode("latin-1")


def _new_index(reader: _Unpickler, kind: object, state: dict[str, Any]) -> PickledIndex:
    if not isinstance(kind, _Call) or type(state) is not dict:
        raise UnsafeFile("The file holds a pandas object of an unknown class.", where=reader.where)
    if kind.is_for(_range_index):
        start, stop, step = state["start"], state["stop"], state["step"]
        span = range(start, stop, step)
        reader.spend(len(span))
        return PickledIndex(tuple((i,) for i in span), (state.get("name"),))
    if kind.is_for(_multi_index):
        levels = [_labels(level) for level in state["levels"]]
        codes = [_labels(code) for code in state.get("codes", state.get("labels"))]  # type: ignore[union-attr]
        reader.spend(sum(map(len, codes)))
        columns = [
            [level[i] if i >= 0 else float("nan") for i in code] for level, code in zip(levels, codes, strict=True)
        ]
        return PickledIndex(tuple(zip(*columns, strict=True)), tuple(_labels(state["names"])))
    return PickledIndex(tuple((label,) for label in _labels(state["data"])), (state.get("name"),))


def _labels(source: Any) -> list[Any]:
    """The entries of whatever a pickled index keeps them in."""
    if isinstance(source, PickledIndex):
        return [entry[0] for entry in source.tuples]
    if isinstance(source, (_PendingArray, _PandasStrings)):
        if source.labels is None:
            raise ValueError("an index of several dimensions")
        return source.labels
    if isinstance(source, np.ndarray):
        return list(source.tolist())
    if isinstance(source, (list, tuple)):
        return list(source)
    raise ValueError("an index without labels")


def _multi_index(reader: _Unpickler, *_: object) -> Any:
    raise UnsafeFile("The file holds a pandas object of an unknown form.", where=reader.where)


def _plain_index(reader: _Unpickler, *_: object) -> Any:
    return _multi_index(reader)


def _range_index(reader: _Unpickler, *_: object) -> Any:
    return _multi_index(reader)


def _pandas_strings(reader: _Unpickler, *_: object) -> _PandasStrings:
    reader.has_stand_ins = True
    return _PandasStrings()


def _nothing(reader: _Unpickler, *_: object) -> None:
    return None


def _container(kind: Callable[..., Any], *accepted: type) -> Callable[..., Any]:
    """A builtin that may be called with nothing or one argument of an accepted type."""

    def build(reader: _Unpickler, *arguments: Any) -> Any:
        if len(arguments) > 1 or any(type(argument) not in accepted for argument in arguments):
            raise UnsafeFile("The file builds a value in an unknown way.", where=reader.where)
        reader.spend(sum(len(argument) for argument in arguments if isinstance(argument, Sized)))
        return kind(*arguments)

    return build


def _defaultdict(reader: _Unpickler, factory: object = None, *_: object) -> dict[Any, Any]:
    return collections.defaultdict(list if isinstance(factory, _Call) and factory.is_for(_LIST) else dict)


def _path(kind: type[pathlib.PurePath]) -> Callable[..., Any]:
    def build(reader: _Unpickler, *parts: Any) -> pathlib.PurePath:
        return kind(*(part for part in parts if type(part) is str))

    return build


_LIST = _container(list, list, tuple)
_NUMBER = (int, float, bool, str)
_NUMPY_SCALARS = ["float16", "float32", "float64"] + [
    f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)
]
_ALIASES = {
    "__builtin__": "builtins",
    "numpy._core.multiarray": "numpy.core.multiarray",
    "numpy._core.numeric": "numpy.core.numeric",
    "numpy._core._multiarray_umath": "numpy.core.multiarray",
    "numpy.core._multiarray_umath": "numpy.core.multiarray",
    "pandas.core.indexes.multi": "pandas",
    "pandas.core.indexes.base": "pandas",
    "pandas.core.indexes.range": "pandas",
    "pandas.core.indexes.numeric": "pandas",
    "pandas.core.arrays.string_": "pandas.arrays",
}
_ALLOWED: dict[tuple[str, str], Callable[..., Any]] = {
    ("builtins", "list"): _LIST,
    ("builtins", "dict"): _container(dict, dict, list),
    ("builtins", "set"): _container(set, list, tuple),
    ("builtins", "frozenset"): _container(frozenset, list, tuple),
    ("builtins", "tuple"): _container(tuple, list, tuple),
    ("builtins", "bytes"): _container(bytes),
    ("builtins", "bytearray"): _container(bytearray, bytes),
    ("builtins", "bool"): _container(bool, *_NUMBER),
    ("builtins", "int"): _container(int, int, bool),
    ("builtins", "float"): _container(float, int, float),
    ("builtins", "str"): _container(str, str),
    ("builtins", "complex"): lambda reader, real, imaginary: complex(float(real), float(imaginary)),
    ("builtins", "slice"): lambda reader, *bounds: slice(*bounds),
    ("collections", "OrderedDict"): _container(collections.OrderedDict, list, tuple),
    ("collections", "defaultdict"): _defaultdict,
    ("_codecs", "encode"): _encode,
    ("numpy", "ndarray"): _ndarray,
    ("numpy", "dtype"): _dtype,
    ("numpy.core.multiarray", "_reconstruct"): _reconstruct,
    ("numpy.core.multiarray", "scalar"): _scalar,
    ("numpy.core.numeric", "_frombuffer"): _from_buffer,
    ("pandas", "_new_Index"): _new_index,
    ("pandas", "MultiIndex"): _multi_index,
    ("pandas", "RangeIndex"): _range_index,
    ("pandas", "StringDtype"): _nothing,
    ("pandas.arrays", "StringDtype"): _nothing,
    ("pandas.arrays", "StringArray"): _multi_index,
    ("pandas.arrays", "StringArrayNumpySemantics"): _multi_index,
    ("pandas._libs.arrays", "__pyx_unpickle_NDArrayBacked"): _pandas_strings,
    ("pandas.core.indexes.frozen", "FrozenList"): _LIST,
    **{("pandas", name): _plain_index for name in ("Index", "Int64Index", "UInt64Index", "Float64Index")},
    **{("numpy", name): _container(getattr(np, name), *_NUMBER) for name in _NUMPY_SCALARS},
    **{("pathlib", name): _path(pathlib.PurePosixPath) for name in ("PosixPath", "PurePosixPath")},
    **{("pathlib", name): _path(pathlib.PureWindowsPath) for name in ("WindowsPath", "PureWindowsPath")},
}  # fmt: skip
