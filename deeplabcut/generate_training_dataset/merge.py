"""The labels of all folders as one sorted table.

The indices of every split are positions in this table: images in the order of their three-part names, each once.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from deeplabcut.core.config.project import ProjectConfig
from deeplabcut.core.errors import DamagedFile, DeepLabCutError, InvalidInput, Missing
from deeplabcut.core.files import transaction
from deeplabcut.core.locks import hold
from deeplabcut.core.poses import SINGLE, Annotations, BodyPlan, ImageKey
from deeplabcut.core.text import printable, same_text
from deeplabcut.generate_training_dataset.findings import Finding
from deeplabcut.io.annotations import LabelFiles, put_label_table, read_label_table
from deeplabcut.io.tables import Table, annotations_of, image_keys, plan_of, scorer_of, table_of_annotations, to_frame
from deeplabcut.project.labels import LabelFolder, all_folders, body_plan, video_folders
from deeplabcut.project.layout import LABELS
from deeplabcut.project.project import Project, config_of

if TYPE_CHECKING:
    from pandas import DataFrame

logger = logging.getLogger(__name__)

_WAIT_S = 20.0


@dataclass(frozen=True)
class FolderLabels:
    """A folder of frames and what its label files hold.

    ``table`` is None where there are no labels of the project's scorer, ``failure`` says why labels that are there
    cannot be read, ``findings`` what is odd about them.
    """

    folder: LabelFolder
    files: LabelFiles
    table: Table | None = None
    images: tuple[ImageKey, ...] = ()
    failure: DeepLabCutError | None = None
    findings: tuple[Finding, ...] = ()
    on_disk: Mapping[str, str] = field(default_factory=dict)  # each name in composed form -> as the disk spells it

    @property
    def file(self) -> str:
        """The label file as reports name it."""
        return Path(LABELS, self.folder.name, self.files.h5.name).as_posix()


def read_label_folders(project: Project) -> list[FolderLabels]:
    """The labels of the folders of ``video_sets``; of every folder, if none of those has any.

    The latter makes demo projects work wherever they are, whose videos nobody has entered yet.
    """
    found = [_read_folder(folder) for folder in video_folders(project)]
    if not any(one.table is not None or one.failure is not None for one in found):
        known = {one.folder.path for one in found}
        found += [_read_folder(folder) for folder in all_folders(project) if folder.path not in known]
    return found


def merged(parts: Sequence[Annotations], plan: BodyPlan, scorer: str) -> Annotations:
    """The labels of several files, all read with ``plan``: images sorted by name.

    Of a repeated image the first row with labels counts.
    """
    labeled = np.concatenate([part.labeled for part in parts] or [np.empty(0, bool)])
    chosen: dict[ImageKey, int] = {}
    for place, key in enumerate(key for part in parts for key in part.images):
        if labeled[place] and not labeled[chosen.setdefault(key, place)]:
            chosen[key] = place
        chosen.setdefault(key, place)
    images = tuple(sorted(chosen))
    rows = [chosen[key] for key in images]
    n, k, u = plan.n_individuals, plan.n_bodyparts, plan.n_unique
    xy = np.concatenate([part.xy for part in parts] or [np.empty((0, n, k, 2))])
    unique = np.concatenate([part.unique_xy for part in parts] or [np.empty((0, u, 2))])
    return Annotations(plan, scorer, images, xy[rows], unique[rows])


def merged_labels(folders: Sequence[FolderLabels], plan: BodyPlan, scorer: str) -> Annotations:
    """The labels of the folders that have any, in the names and the order of ``plan``; raises what it cannot read."""
    parts = []
    for folder in folders:
        if folder.failure is not None:
            raise folder.failure
        if folder.table is not None:
            parts.append(in_names_of(plan, folder))
    return merged(parts, plan, scorer)


def in_names_of(plan: BodyPlan, folder: FolderLabels) -> Annotations:
    """The labels of a folder with the names of the project; what its file lacks is NaN."""
    if folder.table is None:
        raise Missing("The folder has no labels.", where=folder.folder.path, fix="label it first")
    try:
        labels = annotations_of(folder.table, plan)
    except (DamagedFile, InvalidInput) as error:
        raise DamagedFile(error.message, where=folder.files.h5, fix=error.fix) from error
    return Annotations(plan, labels.scorer, folder.images, labels.xy, labels.unique_xy)


def merge_annotateddatasets(
    cfg: Mapping[str, Any] | ProjectConfig | str | os.PathLike[str],
    trainingsetfolder_full: str | os.PathLike[str],
) -> DataFrame | None:
    """The labels of all folders of a project as one sorted frame; None if there are none.

    Parameters
    ----------
    cfg : dict or path
        The configuration of the project, or where it is.
    trainingsetfolder_full : path
        The folder that gets the frame as CollectedData_<scorer>.h5 and .csv; it is made if it does not exist.
    """
    project = Project.open(cfg)
    folder = project.path / trainingsetfolder_full
    plan = body_plan(config_of(project))
    folders = read_label_folders(project)
    labels = merged_labels(folders, plan, project.layout.scorer)
    for finding in [*merge_findings(folders, plan), *unlabeled_names(labels)]:
        logger.warning("%s", finding)
    if not len(labels):
        return None
    folder.mkdir(parents=True, exist_ok=True)
    table = table_of_annotations(labels)
    with hold(folder, "merging labels", wait_s=_WAIT_S), transaction(folder) as change:
        put_label_table(change, merged_files(project, folder), table)
    return to_frame(table)


def merged_files(project: Project, folder: Path) -> LabelFiles:
    """Where the merged labels of a project stand in its training-set folder."""
    return LabelFiles(folder / f"CollectedData_{project.layout.scorer}.h5")


def merge_findings(folders: Sequence[FolderLabels], plan: BodyPlan) -> Iterator[Finding]:
    """What merging leaves out or adds: skipped files, repeated images, names that only one side knows."""
    for folder in folders:
        yield from folder.findings
    seen: dict[ImageKey, tuple[FolderLabels, int]] = {}
    for folder in folders:
        for row, key in enumerate(folder.images, start=1):
            if key in seen:
                before, first = seen[key]
                other = "" if before is folder else f" of {before.file}"
                yield Finding(
                    "labels-repeated",
                    f"The image is listed before, in row {first}{other}; its first row with labels is used.",
                    "deeplabcut.dropduplicatesinannotatinfiles(config)", file=folder.file, row=row, image="/".join(key),
                )  # fmt: skip
            seen.setdefault(key, (folder, row))
        if folder.table is not None and plan.bodyparts:
            yield from _other_names(folder, plan)


def unlabeled_names(labels: Annotations) -> Iterator[Finding]:
    """Bodyparts and individuals that no image has a label of."""
    if not labels.labeled.any():
        return
    plan = labels.plan
    seen = np.asarray(np.isfinite(labels.xy).all(axis=-1))  # (n_images, n_individuals, n_bodyparts)
    unique_seen = np.asarray(np.isfinite(labels.unique_xy).all(axis=-1))
    no_data = "There are no labels of it in any image: it has no data, and nothing can be learnt about it."
    fix = "label it, or remove it from config.yaml"
    for i, part in enumerate(plan.bodyparts):
        if not seen[:, :, i].any():
            yield Finding("bodypart-unlabeled", no_data, fix, bodypart=part)
    for i, part in enumerate(plan.unique):
        if not unique_seen[:, i].any():
            yield Finding("bodypart-unlabeled", no_data, fix, individual=SINGLE, bodypart=part)
    for i, who in enumerate(plan.individuals):
        if not seen[:, i].any():
            yield Finding("individual-unlabeled", no_data, fix, individual=who)


def _read_folder(folder: LabelFolder) -> FolderLabels:
    files = folder.files
    file = Path(LABELS, folder.name, files.h5.name).as_posix()
    if not folder.path.is_dir():
        nowhere = Finding("folder-missing", f"There is no folder for the frames of {folder.key!r}; it is skipped.",
                          "extract frames of this video", file=Path(LABELS, folder.name).as_posix())  # fmt: skip
        return FolderLabels(folder, files, findings=(nowhere,))
    on_disk = {same_text(name): name for name in os.listdir(folder.path)}
    odd: list[Finding] = []

    def notice(code: str, text: str) -> None:
        if code != "labels-repeated":  # they are listed one by one
            odd.append(Finding(code, text, "save the labels once in the labelling tool", file=file))

    try:
        table = read_label_table(files, notice)
        scorer = scorer_of(table)
        plan_of(table)
        if table.columns and same_text(scorer) != same_text(folder.scorer):
            odd.append(Finding(
                "labels-other-scorer",
                f"The labels are those of {scorer!r}, not of the project's scorer {folder.scorer!r}; they are skipped.",
                "correct scorer in config.yaml, or deeplabcut.convertcsv2h5(config, scorer=...)", file=file,
            ))  # fmt: skip
            return FolderLabels(folder, files, findings=tuple(odd), on_disk=on_disk)
        images = tuple(_as_on_disk(key, folder, on_disk) for key in image_keys(table.rows))
    except Missing:
        return FolderLabels(folder, files, findings=(_without_labels(folder, file, on_disk),), on_disk=on_disk)
    except DeepLabCutError as error:
        return FolderLabels(folder, files, failure=error, findings=tuple(odd), on_disk=on_disk)
    return FolderLabels(folder, files, table, images, None, tuple(odd), on_disk)


def _without_labels(folder: LabelFolder, file: str, on_disk: Mapping[str, str]) -> Finding:
    others = [name for name in sorted(on_disk) if name.startswith("CollectedData_") and name.endswith(".h5")]
    if others:
        return Finding("labels-other-scorer",
                       f"The folder has no labels of {folder.scorer!r}, but {', '.join(others)}; it is skipped.",
                       "correct scorer in config.yaml, or convert the labels", file=file)  # fmt: skip
    return Finding("labels-missing", "The folder has no labels; it is skipped.", "label it", file=file)


def _as_on_disk(key: ImageKey, folder: LabelFolder, on_disk: Mapping[str, str]) -> ImageKey:
    """The image under the names that its folder and its file have on this disk (é has two spellings)."""
    root, name, image = key
    if same_text(name) != same_text(folder.name):
        return key
    return root, folder.name, on_disk.get(same_text(image), image)


def _other_names(folder: FolderLabels, plan: BodyPlan) -> Iterator[Finding]:
    """Names of the file that the project does not know, and the other way round."""
    if folder.table is None:
        return
    theirs = plan_of(folder.table)
    unknown = "It stands in the labels but not in config.yaml, and is left out."
    fix = "add the name to config.yaml, or leave it as it is"
    for part in theirs.bodyparts:
        if part not in plan.bodyparts:
            yield Finding("bodypart-unknown", unknown, fix, file=folder.file, bodypart=part)
    for part in theirs.unique:
        if part not in plan.unique:
            yield Finding("bodypart-unknown", unknown, fix, file=folder.file, individual=SINGLE, bodypart=part)
    for who in theirs.individuals if plan.is_multi else ():
        if who not in plan.individuals:
            yield Finding("individual-unknown", unknown, fix, file=folder.file, individual=who)
    for part in (*(p for p in plan.bodyparts if p not in theirs.bodyparts),
                 *(p for p in plan.unique if p not in theirs.unique)):  # fmt: skip
        yield Finding("bodypart-absent", "The labels have no such bodypart; it counts as not labelled.",
                      f"label {printable(part)}, or leave it as it is", file=folder.file, bodypart=part)  # fmt: skip
