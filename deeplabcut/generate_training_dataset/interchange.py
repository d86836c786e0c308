"""Labels brought in from other programs, and given to them: COCO keypoints, SLEAP, Lightning Pose.

What one side says and the other cannot hold is listed in the report; everything else comes back as it went.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from deeplabcut.core.config import ProjectConfig
from deeplabcut.core.text import printable
from deeplabcut.generate_training_dataset.interchange_export import labels_of_project
from deeplabcut.generate_training_dataset.interchange_import import Format, PathLike, bring_in, planned, read_foreign
from deeplabcut.generate_training_dataset.interchange_output import output_of, write_out
from deeplabcut.io.foreign import Loss, together
from deeplabcut.project.project import Project, config_of


@dataclass(frozen=True)
class InterchangeReport:
    """What was brought in or given out, and what could not be.

    Parameters
    ----------
    what : "imported" or "exported".
    place : the file or folder on the other side.
    n_pictures, n_animals, n_points : what was carried over; an animal counts once on each picture.
    n_unchanged : pictures that the project has with labels already, the same ones or such as stay.
    files : the files that were written (pictures, labels, config.yaml).
    losses : everything that differs on the two sides; empty if nothing does.
    """

    what: str
    format: Format
    place: Path
    n_pictures: int
    n_animals: int
    n_points: int
    n_unchanged: int = 0
    files: tuple[Path, ...] = ()
    losses: tuple[Loss, ...] = ()
    dry_run: bool = False

    def lines(self) -> list[str]:
        """The report for a terminal."""
        counted = f"{self.n_pictures:,} pictures, {self.n_animals:,} animals, {self.n_points:,} points"
        said = "would be " if self.dry_run else ""
        lines = [f"{counted} {said}{self.what} ({self.format}, {self.place}); {len(self.files):,} files {said}written"]
        if self.n_unchanged:
            lines.append(f"{self.n_unchanged:,} pictures have labels in the project already")
        lines += [f"not kept: {loss}" for loss in self.losses] or ["nothing was lost"]
        return [printable(line) for line in lines]


def import_labels(
    config: PathLike | ProjectConfig,
    source: PathLike,
    *,
    format: Literal["coco", "slp", "lightning"] | None = None,
    overwrite: bool = False,
    images: PathLike | None = None,
    video: PathLike | Sequence[PathLike] | None = None,
    rename: Mapping[str, str] | None = None,
    dry_run: bool = False,
) -> InterchangeReport:
    """Bring labels of COCO, SLEAP or Lightning Pose into a project, with their pictures.

    Everything is checked first, and if anything fails the project is as it was. Each video gets its folder of
    labelled frames and, if it has none, its entry in ``video_sets``; its file need not be there. Pictures are copied
    as ``img<number>.png``, taken out of the file, or read from the video. Labels of pictures that are labelled
    already stay as they are.

    Parameters
    ----------
    config : path
        The config.yaml of the project, or its folder.
    source : path
        A ``.json`` of COCO keypoints, a ``.slp`` or ``.pkg.slp``, a csv of Lightning Pose, or the folder of such a
        data set (with one csv for each view, or with ``annotations`` and ``images``).
    format : str, optional
        "coco", "slp" or "lightning"; by default what the name of the file says.
    overwrite : bool
        Replace the labels of pictures that are labelled already; earlier versions are kept.
    images : path, optional
        The folder of the pictures, if they are not where the file says or beside it.
    video : path or list of paths, optional
        Videos to read frames from, if they are not where the file says.
    rename : dict, optional
        Names of bodyparts in the file and in the project, ``{"nose": "snout"}``; an empty name leaves one out.
    dry_run : bool
        Check everything and report what would be done.
    """
    project, path = Project.open(config), Path(source)
    config_of(project)
    kind, labels, losses = read_foreign(path, format)
    folders, found = planned(kind, path, labels, project, images=images, videos=video, rename=rename or {},
                             overwrite=overwrite)  # fmt: skip
    files = bring_in(folders, project, path, dry_run=dry_run)
    points = [np.isfinite(folder.new.xy).all(axis=-1) for folder in folders]
    unique = [np.isfinite(folder.new.unique_xy).all(axis=-1) for folder in folders]
    return InterchangeReport(
        "imported", kind, path,
        n_pictures=sum(len(folder.new) for folder in folders),
        n_animals=sum(int(one.any(axis=-1).sum()) for one in points),
        n_points=sum(int(one.sum()) for one in (*points, *unique)),
        n_unchanged=sum(len(folder.found) - len(folder.new) for folder in folders),
        files=files, losses=together([*labels.losses, *losses, *found]), dry_run=dry_run,
    )  # fmt: skip


def export_labels(
    config: PathLike | ProjectConfig,
    destination: PathLike,
    *,
    format: Literal["coco", "slp", "lightning"] | None = None,
    copy_images: bool = True,
    views: Sequence[str] | None = None,
    for_spreadsheets: bool = False,
    overwrite: bool = False,
    dry_run: bool = False,
) -> InterchangeReport:
    """Write the labels of a project for COCO, SLEAP or Lightning Pose, with their pictures.

    Coordinates are written as they are, to the last digit. If anything fails, nothing is left behind.

    Parameters
    ----------
    config : path
        The config.yaml of the project, or its folder.
    destination : path
        A ``.json`` (pictures go to ``images`` beside it, or beside its folder ``annotations``), a ``.slp``, a
        ``.pkg.slp`` (with the pictures inside), a ``.csv`` (pictures go to ``labeled-data`` beside it), or a
        folder, which gets ``annotations/train.json`` or ``CollectedData.csv``.
    format : str, optional
        "coco", "slp" or "lightning"; by default what the name of the destination says.
    copy_images : bool
        Copy the pictures; otherwise the file names those of the project (a csv cannot).
    views : list of str, optional
        Lightning Pose: names of views, each a part of the names of its videos; one ``<view>.csv`` for each.
    for_spreadsheets : bool
        Put a ``'`` before names in a csv that a spreadsheet would take for a formula; other programs then read
        these names with it.
    overwrite : bool
        Replace files that are there.
    dry_run : bool
        Check everything and report what would be done.
    """
    project = Project.open(config)
    config_of(project)
    labels = labels_of_project(project)
    output = output_of(
        Path(destination), format, labels, views=views, copy_images=copy_images, for_spreadsheets=for_spreadsheets
    )
    files = write_out(output, overwrite=overwrite, dry_run=dry_run)
    parts = list(output.files.values())
    seen = [np.isfinite(one.points).all(axis=-1) for one in parts]
    return InterchangeReport(
        "exported", output.format, Path(destination),
        n_pictures=sum(len(one.pictures) for one in parts),
        n_animals=sum(int(one.any(axis=-1).sum()) for one in seen),
        n_points=sum(int(one.sum()) for one in seen),
        files=files, losses=together([*(loss for one in parts for loss in one.losses), *output.losses]),
        dry_run=dry_run,
    )  # fmt: skip
