"""Where a conditional top-down network gets its conditions: a file of poses, a shuffle, or a model."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from deeplabcut.core.config.base import DLCBaseConfig
from deeplabcut.core.config.files import read_config_as_dict
from deeplabcut.core.config.storage import absolute
from deeplabcut.core.config.validation import FilePath, NonNegativeInt, Text, WholeNumber
from deeplabcut.core.engine import Engine
from deeplabcut.core.errors import InvalidInput, Missing
from deeplabcut.project.layout import Layout
from deeplabcut.project.project import config_of
from deeplabcut.project.scorer import pytorch_scorer
from deeplabcut.project.shuffle_metadata import training_fraction
from deeplabcut.project.snapshots import Snapshot, choose_snapshot, list_snapshots

SUFFIXES = (".h5", ".json", ".pickle")


class NotConditions(InvalidInput, TypeError):
    """Something of a kind that cannot stand for conditions."""


class ConditionsConfig(DLCBaseConfig):
    """Where conditions come from; use `build`."""

    source: Literal["file", "model", "shuffle"]

    @classmethod
    def build(cls, v: Any) -> ConditionsFileConfig | ConditionsModelConfig | ConditionsShuffleConfig | None:
        """The conditions that ``v`` stands for.

        Parameters
        ----------
        v : a path of poses, a number of a shuffle, a pair of a shuffle and the name or index of a snapshot, a dict
            with ``filepath``, ``shuffle`` or ``config_path`` and ``snapshot_path``, or a config.
        """
        if v is None or isinstance(v, (ConditionsFileConfig, ConditionsModelConfig, ConditionsShuffleConfig)):
            return v
        if isinstance(v, (str, os.PathLike)):
            return ConditionsFileConfig(filepath=Path(v))
        if isinstance(v, tuple):
            return ConditionsShuffleConfig(**_shuffle_and_snapshot(v))
        if isinstance(v, int) and not isinstance(v, bool):
            return ConditionsShuffleConfig(shuffle=v)
        content = v.to_dict() if isinstance(v, DLCBaseConfig) else v
        if not isinstance(content, Mapping):
            raise NotConditions(f"Conditions cannot be made of {type(v).__name__}.",
                                fix="give a shuffle, a shuffle with a snapshot, or a file of poses")  # fmt: skip
        kinds = {"file": ConditionsFileConfig, "model": ConditionsModelConfig, "shuffle": ConditionsShuffleConfig}
        source = content.get("source") or _source_of(content)
        if source not in kinds:
            raise InvalidInput(f"The source of conditions {source!r} is unknown.", fix=f"use one of {', '.join(kinds)}")
        return kinds[source].from_dict(content)  # type: ignore[return-value]


class ConditionsFileConfig(ConditionsConfig):
    """Poses in a file."""

    source: Literal["file"] = "file"
    filepath: FilePath


class ConditionsModelConfig(ConditionsConfig):
    """Poses that a bottom-up model predicts."""

    source: Literal["model"] = "model"
    config_path: FilePath
    snapshot_path: FilePath
    scorer: Text | None = None

    @classmethod
    def from_shuffle(
        cls,
        config: str | Path,
        shuffle: int,
        trainset_index: int = 0,
        modelprefix: str = "",
        snapshot: str | None = None,
        snapshot_index: int | None = None,
    ) -> ConditionsModelConfig:
        """The model of a shuffle; without a snapshot or an index the last one."""
        project = config_of(config)
        fraction, layout = training_fraction(project, trainset_index), Layout.of(project)
        path = Path(project.project_path) / layout.model_config(fraction, shuffle, Engine.PYTORCH, modelprefix)
        if not path.is_file():
            raise Missing(f"Shuffle {shuffle} has no PyTorch model.", where=path, fix="choose another shuffle")
        model = read_config_as_dict(path)
        if str(model.get("method")).lower() != "bu":
            raise InvalidInput(
                f"Shuffle {shuffle} is {model.get('net_type')} with method {model.get('method')}; conditions come from "
                "bottom-up models.", where=path, fix="choose a bottom-up shuffle",
            )  # fmt: skip
        chosen = _snapshot(path.parent, snapshot, snapshot_index)
        scorer = pytorch_scorer(layout.task, layout.date, str(model["net_type"]), shuffle, chosen.uid(), None)
        return cls(config_path=path, snapshot_path=chosen.path, scorer=scorer)

    @classmethod
    def resolve_from_conditions(
        cls,
        conditions: dict[str, Any] | ConditionsShuffleConfig | ConditionsModelConfig,
        config: str | Path | None = None,
    ) -> ConditionsModelConfig:
        """The model that conditions name; a file of poses has none.

        Parameters
        ----------
        config : the project of a shuffle, unless the conditions name one.
        """
        built = ConditionsConfig.build(conditions)
        if isinstance(built, ConditionsModelConfig):
            return built
        if not isinstance(built, ConditionsShuffleConfig):
            raise InvalidInput("These conditions are a file of poses; a model is needed here.",
                               fix="give a shuffle, or a configuration with a snapshot")  # fmt: skip
        project = built.config or config
        if project is None:
            raise InvalidInput("The conditions name a shuffle and no project.", fix="add config: <path of config.yaml>")
        return cls.from_shuffle(project, built.shuffle, built.trainset_index, built.modelprefix, built.snapshot,
                                built.snapshot_index)  # fmt: skip


class ConditionsShuffleConfig(ConditionsConfig):
    """Poses that the model of a shuffle predicts."""

    source: Literal["shuffle"] = "shuffle"
    shuffle: NonNegativeInt
    config: FilePath | None = None
    trainset_index: NonNegativeInt = 0
    modelprefix: Text = ""
    snapshot: Text | None = None
    snapshot_index: WholeNumber | None = None


def conditions_for_new_model(ctd_conditions: Any) -> ConditionsConfig | None:
    """What somebody who makes a new model gives for its conditions, checked; a file has to be there."""
    if isinstance(ctd_conditions, (str, os.PathLike)):
        path = absolute(ctd_conditions)
        if path.suffix not in SUFFIXES[:2]:
            raise InvalidInput(f"ctd_conditions {str(ctd_conditions)!r} is no .h5 or .json file.",
                               fix="give a file of predictions")  # fmt: skip
        if not path.is_file():
            raise Missing("There is no such file of conditions.", where=path, fix="correct ctd_conditions")
        return ConditionsFileConfig(filepath=path)
    return ConditionsConfig.build(ctd_conditions)


def _shuffle_and_snapshot(pair: tuple[Any, ...]) -> dict[str, Any]:
    if len(pair) != 2:
        raise InvalidInput(f"Conditions {pair!r} have {len(pair)} parts.",
                           fix="give a pair: the shuffle, and the name or the index of a snapshot")  # fmt: skip
    shuffle, snapshot = pair
    return {"shuffle": shuffle, "snapshot" if isinstance(snapshot, str) else "snapshot_index": snapshot}


def _source_of(content: Mapping[str, Any]) -> str:
    for key, source in {"filepath": "file", "shuffle": "shuffle", "config_path": "model"}.items():
        if key in content:
            return source
    raise InvalidInput(f"Conditions with {', '.join(map(str, content)) or 'no keys'} say nothing.",
                       fix="give filepath, shuffle, or config_path with snapshot_path")  # fmt: skip


def _snapshot(folder: Path, name: str | None, index: int | None) -> Snapshot:
    if name is not None:
        path = folder / (name if name.endswith(".pt") else f"{name}.pt")
        if not path.is_file():
            known = ", ".join(one.path.name for one in list_snapshots(folder)) or "none"
            raise Missing(f"There is no snapshot {path.name}.", where=folder, fix=f"choose one of {known}")
        return Snapshot.from_path(path)
    return choose_snapshot(list_snapshots(folder), -1 if index is None else index, folder=folder)
