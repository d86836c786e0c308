"""The folders of labelled frames of a project, and the names that its labels use."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deeplabcut.core.config.project import ProjectConfig
from deeplabcut.core.poses import BodyPlan
from deeplabcut.core.text import printable, same_text
from deeplabcut.io.annotations import LabelFiles, label_files
from deeplabcut.project.layout import LABELS
from deeplabcut.project.project import Project

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class LabelFolder:
    """A folder of frames and their labels, and the entry of ``video_sets`` it belongs to, if there is one."""

    path: Path
    scorer: str
    key: str | None = None

    @property
    def name(self) -> str:
        """The stem of the video, as the folder spells it."""
        return self.path.name

    @property
    def files(self) -> LabelFiles:
        """The h5 and csv of the project's scorer; they need not exist."""
        return label_files(self.path, self.scorer)

    def images(self) -> list[str]:
        """Names of the frames that are there, sorted; drawings of outliers (``img012labeled.png``) are no frames."""
        names = os.listdir(self.path) if self.path.is_dir() else []
        return sorted(n for n in names if n.lower().endswith(".png") and not n.lower().endswith("labeled.png"))


def body_plan(config: ProjectConfig | Mapping[str, Any]) -> BodyPlan:
    """The names that the labels of a project use."""
    config = config if isinstance(config, ProjectConfig) else ProjectConfig.from_dict(dict(config))
    skeleton = tuple((a, b) for a, b in config.skeleton)
    if not config.multianimalproject:
        return BodyPlan(tuple(config.bodyparts), skeleton=skeleton)
    return BodyPlan(
        tuple(config.multianimalbodyparts), tuple(config.individuals), tuple(config.uniquebodyparts), skeleton
    )


def video_folders(project: Project) -> list[LabelFolder]:
    """The folder of each video of ``video_sets``, in that order and each once; they need not exist."""
    found: dict[str, LabelFolder] = {}
    for video in project.videos:
        if video.state == "refused":
            continue
        folder = project.labels_folder(video.key)
        name = same_text(folder.name)
        if name in found:
            logger.warning("%s and %s share the labels of %s.", printable(found[name].key or ""),
                           printable(video.key), printable(folder.name))  # fmt: skip
            continue
        found[name] = LabelFolder(folder, project.layout.scorer, video.key)
    return list(found.values())


def all_folders(project: Project) -> list[LabelFolder]:
    """Every folder of ``labeled-data``, sorted; pictures made of the labels are left out."""
    root = project.path / LABELS
    keys = {same_text(video.stem): video.key for video in project.videos if video.state != "refused"}
    entries = sorted(entry for entry in root.iterdir() if entry.is_dir()) if root.is_dir() else []
    names = {entry.name for entry in entries}
    return [
        LabelFolder(entry, project.layout.scorer, keys.get(same_text(entry.name)))
        for entry in entries
        if not entry.name.startswith(".") and (same_text(entry.name) in keys or not _is_made_of(entry.name, names))
    ]


def _is_made_of(name: str, names: set[str]) -> bool:
    """Whether the folder holds pictures of labels (``m4s1_labeled``), or the crops of another folder."""
    return name.endswith("_labeled") or (name.endswith("_cropped") and name.removesuffix("_cropped") in names)
