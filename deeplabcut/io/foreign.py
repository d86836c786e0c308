"""Labels as other programs keep them: pictures, and on each the animals with their points.

Every format has one reader and one writer of `ForeignLabels`. What a file says and this noun cannot hold is listed as
a `Loss`, so that nothing disappears without a word.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from deeplabcut.core.errors import DamagedFile, InvalidInput, UnsafeFile
from deeplabcut.core.text import printable

Array = npt.NDArray[Any]

MARGIN_PX = 20
_SHOWN = 3
_MOST_VALUES = 50_000_000


@dataclass(frozen=True)
class Loss:
    """Something that one side says and the other cannot hold.

    ``code`` names the kind of loss, ``what`` is a sentence about it, ``items`` are all the things concerned.
    """

    code: str
    what: str
    items: tuple[str, ...] = ()

    def __str__(self) -> str:
        if not self.items:
            return printable(self.what)
        shown = ", ".join(printable(item) for item in self.items[:_SHOWN])
        more = f" and {len(self.items) - _SHOWN:,} more" if len(self.items) > _SHOWN else ""
        return f"{printable(self.what)} ({len(self.items):,}): {shown}{more}"


@dataclass(frozen=True)
class Kind:
    """A sort of animal with the names of its points: a category of COCO, a skeleton of SLEAP."""

    name: str
    bodyparts: tuple[str, ...]
    skeleton: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        if len(set(self.bodyparts)) < len(self.bodyparts):
            twice = sorted({part for part in self.bodyparts if self.bodyparts.count(part) > 1})
            raise InvalidInput(f"{self.name!r} has several points called {', '.join(map(repr, twice))}.")


@dataclass(frozen=True)
class Embedded:
    """A picture that lies encoded in the file of the labels; ``is_bgr`` if it was encoded with red and blue swapped."""

    dataset: str
    row: int
    encoding: str = "png"
    is_bgr: bool = False


@dataclass(frozen=True)
class Picture:
    """A picture that carries labels, or could carry some.

    Parameters
    ----------
    folder : stem of the video it comes from, "" where the file does not say.
    name : its file name, "" if it is known by its number alone.
    number : its frame number in the video.
    path : where the file says that the picture lies, as it spells it.
    video : where the file says that the video lies, as it spells it.
    size : width and height in pixels.
    """

    folder: str
    name: str
    number: int | None = None
    path: str = ""
    video: str = ""
    size: tuple[int, int] | None = None
    embedded: Embedded | None = None

    @property
    def label(self) -> str:
        """How people are told of it."""
        return f"{self.folder}/{self.name or self.number}".removeprefix("/")


@dataclass(frozen=True)
class ForeignLabels:
    """Pictures and the animals on them, one row of the arrays for each animal.

    Parameters
    ----------
    picture_of, kind_of, track_of : (n_animals,) positions in ``pictures``, ``kinds`` and ``tracks`` (-1: no track).
    points : (n_animals, most points of a kind, 2) x and y, NaN where nothing is labelled.
    hidden : (n_animals, most points of a kind) whether a labelled point is marked as occluded.
    boxes : (n_animals, 4) x, y, width and height, NaN without a box.
    losses : what the file says beyond this.
    """

    kinds: tuple[Kind, ...]
    pictures: tuple[Picture, ...]
    picture_of: Array
    kind_of: Array
    points: Array
    tracks: tuple[str, ...] = ()
    track_of: Array = field(default_factory=lambda: np.empty(0, np.intp))
    hidden: Array = field(default_factory=lambda: np.empty((0, 0), bool))
    boxes: Array = field(default_factory=lambda: np.empty((0, 4)))
    scorer: str = ""
    losses: tuple[Loss, ...] = ()

    def __post_init__(self) -> None:
        n, width = len(self.picture_of), max((len(kind.bodyparts) for kind in self.kinds), default=0)
        points = np.asarray(self.points, float).reshape(n, width, 2)
        put = object.__setattr__
        put(self, "points", points)
        put(self, "picture_of", np.asarray(self.picture_of, np.intp))
        put(self, "kind_of", np.asarray(self.kind_of, np.intp))
        put(self, "track_of", np.asarray(self.track_of, np.intp) if np.size(self.track_of) else np.full(n, -1))
        put(self, "hidden", self.hidden if np.size(self.hidden) else np.zeros((n, width), bool))
        put(self, "boxes", self.boxes if np.size(self.boxes) else np.full((n, 4), np.nan))

    def __len__(self) -> int:
        return len(self.picture_of)

    @property
    def n_points(self) -> int:
        """Labelled points."""
        return int(np.isfinite(self.points).all(axis=-1).sum())

    def animals_of(self, picture: int) -> Array:
        """The rows of the animals on a picture."""
        return np.flatnonzero(self.picture_of == picture)


def whole_points(points: Array, names: Sequence[Any]) -> tuple[Array, list[tuple[Any, int]]]:
    """The points with those removed that lack a finite x or y, and which these are: name of the row, point number."""
    whole = np.asarray(np.isfinite(points).all(axis=-1))
    empty = np.isnan(points).all(axis=-1)
    broken = [(names[row], int(point)) for row, point in np.argwhere(~whole & ~empty)]
    return np.where(whole[..., None], points, np.nan), broken


def padded(rows: Iterable[Array], width: int) -> Array:
    """Arrays of (n_points, 2) one below the other, each filled up with NaN to ``width`` points."""
    rows = list(rows)
    result = np.full((len(rows), width, 2), np.nan)
    for i, row in enumerate(rows):
        result[i, : len(row)] = row
    return result


def joined(parts: Sequence[ForeignLabels]) -> ForeignLabels:
    """The labels of several files as one; kinds and tracks that are equal become one."""
    if len(parts) == 1:
        return parts[0]
    kinds = tuple(dict.fromkeys(kind for part in parts for kind in part.kinds))
    tracks = tuple(dict.fromkeys(track for part in parts for track in part.tracks))
    width = max((len(kind.bodyparts) for kind in kinds), default=0)
    starts = np.cumsum([0, *(len(part.pictures) for part in parts)])
    kind_of = [np.array([kinds.index(kind) for kind in p.kinds], np.intp)[p.kind_of] for p in parts]
    track_of = [np.array([*(tracks.index(track) for track in p.tracks), -1], np.intp)[p.track_of] for p in parts]
    hidden = [np.pad(part.hidden, ((0, 0), (0, width - part.hidden.shape[1]))) for part in parts]
    return ForeignLabels(
        kinds,
        tuple(picture for part in parts for picture in part.pictures),
        np.concatenate([part.picture_of + start for part, start in zip(parts, starts, strict=False)]),
        np.concatenate(kind_of),
        np.concatenate([padded(part.points, width) for part in parts]),
        tracks,
        np.concatenate(track_of),
        np.concatenate(hidden),
        np.concatenate([part.boxes for part in parts]),
        next((part.scorer for part in parts if part.scorer), ""),
        tuple(loss for part in parts for loss in part.losses),
    )


def read_json(text: str | bytes, where: Path, what: str) -> Any:
    """What a JSON text says; refused if it is garbled, nested without end, or holds more than memory could."""
    content = text.encode() if isinstance(text, str) else text
    if sum(content.count(mark) for mark in (b",", b"[", b"{")) > _MOST_VALUES:
        raise UnsafeFile(f"{what} holds more than {_MOST_VALUES:,} values.", where=where, fix="split the file")
    try:
        return json.loads(content)
    except RecursionError as error:
        raise UnsafeFile(f"{what} is nested too deeply.", where=where) from error
    except ValueError as error:
        raise DamagedFile(f"{what} is no JSON text ({error}).", where=where, fix="use a copy of the file") from error


def losses_of(found: dict[str, tuple[str, list[str]]]) -> tuple[Loss, ...]:
    """One `Loss` for each code that has any items."""
    return tuple(Loss(code, what, tuple(items)) for code, (what, items) in found.items() if items)


def boxes_around(points: Array, sizes: Array) -> Array:
    """A box around the points of each animal with a margin, inside its picture: (n, 4) x, y, width and height.

    ``sizes`` is (n, 2) width and height. Without a point the box is NaN.
    """
    some = np.isfinite(points).all(axis=-1).any(axis=-1)
    boxes = np.full((len(points), 4), np.nan)
    low = np.nanmin(points[some], axis=1) - MARGIN_PX
    high = np.nanmax(points[some], axis=1) + MARGIN_PX
    low, high = np.clip(low, 0, sizes[some]), np.clip(high, 0, sizes[some])
    boxes[some] = np.concatenate([low, high - low], axis=1)
    return boxes


def together(losses: Iterable[Loss]) -> tuple[Loss, ...]:
    """One loss for each kind, with the items of all of that kind; those without any are dropped."""
    items: dict[tuple[str, str], list[str]] = {}
    for loss in losses:
        items.setdefault((loss.code, loss.what), []).extend(loss.items)
    return tuple(Loss(code, what, tuple(dict.fromkeys(found))) for (code, what), found in items.items() if found)
