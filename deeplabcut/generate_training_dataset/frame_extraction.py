"""`extract_frames`: the frames of each video that are worth labelling, as PNG files in ``labeled-data``."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from deeplabcut._names import GUI_SENTENCE
from deeplabcut.core import progress
from deeplabcut.core.config.project import ProjectConfig
from deeplabcut.core.config.validation import parsed_crop
from deeplabcut.core.errors import Cancelled, DeepLabCutError, InvalidInput, Missing, VideoError
from deeplabcut.core.questions import agreed
from deeplabcut.core.text import printable
from deeplabcut.generate_training_dataset.frame_files import Written, frame_files, writable_folder, write_frames
from deeplabcut.generate_training_dataset.label_folders import listed, project_2d, reason
from deeplabcut.generate_training_dataset.matched_cameras import extract_matched
from deeplabcut.generate_training_dataset.video_choice import (
    NothingExtracted,
    PathLike,
    chosen_videos,
    crop_of,
    matching,
    videos_of,
)
from deeplabcut.io.video.frame_selection import Algorithm, Choice, Wish, choose_frames
from deeplabcut.io.video.reader import Video
from deeplabcut.io.video.thumbnails import Crop, checked_crop
from deeplabcut.project.project import Project, ProjectVideo

logger = logging.getLogger(__name__)

Mode = Literal["automatic", "manual", "match", "list"]
MODES = ("automatic", "manual", "match", "list")
Asked = dict[str, Wish | tuple[int, ...]]


@dataclass(frozen=True)
class Job:
    """What a video is asked for: frames of these numbers, or a choice; ``error`` if it cannot be opened."""

    video: ProjectVideo
    folder: Path
    asked: Wish | tuple[int, ...]
    crop: Crop | None = None
    error: DeepLabCutError | None = None


class Extracted(list[bool]):
    """For each video whether it failed; the same in words, and for scripts, besides."""

    def __init__(self, videos: Sequence[str], errors: Sequence[str | None]) -> None:
        super().__init__(error is not None for error in errors)
        self._videos, self._errors = videos, errors

    @property
    def exit_code(self) -> int:
        """1 if a video failed."""
        return int(any(self))

    def lines(self) -> list[str]:
        """The outcome for a terminal."""
        return [
            f"{printable(name)}: failed: {error}" if error else f"{printable(name)}: done"
            for name, error in zip(self._videos, self._errors, strict=True)
        ]


def extract_frames(
    config: str | Path,
    mode: Mode = "automatic",
    algo: Algorithm = "kmeans",
    crop: bool | Literal["GUI"] = False,
    userfeedback: bool = True,
    cluster_step: int = 1,
    cluster_resizewidth: int = 30,
    cluster_color: bool = False,
    opencv: bool = True,
    slider_width: int = 25,
    config3d: str | Path | None = None,
    extracted_cam: int = 0,
    videos_list: Sequence[str | Path] | None = None,
    *,
    frames: dict[str, list[int]] | list[int] | None = None,
    seed: int | None = None,
) -> list[bool] | None:
    """Extract frames of the project's videos for labelling; for each video whether that failed.

    The frames go to ``labeled-data/<video>/img<number>.png``; frames that are there stay. Damaged frames are never
    taken. How many frames, and from which part of the videos, stands in ``config.yaml``: ``numframes2pick``,
    ``start`` and ``stop``. A video that fails is reported, and the next one follows.

    Parameters
    ----------
    config : path
        The config.yaml of the project, or its folder.
    mode : str
        automatic: frames are chosen by ``algo``. list: the given ``frames``. match: for each frame of one camera
        the same frame of the others (3D). manual: by hand, in the browser GUI.
    algo : str
        kmeans: frames that look different. uniform: frames drawn at random.
    crop : bool or "GUI"
        Cut the frames to the crop of the video in config.yaml; labels are then relative to the crop.
    userfeedback : bool
        Ask before each video, and before adding to frames that are there.
    cluster_step : int
        Look only at every n-th frame (kmeans).
    cluster_resizewidth : int
        Width in pixels of the small pictures that are compared (kmeans).
    cluster_color : bool
        Compare colours, not only brightness (kmeans).
    opencv : bool
        Without effect; there is one way of reading videos.
    slider_width : int
        Without effect.
    config3d : path, optional
        The config.yaml of the 3D project (match).
    extracted_cam : int
        Place of the camera whose frames are there in ``camera_names`` of the 3D project (match).
    videos_list : list of paths, optional
        Only these videos of the project, by path or by name.
    frames : list of int, or dict from video to list of int, optional
        Numbers of the frames to extract (list).
    seed : int, optional
        Makes the choice repeatable.

    Examples
    --------
    >>> deeplabcut.extract_frames("config.yaml", userfeedback=False)  # doctest: +SKIP
    [False, False]
    """
    _check_options(mode, crop, frames, config3d)
    project = project_2d(config)
    if mode == "match" and config3d is not None:
        extract_matched(project, config3d, extracted_cam, crop=bool(crop), ask=userfeedback, videos_list=videos_list)
        return None
    videos = chosen_videos(project, videos_list)
    if frames is None:
        n, start, stop = (project.config[key] for key in ("numframes2pick", "start", "stop"))
        wish = Wish(n, start, stop, algo, cluster_step, cluster_resizewidth, cluster_color)
        asked: Asked = {video.key: wish for video in videos}
    else:
        asked = _listed_frames(frames, videos, project)
    jobs = [_job(project, video, asked[video.key], bool(crop)) for video in videos if video.key in asked]
    wanted = [job for job in jobs if not userfeedback or _is_wanted(job)]
    outcome = Extracted([job.video.stem for job in wanted], [_attempt(job, seed) for job in wanted])
    if outcome and all(outcome):
        raise NothingExtracted("\n  ".join(["No frames were extracted.", *outcome.lines()]), where=project.config_file)
    return outcome


def select_cropping_area(
    config: str | Path,
    videos: Sequence[str | Path] | None = None,
    *,
    crops: dict[str, tuple[int, int, int, int]] | None = None,
) -> ProjectConfig:
    """Set the crops of videos in config.yaml; the new configuration.

    Parameters
    ----------
    config : path
        The config.yaml of the project, or its folder.
    videos : list of paths, optional
        Videos to draw a box for, in the browser GUI.
    crops : dict from video to (x1, x2, y1, y2), optional
        The crops in pixels, by path or name of the video; nothing is drawn then.
    """
    if crops is None:
        raise InvalidInput(f"A box cannot be drawn here. {GUI_SENTENCE}",
                           fix="pass crops={video: (x1, x2, y1, y2)}, or write the crops into config.yaml")  # fmt: skip
    project = project_2d(config)
    known = videos_of(project) if videos is None else chosen_videos(project, videos)
    new: dict[str, str] = {}
    for name, crop in crops.items():
        video = _video_named(name, known, project)
        with _opened(video) as opened:
            new[video.key] = ", ".join(map(str, checked_crop(opened, parsed_crop(crop))))
    for section in ("video_sets", "video_sets_original"):
        sets = project.config.get(section)
        if isinstance(sets, Mapping) and sets:
            project.config[section] = {
                key: {**entry, "crop": new[key]} if key in new else entry for key, entry in sets.items()
            }
    project.save()
    return project.config  # type: ignore[return-value]


def _check_options(mode: str, crop: object, frames: object, config3d: object) -> None:
    """Everything about the arguments that can be told without looking at a file."""
    if mode not in MODES:
        raise InvalidInput(f"Unknown mode {mode!r}.", fix=f"use one of: {', '.join(MODES)}")
    if mode == "manual" and frames is None:
        raise InvalidInput(f"Frames cannot be chosen by hand here. {GUI_SENTENCE}",
                           fix='use mode="automatic", or mode="list" with the numbers of the frames')  # fmt: skip
    if crop == "GUI":
        raise InvalidInput(f"A box cannot be drawn here. {GUI_SENTENCE}",
                           fix="write the crops into config.yaml and pass crop=True")  # fmt: skip
    if not isinstance(crop, bool):
        raise InvalidInput(f'crop is True, False or "GUI", not {crop!r}.')
    if mode == "list" and frames is None:
        raise InvalidInput('mode="list" needs the numbers of the frames.', fix="pass frames=[...]")
    if mode in ("automatic", "match") and frames is not None:
        raise InvalidInput(f'frames cannot be given with mode="{mode}".', fix='use mode="list"')
    if mode == "match" and config3d is None:
        raise InvalidInput('mode="match" needs the 3D project of the cameras.', fix="pass config3d=...")


def _listed_frames(
    frames: Mapping[str, Sequence[int]] | Sequence[int], videos: list[ProjectVideo], project: Project
) -> Asked:
    """The numbers that were listed for each video: one list for all, or a list for each that is named."""
    if not isinstance(frames, Mapping):
        return {video.key: tuple(map(int, frames)) for video in videos}
    return {_video_named(name, videos, project).key: tuple(map(int, some)) for name, some in frames.items()}


def _video_named(name: PathLike, videos: list[ProjectVideo], project: Project) -> ProjectVideo:
    video = matching(videos, name)
    if video is None:
        raise InvalidInput(
            f"{printable(os.fspath(name))} is not one of the videos.", where=project.config_file,
            fix=f"choose from: {printable(listed([video.stem for video in videos]))}",
        )  # fmt: skip
    return video


@contextmanager
def _opened(video: ProjectVideo) -> Iterator[Video]:
    if video.path is None:
        raise Missing(f"The video cannot be found: {video.reason}.", where=video.key,
                      fix="put it into the videos folder, or correct its path (dlc project check --remap)")  # fmt: skip
    with Video(video.path, tick=progress.current().check) as opened:
        yield opened


def _job(project: Project, video: ProjectVideo, asked: Wish | tuple[int, ...], is_cropped: bool) -> Job:
    """The job, if what is asked for is there; a video that cannot be opened is noted as an error of its own."""
    crop = crop_of(project, video) if is_cropped else None
    try:
        with _opened(video) as opened:
            x1, x2, _, _ = checked_crop(opened, crop)
            n_frames = opened.n_frames
    except (VideoError, Missing) as error:
        return Job(video, project.path, asked, crop, error)
    name = printable(video.stem)
    if isinstance(asked, tuple):
        outside = [number for number in asked if not 0 <= number < n_frames]
        if outside or not asked:
            raise InvalidInput(
                f"{name}: there is no frame {outside[0]}." if outside else f"{name}: the list of frames is empty.",
                where=video.path, fix=f"give numbers from 0 to {n_frames - 1}",
            )  # fmt: skip
    elif asked.algorithm == "kmeans" and asked.width > x2 - x1:
        raise InvalidInput(
            f"{name}: pictures of {x2 - x1} pixels cannot be shrunk to a width of {asked.width}.",
            where=video.path, fix=f"choose a cluster_resizewidth of at most {x2 - x1}",
        )  # fmt: skip
    return Job(video, project.labels_folder(video.key), asked, crop)


def _is_wanted(job: Job) -> bool:
    """Whether the person wants frames of this video, also in addition to those that are there."""
    if job.error is not None:
        return True
    if not agreed(f"Extract frames of {job.video.stem}?"):
        return False
    n_there = len(frame_files(job.folder))
    return n_there == 0 or agreed(f"{job.video.stem} has {n_there} frames already. Add more?")


def _attempt(job: Job, seed: int | None) -> str | None:
    """Do a job; what went wrong, if something did."""
    name = printable(job.video.stem)
    try:
        if job.error is not None:
            raise job.error
        with writable_folder(job.folder), _opened(job.video) as video:
            choice = _choice(video, job, seed)
            written = write_frames(video, job.folder, choice.frames.tolist(), job.crop)
            _report(job, choice, written)
    except Cancelled:
        raise
    except (DeepLabCutError, OSError) as error:
        logger.warning("No frames of %s: %s", name, printable(reason(error)))
        return reason(error)
    progress.current().message(f"{name}: {len(written.new)} new frames in {printable(str(job.folder))}")
    return None


def _choice(video: Video, job: Job, seed: int | None) -> Choice:
    if isinstance(job.asked, tuple):
        numbers = np.unique(np.asarray(job.asked, np.int64))
        return Choice(numbers, len(numbers))
    return choose_frames(video, job.asked, np.random.default_rng(seed), crop=job.crop)


def _report(job: Job, choice: Choice, written: Written) -> None:
    """Say why there are fewer frames than asked for; none at all is an error."""
    damaged = {**choice.damaged, **written.damaged}
    asked = len(choice.frames) if isinstance(job.asked, tuple) else job.asked.n
    why = []
    if choice.n_candidates < asked:
        why.append(f"only {choice.n_candidates} between start and stop to choose from")
    if damaged:
        why.append(f"{len(damaged)} damaged and passed over ({listed([str(n) for n in sorted(damaged)])})")
    if written.there:
        why.append(f"{len(written.there)} extracted before")
    if not written.new and not written.there:
        raise VideoError(f"No frame can be extracted ({'; '.join(why)}).", where=job.video.path,
                         fix="check start and stop in config.yaml, and the video with: dlc video check")  # fmt: skip
    if why:
        logger.warning("%s: %d of %d frames extracted: %s.",
                       printable(job.video.stem), len(written.new), asked, "; ".join(why))  # fmt: skip
