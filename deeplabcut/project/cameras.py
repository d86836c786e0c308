"""Which files of several cameras belong together: names that differ in nothing but the camera's name."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deeplabcut.core.errors import InvalidInput, Missing
from deeplabcut.core.text import same_text
from deeplabcut.io.video.collect import collect_video_paths
from deeplabcut.project.project import Project

_FOLDERS = ("calibration_images", "corners", "camera_matrix", "undistortion", "removed_calibration_images")


@dataclass(frozen=True)
class Recording:
    """What all cameras saw at the same time: one file for each, in the order of the cameras.

    ``stem`` is the name without the camera, of which the names of 3D results are made.
    """

    stem: str
    files: tuple[Path, ...]


def folders_3d(cfg_3d: Any) -> tuple[str, str, str, str, str]:
    """The folders of a 3D project: calibration images, corners, camera matrices, undistortion, removed images.

    Parameters
    ----------
    cfg_3d : config, dict or path
    """
    has_path = isinstance(cfg_3d, Mapping) and "project_path" in cfg_3d
    project = Path(cfg_3d["project_path"]) if has_path else Project.open(cfg_3d).path
    images, corners, matrices, undistortion, removed = (str(project / name) for name in _FOLDERS)
    return images, corners, matrices, undistortion, removed


def camera_of(name: str, cameras: Sequence[str]) -> str | None:
    """The camera whose name stands in a file name; the longest one, and of equally long ones the last."""
    found = _occurrences(name, cameras)
    best = max(found, key=lambda one: (one[1] - one[0], one[0]), default=None)
    return None if best is None else best[2]


def recordings(files: Iterable[str | os.PathLike[str]], cameras: Sequence[str]) -> list[Recording]:
    """The recordings that every camera has a file of, sorted by name; files without partners are left out."""
    _check_cameras(cameras)
    groups: dict[tuple[Path, tuple[str, ...]], dict[str, Path]] = {}
    for path in sorted(map(Path, files)):
        for parts, camera in _ways_to_cut(path.name, cameras):
            groups.setdefault((path.parent, parts), {}).setdefault(camera, path)
    found: list[Recording] = []
    used: set[Path] = set()
    for (_, parts), members in sorted(groups.items(), key=lambda group: group[0]):
        paths = tuple(members[camera] for camera in cameras if camera in members)
        if len(paths) == len(cameras) and used.isdisjoint(paths):
            used.update(paths)
            found.append(Recording(_joined(parts), paths))
    return found


def file_stem_3d(recording: Recording, scorer_3d: str) -> str:
    """The name, without suffix, of the 3D results of a recording."""
    return "_".join(filter(None, [recording.stem, scorer_3d]))


def camera_recordings(
    folder: str | os.PathLike[str], cameras: Sequence[str], videotype: str | Sequence[str] | None = ""
) -> list[Recording]:
    """The recordings among the videos of a folder.

    Parameters
    ----------
    videotype : str or sequence of str, optional
        Suffixes of videos, with or without the dot; none means every kind of video.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise Missing(f"There is no folder {folder.name!r}.", where=folder, fix="give the folder of the videos")
    suffixes = [one for one in ([videotype] if isinstance(videotype, str) else videotype or ()) if one]
    videos = collect_video_paths(folder, suffixes or None, warn_on_unsupported_ext=False)
    return recordings(videos, cameras)


def get_camerawise_videos(
    path: str | os.PathLike[str], cam_names: Sequence[str], videotype: str | Sequence[str] | None = ""
) -> list[list[str]]:
    """The videos of a folder that belong together, one of each camera, in the order of the cameras.

    Parameters
    ----------
    path : path
        The folder.
    cam_names : sequence of str
        What the names of files differ in.
    videotype : str or sequence of str, optional
        Suffixes of videos; none means every kind of video.
    """
    return [[str(file) for file in one.files] for one in camera_recordings(path, cam_names, videotype)]


