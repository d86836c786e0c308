"""Pictures of labels to look at, and a list of the labels that cannot be right."""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from deeplabcut.core import progress
from deeplabcut.core.config.project import ProjectConfig
from deeplabcut.core.errors import DamagedFile, DeepLabCutError, InvalidInput, Missing, StorageError
from deeplabcut.core.files import atomic_write_bytes, storage_error
from deeplabcut.core.poses import Annotations, BodyPlan, ImageKey
from deeplabcut.core.processes import usable_cores
from deeplabcut.core.scratch import is_abandoned, scratch_name
from deeplabcut.core.skeleton import outside, swapped_axes
from deeplabcut.core.text import printable, same_text
from deeplabcut.generate_training_dataset.label_folders import check_writable, listed, project_2d, reason, strays
from deeplabcut.generate_training_dataset.points import OddLimb, odd_limbs
from deeplabcut.io.annotations import read_annotations
from deeplabcut.io.images import png_bytes, read_image
from deeplabcut.project.labels import LabelFolder, all_folders, body_plan, video_folders
from deeplabcut.project.layout import LABELS
from deeplabcut.project.project import Project, config_of
from deeplabcut.visualization.labelled import LabelDrawing

logger = logging.getLogger(__name__)

_MARKER, _TAIL = "+", "_labeled"
_SHOWN = 20  # entries below a heading of the report


@dataclass(frozen=True)
class OutsidePoint:
    """A label that lies outside its image; ``swapped`` if all of the image fit when x and y change places."""

    image: str
    point: str
    x_px: float
    y_px: float
    swapped: bool = False

    def __str__(self) -> str:
        return f"{self.point} ({self.x_px:.1f}, {self.y_px:.1f})"


@dataclass(frozen=True)
class LabelPictures:
    """Where the pictures are, and what was seen while they were drawn.

    Parameters
    ----------
    pictures : how many there are, by folder.
    missing : images that are not there or cannot be read, and why.
    unlabeled : images without a label.
    skipped : folders without labels.
    failed : folders that could not be read or written.
    """

    pictures: Mapping[str, int] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)
    unlabeled: tuple[str, ...] = ()
    outside: tuple[OutsidePoint, ...] = ()
    odd_limbs: tuple[OddLimb, ...] = ()
    skipped: Mapping[str, str] = field(default_factory=dict)
    failed: Mapping[str, str] = field(default_factory=dict)

    @property
    def exit_code(self) -> int:
        """1 if a folder could not be read or written, for scripts."""
        return int(bool(self.failed))

    def lines(self) -> list[str]:
        """The report for a terminal."""
        lines = _some("images that cannot be drawn", [f"{image}: {why}" for image, why in self.missing.items()])
        lines += _some("images without a label", self.unlabeled)
        lines += _some("images with labels outside", _by_image(self.outside))
        lines += _some("limbs of unusual length", list(map(str, self.odd_limbs)))
        lines += [f"{name}: {why}" for name, why in self.skipped.items()]
        lines += [f"{name} was not drawn: {why}" for name, why in self.failed.items()]
        lines += [f"{n} pictures in {folder}" for folder, n in self.pictures.items()]
        return list(map(printable, lines or ["there are no videos"]))


def check_labels(
    config: str | Path,
    Labels: list[str] | None = None,  # noqa: N803  a public name
    scale: float = 1,
    dpi: int = 100,
    draw_skeleton: bool = True,
    visualizeindividuals: bool = True,
) -> LabelPictures:
    """Draw the labels into pictures, and list those that cannot be right.

    The pictures are in ``labeled-data/<video>_labeled``. Pictures of an earlier check are replaced when the new ones
    of their folder are complete. Labels outside the image and limbs of unusual length are listed. The folders are
    those of the videos in config.yaml; all of them, if none of those has labels.

    Parameters
    ----------
    config : path
        The config.yaml of the project, or its folder.
    Labels : list of str, optional
        The first one is the marker of a label, as matplotlib writes it; ``+`` by default.
    scale : float
        Enlarges the pictures; markers stay as large as ``dotsize`` in config.yaml says.
    dpi : int
        Enlarges the pictures and the markers; at 100 a pixel of the image is a pixel of the picture.
    draw_skeleton : bool
        Draw the skeleton of config.yaml.
    visualizeindividuals : bool
        In projects with several animals one colour for each animal; otherwise one for each bodypart.
    """
    project = project_2d(config)
    marker = (Labels if isinstance(Labels, str) else next(iter(Labels or ()), None)) or _MARKER
    drawing = _drawing(config_of(project), marker, scale, dpi, draw_skeleton, visualizeindividuals)
    _sweep(project)
    found = _Findings()
    folders = video_folders(project)
    has_labels = [_check_folder(folder, folders, drawing, found) for folder in folders]
    if any(has_labels):
        found.skipped |= strays(project)
    else:  # no training set uses other labels than these
        for folder in all_folders(project):
            if folder.key is None:
                _check_folder(folder, folders, drawing, found)
    return found.report()


