"""SLEAP labels: ``.slp``, and ``.pkg.slp`` with the pictures inside; read and written with h5py alone.

The file has tables of frames, instances and points (a frame names a range of instances, an instance a range of
points), and texts in JSON for skeletons, videos and tracks. Since format 1.1 SLEAP puts (0, 0) at the centre of the
first pixel, as projects do: nothing is shifted. Older files put it at the corner of that pixel and are moved by
half a pixel. Only what people placed is read; instances that a model predicted are listed as left out.

What is written here has the layout 1.4. Unique bodyparts are a skeleton of their own, called ``single``.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from deeplabcut.core.errors import DamagedFile, InvalidInput
from deeplabcut.core.files import atomic_write
from deeplabcut.io.foreign import Array, ForeignLabels, Kind, Picture
from deeplabcut.io.slp_reading import embedded_pictures, read_slp

__all__ = ["embedded_pictures", "read_slp", "write_slp"]

_LAYOUT = 1.4
_MOST_METADATA = 64_000  # an attribute cannot hold more
_FRAME = np.dtype(
    [("frame_id", "u8"), ("video", "u4"), ("frame_idx", "u8"), ("instance_id_start", "u8"), ("instance_id_end", "u8")]
)
_INSTANCE = np.dtype(
    [("instance_id", "i8"), ("instance_type", "u1"), ("frame_id", "u8"), ("skeleton", "u4"), ("track", "i4"),
     ("from_predicted", "i8"), ("score", "f4"), ("point_id_start", "u8"), ("point_id_end", "u8"),
     ("tracking_score", "f4")]
)  # fmt: skip
_POINT = np.dtype([("x", "f8"), ("y", "f8"), ("visible", "?"), ("complete", "?")])
_PREDICTED_POINT = np.dtype([*((name, _POINT[name]) for name in _POINT.names or ()), ("score", "f8")])

Content = Callable[[Picture], bytes]


def write_slp(path: str | os.PathLike[str], labels: ForeignLabels, *, content: Content | None = None) -> None:
    """Replace ``path`` by a SLEAP file of the labels, whole or not at all.

    Parameters
    ----------
    content : gives the PNG of a picture, to be stored in the file; without it the file names the pictures' paths.
    """
    path = Path(path)
    metadata = _metadata(labels)
    with atomic_write(path, check=lambda part: _check(part, labels)) as file, h5py.File(file, "w") as h5:
        group = h5.create_group("metadata")
        group.attrs["format_id"] = _LAYOUT
        group.attrs["json"] = np.bytes_(metadata)
        videos = _videos(labels.pictures)
        texts = [json.dumps(_image_list(labels.pictures, members)) for members in videos]
        if content is not None:
            texts = [
                _embed(h5, f"video{number}", [labels.pictures[i] for i in members], json.loads(text), content)
                for number, (members, text) in enumerate(zip(videos, texts, strict=True))
            ]
        _put_texts(h5, "videos_json", texts)
        _put_texts(h5, "tracks_json", [json.dumps([0, name]) for name in labels.tracks])
        _put_texts(h5, "suggestions_json", [])
        for name, table in _tables(labels, videos).items():
            h5.create_dataset(name, data=table)


def _metadata(labels: ForeignLabels) -> bytes:
    """Skeletons and their nodes; the text of each sort of link is spelled out once."""
    parts = [part for kind in labels.kinds for part in kind.bodyparts]
    starts = np.cumsum([0, *(len(kind.bodyparts) for kind in labels.kinds)])
    content = {
        "version": "2.0.0",
        "skeletons": [_skeleton(kind, int(start)) for kind, start in zip(labels.kinds, starts, strict=False)],
        "nodes": [{"name": part, "weight": 1.0} for part in parts],
        "videos": [],
        "tracks": [],
        "suggestions": [],
        "negative_anchors": {},
        "provenance": {"scorer": labels.scorer},
    }
    text = json.dumps(content).encode("ascii")
    if len(text) > _MOST_METADATA:
        raise InvalidInput(
            f"The names of {len(parts)} bodyparts and their skeleton are too long for a .slp file.",
            fix="export as coco",
        )
    return text


def _skeleton(kind: Kind, start: int) -> dict[str, Any]:
    place = {part: start + i for i, part in enumerate(kind.bodyparts)}
    spelled = {"py/reduce": [{"py/type": "sleap.skeleton.EdgeType"}, {"py/tuple": [1]}]}
    links = [
        {"edge_insert_idx": i, "key": 0, "source": place[a], "target": place[b], "type": {"py/id": 1} if i else spelled}
        for i, (a, b) in enumerate(kind.skeleton)
    ]
    return {
        "directed": True,
        "graph": {"name": kind.name, "num_edges_inserted": len(links)},
        "links": links,
        "multigraph": True,
        "nodes": [{"id": number} for number in place.values()],
    }


def _videos(pictures: Sequence[Picture]) -> list[list[int]]:
    """The pictures of each folder."""
    members: dict[str, list[int]] = {}
    for i, picture in enumerate(pictures):
        members.setdefault(picture.folder, []).append(i)
    return list(members.values())


def _image_list(pictures: Sequence[Picture], members: list[int]) -> dict[str, Any]:
    """A video that consists of picture files."""
    paths = [pictures[i].path for i in members]
    return {
        "filename": paths,
        "backend": {
            "type": "ImageVideo",
            "shape": _shape(len(members), pictures[members[0]]),
            "filename": paths[0],
            "filenames": paths,
            "grayscale": False,
        },
    }


def _shape(n: int, first: Picture) -> list[int]:
    width, height = first.size or (0, 0)
    return [n, height, width, 3]


def _embed(h5: Any, name: str, pictures: list[Picture], source: Mapping[str, Any], content: Content) -> str:
    """Store the pictures of a video in the file; the text that describes the video then.

    Each row is one encoded picture, filled up with zeros, which every reader of the encodings passes over.
    """
    group = h5.create_group(name)
    width = max(len(content(picture)) for picture in pictures)
    rows = group.create_dataset("video", (len(pictures), width), np.int8)
    for i, picture in enumerate(pictures):
        encoded = np.frombuffer(content(picture), np.int8)
        rows[i, : len(encoded)] = encoded
    n, height, columns, channels = _shape(len(pictures), pictures[0])
    facts = {"format": "png", "channels": channels, "height": height, "width": columns, "frames": n}
    for key, value in {**facts, "channel_order": "RGB"}.items():
        rows.attrs[key] = value
    group.create_dataset("frame_numbers", data=np.arange(n))
    group.create_group("source_video").attrs["json"] = json.dumps(source)
    backend = {
        "type": "HDF5Video", "shape": [n, height, columns, channels], "filename": ".", "dataset": f"{name}/video",
        "input_format": "channels_last", "convert_range": False, "has_embedded_images": True, "grayscale": False,
    }  # fmt: skip
    return json.dumps({"filename": ".", "backend": backend, "source_video": dict(source)})


def _put_texts(h5: Any, name: str, texts: list[str]) -> None:
    h5.create_dataset(name, (len(texts),), h5py.string_dtype(), data=texts or None, maxshape=(None,))


def _tables(labels: ForeignLabels, videos: list[list[int]]) -> dict[str, Array]:
    """Frames by video, their animals, and the points of these."""
    order = [i for members in videos for i in members]
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    rows = np.argsort(rank[labels.picture_of], kind="stable")
    counts = np.bincount(rank[labels.picture_of], minlength=len(order))
    frames = np.zeros(len(order), _FRAME)
    frames["frame_id"] = np.arange(len(order))
    frames["video"] = np.repeat(np.arange(len(videos)), [len(members) for members in videos])
    frames["frame_idx"] = [i for members in videos for i in range(len(members))]
    frames["instance_id_end"] = np.cumsum(counts)
    frames["instance_id_start"] = frames["instance_id_end"] - counts.astype(np.uint64)
    n_parts = np.array([len(kind.bodyparts) for kind in labels.kinds], np.int64)[labels.kind_of[rows]]
    instances = np.zeros(len(rows), _INSTANCE)
    instances["instance_id"] = np.arange(len(rows))
    instances["frame_id"] = rank[labels.picture_of[rows]]
    instances["skeleton"], instances["track"] = labels.kind_of[rows], labels.track_of[rows]
    instances["from_predicted"] = -1
    instances["point_id_end"] = np.cumsum(n_parts)
    instances["point_id_start"] = instances["point_id_end"] - n_parts.astype(np.uint64)
    taken = np.arange(labels.points.shape[1]) < n_parts[:, None]
    xy = labels.points[rows][taken]
    points = np.zeros(len(xy), _POINT)
    points["x"], points["y"] = xy[:, 0], xy[:, 1]
    points["visible"] = np.isfinite(xy).all(axis=1)
    return {"frames": frames, "instances": instances, "points": points, "pred_points": np.zeros(0, _PREDICTED_POINT)}


def _check(part: Path, labels: ForeignLabels) -> None:
    """Raise unless the file reads back with the same points."""
    found = read_slp(part)
    if len(found) != len(labels) or len(found.pictures) != len(labels.pictures) or found.n_points != labels.n_points:
        raise DamagedFile("The written file does not read back as it was meant.", where=part, fix="save again")
