"""Labels of a project as lists of images, annotations and categories."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from deeplabcut.core.errors import Missing
from deeplabcut.core.poses import SINGLE, Annotations, Array, BodyPlan, ImageKey
from deeplabcut.core.text import same_text
from deeplabcut.io.images import image_shape
from deeplabcut.io.tables import Table, annotations_of
from deeplabcut.pose_estimation_pytorch.data.base import MissingImages, named
from deeplabcut.pose_estimation_pytorch.data.bboxes import areas, bbox_from_keypoints
from deeplabcut.pose_estimation_pytorch.data.dataset import PoseDatasetParameters

logger = logging.getLogger(__name__)

VISIBLE = 2


def plan_for(parameters: PoseDatasetParameters, with_individuals: bool = True) -> BodyPlan:
    """The names that the labels of a model use."""
    individuals = tuple(parameters.individuals) if with_individuals else ()
    return BodyPlan(tuple(parameters.bodyparts), individuals, tuple(parameters.unique_bpts))


def coco_of(
    root: Path, table: Table, parameters: PoseDatasetParameters, margin: int
) -> dict[str, list[dict[str, Any]]]:
    """The labels of images of a project; boxes lie ``margin`` px around the points of each individual."""
    labels = _labels(table, parameters)
    paths, sizes = _images(root, labels.images)
    points = [(labels.xy, list(parameters.individuals), 1)]
    if parameters.unique_bpts:
        points.append((labels.unique_xy[:, None], [SINGLE], 2))
    found: list[tuple[int, dict[str, Any]]] = []
    for xy, names, category in points:
        found += _annotations(xy, names, category, sizes, margin)
    found.sort(key=lambda one: one[0])
    return {
        "images": [
            {"id": i + 1, "file_name": str(path), "width": int(width), "height": int(height)}
            for i, (path, (width, height)) in enumerate(zip(paths, sizes, strict=True))
        ],
        "annotations": [{"id": i + 1, **annotation} for i, (_, annotation) in enumerate(found)],
        "categories": _categories(parameters),
    }


def _labels(table: Table, parameters: PoseDatasetParameters) -> Annotations:
    """The labels in the order of the parameters; a table without individuals has those of the only one."""
    has_individuals = "individuals" in table.column_names
    labels = annotations_of(table, plan_for(parameters, has_individuals))
    if has_individuals:
        _mention_unknown(annotations_of(table), parameters)
    return labels


def _mention_unknown(labels: Annotations, parameters: PoseDatasetParameters) -> None:
    """Individuals that are labelled, and that the model does not know."""
    n_labelled = np.isfinite(labels.xy).all(axis=-1).any(axis=-1).sum(axis=0)
    unknown = [
        f"{name} ({n} images)"
        for name, n in zip(labels.plan.individuals, n_labelled, strict=False)
        if n and name not in parameters.individuals
    ]
    if unknown:
        logger.warning(
            "Labels of individuals that the model's configuration does not name are left out: %s.", ", ".join(unknown)
        )


def _annotations(
    xy: Array, names: Sequence[str], category: int, sizes: Array, margin: int
) -> list[tuple[int, dict[str, Any]]]:
    """The annotations of individuals with a visible point, each with the position of its image."""
    xy = np.where(np.isfinite(xy).all(axis=-1, keepdims=True), xy, 0.0)
    inside = ((xy > 0) & (xy < sizes[:, None, None])).all(axis=-1)
    points = np.concatenate([xy, VISIBLE * np.expand_dims(inside, -1)], axis=-1)
    boxes = bbox_from_keypoints(points, sizes[:, None, 1], sizes[:, None, 0], margin)
    n_visible, area = inside.sum(axis=-1), areas(boxes)
    found = []
    for image, individual in np.argwhere(n_visible):
        annotation = {
            "image_id": int(image) + 1,
            "category_id": category,
            "individual": names[individual],
            "individual_id": -1 if names[individual] == SINGLE else int(individual),
            "num_keypoints": int(n_visible[image, individual]),
            "keypoints": points[image, individual],
            "iscrowd": 0,
            "bbox": boxes[image, individual],
            "area": float(area[image, individual]),
        }
        found.append((int(image), annotation))
    return found


def _categories(parameters: PoseDatasetParameters) -> list[dict[str, Any]]:
    found = [{"id": 1, "name": "animals", "supercategory": "animal", "keypoints": list(parameters.bodyparts)}]
    if parameters.unique_bpts:
        found.append({"id": 2, "name": SINGLE, "supercategory": SINGLE, "keypoints": list(parameters.unique_bpts)})
    return found


def _images(root: Path, keys: Sequence[ImageKey]) -> tuple[list[Path], Array]:
    """The files of the images, and their sizes (n, 2) as width and height; all that are missing are named at once."""
    paths, sizes, missing = [], np.zeros((len(keys), 2), np.int64), []
    for i, key in enumerate(keys):
        path = _on_disk(root, key)
        try:
            _, height, width = image_shape(path)
        except Missing:
            missing.append(path)
            continue
        paths.append(path)
        sizes[i] = width, height
    if missing:
        raise MissingImages(
            f"{len(missing)} of {len(keys)} labelled images are not there:\n    {named(missing)}",
            where=root,
            fix="put them back, or remove their labels with deeplabcut.dropannotationfileentriesduetodeletedimages "
            "and create the training set again",
        )
    return paths, sizes


def _on_disk(root: Path, key: ImageKey) -> Path:
    """The file of an image, also where the disk spells its name in another form."""
    path = root.joinpath(*key)
    if all(part.isascii() for part in key) or path.exists():
        return path
    for part in key:
        names = os.listdir(root) if root.is_dir() else []
        root = root / next((name for name in names if same_text(name) == same_text(part)), part)
    return root
