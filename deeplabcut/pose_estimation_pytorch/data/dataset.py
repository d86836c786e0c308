"""Items to train and test networks with: an augmented image, or the crop of an individual, with its labels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from torch.utils.data import Dataset

from deeplabcut.core.errors import InvalidInput
from deeplabcut.core.poses import SINGLE, Array
from deeplabcut.pose_estimation_pytorch.config.data import GenSamplingConfig
from deeplabcut.pose_estimation_pytorch.data.augmentation.chain import Transform
from deeplabcut.pose_estimation_pytorch.data.augmentation.user import UserTransform, as_transform
from deeplabcut.pose_estimation_pytorch.data.bboxes import (
    areas,
    bbox_from_keypoints,
    calc_bbox_overlap,
    clipped,
    is_visible,
    out_of_bounds_keypoints,
    pad_to_length,
    with_centers,
)
from deeplabcut.pose_estimation_pytorch.data.draws import Batch, Draw
from deeplabcut.pose_estimation_pytorch.data.generative_sampling import GenerativeSampler
from deeplabcut.pose_estimation_pytorch.data.image import load_image, top_down_crop, torch_rng
from deeplabcut.pose_estimation_pytorch.data.image_cache import ImageCache
from deeplabcut.pose_estimation_pytorch.data.packing import Animals, PackedAnnotations, pack
from deeplabcut.pose_estimation_pytorch.data.records import merge_list_of_dicts
from deeplabcut.pose_estimation_pytorch.task import Task

_CROPPED = (Task.TOP_DOWN, Task.COND_TOP_DOWN)


@dataclass(frozen=True)
class PoseDatasetParameters:
    """What a data set has to know of a model.

    ``top_down_crop_size`` is (width, height); margins are in px.
    """

    bodyparts: list[str]
    unique_bpts: list[str]
    individuals: list[str]
    with_center_keypoints: bool = False
    color_mode: str = "RGB"
    ctd_bbox_margin: int | None = None
    top_down_crop_size: tuple[int, int] | None = None
    top_down_crop_margin: int | None = None
    top_down_crop_with_context: bool = True

    @property
    def num_joints(self) -> int:
        """Bodyparts of an individual."""
        return len(self.bodyparts)

    @property
    def num_unique_bpts(self) -> int:
        """Points that exist once in an image."""
        return len(self.unique_bpts)

    @property
    def max_num_animals(self) -> int:
        """Individuals that an image may show."""
        return len(self.individuals)


@dataclass
class PoseDataset(Dataset[dict[str, Any]]):  # type: ignore[misc, unused-ignore]
    """Labelled images, or labelled individuals for the tasks that crop them.

    ``dataset[i]`` is an item with chances seeded from torch, ``dataset[Draw(i, seed)]`` one that can be repeated.

    Parameters
    ----------
    images : dicts with ``id``, ``file_name``, ``width`` and ``height``.
    annotations : dicts with ``image_id``, ``keypoints``, ``bbox``, ``category_id``, ``individual``, ``individual_id``.
    parameters : what the model needs.
    transform : called with ``image=, keypoints=, bboxes=, class_labels=, bbox_labels=``; None changes nothing.
    mode : ``train`` or ``test``.
    task : what the model is trained to do.
    ctd_config : the mistakes of synthetic conditions.
    cache : decoded images, in the order of ``images``.
    """

    images: list[dict[str, Any]]
    annotations: list[dict[str, Any]]
    parameters: PoseDatasetParameters
    transform: Callable[..., Any] | None = None
    mode: str = "train"
    task: Task = Task.BOTTOM_UP
    ctd_config: GenSamplingConfig | None = None
    cache: ImageCache | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        self.task = self.task if isinstance(self.task, Task) else Task(self.task)
        if self.is_cropped:
            _ = self._crop_size
        _ = self._packed
        if self.task == Task.COND_TOP_DOWN:
            _ = self._sampler

    @property
    def is_cropped(self) -> bool:
        """Whether an item is one individual."""
        return self.task in _CROPPED

    def __len__(self) -> int:
        return len(self._packed.animals) if self.is_cropped else len(self.images)

    def __getitem__(self, index: int | Draw) -> dict[str, Any]:
        if isinstance(index, Draw):
            return self._drawn(index.position, np.random.default_rng(index.seed))
        return self._drawn(range(len(self))[index], torch_rng())

    def __getitems__(self, indices: Sequence[int | Draw]) -> Batch:
        """The items of a batch; torch's loaders prefer this to single items."""
        batch = Batch(self[index] for index in indices)
        if indices and isinstance(first := indices[0], Draw):
            batch.seed = first.seed
        return batch

    def __getstate__(self) -> dict[str, Any]:
        """For workers that are started: arrays instead of annotations."""
        _ = self._packed
        return {**self.__dict__, "annotations": []}

    # ----- the steps of an item

    def load(self, position: int) -> Array:
        """The image at ``position``, not to be written into."""
        path, mode = self.images[position]["file_name"], self.parameters.color_mode
        if self.cache is None:
            return load_image(path, mode)
        return self.cache.get(position, lambda: load_image(path, mode))

    def apply_transform_all_keypoints(
        self,
        image: Array,
        keypoints: Array,
        keypoints_unique: Array,
        bboxes: Array,
        rng: np.random.Generator | None = None,
    ) -> dict[str, Array]:
        """The image, the points of individuals and those that exist once, and the boxes after the transform."""
        n, k, n_unique = len(keypoints), self.parameters.num_joints, len(keypoints_unique)
        points = np.concatenate([keypoints.reshape(-1, 3), keypoints_unique.reshape(-1, 3)])
        labels = self._class_labels(n, n_unique)
        changed = apply_transform(self._applied(rng), image, points, bboxes, labels)
        points = changed["keypoints"]
        return {**changed, "keypoints": points[: n * k].reshape(n, k, 3), "keypoints_unique": points[n * k :]}

    @staticmethod
    def crop(
        image: Array,
        keypoints: Array,
        coords: tuple[tuple[int, int], tuple[int, int]],
        output_size: tuple[int, int],
    ) -> tuple[Array, Array, tuple[int, int], tuple[float, float]]:
        """A part of the image with its points: image, points, offsets and scales.

        Parameters
        ----------
        coords : (x1, x2), (y1, y2) of the part.
        output_size : (width, height) that it is resized to.
        """
        (x1, x2), (y1, y2) = coords
        part, offset, scale = top_down_crop(image, (x1, y1, x2 - x1, y2 - y1), output_size)
        return part, _in_crop(keypoints, offset, scale, part.shape), offset, scale

    def extract_keypoints_and_bboxes(
        self, anns: list[dict[str, Any]], image_shape: tuple[int, int, int]
    ) -> tuple[Array, Array, Array, dict[str, list[Any]]]:
        """The points of the individuals, those that exist once, the boxes, and lists of other values of annotations."""
        image = {"id": 0, "file_name": "the image", "height": image_shape[0], "width": image_shape[1]}
        packed = self._pack([image], [{**one, "image_id": 0} for one in anns])
        own = [one for one in anns if one.get("individual") != SINGLE]
        if self.task != Task.DETECT:
            own = [one for one in own if is_visible(np.asarray(one["keypoints"], float).reshape(-1, 3)).any()]
        boxes = clipped(packed.animals.boxes, image_shape[1], image_shape[0])
        merged = merge_list_of_dicts(own, ["area", "category_id", "iscrowd", "individual_id"])
        return packed.animals.keypoints, packed.unique[0], boxes, merged

    @staticmethod
    def add_center_keypoints(keypoints: Array) -> Array:
        """Points (n, n_bodyparts, 3) of individuals with the mean of the visible ones as one more."""
        return with_centers(keypoints)

    # ----- inside

    @cached_property
    def _packed(self) -> PackedAnnotations:
        return self._pack(self.images, self.annotations)

    def _pack(self, images: list[dict[str, Any]], annotations: list[dict[str, Any]]) -> PackedAnnotations:
        return pack(
            images, annotations, n_bodyparts=self.parameters.num_joints, n_unique=self.parameters.num_unique_bpts,
            n_slots=self.parameters.max_num_animals, need_points=self.task != Task.DETECT,
        )  # fmt: skip

    @property
    def _crop_size(self) -> tuple[int, int]:
        """Width and height of crops."""
        if self.parameters.top_down_crop_size is None:
            raise InvalidInput(
                "Top-down models need the size of their crops.", fix="set data.train.top_down_crop in the configuration"
            )
        return self.parameters.top_down_crop_size

    @cached_property
    def _sampler(self) -> GenerativeSampler:
        settings = (self.ctd_config or GenSamplingConfig()).to_dict()
        return GenerativeSampler(self.parameters.num_joints, **settings)

    def _applied(self, rng: np.random.Generator | None) -> Transform | UserTransform:
        """The transform with its chances."""
        known = self.__dict__.get("_wrapped")
        if known is None or known[0] is not self.transform:
            known = self.__dict__["_wrapped"] = (self.transform, as_transform(self.transform))
        transform: Transform | UserTransform = known[1]
        if isinstance(transform, Transform) and rng is not None:
            transform.rng = rng
        return transform

    def _drawn(self, position: int, rng: np.random.Generator) -> dict[str, Any]:
        return self._individual_item(position, rng) if self.is_cropped else self._image_item(position, rng)

    def _class_labels(self, n: int, n_unique: int) -> list[str]:
        own = [f"individual{i}_{part}" for i in range(n) for part in self.parameters.bodyparts]
        return own + [f"unique_{part}" for part in self.parameters.unique_bpts[:n_unique]]

    def _image_item(self, index: int, rng: np.random.Generator) -> dict[str, Any]:
        animals, image = self._packed.of_image(index), self.load(index)
        boxes = clipped(animals.boxes, image.shape[1], image.shape[0])
        found = self.apply_transform_all_keypoints(image, animals.keypoints, self._packed.unique[index], boxes, rng)
        annotations = self._annotations(
            animals, found["keypoints"], found["keypoints_unique"], found["bboxes"], self.parameters.max_num_animals
        )
        return self._item(index, image.shape, found["image"], annotations)

    def _individual_item(self, index: int, rng: np.random.Generator) -> dict[str, Any]:
        packed = self._packed
        position = int(packed.animals.images[index])
        group = np.array([index])
        image = self.load(position)
        if self.task == Task.COND_TOP_DOWN:
            group = self._with_near(index, position)
        animals = packed.animals.of(group)
        boxes = clipped(animals.boxes, image.shape[1], image.shape[0])
        found = self.apply_transform_all_keypoints(image, animals.keypoints, np.zeros((0, 3)), boxes, rng)
        changed, points, box = found["image"], found["keypoints"][:1], found["bboxes"][0].astype(int)
        conditions = None
        if self.task == Task.COND_TOP_DOWN:
            area = float(box[2] * box[3])
            conditions = self._sampler(points[0], found["keypoints"], area, changed.shape, rng=rng)[None]
            if is_visible(conditions).any():
                margin = self.parameters.ctd_bbox_margin or 0
                box = bbox_from_keypoints(conditions[0], changed.shape[0], changed.shape[1], margin).astype(int)
        crop, offset, scale = self._crop(changed, box)
        points, boxes = _in_crop(points, offset, scale, crop.shape), self._box_in_crop(box, offset, scale)
        if min(box[2:]) <= 0:
            points = np.zeros_like(points)
        annotations = self._annotations(packed.animals.of([index]), points, np.zeros((0, 3)), boxes, 1)
        item = self._item(position, image.shape, crop, annotations)
        item["offsets"], item["scales"] = np.array(offset), np.array(scale)
        if conditions is not None:
            in_crop = _in_crop(conditions, offset, scale, crop.shape)
            item["context"] = {"cond_keypoints": in_crop.astype(np.float32)}
        return item

    def _with_near(self, index: int, position: int) -> Array:
        """The individual, and those of the image whose boxes overlap with its own."""
        first, last = self._packed.first[position : position + 2]
        others = np.delete(np.arange(first, last), index - first)
        boxes = self._packed.animals.boxes
        return np.concatenate([[index], others[calc_bbox_overlap(boxes[index], boxes[others]) > 0]]).astype(int)

    def _crop(self, image: Array, box: Array) -> tuple[Array, tuple[int, int], tuple[float, float]]:
        is_box = min(box[2:]) > 0
        margin = self.parameters.top_down_crop_margin or 0
        return top_down_crop(
            image, box if is_box else np.zeros(4), self._crop_size, margin if is_box else 0,
            crop_with_context=self.parameters.top_down_crop_with_context,
        )  # fmt: skip

    def _box_in_crop(self, box: Array, offset: tuple[int, int], scale: tuple[float, float]) -> Array:
        moved = np.concatenate([(box[:2] - offset) / scale, box[2:] / np.array(scale)]).astype(int)
        return np.asarray(np.clip(moved, 0, np.tile(self._crop_size, 2) - 1))[None]

    def _annotations(
        self, animals: Animals, points: Array, unique: Array, boxes: Array, n_slots: int
    ) -> dict[str, Any]:
        if self.parameters.with_center_keypoints:
            points = with_centers(points)
        own = {
            "keypoints": (points.astype(np.float32), 0),
            "area": (areas(boxes).astype(np.float32), 0),
            "boxes": (boxes.astype(np.float32), 0),
            "is_crowd": (animals.is_crowd, 0),
            "labels": (animals.labels, -1),
            "individual_ids": (animals.individual_ids, -1),
        }
        return {
            **{name: pad_to_length(values, n_slots, padding) for name, (values, padding) in own.items()},
            "keypoints_unique": unique.astype(np.float32) if len(unique) else np.zeros(0, np.float32),
            "with_center_keypoints": self.parameters.with_center_keypoints,
        }

    def _item(self, position: int, shape: tuple[int, ...], image: Array, annotations: dict[str, Any]) -> dict[str, Any]:
        entry = self.images[position]
        if not image.flags.writeable:  # one that the cache holds
            image = image.copy()
        return {
            "image": image.transpose(2, 0, 1),
            "image_id": entry["id"],
            "path": str(entry["file_name"]),
            "original_size": np.array(shape),
            "offsets": np.array([0, 0]),
            "scales": np.array([1.0, 1.0]),
            "annotations": annotations,
            "context": {},
        }


