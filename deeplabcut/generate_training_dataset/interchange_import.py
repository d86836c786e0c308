"""Foreign labels brought into a project: planned and checked for every folder, then done all or none."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np

from deeplabcut.core import progress
from deeplabcut.core.errors import InvalidInput, Missing
from deeplabcut.core.files import transaction
from deeplabcut.core.locks import hold
from deeplabcut.core.poses import Annotations
from deeplabcut.core.text import same_text
from deeplabcut.generate_training_dataset.interchange_names import placed
from deeplabcut.generate_training_dataset.interchange_pictures import (
    Found,
    Places,
    check_pictures,
    checked_folder,
    content_of,
    found_pictures,
    pixels,
)
from deeplabcut.generate_training_dataset.interchange_undo import AllOrNothing
from deeplabcut.io.annotations import (
    LabelFiles,
    change_labels,
    label_files,
    merged,
    read_label_table,
    write_annotations,
)
from deeplabcut.io.coco import read_coco
from deeplabcut.io.foreign import ForeignLabels, Loss, joined
from deeplabcut.io.images import image_shape
from deeplabcut.io.lightning import read_lightning
from deeplabcut.io.slp import read_slp
from deeplabcut.io.tables import Table, annotations_of
from deeplabcut.project.labels import body_plan
from deeplabcut.project.layout import LABELS, VIDEOS, video_stem
from deeplabcut.project.project import Project, config_of

PathLike = str | os.PathLike[str]
Format = Literal["coco", "slp", "lightning"]

FORMATS: dict[str, Format] = {".json": "coco", ".slp": "slp", ".csv": "lightning"}
_READERS: dict[Format, Callable[[Path], ForeignLabels]] = {
    "coco": read_coco,
    "slp": read_slp,
    "lightning": read_lightning,
}
_SPLITS = frozenset(["train", "test", "val", "valid", "annotations", "labels", "instances", "keypoints"])
_WAIT_S = 20.0


@dataclass(frozen=True)
class Folder:
    """What is brought into one folder of frames.

    Parameters
    ----------
    new : the labels that are written, in the order of the file.
    found : the pictures of all labels.
    entry : the key that the video gets in ``video_sets``; None if it has one.
    """

    path: Path
    files: LabelFiles
    new: Annotations
    found: tuple[Found, ...]
    entry: str | None
    overwrite: bool


def read_foreign(path: Path, format: Format | None) -> tuple[Format, ForeignLabels, list[Loss]]:
    """The labels of a file, or of all files of a data set's folder, and what becomes of their separation."""
    kind = format or FORMATS.get(path.suffix.lower())
    files = [path] if not path.is_dir() else _files_in(path, format)
    if path.is_dir() and files:
        kind = FORMATS[files[0].suffix.lower()]
    if kind not in _READERS or not files:
        raise InvalidInput(
            f"{str(format or path.name)!r} is no format or data set that is known.", where=path,
            fix="give a .json, .slp or .csv, or say format='coco', 'slp' or 'lightning'",
        )  # fmt: skip
    labels = joined([_READERS[kind](file) for file in files])
    split = tuple(file.name for file in files) if kind == "coco" and len(files) > 1 else ()
    return kind, labels, [Loss("split", "the split of the pictures is left out", split)]


def _files_in(folder: Path, format: Format | None) -> list[Path]:
    """The files of labels in a folder: those of COCO in ``annotations``, the csv of Lightning Pose."""
    json_files = sorted((folder / "annotations").glob("*.json")) or sorted(folder.glob("*.json"))
    csv_files = sorted(folder.glob("CollectedData*.csv")) or sorted(folder.glob("*.csv"))
    if format == "lightning" or (format is None and not json_files):
        return csv_files
    return json_files if format in (None, "coco") else []


