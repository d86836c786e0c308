"""Conditions of conditional top-down networks: poses in a file, or those that a bottom-up shuffle predicted."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import Any

import numpy as np

from deeplabcut.core.errors import InvalidInput, Missing
from deeplabcut.core.poses import Array
from deeplabcut.pose_estimation_pytorch.config.ctd_conditions import ConditionsModelConfig
from deeplabcut.pose_estimation_pytorch.data import conditions
from deeplabcut.pose_estimation_pytorch.data.dlcloader import DLCLoader
from deeplabcut.project.project import Project
from deeplabcut.project.snapshots import Snapshot

logger = logging.getLogger(__name__)

Conditions = dict[str, Array] | list[Array]
_SHUFFLE = ("config", "shuffle", "trainset_index", "modelprefix", "snapshot", "snapshot_index")
_NAMED = 3


def resolve_bu_shuffle(
    config: str | Path,
    shuffle: int,
    trainset_index: int = 0,
    modelprefix: str = "",
    snapshot: str | None = None,
    snapshot_index: int | None = None,
) -> tuple[DLCLoader, Snapshot]:
    """The loader and the snapshot of a bottom-up shuffle.

    Parameters
    ----------
    config : the project.
    shuffle, trainset_index, modelprefix : the shuffle.
    snapshot : name of the snapshot.
    snapshot_index : its position in the list of snapshots; the last one if neither is given.
    """
    file = Project.open(config).config_file
    model = ConditionsModelConfig.from_shuffle(file, shuffle, trainset_index, modelprefix, snapshot, snapshot_index)
    return DLCLoader(config, trainset_index, shuffle, modelprefix), Snapshot.from_path(model.snapshot_path)


class CondFromFile:
    """Conditions in a file: ``.h5`` or ``.json`` for images and videos, ``.pickle`` (assemblies) for videos.

    Parameters
    ----------
    filepath : the file; None takes that of the evaluation of a shuffle.
    config, shuffle, trainset_index, modelprefix, snapshot, snapshot_index : the shuffle, as in `resolve_bu_shuffle`.
    """

    def __init__(self, filepath: str | Path | None = None, **kwargs: Any) -> None:
        if unknown := set(kwargs) - set(_SHUFFLE):
            raise TypeError(
                f"CondFromFile has no parameter {sorted(unknown)[0]!r}; it has filepath, {', '.join(_SHUFFLE)}."
            )
        if filepath is None:
            if not {"config", "shuffle"} <= kwargs.keys():
                raise InvalidInput("Conditions need a file, or a project and a shuffle.", fix="pass filepath")
            loader, snapshot = resolve_bu_shuffle(**kwargs)
            filepath = loader.evaluation_folder / f"{loader.scorer(snapshot)}.h5"
            if not filepath.is_file():
                raise Missing(
                    f"Shuffle {kwargs['shuffle']} has no predictions of its images.", where=filepath,
                    fix=f"evaluate it with deeplabcut.evaluate_network(config, shuffles=[{kwargs['shuffle']}])",
                )  # fmt: skip
        self.filepath = Path(filepath)
        if self.filepath.suffix not in (".h5", ".json", ".pickle"):
            raise InvalidInput(
                f"Conditions cannot be read from {self.filepath.name}.", where=self.filepath,
                fix="give a .h5, .json or .pickle file",
            )  # fmt: skip

    def load_conditions(self, images: list[str] | None = None, path_prefix: str | None = None) -> Conditions:
        """The poses (n, n_bodyparts, 3) of some images, or one array for each frame of a video.

        Parameters
        ----------
        images : paths of the images; those that the file lacks have no conditions. None takes all of the file.
        path_prefix : the folder that relative names of images belong to.
        """
        if self.filepath.suffix == ".pickle":
            return self.load_conditions_pickle(self.filepath)
        load = self.load_conditions_json if self.filepath.suffix == ".json" else self.load_conditions_h5
        return load(self.filepath, images, path_prefix)

    @staticmethod
    def load_conditions_h5(
        filepath: str | Path, images: list[str] | None = None, path_prefix: str | Path | None = None
    ) -> Conditions:
        """The conditions in an h5 file of predictions."""
        if images is None and conditions.has_frames(filepath):
            return conditions.read_frame_poses(filepath)
        return _of_images(conditions.read_image_poses(filepath), images, path_prefix, filepath)

    @staticmethod
    def load_conditions_json(
        filepath: str | Path, images: list[str] | None = None, path_prefix: str | Path | None = None
    ) -> Conditions:
        """The conditions in a json file: ``{image: poses}``, or a list with the poses of each frame."""
        found = conditions.read_json_poses(filepath)
        return found if isinstance(found, list) else _of_images(found, images, path_prefix, filepath)

    @staticmethod
    def load_conditions_pickle(filepath: str | Path) -> list[Array]:
        """The conditions in a file of assemblies."""
        return conditions.read_assembly_poses(filepath)


def _of_images(
    found: dict[str, Array], images: list[str] | None, prefix: str | os.PathLike[str] | None, where: Any
) -> dict[str, Array]:
    """The poses of the images asked for, under the names that they were asked by."""
    if images is None:
        return {name if prefix is None else conditions.image_key(name, prefix): poses for name, poses in found.items()}
    known = {conditions.image_key(name, prefix): poses for name, poses in found.items()}
    n_bodyparts = max((poses.shape[1] for poses in found.values()), default=0)
    nothing = np.zeros((0, n_bodyparts, 3))
    result = {image: known.get(conditions.image_key(str(image), prefix)) for image in images}
    missing = [str(image) for image, poses in result.items() if poses is None]
    if missing:
        more = f" and {len(missing) - _NAMED} more" if len(missing) > _NAMED else ""
        logger.warning("%s has no conditions for %s%s.", where, ", ".join(missing[:_NAMED]), more)
    return {image: nothing if poses is None else poses for image, poses in result.items()}
