"""The labels of a project as foreign labels, and the pictures copied to where they go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from deeplabcut.core.errors import InvalidInput, Missing
from deeplabcut.core.poses import SINGLE, Array, BodyPlan, ImageKey
from deeplabcut.io.annotations import read_label_table
from deeplabcut.io.foreign import ForeignLabels, Kind, Loss, Picture, together, whole_points
from deeplabcut.io.images import image_shape
from deeplabcut.io.tables import Table, annotations_of
from deeplabcut.project.labels import LabelFolder, all_folders, body_plan
from deeplabcut.project.project import Project, config_of


@dataclass(frozen=True)
class _Rows:
    """The labels of one folder, one row for each picture that exists."""

    pictures: tuple[Picture, ...]
    xy: Array
    unique_xy: Array


def labels_of_project(project: Project) -> ForeignLabels:
    """The labels of all folders of a project; ``path`` of each picture is where it lies.

    Animals without any point are left out; what cannot be taken along is listed.
    """
    plan = body_plan(config_of(project))
    kinds, losses = _kinds(plan)
    rows: list[_Rows] = []
    for folder in all_folders(project):
        try:
            table = read_label_table(folder.files)
        except Missing:
            continue
        found, lost = _rows(folder, table, plan)
        rows.append(found)
        losses += lost
    if not any(one.pictures for one in rows):
        raise Missing("The project has no labelled pictures.", where=project.path, fix="label some, then export them")
    pictures = tuple(picture for one in rows for picture in one.pictures)
    xy, unique_xy = np.concatenate([one.xy for one in rows]), np.concatenate([one.unique_xy for one in rows])
    xy, half = whole_points(xy.reshape(-1, plan.n_bodyparts, 2), range(len(xy) * plan.n_individuals))
    unique_xy, half_unique = whole_points(unique_xy, range(len(pictures)))
    broken = [f"{pictures[row // plan.n_individuals].label} {plan.bodyparts[part]}" for row, part in half]
    broken += [f"{pictures[row].label} {plan.unique[part]}" for row, part in half_unique]
    losses.append(Loss("no-number", "points without both coordinates as numbers are left out", tuple(broken)))
    labels = _animals(plan, kinds, pictures, xy.reshape(len(pictures), plan.n_individuals, -1, 2), unique_xy)
    return replace(labels, scorer=project.layout.scorer, losses=together(losses))


def _kinds(plan: BodyPlan) -> tuple[tuple[Kind, ...], list[Loss]]:
    """The animals' bodyparts and the unique ones, each with its bones; bones between the two have no place."""
    groups = [("animal", plan.bodyparts), (SINGLE, plan.unique)]
    kinds = tuple(
        Kind(name, parts, tuple((a, b) for a, b in plan.skeleton if a in parts and b in parts))
        for name, parts in groups
        if parts
    )
    kept = {bone for kind in kinds for bone in kind.skeleton}
    lost = tuple(f"{a} - {b}" for a, b in plan.skeleton if (a, b) not in kept)
    return kinds, [Loss("bones", "bones of the skeleton that do not join two points of one animal are left out", lost)]


def _rows(folder: LabelFolder, table: Table, plan: BodyPlan) -> tuple[_Rows, list[Loss]]:
    known = annotations_of(table, plan)
    kept: list[int] = []
    repeated: list[str] = []
    missing: list[str] = []
    seen: set[str] = set()
    for i, key in enumerate(known.images):
        label = f"{folder.name}/{key[-1]}"
        if key[-1] in seen:
            repeated.append(label)
        elif not (folder.path / key[-1]).is_file():
            missing.append(label)
        else:
            kept.append(i)
        seen.add(key[-1])
    losses = [
        Loss("repeated", "pictures listed more than once; the later rows are left out", tuple(repeated)),
        Loss("no-picture", "labels whose picture is missing are left out", tuple(missing)),
        Loss("columns", "points of the label files that config.yaml does not name are left out",
             tuple(f"{folder.name} {name}" for name in _strays(table, plan))),
    ]  # fmt: skip
    pictures = tuple(_picture(folder, known.images[i]) for i in kept)
    return _Rows(pictures, known.xy[kept], known.unique_xy[kept]), losses


def _picture(folder: LabelFolder, key: ImageKey) -> Picture:
    path = folder.path / key[-1]
    _, height, width = image_shape(path)
    return Picture(folder.name, key[-1], path=path.absolute().as_posix(), size=(width, height))


def _strays(table: Table, plan: BodyPlan) -> list[str]:
    """Points with labels that the table has and the plan does not name."""
    part = table.column_names.index("bodyparts")
    of = table.column_names.index("individuals") if "individuals" in table.column_names else None
    place = {(who, name) for who in plan.individuals for name in plan.bodyparts}
    place |= {(SINGLE, name) for name in plan.unique}
    lone = not plan.is_multi
    found: dict[str, None] = {}
    for number, column in enumerate(table.columns):
        who = "" if of is None else str(column[of])
        name = str(column[part])
        inside = (who, name) in place or (lone and who != SINGLE and name in plan.bodyparts)
        if not inside and np.isfinite(table.values[:, number]).any():
            found[f"{who} {name}".strip()] = None
    return list(found)


