"""Labels of other programs put under the names of a project: bodyparts by name, animals by name or by order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from deeplabcut.core.config.names import nearest
from deeplabcut.core.errors import InvalidInput
from deeplabcut.core.poses import SINGLE, Array, BodyPlan
from deeplabcut.core.text import same_text
from deeplabcut.io.foreign import ForeignLabels, Loss, boxes_around

_NAMED = 5


@dataclass(frozen=True)
class Placed:
    """Points in the order of a plan, one row for each picture, and what could not be kept."""

    xy: Array  # (n_pictures, n_individuals, n_bodyparts, 2)
    unique_xy: Array  # (n_pictures, n_unique, 2)
    losses: tuple[Loss, ...]


def placed(labels: ForeignLabels, plan: BodyPlan, rename: Mapping[str, str] | None = None) -> Placed:
    """The points of the labels where the plan has them; unknown bodyparts and too many animals are errors.

    Parameters
    ----------
    rename : names of the file and those of the project; an empty name leaves a bodypart out.
    """
    own, unique, losses = _places(labels, plan, rename or {})
    seen = np.asarray(np.isfinite(labels.points).all(axis=-1))
    n, width = len(labels.pictures), labels.points.shape[1]
    parts = np.arange(width)
    xy = np.full((n, plan.n_individuals, plan.n_bodyparts, 2), np.nan)
    unique_xy = np.full((n, plan.n_unique, 2), np.nan)
    own_of, unique_of = own[labels.kind_of], unique[labels.kind_of]  # (n_animals, width) positions, -1 elsewhere
    is_own, is_unique = seen & (own_of >= 0), seen & (unique_of >= 0)
    animals = np.flatnonzero(is_own.any(axis=1))
    slot = np.full(len(labels), -1)
    slot[animals], found = _slots(labels, animals, plan)
    row, part = np.nonzero(is_own)
    xy[labels.picture_of[row], slot[row], own_of[row, part]] = labels.points[row, parts[part]]
    row, part = np.nonzero(is_unique)
    _once(labels, row, unique_of[row, part], plan)
    unique_xy[labels.picture_of[row], unique_of[row, part]] = labels.points[row, part]
    return Placed(xy, unique_xy, (*losses, *found, *_unheld(labels, seen)))


def _places(
    labels: ForeignLabels, plan: BodyPlan, rename: Mapping[str, str]
) -> tuple[Array, Array, list[Loss]]:  # fmt: skip
    """For each point of each kind its place among the bodyparts, or among the unique ones; -1 where it has none."""
    renamed = {same_text(old): same_text(new) for old, new in rename.items()}
    own_at = {same_text(name): i for i, name in enumerate(plan.bodyparts)}
    unique_at = {same_text(name): i for i, name in enumerate(plan.unique)}
    shape = (len(labels.kinds), labels.points.shape[1])
    own, unique = np.full(shape, -1), np.full(shape, -1)
    used = set(labels.kind_of.tolist())
    unknown: list[str] = []
    left_out: list[str] = []
    for number, kind in enumerate(labels.kinds):
        names = [renamed.get(part, part) for part in kind.bodyparts]
        if twice := sorted({name for name in names if name and names.count(name) > 1}):
            raise InvalidInput(f"Several points of {kind.name!r} would be {twice[0]!r}.", fix="correct rename")
        for i, (name, part) in enumerate(zip(names, kind.bodyparts, strict=True)):
            if name in unique_at and (kind.name == SINGLE or name not in own_at):
                unique[number, i] = unique_at[name]
            elif name in own_at:
                own[number, i] = own_at[name]
            elif not name:
                left_out.append(part)
            elif number in used and name not in unknown:
                unknown.append(name)
    if unknown:
        raise _unknown_parts(unknown, plan)
    losses = [Loss("bodyparts", "bodyparts are left out, as asked for", tuple(left_out))] if left_out else []
    return own, unique, losses


def _unknown_parts(unknown: list[str], plan: BodyPlan) -> InvalidInput:
    known = [*plan.bodyparts, *plan.unique]
    near = {name: nearest(name, known) for name in unknown}
    named = [f"{name!r} (near: {near[name]!r})" if near[name] else f"{name!r}" for name in unknown]
    example = {name: near[name] or "" for name in unknown[:2]}
    return InvalidInput(
        f"The file has bodyparts that the project does not have: {', '.join(named)}. "
        f"The project has: {', '.join(map(repr, known))}.",
        fix=f"add them with deeplabcut.change_bodyparts(config, add={unknown[:_NAMED]!r}), or say what they are with "
        f"rename={example!r} (an empty name leaves a bodypart out)",
    )


def _slots(labels: ForeignLabels, animals: Array, plan: BodyPlan) -> tuple[Array, list[Loss]]:
    """The individual that each animal is: by its name, else the first one that is free on its picture."""
    picture_of, track_of = labels.picture_of[animals], labels.track_of[animals]
    _not_too_many(labels, picture_of, plan)
    if plan.n_individuals == 1:
        names = tuple(labels.tracks[i] for i in np.unique(track_of[track_of >= 0]))
        lost = [name for name in names if name not in plan.individuals]
        losses = [Loss("individuals", "names of animals are left out", tuple(lost))] if lost else []
        return np.zeros(len(animals), np.intp), losses
    slot_of_track, losses = _tracks(labels, track_of, plan)
    slots = np.append(slot_of_track, -1)[track_of]
    named = np.flatnonzero(slots >= 0)
    _, first = np.unique(np.stack([picture_of, slots])[:, named], axis=1, return_index=True)
    twice = np.setdiff1d(named, named[first])
    slots[twice] = -1
    unnamed = np.flatnonzero(slots < 0)
    labelled = [labels.pictures[picture_of[i]].label for i in unnamed]
    for picture in np.unique(picture_of[unnamed]):
        rows = np.flatnonzero(picture_of == picture)
        free = np.setdiff1d(np.arange(plan.n_individuals), slots[rows])
        waiting = rows[slots[rows] < 0]
        slots[waiting] = free[: len(waiting)]
    if len(unnamed):
        taken = tuple(f"{where} {plan.individuals[slots[i]]}" for where, i in zip(labelled, unnamed, strict=True))
        losses.append(Loss("by-order", "animals without a name of their own are the individuals that are free", taken))
    return slots, losses


def _tracks(labels: ForeignLabels, track_of: Array, plan: BodyPlan) -> tuple[Array, list[Loss]]:
    """The individual for each track: that of its name, else one that no other track has; -1 if these are too few."""
    place = {same_text(name): i for i, name in enumerate(plan.individuals)}
    used = [int(i) for i in np.unique(track_of[track_of >= 0])]
    slots = np.full(len(labels.tracks), -1)
    known = [i for i in used if labels.tracks[i] in place]
    slots[known] = [place[labels.tracks[i]] for i in known]
    others = [i for i in used if slots[i] < 0]
    free = [i for i in range(plan.n_individuals) if i not in set(slots[known].tolist())]
    if len(others) > len(free):
        names = tuple(labels.tracks[i] for i in others)
        return slots, [Loss("individuals", "more names of animals than the project has individuals; left out", names)]
    slots[others] = free[: len(others)]
    changed = tuple(f"{labels.tracks[i]} -> {plan.individuals[slots[i]]}" for i in others)
    return slots, [Loss("individuals", "animals get names of the project", changed)] if changed else []


def _not_too_many(labels: ForeignLabels, picture_of: Array, plan: BodyPlan) -> None:
    counts = np.bincount(picture_of, minlength=1)
    if counts.max() <= plan.n_individuals:
        return
    crowded = np.flatnonzero(counts > plan.n_individuals)
    shown = ", ".join(f"{labels.pictures[i].label} ({counts[i]})" for i in crowded[:_NAMED])
    raise InvalidInput(
        f"{len(crowded)} pictures have more animals than the project has individuals ({plan.n_individuals}): {shown}.",
        fix=f"list {counts.max()} individuals in config.yaml"
        + ("" if plan.is_multi else ", in a project with multianimalproject: true"),
    )


def _once(labels: ForeignLabels, rows: Array, parts: Array, plan: BodyPlan) -> None:
    """Raise if a unique bodypart is on a picture twice."""
    pairs, counts = np.unique(np.stack([labels.picture_of[rows], parts]), axis=1, return_counts=True)
    if np.any(counts > 1):
        picture, part = pairs[:, np.argmax(counts)]
        raise InvalidInput(
            f"The unique bodypart {plan.unique[part]!r} is on {labels.pictures[picture].label} {counts.max()} times.",
            fix="keep one of them",
        )


def _unheld(labels: ForeignLabels, seen: Array) -> list[Loss]:
    """What labels of a project have no place for: marks of occlusion, and boxes that the points do not give."""
    row, part = np.nonzero(labels.hidden & seen)
    label = [labels.pictures[i].label for i in labels.picture_of]
    hidden = [f"{label[i]} {labels.kinds[labels.kind_of[i]].bodyparts[k]}" for i, k in zip(row, part, strict=True)]
    sizes = np.array([p.size or (np.inf, np.inf) for p in labels.pictures], float).reshape(-1, 2)[labels.picture_of]
    given = np.isfinite(labels.boxes).all(axis=1)
    other = given & ~(labels.boxes == boxes_around(labels.points, sizes)).all(axis=1)
    found = [
        Loss("occluded", "labelled points are marked as occluded; the marks are left out", tuple(hidden)),
        Loss("boxes", "boxes are left out; training computes them from the points",
             tuple(label[i] for i in np.flatnonzero(other))),
    ]  # fmt: skip
    return [loss for loss in found if loss.items]
