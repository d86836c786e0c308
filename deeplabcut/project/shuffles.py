"""Questions about shuffles: which exist, which engine trains one, and which numbers new ones get."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

from deeplabcut.core.config.project import ProjectConfig
from deeplabcut.core.engine import Engine
from deeplabcut.core.errors import InvalidInput
from deeplabcut.project.layout import Layout, percent
from deeplabcut.project.project import config_of
from deeplabcut.project.shuffle_metadata import (
    AnyConfig,
    DataSplit,
    ShuffleExists,
    ShuffleMetadata,
    ShuffleNotFound,
    TrainingDatasetMetadata,
    as_engine,
    documentation_files,
    engines_of_models,
    metadata_bytes,
    new_shuffle,
    shuffle_not_found,
    training_fraction,
    update_metadata,
)

__all__ = [
    "DataSplit",
    "ShuffleExists",
    "ShuffleMetadata",
    "ShuffleNotFound",
    "TrainingDatasetMetadata",
    "engine_of",
    "find_engines_from_model_folders",
    "get_existing_shuffle_indices",
    "get_largestshuffle_index",
    "get_shuffle_engine",
    "metadata_bytes",
    "new_shuffle",
    "training_fraction",
    "update_metadata",
    "validate_shuffles",
]


def get_shuffle_engine(cfg: AnyConfig, trainingsetindex: int, shuffle: int, modelprefix: str = "") -> Engine:
    """The engine of a shuffle.

    Parameters
    ----------
    cfg : path or config
        The project.
    trainingsetindex : int
        The position of the training fraction in TrainingFraction.
    shuffle : int
        The number of the shuffle.
    modelprefix : str
        The folder of the models inside the project, if they are not in the project itself.
    """
    config = config_of(cfg)
    return engine_of(config, training_fraction(config, trainingsetindex), shuffle, modelprefix)


def engine_of(config: ProjectConfig, train_fraction: float, shuffle: int, modelprefix: str = "") -> Engine:
    """The engine that ``metadata.yaml`` names for a shuffle, else the one whose model is there."""
    listed: tuple[ShuffleMetadata, ...] = ()
    if TrainingDatasetMetadata.path(config).exists():
        metadata = TrainingDatasetMetadata.load(config)
        if (found := metadata.find(train_fraction, shuffle)) is not None:
            return found.engine
        listed = metadata.shuffles
    engines = engines_of_models(config, train_fraction, shuffle, modelprefix)
    if len(engines) == 1:
        return engines.pop()
    if engines:
        raise InvalidInput(
            f"Shuffle {shuffle} has models of both engines, and {TrainingDatasetMetadata.path(config).name} "
            "does not say which one is meant.",
            where=config.project_path,
            fix="name the engine: engine=deeplabcut.Engine.PYTORCH or engine=deeplabcut.Engine.TF",
        )
    raise shuffle_not_found(config, train_fraction, shuffle, listed or TrainingDatasetMetadata.load(config).shuffles)


def find_engines_from_model_folders(
    cfg: AnyConfig, trainingsetindex: int, shuffle: int, modelprefix: str = ""
) -> set[Engine]:
    """The engines for which a shuffle has a model folder.

    Parameters
    ----------
    cfg : path or config
        The project.
    trainingsetindex : int
        The position of the training fraction in TrainingFraction.
    shuffle : int
        The number of the shuffle.
    modelprefix : str
        The folder of the models inside the project, if they are not in the project itself.
    """
    config = config_of(cfg)
    return engines_of_models(config, training_fraction(config, trainingsetindex), shuffle, modelprefix)


def get_existing_shuffle_indices(
    cfg: AnyConfig, train_fraction: float | None = None, engine: Engine | None = None
) -> list[int]:
    """The numbers of the shuffles of the iteration in use, ascending.

    Parameters
    ----------
    cfg : path or config
        The project.
    train_fraction : float, optional
        Only shuffles with this training fraction.
    engine : Engine, optional
        Only shuffles of this engine.
    """
    config = config_of(cfg)
    wanted = None if train_fraction is None else percent(train_fraction)
    return sorted(
        {
            index
            for (percentage, index), of in _existing(config).items()
            if wanted in (None, percentage) and (engine is None or as_engine(engine) is of)
        }
    )


def get_largestshuffle_index(config: AnyConfig) -> int:
    """The largest number of a shuffle of the iteration in use; 0 where there is none yet.

    Parameters
    ----------
    config : path or config
        The project.
    """
    return max(get_existing_shuffle_indices(config), default=0)


def validate_shuffles(
    cfg: AnyConfig, shuffles: Sequence[int] | None, num_shuffles: int | None, userfeedback: bool
) -> list[int]:
    """The numbers of the shuffles to create: those asked for, or the next ones that are free.

    Parameters
    ----------
    cfg : path or config
        The project.
    shuffles : list of int, optional
        Numbers asked for.
    num_shuffles : int, optional
        How many to create, where no numbers are given.
    userfeedback : bool
        Refuse numbers that are taken; otherwise these shuffles are replaced.
    """
    existing = get_existing_shuffle_indices(cfg)
    if shuffles is None:
        n = 1 if num_shuffles is None else _whole_number(num_shuffles, "num_shuffles", at_least=1)
        first = max(existing, default=0) + 1
        return list(range(first, first + n))
    if isinstance(shuffles, (str, bytes)) or not hasattr(shuffles, "__iter__"):
        raise InvalidInput(f"Shuffles {shuffles!r} is not a list.", fix="write Shuffles=[1, 2]")
    wanted = [_whole_number(one, "The number of a shuffle", at_least=0) for one in shuffles]
    if not wanted:
        raise InvalidInput("Shuffles is an empty list.", fix="name the shuffles to create, or leave it out")
    if repeated := sorted({one for one in wanted if wanted.count(one) > 1}):
        raise InvalidInput(f"Shuffles names {repeated[0]} more than once.", fix="name each shuffle once")
    if userfeedback and (taken := sorted(set(wanted) & set(existing))):
        raise ShuffleExists(
            f"These shuffles exist already: {', '.join(map(str, taken))}.",
            where=TrainingDatasetMetadata.path(cfg).parent,
            fix=f"use numbers from {max(existing) + 1} on, or userfeedback=False to replace them",
        )
    return wanted


def _existing(config: ProjectConfig) -> dict[tuple[int, int], Engine]:
    """Every shuffle by percentage and number: the listed ones, and those that only left the file of their split."""
    layout = Layout.of(config)
    found = {}
    for percentage, index in documentation_files(config):
        models = {
            engine
            for engine in Engine
            if (config.project_path / layout.model_folder(percentage / 100, index, engine)).is_dir()
        }
        found[percentage, index] = Engine.PYTORCH if models == {Engine.PYTORCH} else Engine.TF
    if TrainingDatasetMetadata.path(config).exists():
        found |= {(percent(s.train_fraction), s.index): s.engine for s in TrainingDatasetMetadata.load(config).shuffles}
    return found


def _whole_number(value: Any, what: str, *, at_least: int) -> int:
    try:
        number = None if isinstance(value, bool) else operator.index(value)
    except TypeError:
        number = None
    if number is None or number < at_least:
        raise InvalidInput(f"{what} cannot be {value!r}.", fix=f"use a whole number from {at_least} on")
    return number
