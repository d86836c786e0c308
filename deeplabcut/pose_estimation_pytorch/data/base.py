"""Loaders: where images and labels come from, and the configuration of the model that is trained with them."""

from __future__ import annotations

import logging
import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from deeplabcut.core.deprecation import renamed_parameter
from deeplabcut.core.errors import InvalidInput, Missing
from deeplabcut.core.poses import SINGLE, Array
from deeplabcut.core.text import printable
from deeplabcut.pose_estimation_pytorch.config.pose import PoseConfig
from deeplabcut.pose_estimation_pytorch.data.bboxes import clipped
from deeplabcut.pose_estimation_pytorch.data.dataset import PoseDataset, PoseDatasetParameters
from deeplabcut.pose_estimation_pytorch.task import Task
from deeplabcut.project.snapshots import Snapshot, list_snapshots

logger = logging.getLogger(__name__)

MODES = ("train", "test")
_CROP_PX = 256
_NAMED = 20  # files that a message names


class EmptySplit(InvalidInput):
    """A part of the images, to train on or to test with, that has none."""


class MissingImages(Missing):
    """Labelled images that are not where they should be."""


class Loader(ABC):
    """Images and labels of a model.

    Parameters
    ----------
    project_root : the folder of the project or the data set.
    image_root : the folder that names of images are relative to.
    model_config : the configuration of the model, its file, or a dict; one that is no file says in
        ``metadata.pose_config_path`` where its file belongs.

    Attributes
    ----------
    model_cfg : the configuration.
    model_config_path, model_folder : its file, and the folder of that, where snapshots lie.
    pose_task : what the model does.
    """

    @renamed_parameter(old="model_config_path", new="model_config")
    def __init__(
        self,
        project_root: str | Path,
        image_root: str | Path,
        model_config: PoseConfig | dict[str, Any] | Path | str | None = None,
    ) -> None:
        if model_config is None:
            raise InvalidInput("A loader needs the configuration of a model.", fix="pass model_config")
        self.project_root, self.image_root = Path(project_root), Path(image_root)
        self.model_cfg = PoseConfig.from_any(model_config)
        self.model_config_path = self._config_file(model_config)
        self.pose_task = Task(self.model_cfg.method.value)  # type: ignore[call-arg, arg-type]

    def _config_file(self, given: Any) -> Path:
        if isinstance(given, (str, os.PathLike)):
            return Path(given)
        path = self.model_cfg.metadata.pose_config_path
        if path is None:
            raise InvalidInput(
                "The configuration of the model does not say which file it belongs to.",
                fix="set metadata.pose_config_path, or pass the path of the file",
            )
        return Path(path)

    @property
    def model_folder(self) -> Path:
        """The folder of the configuration, where snapshots lie."""
        return self.model_config_path.parent

    def snapshots(self, detector: bool = False, best_in_last: bool = True) -> list[Snapshot]:
        """The snapshots of the model, or of its detector, by epoch.

        Parameters
        ----------
        detector : list those of the detector.
        best_in_last : put the best one last, whatever its epoch.
        """
        section = self.model_cfg.detector if detector else self.model_cfg
        runner = section.runner if section is not None else None
        task = Task.DETECT if detector else self.pose_task
        prefix = (runner.snapshot_prefix if runner is not None else None) or task.snapshot_prefix
        return list_snapshots(self.model_folder, prefix, best_in_last)

    def update_model_cfg(self, updates: Mapping[str, Any], log_changes: bool = False, save_config: bool = True) -> None:
        """Change the configuration, in memory and in its file.

        Parameters
        ----------
        updates : ``runner.optimizer.params.lr`` and the like -> new values.
        log_changes : write the changes to the log.
        save_config : write the file.
        """
        changed = self.model_cfg.updated(updates)  # raises before anything is changed
        for section in {key.split(".")[0] for key in updates} & set(changed):
            self.model_cfg[section] = changed[section]
        if log_changes:
            self.model_cfg.log_changes()
        if save_config:
            self.model_cfg.to_yaml(self.model_config_path)

    @abstractmethod
    def load_data(self, mode: str = "train") -> dict[str, list[dict[str, Any]]]:
        """The ``images``, ``annotations`` and ``categories`` to train on, or to test with."""

    @abstractmethod
    def get_dataset_parameters(self) -> PoseDatasetParameters:
        """What a data set has to know of the model."""

    def image_filenames(self, mode: str = "train") -> list[str]:
        """The paths of the images."""
        return [image["file_name"] for image in self.load_data(mode)["images"]]

    def ground_truth_keypoints(self, mode: str = "train", unique_bodypart: bool = False) -> dict[str, Array]:
        """Path of an image -> its points (n_individuals, n_bodyparts, 3), zeros for individuals that are not labelled.

        Parameters
        ----------
        mode : ``train`` or ``test``.
        unique_bodypart : the points that exist once, (1, n_unique, 3), instead.
        """
        data, parameters = self.load_data(mode), self.get_dataset_parameters()
        slots = {name: i for i, name in enumerate(parameters.individuals)}
        shape = (1, parameters.num_unique_bpts) if unique_bodypart else (len(slots), parameters.num_joints)
        points = {image["id"]: np.zeros((*shape, 3)) for image in data["images"]}
        names = {one["individual"] for one in data["annotations"]} - {SINGLE}
        is_named = (
            names <= slots.keys()
        )  # a file without names counts its individuals, which the model may call otherwise
        for one in data["annotations"]:
            is_unique = one["individual"] == SINGLE
            if is_unique == unique_bodypart:
                slot = 0 if is_unique else slots[one["individual"]] if is_named else one["individual_id"]
                points[one["image_id"]][slot] = np.asarray(one["keypoints"]).reshape(-1, 3)
        return {image["file_name"]: points[image["id"]] for image in data["images"]}

    def ground_truth_bboxes(self, mode: str = "train") -> dict[str, dict[str, Any]]:
        """Path of an image -> its ``width``, ``height`` and ``bboxes`` (n, 4), within the image and with an area."""
        data = self.load_data(mode)
        boxes: dict[int, list[Any]] = {image["id"]: [] for image in data["images"]}
        for one in data["annotations"]:
            if one["individual"] != SINGLE:
                boxes[one["image_id"]].append(one["bbox"])
        found = {}
        for image in data["images"]:
            width, height = image["width"], image["height"]
            own = clipped(np.array(boxes[image["id"]], float).reshape(-1, 4), width, height)
            own = own[(own[:, 2:] > 0).all(axis=1)]
            found[image["file_name"]] = {"width": width, "height": height, "bboxes": own}
        return found

    def create_dataset(
        self, transform: Callable[..., Any] | None = None, mode: str = "train", task: Task = Task.BOTTOM_UP
    ) -> PoseDataset:
        """The images and labels as items for a network.

        Parameters
        ----------
        transform : what is done to images, as `build_transforms` makes it.
        mode : ``train`` or ``test``.
        task : what the network does.
        """
        data = self.load_data(mode)
        return PoseDataset(
            images=data["images"],
            annotations=self.filter_annotations(data["annotations"], task),
            parameters=self.get_dataset_parameters(),
            transform=transform,
            mode=mode,
            task=task,
            ctd_config=self.model_cfg.data.gen_sampling,
        )

    @staticmethod
    def filter_annotations(annotations: list[dict[str, Any]], task: Task) -> list[dict[str, Any]]:
        """The annotations that a task can learn from: with a box that has an area, or with points."""
        kept = annotations
        if task in (Task.DETECT, Task.TOP_DOWN):
            kept = [one for one in kept if one["bbox"][2] > 0 and one["bbox"][3] > 0]
        if task != Task.DETECT:
            kept = [one for one in kept if (np.asarray(one["keypoints"]).reshape(-1, 3)[:, :2] > 0).any()]
        return kept

    def _parameters(self) -> PoseDatasetParameters:
        """The parameters as the configuration has them."""
        config = self.model_cfg
        train = config.data.train
        crop = (train.top_down_crop if train is not None else None) or {}
        size = (crop.get("width") or _CROP_PX, crop.get("height") or _CROP_PX)
        with_context = crop.get("crop_with_context")
        return PoseDatasetParameters(
            bodyparts=list(config.metadata.bodyparts),
            unique_bpts=list(config.metadata.unique_bodyparts),
            individuals=list(config.metadata.individuals),
            with_center_keypoints=bool(config.with_center_keypoints),
            color_mode=str(config.data.colormode),
            ctd_bbox_margin=config.data.bbox_margin,
            top_down_crop_size=size,
            top_down_crop_margin=crop.get("margin") or 0,
            top_down_crop_with_context=True if with_context is None else bool(with_context),
        )


def checked_mode(mode: str) -> str:
    """``train`` or ``test``."""
    if mode not in MODES:
        raise InvalidInput(f"There are no images for the mode {mode!r}.", fix=f"use one of {', '.join(MODES)}")
    return mode


def named(paths: Sequence[Path | str] | Iterable[Path | str]) -> str:
    """The first of many files, one on each line."""
    listed = [printable(str(path)) for path in paths]
    more = [f"and {len(listed) - _NAMED} more"] if len(listed) > _NAMED else []
    return "\n    ".join([*listed[:_NAMED], *more])
