"""Which videos of a project are meant, and how their pictures are cropped."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Mapping

from deeplabcut.core.config.validation import parsed_crop
from deeplabcut.core.errors import DeepLabCutError, InvalidInput
from deeplabcut.core.text import printable, same_text
from deeplabcut.generate_training_dataset.label_folders import listed
from deeplabcut.io.video.thumbnails import Crop
from deeplabcut.project.layout import video_name, video_stem
from deeplabcut.project.project import Project, ProjectVideo

logger = logging.getLogger(__name__)

PathLike = str | os.PathLike[str]


class NothingExtracted(DeepLabCutError, RuntimeError):
    """Not one video gave a frame."""

    code = "DLC081"


def videos_of(project: Project) -> list[ProjectVideo]:
    """The videos of a project, each stem once: those that share one share their folder of frames."""
    found: dict[str, ProjectVideo] = {}
    for video in project.videos:
        first = found.setdefault(same_text(video.stem), video)
        if first is not video:
            logger.warning("%s and %s share a folder of frames; only the first is used.",
                           printable(first.key), printable(video.key))  # fmt: skip
    return list(found.values())


def matching(videos: list[ProjectVideo], wanted: PathLike) -> ProjectVideo | None:
    """The video that is meant by a path, a file name or a stem."""
    text = os.fspath(wanted)
    names = {same_text(video_stem(text)), same_text(video_name(text))}
    exact = [video for video in videos if video.key == text]
    alike = [video for video in videos if same_text(video.stem) in names]
    return next(iter(exact + alike), None)


def chosen_videos(project: Project, wanted: PathLike | Iterable[PathLike] | None) -> list[ProjectVideo]:
    """The videos that are meant, in the order of the project; all of them for None."""
    videos = videos_of(project)
    if not videos:
        raise NothingExtracted(
            "The project has no videos.", where=project.config_file, fix="add some with deeplabcut.add_new_videos"
        )
    if wanted is None:
        return videos
    names = [wanted] if isinstance(wanted, (str, os.PathLike)) else list(wanted)
    meant = {os.fspath(name): matching(videos, name) for name in names}
    unknown = [name for name, video in meant.items() if video is None]
    if len(unknown) == len(meant):
        raise InvalidInput(
            f"None of these is a video of the project: {printable(listed(unknown)) or 'an empty list'}.",
            where=project.config_file, fix=f"choose from: {printable(listed([video.stem for video in videos]))}",
        )  # fmt: skip
    if unknown:
        logger.warning("Not videos of the project, and left out: %s.", printable(listed(unknown)))
    keys = {video.key for video in meant.values() if video is not None}
    return [video for video in videos if video.key in keys]


def crop_of(project: Project, video: ProjectVideo) -> Crop:
    """The crop that the configuration has for a video."""
    entry = project.video_sets.get(video.key)
    crop = entry.get("crop") if isinstance(entry, Mapping) else None
    name = printable(video.stem)
    if crop is None:
        raise InvalidInput(f"{name} has no crop.", where=project.config_file,
                           fix="write x1, x2, y1, y2 as its crop in video_sets")  # fmt: skip
    try:
        return parsed_crop(crop)
    except InvalidInput as error:
        raise InvalidInput(f"{name}: {error.message}", where=project.config_file, fix=error.fix) from error
