"""What a project refers to and does not have: everything at once, and the way to repair stale video paths."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from deeplabcut.core.config.mistakes import InvalidConfig, printable
from deeplabcut.core.config.project import ProjectConfig
from deeplabcut.core.config.project_3d import Project3DConfig
from deeplabcut.core.config.storage import absolute
from deeplabcut.core.config.validation import parsed_crop
from deeplabcut.core.engine import Engine
from deeplabcut.core.errors import ConfigError, DeepLabCutError, InvalidInput, UnsafeFile
from deeplabcut.project.layout import LABELS, same_text, video_name
from deeplabcut.project.project import Project, is_here

Severity = Literal["error", "warning"]
_IGNORED_FOLDERS = ("_labeled", "_cropped")


@dataclass(frozen=True)
class Issue:
    """Something a project refers to and does not have, or that cannot be used."""

    code: str
    what: str
    where: str
    fix: str
    severity: Severity = "error"

    def __str__(self) -> str:
        what, where, fix = map(printable, (self.what, self.where, self.fix))
        return f"{self.severity} {self.code}: {what}\n    where: {where}\n    fix: {fix}"


@dataclass(frozen=True)
class ProjectReport:
    """The issues of a project, and the video paths that were changed (old -> new)."""

    path: Path
    issues: tuple[Issue, ...] = ()
    remapped: Mapping[str, str] = field(default_factory=dict)

    @property
    def exit_code(self) -> int:
        """1 if something is broken, for scripts."""
        return int(any(issue.severity == "error" for issue in self.issues))

    def lines(self) -> list[str]:
        """The report for a terminal."""
        moved = [f"remapped: {printable(old)} -> {printable(new)}" for old, new in self.remapped.items()]
        issues = [line for issue in self.issues for line in str(issue).splitlines()]
        n_errors = sum(issue.severity == "error" for issue in self.issues)
        total = (
            f"{n_errors} errors, {len(self.issues) - n_errors} warnings" if self.issues else "everything is in place"
        )
        return [*moved, *issues, f"{printable(str(self.path))}: {total}"]


def project_check(config: Path, *, remap: list[str] | None = None) -> ProjectReport:
    """Check a project, its folder or its config.yaml, and list every broken reference.

    Parameters
    ----------
    remap : folders to look for videos in, each as ``old=new`` or just ``new``; paths that are found are saved.
    """
    remapped: dict[str, str] = {}
    try:
        project = Project.open(config)
        for one in remap or []:
            old, separator, new = one.rpartition("=")
            remapped |= remap_videos(project, {old: new} if separator else new)
    except InvalidConfig as error:
        issues = [
            Issue("config-mistake", str(one), error.where or str(config), "correct this line") for one in error.mistakes
        ]
        return ProjectReport(Path(config), tuple(issues))
    except (ConfigError, UnsafeFile) as error:
        issue = Issue("config-unreadable", error.message, error.where or str(config), error.fix or "correct the file")
        return ProjectReport(Path(config), (issue,))
    report = check_project(project)
    return ProjectReport(report.path, report.issues, remapped)


def check_project(project: Project | Path | str) -> ProjectReport:
    """Every broken reference of a project; nothing is changed."""
    project = Project.open(project)
    if isinstance(project.config, Project3DConfig):
        return ProjectReport(project.path, tuple(_cameras(project, project.config)))
    try:
        _ = project.layout
    except InvalidInput as error:  # nothing else can be found under such names
        issue = Issue("name-unusable", error.message, os.fspath(project.config_file), error.fix or "")
        return ProjectReport(project.path, (issue,))
    checks = (_videos(project), _label_folders(project), _stray_folders(project), _models(project, project.config))
    return ProjectReport(project.path, tuple(issue for check in checks for issue in check))


def remap_videos(
    project: Project | Path | str, folders: Mapping[str, str] | str | os.PathLike[str], *, dry_run: bool = False
) -> dict[str, str]:
    """Point the stale paths of ``video_sets`` to where the videos are now; what changes, as old -> new.

    Parameters
    ----------
    folders : old folder -> new folder (what follows the old folder in a path is kept), or one folder in which
        every missing video is looked for by its name.
    dry_run : only tell what would change. Otherwise the file is saved in one go, and its last version kept.
    """
    project = Project.open(project)
    changes: dict[str, str] = {}
    here = {} if isinstance(folders, Mapping) else _files_by_name(absolute(folders))
    for video in project.videos:
        if video.state == "listed":
            continue
        name = same_text(video_name(video.key))
        new = _remapped(video.key, folders) if isinstance(folders, Mapping) else here.get(name)
        if new is not None and new.is_file():
            changes[video.key] = new.as_posix()
    n_of = Counter(changes.values())
    taken = [new for new in changes.values() if n_of[new] > 1 or new in project.video_sets]
    if taken:
        raise InvalidInput(
            f"Two entries of video_sets would become {taken[0]}.", fix="remove one of them from the file"
        )
    if changes and not dry_run:
        for name in ("video_sets", "video_sets_original"):
            sets = project.config.get(name)
            if isinstance(sets, Mapping) and sets:
                project.config[name] = {changes.get(str(key), key): value for key, value in sets.items()}
        project.config.to_yaml(project.config_file)
    return changes


def _files_by_name(folder: Path) -> dict[str, Path]:
    return {same_text(name): folder / name for name in os.listdir(folder)} if folder.is_dir() else {}


def _remapped(key: str, folders: Mapping[str, str]) -> Path | None:
    path = key.replace("\\", "/")
    for old, new in folders.items():
        prefix = str(old).replace("\\", "/").rstrip("/") + "/"
        rest = path[len(prefix) :]
        if same_text(path[: len(prefix)]) == same_text(prefix) and ".." not in rest.split("/"):
            return absolute(new) / rest
    return None


def _videos(project: Project) -> Iterator[Issue]:
    where = str(project.config_file)
    seen: dict[str, str] = {}
    for video in project.videos:
        if video.state == "missing":
            yield Issue("video-missing", f"The video {video.key!r}: {video.reason}.", where,
                        "dlc project check --remap OLD_FOLDER=NEW_FOLDER, or put the video into videos/",
                        "warning")  # fmt: skip
        if video.state == "refused":
            yield Issue("video-refused", f"The video {video.key!r}: {video.reason}.", where,
                        "write the path of a video file, or put the video into videos/")  # fmt: skip
        if video.state == "moved" and is_here(video.key):
            yield Issue("video-moved", f"The video {video.key!r} is now {str(video.path)!r}.", where,
                        "nothing to do; the next save writes the new path", "warning")  # fmt: skip
        stem = same_text(video.stem)
        if stem in seen:
            yield Issue("video-twice", f"{video.key!r} and {seen[stem]!r} share the labels of {video.stem!r}.", where,
                        "rename one of the videos, or remove one entry", "warning")  # fmt: skip
        seen.setdefault(stem, video.key)
    for key, entry in project.video_sets.items():
        crop = entry.get("crop") if isinstance(entry, Mapping) else None
        try:
            if crop is not None:
                parsed_crop(crop)
        except InvalidInput as error:
            yield Issue("crop-invalid", f"The video {key!r}: {error.message}", where, str(error.fix))


def _label_folders(project: Project) -> Iterator[Issue]:
    scorer = project.layout.scorer
    for stem, key in {video.stem: video.key for video in project.videos if video.state != "refused"}.items():
        folder = project.labels_folder(key)
        if not folder.is_dir():
            yield Issue("labels-folder-missing", f"There is no folder for the frames of {stem!r}.", str(folder),
                        "extract frames of this video", "warning")  # fmt: skip
            continue
        table, text = folder / f"CollectedData_{scorer}.h5", folder / f"CollectedData_{scorer}.csv"
        if text.is_file() and not table.is_file():
            yield Issue("labels-h5-missing", f"The labels of {stem!r} have a csv file but no h5 file.", str(table),
                        "deeplabcut.convertcsv2h5(config)", "warning")  # fmt: skip
        if table.is_file() and not text.is_file():
            yield Issue("labels-csv-missing", f"The labels of {stem!r} have an h5 file but no csv file.", str(text),
                        "save the labels once in the labelling tool", "warning")  # fmt: skip
        for file in (table, text):
            if file.is_file() and (file.stat().st_size == 0 or not os.access(file, os.R_OK)):
                yield Issue("labels-unreadable", f"{file.name} is empty or may not be read.", str(file),
                            f"restore it from {folder.name}/.history")  # fmt: skip


def _stray_folders(project: Project) -> Iterator[Issue]:
    folder = project.path / LABELS
    known = {same_text(video.stem) for video in project.videos}
    for entry in sorted(folder.iterdir()) if folder.is_dir() else []:
        ignored = entry.name.startswith(".") or entry.name.endswith(_IGNORED_FOLDERS)
        if entry.is_dir() and not ignored and same_text(entry.name) not in known:
            yield Issue("labels-without-video", f"No video of video_sets belongs to the labels of {entry.name!r}.",
                        str(entry), "add its video to video_sets (a path that does not exist is enough)",
                        "warning")  # fmt: skip


def _models(project: Project, config: ProjectConfig) -> Iterator[Issue]:
    for engine in Engine:
        folder = project.path / engine.model_folder_name / f"iteration-{project.layout.iteration}"
        for shuffle in sorted(folder.glob("*shuffle*")) if folder.is_dir() else []:
            file = shuffle / "train" / engine.pose_cfg_name
            if shuffle.is_dir() and not file.is_file():
                yield Issue("model-config-missing", f"The shuffle {shuffle.name!r} has no training configuration.",
                            str(file), "create the shuffle again with deeplabcut.create_training_dataset")  # fmt: skip


def _cameras(project: Project, config: Project3DConfig) -> Iterator[Issue]:
    where = str(project.config_file)
    for camera in config.cameras:
        key = f"config_file_{camera.name}"
        if not camera.config_file:
            yield Issue("camera-config-absent", f"The camera {camera.name!r} has no {key}.", where,
                        "write the path of the config.yaml of its 2D project")  # fmt: skip
            continue
        path = project.path / camera.config_file
        problem = "does not exist"
        if is_here(camera.config_file) and path.is_file():
            try:
                problem = "" if isinstance(Project.open(path).config, ProjectConfig) else "is that of a 3D project"
            except DeepLabCutError as error:
                problem = f"cannot be read: {error.message}"
        if problem:
            yield Issue("camera-config-missing", f"{key}: {camera.config_file!r} {problem}.", where,
                        "write the path of the config.yaml of a 2D project")  # fmt: skip
