"""COCO keypoints: one json of categories, pictures and annotations.

Coordinates are those of the project: (0, 0) is the centre of the first pixel, nothing is shifted. The flag of a point
is 2 (labelled), 1 (labelled, but occluded) or 0 (not labelled, x = y = 0); some writers add -1 (not defined). Unique
bodyparts are a category of their own, called ``single``. The name of an individual is in ``individual``, the extra
key that loaders of the field look for, and in ``track_id``.
"""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from deeplabcut.core.errors import DamagedFile, InvalidInput, UnsafeFile
from deeplabcut.core.files import atomic_write_bytes, open_to_read
from deeplabcut.core.poses import SINGLE
from deeplabcut.core.text import same_text
from deeplabcut.io.foreign import (
    Array,
    ForeignLabels,
    Kind,
    Loss,
    Picture,
    boxes_around,
    losses_of,
    padded,
    read_json,
)

LABELLED, OCCLUDED, ABSENT, UNDEFINED = 2, 1, 0, -1
_MOST_BYTES = 1 << 29
_NO_FOLDER = frozenset(["images", "labeled-data", "..", "."])
_READ = {
    "the file": {"images", "annotations", "categories", "info"},
    "info": {"description", "contributor"},
    "categories": {"id", "name", "supercategory", "keypoints", "skeleton"},
    "images": {"id", "file_name", "width", "height"},
    "annotations": {
        "id", "image_id", "category_id", "keypoints", "num_keypoints", "bbox", "area", "iscrowd", "individual",
        "individual_id", "track_id",
    },
}  # fmt: skip


def read_coco(path: str | os.PathLike[str]) -> ForeignLabels:
    """The labels in a json of COCO keypoints; an error names the record and the field that is wrong."""
    path = Path(path)
    with open_to_read(path) as file:
        if os.fstat(file.fileno()).st_size > _MOST_BYTES:
            raise UnsafeFile(f"The file has more than {_MOST_BYTES >> 20} MB.", where=path, fix="split the file")
        content = read_json(file.read(), path, "The file")
    if not isinstance(content, dict) or not isinstance(content.get("images"), list):
        raise DamagedFile(
            "The file is no COCO json: it has no list of images.", where=path,
            fix="give a json with images, annotations and categories",
        )  # fmt: skip
    reading = _Reading(path)
    reading.note_fields("the file", content)
    info = content.get("info")
    if isinstance(info, Mapping):
        reading.note_fields("info", info)
    for record in _records(content, "categories", path):
        reading.add_category(record)
    for record in _records(content, "images", path):
        reading.add_picture(record)
    for record in _records(content, "annotations", path):
        reading.add_animal(record)
    return reading.result(str(info.get("contributor") or "") if isinstance(info, Mapping) else "")


def write_coco(path: str | os.PathLike[str], labels: ForeignLabels) -> None:
    """Replace ``path`` by a json of the labels; every picture has a path and a size."""
    path = Path(path)
    content = _text(coco_content(labels)).encode("ascii")
    atomic_write_bytes(path, content, check=lambda part: _check(part, content))


def _text(content: Mapping[str, Any]) -> str:
    """The content as JSON, one record on each line."""
    parts = []
    for name, value in content.items():
        if isinstance(value, list):
            text = "[" + ",".join(f"\n  {json.dumps(record, allow_nan=False)}" for record in value) + "\n ]"
        else:
            text = json.dumps(value, allow_nan=False)
        parts.append(f"\n {json.dumps(name)}: {text}")
    return "{" + ",".join(parts) + "\n}\n"