def apply_transform(
    transform: Callable[..., Any] | None, image: Array, keypoints: Array, bboxes: Array, class_labels: Sequence[str]
) -> dict[str, Array]:
    """The image, the points (n, 3) and the boxes (m, 4) after a transform.

    A point that was not visible stays ``0, 0, 0``, or ``-1, -1, -1`` where it is to be ignored; one that left the image
    has the flag 0, and NaN for coordinates if the transform says so.
    """
    call = as_transform(transform)
    flag = keypoints[:, 2:3]
    is_ours = isinstance(call, Transform)
    absent = np.nan if is_ours else 0.0  # other libraries compute with any number that they get
    given = np.where(flag > 0, keypoints[:, :2], absent)
    if is_ours:  # the flags go with the points, which may change places in a mirror
        given = np.concatenate([given, flag], axis=1)
    result = call(
        image=image if is_ours else image.copy(),
        keypoints=given,
        bboxes=bboxes,
        class_labels=list(class_labels),
        bbox_labels=list(range(len(bboxes))),
    )
    changed = np.asarray(result["image"])
    moved = np.asarray(result["keypoints"], float).reshape(len(keypoints), -1) if len(keypoints) else np.empty((0, 3))
    flag = moved[:, 2:3] if is_ours else flag
    points = np.concatenate([np.where(flag > 0, moved[:, :2], flag), flag], axis=1)
    points[out_of_bounds_keypoints(points, changed.shape), 2] = 0
    boxes = clipped(np.asarray(result["bboxes"], float).reshape(-1, 4), changed.shape[1], changed.shape[0])
    return {"image": changed, "keypoints": points, "bboxes": boxes}


def _in_crop(points: Array, offset: Sequence[float], scale: Sequence[float], shape: Sequence[int]) -> Array:
    """The points (..., 3) in pixels of a crop; those outside of it get the flag 0, hidden ones stay as they are."""
    moved = np.where(points[..., 2:] > 0, (points[..., :2] - offset) / scale, points[..., :2])
    result = np.concatenate([moved, points[..., 2:]], axis=-1)
    result[out_of_bounds_keypoints(result, shape), 2] = 0
    return result