def planned(
    kind: Format, source: Path, labels: ForeignLabels, project: Project, *, images: PathLike | None,
    videos: PathLike | Sequence[PathLike] | None, rename: Mapping[str, str], overwrite: bool,
) -> tuple[list[Folder], list[Loss]]:  # fmt: skip
    """What is to be done in each folder, and what is lost; raises if anything stands in the way."""
    plan = body_plan(config_of(project))
    points = placed(labels, plan, rename)
    places = _places(source, images, videos)
    losses = list(points.losses)
    if labels.scorer and labels.scorer != project.layout.scorer:
        change = f"{labels.scorer} -> {project.layout.scorer}"
        losses.append(Loss("scorer", "the labels become those of another scorer", (change,)))
    folders = []
    for name, rows in _rows_by_folder(labels, places, project).items():
        path = project.labels_folder(f"{name}.mp4")
        found = found_pictures(path, [labels.pictures[i] for i in rows], places, project)
        check_pictures(path, found, source)
        other = [one for one in found if one.picture.name not in ("", one.name)]
        renamed = tuple(f"{path.name}/{one.picture.name} -> {one.name}" for one in other)
        losses.append(Loss("picture-names", "pictures get other names", renamed))
        keys = tuple((LABELS, path.name, one.name) for one in found)
        all_new = Annotations(plan, project.layout.scorer, keys, points.xy[rows], points.unique_xy[rows])
        files = label_files(path, project.layout.scorer) if path.is_dir() else _new_files(path, project)
        known = _known(files)
        new, said = (all_new, []) if known is None else _to_write(annotations_of(known, plan), all_new, overwrite)
        losses += said
        entry = _entry(project, path.name, found, places)
        folders.append(Folder(path, files, new, tuple(found), entry, overwrite))
    return folders, losses


def _places(source: Path, images: PathLike | None, videos: PathLike | Sequence[PathLike] | None) -> Places:
    root = source if source.is_dir() else source.parent
    root = root.parent if root.name == "annotations" else root
    given = [] if videos is None else [videos] if isinstance(videos, (str, os.PathLike)) else list(videos)
    if missing := [path for path in (*given, *([] if images is None else [images])) if not Path(path).exists()]:
        raise Missing(f"There is no {Path(missing[0]).name}.", where=Path(missing[0]).parent, fix="correct the path")
    beside = (root / "images", root, source.parent)
    return Places(source, () if images is None else (Path(images),), beside, tuple(Path(path) for path in given))


def _rows_by_folder(labels: ForeignLabels, places: Places, project: Project) -> dict[str, list[int]]:
    """The pictures of each folder, in the order of the file."""
    names: dict[str, str] = {}
    rows: dict[str, list[int]] = {}
    for i, picture in enumerate(labels.pictures):
        if picture.folder not in names:
            names[picture.folder] = checked_folder(picture.folder or _default_folder(places), project)
        rows.setdefault(names[picture.folder], []).append(i)
    if not rows:
        raise InvalidInput("The file has no labelled pictures.", where=places.source, fix="give another file")
    return rows


def _default_folder(places: Places) -> str:
    """What the folder is called whose pictures name none."""
    if len(places.videos) == 1:
        return video_stem(places.videos[0].name)
    stem = same_text(places.source.stem.removesuffix(".pkg"))
    if places.source.is_dir() or stem.lower() not in _SPLITS:
        return stem
    return places.beside[1].absolute().name or "images"


def _new_files(path: Path, project: Project) -> LabelFiles:
    return LabelFiles(path / f"CollectedData_{project.layout.scorer}.h5")


def _known(files: LabelFiles) -> Table | None:
    if not files.folder.is_dir():
        return None
    try:
        return read_label_table(files)
    except Missing:
        return None


def _to_write(known: Annotations, new: Annotations, overwrite: bool) -> tuple[Annotations, list[Loss]]:
    """The rows that are to be written, and those that stay or go although they say something else."""
    place = {key[-1]: i for i, key in reversed(list(enumerate(known.images)))}
    at = np.array([place.get(key[-1], -1) for key in new.images], np.intp)
    labelled = (at >= 0) & np.append(known.labeled, False)[at]
    same = np.array([i >= 0 and _same_labels(known, i, new, row) for row, i in enumerate(at)], bool)
    names = ["/".join(key[1:]) for key in new.images]
    differ = tuple(names[row] for row in np.flatnonzero(labelled & ~same))
    if overwrite:
        replaced = Loss("replaced", "labels of the project that were different are replaced", differ)
        return _picked(new, np.flatnonzero(~same)), [replaced]
    rows = np.flatnonzero(~labelled & ~same)
    kept = Loss("kept", "pictures that are labelled differently in the project keep their labels", differ)
    return _picked(new, rows), [kept]


def _same_labels(one: Annotations, i: int, other: Annotations, k: int) -> bool:
    same = np.array_equal(one.xy[i], other.xy[k], equal_nan=True)
    return same and np.array_equal(one.unique_xy[i], other.unique_xy[k], equal_nan=True)


