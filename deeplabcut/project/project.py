"""A project on disk: its configuration, its folder, and its videos, wherever they were moved to."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from deeplabcut.core.config.files import ProjectKind, read_config
from deeplabcut.core.config.mistakes import InvalidConfig, Mistake
from deeplabcut.core.config.project import FILE_NAME, ProjectConfig
from deeplabcut.core.config.project_3d import Project3DConfig, is_3d
from deeplabcut.core.config.storage import absolute
from deeplabcut.core.errors import InvalidInput, Missing
from deeplabcut.project.layout import LABELS, VIDEOS, Layout, same_text, video_name, video_stem
from deeplabcut.project.operations import finish_interrupted

VIDEO_SUFFIXES = frozenset(
    [".avi", ".mp4", ".mov", ".mpeg", ".mpg", ".mpv", ".mkv", ".flv", ".qt", ".yuv", ".wmv", ".webm", ".m4v", ".ts"]
)
State = Literal["listed", "moved", "missing", "refused"]


@dataclass(frozen=True)
class ProjectVideo:
    """A video of ``video_sets``.

    ``state`` is "listed" (the file is where the key says), "moved" (a file of its name lies in the project's
    ``videos`` folder), "missing", or "refused" (the key is not the path of a file, or leads out of the project
    in a way that is not followed); ``path`` is None for the last two.
    """

    key: str
    stem: str
    path: Path | None
    state: State
    reason: str = ""


@dataclass
class Project:
    """Use `Project.open`. Nothing on disk changes until `save`."""

    config: ProjectKind
    path: Path

    @classmethod
    def open(cls, source: str | os.PathLike[str] | ProjectKind | Mapping[str, Any] | Project) -> Project:
        """The project at a folder or a config.yaml, or of a configuration (a config or a dict) that was read before."""
        if isinstance(source, Project):
            return source
        if isinstance(source, (ProjectConfig, Project3DConfig)):
            finish_interrupted(absolute(source.project_path))
            return cls(source, absolute(source.project_path))
        if isinstance(source, Mapping):
            return cls.open((Project3DConfig if is_3d(source) else ProjectConfig).from_dict(source))
        if not isinstance(source, (str, os.PathLike)):
            raise InvalidInput(f"A project is a folder, a config.yaml or a config, not {type(source).__name__}.")
        path = absolute(source)
        if path.is_dir() and not (path / FILE_NAME).is_file():
            raise Missing(f"There is no {FILE_NAME} in this folder.", where=path, fix="give the folder of a project")
        finish_interrupted(path if path.is_dir() else path.parent)
        config = read_config(path)
        return cls(config, Path(config.project_path))

    @property
    def config_file(self) -> Path:
        """The file of the configuration."""
        return self.path / FILE_NAME

    @property
    def layout(self) -> Layout:
        """The names of files and folders, relative to the project."""
        return Layout.of(self.config)

    @property
    def is_3d(self) -> bool:
        """Whether this is a 3D project."""
        return isinstance(self.config, Project3DConfig)

    @property
    def video_sets(self) -> Mapping[str, Any]:
        """The videos with their crops; those of before images were cropped, where the project has such."""
        sets = self.config.get("video_sets_original") or self.config.get("video_sets") or {}
        return sets if isinstance(sets, Mapping) else {}

    @property
    def videos(self) -> list[ProjectVideo]:
        """Every video of the configuration, and where it is."""
        return [self.find_video(str(key)) for key in self.video_sets]

    @cached_property
    def _in_videos_folder(self) -> dict[str, Path]:
        try:
            entries = sorted((self.path / VIDEOS).iterdir())
        except OSError:
            return {}
        return {same_text(entry.name): entry for entry in entries}

    def find_video(self, key: str) -> ProjectVideo:
        """Where the video is that ``video_sets`` calls ``key``: there, or under its name in ``videos``."""
        stem, name = video_stem(key), same_text(video_name(key))
        refused = self._refusal(key)
        if refused is None and is_here(key):
            exact = self.path / key
            if is_file(exact):
                return ProjectVideo(key, stem, exact, "listed")
        elsewhere = self._in_videos_folder.get(name)
        if elsewhere is None and "." not in name:
            twins = [p for n, p in self._in_videos_folder.items() if video_stem(n) == name and is_video(p)]
            elsewhere = twins[0] if len(twins) == 1 else None
        if elsewhere is not None and stem not in ("", ".", "..") and is_file(elsewhere):
            return ProjectVideo(key, stem, elsewhere, "moved")
        if refused:
            return ProjectVideo(key, stem, None, "refused", refused)
        reason = "no such file, and none of this name in the videos folder"
        if elsewhere is not None and elsewhere.is_symlink():
            reason = f"the link in the videos folder points to {elsewhere.readlink()}, which does not exist"
        return ProjectVideo(key, stem, None, "missing", reason)

    def labels_folder(self, video: str | os.PathLike[str]) -> Path:
        """The folder of the labelled frames of ``video``; an existing one whose name is spelled in another form."""
        folder = self.path / self.layout.labels_folder(os.fspath(video))
        if folder.exists() or not (self.path / LABELS).is_dir():
            return folder
        wanted = same_text(folder.name)
        alike = [one for one in (self.path / LABELS).iterdir() if same_text(one.name) == wanted]
        return alike[0] if alike else folder

    def save(self) -> None:
        """Write the configuration: what changed, the folder, and videos that were found in ``videos``."""
        self.config["project_path"] = self.path
        for name in ("video_sets", "video_sets_original"):
            sets = self.config.get(name)
            if isinstance(sets, Mapping) and sets:
                self.config[name] = self._with_keys_of_now(sets)
        self.config.to_yaml(self.config_file)

    def _with_keys_of_now(self, sets: Mapping[str, Any]) -> dict[str, Any]:
        """The entries under the paths where the videos are; two that would fall together keep their keys."""
        now = {str(key): self._key_now(str(key)) for key in sets}
        n_of = Counter(now.values())
        return {now[str(key)] if n_of[now[str(key)]] == 1 else str(key): value for key, value in sets.items()}

    def _key_now(self, key: str) -> str:
        video = self.find_video(key)
        return video.path.as_posix() if video.state == "moved" and video.path is not None else key

    def _refusal(self, key: str) -> str | None:
        """Why ``key`` is not followed, if it is not."""
        if video_stem(key) in ("", ".", "..") or "\0" in key:
            return "this is not the path of a file"
        if is_address(key):
            return "this is an address, not the path of a file"
        if is_share(key) and share_of(key) != share_of(str(self.path)):
            return "this is on another computer, which is not contacted without being asked"
        if not _is_absolute(key) and ".." in re.split(r"[\\/]", key):
            return "this leads out of the project"
        return None


def config_of(source: str | os.PathLike[str] | ProjectKind | Mapping[str, Any] | Project) -> ProjectConfig:
    """The configuration of a 2D project."""
    project = Project.open(source)
    if not isinstance(project.config, ProjectConfig):
        mistake = Mistake(("num_cameras",), project.config.num_cameras, "a 2D project; this one is 3D")
        raise InvalidConfig(FILE_NAME, [mistake], where=project.config_file)
    return project.config


def is_video(path: str | os.PathLike[str]) -> bool:
    """Whether the name is that of a video."""
    return Path(path).suffix.lower() in VIDEO_SUFFIXES


def is_address(key: str) -> bool:
    """Whether ``key`` is an address such as ``file://...``; a drive letter is not one."""
    return re.match(r"[A-Za-z][A-Za-z0-9+.-]+:", key) is not None


def is_share(key: str) -> bool:
    """Whether ``key`` lies on another computer (``\\\\server\\share``)."""
    return key.startswith("\\\\") or (os.name == "nt" and key.startswith("//"))


def share_of(key: str) -> str | None:
    """The computer and share of a network path."""
    parts = re.split(r"[\\/]", key)
    return "/".join(parts[2:4]).lower() if is_share(key) and len(parts) > 3 else None


def is_here(key: str) -> bool:
    """Whether ``key`` is written the way of this system."""
    return os.name == "nt" or not ("\\" in key or re.match(r"[A-Za-z]:", key))


def _is_absolute(key: str) -> bool:
    return key.startswith(("/", "\\")) or re.match(r"[A-Za-z]:[\\/]", key) is not None


def is_file(path: Path) -> bool:
    """Whether there is a file; a path that no system takes, or that cannot be looked at, is none."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False
