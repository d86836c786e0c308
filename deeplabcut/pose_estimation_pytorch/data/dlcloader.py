"""Images and labels of a shuffle of a project."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from deeplabcut.core.config.project import ProjectConfig
from deeplabcut.core.engine import Engine
from deeplabcut.core.errors import DeepLabCutError, Missing
from deeplabcut.core.poses import Array, BodyPlan
from deeplabcut.core.splits import Split
from deeplabcut.core.text import same_text
from deeplabcut.io.annotations import LabelFiles, label_files, read_label_table
from deeplabcut.io.tables import (
    XY,
    XY_LIKELIHOOD,
    Table,
    annotations_of,
    columns_for,
    from_frame,
    image_keys,
    to_frame,
    without_coords,
)
from deeplabcut.io.training_set import Documentation, read_documentation
from deeplabcut.pose_estimation_pytorch.data.base import EmptySplit, Loader, checked_mode, logger, named
from deeplabcut.pose_estimation_pytorch.data.conditions import project_root_of, read_image_poses
from deeplabcut.pose_estimation_pytorch.data.dataset import PoseDataset, PoseDatasetParameters
from deeplabcut.pose_estimation_pytorch.data.project_labels import VISIBLE, coco_of, plan_for
from deeplabcut.pose_estimation_pytorch.data.splits import split_of_now
from deeplabcut.pose_estimation_pytorch.task import Task
from deeplabcut.project.project import Project, config_of
from deeplabcut.project.scorer import pytorch_scorer
from deeplabcut.project.shuffle_metadata import TrainingDatasetMetadata, shuffle_not_found, training_fraction
from deeplabcut.project.snapshots import Snapshot

if TYPE_CHECKING:
    from pandas import DataFrame, MultiIndex

ProjectSource = ProjectConfig | Mapping[str, Any] | Path | str
_MARGIN_PX = 20


class DLCLoader(Loader):
    """Images and labels of a shuffle.

    Parameters
    ----------
    config : the project.
    trainset_index : position of the training fraction in ``TrainingFraction``.
    shuffle : number of the shuffle.
    modelprefix : the folder of the models inside the project, if they are not in the project itself.
    """

    def __init__(
        self,
        config: ProjectSource,
        trainset_index: int = 0,
        shuffle: int = 0,
        modelprefix: str = "",
    ) -> None:
        project = Project.open(config)
        self._config = config_of(project)
        self._project, self._shuffle, self._modelprefix = project, shuffle, modelprefix
        self._train_fraction = training_fraction(self._config, trainset_index)
        path = project.path / project.layout.model_config(self._train_fraction, shuffle, Engine.PYTORCH, modelprefix)
        if not path.is_file():
            raise _no_model(self._config, self._train_fraction, shuffle, path)
        super().__init__(project.path, project.path, path)

    @property
    def project_cfg(self) -> ProjectConfig:
        """The configuration of the project."""
        return self._config

    @property
    def project_path(self) -> Path:
        """The folder of the project."""
        return self._project.path

    @property
    def shuffle(self) -> int:
        """The number of the shuffle."""
        return self._shuffle

    @property
    def train_fraction(self) -> float:
        """The fraction of the images to train on."""
        return self._train_fraction

    @property
    def evaluation_folder(self) -> Path:
        """The folder of the results of evaluation."""
        layout = self._project.layout
        return self.project_path / layout.evaluation_folder(
            self._train_fraction, self._shuffle, Engine.PYTORCH, self._modelprefix
        )

    @property
    def split(self) -> dict[str, list[int]]:
        """Positions in the merged labels of the images to ``train`` on and to ``test`` with."""
        return {"train": list(self._split.train), "test": list(self._split.test)}

    @property
    def df(self) -> DataFrame:
        """The merged labels."""
        return to_frame(self._table)

    @property
    def df_train(self) -> DataFrame:
        """The labels of the images to train on; None if there are none."""
        return self.split_data(self.df, self.split)["train"]  # type: ignore[return-value]

    @property
    def df_test(self) -> DataFrame:
        """The labels of the images to test with; None if there are none."""
        return self.split_data(self.df, self.split)["test"]  # type: ignore[return-value]

    def image_resolutions(self) -> set[tuple[int, int]]:
        """The (height, width) of the images, as the training set notes them."""
        return _resolutions(self._documentation)

    def scorer(self, snapshot: Snapshot | str | Path, detector_snapshot: Snapshot | str | Path | None = None) -> str:
        """The name under which a snapshot signs its predictions.

        Parameters
        ----------
        snapshot : the snapshot, or its file.
        detector_snapshot : that of the detector, for top-down models.
        """
        layout = self._project.layout
        detector = None if detector_snapshot is None else _uid(detector_snapshot)
        net = str(self.model_cfg.net_type.value)
        return pytorch_scorer(layout.task, layout.date, net, self._shuffle, _uid(snapshot), detector)

    def get_dataset_parameters(self) -> PoseDatasetParameters:
        """What a data set has to know of the model."""
        return self._parameters()

    def load_data(self, mode: str = "train") -> dict[str, list[dict[str, Any]]]:
        """The images, annotations and categories to train on, or to test with; boxes follow the labels."""
        rows = self.split[checked_mode(mode)]
        if not rows:
            raise EmptySplit(
                f"Shuffle {self._shuffle} has no images to {mode}{' on' if mode == 'train' else ' with'}.",
                where=_files(self._project).h5.parent,
                fix="create a training set with another fraction, or label more frames",
            )
        keys = image_keys(self._table.rows)
        table = replace(self._table, values=self._table.values[rows], rows=tuple(keys[i] for i in rows), row_names=())
        return coco_of(self.project_path, table, self.get_dataset_parameters(), self.model_cfg.data.bbox_margin)

    def create_dataset(
        self, transform: Callable[..., Any] | None = None, mode: str = "train", task: Task = Task.BOTTOM_UP
    ) -> PoseDataset:
        """The images and labels as items for a network; parameters as for `Loader.create_dataset`."""
        dataset = super().create_dataset(transform, mode, task)
        records = self._documentation.data
        made = {_name(one["image"]): tuple(np.ravel(one["size"])[1:]) for one in records}
        depth = len(records[0]["image"]) if records else 0
        other = []
        for image in dataset.images:
            size = (image["height"], image["width"])
            if made.get(_name(Path(image["file_name"]).parts[-depth:]), size) != size:
                other.append(image["file_name"])
        if other:
            logger.warning(
                "%d images have another size than when the training set was made, so labels may not lie where they "
                "should:\n    %s",
                len(other), named(other),
            )  # fmt: skip
        return dataset

    def load_ground_truth(
        self, config: ProjectSource, trainset_index: int, shuffle: int
    ) -> tuple[dict[str, DataFrame], set[tuple[int, int]]]:
        """The labels of a shuffle as ``full``, ``train`` and ``test`` frames, and the (height, width) of its images."""
        project = Project.open(config)
        frame = to_frame(_merged_labels(project))
        frames = self.split_data(frame, self.load_split(config_of(project), trainset_index, shuffle))
        found = {"full": frame, **{name: part for name, part in frames.items() if part is not None}}
        return found, _resolutions(
            _documentation(project, training_fraction(config_of(project), trainset_index), shuffle)
        )

    @staticmethod
    def load_split(config: ProjectSource, trainset_index: int = 0, shuffle: int = 0) -> dict[str, list[int]]:
        """Positions in the merged labels of the images of a shuffle to ``train`` on and to ``test`` with."""
        project = Project.open(config)
        made = _documentation(project, training_fraction(config_of(project), trainset_index), shuffle)
        split = _checked(project, made, _merged_labels(project))
        return {"train": list(split.train), "test": list(split.test)}

    @staticmethod
    def load_predictions(
        bu_snapshot: str | Path, bu_predictions: str | Path, parameters: PoseDatasetParameters
    ) -> dict[str, Array]:
        """Path of an image -> the poses (n, n_bodyparts, 3) in a file of predictions, with the flag 2.

        Parameters
        ----------
        bu_snapshot : the model that predicted; not needed.
        bu_predictions : the h5 file.
        parameters : names of bodyparts and individuals.
        """
        path = Path(bu_predictions)
        root = project_root_of(path)
        found = {}
        for key, poses in read_image_poses(path, plan_for(parameters)).items():
            is_seen = (poses[..., :2] != 0).any(axis=-1)
            found[str(root.joinpath(key))] = np.concatenate(
                [poses[..., :2], np.where(is_seen, VISIBLE, 0)[..., None]], axis=-1
            )
        return found

    @staticmethod
    def split_data(dlc_df: DataFrame, split: Mapping[str, Sequence[int]]) -> dict[str, DataFrame | None]:
        """The rows of each part of a split; None where it has none."""
        return {name: dlc_df.iloc[list(rows)] if len(rows) else None for name, rows in split.items()}

    @staticmethod
    def to_coco(
        project_root: str | Path, df: DataFrame, parameters: PoseDatasetParameters, *, bbox_margin: int = _MARGIN_PX
    ) -> dict[str, list[dict[str, Any]]]:
        """Labels as images, annotations and categories.

        Parameters
        ----------
        project_root : the folder that the names of images are relative to.
        df : the labels, a row for each image.
        parameters : names of bodyparts and individuals, in the order wanted.
        bbox_margin : px between the labels of an individual and its box.
        """
        return coco_of(Path(project_root), from_frame(df), parameters, bbox_margin)

    @cached_property
    def _table(self) -> Table:
        return _merged_labels(self._project)

    @cached_property
    def _documentation(self) -> Documentation:
        return _documentation(self._project, self._train_fraction, self._shuffle)

    @cached_property
    def _split(self) -> Split:
        return _checked(self._project, self._documentation, self._table)


def build_dlc_dataframe_columns(scorer: str, parameters: PoseDatasetParameters, with_likelihood: bool) -> MultiIndex:
    """The columns of a frame of poses: scorer, individuals, bodyparts, coords.

    Parameters
    ----------
    scorer : who made the poses.
    parameters : names of individuals and bodyparts.
    with_likelihood : whether each point has a likelihood beside x and y.
    """
    plan = BodyPlan(tuple(parameters.bodyparts), tuple(parameters.individuals), tuple(parameters.unique_bpts))
    columns, names = columns_for(plan, scorer, XY_LIKELIHOOD if with_likelihood else XY, always_individuals=True)
    return to_frame(Table(np.empty((0, len(columns))), np.empty(0, np.int64), columns, names)).columns  # type: ignore[return-value]


# ----- files of a training set


def _files(project: Project) -> LabelFiles:
    return label_files(project.path / project.layout.training_set_folder, project.layout.scorer)


def _merged_labels(project: Project) -> Table:
    return without_coords(read_label_table(_files(project)), "likelihood")


def _documentation(project: Project, fraction: float, shuffle: int) -> Documentation:
    path = project.path / project.layout.documentation_file(fraction, shuffle)
    if not path.is_file():
        config = config_of(project)
        raise shuffle_not_found(config, fraction, shuffle, TrainingDatasetMetadata.load(config).shuffles)
    return read_documentation(path)


def _checked(project: Project, made: Documentation, table: Table) -> Split:
    return split_of_now(made, annotations_of(table).images, _files(project).h5)


def _name(image: Sequence[str]) -> tuple[str, ...]:
    """The name of an image in the form in which equal ones compare equal."""
    return tuple(map(same_text, image))


def _resolutions(made: Documentation) -> set[tuple[int, int]]:
    sizes = [np.asarray(image["size"]).ravel() for image in made.data]
    return {(int(height), int(width)) for _, height, width in sizes}


def _no_model(config: ProjectConfig, fraction: float, shuffle: int, path: Path) -> DeepLabCutError:
    known = TrainingDatasetMetadata.load(config)
    if known.find(fraction, shuffle) is None:
        return shuffle_not_found(config, fraction, shuffle, known.shuffles)
    return Missing(
        f"Shuffle {shuffle} has no configuration of a PyTorch model.",
        where=path,
        fix=f"create it with deeplabcut.create_training_dataset(config, Shuffles=[{shuffle}], userfeedback=False)",
    )


def _uid(snapshot: Snapshot | str | Path) -> str:
    return (snapshot if isinstance(snapshot, Snapshot) else Snapshot.from_path(snapshot)).uid()
