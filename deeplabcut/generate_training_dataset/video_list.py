"""The list of videos in config.yaml and the folders of labeled-data: compared, and made to match."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from deeplabcut.core import progress
from deeplabcut.core.errors import Missing, VideoError
from deeplabcut.core.text import printable, same_text
from deeplabcut.generate_training_dataset.label_folders import not_done, project_2d
from deeplabcut.project.labels import all_folders
from deeplabcut.project.layout import LABELS, VIDEOS, video_stem
from deeplabcut.project.project import Project, is_video


@dataclass(frozen=True)
class VideosAndFolders:
    """Where the videos of ``video_sets`` and the folders of ``labeled-data`` do not match."""

    videos_without_folder: tuple[str, ...]
    folders_without_video: tuple[str, ...]


@dataclass(frozen=True)
class VideoListReport:
    """The entries of ``video_sets`` that were removed and added."""

    removed: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    dry_run: bool = False

    def lines(self) -> list[str]:
        """The report for a terminal."""
        lines = [f"removed from video_sets: {key}" for key in self.removed]
        lines += [f"added to video_sets: {key}" for key in self.added]
        total = f"{len(self.removed)} removed, {len(self.added)} added{not_done(self.dry_run)}"
        return list(map(printable, [*lines, *self.notices, total]))


def comparevideolistsanddatafolders(config: str | Path) -> VideosAndFolders:
    """List videos without a folder in labeled-data, and folders without a video.

    Parameters
    ----------
    config : path
        The config.yaml of the project, or its folder.
    """
    project = project_2d(config)
    lacking = tuple(video.key for video in project.videos if not _has_folder(project, video.key))
    stray = tuple(folder.name for folder in all_folders(project) if folder.key is None)
    say = progress.current().message
    for key in lacking:
        say(f"The video {printable(key)} has no folder in {LABELS}.")
    for name in stray:
        say(f"The folder {LABELS}/{printable(name)} belongs to no video of video_sets.")
    if not lacking and not stray:
        say(f"Every video has its folder in {LABELS}, and every folder its video.")
    return VideosAndFolders(lacking, stray)


def adddatasetstovideolistandviceversa(config: str | Path, dry_run: bool = False) -> VideoListReport:
    """Make video_sets match the folders of labeled-data.

    A video whose folder is missing leaves ``video_sets``. A folder without an entry gets one if its video lies in
    the ``videos`` folder, with the whole picture as its crop. The configuration keeps its earlier versions.

    Parameters
    ----------
    config : path
        The config.yaml of the project, or its folder.
    dry_run : bool
        Only report what would change.
    """
    project = project_2d(config)
    if not (project.path / LABELS).is_dir():
        raise Missing(
            f"There is no folder {LABELS}, so that every video would be removed.",
            where=project.path,
            fix="put the folder back, or make an empty one if the project starts anew",
        )
    names = [name for name in ("video_sets", "video_sets_original") if name == "video_sets" or project.config.get(name)]
    found = [project.find_video(key) for key in _keys(project, names)]
    refused = {video.key: video.reason for video in found if video.state == "refused"}
    removed = tuple(
        key for key in (video.key for video in found) if key not in refused and not _has_folder(project, key)
    )
    notices = [f"The entry {key!r} was left alone: {reason}." for key, reason in refused.items()]
    added: dict[str, dict[str, str]] = {}
    for folder in all_folders(project):
        if folder.key is None:
            entry, said = _entry_of(project, folder.name)
            added |= entry
            notices += said
    if (removed or added) and not dry_run:
        for name in names:
            kept = {key: entry for key, entry in (project.config.get(name) or {}).items() if str(key) not in removed}
            project.config[name] = {**kept, **added}
        project.save()
    return VideoListReport(removed, tuple(added), tuple(notices), dry_run)


def _keys(project: Project, names: Sequence[str]) -> list[str]:
    """The videos of some sections of the configuration, each once."""
    return list(dict.fromkeys(str(key) for name in names for key in project.config.get(name) or {}))


def _has_folder(project: Project, key: str) -> bool:
    return project.find_video(key).state != "refused" and project.labels_folder(key).is_dir()


def _entry_of(project: Project, name: str) -> tuple[dict[str, dict[str, str]], list[str]]:
    """The entry of ``video_sets`` for the folder ``name``, and what is to be said about it."""
    from deeplabcut.io.video.reader import Video  # loads the codecs

    videos = project.path / VIDEOS
    entries = sorted(videos.iterdir()) if videos.is_dir() else []
    found = [path for path in entries if is_video(path) and same_text(video_stem(path.name)) == same_text(name)]
    said: list[str] = []
    for path in found:
        try:
            with Video(path) as video:
                return {path.as_posix(): {"crop": f"0, {video.width}, 0, {video.height}"}}, said
        except VideoError as error:
            said.append(f"{path.name} cannot be opened: {error.message}")
    missing = f"The folder {name} gets no entry, as {VIDEOS} has no video of its name that can be opened."
    return {}, [*said, missing]