def triangulated_and_video_files(
    filepath: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
    videotype: str | Sequence[str] | None,
    scorer_3d: str,
    cam_names: Sequence[str],
    videofolder: str | os.PathLike[str] | None,
) -> list[list[str]]:
    """For each 3D result its h5 file and the videos that it was made from: ``[[h5, video 1, video 2, ...], ...]``.

    Parameters
    ----------
    filepath : path or sequence of paths
        A folder, or h5 files.
    videotype : str or sequence of str, optional
        Suffixes of videos; none means every kind of video.
    scorer_3d : str
        ``scorername_3d`` of the 3D project, which ends the names of 3D results.
    cam_names : sequence of str
        What the names of videos differ in.
    videofolder : path or None
        Where the videos are; None for the folder of each h5 file.
    """
    given = [filepath] if isinstance(filepath, (str, os.PathLike)) else filepath
    found = []
    for h5 in (file for entry in given for file in _results_in(Path(entry), scorer_3d)):
        folder = h5.parent if videofolder is None else Path(videofolder)
        wanted = same_text(h5.stem)
        for one in camera_recordings(folder, cam_names, videotype):
            if same_text(file_stem_3d(one, scorer_3d)) == wanted:
                found.append([str(h5), *map(str, one.files)])
                break
    return found


def _results_in(path: Path, scorer_3d: str) -> list[Path]:
    if path.is_dir():
        return sorted(one for one in path.glob("*.h5") if one.stem.endswith(scorer_3d))
    if not path.is_file():
        raise Missing(f"There is no 3D result or folder {path.name!r}.", where=path)
    return [path] if path.suffix == ".h5" else []


def _ways_to_cut(name: str, cameras: Sequence[str]) -> list[tuple[tuple[str, ...], str]]:
    """Every (texts around a camera, camera) that a file name may be made of: cut at one place, or at all of them."""
    name = same_text(name)
    found = _occurrences(name, cameras)
    ways: list[tuple[tuple[str, ...], str]] = [((name[:start], name[end:]), camera) for start, end, camera in found]
    for camera in {camera for _, _, camera in found}:
        places = [(start, end) for start, end, other in found if other == camera]
        starts, ends = [0, *(end for _, end in places)], [*(start for start, _ in places), len(name)]
        if len(places) > 1 and all(a <= b for a, b in zip(starts, ends, strict=True)):
            ways.append((tuple(name[a:b] for a, b in zip(starts, ends, strict=True)), camera))
    return ways


def _occurrences(name: str, cameras: Sequence[str]) -> list[tuple[int, int, str]]:
    """Where cameras' names stand in a name; not inside a longer camera's name, as camera-1 in camera-10."""
    name = same_text(name)
    found = [
        (match.start(), match.start() + len(same_text(camera)), camera)
        for camera in cameras
        if camera
        for match in re.finditer(f"(?={re.escape(same_text(camera))})", name)
    ]
    return [one for one in found if not any(_is_within(one, other) for other in found)]


def _is_within(one: tuple[int, int, str], other: tuple[int, int, str]) -> bool:
    return other[0] <= one[0] and one[1] <= other[1] and len(other[2]) > len(one[2])


def _joined(parts: Sequence[str]) -> str:
    """The parts of a file name as one stem, less one mark on either side of each cut."""
    *others, last = parts
    texts = [*others, Path(f"_{last}").stem[1:]]
    kept = []
    for i, text in enumerate(texts):
        text = text[1:] if i > 0 and text.startswith(("-", "_")) else text
        kept.append(text[:-1] if i < len(texts) - 1 and text.endswith(("-", "_")) else text)
    return "_".join(filter(None, kept))


def _check_cameras(cameras: Sequence[str]) -> None:
    if isinstance(cameras, str) or len(cameras) < 2 or len({same_text(name) for name in cameras}) < len(cameras):
        raise InvalidInput(
            f"Several cameras, each with a name of its own, are needed, not {cameras!r}.", fix="correct camera_names"
        )