def _picked(annotations: Annotations, rows: np.ndarray) -> Annotations:
    images = tuple(annotations.images[i] for i in rows)
    return replace(annotations, images=images, xy=annotations.xy[rows], unique_xy=annotations.unique_xy[rows])


def _entry(project: Project, name: str, found: Sequence[Found], places: Places) -> str | None:
    """The key for the video of a folder: its file, or the name that it would have in the project."""
    if any(v.state != "refused" and same_text(v.stem) == same_text(name) for v in project.videos):
        return None
    video = places.video_of(found[0].picture, name, project)
    return (video.absolute() if video else project.path / VIDEOS / f"{name}.mp4").as_posix()


def bring_in(folders: Sequence[Folder], project: Project, source: Path, *, dry_run: bool) -> tuple[Path, ...]:
    """Write pictures, labels and the entries of ``video_sets``, all or none; which files that were or would be."""
    written = [folder.path / one.name for folder in folders for one in folder.found if not one.there]
    written += [path for folder in folders if len(folder.new) for path in (folder.files.h5, folder.files.csv)]
    if any(folder.entry for folder in folders):
        written.append(project.config_file)
    if dry_run:
        return tuple(written)
    before = {name: project.config.get(name) for name in ("video_sets", "video_sets_original")}
    total = sum(len(folder.found) for folder in folders)
    try:
        with AllOrNothing() as change, progress.current().task("import", total=total, unit="picture") as counting:
            for folder in folders:
                change.folder(folder.path)
                with hold(folder.path, "importing labels", wait_s=_WAIT_S):
                    _write_pictures(folder, source, change)
                    change.will_change(folder.files.h5)
                    change.will_change(folder.files.csv)
                counting.advance(len(folder.found))
            for folder in folders:
                _write_labels(folder)
            _list_videos(folders, project, change)
    except BaseException:
        for name, value in before.items():
            if value is not None:
                project.config[name] = value
        raise
    return tuple(written)


def _write_pictures(folder: Folder, source: Path, change: AllOrNothing) -> None:
    missing = [one for one in folder.found if not one.there]
    with transaction(folder.path) as pictures:
        for one, image in pixels(missing, source):
            change.will_change(folder.path / one.name)
            with pictures.open(one.name) as file:
                file.write(content_of(one, image))


def _write_labels(folder: Folder) -> None:
    """Add the rows to the labels of the folder, or make its files."""
    if not len(folder.new):
        return
    if _known(folder.files) is None:
        write_annotations(folder.path, folder.new)
        return

    def with_new(table: Table) -> Table:
        known = annotations_of(table, folder.new.plan)
        new, _ = _to_write(known, folder.new, folder.overwrite)
        place = {key[-1]: i for i, key in enumerate(new.images)}
        stay = np.array([key[-1] not in place for key in known.images], bool)
        first = {key[-1]: i for i, key in reversed(list(enumerate(known.images)))}
        replaced = [(first[name], row) for name, row in place.items() if name in first]
        added = [row for name, row in place.items() if name not in first]
        xy, unique = known.xy.copy(), known.unique_xy.copy()
        for at, row in replaced:
            xy[at], unique[at], stay[at] = new.xy[row], new.unique_xy[row], True
        rows = np.flatnonzero(stay)
        images = (*(known.images[i] for i in rows), *(new.images[i] for i in added))
        return merged(
            table,
            Annotations(
                known.plan, known.scorer or new.scorer, images,
                np.concatenate([xy[rows], new.xy[added]]), np.concatenate([unique[rows], new.unique_xy[added]]),
            ),
        )  # fmt: skip

    change_labels(folder.files, with_new)


def _list_videos(folders: Sequence[Folder], project: Project, change: AllOrNothing) -> None:
    """Add the videos that ``video_sets`` lacks, with the size of their pictures."""
    added = {}
    for folder in folders:
        if folder.entry is not None:
            _, height, width = image_shape(folder.path / folder.found[0].name)
            added[folder.entry] = {"crop": f"0, {width}, 0, {height}"}
    if not added:
        return
    change.will_change(project.config_file)
    project.config["video_sets"] = {**(project.config.get("video_sets") or {}), **added}
    if project.config.get("video_sets_original"):
        project.config["video_sets_original"] = {**project.config["video_sets_original"], **added}
    project.save()