def coco_content(labels: ForeignLabels) -> dict[str, Any]:
    """What the json of the labels says. Animals without any point are left out, and so are kinds without points."""
    if wrong := [picture for picture in labels.pictures if picture.size is None or not picture.path]:
        raise InvalidInput(f"The size or the place of the picture {wrong[0].label} is not known.")
    place = {id(kind): i + 1 for i, kind in enumerate(kind for kind in labels.kinds if kind.bodyparts)}
    return {
        "info": {"description": "keypoints of animals", "contributor": labels.scorer},
        "images": [
            {"id": i + 1, "file_name": p.path, "width": p.size[0], "height": p.size[1]}
            for i, p in enumerate(labels.pictures)
            if p.size is not None
        ],
        "annotations": _annotations(labels, [place.get(id(kind), 0) for kind in labels.kinds]),
        "categories": [_category(kind, place[id(kind)]) for kind in labels.kinds if kind.bodyparts],
    }


def _annotations(labels: ForeignLabels, categories: list[int]) -> list[dict[str, Any]]:
    sizes = np.array([picture.size for picture in labels.pictures], float).reshape(-1, 2)[labels.picture_of]
    computed = boxes_around(labels.points, sizes)
    boxes = np.where(np.isfinite(labels.boxes), labels.boxes, computed)
    seen = np.asarray(np.isfinite(labels.points).all(axis=-1))
    flags = np.where(seen, np.where(labels.hidden, OCCLUDED, LABELLED), ABSENT)
    xyv = np.concatenate([np.where(seen[..., None], labels.points, 0.0), flags[..., None]], axis=-1)
    result: list[dict[str, Any]] = []
    for row in np.flatnonzero(seen.any(axis=1)):
        kind, track = int(labels.kind_of[row]), int(labels.track_of[row])
        n_points = len(labels.kinds[kind].bodyparts)
        one = {
            "id": len(result) + 1,
            "image_id": int(labels.picture_of[row]) + 1,
            "category_id": categories[kind],
            "keypoints": _numbers(xyv[row, :n_points]),
            "num_keypoints": int(seen[row].sum()),
            "bbox": boxes[row].tolist(),
            "area": float(max(1.0, boxes[row, 2] * boxes[row, 3])),
            "iscrowd": 0,
        }
        if track >= 0:
            one |= {"individual": labels.tracks[track], "track_id": track}
        result.append(one)
    return result


def _numbers(xyv: Array) -> list[float]:
    """x, y and flag of each point in one list; the flags are whole numbers."""
    return [number for x, y, flag in xyv.tolist() for number in (x, y, int(flag))]


def _category(kind: Kind, number: int) -> dict[str, Any]:
    place = {part: i + 1 for i, part in enumerate(kind.bodyparts)}
    bones = [[place[a], place[b]] for a, b in kind.skeleton]
    return {
        "id": number,
        "name": kind.name,
        "supercategory": SINGLE if kind.name == SINGLE else "animal",
        "keypoints": list(kind.bodyparts),
        "skeleton": bones,
    }


def _check(part: Path, content: bytes) -> None:
    if part.read_bytes() != content:
        raise DamagedFile("The written json does not read back as it was meant.", where=part, fix="save again")


def folder_in(file_name: str) -> str:
    """The folder that a file name of a picture names last, if it is one that stands for a video."""
    parts = [part for part in re.split(r"[\\/]", file_name) if part]
    return "" if len(parts) < 2 or parts[-2] in _NO_FOLDER or parts[-2].endswith(":") else parts[-2]


@dataclass(frozen=True)
class _Record:
    """One entry of a list of the file; errors name it."""

    name: str
    content: Mapping[str, Any]
    path: Path

    def wrong(self, field_name: str, problem: str, fix: str = "correct the file") -> DamagedFile:
        return DamagedFile(f"{self.name}.{field_name}: {problem}.", where=self.path, fix=fix)

    def key(self, field_name: str) -> int | str:
        value = self.content.get(field_name)
        if isinstance(value, bool) or not isinstance(value, (int, str)):
            raise self.wrong(field_name, f"a number is expected, not {str(value)[:40]!r}")
        return value

    def text(self, field_name: str) -> str:
        value = self.content.get(field_name)
        if not isinstance(value, str) or not value.strip() or "\0" in value:
            raise self.wrong(field_name, f"a text is expected, not {str(value)[:40]!r}")
        return value

    def numbers(self, field_name: str, n: int, explanation: str) -> Array:
        value = self.content.get(field_name)
        try:
            found = np.asarray(value, float).ravel()
        except (TypeError, ValueError, OverflowError) as error:
            raise self.wrong(field_name, f"{n} numbers are expected ({explanation})") from error
        if not isinstance(value, list) or len(found) != n:
            raise self.wrong(field_name, f"{n} numbers are expected ({explanation}), not {len(found)}")
        return found


