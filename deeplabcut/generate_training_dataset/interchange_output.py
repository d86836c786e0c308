"""The files of an export: planned and checked, then written all or none."""

from __future__ import annotations

import filecmp
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from deeplabcut.core import progress
from deeplabcut.core.errors import InvalidInput
from deeplabcut.generate_training_dataset.interchange_export import flattened, of_view
from deeplabcut.generate_training_dataset.interchange_import import FORMATS, Format
from deeplabcut.generate_training_dataset.interchange_undo import AllOrNothing
from deeplabcut.io.coco import write_coco
from deeplabcut.io.foreign import ForeignLabels, Loss
from deeplabcut.io.lightning import write_lightning
from deeplabcut.io.slp import write_slp
from deeplabcut.project.layout import LABELS

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Output:
    """What is to be written.

    Parameters
    ----------
    files : each file and the labels in it.
    copies : each copy of a picture and what it is a copy of.
    inside : for each picture that goes into the file, by its path there, where it lies.
    """

    format: Format
    files: dict[Path, ForeignLabels]
    copies: dict[Path, Path] = field(default_factory=dict)
    inside: dict[str, Path] = field(default_factory=dict)
    for_spreadsheets: bool = False
    losses: tuple[Loss, ...] = ()


def output_of(
    destination: Path, format: Format | None, labels: ForeignLabels, *, views: Sequence[str] | None,
    copy_images: bool, for_spreadsheets: bool,
) -> Output:  # fmt: skip
    """The files that an export consists of."""
    kind = format or FORMATS.get(destination.suffix.lower())
    if kind is None or kind not in FORMATS.values():
        raise InvalidInput(
            f"The format of {str(format or destination.name)!r} is not known.",
            fix="say format='coco', 'slp' or 'lightning', or end the name in .json, .slp or .csv",
        )
    if views and kind != "lightning":
        raise InvalidInput("Only Lightning Pose has files for views.", fix="leave views out, or use format='lightning'")
    path = destination.absolute()
    if kind == "coco":
        file = path if path.suffix.lower() == ".json" else path / "annotations" / "train.json"
        root = (file.parent.parent if file.parent.name == "annotations" else file.parent) / "images"
        if not copy_images:
            return Output(kind, {file: labels})
        return Output(kind, {file: _relocated(labels, "")}, _copies(labels, root))
    if kind == "slp":
        if path.suffix.lower() != ".slp":
            raise InvalidInput("A SLEAP file ends in .slp, or in .pkg.slp with the pictures inside.", where=path)
        if path.name.lower().endswith(".pkg.slp"):
            moved = _relocated(labels, f"{LABELS}/")
            inside = {p.path: Path(old.path) for p, old in zip(moved.pictures, labels.pictures, strict=True)}
            return Output(kind, {path: moved}, inside=inside)
        root = path.with_name(f"{path.stem}_images")
        if not copy_images:
            return Output(kind, {path: labels})
        return Output(kind, {path: _relocated(labels, f"{root.as_posix()}/")}, _copies(labels, root))
    folder = path.parent if path.suffix.lower() == ".csv" else path
    flat = flattened(labels)
    if views:
        files = {folder / f"{view}.csv": part for view, part in of_view(flat, views).items()}
    else:
        files = {path if path.suffix.lower() == ".csv" else path / "CollectedData.csv": flat}
    copies = {k: v for part in files.values() for k, v in _copies(part, folder / LABELS).items()}
    guarded = [n for n in (flat.scorer, *flat.kinds[0].bodyparts) if for_spreadsheets and n.startswith(_FORMULA)]
    lost = (Loss("formulas", "names that a spreadsheet takes for formulas begin with a '", tuple(guarded)),)
    return Output(
        kind, {file: _relocated(part, f"{LABELS}/") for file, part in files.items()}, copies if copy_images else {},
        for_spreadsheets=for_spreadsheets, losses=lost,
    )  # fmt: skip


def write_out(output: Output, *, overwrite: bool, dry_run: bool) -> tuple[Path, ...]:
    """Write the pictures, then the labels; which files that were or would be."""
    copies = {target: source for target, source in output.copies.items() if not _is_copy(target, source)}
    there = [path for path in (*output.files, *copies) if path.exists()]
    if there and not overwrite:
        raise InvalidInput(
            f"{len(there)} of the files to write exist and are different, the first is {there[0].name}.",
            where=there[0], fix="choose another destination, or pass overwrite=True",
        )  # fmt: skip
    written = (*copies, *output.files)
    if dry_run:
        return written
    with AllOrNothing() as change, progress.current().task("copy", total=len(copies), unit="picture") as counting:
        for target, source in copies.items():
            change.folder(target.parent)
            change.write(target, source.read_bytes())
            counting.advance()
        for file, labels in output.files.items():
            change.folder(file.parent)
            change.will_change(file)
            _write(output, file, labels)
    return written


def _write(output: Output, file: Path, labels: ForeignLabels) -> None:
    if output.format == "coco":
        write_coco(file, labels)
    elif output.format == "lightning":
        write_lightning(file, labels, for_spreadsheets=output.for_spreadsheets)
    elif output.inside:
        write_slp(file, labels, content=lambda picture: output.inside[picture.path].read_bytes())
    else:
        write_slp(file, labels)


def _relocated(labels: ForeignLabels, start: str) -> ForeignLabels:
    """The labels with the paths of pictures as ``<start><folder>/<name>``."""
    pictures = tuple(replace(p, path=f"{start}{p.folder}/{p.name}") for p in labels.pictures)
    return replace(labels, pictures=pictures)


def _copies(labels: ForeignLabels, root: Path) -> dict[Path, Path]:
    """Where the pictures go below ``root``: target -> source."""
    return {root / p.folder / p.name: Path(p.path) for p in labels.pictures}


def _is_copy(target: Path, source: Path) -> bool:
    return target.is_file() and (target.samefile(source) or filecmp.cmp(target, source, shallow=False))
