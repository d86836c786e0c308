"""SLEAP labels read from a file that is not believed: every number in it that names something else is checked."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from deeplabcut.core.errors import DamagedFile, InvalidInput
from deeplabcut.core.text import same_text
from deeplabcut.io.coco import folder_in
from deeplabcut.io.foreign import Array, Embedded, ForeignLabels, Kind, Loss, Picture, read_json, whole_points
from deeplabcut.io.h5_guard import Group, opened
from deeplabcut.io.h5_varying import byte_rows, text_attribute, texts

_KNOWN = {"metadata", "videos_json", "tracks_json", "suggestions_json", "frames", "instances", "points", "pred_points"}
_COLUMNS = {
    "frames": ("frame_id", "video", "frame_idx", "instance_id_start", "instance_id_end"),
    "instances": ("instance_type", "skeleton", "track", "point_id_start", "point_id_end"),
    "points": ("x", "y", "visible"),
}
_CORNER_BEFORE, _SWAPPED_BEFORE, _TOO_NEW = 1.1, 1.4, 3.0
_EDGE, _SYMMETRY = 1, 2
_USER = 0


def read_slp(path: str | os.PathLike[str]) -> ForeignLabels:
    """The labels that people made in SLEAP; pictures that lie in the file are read by `embedded_pictures`."""
    path = Path(path)
    with opened(path) as root:
        group = root.group("metadata")
        version = _version(group)
        metadata = _json(group.text("json"), path, "metadata")
        kinds, symmetries = _skeletons(metadata, path)
        tracks = [_track_name(text, path) for text in (texts(root, "tracks_json") if root.has("tracks_json") else [])]
        videos = [_video(root, text, i, version) for i, text in enumerate(texts(root, "videos_json"))]
        tables = {name: _table(root, name) for name in _COLUMNS}
        losses = [
            Loss("suggestions", "suggested frames are left out", tuple(_suggestions(root, videos))),
            Loss("symmetries", "pairs of left and right in the skeleton are left out", tuple(symmetries)),
            Loss("fields", "other data of the file are left out", tuple(_others(root))),
        ]
    labels = _labels(path, kinds, tuple(tracks), videos, tables, half_pixel=version < _CORNER_BEFORE)
    provenance = metadata.get("provenance")
    scorer = provenance.get("scorer") if isinstance(provenance, Mapping) else None
    found = (*labels.losses, *(loss for loss in losses if loss.items))
    return replace(labels, scorer=scorer if isinstance(scorer, str) else "", losses=found)


def embedded_pictures(path: str | os.PathLike[str], wanted: Sequence[Embedded]) -> Iterator[bytes]:
    """The encoded pictures, in the order given."""
    if not wanted:
        return
    with opened(path) as root:
        start = 0
        while start < len(wanted):
            dataset = wanted[start].dataset
            stop = next((i for i in range(start, len(wanted)) if wanted[i].dataset != dataset), len(wanted))
            group, name = dataset.split("/", 1)
            yield from byte_rows(root.group(group), name, [one.row for one in wanted[start:stop]])
            start = stop


@dataclass(frozen=True)
class _Video:
    """A video as the file describes it; ``rows`` says which of its frames lie in the file, and where."""

    number: int
    names: tuple[str, ...] = ()  # of the pictures it consists of
    file: str = ""
    dataset: str = ""
    rows: Mapping[int, int] | None = None
    encoding: str = "png"
    is_bgr: bool = False
    size: tuple[int, int] | None = None

    def picture(self, index: int, path: Path) -> Picture:
        row = None if self.rows is None else self.rows.get(index)
        inside = None if row is None else Embedded(self.dataset, row, self.encoding, self.is_bgr)
        if self.names:
            if not 0 <= index < len(self.names):
                raise DamagedFile(f"frames: video {self.number} has no picture {index}.", where=path)
            name = self.names[index]
            base = re.split(r"[\\/]", name)[-1]
            return Picture(folder_in(name), base, path=name, size=self.size, embedded=inside)
        stem = re.split(r"[\\/]", self.file)[-1].rpartition(".")[0] if self.file != "." else ""
        return Picture(stem, "", index, video=self.file.strip("."), size=self.size, embedded=inside)


def _version(group: Group) -> float:
    """The version of the layout; files without one are of the first."""
    value = group.attribute("format_id") if group.has_attribute("format_id") else 1.0
    if not isinstance(value, (int, float)):
        raise group.damaged("format_id is no number")
    if not value < _TOO_NEW:
        raise DamagedFile(
            f"The file has the layout {value:g} of SLEAP labels, which is newer than what is known here.",
            where=group.path, fix="save it with an earlier version of SLEAP, or export it as COCO",
        )  # fmt: skip
    return float(value)


def _json(text: str, path: Path, what: str) -> dict[str, Any]:
    content = read_json(text, path, what)
    if not isinstance(content, dict):
        raise DamagedFile(f"{what} is no JSON object.", where=path, fix="use a copy of the file")
    return content


def _skeletons(metadata: Mapping[str, Any], path: Path) -> tuple[tuple[Kind, ...], list[str]]:
    """The skeletons with their nodes in order, and the pairs that are said to be mirror images."""
    try:
        names = [same_text(str(node["name"])) for node in metadata["nodes"]]
        kinds, mirrored = [], []
        for number, content in enumerate(metadata["skeletons"]):
            graph = content.get("nx_graph", content)
            nodes = [_place(node["id"], names) for node in graph["nodes"]]
            links = _links(graph.get("links", []))
            bones = [(names[_place(a, names)], names[_place(b, names)]) for a, b, sort in links if sort == _EDGE]
            pairs = {tuple(sorted((names[a], names[b]))) for a, b, sort in links if sort == _SYMMETRY}
            mirrored += [" and ".join(pair) for pair in sorted(pairs)]
            name = str((graph.get("graph") or {}).get("name") or f"skeleton {number}")
            kinds.append(Kind(name, tuple(names[i] for i in nodes), tuple(bones)))
        return tuple(kinds), mirrored
    except InvalidInput as error:
        raise DamagedFile(f"metadata: {error.message}", where=path, fix="rename one of them in SLEAP") from error
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        problem = f"{type(error).__name__}: {error}"
        raise DamagedFile(f"metadata: the skeletons cannot be read ({problem}).", where=path) from error


def _links(links: Any) -> list[tuple[int, int, int]]:
    """Start, end and sort of each link; a sort is spelled out once and then named by its number."""
    seen: list[int] = []
    found = []
    for link in links:
        sort = link.get("type", {})
        if "py/reduce" in sort:
            seen.append(int(sort["py/reduce"][1]["py/tuple"][0]))
            value = seen[-1]
        else:
            number = int(sort.get("py/id", _EDGE))
            value = seen[number - 1] if 1 <= number <= len(seen) else number
        found.append((int(link["source"]), int(link["target"]), value))
    return found


def _place(value: Any, names: list[str]) -> int:
    if not isinstance(value, int) or not 0 <= value < len(names):
        raise ValueError(f"there is no node {value!r}")
    return value


def _track_name(text: str, path: Path) -> str:
    content = read_json(text, path, "tracks_json")
    if not isinstance(content, list) or len(content) < 2 or not isinstance(content[1], str):
        raise DamagedFile(f"tracks_json: {text[:60]!r} names no track.", where=path)
    return same_text(content[1])


def _video(root: Group, text: str, number: int, version: float) -> _Video:
    entry = _json(text, root.path, f"videos_json[{number}]")
    names, file, backend = _source(entry)
    dataset = backend.get("dataset")
    if not isinstance(dataset, str) or file not in (".", root.path.name) or dataset.count("/") != 1:
        return _Video(number, names, file)
    of, name = dataset.split("/")
    if not root.has(of) or not root.is_group(of) or not root.group(of).has(name):
        return _Video(number, names, file)
    group = root.group(of)
    source = entry.get("source_video")
    if not isinstance(source, dict) and group.has("source_video"):
        source = read_json(text_attribute(group.group("source_video"), "json") or "null", root.path, "source_video")
    names, file, _ = _source(source) if isinstance(source, dict) else ((), "", {})
    encoding = text_attribute(group, "format", name) or "png"
    order = text_attribute(group, "channel_order", name) or ("BGR" if version < _SWAPPED_BEFORE else "RGB")
    if encoding.startswith("hdf5"):
        return _Video(_number_of(of, number), names, file)
    n = group.dataset(name).shape[0]
    frames = _whole(group.read("frame_numbers"), group, "frame_numbers") if group.has("frame_numbers") else np.arange(n)
    rows = {int(frame): row for row, frame in enumerate(frames[:n])}
    return _Video(_number_of(of, number), names, file, dataset, rows, encoding, order == "BGR")


def _number_of(group: str, otherwise: int) -> int:
    """The number by which frames name a video that lies in the file."""
    digits = group.removeprefix("video")
    return int(digits) if digits.isdigit() and len(digits) < 10 else otherwise


def _source(entry: Mapping[str, Any]) -> tuple[tuple[str, ...], str, Mapping[str, Any]]:
    """The pictures, or the file, that a video consists of."""
    backend = entry.get("backend")
    backend = backend if isinstance(backend, Mapping) else entry
    for names in (backend.get("filenames"), entry.get("filename"), backend.get("filename")):
        if isinstance(names, list) and names and all(isinstance(name, str) and name for name in names):
            return tuple(names), "", backend
    file = next((f for f in (backend.get("filename"), entry.get("filename")) if isinstance(f, str)), "")
    return (), file, backend


def _table(root: Group, name: str) -> Array:
    table = root.read(name)
    if table.ndim != 1 or set(_COLUMNS[name]) - set(table.dtype.names or ()):
        raise root.damaged(f"{name} is no table with the columns {', '.join(_COLUMNS[name])}")
    return table


def _whole(values: Array, group: Group, what: str) -> Array:
    if values.dtype.kind not in "iub" or values.ndim != 1 or (values.size and int(values.max()) >= 1 << 62):
        raise group.damaged(f"{what} are no whole numbers")
    return values.astype(np.int64)


def _suggestions(root: Group, videos: Sequence[_Video]) -> Iterator[str]:
    for i, text in enumerate(texts(root, "suggestions_json") if root.has("suggestions_json") else []):
        content = _json(text, root.path, f"suggestions_json[{i}]")
        yield f"video {content.get('video')} frame {content.get('frame_idx')}"


def _others(root: Group) -> Iterator[str]:
    """What else the file holds that is not empty."""
    for name in root.names():
        if name in _KNOWN or name == "provenance_json" or re.fullmatch(r"video\d+", name):
            continue
        shape = () if root.is_group(name) else root.dataset(name).shape
        if shape != (0,):
            yield name


def _labels(
    path: Path, kinds: tuple[Kind, ...], tracks: tuple[str, ...], videos: list[_Video], tables: Mapping[str, Array],
    *, half_pixel: bool,
) -> ForeignLabels:  # fmt: skip
    frames, instances = tables["frames"], tables["instances"]
    at, n_of = _ranges(frames, "instance_id", len(instances), path, "frames")
    if len(at) > len(instances):
        raise DamagedFile("frames: several frames name the same instances.", where=path)
    frame_of = np.repeat(np.arange(len(frames)), n_of)
    is_user = instances["instance_type"][at] == _USER
    people = np.bincount(frame_of[is_user], minlength=len(frames)) > 0
    wanted = people | (n_of == 0)
    predicted = [f"frame {int(frames['frame_idx'][i])} of video {int(frames['video'][i])}" for i in frame_of[~is_user]]
    pictures, picture_of_frame = _pictures(frames, wanted, videos, path)
    rows = at[is_user]
    points, kind_of, invisible = _points(rows, instances, tables["points"], kinds, path)
    if half_pixel:
        points = points - 0.5
    track_of = instances["track"][rows].astype(np.int64)
    if np.any((track_of < -1) | (track_of >= len(tracks))):
        raise DamagedFile("instances: a track is named that the file does not have.", where=path)
    picture_of = picture_of_frame[frame_of[is_user]]
    names = [pictures[i].label for i in picture_of]
    points, broken = whole_points(points, range(len(points)))
    part = [kinds[k].bodyparts for k in kind_of]
    losses = [
        Loss("predicted", "animals that a model predicted are left out", tuple(predicted)),
        Loss("invisible", "points that are marked as not visible are left out",
             tuple(f"{names[row]} {part[row][point]}" for row, point in invisible)),
        Loss("no-number", "points without both coordinates are left out",
             tuple(f"{names[row]} {part[row][point]}" for row, point in broken)),
        Loss("half-pixel", "points of the old layout are moved by half a pixel", ("all",) if half_pixel else ()),
    ]  # fmt: skip
    listed = tuple(loss for loss in losses if loss.items)
    return ForeignLabels(kinds, tuple(pictures), picture_of, kind_of, points, tracks, track_of, losses=listed)


def _ranges(table: Array, name: str, n: int, path: Path, what: str) -> tuple[Array, Array]:
    """The positions that the rows of a table name by a start and an end, one after the other, and how many each."""
    start, end = (table[f"{name}_{side}"].astype(np.float64) for side in ("start", "end"))
    if np.any(~((start >= 0) & (start <= end) & (end <= n))):
        row = int(np.flatnonzero(~((start >= 0) & (start <= end) & (end <= n)))[0])
        raise DamagedFile(f"{what}[{row}]: {name}_start and {name}_end lead out of the file.", where=path)
    start, n_of = start.astype(np.int64), (end - start).astype(np.int64)
    if n_of.sum() > n:
        raise DamagedFile(f"{what}: the same {name} is named several times.", where=path)
    ends = np.cumsum(n_of)
    return np.arange(int(n_of.sum())) - np.repeat(ends - n_of, n_of) + np.repeat(start, n_of), n_of


def _pictures(
    frames: Array, wanted: Array, videos: list[_Video], path: Path
) -> tuple[list[Picture], Array]:  # fmt: skip
    """The pictures of the wanted frames, each once, and where each frame's picture is."""
    numbers, listed = {video.number: video for video in videos}, set(frames["video"].tolist())
    if listed == set(range(len(videos))) or not listed <= set(numbers):
        numbers = dict(enumerate(videos))
    pictures: list[Picture] = []
    place: dict[tuple[int, int], int] = {}
    picture_of = np.full(len(frames), -1)
    for i in np.flatnonzero(wanted):
        video, index = int(frames["video"][i]), int(frames["frame_idx"][i])
        if video not in numbers:
            raise DamagedFile(f"frames[{i}]: there is no video {video}.", where=path)
        if (video, index) not in place:
            place[video, index] = len(pictures)
            pictures.append(numbers[video].picture(index, path))
        picture_of[i] = place[video, index]
    return pictures, picture_of


