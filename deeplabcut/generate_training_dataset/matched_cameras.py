"""The same moments from every camera: frames that were extracted for one are extracted for the others."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from deeplabcut.core import progress
from deeplabcut.core.config.project_3d import Project3DConfig
from deeplabcut.core.errors import Cancelled, DeepLabCutError, InvalidInput, Missing
from deeplabcut.core.locks import hold
from deeplabcut.core.questions import agreed
from deeplabcut.core.text import printable, same_text
from deeplabcut.generate_training_dataset.frame_files import (
    frame_files,
    labelled_images,
    writable_folder,
    write_frames,
)
from deeplabcut.generate_training_dataset.label_folders import listed, project_2d, put_away, reason
from deeplabcut.generate_training_dataset.video_choice import (
    NothingExtracted,
    PathLike,
    chosen_videos,
    crop_of,
    videos_of,
)
from deeplabcut.io.video.reader import Video
from deeplabcut.io.video.thumbnails import checked_crop
from deeplabcut.project.project import Project, ProjectVideo

logger = logging.getLogger(__name__)

_WAIT_S = 20.0


@dataclass(frozen=True)
class Match:
    """A video of another camera, its project, and the numbers of the frames that it is to give."""

    project: Project
    video: ProjectVideo
    numbers: tuple[int, ...]

    @property
    def folder(self) -> Path:
        """The folder of its frames."""
        return self.project.labels_folder(self.video.key)


def extract_matched(
    project: Project,
    config3d: PathLike,
    extracted_cam: int,
    *,
    crop: bool,
    ask: bool,
    videos_list: Sequence[PathLike] | None = None,
) -> None:
    """For each frame of one camera the same frame of the others.

    Frames of the other cameras that match none and have no labels are put away, into the ``.history`` of their
    folder; those with labels stay.
    """
    cameras = _cameras(config3d, extracted_cam)
    matches = list(_matches(project, cameras, extracted_cam, videos_list))
    if not matches:
        raise NothingExtracted(
            f"No frames of the camera {cameras.camera_names[extracted_cam]} have a partner in another camera.",
            where=project.config_file,
            fix="extract frames of its videos first; videos of one moment differ only in the name of the camera",
        )
    failures = []
    for match in matches:
        if ask and not _is_wanted(match):
            continue
        try:
            _extract(match, crop)
        except Cancelled:
            raise
        except (DeepLabCutError, OSError) as error:
            logger.warning("No matched frames of %s: %s", printable(match.video.stem), printable(reason(error)))
            failures.append(f"{printable(match.video.stem)}: {reason(error)}")
    if len(failures) == len(matches):
        raise NothingExtracted("No frames were extracted.\n  " + "\n  ".join(failures), where=project.config_file)


def _cameras(config3d: PathLike, extracted_cam: int) -> Project3DConfig:
    config = Project.open(config3d).config
    if not isinstance(config, Project3DConfig):
        raise InvalidInput("This is not a 3D project.", where=config3d, fix="give its config.yaml as config3d")
    if not 0 <= extracted_cam < len(config.camera_names):
        raise InvalidInput(
            f"There is no camera {extracted_cam}.", where=config3d,
            fix=f"give a place from 0 to {len(config.camera_names) - 1} in: {', '.join(config.camera_names)}",
        )  # fmt: skip
    return config


def _matches(
    project: Project, cameras: Project3DConfig, extracted_cam: int, videos_list: Sequence[PathLike] | None
) -> Iterator[Match]:
    """The partners of every video of the camera that has frames."""
    source = cameras.camera_names[extracted_cam]
    for video in chosen_videos(project, videos_list):
        if _camera_in(video.stem, cameras) != source:
            continue
        numbers = tuple(sorted(frame_files(project.labels_folder(video.key))))
        if not numbers:
            logger.warning("%s has no frames to be matched.", printable(video.stem))
            continue
        for camera in cameras.cameras:
            if camera.name != source:
                stem = video.stem.replace(source, camera.name)
                partner = _partner(stem, project, camera.config_file, cameras.project_path)
                if partner is None:
                    logger.warning("%s has no partner %s.", printable(video.stem), printable(stem))
                else:
                    yield Match(*partner, numbers)


def _camera_in(stem: str, cameras: Project3DConfig) -> str | None:
    """The camera whose name is part of a video's; the longest, as camera-1 is a part of camera-12 too."""
    return max((name for name in cameras.camera_names if name in stem), key=len, default=None)


def _partner(stem: str, project: Project, config_file: str | None, folder: Path) -> tuple[Project, ProjectVideo] | None:
    """The video of this name, in the same project or in that of the other camera."""
    for video in videos_of(project):
        if same_text(video.stem) == same_text(stem):
            return project, video
    path = folder / config_file if config_file else None
    if path is None or not path.is_file():
        return None
    other = project_2d(path)
    return next(((other, v) for v in videos_of(other) if same_text(v.stem) == same_text(stem)), None)


def _is_wanted(match: Match) -> bool:
    there = len(frame_files(match.folder))
    beside = f" Of its {there} frames, those that match none and have no labels are put away." if there else ""
    return agreed(f"Extract {len(match.numbers)} matching frames of {match.video.stem}?{beside}")


def _extract(match: Match, is_cropped: bool) -> None:
    if match.video.path is None:
        raise Missing(f"The video cannot be found: {match.video.reason}.", where=match.video.key)
    name = printable(match.video.stem)
    with (
        Video(match.video.path, tick=progress.current().check) as video,
        writable_folder(match.folder),
    ):
        crop = checked_crop(video, crop_of(match.project, match.video)) if is_cropped else None
        numbers = [number for number in match.numbers if number < video.n_frames]
        if not numbers:
            raise InvalidInput(f"It ends at frame {video.n_frames - 1}, before the first of those to be matched.")
        labelled_images(match.folder)  # raises before anything is written if that cannot be known
        written = write_frames(video, match.folder, numbers, crop)
    missing = sorted(set(match.numbers) - set(numbers)) + sorted(written.damaged)
    if missing:
        logger.warning("%s: frames beyond its end, or damaged, have no match: %s.",
                       name, listed([str(number) for number in missing]))  # fmt: skip
    _put_others_away(match)
    progress.current().message(f"{name}: {len(written.new)} new frames in {printable(str(match.folder))}")


def _put_others_away(match: Match) -> None:
    """Put the frames away that match none, unless they have labels by now."""
    name = printable(match.video.stem)
    with hold(match.folder, "putting images away", wait_s=_WAIT_S):
        others = [file for number, file in frame_files(match.folder).items() if number not in match.numbers]
        labelled = labelled_images(match.folder) if others else set()
        kept = [file for file in others if same_text(file) in labelled]
        unlabelled = [file for file in others if file not in kept]
        place = put_away(match.folder, unlabelled) if unlabelled else None
    if kept:
        logger.warning("%s: labelled frames that match none were kept: %s.", name, printable(listed(kept)))
    if place is not None:
        progress.current().message(
            f"{name}: {len(unlabelled)} frames that match none are now in {printable(str(place))}"
        )
