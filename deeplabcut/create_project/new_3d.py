"""`create_new_project_3d`: folders and configuration of a project that joins several cameras."""

from __future__ import annotations

import datetime
import os
from pathlib import Path

from deeplabcut.core import progress
from deeplabcut.core.config import new_3d_project_config
from deeplabcut.core.errors import InvalidInput
from deeplabcut.core.text import printable
from deeplabcut.create_project.folders import born_whole, date_key, project_folder
from deeplabcut.project.layout import check_name

FOLDERS = ("camera_matrix", "calibration_images", "undistortion", "corners", "removed_calibration_images")


def create_new_project_3d(
    project: str,
    experimenter: str,
    num_cameras: int = 2,
    working_directory: str | os.PathLike[str] | None = None,
) -> Path | None:
    """Make the folder of a 3D project with its ``config.yaml``; the path of the latter.

    An existing project of the same name and day is left as it is, and None returned.

    Parameters
    ----------
    project : str
        Name of the task.
    experimenter : str
        Who calibrates.
    num_cameras : int
        How many cameras see the scene at the same time.
    working_directory : path, optional
        Where the project folder goes; by default where you are.
    """
    project, experimenter = check_name(project, "The project"), check_name(experimenter, "The experimenter")
    if num_cameras < 2:
        raise InvalidInput(f"A 3D project needs at least 2 cameras, not {num_cameras}.")
    day = datetime.date.today()
    folder = project_folder(project, experimenter, day, working_directory, "-3d")
    say = progress.current().message
    if folder.exists():
        say(f"{printable(folder.name)} exists already; nothing was changed.")
        return None
    config = new_3d_project_config(project, experimenter, date_key(day), folder, num_cameras=num_cameras)
    with born_whole(folder) as unborn:
        for name in FOLDERS:
            (unborn / name).mkdir()
        config.to_yaml(unborn / "config.yaml")
    say(f"The project {printable(folder.name)} is ready. Next: put images of a checkerboard into calibration_images.")
    return folder / "config.yaml"
