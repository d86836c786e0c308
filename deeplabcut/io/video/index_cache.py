"""Packet indices kept between runs, keyed by the content of the video, never beside it."""

from __future__ import annotations

import hashlib
import json
import logging
import zipfile
import zlib
from dataclasses import fields
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from deeplabcut.core.errors import StorageError
from deeplabcut.core.files import atomic_write
from deeplabcut.io.cache import user_cache
from deeplabcut.io.video.index import PacketIndex

logger = logging.getLogger(__name__)

_VERSION = 2
_EDGE_BYTES = 65536
_N_KEPT = 400
_ARRAYS = {f.name for f in fields(PacketIndex)} - {"warnings", "is_inferred"}
_KINDS = {"flags": "u", "times_s": "f"}


def fingerprint(path: Path) -> str:
    """A name for the content of a video: size, time of change, and a hash of its two ends."""
    facts = path.stat()
    digest = hashlib.sha256(f"{_VERSION} {av.__version__} {facts.st_size} {facts.st_mtime_ns}".encode())
    with path.open("rb") as file:
        digest.update(file.read(_EDGE_BYTES))
        file.seek(max(0, facts.st_size - _EDGE_BYTES))
        digest.update(file.read(_EDGE_BYTES))
    return digest.hexdigest()


def default_folder() -> Path | None:
    """The user's cache for indices; None where the user has no folder of their own."""
    return user_cache("video-index")


def load(folder: Path, name: str) -> PacketIndex | None:
    """The index called ``name``; None if there is none or it cannot be believed."""
    try:
        with np.load(folder / f"{name}.npz", allow_pickle=False) as stored:
            arrays = {key: stored[key] for key in _ARRAYS}
            facts = json.loads(stored["facts"].tobytes().decode())
            index = PacketIndex(
                **arrays, is_inferred=bool(facts["is_inferred"]), warnings=tuple(map(str, facts["warnings"]))
            )
    except (OSError, ValueError, KeyError, TypeError, EOFError, zlib.error, zipfile.BadZipFile, MemoryError):
        return None
    return index if _is_believable(index) else None


def store(folder: Path, name: str, index: PacketIndex) -> None:
    """Keep ``index``; a cache that cannot be written is no cache, not a failure."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with atomic_write(folder / f"{name}.npz") as file:
            facts = json.dumps({"is_inferred": index.is_inferred, "warnings": index.warnings}).encode()
            arrays = {key: getattr(index, key) for key in _ARRAYS}
            np.savez_compressed(file, facts=np.frombuffer(facts, np.uint8), **arrays)
        kept = sorted(folder.glob("*.npz"), key=lambda file: file.stat().st_mtime)
        for old in kept[:-_N_KEPT]:
            old.unlink(missing_ok=True)
    except (OSError, StorageError) as error:
        logger.debug("The index cache in %s cannot be written: %s", folder, error)


def _is_believable(index: PacketIndex) -> bool:
    n = len(index.rank)
    columns: list[NDArray[Any]] = [index.pts, index.dts, index.pos, index.size, index.flags, index.rank]
    return (
        n > 0
        and all(getattr(index, key).dtype.kind == _KINDS.get(key, "i") for key in _ARRAYS)
        and all(column.shape == (n,) for column in columns)
        and index.times_s.ndim == 1
        and np.array_equal(np.sort(index.rank[index.rank >= 0]), np.arange(len(index.times_s)))
        and bool(np.isfinite(index.times_s).all())
    )
