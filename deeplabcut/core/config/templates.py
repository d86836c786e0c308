"""The configurations that new projects start with."""

from __future__ import annotations

import itertools
import os
from collections.abc import Mapping, Sequence
from typing import Any

from ruamel.yaml import YAML

from deeplabcut.core.config import yaml
from deeplabcut.core.config.project import MULTI, ProjectConfig
from deeplabcut.core.config.project_3d import Project3DConfig
from deeplabcut.core.deprecation import deprecated

_PLACEHOLDER = "Enter the path of the config file of the 2D project from this camera here"


def new_project_config(
    project: str,
    experimenter: str,
    date: str,
    project_path: str | os.PathLike[str],
    *,
    video_sets: Mapping[str, Mapping[str, Any]] | None = None,
    multianimal: bool = False,
    individuals: Sequence[str] | None = None,
    engine: str = "pytorch",
) -> ProjectConfig:
    """What ``config.yaml`` of a new 2D project says."""
    is_torch = engine in ("pytorch", "torch")
    kind: dict[str, Any]
    if multianimal:
        kind = {
            "identity": False,
            "bodyparts": MULTI,
            "individuals": list(individuals or ["individual1", "individual2", "individual3"]),
            "multianimalbodyparts": ["bodypart1", "bodypart2", "bodypart3"],
            "skeleton": [["bodypart1", "bodypart2"], ["bodypart2", "bodypart3"], ["bodypart1", "bodypart3"]],
            "default_net_type": "resnet_50" if is_torch else "dlcrnet_ms5",
            "default_augmenter": "albumentations" if is_torch else "multi-animal-imgaug",
            "default_track_method": "ellipse",
        }
    else:
        kind = {
            "bodyparts": ["bodypart1", "bodypart2", "bodypart3", "objectA"],
            "skeleton": [["bodypart1", "bodypart2"], ["objectA", "bodypart3"]],
            "default_augmenter": "default",
        }
    return ProjectConfig(
        Task=project,
        scorer=experimenter,
        date=date,
        multianimalproject=multianimal,
        project_path=os.fspath(project_path),
        engine=engine,
        video_sets={path: dict(entry) for path, entry in (video_sets or {}).items()},
        iteration=0,
        snapshotindex=-1,
        x1=0,
        x2=640,
        y1=277,
        y2=624,
        corner2move2=[50, 50],
        move2corner=True,
        **kind,
    )


def new_3d_project_config(
    project: str, experimenter: str, date: str, project_path: str | os.PathLike[str], *, num_cameras: int = 2
) -> Project3DConfig:
    """What ``config.yaml`` of a new 3D project says."""
    names = [f"camera-{number}" for number in range(1, num_cameras + 1)]
    bodyparts = [f"bodypart{number}" for number in range(1, 6)]
    cameras: dict[str, Any] = {f"config_file_{name}": _PLACEHOLDER for name in names}
    for name in names:
        cameras |= {f"shuffle_{name}": 1, f"trainingsetindex_{name}": 0}
    return Project3DConfig(
        Task=project,
        scorer=experimenter,
        date=date,
        project_path=os.fspath(project_path),
        skeleton=[list(pair) for pair in itertools.pairwise(bodyparts)],
        num_cameras=num_cameras,
        camera_names=names,
        **cameras,
    )


@deprecated(replacement="ProjectConfig", name="create_config_template")
def create_config_template(multianimal: bool = False) -> tuple[Any, YAML]:
    """The keys of a 2D project with defaults and comments, and a writer for them."""
    config = ProjectConfig(multianimalproject=True, bodyparts=MULTI) if multianimal else ProjectConfig()
    return config.to_commented_map(), yaml.styled_yaml()


def create_config_template_3d() -> tuple[Any, YAML]:
    """The keys of a 3D project with defaults and comments, and a writer for them."""
    return new_3d_project_config("", "", "", "").to_commented_map(), yaml.styled_yaml()
