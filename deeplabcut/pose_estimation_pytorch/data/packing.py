"""The annotations of a data set as a few arrays, checked once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from deeplabcut.core.errors import InvalidInput
from deeplabcut.core.poses import SINGLE, Array
from deeplabcut.pose_estimation_pytorch.data.bboxes import is_visible
from deeplabcut.pose_estimation_pytorch.data.records import map_id_to_annotations

_NAMED = 5  # images that a message names


@dataclass(frozen=True)
class Animals:
    """Individuals, those of an image behind each other.

    Parameters
    ----------
    keypoints : (n, n_bodyparts, 3) of x, y, flag; the flag three times where a point is not visible.
    boxes : (n, 4) as x, y, width, height.
    labels, is_crowd, individual_ids : (n,) whole numbers.
    images : (n,) position of the image.
    """

    keypoints: Array
    boxes: Array
    labels: Array
    is_crowd: Array
    individual_ids: Array
    images: Array

    def __len__(self) -> int:
        return len(self.images)

    def of(self, rows: Any) -> Animals:
        """Some of the individuals."""
        return Animals(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))


@dataclass(frozen=True)
class PackedAnnotations:
    """What is labelled in the images of a data set.

    ``first`` (n_images + 1,) says where the individuals of an image begin; ``unique`` (n_images, n_unique, 3) are the
    points that exist once, -1 where an image has none of them.
    """

    animals: Animals
    first: Array
    unique: Array

    def of_image(self, position: int) -> Animals:
        """The individuals of one image."""
        return self.animals.of(slice(self.first[position], self.first[position + 1]))


def pack(
    images: Sequence[Mapping[str, Any]],
    annotations: Sequence[Mapping[str, Any]],
    *,
    n_bodyparts: int,
    n_unique: int,
    n_slots: int,
    need_points: bool,
) -> PackedAnnotations:
    """The annotations in the order of the images; an image may have none.

    Parameters
    ----------
    n_slots : how many individuals an image may have.
    need_points : leave individuals without a visible point out.
    """
    of_image = map_id_to_annotations(annotations)
    ids = [image["id"] for image in images]
    if len(set(ids)) != len(ids):
        raise InvalidInput("Two images have the same id.", fix="give each image an id of its own")
    if lost := of_image.keys() - set(ids):
        raise InvalidInput(f"{len(lost)} images that annotations name are not listed, such as the id {min(lost)}.")
    unique = np.full((len(images), n_unique, 3), -1.0)
    rows: list[tuple[Any, ...]] = []
    for position, image in enumerate(images):
        for one in (annotations[i] for i in of_image.get(image["id"], ())):
            if one.get("individual") == SINGLE:
                if n_unique:
                    unique[position] = _points(one, n_unique, image)
            else:
                box = one.get("bbox", (0.0, 0.0, 0.0, 0.0))
                rows.append((_points(one, n_bodyparts, image), box, one.get("category_id", 1), one.get("iscrowd", 0),
                             one.get("individual_id", len(rows)), position))  # fmt: skip
    animals = Animals(
        _without_hidden(np.array([row[0] for row in rows], float).reshape(len(rows), n_bodyparts, 3)),
        np.nan_to_num(np.array([row[1] for row in rows], float).reshape(len(rows), 4)),
        *(np.array([row[i] for row in rows], np.int64) for i in range(2, 6)),
    )
    if need_points:
        animals = animals.of(is_visible(animals.keypoints).any(axis=-1))
    counts = np.bincount(animals.images, minlength=len(images))
    _check_slots(counts, n_slots, images)
    return PackedAnnotations(animals, np.concatenate([[0], np.cumsum(counts)]), _without_hidden(unique))


def _points(annotation: Mapping[str, Any], n: int, image: Mapping[str, Any]) -> Array:
    points = np.asarray(annotation.get("keypoints", np.zeros((n, 3))), float)
    if points.size != n * 3:
        raise InvalidInput(
            f"An individual has {points.size // 3} points instead of {n}.", where=str(image["file_name"]),
            fix="use the bodyparts of the model's configuration in the annotations",
        )  # fmt: skip
    return points.reshape(n, 3)


def _without_hidden(points: Array) -> Array:
    """The points as ``0, 0, 0`` where they are not visible, or ``-1, -1, -1`` where they are to be ignored."""
    flag = np.where(is_visible(points), points[..., 2], np.minimum(np.nan_to_num(points[..., 2]), 0))
    return np.concatenate([np.where(flag[..., None] > 0, points[..., :2], flag[..., None]), flag[..., None]], axis=-1)


def _check_slots(counts: Array, n_slots: int, images: Sequence[Mapping[str, Any]]) -> None:
    too_many = np.flatnonzero(counts > n_slots)
    if len(too_many):
        listed = "; ".join(f"{images[i]['file_name']} ({counts[i]})" for i in too_many[:_NAMED])
        more = f" and {len(too_many) - _NAMED} more" if len(too_many) > _NAMED else ""
        raise InvalidInput(
            f"Images have more individuals than the {n_slots} of the model's configuration: {listed}{more}.",
            fix="add individuals to the configuration and create the training set again, or correct the labels",
        )
