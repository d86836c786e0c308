"""`add_new_videos`: videos join a project, all of them or none."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deeplabcut.core import progress
from deeplabcut.core.config.storage import absolute
from deeplabcut.core.config.validation import parsed_crop
from deeplabcut.core.errors import InvalidInput
from deeplabcut.core.locks import hold
from deeplabcut.core.text import printable, same_text
from deeplabcut.create_project.videos import Source, bring_in, usable_videos
from deeplabcut.generate_training_dataset import frame_extraction
from deeplabcut.project.layout import LABELS, VIDEOS, safe_stem
from deeplabcut.project.project import Project, ProjectVideo, config_of

logger = logging.getLogger(__name__)

PathLike = str | os.PathLike[str]
_WAIT_S = 10.0


@dataclass(frozen=True)
class _Addition:
    """A video that joins: its entry, and the entry without a file that it takes the place of."""

    source: Source
    crop: str
    instead_of: str | None = None


def add_new_videos(
    config: PathLike,
    videos: PathLike | Sequence[PathLike],
    copy_videos: bool = False,
    coords: Sequence[Sequence[int]] | None = None,
    extract_frames: bool = False,
    *,
    in_place: bool = False,
) -> None:
    """Add videos to a project.

    Everything is checked before anything changes. A video that is in the project already is left as it is; one whose
    name another video of the project has is refused, because their labels would share a folder.

    Parameters
    ----------
    config : path
        The project, or its config.yaml.
    videos : path or list of paths
        Videos, or folders of videos (one level deep).
    copy_videos : bool
        Copy the videos instead of linking them.
    coords : list of lists, optional
        For each video the part of the picture to use, as x1, x2, y1, y2.
    extract_frames : bool
        Extract frames of these videos at once, without questions.
    in_place : bool
        Leave the videos where they are: neither link nor copy, only the entry in config.yaml.
    """
    given = [videos] if isinstance(videos, (str, os.PathLike)) else list(videos)
    sources = usable_videos(given, None, all_of_them=True)
    crops = _crops(given, sources, coords)
    project = Project.open(config)
    config_of(project)  # raises for a 3D project
    with hold(project.path / "video_sets", "adding videos", wait_s=_WAIT_S):
        project = Project.open(project.config_file)
        additions = _new_ones(project, sources, crops)
        if additions:
            _join(project, additions, copy=copy_videos, in_place=in_place)
    say = progress.current().message
    say(f"{len(additions)} video(s) were added; {len(sources) - len(additions)} had been there before.")
    if extract_frames:
        project = Project.open(project.config_file)
        wanted = [video.key for source in sources if (video := _of_stem(project, source)) is not None]
        frame_extraction.extract_frames(
            project.config_file, mode="automatic", userfeedback=False, videos_list=wanted
        )  # fmt: skip


def _crops(given: list[PathLike], sources: list[Source], coords: Sequence[Sequence[int]] | None) -> dict[Path, str]:
    """The crop of each source; the whole picture unless ``coords`` says otherwise."""
    crops = {source.path: source.whole_picture for source in sources}
    if coords is None:
        return crops
    paths = [absolute(path) for path in given]
    if len(coords) != len(paths) or any(path not in crops for path in paths):
        raise InvalidInput(
            f"There are {len(coords)} crops for {len(paths)} paths.",
            fix="give one list of x1, x2, y1, y2 for each video, and videos instead of folders",
        )
    sizes = {source.path: (source.width, source.height) for source in sources}
    for path, box in zip(paths, coords, strict=True):
        x1, x2, y1, y2 = parsed_crop(list(box))
        width, height = sizes[path]
        if x2 > width or y2 > height:
            raise InvalidInput(
                f"The crop {x1}, {x2}, {y1}, {y2} leaves the picture of {printable(path.name)}, {width} x {height}."
            )
        crops[path] = f"{x1}, {x2}, {y1}, {y2}"
    return crops


def _new_ones(project: Project, sources: list[Source], crops: Mapping[Path, str]) -> list[_Addition]:
    """The sources that the project does not have; raises if one would share its labels with another video."""
    additions = []
    for source in sources:
        known = _of_stem(project, source)
        if known is not None and known.path is not None:
            if not _is_same(known.path, source.path):
                raise InvalidInput(
                    f"The project has another video called {printable(known.stem)}: {known.path}. "
                    f"Its labels and those of {source.path} would share one folder.",
                    where=project.config_file,
                    fix="rename the new video",
                )
            if crops[source.path] != source.whole_picture:
                logger.warning(
                    "%s is in the project already and keeps its crop; deeplabcut's select_cropping_area changes it.",
                    printable(known.stem),
                )
            continue
        additions.append(_Addition(source, crops[source.path], known.key if known else None))
    return additions


def _join(project: Project, additions: list[_Addition], *, copy: bool, in_place: bool) -> None:
    """Bring the videos in, make their folders, write the configuration; undone if it cannot be written."""
    made: list[Path] = []
    try:
        keys = {}
        for one in additions:
            path = one.source.path
            if not in_place:
                target = project.path / VIDEOS / path.name
                if not _is_same(target, path):
                    if os.path.lexists(target) and target.exists():
                        raise InvalidInput(
                            f"There is another file {printable(path.name)} in the videos folder.",
                            where=target,
                            fix="rename the new video, or remove the file if nothing needs it",
                        )
                    target.parent.mkdir(exist_ok=True)
                    target.unlink(missing_ok=True)  # a link to nowhere
                    path = bring_in(path, target.parent, copy=copy)
                    made.append(path)
                path = target
            folder = project.labels_folder(path.name)
            if not folder.is_dir():
                (project.path / LABELS).mkdir(exist_ok=True)
                folder.mkdir()
                made.append(folder)
            keys[path.as_posix()] = one
        for name in ("video_sets", "video_sets_original"):
            sets = project.config.get(name)
            if name == "video_sets" or isinstance(sets, Mapping):
                project.config[name] = _with_entries(sets or {}, keys)
        project.save()
    except BaseException:
        for path in reversed(made):
            path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink(missing_ok=True)
        raise


def _with_entries(sets: Mapping[str, Any], keys: Mapping[str, _Addition]) -> dict[str, Any]:
    gone = {one.instead_of for one in keys.values()}
    kept = {str(key): entry for key, entry in sets.items() if str(key) not in gone}
    return kept | {key: {"crop": one.crop} for key, one in keys.items()}


def _of_stem(project: Project, source: Source) -> ProjectVideo | None:
    stem = same_text(safe_stem(source.path.name))
    return next((video for video in project.videos if same_text(video.stem) == stem), None)


def _is_same(one: Path, other: Path) -> bool:
    """Whether both paths lead to one file, also through links; a copy of the same size and time counts as the same."""
    try:
        if one.samefile(other):
            return True
        a, b = one.stat(), other.stat()
    except OSError:
        return False
    is_copy = a.st_size == b.st_size and int(a.st_mtime) == int(b.st_mtime)
    return is_copy and same_text(one.name) == same_text(other.name)