def points_outside(labels: Annotations, image: int, width: int, height: int) -> list[OutsidePoint]:
    """The labels of one image that lie off it."""
    plan, xy, unique = labels.plan, labels.xy[image], labels.unique_xy[image]
    both = np.concatenate([xy.reshape(-1, 2), unique])
    names = [_whose(plan, who) + part for who in range(plan.n_individuals) for part in plan.bodyparts]
    swapped = swapped_axes(both, width, height)
    return [
        OutsidePoint(_name(labels.images[image]), name, float(point[0]), float(point[1]), swapped)
        for name, point, off in zip([*names, *plan.unique], both, outside(both, width, height), strict=True)
        if off
    ]


@dataclass
class _Findings:
    """A report that is being made."""

    pictures: dict[str, int] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    unlabeled: list[str] = field(default_factory=list)
    outside: list[OutsidePoint] = field(default_factory=list)
    odd_limbs: list[OddLimb] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)

    def report(self) -> LabelPictures:
        return LabelPictures(
            self.pictures, self.missing, tuple(self.unlabeled), tuple(self.outside), tuple(self.odd_limbs),
            self.skipped, self.failed,
        )  # fmt: skip


def _drawing(
    config: ProjectConfig, marker: str, scale: float, dpi: float, bones: bool, by_individual: bool
) -> LabelDrawing:
    plan = body_plan(config)
    return LabelDrawing(
        plan, marker, config.dotsize, config.alphavalue, scale, dpi, config.colormap,
        by_individual=by_individual and plan.is_multi, bone_color=config.skeleton_color, bones=bones,
    )  # fmt: skip


def _check_folder(folder: LabelFolder, folders: Sequence[LabelFolder], drawing: LabelDrawing, found: _Findings) -> bool:
    """Draw the labels of a folder and look for what cannot be right; whether there are labels."""
    progress.current().check()
    try:
        if not folder.path.is_dir():
            raise Missing(f"There is no such folder in {LABELS}.")
        labels = read_annotations(folder.files.h5, drawing.plan)
        if not len(labels):
            raise Missing("The labels list no image.", fix="label the folder first")
        _check_target(folder, folders)
    except Missing as error:
        found.skipped[folder.name] = reason(error)
        progress.current().message(printable(f"{folder.name}: {reason(error)}"))
        return False
    except (DeepLabCutError, OSError) as error:
        found.failed[folder.name] = reason(error)
        logger.warning("%s is not drawn: %s", printable(folder.name), printable(reason(error)))
        return True
    found.odd_limbs += odd_limbs(labels)
    found.unlabeled += [_name(key) for key, some in zip(labels.images, labels.labeled, strict=True) if not some]
    _draw_folder(folder, labels, drawing, found)
    return True