def _records(content: Mapping[str, Any], name: str, path: Path) -> list[_Record]:
    entries = content.get(name)
    if not isinstance(entries, list):
        raise DamagedFile(f"{name}: a list is expected.", where=path, fix="give a json of COCO keypoints")
    if wrong := [i for i, entry in enumerate(entries) if not isinstance(entry, Mapping)]:
        raise DamagedFile(f"{name}[{wrong[0]}] is no record.", where=path, fix="correct the file")
    return [_Record(f"{name}[{i}]", entry, path) for i, entry in enumerate(entries)]


@dataclass
class _Reading:
    """What was read so far."""

    path: Path
    kinds: list[Kind] = field(default_factory=list)
    kind_at: dict[int | str, int | None] = field(default_factory=dict)
    pictures: list[Picture] = field(default_factory=list)
    picture_at: dict[int | str, int] = field(default_factory=dict)
    tracks: dict[str, int] = field(default_factory=dict)
    animals: list[tuple[int, int, int]] = field(default_factory=list)
    points: list[Array] = field(default_factory=list)
    hidden: list[Array] = field(default_factory=list)
    boxes: list[Array] = field(default_factory=list)
    unread: Counter[str] = field(default_factory=Counter)
    found: dict[str, tuple[str, list[str]]] = field(
        default_factory=lambda: {
            "no-keypoints": ("annotations without keypoints (boxes or masks only) are left out", []),
            "crowd": ("annotations of crowds are left out", []),
            "flagged-absent": ("points with coordinates and a flag that says they are not labelled are left out", []),
            "no-number": ("points whose coordinates are no numbers are left out", []),
            "odd-flag": ("flags other than 0, 1 and 2 are taken for 'labelled' if they are positive", []),
            "bones": ("bones of the skeleton that name no keypoint are left out", []),
        }
    )

    def note_fields(self, owner: str, content: Mapping[str, Any]) -> None:
        for name, value in content.items():
            if name not in _READ[owner] and value not in (None, [], {}, ""):
                self.unread[f"{owner}: {name}"] += 1

    def add_category(self, record: _Record) -> None:
        self.note_fields("categories", record.content)
        number = record.key("id")
        if number in self.kind_at:
            raise record.wrong("id", f"{number!r} is the id of another category too")
        names = record.content.get("keypoints") or []
        if not isinstance(names, list) or not all(isinstance(name, str) and name for name in names):
            raise record.wrong("keypoints", "a list of names is expected")
        self.kind_at[number] = None if not names else len(self.kinds)
        if not names:
            return
        name = record.text("name")
        try:
            self.kinds.append(Kind(name, tuple(map(same_text, names)), self._bones(record, names)))
        except InvalidInput as error:
            raise record.wrong("keypoints", error.message.rstrip(".")) from error

    def _bones(self, record: _Record, names: list[str]) -> tuple[tuple[str, str], ...]:
        pairs = record.content.get("skeleton") or []
        if not isinstance(pairs, list):
            raise record.wrong("skeleton", "a list of pairs is expected")
        bones = []
        for pair in pairs:
            if (
                isinstance(pair, list)
                and len(pair) == 2
                and all(isinstance(i, int) and 1 <= i <= len(names) for i in pair)
            ):
                bones.append((same_text(names[pair[0] - 1]), same_text(names[pair[1] - 1])))
            else:
                self.found["bones"][1].append(f"{record.name} {str(pair)[:40]}")
        return tuple(bones)

    def add_picture(self, record: _Record) -> None:
        self.note_fields("images", record.content)
        number, name = record.key("id"), record.text("file_name")
        if number in self.picture_at:
            raise record.wrong("id", f"{number!r} is the id of another picture too")
        size = None
        width, height = record.content.get("width"), record.content.get("height")
        if isinstance(width, int) and isinstance(height, int) and min(width, height) > 0:
            size = (width, height)
        base = re.split(r"[\\/]", name)[-1]
        if not base:
            raise record.wrong("file_name", f"{name[:80]!r} names no file")
        self.picture_at[number] = len(self.pictures)
        self.pictures.append(Picture(folder_in(name), base, path=name, size=size))

    def add_animal(self, record: _Record) -> None:
        self.note_fields("annotations", record.content)
        image, category = record.key("image_id"), record.key("category_id")
        if image not in self.picture_at:
            raise record.wrong("image_id", f"no picture has the id {image!r}")
        if category not in self.kind_at:
            raise record.wrong("category_id", f"no category has the id {category!r}")
        picture, kind = self.picture_at[image], self.kind_at[category]
        who = f"{self.pictures[picture].label} {record.name}"
        if kind is None or not record.content.get("keypoints"):
            self.found["no-keypoints"][1].append(who)
            return
        if record.content.get("iscrowd") in (1, True):
            self.found["crowd"][1].append(who)
            return
        names = self.kinds[kind].bodyparts
        explanation = f"x, y and flag of the {len(names)} keypoints of {self.kinds[kind].name!r}"
        xyv = record.numbers("keypoints", 3 * len(names), explanation).reshape(-1, 3)
        labelled = self._labelled(xyv, who, names)
        self.points.append(np.where(labelled[:, None], xyv[:, :2], np.nan))
        self.hidden.append(labelled & (xyv[:, 2] == OCCLUDED))
        box = record.content.get("bbox")
        self.boxes.append(record.numbers("bbox", 4, "x, y, width and height") if box else np.full(4, np.nan))
        self.animals.append((picture, kind, self._track(record)))

    def _labelled(self, xyv: Array, who: str, names: tuple[str, ...]) -> Array:
        flag, finite = xyv[:, 2], np.isfinite(xyv[:, :2]).all(axis=1)
        odd = ~np.isin(flag, (LABELLED, OCCLUDED, ABSENT, UNDEFINED))
        dropped = finite & (flag == ABSENT) & (xyv[:, :2] != 0).any(axis=1)
        for code, which in (("odd-flag", odd), ("flagged-absent", dropped), ("no-number", (flag > 0) & ~finite)):
            self.found[code][1].extend(f"{who} {names[i]}" for i in np.flatnonzero(which))
        return np.asarray(finite & (flag > 0))

    def _track(self, record: _Record) -> int:
        """The number of the track that the annotation belongs to, by its name; -1 if it has none."""
        for name in ("individual", "track_id"):
            value = record.content.get(name)
            if isinstance(value, (str, int)) and not isinstance(value, bool) and str(value).strip():
                return self.tracks.setdefault(same_text(str(value)), len(self.tracks))
        return -1

    def result(self, scorer: str) -> ForeignLabels:
        width = max((len(kind.bodyparts) for kind in self.kinds), default=0)
        animals = np.array(self.animals, np.intp).reshape(-1, 3)
        hidden = np.zeros((len(animals), width), bool)
        for i, row in enumerate(self.hidden):
            hidden[i, : len(row)] = row
        losses = list(losses_of(self.found))
        if self.unread:
            unread = tuple(f"{name} ({n:,})" for name, n in self.unread.items())
            losses.append(Loss("fields", "fields of the file that labels have no place for are left out", unread))
        return ForeignLabels(
            tuple(self.kinds), tuple(self.pictures), animals[:, 0], animals[:, 1], padded(self.points, width),
            tuple(self.tracks), animals[:, 2], hidden, np.array(self.boxes).reshape(-1, 4), scorer, tuple(losses),
        )  # fmt: skip
