"""The shuffles of a project: which exist, with which engine, and which of them share a split."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from deeplabcut.core.config.project import ProjectConfig
from deeplabcut.core.config.project_3d import Project3DConfig
from deeplabcut.core.engine import Engine
from deeplabcut.core.errors import DamagedFile, DeepLabCutError, InvalidInput, Missing
from deeplabcut.core.files import atomic_write_bytes
from deeplabcut.core.history import keep_version
from deeplabcut.core.locks import hold
from deeplabcut.core.recovery import recover
from deeplabcut.core.splits import without_padding
from deeplabcut.core.text import same_text
from deeplabcut.io.training_set import read_split
from deeplabcut.project.layout import Layout, percent
from deeplabcut.project.project import Project, config_of
from deeplabcut.project.shuffle_file import FILE_NAME, HEADER, ShuffleEntry, read_entries, text_of

logger = logging.getLogger(__name__)

AnyConfig = ProjectConfig | Project3DConfig | Mapping[str, Any] | Project | str | os.PathLike[str]
_WAIT_S = 20.0


class InvalidSplit(InvalidInput, RuntimeError):
    """Indices that are no split of images."""


class ShuffleExists(InvalidInput, RuntimeError):
    """A shuffle that was not to be replaced."""


class ShuffleNotFound(Missing, ValueError):
    """A shuffle that nobody created."""


@dataclass(frozen=True)
class DataSplit:
    """Positions of the images to train on and to test with: ascending, each once, no padding."""

    train_indices: tuple[int, ...]
    test_indices: tuple[int, ...]

    def __post_init__(self) -> None:
        for name in ("train_indices", "test_indices"):
            indices = getattr(self, name)
            if not isinstance(indices, tuple) or any(isinstance(i, bool) or not isinstance(i, int) for i in indices):
                raise InvalidSplit(f"{name} has to be a tuple of whole numbers.", fix="use DataSplit.of(train, test)")
            if any(a >= b for a, b in pairwise(indices)) or (indices and indices[0] < 0):
                raise InvalidSplit(
                    f"{name} has to ascend from 0 on, each index once.", fix="use DataSplit.of(train, test)"
                )

    @classmethod
    def of(cls, train: Iterable[int], test: Iterable[int]) -> DataSplit:
        """The split that two lists of indices make; order, padding and repetitions do not matter."""
        return cls(*(tuple(sorted(set(without_padding(indices)))) for indices in (train, test)))


@dataclass(frozen=True)
class ShuffleMetadata:
    """One shuffle; ``split`` is None until `load_split` reads it."""

    name: str
    train_fraction: float
    index: int
    engine: Engine
    split: DataSplit | None
    split_number: int | None = field(default=None, compare=False, kw_only=True)  # what the file says, if it does

    def load_split(self, cfg: AnyConfig, trainset_path: str | os.PathLike[str]) -> ShuffleMetadata:
        """The shuffle with its split, from the files in the training-set folder."""
        name = Layout.of(config_of(cfg)).documentation_file(self.train_fraction, self.index).name
        train, test, _ = read_split(Path(trainset_path) / name)
        return replace(self, split=DataSplit.of(train, test))

    @property
    def _key(self) -> tuple[int, int]:
        """What tells shuffles apart in the names of files."""
        return percent(self.train_fraction), self.index


@dataclass(frozen=True)
class TrainingDatasetMetadata:
    """All shuffles of the training-set folder in use, as ``metadata.yaml`` lists them."""

    project_config: ProjectConfig
    shuffles: tuple[ShuffleMetadata, ...]
    file_header: tuple[str, ...] = HEADER

    def add(self, shuffle: ShuffleMetadata, overwrite: bool = False) -> TrainingDatasetMetadata:
        """The metadata with one more shuffle; one of the same number and fraction is replaced only on request."""
        clash = [one for one in self.shuffles if one._key == shuffle._key or one.name == shuffle.name]
        if clash and not overwrite:
            raise ShuffleExists(
                f"The shuffle {clash[0].name} exists already.", fix="choose another number, or overwrite=True"
            )
        return replace(self, shuffles=_sorted([*(one for one in self.shuffles if one not in clash), shuffle]))

    def get(self, trainset_index: int = 0, index: int = 0) -> ShuffleMetadata:
        """The shuffle of a number, for the training fraction at a position of ``TrainingFraction``."""
        config = config_of(self.project_config)
        fraction = training_fraction(config, trainset_index)
        found = self.find(fraction, index)
        if found is None:
            raise shuffle_not_found(config, fraction, index, self.shuffles)
        return found

    def find(self, train_fraction: float, index: int) -> ShuffleMetadata | None:
        """The shuffle of a training fraction and a number, if it is listed."""
        wanted = percent(train_fraction), index
        return next((one for one in self.shuffles if one._key == wanted), None)

    def save(self) -> None:
        """Write the file; the earlier version is kept."""
        folder = self.path(self.project_config).parent
        folder.mkdir(parents=True, exist_ok=True)
        with hold(folder, "saving the list of shuffles", wait_s=_WAIT_S):
            self._write()

    def _write(self) -> None:
        atomic_write_bytes(self.path(self.project_config), metadata_bytes(self), keep=keep_version)

    @staticmethod
    def load(config: AnyConfig, load_splits: bool = False) -> TrainingDatasetMetadata:
        """What the file says; where there is none yet, what the files of splits say. Nothing is written.

        Parameters
        ----------
        config : the project.
        load_splits : also read the indices of every shuffle.
        """
        project_config = config_of(config)
        path = TrainingDatasetMetadata.path(project_config)
        recover(path.parent)
        if not path.exists():
            return TrainingDatasetMetadata.create(project_config)
        shuffles = [
            ShuffleMetadata(name, one.train_fraction, one.index, as_engine(one.engine), None, split_number=one.split)
            for name, one in read_entries(path).items()
        ]
        if load_splits:
            shuffles = [one.load_split(project_config, path.parent) for one in shuffles]
        return TrainingDatasetMetadata(project_config, _sorted(shuffles))

    @staticmethod
    def create(config: AnyConfig) -> TrainingDatasetMetadata:
        """The metadata of a folder without such a file: what earlier versions left there. Nothing is written.

        The engine is TensorFlow, as it was then, unless only a PyTorch model is there.
        """
        project_config = config_of(config)
        layout = Layout.of(project_config)
        shuffles = []
        for (percentage, index), path in documentation_files(project_config).items():
            try:
                train, test, fraction = read_split(path)
            except DamagedFile as error:
                logger.warning("A shuffle is left out, as its split cannot be read: %s", error)
                continue
            fraction = fraction if percent(fraction) == percentage else percentage / 100
            only_torch = engines_of_models(project_config, fraction, index) == {Engine.PYTORCH}
            shuffles.append(
                ShuffleMetadata(
                    layout.shuffle_name(fraction, index), fraction, index,
                    Engine.PYTORCH if only_torch else Engine.TF, DataSplit.of(train, test),
                )
            )  # fmt: skip
        return TrainingDatasetMetadata(project_config, _sorted(shuffles))

    @staticmethod
    def path(cfg: AnyConfig) -> Path:
        """Where the file belongs."""
        config = config_of(cfg)
        return config.project_path / Layout.of(config).training_set_folder / FILE_NAME


def metadata_bytes(metadata: TrainingDatasetMetadata) -> bytes:
    """The content of ``metadata.yaml``: to be written beside the files of a new shuffle, in one change."""
    shuffles = _sorted(metadata.shuffles)
    entries = {
        one.name: ShuffleEntry(
            train_fraction=one.train_fraction, index=one.index, split=number, engine=one.engine.value
        )
        for one, number in zip(shuffles, _split_numbers(metadata, shuffles), strict=True)
    }
    if len(entries) < len(shuffles) or len({one._key for one in shuffles}) < len(shuffles):
        raise ShuffleExists("Two shuffles have the same name, or the same number and fraction.", fix="keep one of them")
    return text_of(entries).encode("utf-8")


def update_metadata(
    cfg: AnyConfig,
    train_fraction: float,
    shuffle: int,
    engine: Engine,
    train_indices: Iterable[int],
    test_indices: Iterable[int],
    overwrite: bool = False,
) -> None:
    """List one more shuffle in ``metadata.yaml``.

    Parameters
    ----------
    cfg : path or config
        The project.
    train_fraction : float
        The fraction of images to train on.
    shuffle : int
        The number of the shuffle.
    engine : Engine
        The engine that trains it.
    train_indices : list of int
        Positions of the images to train on; padding with -1 is left out.
    test_indices : list of int
        Positions of the images to test with.
    overwrite : bool
        Replace a shuffle of this number and fraction.
    """
    config = config_of(cfg)
    new = new_shuffle(config, train_fraction, shuffle, engine, DataSplit.of(train_indices, test_indices))
    path = TrainingDatasetMetadata.path(config)
    path.parent.mkdir(parents=True, exist_ok=True)
    with hold(path.parent, "adding a shuffle", wait_s=_WAIT_S):
        is_listed = path.exists()  # else the shuffle may be known from the file of its split, which comes first
        TrainingDatasetMetadata.load(config).add(new, overwrite or not is_listed)._write()


def new_shuffle(
    config: AnyConfig, train_fraction: float, index: int, engine: Engine, split: DataSplit
) -> ShuffleMetadata:
    """A shuffle under the name that it has in this project."""
    if isinstance(index, bool) or not hasattr(index, "__index__") or index < 0:
        raise InvalidInput(f"{index!r} cannot be the number of a shuffle.", fix="use a whole number from 0")
    if not 0 <= train_fraction <= 1:
        raise InvalidInput(f"The training fraction {train_fraction!r} does not lie between 0 and 1.")
    fraction, index = float(train_fraction), index.__index__()
    name = Layout.of(config_of(config)).shuffle_name(fraction, index)
    return ShuffleMetadata(name, fraction, index, as_engine(engine), split)


def as_engine(name: Any) -> Engine:
    """The engine that a member, or one of its names, stands for."""
    return Engine(name)


def documentation_files(config: ProjectConfig) -> dict[tuple[int, int], Path]:
    """The files of splits in the training-set folder, by percentage and number of the shuffle."""
    layout = Layout.of(config)
    folder = config.project_path / layout.training_set_folder
    task = re.escape(same_text(layout.task))
    form = re.compile(rf"Documentation_data-{task}_(\d{{1,3}})shuffle(\d{{1,9}})\.pickle")
    names = sorted(os.listdir(folder)) if folder.is_dir() else []
    found = {name: match for name in names if (match := form.fullmatch(same_text(name)))}
    return {(int(match[1]), int(match[2])): folder / name for name, match in found.items()}


def engines_of_models(config: ProjectConfig, train_fraction: float, shuffle: int, modelprefix: str = "") -> set[Engine]:
    """The engines for which a shuffle has a model folder."""
    layout = Layout.of(config)
    folders = {engine: layout.model_folder(train_fraction, shuffle, engine, modelprefix) for engine in Engine}
    return {engine for engine, folder in folders.items() if (config.project_path / folder).is_dir()}


def training_fraction(config: ProjectConfig, trainingsetindex: int) -> float:
    """The fraction at a position of ``TrainingFraction``."""
    known = list(config.TrainingFraction)
    if isinstance(trainingsetindex, bool) or not hasattr(trainingsetindex, "__index__"):
        raise InvalidInput(f"trainingsetindex {trainingsetindex!r} is no whole number.", fix="use 0 for the first one")
    if not -len(known) <= trainingsetindex < len(known):
        raise InvalidInput(
            f"There is no training fraction number {trainingsetindex}: TrainingFraction is {known}.",
            where=config.config_yaml_path,
            fix="count from 0, or add the fraction to TrainingFraction in config.yaml",
        )
    return known[trainingsetindex]


def shuffle_not_found(
    config: ProjectConfig, train_fraction: float, index: int, known: Iterable[ShuffleMetadata]
) -> ShuffleNotFound:
    """The error for a shuffle that nobody created, with those that exist."""
    listed = ", ".join(f"{one.index} ({percent(one.train_fraction)}% {one.engine})" for one in known) or "none"
    return ShuffleNotFound(
        f"There is no shuffle {index} with the training fraction {train_fraction}. Existing shuffles: {listed}.",
        where=config.project_path / Layout.of(config).training_set_folder,
        fix=f"create it with deeplabcut.create_training_dataset(config, Shuffles=[{index}])",
    )


def _sorted(shuffles: Iterable[ShuffleMetadata]) -> tuple[ShuffleMetadata, ...]:
    return tuple(sorted(shuffles, key=lambda one: (one.train_fraction, one.index)))


def _split_numbers(metadata: TrainingDatasetMetadata, shuffles: tuple[ShuffleMetadata, ...]) -> list[int]:
    """The number of each shuffle's split: equal splits have equal numbers, counted in order of appearance."""
    keys: list[Any] = [one.split_number for one in shuffles]
    if any(one.split is not None or one.split_number is None for one in shuffles):
        of_number = _known_splits(metadata, shuffles)
        folder = metadata.path(metadata.project_config).parent
        keys = [
            one.split or of_number.get(one.split_number) or one.split_number
            or one.load_split(metadata.project_config, folder).split
            for one in shuffles
        ]  # fmt: skip
    order = {key: number for number, key in enumerate(dict.fromkeys(keys), start=1)}
    return [order[key] for key in keys]


def _known_splits(
    metadata: TrainingDatasetMetadata, shuffles: tuple[ShuffleMetadata, ...]
) -> dict[int | None, DataSplit]:
    """The split behind each number of the file, from the first of its shuffles that can be read."""
    folder = metadata.path(metadata.project_config).parent
    found: dict[int | None, DataSplit] = {}
    for one in shuffles:
        if one.split is not None or one.split_number is None or one.split_number in found:
            continue
        try:
            split = one.load_split(metadata.project_config, folder).split
        except DeepLabCutError as error:
            logger.warning("The split of %s cannot be read, so it is compared to no other: %s", one.name, error)
            continue
        if split is not None:
            found[one.split_number] = split
    return found
