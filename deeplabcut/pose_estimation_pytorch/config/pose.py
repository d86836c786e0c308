"""``pytorch_config.yaml``: a network with everything that its training and its use depend on."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BeforeValidator, Field

from deeplabcut.core.config import yaml
from deeplabcut.core.config.base import DLCBaseConfig
from deeplabcut.core.config.mistakes import AliasConflict, Mistake, expected, note
from deeplabcut.core.config.updates import set_by_dotpath
from deeplabcut.core.config.validation import Fraction, NonNegativeInt, Text, TruthValue, UniqueStrList
from deeplabcut.core.config.versioned import DLCVersionedConfig
from deeplabcut.core.errors import InvalidInput
from deeplabcut.core.weight_init import WeightInitialization
from deeplabcut.pose_estimation_pytorch.config import defaults
from deeplabcut.pose_estimation_pytorch.config.data import DataConfig, DetectorDataConfig
from deeplabcut.pose_estimation_pytorch.config.enums import DatasetType, DetectorType, MethodType, NetType, UnknownNet
from deeplabcut.pose_estimation_pytorch.config.inference import InferenceConfig
from deeplabcut.pose_estimation_pytorch.config.logger import CSVLoggerConfig, WandbLoggerConfig
from deeplabcut.pose_estimation_pytorch.config.metadata import AnyProject, PoseMetadata, is_multi, project_of
from deeplabcut.pose_estimation_pytorch.config.model import DetectorModelConfig, ModelConfig
from deeplabcut.pose_estimation_pytorch.config.paf_parameters import PAFParameters
from deeplabcut.pose_estimation_pytorch.config.recipes import detector_recipe, needs_limbs, recipes
from deeplabcut.pose_estimation_pytorch.config.runner import Device, RunnerConfig
from deeplabcut.pose_estimation_pytorch.config.shorthand import long_form
from deeplabcut.pose_estimation_pytorch.config.training import TrainSettingsConfig

if TYPE_CHECKING:
    from typing_extensions import Self

FILE_NAME = "pytorch_config.yaml"
FILE_NAMES = (FILE_NAME, "pytorch_cfg.yaml")
"""The names that a configuration may have in a folder; guides use the second one."""


class DetectorConfig(DLCBaseConfig):
    """The detector of a top-down network."""

    model: DetectorModelConfig
    device: Device = "auto"
    data: DetectorDataConfig | None = None
    runner: RunnerConfig | None = None
    train_settings: TrainSettingsConfig | None = None
    inference: InferenceConfig = Field(default_factory=InferenceConfig)
    resume_training_from: Text | None = None

    @classmethod
    def build(cls, num_individuals: int, detector_type: DetectorType | str | None = None) -> Self:
        """A detector with its defaults, ``ssdlite`` if no other is named."""
        return cls.from_dict(detector_recipe(detector_type or DetectorType.SSDLITE))


def _net_type(value: Any) -> Any:
    if isinstance(value, NetType):
        return value
    try:
        return NetType.from_alias(value)[0] if isinstance(value, str) else NetType.from_alias("")[0]
    except UnknownNet as error:
        raise expected(error.fix.removeprefix("use ") if error.fix else "the name of a network") from None


def _method(value: Any) -> Any:
    name = value.strip().lower() if isinstance(value, str) else value
    if name not in list(MethodType):
        raise expected(", ".join(f"{str(one)!r}" for one in MethodType))
    return MethodType(name)


def _logger_kind(value: Any) -> Any:
    if value is None or isinstance(value, (CSVLoggerConfig, WandbLoggerConfig)):
        return value
    if not isinstance(value, Mapping) or value.get("type") not in _LOGGERS:
        raise expected(f"nothing, or keys with the type {' or '.join(_LOGGERS)}")
    return value


_LOGGERS = {"CSVLogger": CSVLoggerConfig, "WandbLogger": WandbLoggerConfig}
Logger = Annotated[CSVLoggerConfig | WandbLoggerConfig, Field(discriminator="type")]


class PoseConfig(DLCVersionedConfig):
    """The content of ``pytorch_config.yaml``. Keys of a file that are not listed here are kept."""

    model: ModelConfig = Field(default_factory=ModelConfig)
    net_type: Annotated[NetType, BeforeValidator(_net_type)] = NetType.RESNET_50
    method: Annotated[MethodType, BeforeValidator(_method)] = MethodType.BOTTOM_UP
    device: Device = "auto"
    metadata: PoseMetadata
    data: DataConfig = Field(default_factory=DataConfig)
    runner: RunnerConfig = Field(default_factory=lambda: RunnerConfig.from_dict(recipes("base")["runner"]))
    train_settings: TrainSettingsConfig = Field(default_factory=TrainSettingsConfig)
    inference: InferenceConfig = Field(default_factory=InferenceConfig)
    logger: Annotated[Logger | None, BeforeValidator(_logger_kind)] = None
    with_center_keypoints: TruthValue = False
    detector: DetectorConfig | None = None
    resume_training_from: Text | None = None

    # ----- reading

    @classmethod
    def from_yaml(cls, yaml_path: str | os.PathLike[str]) -> Self:
        """Read a file, or the configuration in a folder; nothing is written."""
        return super().from_yaml(config_file(yaml_path))

    @classmethod
    def prepared(cls, content: dict[str, Any], document: yaml.Document | None) -> dict[str, Any]:
        """The content in the present form: short forms written out, and what is not there as it always was."""
        try:
            content = long_form(super().prepared(content, document))
        except AliasConflict as error:
            if document is None:
                raise
            located = [Mistake(one.keys, one.value, one.expected, document.line(*one.keys)) for one in error.mistakes]
            raise AliasConflict(document.name, located, where=document.path) from error
        return {key: value for key, value in content.items() if value is not None or key not in _SECTIONS}

    def contradicting(self) -> Iterable[Mistake]:
        """A detector belongs to top-down networks."""
        if self.detector is not None and self.method is not MethodType.TOP_DOWN:
            note(f"detector: a network with method {self.method} does not use it.")
        return ()

    # ----- changing

    def updated(self, updates: Mapping[str, Any]) -> Self:
        """A copy with values at paths with dots, such as ``{"train_settings.epochs": 10}``; all of them, or none.

        Settings of a detector are left out where there is none, so that the same updates fit several networks.
        """
        known = {key: value for key, value in updates.items() if self.detector or not _of_detector(key)}
        if len(known) < len(updates):
            note("There is no detector: settings that begin with 'detector.' are left out.")
        return type(self).from_dict(set_by_dotpath(self.to_dict(), known))

    # ----- building

    @classmethod
    def build(
        cls,
        project_config: AnyProject,
        pose_config_path: str | Path,
        *,
        top_down: bool,
        multi_animal: bool | None = None,
        net_type: NetType | str | None = None,
        detector_type: DetectorType | str | None = None,
        weight_init: WeightInitialization | dict[str, Any] | Path | str | None = None,
        ctd_conditions: Any = None,
        save: bool = False,
        limbs: Mapping[str, Any] | None = None,
    ) -> Self:
        """The configuration of a network for a project.

        Parameters
        ----------
        pose_config_path : where the file belongs; a folder stands for ``pytorch_config.yaml`` in it.
        top_down : backbones work top-down, with a detector.
        multi_animal : by default what the project is.
        net_type : by default that of the project.
        detector_type : of top-down networks, ``ssdlite`` by default.
        ctd_conditions : of conditional top-down networks: a shuffle, a shuffle and a snapshot, or a file of poses.
        save : write the file.
        limbs : arguments of `PAFParameters.build`.
        """
        project = project_of(project_config)
        multi = is_multi(project) if multi_animal is None else multi_animal
        net, task = defaults.resolve_net_type_and_task(net_type, default=project.default_net_type, top_down=top_down)
        path = new_config_file(pose_config_path)
        method = task.aliases[0].lower()
        paf = None
        if needs_limbs(net, method=method, multi_animal=multi) and multi:
            paf = PAFParameters.build(project, **dict(limbs or {}))
        content = defaults.build_pose_config_defaults(
            net,
            PoseMetadata.build(project, pose_config_path=path),
            task=task,
            multi_animal=multi,
            paf_parameters=paf,
            weight_init=None if weight_init is None else WeightInitialization.from_any(weight_init),
            detector_config=DetectorConfig.build(1, detector_type) if method == "td" else None,
            ctd_conditions=ctd_conditions,
        )
        config = cls.from_dict(content)
        if save:
            config.to_yaml(path)
        return config


_SECTIONS = frozenset(["data", "runner", "train_settings", "inference", "model"])


class TestConfig(DLCBaseConfig):
    """``test/pose_cfg.yaml``: what the tables of results are made from."""

    __test__ = False  # no test, in spite of its name

    dataset: Path = Path()
    num_joints: NonNegativeInt = 0
    all_joints: list[list[NonNegativeInt]] = Field(default_factory=list)
    all_joints_names: UniqueStrList = Field(default_factory=list)
    net_type: Annotated[NetType, BeforeValidator(_net_type)] = NetType.RESNET_50
    dataset_type: DatasetType = DatasetType.MULTIANIMAL_IMGAUG
    global_scale: Fraction = 1.0
    scoremap_dir: Path = Path()

    @classmethod
    def is_known_extra(cls, key: str) -> bool:
        """Pruning adds the limbs that are worth keeping."""
        return key == "paf_best"

    @classmethod
    def build(
        cls,
        pose_config: PoseConfig | dict[str, Any] | Path | str,
        *,
        dataset_type: DatasetType = DatasetType.MULTIANIMAL_IMGAUG,
        scoremap_dir: Path | str = "test",
        test_config_path: Path | str | None = None,
        global_scale: float = 1.0,
        save: bool = False,
    ) -> Self:
        """The test configuration that belongs to a network."""
        pose = PoseConfig.from_any(pose_config)
        names = [*pose.metadata.bodyparts, *pose.metadata.unique_bodyparts]
        config = cls(
            dataset=pose.metadata.project_path or Path(),
            num_joints=len(names),
            all_joints=[[joint] for joint in range(len(names))],
            all_joints_names=names,
            net_type=pose.net_type,
            dataset_type=dataset_type,
            global_scale=global_scale,
            scoremap_dir=Path(scoremap_dir),
        )
        if save:
            if test_config_path is None:
                raise InvalidInput("The test configuration cannot be saved.", fix="pass test_config_path")
            config.to_yaml(test_config_path)
        return config


def config_file(path: str | os.PathLike[str]) -> Path:
    """The configuration that a path names: itself, or the one in a folder."""
    path = Path(path)
    if path.is_dir():
        there = [path / folder / name for folder in ("", "train") for name in FILE_NAMES]
        return next((one for one in there if one.is_file()), path / FILE_NAME)
    return path


def new_config_file(path: str | os.PathLike[str]) -> Path:
    """Where a new configuration is written: the path, or ``pytorch_config.yaml`` in a folder."""
    path = Path(path)
    return path / FILE_NAME if path.is_dir() or path.suffix.lower() not in (".yaml", ".yml") else path


def _of_detector(key: str) -> bool:
    return key.startswith("detector.")
