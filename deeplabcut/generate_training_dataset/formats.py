"""The points of images as the files of training sets hold them.

What is written obeys one rule: a point lies inside of its image (``0 < x < width`` and ``0 < y < height``), after
the rounding of the file; images of which nothing remains are left out. Sizes are (channels, height, width).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from deeplabcut.core.errors import InvalidInput
from deeplabcut.core.poses import Annotations, Array, ImageKey
from deeplabcut.io.images import image_shape
from deeplabcut.io.tables import annotations_of, from_frame
from deeplabcut.io.training_set import TrainingImage, boxitintoacell

if TYPE_CHECKING:
    from pandas import DataFrame

Indices = Sequence[int] | Array


def single_images(labels: Annotations, sizes: Array, rows: Indices) -> list[TrainingImage]:
    """The images of some rows as single-animal files hold them: rows of bodypart, x, y cut to whole pixels.

    ``sizes`` is (n_images, 3), one for each image of ``labels``.
    """
    rows = np.asarray(rows, np.intp)
    xy = labels.xy[rows, 0]
    usable = np.isfinite(xy).all(axis=-1)
    with np.errstate(invalid="ignore"):
        whole = np.where(usable[..., None], xy, -1.0).astype(np.int64)
    image, part = np.nonzero(usable & _inside(whole, sizes[rows]))
    joints = np.column_stack([part, whole[image, part]])
    return [
        TrainingImage(image=labels.images[rows[i]], size=_size(sizes[rows[i]]), joints=points)
        for i, points in _split_by(image, joints)
    ]


def multi_images(labels: Annotations, sizes: Array, rows: Indices, n_decimals: int = 2) -> list[TrainingImage]:
    """The images of some rows as multi-animal files hold them: ``{individual: rows of bodypart, x, y}``.

    Unique bodyparts belong to the number after the last individual, and go on counting after the last bodypart.
    """
    rows = np.asarray(rows, np.intp)
    n_individuals, n_bodyparts = labels.xy.shape[1:3]
    own = labels.xy[rows].reshape(len(rows), n_individuals * n_bodyparts, 2)
    points = np.round(np.concatenate([own, labels.unique_xy[rows]], axis=1), n_decimals)
    n_unique = labels.unique_xy.shape[1]
    who = np.concatenate([np.repeat(np.arange(n_individuals), n_bodyparts), np.full(n_unique, n_individuals)])
    part = np.concatenate([np.tile(np.arange(n_bodyparts), n_individuals), n_bodyparts + np.arange(n_unique)])
    image, column = np.nonzero(_inside(points, sizes[rows]))
    joints = np.column_stack([part[column], points[image, column]]).astype(np.float32)
    images = []
    for i, found in _split_by(image, np.column_stack([who[column], joints])):
        of = found[:, 0].astype(int)
        mine = {int(n): found[of == n, 1:].astype(np.float32) for n in np.unique(of)}
        size = np.array(_size(sizes[rows[i]]))
        images.append(TrainingImage(image=labels.images[rows[i]], size=size, joints=mine))
    return images


def image_sizes(project_path: str | os.PathLike[str], images: Sequence[ImageKey]) -> Array:
    """(channels, height, width) of each image, (n_images, 3), from the headers of the files."""
    found = [image_shape(Path(project_path, *key)) for key in images]
    return np.array(found, np.int64).reshape(-1, 3)


def format_training_data(
    df: DataFrame, train_inds: Indices, nbodyparts: int, project_path: str | os.PathLike[str]
) -> tuple[list[TrainingImage], Array]:
    """Labels of some images as single-animal training sets hold them: a list, and the struct array of MATLAB.

    Parameters
    ----------
    df : DataFrame
        Labels of images, as in CollectedData files.
    train_inds : sequence of int
        Positions of the images in the frame.
    nbodyparts : int
        The number of bodyparts in the frame.
    project_path : path
        The folder of the project; the names of images start there.
    """
    labels = annotations_of(from_frame(df))
    if labels.plan.is_multi or labels.plan.unique:
        raise InvalidInput(
            "These are labels of a multi-animal project.", fix="use deeplabcut's format_multianimal_training_data"
        )
    if labels.plan.n_bodyparts != nbodyparts:
        raise InvalidInput(f"The frame has {labels.plan.n_bodyparts} bodyparts, not {nbodyparts}.")
    images = single_images(*_taken(labels, train_inds, project_path))
    cells = np.empty(len(images), dtype=[("image", "O"), ("size", "O"), ("joints", "O")])
    for i, one in enumerate(images):
        cells[i] = np.array([one["image"]]), np.array([one["size"]]), boxitintoacell(one["joints"])
    return images, cells


def format_multianimal_training_data(
    df: DataFrame, train_inds: Indices, project_path: str | os.PathLike[str], n_decimals: int = 2
) -> list[TrainingImage]:
    """Labels of some images as multi-animal training sets hold them.

    Parameters
    ----------
    df : DataFrame
        Labels of images, as in CollectedData files.
    train_inds : sequence of int
        Positions of the images in the frame.
    project_path : path
        The folder of the project; the names of images start there.
    n_decimals : int
        Decimals that coordinates are rounded to.
    """
    labels, sizes, rows = _taken(annotations_of(from_frame(df)), train_inds, project_path)
    return multi_images(labels, sizes, rows, n_decimals)


def _taken(labels: Annotations, rows: Indices, project_path: Any) -> tuple[Annotations, Array, Array]:
    """The labels with the sizes of the images in ``rows``, which are the only ones opened."""
    wanted = np.asarray(rows, np.intp)
    if wanted.size and (wanted.min() < 0 or wanted.max() >= len(labels)):
        raise InvalidInput(f"The frame has {len(labels)} images; {wanted.max()} is not the position of one of them.")
    sizes = np.zeros((len(labels), 3), np.int64)
    sizes[wanted] = image_sizes(project_path, [labels.images[i] for i in wanted])
    return labels, sizes, wanted


def _inside(points: Array, sizes: Array) -> Array:
    """Whether each of the points (n_images, n_points, 2) lies inside of its image; NaN does not."""
    ends = sizes[:, None, [2, 1]]
    with np.errstate(invalid="ignore"):
        return np.asarray(((points > 0) & (points < ends)).all(axis=-1))


def _split_by(image: Array, values: Array) -> list[tuple[int, Array]]:
    """The values of each image that has any, in order; ``image`` is sorted."""
    found, starts = np.unique(image, return_index=True)
    return list(zip(found.tolist(), np.split(values, starts[1:]), strict=True)) if len(found) else []


def _size(size: Array) -> tuple[int, int, int]:
    channels, height, width = size.tolist()
    return channels, height, width