def _animals(
    plan: BodyPlan, kinds: tuple[Kind, ...], pictures: tuple[Picture, ...], xy: Array, unique_xy: Array
) -> ForeignLabels:  # fmt: skip
    """One row for each animal with a point, in the order of pictures; the unique bodyparts are one more."""
    width = max((len(kind.bodyparts) for kind in kinds), default=0)
    n, n_animals = len(pictures), plan.n_individuals if plan.bodyparts else 0
    points = np.full((n, n_animals + bool(plan.unique), width, 2), np.nan)
    points[:, :n_animals, : plan.n_bodyparts] = xy[:, :n_animals]
    if plan.unique:
        points[:, n_animals, : plan.n_unique] = unique_xy
    picture_of, slot = np.nonzero(np.isfinite(points).all(axis=-1).any(axis=-1))
    is_unique = slot == n_animals
    kind_of = np.where(is_unique, len(kinds) - 1, 0)
    track_of = np.where(is_unique, -1, slot) if plan.is_multi else np.full(len(slot), -1)
    return ForeignLabels(
        kinds, pictures, picture_of, kind_of, points[picture_of, slot], plan.individuals, track_of
    )  # fmt: skip


def flattened(labels: ForeignLabels) -> ForeignLabels:
    """The labels with all points of a picture as one animal, for formats that know no others."""
    names = tuple(part for kind in labels.kinds for part in kind.bodyparts)
    if len(labels.tracks) > 1 or len(set(names)) < len(names):
        raise InvalidInput(
            f"Lightning Pose knows one animal, the project has {len(labels.tracks)} individuals."
            if len(labels.tracks) > 1
            else "A bodypart of the animal and a unique bodypart have the same name.",
            fix="export as coco or slp",
        )
    kind = Kind("animal", names, tuple(bone for kind in labels.kinds for bone in kind.skeleton))
    start = np.cumsum([0, *(len(kind.bodyparts) for kind in labels.kinds)])[labels.kind_of]
    points = np.full((len(labels.pictures), len(names), 2), np.nan)
    row, part = np.nonzero(np.isfinite(labels.points).all(axis=-1))
    points[labels.picture_of[row], start[row] + part] = labels.points[row, part]
    n = len(labels.pictures)
    return ForeignLabels(
        (kind,), labels.pictures, np.arange(n), np.zeros(n), points, scorer=labels.scorer, losses=labels.losses
    )


def of_view(labels: ForeignLabels, views: Sequence[str]) -> dict[str, ForeignLabels]:
    """The flattened labels of each view, with the same pictures of the same sessions in the same order.

    The name of a view is part of the names of its videos; without it the names of a session are equal. Pictures
    that some view lacks are left out and listed.
    """
    rows: dict[str, dict[tuple[str, str], int]] = {view: {} for view in views}
    for i, picture in enumerate(labels.pictures):
        named = [view for view in views if view in picture.folder]
        if len(named) != 1:
            said = f"of {' and '.join(named)}" if named else "of none"
            raise InvalidInput(
                f"The video {picture.folder!r} is {said} of the views {', '.join(views)}.",
                fix="name the views by parts of the names of their videos, each in one video of a session only",
            )
        rows[named[0]][picture.folder.replace(named[0], "", 1), picture.name] = i
    common = [key for key in rows[views[0]] if all(key in rows[view] for view in views)]
    wanted = {i for view in views for i in (rows[view][key] for key in common)}
    lost = tuple(p.label for i, p in enumerate(labels.pictures) if i not in wanted)
    found = {view: picked(labels, [rows[view][key] for key in common]) for view in views}
    if not common:
        raise InvalidInput("No picture is there in all views.", fix="extract the same frames of all views")
    if lost:
        note = Loss("views", "pictures that are not there in all views are left out", lost)
        found[views[0]] = replace(found[views[0]], losses=(*found[views[0]].losses, note))
    return found


def picked(labels: ForeignLabels, pictures: Sequence[int]) -> ForeignLabels:
    """Flattened labels with some pictures only, in the order given."""
    chosen = np.asarray(pictures, np.intp)
    return replace(
        labels, pictures=tuple(labels.pictures[i] for i in pictures), picture_of=np.arange(len(chosen)),
        kind_of=np.zeros(len(chosen), np.intp), points=labels.points[chosen], track_of=np.full(len(chosen), -1),
        hidden=labels.hidden[chosen], boxes=labels.boxes[chosen],
    )  # fmt: skip
