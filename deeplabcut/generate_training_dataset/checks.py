"""Everything that is wrong or odd before a training set is made, all at once; nothing is changed."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from deeplabcut.core import progress
from deeplabcut.core.config.project import ProjectConfig
from deeplabcut.core.engine import Engine, EngineAbsent, ModelRequest
from deeplabcut.core.errors import DeepLabCutError, InvalidInput, Missing
from deeplabcut.core.poses import Annotations, Array, BodyPlan, ImageKey
from deeplabcut.core.splits import check_fraction
from deeplabcut.generate_training_dataset.findings import Finding, TrainingSetReport
from deeplabcut.generate_training_dataset.merge import (
    FolderLabels,
    in_names_of,
    merge_findings,
    merged,
    read_label_folders,
    unlabeled_names,
)
from deeplabcut.generate_training_dataset.points import limb_findings, point_findings
from deeplabcut.io.images import image_shape
from deeplabcut.project.labels import body_plan
from deeplabcut.project.layout import percent
from deeplabcut.project.project import Project, config_of

Origin = Mapping[ImageKey, tuple[str, int]]


@dataclass(frozen=True)
class Examination:
    """The merged labels of a project, the sizes of its images (n_images, 3), and what was found."""

    labels: Annotations
    sizes: Array = field(default_factory=lambda: np.empty((0, 3), np.int64))
    findings: tuple[Finding, ...] = ()

    def report(self, path: Path, more: Iterable[Finding] = ()) -> TrainingSetReport:
        """What was found here, and more."""
        labels = self.labels
        n_points = int(np.isfinite(labels.xy).all(axis=-1).sum() + np.isfinite(labels.unique_xy).all(axis=-1).sum())
        return TrainingSetReport(path, (*self.findings, *more), len(labels), int(labels.labeled.sum()), n_points)


def check_training_set(config: str | os.PathLike[str] | ProjectConfig | Mapping[str, Any]) -> TrainingSetReport:
    """Check the labels and the images of a project before a training set is made, and list everything.

    Parameters
    ----------
    config : path
        The project, its folder or its config.yaml.
    """
    project = Project.open(config)
    settings = config_of(project)
    found = examine(project)
    fractions = fraction_findings(settings.TrainingFraction, len(found.labels))
    return found.report(project.path, [*fractions, *model_findings(settings, ModelRequest(), chosen_engine(settings))])


def examine(project: Project) -> Examination:
    """The merged labels of a project with everything that can be said about them."""
    config = config_of(project)
    findings = list(_name_findings(config))
    usable = not findings
    plan, folders = body_plan(config), read_label_folders(project)
    findings += [_unreadable(folder, folder.failure) for folder in folders if folder.failure is not None]
    findings += merge_findings(folders, plan)
    parts = []
    for folder in folders if usable else ():
        try:
            parts += [in_names_of(plan, folder)] if folder.table is not None else []
        except DeepLabCutError as error:
            findings.append(_unreadable(folder, error))
    labels = merged(parts, plan, project.layout.scorer) if usable else _only_images(folders)
    origin = _origin(folders)
    findings += _amount_findings(folders, labels, usable)
    sizes, of_images = _images(project, labels.images, origin)
    findings += [*of_images, *_unlisted_images(folders), *_kind_findings(labels.images, sizes)]
    findings += [*unlabeled_names(labels), *point_findings(labels, sizes, origin), *limb_findings(labels, origin)]
    return Examination(labels, sizes, tuple(findings))


def fraction_findings(fractions: Sequence[float], n_images: int) -> Iterator[Finding]:
    """Training fractions that cannot be, or that leave nothing to train on or to test with."""
    fix = "correct TrainingFraction in config.yaml"
    if not fractions:
        yield Finding("fraction-missing", "TrainingFraction is empty: nothing says how to split the images.",
                      f"{fix}, for example to [0.95]", "error", file="config.yaml")  # fmt: skip
    names: dict[int, float] = {}
    for fraction in fractions:
        try:
            check_fraction(fraction)
        except InvalidInput as error:
            yield Finding("fraction-impossible", error.message, fix, "error", file="config.yaml")
            continue
        if percent(fraction) in names:
            yield Finding("fraction-repeated",
                          f"The training fractions {names[percent(fraction)]} and {fraction} have the same name "
                          f"({percent(fraction)}) in files.", fix, "error", file="config.yaml")  # fmt: skip
        names.setdefault(percent(fraction), fraction)
        yield from split_findings(int(n_images * fraction), n_images - int(n_images * fraction), str(fraction))


def split_findings(n_train: int, n_test: int, fraction: str) -> Iterator[Finding]:
    """A split without images to train on, or without any to test with."""
    n = n_train + n_test
    none, why = (f"none of the {n} images", "") if n > 1 else ("nothing", ": there is only one image")
    if n and not n_train:
        yield Finding("train-empty", f"A training fraction of {fraction} leaves {none} to train on{why}.",
                      "label more images, or raise TrainingFraction in config.yaml", "error")  # fmt: skip
    elif n and not n_test:
        yield Finding("test-empty", f"A training fraction of {fraction} leaves {none} to test with{why}.",
                      "label more images, or lower TrainingFraction in config.yaml")  # fmt: skip


def model_findings(config: ProjectConfig, request: ModelRequest, engine: Engine) -> list[Finding]:
    """Why the engine cannot make the network that is asked for; nothing where this version has no such engine."""
    try:
        problems = engine.backend().model_problems(config, request)
    except EngineAbsent:
        return []
    return [
        Finding("model-impossible", problem, "choose another network, or correct config.yaml", "error")
        for problem in problems
    ]


def chosen_engine(config: ProjectConfig, engine: Any = None) -> Engine:
    """The engine that is named, else the one of the project."""
    return Engine(config.engine if engine is None else engine)  # type: ignore[arg-type]


def _name_findings(config: ProjectConfig) -> Iterator[Finding]:
    kind = "multianimalbodyparts" if config.multianimalproject else "bodyparts"
    if not config.bodyparts_list:
        yield Finding("no-bodyparts", f"The project has no bodyparts: {kind} is empty.",
                      f"write the names of the bodyparts into {kind}", "error", file="config.yaml")  # fmt: skip
    if config.multianimalproject and not config.individuals:
        yield Finding("no-individuals", "The project is multi-animal, but individuals is empty.",
                      "write a name for each animal into individuals", "error", file="config.yaml")  # fmt: skip


def _unreadable(folder: FolderLabels, error: DeepLabCutError) -> Finding:
    return Finding("labels-unreadable", error.message, error.fix or "restore the file", "error", file=folder.file)


def _only_images(folders: Sequence[FolderLabels]) -> Annotations:
    """The images alone, for a project whose names cannot be used."""
    images = tuple(sorted({key for folder in folders for key in folder.images}))
    return Annotations(BodyPlan(()), "", images, np.empty((len(images), 1, 0, 2)))


def _origin(folders: Sequence[FolderLabels]) -> dict[ImageKey, tuple[str, int]]:
    """The file and the row that the labels of each image come from."""
    origin: dict[ImageKey, tuple[str, int]] = {}
    for folder in folders:
        for row, key in enumerate(folder.images, start=1):
            origin.setdefault(key, (folder.file, row))
    return origin


def _amount_findings(folders: Sequence[FolderLabels], labels: Annotations, usable: bool) -> Iterator[Finding]:
    if not any(folder.images or folder.failure for folder in folders):
        others = [one for folder in folders for one in folder.findings if one.code == "labels-other-scorer"]
        if others:
            yield Finding("no-labels", f"The project has labels, but none of its own scorer. {others[0].what}",
                          others[0].fix, "error", file=others[0].file)  # fmt: skip
        else:
            yield Finding("no-labels", "The project has no labelled images at all.",
                          "extract frames and label them", "error", file="labeled-data")  # fmt: skip
    elif usable and len(labels) and not labels.labeled.any():
        yield Finding("no-points", f"None of the {len(labels)} images has a single labelled point.",
                      "label them", "error", file="labeled-data")  # fmt: skip


def _images(project: Project, images: Sequence[ImageKey], origin: Origin) -> tuple[Array, list[Finding]]:
    """(channels, height, width) of each image, zeros where it cannot be read, and why."""
    sizes = np.zeros((len(images), 3), np.int64)
    findings = []
    with progress.current().task("check images", total=len(images), unit="image") as task:
        for i, key in enumerate(images):
            try:
                sizes[i] = image_shape(os.path.join(project.path, *key))
            except DeepLabCutError as error:
                findings.append(_image_finding(error, key, *origin[key]))
            task.advance()
    return sizes, findings


def _image_finding(error: DeepLabCutError, key: ImageKey, file: str, row: int) -> Finding:
    """Why the size of an image is not known."""
    place = {"file": file, "row": row, "image": "/".join(key)}
    if not isinstance(error, Missing):
        fix = "extract the frame again, or remove it and its row"
        return Finding("image-unreadable", error.message, fix, "error", **place)  # type: ignore[arg-type]
    what = "There is no such image."
    fix = "put the image back, or deeplabcut.dropannotationfileentriesduetodeletedimages(config)"
    if key[1] != file.split("/")[1]:
        what += f" The row names another folder than the one it stands in ({key[1]!r})."
        fix = "give the folder its old name, or dlc adapt-labeled-data-to-new-project"
    return Finding("image-absent", what, fix, "error", **place)  # type: ignore[arg-type]


def _unlisted_images(folders: Sequence[FolderLabels]) -> Iterator[Finding]:
    for folder in folders:
        if folder.table is not None:
            listed = {key[-1] for key in folder.images}
            for name in folder.folder.images():
                if name not in listed:
                    yield Finding("image-unlisted", "The image is in the folder, but the labels have no row for it.",
                                  "label it, or deeplabcut.dropimagesduetolackofannotation(config)",
                                  file=folder.file, image=name)  # fmt: skip


def _kind_findings(images: Sequence[ImageKey], sizes: Array) -> Iterator[Finding]:
    """Images that differ in kind: colour and grey in one project, sizes in one folder."""
    known = sizes[:, 1] > 0
    channels, counts = np.unique(sizes[known, 0], return_counts=True)
    if len(channels) > 1:
        of = ", ".join(f"{n} with {c}" for c, n in zip(channels.tolist(), counts.tolist(), strict=True))
        yield Finding("images-differ", f"The images differ in their number of channels: {of}.",
                      "extract frames of all videos in the same way", file="labeled-data")  # fmt: skip
    of_folder: dict[str, dict[tuple[int, int], int]] = {}
    for key, (_, height, width) in zip(images, sizes.tolist(), strict=True):
        if height:
            count = of_folder.setdefault(key[1], {})
            count[width, height] = count.get((width, height), 0) + 1
    for folder, found in of_folder.items():
        if len(found) > 1:
            listed = ", ".join(f"{n} of {w}x{h}" for (w, h), n in found.items())
            yield Finding("images-differ", f"The images of one video differ in size: {listed}.",
                          "nothing to do if that is meant", file=f"labeled-data/{folder}")  # fmt: skip
