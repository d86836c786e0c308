"""Folders of labels put in order: rows without image, rows without label, repeated rows, images without row.

Everything here reports what it changed and does nothing but report with ``dry_run``. Tables of labels keep their
earlier versions, images go to the ``.history`` of their folder. A folder that cannot be read, or not be written, is
named in the report and left as it is; the others follow.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from deeplabcut.core import progress
from deeplabcut.core.errors import DamagedFile, DeepLabCutError, InvalidInput, Missing
from deeplabcut.core.history import FOLDER
from deeplabcut.core.locks import hold
from deeplabcut.core.poses import Array, ImageKey
from deeplabcut.core.text import printable, same_text
from deeplabcut.generate_training_dataset.label_folders import (
    LabelsReport,
    Outcome,
    each_folder,
    listed,
    project_2d,
    put_away,
    reason,
)
from deeplabcut.io.annotations import LabelFiles, change_labels, is_label_file, read_label_table
from deeplabcut.io.hdf import read_table
from deeplabcut.io.tables import Table, annotations_of, image_keys, same_bits
from deeplabcut.project.labels import LabelFolder, all_folders
from deeplabcut.project.layout import LABELS, video_stem
from deeplabcut.project.project import Project

logger = logging.getLogger(__name__)

_WAIT_S = 20.0
_BACKUPS = ("singleanimal", "multianimal")  # labels from before a conversion


def dropannotationfileentriesduetodeletedimages(config: str | Path, dry_run: bool = False) -> LabelsReport:
    """Drop the labels of images that are no longer there.

    Where not one image of a folder is left, its labels stay: that is a folder which was not copied whole, or a
    drive which is not connected.

    Parameters
    ----------
    config : path
        The config.yaml of the project, or its folder.
    dry_run : bool
        Only report what would change.
    """
    project = project_2d(config)

    def choose(folder: LabelFolder, table: Table) -> _Choice:
        there = {same_text(name) for name in os.listdir(folder.path)}
        keys = image_keys(table.rows)
        found = [same_text(key[-1]) in there or project.path.joinpath(*key).exists() for key in keys]
        if keys and not any(found):
            raise Missing(f"None of the {len(keys)} labelled images is there.", fix="put the images back")
        return _Choice(np.flatnonzero(found).tolist())

    return _drop_rows(project, "rows dropped whose image is gone", choose, dry_run)


def dropunlabeledframes(config: str | Path, dry_run: bool = False) -> LabelsReport:
    """Drop the rows of images in which nothing is labelled; the images stay.

    Parameters
    ----------
    config : path
        The config.yaml of the project, or its folder.
    dry_run : bool
        Only report what would change.
    """

    def choose(folder: LabelFolder, table: Table) -> _Choice:
        return _Choice(np.flatnonzero(_labelled(table)).tolist())

    return _drop_rows(project_2d(config), "rows dropped that have no label", choose, dry_run)


def dropduplicatesinannotatinfiles(config: str | Path, dry_run: bool = False) -> LabelsReport:
    """Keep one row of each image: the first that has labels.

    Parameters
    ----------
    config : path
        The config.yaml of the project, or its folder.
    dry_run : bool
        Only report what would change.
    """

    def choose(folder: LabelFolder, table: Table) -> _Choice:
        rows: dict[ImageKey, list[int]] = {}
        for i, key in enumerate(image_keys(table.rows)):
            rows.setdefault(tuple(map(same_text, key)), []).append(i)
        labelled = _labelled(table)
        kept = [next((i for i in places if labelled[i]), places[0]) for places in rows.values()]
        differ = [
            key[-1]
            for first, (key, places) in zip(kept, rows.items(), strict=True)
            if any(labelled[i] and not same_bits(table.values[i], table.values[first]) for i in places)
        ]
        lost = f"{folder.name}: repeated rows that differed from the one kept are in {FOLDER}: {listed(differ)}"
        return _Choice(kept, (lost,) if differ else ())

    return _drop_rows(project_2d(config), "repeated rows dropped", choose, dry_run)


def dropimagesduetolackofannotation(config: str | Path, dry_run: bool = False) -> LabelsReport:
    """Take the images out of the folders that no row of labels names.

    They go to ``.history/deleted-images`` of their folder, from where they can be brought back. Images in the
    labels of another scorer stay.

    Parameters
    ----------
    config : path
        The config.yaml of the project, or its folder.
    dry_run : bool
        Only report what would change.
    """

    def work(folder: LabelFolder) -> Outcome:
        with hold(folder.path, "putting images away", wait_s=_WAIT_S):
            images = _unlisted(folder).images
            if not images:
                return Outcome(())
            place = put_away(folder.path, images)
        return Outcome(images, (f"{folder.name}: the images are now in {place}",))

    return each_folder(project_2d(config), "images put away that no row names", _unlisted, work, dry_run)


def parse_video_filenames(videos: Sequence[str | os.PathLike[str]]) -> list[str]:
    """The names of videos without folder and extension, each once, in order; repeated ones are announced."""
    paths: dict[str, list[str]] = {}
    for video in videos:
        paths.setdefault(video_stem(os.fspath(video)), []).append(os.fspath(video))
    for stem, alike in paths.items():
        if len(alike) > 1:
            logger.warning(
                "%d videos are called %s and share one folder of labels: %s. Rename all but one.",
                len(alike), printable(stem), printable(", ".join(alike)),
            )  # fmt: skip
    return list(paths)


def find_next_unlabeled_folder(config_path: str | Path, verbose: bool = False) -> Path:
    """The folder after the one whose labels were saved last, in the order of names; the last one if that is it.

    Parameters
    ----------
    config_path : path
        The config.yaml of the project, or its folder.
    verbose : bool
        Say of each folder how much of it is labelled.
    """
    project = project_2d(config_path)
    folders = all_folders(project)
    if not folders:
        raise Missing(f"There is no folder in {LABELS}.", where=project.path, fix="extract frames first")
    if verbose:
        for folder in folders:
            progress.current().message(printable(f"{folder.name}: {_share_labelled(folder)}"))
    saved_s = [max((entry.stat().st_mtime for entry in folder.path.glob("*.h5")), default=0.0) for folder in folders]
    latest = int(np.argmax(saved_s))
    return folders[min(latest + 1, len(folders) - 1) if saved_s[latest] else 0].path


# --- one folder after the other: look first, then, if there is something to do, do it


@dataclass(frozen=True)
class _Choice:
    """The rows of a table to keep, in their order."""

    kept: Sequence[int]
    notices: tuple[str, ...] = ()


def _drop_rows(
    project: Project, what: str, choose: Callable[[LabelFolder, Table], _Choice], dry_run: bool
) -> LabelsReport:
    """Keep the rows that ``choose`` chooses, in every folder."""

    def look(folder: LabelFolder) -> Outcome:
        table = read_label_table(folder.files)
        annotations_of(table)  # raises if that is no table of labels, or one of several scorers
        return _dropped(table, choose(folder, table))

    def drop(folder: LabelFolder) -> Outcome:
        outcomes = []

        def change(table: Table) -> Table:
            choice = choose(folder, table)
            outcomes.append(_dropped(table, choice))
            kept = list(choice.kept)
            rows: Any = table.rows
            return replace(table, values=table.values[kept], rows=tuple(rows[i] for i in kept))

        change_labels(folder.files, change)
        return outcomes[0]

    return each_folder(project, what, look, drop, dry_run)


def _dropped(table: Table, choice: _Choice) -> Outcome:
    kept = set(choice.kept)
    return Outcome(
        tuple(key[-1] for i, key in enumerate(image_keys(table.rows)) if i not in kept), choice.notices
    )  # fmt: skip


def _labelled(table: Table) -> Array:
    """Whether each row has any coordinate; a likelihood is none."""
    place = table.column_names.index("coords")
    columns = [i for i, column in enumerate(table.columns) if column[place] in ("x", "y")]
    return np.asarray((~np.isnan(table.values[:, columns])).any(axis=1))


def _unlisted(folder: LabelFolder) -> Outcome:
    """The images that no label file of the folder names."""
    keys = list(image_keys(read_label_table(folder.files).rows))
    try:
        read_table(folder.files.h5)
    except (Missing, DamagedFile) as error:
        raise InvalidInput(
            f"{folder.files.h5.name} is missing or damaged, and what takes its place may not name every image.",
            fix="save the labels once, or use deeplabcut.convertcsv2h5",
        ) from error
    others = {entry.stem for entry in folder.path.iterdir() if is_label_file(entry)}
    for stem in others - {folder.files.h5.stem}:
        if not stem.endswith(_BACKUPS):
            keys += image_keys(read_label_table(LabelFiles(folder.path / f"{stem}.h5")).rows)
    named = {same_text(key[-1]) for key in keys}
    return Outcome(tuple(name for name in folder.images() if same_text(name) not in named))


def _share_labelled(folder: LabelFolder) -> str:
    n_images = len(folder.images())
    try:
        n_labelled = int(_labelled(read_label_table(folder.files)).sum())
    except Missing:
        n_labelled = 0
    except (DeepLabCutError, OSError) as error:
        return f"cannot be read: {reason(error)}"
    share = f"{100 * min(1.0, n_labelled / n_images):.0f} %" if n_images else "none"
    return f"{share} of {n_images} images labelled"
