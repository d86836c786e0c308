"""Decoded images kept between epochs, once for all workers of a loader.

Images lie behind each other in one block of memory that is reserved at the beginning; each is decoded by the worker
that needs it first. Forked workers share the block as it is; started ones share a file that is mapped.
"""

from __future__ import annotations

import contextlib
import logging
import mmap
import multiprocessing
import os
import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from deeplabcut.core import scratch
from deeplabcut.core.memory import memory_bytes
from deeplabcut.core.poses import Array

logger = logging.getLogger(__name__)

_SHARE = 0.5  # of the memory, or of the disk, that is free
_PER_WORKER = 512 << 20  # bytes a worker needs for itself
_UNKNOWN = 1 << 30  # where the system does not tell what is free
_CHANNELS = 3
_SUFFIX = "images"


def budget(n_workers: int, available: int | None = None) -> int:
    """Bytes that decoded images may take beside ``n_workers`` workers."""
    if available is None:
        _, available = memory_bytes() or (0, _UNKNOWN)
    return max(0, int(_SHARE * (available - n_workers * _PER_WORKER)))


class ImageCache:
    """Decoded images of known sizes, as many as fit.

    Parameters
    ----------
    sizes : (height, width) of each image.
    max_bytes : bytes that it may take; images that do not fit are decoded every time.
    folder : where the mapped file lies, for processes that are started, not forked. None keeps all in memory.
    """

    def __init__(
        self, sizes: Sequence[tuple[int, int]], max_bytes: int, *, folder: str | os.PathLike[str] | None = None
    ) -> None:
        self._shapes = np.array(sizes, np.int64).reshape(-1, 2)
        ends = np.cumsum(self._shapes.prod(axis=1) * _CHANNELS)
        self.n_held = int(np.searchsorted(ends, max_bytes, side="right"))
        self._starts = np.concatenate([[0], ends[:-1]]).astype(np.int64) if len(ends) else ends
        self.n_bytes = int(ends[self.n_held - 1]) if self.n_held else 0
        self._file = _new_file(folder, self.n_bytes + self.n_held) if folder is not None and self.n_held else None
        self._is_owner = True
        self._open()

    @classmethod
    def for_workers(cls, sizes: Sequence[tuple[int, int]], n_workers: int) -> ImageCache:
        """The cache that suits the free memory and the way in which workers are started."""
        is_forked = n_workers == 0 or multiprocessing.get_start_method() == "fork"
        folder, room = None, budget(n_workers)
        if not is_forked:
            folder = tempfile.gettempdir()
            room = min(room, int(_SHARE * shutil.disk_usage(folder).free))
        try:
            cache = cls(sizes, room, folder=folder)
        except OSError as error:
            logger.warning("No images are kept decoded, because %s cannot hold them: %s", folder, error)
            cache = cls(sizes, 0)
        logger.info("%d of %d images are kept decoded (%.0f MB).", cache.n_held, len(sizes), cache.n_bytes / 2**20)
        return cache

    def __len__(self) -> int:
        return len(self._shapes)

    def get(self, position: int, decode: Callable[[], Array]) -> Array:
        """The image at ``position``: the one held, not to be written into, or what ``decode`` returns."""
        if position >= self.n_held:
            return decode()
        height, width = (int(n) for n in self._shapes[position])
        start = int(self._starts[position])
        place = self._pixels[start : start + height * width * _CHANNELS].reshape(height, width, _CHANNELS)
        if not self._is_here[position]:
            image = decode()
            if image.shape != place.shape or image.dtype != np.uint8:
                return image
            place[...] = image  # two workers at once write the same
            self._is_here[position] = 1
        place.flags.writeable = False
        return place

    def n_filled(self) -> int:
        """How many images are held by now."""
        return int(self._is_here.sum())

    def close(self) -> None:
        """Give the memory back; images handed out before stay valid."""
        self._shapes, self.n_held = self._shapes[:0], 0
        self._pixels = self._is_here = np.empty(0, np.uint8)
        if self._file is not None and self._is_owner:
            with contextlib.suppress(OSError):
                self._file.unlink()
        self._file = None

    def __del__(self) -> None:
        if getattr(self, "_file", None) is not None:
            self.close()

    def _open(self) -> None:
        n_bytes = self.n_bytes + self.n_held
        self._pixels = self._is_here = np.empty(0, np.uint8)
        if not n_bytes:
            return
        if self._file is None:
            block: Any = mmap.mmap(-1, n_bytes)
        else:
            with self._file.open("r+b") as file:
                block = mmap.mmap(file.fileno(), n_bytes)
        memory = np.frombuffer(block, np.uint8)
        self._pixels, self._is_here = memory[: self.n_bytes], memory[self.n_bytes :]

    def __getstate__(self) -> dict[str, Any]:
        """For a started process: the mapped file; without one the copy holds nothing."""
        state = self.__dict__.copy()
        state.update(_pixels=None, _is_here=None, _is_owner=False)
        if self._file is None:
            state.update(n_held=0, n_bytes=0)
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._open()


def _new_file(folder: str | os.PathLike[str], n_bytes: int) -> Path:
    """A file of ``n_bytes`` that the disk has room for: a process that writes where it has none is killed.

    Files of processes that ended without removing theirs are removed.
    """
    folder = Path(folder)
    for other in folder.glob(f"{scratch.PREFIX}*.{_SUFFIX}"):
        if scratch.is_abandoned(other.name, other):
            with contextlib.suppress(OSError):
                other.unlink()
    path = scratch.scratch_name(folder, _SUFFIX)
    number = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    try:
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(number, 0, n_bytes)
        else:
            os.truncate(number, n_bytes)
    except OSError:
        path.unlink()
        raise
    finally:
        os.close(number)
    return path
