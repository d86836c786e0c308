"""`load_demo_data`: the labelled projects that come with a source checkout, made ready on this computer."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from deeplabcut.core import progress
from deeplabcut.core.engine import Engine
from deeplabcut.generate_training_dataset.dataset import create_training_dataset
from deeplabcut.project.layout import VIDEOS
from deeplabcut.project.project import Project, config_of, is_video

DEMOS = {"reaching": "reachingvideo1.avi", "openfield": "m4s1.mp4"}
PLACEHOLDER = "WILL BE AUTOMATICALLY UPDATED BY DEMO CODE"


def load_demo_data(
    config: str | os.PathLike[str], createtrainingset: bool = True, engine: Engine = Engine.PYTORCH
) -> None:
    """Make a downloaded demo project ready: its path, its video and, if asked, a training set.

    Parameters
    ----------
    config : path
        The demo project, or its config.yaml.
    createtrainingset : bool
        Create the training set of shuffle 1 as well.
    engine : Engine
        The engine that the training set is for.
    """
    transform_data(Path(config))
    if createtrainingset:
        create_training_dataset(Path(config), num_shuffles=1, engine=engine)


def transform_data(config: Path) -> None:
    """Write the path of a demo project, and of its video, into its config.yaml."""
    project = Project.open(config)
    task = str(config_of(project).Task)
    name = DEMOS.get(task.lower())
    if name is None:
        progress.current().message(f"{task} is not one of the demo projects ({', '.join(DEMOS)}); nothing was changed.")
        return
    video = _video(project.path / VIDEOS, name)
    sets = project.config.get("video_sets") or {}
    if isinstance(sets, Mapping) and PLACEHOLDER in sets and video is not None:
        project.config["video_sets"] = {
            video.as_posix() if key == PLACEHOLDER else key: entry for key, entry in sets.items()
        }
    project.save()
    if video is None:
        progress.current().message(f"There is no {name} in the videos folder; the labels can be used without it.")


def _video(folder: Path, name: str) -> Path | None:
    """The video of the demo: under its name, or the only one that is there."""
    if (folder / name).is_file():
        return folder / name
    there = sorted(path for path in folder.glob("*") if is_video(path)) if folder.is_dir() else []
    return there[0] if len(there) == 1 else None