def _draw_folder(folder: LabelFolder, labels: Annotations, drawing: LabelDrawing, found: _Findings) -> None:
    """Draw all images of a folder aside, then put the pictures in place of those of an earlier check."""
    tail = f"_{'individual' if drawing.by_individual else 'bodypart'}.png"
    rows: dict[str, list[int]] = {}
    for row, key in enumerate(labels.images):
        rows.setdefault(key[-1], []).append(row)
    target = folder.path.with_name(f"{folder.name}{_TAIL}")
    with _aside(folder.path.parent) as aside, _workers() as pool:

        def work(name: str) -> tuple[int, int] | DeepLabCutError:
            return _draw_image(folder.path, name, labels, rows[name], drawing, aside / f"{Path(name).stem}{tail}")

        made = 0
        with progress.current().task("draw", total=len(rows), unit="image", label=folder.name) as task:
            for (name, places), drawn in zip(rows.items(), pool.map(work, rows), strict=True):
                if isinstance(drawn, DeepLabCutError):
                    found.missing[_name(labels.images[places[0]])] = drawn.message
                    progress.current().message(printable(f"{folder.name}/{name}: {drawn.message}"))
                else:
                    made += 1
                    found.outside += [point for row in places for point in points_outside(labels, row, *drawn)]
                task.advance()
        if made:
            _put_in_place(aside, target, tail)
            found.pictures[f"{LABELS}/{target.name}"] = made


def _draw_image(
    folder: Path, name: str, labels: Annotations, rows: list[int], drawing: LabelDrawing, target: Path
) -> tuple[int, int] | DeepLabCutError:
    """Draw the rows of one image; its width and height, or why it cannot be read."""
    try:
        if Path(name).name != name or name == "..":
            raise Missing("The row names no image of its folder.")
        image = read_image(folder / name)
    except (Missing, DamagedFile, StorageError) as error:
        return error
    picture = drawing.picture(image, labels.xy[rows], labels.unique_xy[rows])
    atomic_write_bytes(target, png_bytes(picture, with_alpha=True))  # as matplotlib writes them
    return image.shape[1], image.shape[0]


def _check_target(folder: LabelFolder, folders: Sequence[LabelFolder]) -> None:
    """Raise if the pictures cannot go where they belong."""
    name = same_text(f"{folder.name}{_TAIL}")
    if any(same_text(other.name) == name for other in folders):
        raise InvalidInput(f"{name} is the folder of another video.", fix="rename that video and its folder")
    check_writable(folder.path.parent, "pictures")


@contextmanager
def _workers() -> Iterator[ThreadPoolExecutor]:
    """Threads; what they have not begun when the block fails is not begun."""
    with ThreadPoolExecutor(max(1, round(usable_cores()))) as pool:
        try:
            yield pool
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


@contextmanager
def _aside(root: Path) -> Iterator[Path]:
    """A hidden folder in ``root`` that is removed after the block."""
    folder = scratch_name(root, "pictures")
    try:
        folder.mkdir()
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _sweep(project: Project) -> None:
    """Remove what killed checks left behind."""
    for left in (project.path / LABELS).glob(".dlc-*.pictures"):
        if is_abandoned(left.name, left):
            shutil.rmtree(left, ignore_errors=True)


def _put_in_place(aside: Path, target: Path, tail: str) -> None:
    """Move the new pictures to ``target`` and remove older ones of the same kind; other files there stay."""
    fresh = {entry.name for entry in aside.iterdir()}
    try:
        target.mkdir(exist_ok=True)
        for name in sorted(fresh):
            os.replace(aside / name, target / name)
        for entry in target.iterdir():
            if entry.name.endswith(tail) and entry.name not in fresh:
                entry.unlink()
    except OSError as error:
        raise storage_error(error, target, "pictures of labels") from error


def _name(key: ImageKey) -> str:
    return "/".join(key[-2:])


def _whose(plan: BodyPlan, individual: int) -> str:
    return f"{plan.individuals[individual]} " if plan.is_multi else ""


def _by_image(points: Sequence[OutsidePoint]) -> list[str]:
    """A line for each image."""
    grouped: dict[str, list[OutsidePoint]] = {}
    for point in points:
        grouped.setdefault(point.image, []).append(point)
    return [
        f"{image}: {listed([str(point) for point in alike], 4)}"
        + ("; x and y may have changed places" if alike[0].swapped else "")
        for image, alike in grouped.items()
    ]


def _some(what: str, entries: Sequence[str]) -> list[str]:
    """A heading with a count, and the first entries below it."""
    if not entries:
        return []
    more = [f"    and {len(entries) - _SHOWN} more"] if len(entries) > _SHOWN else []
    return [f"{len(entries)} {what}:", *(f"    {entry}" for entry in entries[:_SHOWN]), *more]
