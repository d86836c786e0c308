"""Work on every folder of labels in turn: what can be done is done, what cannot is reported."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, count
from pathlib import Path

from deeplabcut.core import progress
from deeplabcut.core.errors import DeepLabCutError, Locked, Missing
from deeplabcut.core.files import fsync_folder, storage_error
from deeplabcut.core.history import FOLDER
from deeplabcut.core.scratch import scratch_name
from deeplabcut.core.text import printable
from deeplabcut.project.labels import LabelFolder, all_folders, video_folders
from deeplabcut.project.layout import LABELS
from deeplabcut.project.project import Project, config_of

logger = logging.getLogger(__name__)

DELETED_IMAGES = "deleted-images"


@dataclass(frozen=True)
class LabelsReport:
    """What became of the folders of a project, by name.

    Parameters
    ----------
    what : what happened to the images in ``changed``, for example "rows dropped that have no label".
    changed : names of images, by folder.
    notices : what a person should know besides.
    skipped : folders without anything to work on, and why.
    failed : folders that could not be read or written, and why; they are as they were.
    """

    what: str
    changed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    notices: tuple[str, ...] = ()
    skipped: Mapping[str, str] = field(default_factory=dict)
    failed: Mapping[str, str] = field(default_factory=dict)
    dry_run: bool = False

    @property
    def exit_code(self) -> int:
        """1 if a folder could not be read or written, for scripts."""
        return int(bool(self.failed))

    def lines(self) -> list[str]:
        """The report for a terminal."""
        changed = [f"{name}: {len(images)} {self.what}: {listed(images)}" for name, images in self.changed.items()]
        total = f"{sum(map(len, self.changed.values()))} {self.what}"
        lines = [*changed, *self.notices, *(f"{name}: {why}" for name, why in self.skipped.items())]
        lines += [f"{name} was left as it is: {why}" for name, why in self.failed.items()]
        return list(map(printable, [*lines, f"in all {total}{not_done(self.dry_run)}"]))


@dataclass(frozen=True)
class Outcome:
    """The images of a folder that something is done to."""

    images: tuple[str, ...]
    notices: tuple[str, ...] = ()


def each_folder(
    project: Project,
    what: str,
    look: Callable[[LabelFolder], Outcome],
    work: Callable[[LabelFolder], Outcome],
    dry_run: bool,
) -> LabelsReport:
    """Look at every folder of a video, and work where something is found.

    A folder that cannot be read, or not be written, is reported and the next one follows; a write that fails
    half-way is raised.
    """
    changed: dict[str, tuple[str, ...]] = {}
    notices: list[str] = []
    skipped: dict[str, str] = {}
    failed: dict[str, str] = {}
    for folder in video_folders(project):
        progress.current().check()
        if not folder.path.is_dir():
            skipped[folder.name] = f"there is no such folder in {LABELS}"
            continue
        try:
            outcome = look(folder)
            if outcome.images and not dry_run:
                check_writable(folder.path)
        except Missing as error:
            skipped[folder.name] = reason(error)
            continue
        except (DeepLabCutError, OSError) as error:
            failed[folder.name] = reason(error)
            logger.warning("%s was left as it is: %s", printable(folder.name), printable(failed[folder.name]))
            continue
        if outcome.images and not dry_run:
            try:
                outcome = work(folder)
            except Locked as error:
                failed[folder.name] = reason(error)
                continue
        if outcome.images:
            changed[folder.name] = outcome.images
            notices += outcome.notices
    skipped |= strays(project)
    return LabelsReport(what, changed, tuple(notices), skipped, failed, dry_run)


def put_away(folder: Path, names: Sequence[str]) -> Path:
    """Move images to the history of their folder, under other names where theirs are taken; where they are now."""
    place = folder / FOLDER / DELETED_IMAGES
    try:
        place.mkdir(parents=True, exist_ok=True)
        for name in names:
            path = place / name
            others = (path.with_name(f"{path.stem}-{n}{path.suffix}") for n in count(2))
            os.rename(folder / name, next(one for one in chain([path], others) if not one.exists()))
        fsync_folder(place)
        fsync_folder(folder)
    except OSError as error:
        raise storage_error(error, place, "the images that are put away") from error
    return place


def strays(project: Project) -> dict[str, str]:
    """Folders that are left out because no video of ``video_sets`` leads to them."""
    return {folder.name: "belongs to no video of video_sets" for folder in all_folders(project) if folder.key is None}


def check_writable(folder: str | os.PathLike[str], what: str = "labels") -> None:
    """Raise unless files can be made in ``folder``: labels are refused when they are opened, not when saved."""
    folder = Path(folder)
    trial = scratch_name(folder, "part")
    try:
        trial.touch(exist_ok=False)
        trial.unlink()
    except OSError as error:
        raise storage_error(error, folder, f"{what} into {folder.name}") from error


def project_2d(config: str | Path) -> Project:
    """A 2D project; a 3D one has no labels."""
    project = Project.open(config)
    config_of(project)
    return project


def reason(error: Exception) -> str:
    """An error on one line."""
    if not isinstance(error, DeepLabCutError):
        return str(error)
    return error.message + (f" To mend it: {error.fix}." if error.fix else "")


def listed(names: Sequence[str], shown: int = 12) -> str:
    """The first names, and how many more there are."""
    more = f" and {len(names) - shown} more" if len(names) > shown else ""
    return ", ".join(names[:shown]) + more


def not_done(dry_run: bool) -> str:
    """What a report adds if nothing was done."""
    return " (dry run: nothing was changed)" if dry_run else ""
