"""Poses of images and frames in files, as conditions of networks that correct them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path, PurePath
from typing import Any

import numpy as np

from deeplabcut.core.errors import DamagedFile, DeepLabCutError
from deeplabcut.core.files import open_to_read
from deeplabcut.core.poses import SINGLE, Array, BodyPlan
from deeplabcut.core.text import same_text
from deeplabcut.io.assemblies import read_assemblies
from deeplabcut.io.foreign import read_json
from deeplabcut.io.hdf import read_table
from deeplabcut.io.tables import XY_LIKELIHOOD, Table, frame_numbers, plan_of, points_of
from deeplabcut.project.layout import LABELS


def read_image_poses(path: str | os.PathLike[str], plan: BodyPlan | None = None) -> dict[str, Array]:
    """Name of an image -> its poses (n, n_bodyparts, 3) in an h5 file; individuals without any point are left out.

    Names are paths with ``/``, absolute or relative to the project.
    """
    table = read_table(path)
    if not isinstance(table.rows, tuple):
        raise DamagedFile("The predictions are those of a video, not of images.", where=path)
    names = ["/".join(row) if isinstance(row, tuple) else row.replace("\\", "/") for row in table.rows]
    return dict(zip(names, _poses(table, plan, path), strict=True))


def read_frame_poses(path: str | os.PathLike[str], plan: BodyPlan | None = None) -> list[Array]:
    """The poses (n, n_bodyparts, 3) of each frame in an h5 file, from frame 0 on; frames that it lacks have none."""
    table = read_table(path)
    return _from_frame_0(dict(zip(frame_numbers(table.rows).tolist(), _poses(table, plan, path), strict=True)))


def has_frames(path: str | os.PathLike[str]) -> bool:
    """Whether an h5 file of predictions belongs to a video."""
    try:
        frame_numbers(read_table(path).rows)
    except DamagedFile:
        return False
    return True


def read_assembly_poses(path: str | os.PathLike[str]) -> list[Array]:
    """The poses (n, n_bodyparts, 3) of each frame in a file of assemblies, from frame 0 on."""
    poses = read_assemblies(path).poses
    return _from_frame_0({frame: visible_poses(one[..., :3]) for frame, one in poses.items()})


def read_json_poses(path: str | os.PathLike[str]) -> dict[str, Array] | list[Array]:
    """Poses (n, n_bodyparts, 3) by name of the image, or in a list one for each frame."""
    path = Path(path)
    with open_to_read(path) as file:
        content = read_json(file.read(), path, "The file of conditions")
    if isinstance(content, Mapping):
        return {str(name).replace("\\", "/"): _of_json(poses, path, str(name)) for name, poses in content.items()}
    if isinstance(content, list):
        return [_of_json(poses, path, f"frame {i}") for i, poses in enumerate(content)]
    raise DamagedFile("The file holds neither images nor frames with poses.", where=path)


def visible_poses(poses: Array) -> Array:
    """The poses with 0, 0, 0 for points of which a value is NaN or negative; individuals without any are left out."""
    poses = np.asarray(poses, float)
    with np.errstate(invalid="ignore"):
        is_seen = np.asarray((poses >= 0).all(axis=-1))
    kept = is_seen.any(axis=-1)
    return np.asarray(np.where(is_seen[..., None], poses, 0.0)[kept])


def project_root_of(path: Path) -> Path:
    """The project that a file lies in: the nearest folder above that holds labels."""
    path = path.absolute()
    return next((folder for folder in path.parents if (folder / LABELS).is_dir()), path.parent)


def image_key(name: str, prefix: str | os.PathLike[str] | None) -> str:
    """The name of an image in the form in which names from files and lists compare equal."""
    name = name.replace("\\", "/")
    if prefix is not None and not PurePath(name).is_absolute():
        name = PurePath(prefix, name).as_posix()
    return same_text(name)


def _poses(table: Table, plan: BodyPlan | None, path: Any) -> list[Array]:
    plan = plan or plan_of(table)
    if "individuals" not in table.column_names:
        plan = BodyPlan(plan.bodyparts)
    elif not plan.is_multi:
        names = [str(name) for name in table.level("individuals") if name != SINGLE]
        plan = BodyPlan(plan.bodyparts, tuple(names), plan.unique)
    try:
        poses, _ = points_of(table, plan, XY_LIKELIHOOD)
    except DeepLabCutError as error:
        raise DamagedFile(error.message, where=path, fix=error.fix) from error
    return [visible_poses(one) for one in poses]


def _of_json(poses: Any, path: Path, where: str) -> Array:
    try:
        array = np.array([] if poses is None else poses, float)
    except (TypeError, ValueError) as error:
        raise DamagedFile(f"The poses of {where} are no numbers in three levels ({error}).", where=path) from error
    if array.size == 0:
        return np.zeros((0, array.shape[1] if array.ndim == 3 else 0, 3))
    if array.ndim != 3 or array.shape[2] != 3:
        raise DamagedFile(
            f"The poses of {where} have the shape {array.shape}.", where=path,
            fix="write [[[x, y, score], ...], ...]: individuals, bodyparts, numbers",
        )  # fmt: skip
    return visible_poses(array)


def _from_frame_0(poses: Mapping[int, Array]) -> list[Array]:
    n_bodyparts = max((one.shape[1] for one in poses.values()), default=0)
    nothing = np.zeros((0, n_bodyparts, 3))
    return [poses.get(frame, nothing) for frame in range(max(poses, default=-1) + 1)]
