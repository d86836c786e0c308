"""Images and labels in COCO files, ``annotations/*.json`` beside the folder ``images``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from deeplabcut.core.deprecation import renamed_parameter
from deeplabcut.core.errors import DamagedFile, InvalidInput
from deeplabcut.core.files import open_to_read
from deeplabcut.core.poses import Array
from deeplabcut.io.foreign import read_json
from deeplabcut.io.images import image_shape
from deeplabcut.pose_estimation_pytorch.config.pose import PoseConfig
from deeplabcut.pose_estimation_pytorch.data.base import EmptySplit, Loader, checked_mode, logger, named
from deeplabcut.pose_estimation_pytorch.data.bboxes import areas, bbox_from_keypoints
from deeplabcut.pose_estimation_pytorch.data.dataset import PoseDatasetParameters
from deeplabcut.pose_estimation_pytorch.data.records import map_id_to_annotations

ANNOTATIONS, IMAGES = "annotations", "images"
VISIBLE, ABSENT = 2, -1
_LISTS = ("images", "annotations", "categories")


class COCOLoader(Loader):
    """Images and labels of a folder with COCO files.

    Parameters
    ----------
    project_root : the folder; images are in ``images``, unless their names are absolute paths.
    model_config : the configuration of the model.
    train_json_filename, test_json_filename : names of the files in ``annotations``.
    """

    @renamed_parameter(old="model_config_path", new="model_config")
    def __init__(
        self,
        project_root: str | Path,
        model_config: PoseConfig | dict[str, Any] | Path | str | None = None,
        train_json_filename: str = "train.json",
        test_json_filename: str = "test.json",
    ) -> None:
        super().__init__(project_root, Path(project_root) / IMAGES, model_config)
        self.train_json_filename, self.test_json_filename = train_json_filename, test_json_filename
        self._loaded: dict[str, dict[str, list[dict[str, Any]]]] = {}

    def get_dataset_parameters(self) -> PoseDatasetParameters:
        """What a data set has to know of the model."""
        return self._parameters()

    def load_data(self, mode: str = "train") -> dict[str, list[dict[str, Any]]]:
        """The images, annotations and categories of a file; boxes are those of the file."""
        if checked_mode(mode) not in self._loaded:
            name = self.train_json_filename if mode == "train" else self.test_json_filename
            content = self.validate_images(self.validate_categories(self.load_json(self.project_root, name)))
            if not content["images"]:
                raise EmptySplit(
                    f"There are no images to {mode}{' on' if mode == 'train' else ' with'}.",
                    where=self.project_root / ANNOTATIONS / name,
                    fix="list images that are there",
                )
            self._loaded[mode] = content
        return {key: [dict(one) for one in records] for key, records in self._loaded[mode].items()}

    @staticmethod
    def load_json(project_root: str | Path, filename: str) -> dict[str, Any]:
        """The content of a COCO file."""
        path = Path(project_root) / ANNOTATIONS / filename
        with open_to_read(path) as file:
            content = read_json(file.read(), path, "The file")
        if not isinstance(content, dict) or any(not isinstance(content.get(key), list) for key in _LISTS):
            raise DamagedFile(
                f"The file is no COCO json: it needs lists of {', '.join(_LISTS)}.", where=path, fix="correct the file"
            )
        needed = {"images": ("id", "file_name"), "annotations": ("image_id",), "categories": ("id",)}
        for key, fields in needed.items():
            for i, one in enumerate(content[key]):
                if not isinstance(one, Mapping) or any(field not in one for field in fields):
                    raise DamagedFile(f"{key}[{i}] needs {' and '.join(fields)}.", where=path, fix="correct the file")
        return content

    @staticmethod
    def validate_categories(coco_json: dict[str, Any]) -> dict[str, Any]:
        """The content with one category, whose id is 1: networks keep 0 for the background.

        It is the first one with keypoints. Annotations of categories with other keypoints are refused.
        """
        categories = [dict(one) for one in coco_json["categories"]]
        if not categories:
            raise InvalidInput("The COCO file has no category.", fix="add one with the names of the keypoints")
        main = _main_category(categories)
        if len(categories) > 1:
            names = ", ".join(str(one.get("name", one["id"])) for one in categories)
            _check_same_points(categories, coco_json["annotations"])
            logger.warning("The categories %s are taken for one: %s.", names, main.get("name"))
        elif main["id"] == 0:
            logger.warning("The category 0 becomes 1: 0 stands for the background.")
        return {
            **coco_json,
            "categories": [{**main, "id": 1}],
            "annotations": [{**one, "category_id": 1} for one in coco_json["annotations"]],
        }

    def validate_images(self, coco_json: dict[str, Any]) -> dict[str, Any]:
        """The content as other loaders have it: absolute paths, sizes, individuals, points as arrays.

        Images that are not there are left out, with a warning that names them.
        """
        self._check_bodyparts(coco_json["categories"][0])
        images, missing, other = [], [], []
        for one in coco_json["images"]:
            path = self._path(str(one["file_name"]))
            if not path.is_file():
                missing.append(path)
                continue
            _, height, width = image_shape(path)
            if (one.get("width") or width, one.get("height") or height) != (width, height):
                other.append(f"{path} ({width} x {height}, not {one.get('width')} x {one.get('height')})")
            images.append({**one, "file_name": str(path), "width": width, "height": height})
        if missing:
            logger.warning("%d images are not there and are left out:\n    %s", len(missing), named(missing))
        if other:
            logger.warning(
                "%d images have another size than the file says, so labels may not lie where they should:\n    %s",
                len(other), named(other),
            )  # fmt: skip
        return {**coco_json, "images": images, "annotations": self._annotations(coco_json["annotations"], images)}

    def _path(self, name: str) -> Path:
        """The file of an image, whose name may be absolute, or written on Windows."""
        path = self.image_root / name
        return path if path.is_file() or "\\" not in name else self.image_root / name.replace("\\", "/")

    def _check_bodyparts(self, category: Mapping[str, Any]) -> None:
        wanted, found = list(self.model_cfg.metadata.bodyparts), list(category.get("keypoints") or [])
        if wanted != found:
            raise InvalidInput(
                f"The keypoints of the COCO file are {', '.join(map(str, found)) or 'none'}; "
                f"the model's configuration has {', '.join(wanted)}.",
                where=self.project_root / ANNOTATIONS,
                fix="use the same names in the same order",
            )

    def _annotations(self, annotations: list[dict[str, Any]], images: list[dict[str, Any]]) -> list[dict[str, Any]]:
        of_image, n_slots = map_id_to_annotations(annotations), self.model_cfg.metadata.num_individuals
        crowded = [f"{one['file_name']} ({len(of_image.get(one['id'], ()))})" for one in images
                   if len(of_image.get(one["id"], ())) > n_slots]  # fmt: skip
        if crowded:
            raise InvalidInput(
                f"{len(crowded)} images have more individuals than the {n_slots} of the model's configuration:\n    "
                f"{named(crowded)}",
                where=self.project_root / ANNOTATIONS,
                fix="make the configuration for more individuals, or correct the annotations",
            )
        found: list[dict[str, Any]] = []
        for image in images:
            for i, place in enumerate(of_image.get(image["id"], ())):
                found.append(self._annotation(annotations[place], i, len(found) + 1, image))
        return found

    def _annotation(
        self, annotation: Mapping[str, Any], slot: int, number: int, image: Mapping[str, Any]
    ) -> dict[str, Any]:
        n = self.model_cfg.metadata.num_bodyparts
        name = f"The annotation {annotation.get('id', number)}"
        points = self._numbers(annotation.get("keypoints") or [0] * 3 * n, 3 * n, f"{name}: keypoints").reshape(n, 3)
        lost = ~np.isfinite(points).all(axis=1)
        points[lost] = 0
        if annotation.get("bbox"):
            box = np.nan_to_num(self._numbers(annotation["bbox"], 4, f"{name}: bbox"))
        else:
            box = bbox_from_keypoints(points, image["height"], image["width"], self.model_cfg.data.bbox_margin)
        return {
            "id": number,
            **annotation,
            "individual": f"individual{slot}",
            "individual_id": slot,
            "num_keypoints": int((points[:, 2] > 0).sum()),
            "keypoints": points,
            "iscrowd": int(annotation.get("iscrowd") or 0),
            "bbox": box,
            "area": float(annotation.get("area") or areas(box)),
        }

    def _numbers(self, values: Any, n: int, what: str) -> Array:
        try:
            found = np.array(values, float).ravel()
        except (TypeError, ValueError):
            found = np.empty(0)
        if len(found) != n:
            raise DamagedFile(
                f"{what} are not {n} numbers.", where=self.project_root / ANNOTATIONS, fix="correct the annotation"
            )
        return found

    @staticmethod
    def get_project_parameters(
        train_json: dict[str, Any], test_json: dict[str, Any] | None = None
    ) -> tuple[int, list[str]]:
        """The most individuals of an image, and the bodyparts.

        Parameters
        ----------
        train_json, test_json : the contents of COCO files.
        """
        contents = [one for one in (train_json, test_json) if one is not None]
        n_most = max((len(rows) for one in contents for rows in map_id_to_annotations(one["annotations"]).values()),
                     default=0)  # fmt: skip
        return n_most, list(_main_category(train_json["categories"]).get("keypoints") or [])

    def predictions_to_coco(
        self, predictions: dict[str, dict[str, Array]], mode: str = "train"
    ) -> list[dict[str, Any]]:
        """Predictions as COCO annotations; the score of an individual is the mean of its points.

        Parameters
        ----------
        predictions : path of an image -> ``bodyparts`` (n, n_bodyparts, 3), and perhaps ``bboxes`` and ``bbox_scores``.
        mode : ``train`` or ``test``.
        """
        found = []
        ids = {image["file_name"]: image["id"] for image in self.load_data(mode)["images"]}
        for path, prediction in predictions.items():
            if str(path) not in ids:
                raise InvalidInput(f"The image {path} is not one to {mode} with.", fix="pass the other mode")
            for i, pose in enumerate(np.asarray(prediction["bodyparts"], float)):
                if (pose == ABSENT).all():
                    continue
                points = np.concatenate([pose[:, :2], np.full((len(pose), 1), VISIBLE)], axis=1)
                one: dict[str, Any] = {
                    "image_id": ids[str(path)],
                    "category_id": 1,
                    "keypoints": points.ravel().tolist(),
                    "score": float(pose[:, 2].mean()),
                }
                for key, name in (("bboxes", "bbox"), ("bbox_scores", "bbox_scores")):
                    if key in prediction:
                        one[name] = np.asarray(prediction[key][i]).tolist()
                found.append(one)
        return found


def _main_category(categories: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The first category with keypoints; some programs put one without any before it, as a name for all."""
    return next((one for one in categories if one.get("keypoints")), categories[0])


def _check_same_points(categories: list[dict[str, Any]], annotations: list[dict[str, Any]]) -> None:
    """Refuse annotations whose points mean other bodyparts than those of the first category that has any."""
    points = {one["id"]: one["keypoints"] for one in categories if one.get("keypoints")}
    main = list(next(iter(points.values()), ()))
    wrong = {key for key, names in points.items() if list(names) != main}
    used = [one for one in annotations if one.get("category_id") in wrong and any(one.get("keypoints") or ())]
    if used:
        listed = "; ".join(
            f"{one.get('name', one['id'])} with {', '.join(map(str, one.get('keypoints') or []))}" for one in categories
        )
        raise InvalidInput(
            f"{len(used)} annotations belong to a category with other keypoints than the first; "
            f"the categories are {listed}.",
            fix="make one file for each kind of animal, or name the same keypoints in the same order",
        )
