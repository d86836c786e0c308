"""`create_new_project`: folders, videos and configuration of a 2D project, whole or not at all."""

from __future__ import annotations

import contextlib
import datetime
import logging
import os
import warnings
from collections.abc import Sequence
from pathlib import Path

from deeplabcut import _debug
from deeplabcut.core import progress
from deeplabcut.core.config import new_project_config
from deeplabcut.core.deprecation import renamed_parameter
from deeplabcut.core.errors import InvalidInput
from deeplabcut.core.text import printable
from deeplabcut.create_project.folders import born_whole, date_key, project_folder
from deeplabcut.create_project.videos import bring_in, usable_videos
from deeplabcut.project.layout import LABELS, TRAINING_SETS, VIDEOS, check_name, safe_stem

logger = logging.getLogger(__name__)

NOTHING = "nothingcreated"
PathLike = str | os.PathLike[str]


@renamed_parameter(old="videotype", new="video_extensions", since="3.0.0")
def create_new_project(
    project: str,
    experimenter: str,
    videos: PathLike | Sequence[PathLike],
    working_directory: PathLike | None = None,
    copy_videos: bool = False,
    video_extensions: str | Sequence[str] | None = None,
    multianimal: bool = False,
    individuals: list[str] | None = None,
    *,
    in_place: bool = False,
) -> Path | str:
    """Make a project folder with its videos and ``config.yaml``; the path of the latter.

    Everything is checked before anything is made, and the folder appears when it is complete. An existing project
    of the same name and day is left as it is, and its configuration returned. Without any video that can be
    opened nothing is made, and ``"nothingcreated"`` returned. With ``DEBUG`` in the environment an existing project is
    filled up and its configuration written anew; the earlier one is kept.

    Parameters
    ----------
    project : str
        Name of the task.
    experimenter : str
        Who labels; part of the names of label files.
    videos : path or list of paths
        Videos, or folders of videos (one level deep).
    working_directory : path, optional
        Where the project folder goes; by default where you are.
    copy_videos : bool
        Copy the videos instead of linking them.
    video_extensions : str or list of str, optional
        Take only these kinds of videos.
    multianimal : bool
        Whether several animals are to be told apart.
    individuals : list of str, optional
        Names of the animals; individual1, individual2 and individual3 by default.
    in_place : bool
        Leave the videos where they are: neither link nor copy, only entries in config.yaml.

    Examples
    --------
    >>> deeplabcut.create_new_project("reaching", "Ana", ["day1.mp4"])  # doctest: +SKIP
    """
    project, experimenter = check_name(project, "The project"), check_name(experimenter, "The experimenter")
    if lists := [name for name in individuals or [] if "," in name]:
        raise InvalidInput(f"An individual is called {lists[0]!r}.", fix="give the names one by one")
    day = datetime.date.today()
    folder = project_folder(project, experimenter, day, working_directory)
    say = progress.current().message
    again = folder.exists()
    if again and not _debug.DEBUG:
        say(f"{printable(folder.name)} exists already; nothing was changed.")
        return folder / "config.yaml"
    sources = usable_videos(videos, video_extensions)
    if not sources:
        warnings.warn("No video can be opened, so no project was made.", stacklevel=3)
        return NOTHING
    keys = [(s.path if in_place else folder / VIDEOS / s.path.name).as_posix() for s in sources]
    config = new_project_config(
        project,
        experimenter,
        date_key(day),
        folder,
        video_sets={key: {"crop": s.whole_picture} for key, s in zip(keys, sources, strict=True)},
        multianimal=multianimal,
        individuals=individuals,
    )
    with contextlib.nullcontext(folder) if again else born_whole(folder) as place:
        for name in (VIDEOS, LABELS, TRAINING_SETS, "dlc-models"):
            (place / name).mkdir(exist_ok=again)
        for source in sources:
            if not in_place and not os.path.lexists(place / VIDEOS / source.path.name):
                bring_in(source.path, place / VIDEOS, copy=copy_videos)
            (place / LABELS / safe_stem(source.path.name)).mkdir(exist_ok=again)
        config.to_yaml(place / "config.yaml")
    say(f"The project {printable(folder.name)} has {len(sources)} video(s). Next: name its bodyparts in config.yaml.")
    return folder / "config.yaml"