def _points(
    rows: Array, instances: Array, table: Array, kinds: tuple[Kind, ...], path: Path
) -> tuple[Array, Array, list[tuple[int, int]]]:
    """The points of some instances, their skeletons, and which points are positions of something not seen."""
    kind_of = instances["skeleton"][rows].astype(np.int64)
    if np.any(kind_of >= len(kinds)):
        raise DamagedFile("instances: a skeleton is named that the file does not have.", where=path)
    at, n_of = _ranges(instances[rows], "point_id", len(table), path, "instances")
    n_parts = np.array([len(kind.bodyparts) for kind in kinds], np.int64)[kind_of]
    if np.any(n_of != n_parts):
        row = int(rows[np.flatnonzero(n_of != n_parts)[0]])
        raise DamagedFile(f"instances[{row}]: the number of points is not that of the skeleton.", where=path)
    xy = np.stack([table["x"], table["y"]], axis=-1).astype(np.float64)[at]
    seen = table["visible"].astype(bool)[at]
    ends = np.cumsum(n_of)
    of = np.repeat(np.arange(len(rows)), n_of)
    number = np.arange(len(at)) - (ends - n_of)[of]
    hidden = ~seen & np.isfinite(xy).all(axis=-1)
    width = max((len(kind.bodyparts) for kind in kinds), default=0)
    points = np.full((len(rows), width, 2), np.nan)
    points[of[seen], number[seen]] = xy[seen]
    return points, kind_of, list(zip(of[hidden].tolist(), number[hidden].tolist(), strict=True))
