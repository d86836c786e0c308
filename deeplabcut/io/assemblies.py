"""The individuals of each frame of a video, not yet followed from frame to frame: ``_assemblies`` files."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from deeplabcut.core.errors import DamagedFile
from deeplabcut.core.poses import SINGLE
from deeplabcut.io.detections import ABSENT, floats_of
from deeplabcut.io.pickles import read_pickle, write_pickle
from deeplabcut.io.predictions import absent_as_nan

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Assemblies:
    """The individuals of each frame, in no order from frame to frame.

    Parameters
    ----------
    poses : frame -> (n_individuals, n_bodyparts, 4) array of x_px, y_px, score, identity (-1 where unknown).
    unique : frame -> (n_unique, 3) array of the points that exist once.
    """

    poses: Mapping[int, Array]
    unique: Mapping[int, Array]


def read_assemblies(path: str | os.PathLike[str]) -> Assemblies:
    """The individuals in an ``_assemblies`` pickle of any age."""
    content = read_pickle(path)
    try:
        single = content.get(SINGLE) or {}
        frames = {int(key): value for key, value in content.items() if key != SINGLE}
        stacked = {frame: _stacked(value) for frame, value in frames.items()}
        n_bodyparts = max((one.shape[1] for one in stacked.values()), default=0)
        poses = {
            frame: _with_nan(one if one.size else np.empty((0, n_bodyparts, 4), one.dtype))
            for frame, one in sorted(stacked.items())
        }
        unique = {int(frame): _unique(points) for frame, points in sorted(single.items()) if points is not None}
    except (AttributeError, TypeError, ValueError, IndexError, OverflowError) as error:
        raise DamagedFile(f"These are no assemblies ({error}).", where=path) from error
    return Assemblies(poses, unique)


def write_assemblies(path: str | os.PathLike[str], assemblies: Assemblies) -> None:
    """Write the individuals of each frame; those without any point are left out."""
    content: dict[Any, Any] = {
        SINGLE: {
            int(frame): np.where(np.isnan(points).any(axis=1, keepdims=True), ABSENT, points).astype(np.float32)
            for frame, points in assemblies.unique.items()
        }
    }
    for frame, poses in assemblies.poses.items():
        absent = np.asarray(np.isnan(poses[..., :3]).any(axis=-1))
        stored = np.where(absent[..., None], ABSENT, np.asarray(poses, np.float64))
        content[int(frame)] = stored[~absent.all(axis=1)]
    write_pickle(path, content)


def _unique(points: Any) -> Array:
    """The points of a frame that exist once, (n_unique, 3)."""
    array = floats_of(points)
    return absent_as_nan(array[:, :3]) if array.size else np.empty((0, 3), array.dtype)


def _stacked(value: Any) -> Array:
    """The individuals of a frame: one array, or in older files a list of them, flat or not, or None."""
    array = floats_of(value if isinstance(value, np.ndarray) else list(value or ()))
    if array.size == 0 and array.ndim < 3:
        return np.empty((0, 0, 4))
    array = array.reshape(len(array), -1, 3) if array.ndim == 2 else array
    if array.ndim != 3 or array.shape[2] not in (3, 4):
        raise ValueError(f"poses of shape {array.shape}")
    unknown = np.full((*array.shape[:2], 4 - array.shape[2]), ABSENT, array.dtype)
    return np.concatenate([array, unknown], axis=2)


def _with_nan(poses: Array) -> Array:
    absent = (poses[..., :3] < 0).any(axis=-1) | np.isnan(poses[..., :3]).any(axis=-1)
    result = poses.copy()
    result[..., :3][absent] = np.nan
    result[..., 3] = np.where(absent | np.isnan(poses[..., 3]), ABSENT, poses[..., 3])
    return result
