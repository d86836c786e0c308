"""Configurations of networks under the names that scripts use."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from deeplabcut.core.config.project import MULTI
from deeplabcut.core.weight_init import WeightInitialization
from deeplabcut.pose_estimation_pytorch.config.defaults import (
    build_detector_config_defaults as build_detector_config_defaults,
)
from deeplabcut.pose_estimation_pytorch.config.defaults import build_pose_config_defaults as build_pose_config_defaults
from deeplabcut.pose_estimation_pytorch.config.defaults import resolve_net_type_and_task as resolve_net_type_and_task
from deeplabcut.pose_estimation_pytorch.config.enums import NetType
from deeplabcut.pose_estimation_pytorch.config.metadata import AnyProject
from deeplabcut.pose_estimation_pytorch.config.pose import PoseConfig, TestConfig


def make_pytorch_pose_config(
    project_config: AnyProject,
    pose_config_path: str | Path,
    net_type: NetType | str | None = None,
    top_down: bool = False,
    detector_type: str | None = None,
    weight_init: WeightInitialization | None = None,
    save: bool = False,
    ctd_conditions: Any = None,
) -> PoseConfig:
    """The configuration of a network for a project; see `PoseConfig.build`."""
    return PoseConfig.build(
        project_config,
        pose_config_path,
        top_down=top_down,
        net_type=net_type,
        detector_type=detector_type,
        weight_init=weight_init,
        ctd_conditions=ctd_conditions,
        save=save,
    )


def make_pytorch_test_config(
    model_config: PoseConfig | dict[str, Any] | str | Path, test_config_path: str | Path, save: bool = False
) -> TestConfig:
    """The test configuration that belongs to a network; see `TestConfig.build`."""
    return TestConfig.build(model_config, test_config_path=test_config_path, save=save)


def make_basic_project_config(
    dataset_path: Path | str, bodyparts: list[str], max_individuals: int, multi_animal: bool = True
) -> dict[str, Any]:
    """A project for data that has none, such as COCO files: enough of it to make a network."""
    individuals = [f"individual{i:03d}" for i in range(max_individuals)]
    return {
        "project_path": str(dataset_path),
        "multianimalproject": multi_animal,
        "bodyparts": MULTI if multi_animal else list(bodyparts),
        "multianimalbodyparts": list(bodyparts) if multi_animal else [],
        "uniquebodyparts": [],
        "individuals": individuals,
    }
