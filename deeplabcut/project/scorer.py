"""Scorers: the names under which a trained model signs its predictions and its files of results."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from deeplabcut.core.config.files import read_config_as_dict
from deeplabcut.core.config.project import ProjectConfig
from deeplabcut.core.engine import Engine
from deeplabcut.core.errors import ConfigError, InvalidInput, Missing
from deeplabcut.project.layout import Layout, percent
from deeplabcut.project.project import config_of
from deeplabcut.project.shuffle_metadata import AnyConfig, TrainingDatasetMetadata, as_engine, shuffle_not_found
from deeplabcut.project.shuffles import engine_of
from deeplabcut.project.snapshots import (
    DETECTOR,
    POSE,
    choose_snapshot,
    get_snapshots_from_folder,
    list_snapshots,
    single_index,
)

_TOP_DOWN = ("td", "topdown", "top_down")
_WIDTHS = re.compile(r"mobilenet.*_(\d+(?:\.\d+)?)")
_SCALES = re.compile(r"efficientnet.*[-_](b\d+)")
_RESNETS = re.compile(r"resnet_?(\d+)")


def pytorch_scorer(
    task: str, date: str, net_type: str, shuffle: int, snapshot_uid: str, detector_uid: str | None = None
) -> str:
    """The scorer of a PyTorch model: ``DLC_Resnet50_reachNov20shuffle1_snapshot_best-90``."""
    detector = f"detector_{detector_uid}_" if detector_uid is not None else ""
    return f"DLC_{net_name(net_type)}_{task}{date}shuffle{shuffle}_{detector}snapshot_{snapshot_uid}"


def tensorflow_scorer(
    task: str, date: str, net_type: str, shuffle: int, iterations: int | str, *, multi_stage: bool = False
) -> str:
    """The scorer of a TensorFlow model: ``DLC_resnet50_reachNov20shuffle1_50000``."""
    return f"DLC_{tensorflow_net_name(net_type, multi_stage=multi_stage)}_{task}{date}shuffle{shuffle}_{iterations}"


def legacy_scorer(scorer: str) -> str:
    """The scorer as the first versions spelled it: ``DeepCut_resnet50_...``."""
    return scorer.replace("DLC", "DeepCut")


def net_name(net_type: str) -> str:
    """``resnet_50`` as it stands in scorers of PyTorch models: ``Resnet50``; top-down models carry no prefix."""
    return "".join(part.capitalize() for part in net_type.removeprefix("top_down_").split("_"))


def tensorflow_net_name(net_type: str, *, multi_stage: bool = False) -> str:
    """``resnet_50`` as it stands in scorers of TensorFlow models: ``resnet50``, ``mobnet_35``, ``effnet_b0``."""
    if match := _RESNETS.fullmatch(net_type):
        return "dlcrnetms5" if multi_stage else f"resnet{match[1]}"
    if match := _WIDTHS.fullmatch(net_type):
        return f"mobnet_{percent(float(match[1]))}"
    if match := _SCALES.fullmatch(net_type):
        return f"effnet_{match[1]}"
    raise ConfigError(
        f"net_type: {net_type!r} is no TensorFlow network; expected for example resnet_50, "
        "mobilenet_v2_1.0 or efficientnet-b0."
    )


def get_scorer_name(
    cfg: AnyConfig,
    shuffle: int,
    trainFraction: float,  # noqa: N803  a public name
    trainingsiterations: str | int = "unknown",
    modelprefix: str = "",
    engine: Engine | None = None,
    *,
    snapshot_index: int | str | None = None,
    detector_snapshot_index: int | str | None = None,
) -> tuple[str, str]:
    """The scorer of a trained shuffle, and the same as the first versions spelled it.

    Parameters
    ----------
    cfg : path or config
        The project.
    shuffle : int
        The number of the shuffle.
    trainFraction : float
        The fraction of images it was trained on.
    trainingsiterations : int or str
        Iterations of a TensorFlow snapshot; "unknown" takes those of the snapshot chosen.
    modelprefix : str
        The folder of the models inside the project, if they are not in the project itself.
    engine : Engine, optional
        The engine of the shuffle, if it is known.
    snapshot_index : int or str, optional
        The snapshot; by default that of the project's configuration.
    detector_snapshot_index : int or str, optional
        The snapshot of the detector, for top-down models of PyTorch.
    """
    config = config_of(cfg)
    layout = Layout.of(config)
    engine = engine_of(config, trainFraction, shuffle, modelprefix) if engine is None else as_engine(engine)
    file = config.project_path / layout.model_config(trainFraction, shuffle, engine, modelprefix)
    model = _model_config(file, config, trainFraction, shuffle)
    net_type = _net_type(model, file)
    wanted = config.snapshotindex if snapshot_index is None else snapshot_index
    if engine is Engine.TF:
        iterations = _iterations(trainingsiterations, wanted, file.parent)
        try:
            scorer = tensorflow_scorer(
                layout.task, layout.date, net_type, shuffle, iterations, multi_stage=bool(model.get("multi_stage"))
            )
        except ConfigError as error:
            raise ConfigError(error.message, where=file, fix="correct net_type") from error
        return scorer, legacy_scorer(scorer)
    snapshot = choose_snapshot(list_snapshots(file.parent, POSE), wanted, folder=file.parent)
    detector_wanted = config.detector_snapshotindex if detector_snapshot_index is None else detector_snapshot_index
    detector = _detector_uid(model, file.parent, detector_wanted)
    scorer = pytorch_scorer(layout.task, layout.date, net_type, shuffle, snapshot.uid(), detector)
    return scorer, scorer


def get_evaluation_folder(
    trainFraction: float,  # noqa: N803  a public name
    shuffle: int,
    cfg: AnyConfig,
    engine: Engine | None = None,
    modelprefix: str = "",
) -> Path:
    """The folder of a shuffle's evaluation, relative to the project.

    Parameters
    ----------
    trainFraction : float
        The fraction of images it was trained on.
    shuffle : int
        The number of the shuffle.
    cfg : path or config
        The project.
    engine : Engine, optional
        The engine of the shuffle; by default the one that the training set says.
    modelprefix : str
        The folder of the models inside the project, if they are not in the project itself.
    """
    if engine is None:
        engine = engine_of(config_of(cfg), trainFraction, shuffle, modelprefix)
    settings = cfg if isinstance(cfg, Mapping) else config_of(cfg)
    return Layout.of(settings).evaluation_folder(trainFraction, shuffle, as_engine(engine), modelprefix)


def _model_config(file: Path, config: ProjectConfig, train_fraction: float, shuffle: int) -> dict[str, Any]:
    if file.is_file():
        return read_config_as_dict(file)
    known = TrainingDatasetMetadata.load(config)
    if known.find(train_fraction, shuffle) is None:
        raise shuffle_not_found(config, train_fraction, shuffle, known.shuffles)
    raise Missing(
        f"Shuffle {shuffle} has no model configuration {file.name}.",
        where=file.parent,
        fix=f"create the shuffle again with deeplabcut.create_training_dataset(config, Shuffles=[{shuffle}], "
        "userfeedback=False)",
    )


def _net_type(model: Mapping[str, Any], file: Path) -> str:
    net_type = model.get("net_type")
    if not isinstance(net_type, str) or not re.fullmatch(r"[\w.-]+", net_type):
        raise ConfigError(
            f"{file.name}: net_type: {net_type!r} cannot be used; expected the name of a network, such as resnet_50.",
            where=file,
            fix="correct net_type, or create the shuffle again",
        )
    return net_type


def _iterations(given: str | int, index: int | str, train_folder: str | os.PathLike[str]) -> str | int:
    """The iterations of a TensorFlow snapshot: those given, else those of the snapshot at ``index``."""
    if given != "unknown":
        return given
    names = get_snapshots_from_folder(train_folder)
    number = single_index(index)
    if not -len(names) <= number < len(names):
        raise InvalidInput(
            f"There is no snapshot {number}: there are {len(names)}.",
            where=train_folder,
            fix=f"choose one of {', '.join(f'{i}: {name}' for i, name in enumerate(names))}",
        )
    return names[number].split("-")[-1]


def _detector_uid(model: Mapping[str, Any], train_folder: Path, index: int | str) -> str | None:
    """How the scorer of a top-down model calls its detector; None where no detector is trained."""
    method = str(model.get("method") or "bu").replace("-", "_").lower()
    snapshots = list_snapshots(train_folder, DETECTOR) if method in _TOP_DOWN else []
    return choose_snapshot(snapshots, index, folder=train_folder).uid() if snapshots else None
