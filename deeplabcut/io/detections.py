"""What a network saw in a video, before individuals are told apart: ``_full`` files.

Frames are counted from 0. In our arrays an absent point is NaN; files hold -1 or NaN, by their age and maker.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from deeplabcut.core.errors import DamagedFile
from deeplabcut.io.pickles import read_pickle, write_pickle, write_pickle_items
from deeplabcut.io.predictions import absent_as_nan
from deeplabcut.io.shelves import Shelf, is_shelf, write_shelf

Array = npt.NDArray[Any]

ABSENT = -1.0
"""What files hold in place of every value of an absent point."""


@dataclass(frozen=True)
class FrameDetections:
    """The detections of one frame.

    Parameters
    ----------
    points : for each bodypart (unique ones last) an array (n_detections, 3) of x_px, y_px, score.
    identity : for each bodypart (n_detections, n_individuals) scores, where the network tells individuals apart.
    costs : number of an edge -> {"m1": affinities, "distance": lengths}, each (n_sources, n_targets).
    boxes, box_scores : (n, 4) boxes x, y, width, height and their (n,) scores, from a detector.
    """

    points: tuple[Array, ...]
    identity: tuple[Array, ...] | None = None
    costs: Mapping[int, Mapping[str, Array]] | None = None
    boxes: Array | None = None
    box_scores: Array | None = None


@dataclass(frozen=True)
class DetectionsInfo:
    """What holds for all frames of a ``_full`` file.

    Parameters
    ----------
    bodyparts : names, the unique bodyparts last.
    graph : the edges, as pairs of bodypart numbers; None where the network joined the points itself.
    edges_kept : positions of the edges along which points are joined.
    """

    bodyparts: tuple[str, ...]
    n_frames: int
    graph: tuple[tuple[int, int], ...] | None = None
    edges_kept: tuple[int, ...] = ()
    nms_radius: float | None = None
    min_confidence: float | None = None
    sigma: float | None = 1
    more: Mapping[str, Any] = field(default_factory=dict)


class Detections(Mapping[int, FrameDetections]):
    """The frames of a ``_full`` file that have an entry, decoded one at a time; use it as a context manager."""

    def __init__(self, entries: Mapping[str, Any], where: Path) -> None:
        self._entries = entries
        self._where = where
        found = {key: re.fullmatch(r"(?:frame)?(\d{1,18})", str(key)) for key in entries}
        self._key_of = {int(match[1]): key for key, match in found.items() if match}
        self.info = _info(entries.get("metadata"), max(self._key_of, default=-1) + 1, where)

    def __getitem__(self, frame: int) -> FrameDetections:
        entry = self._entries[self._key_of[frame]]
        if entry is None or (isinstance(entry, (Mapping, list)) and not entry):
            return FrameDetections(tuple(np.empty((0, 3)) for _ in self.info.bodyparts))
        try:
            return _decoded(entry)
        except (KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError) as error:
            raise DamagedFile(
                f"The detections of frame {frame} are not what such a file holds ({error}).", where=self._where
            ) from error

    def __iter__(self) -> Iterator[int]:
        return iter(sorted(self._key_of))

    def __len__(self) -> int:
        return len(self._key_of)

    def close(self) -> None:
        """Let go of the file."""
        if isinstance(self._entries, Shelf):
            self._entries.close()

    def __enter__(self) -> Detections:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def read_detections(path: str | os.PathLike[str]) -> Detections:
    """The detections in a ``_full`` pickle, or in the shelf of that name."""
    path = Path(path)
    entries = read_entries(path)
    try:
        return Detections(entries, path)
    except BaseException:
        if isinstance(entries, Shelf):
            entries.close()
        raise


def read_entries(path: Path) -> Mapping[str, Any]:
    """The entries of a ``_full`` pickle or shelf, as they are stored."""
    if is_shelf(path):
        return Shelf(path)
    content = read_pickle(path)
    if not isinstance(content, dict):
        raise DamagedFile("The file holds no dict, so these are no detections.", where=path)
    return content


def write_detections(
    path: str | os.PathLike[str],
    info: DetectionsInfo,
    frames: Iterable[tuple[int, FrameDetections]],
    *,
    shelf: bool = False,
) -> None:
    """Write detections, frame by frame in little memory; the file (or shelf) is whole or absent."""
    width = key_width(info.n_frames)

    def items() -> Iterator[tuple[str, Any]]:
        yield "metadata", _encoded_info(info)
        for frame, detections in frames:
            yield frame_key(frame, width), _encoded(detections)

    write_shelf(path, items()) if shelf else write_pickle_items(path, items())


def key_width(n_frames: int) -> int:
    """Digits of the frame numbers in the keys of files: as many as the last frame of the video needs."""
    return len(str(n_frames - 1)) if n_frames > 1 else 0


def frame_key(frame: int, width: int) -> str:
    """The key of a frame in files."""
    return f"frame{frame:0{width}d}" if width else f"frame{frame}"


def _info(metadata: Any, n_frames: int, where: Path) -> DetectionsInfo:
    if not isinstance(metadata, Mapping) or "all_joints_names" not in metadata:
        raise DamagedFile("The file names no bodyparts, so these are no detections.", where=where)
    try:
        edges = metadata.get("PAFgraph")
        graph = None if edges is None else tuple((int(a), int(b)) for a, b in edges)
        kept = metadata.get("PAFinds")
        known = {"all_joints", "all_joints_names", "nframes", "key_str_width", "PAFgraph", "PAFinds", *_OPTIONS}
        return DetectionsInfo(
            tuple(map(str, metadata["all_joints_names"])),
            int(metadata.get("nframes") or n_frames),
            graph,
            tuple(range(len(graph or ()))) if kept is None else tuple(int(i) for i in kept),
            **{name: metadata.get(key) for key, name in _OPTIONS.items()},
            more={key: value for key, value in metadata.items() if key not in known},
        )
    except (TypeError, ValueError, OverflowError) as error:
        raise DamagedFile(f"What the file says about its detections cannot be read: {error}.", where=where) from error


_OPTIONS = {"nms radius": "nms_radius", "minimal confidence": "min_confidence", "sigma": "sigma"}


def _encoded_info(info: DetectionsInfo) -> dict[str, Any]:
    return {
        **{key: getattr(info, name) for key, name in _OPTIONS.items()},
        "PAFgraph": None if info.graph is None else [list(edge) for edge in info.graph],
        "PAFinds": list(info.edges_kept),
        "all_joints": [[i] for i in range(len(info.bodyparts))],
        "all_joints_names": list(info.bodyparts),
        "nframes": info.n_frames,
        "key_str_width": key_width(info.n_frames),
        **info.more,
    }


def _decoded(entry: Mapping[str, Any]) -> FrameDetections:
    coordinates: Sequence[Any] = entry["coordinates"]
    is_wrapped = len(coordinates) == 1 and (isinstance(coordinates, tuple) or isinstance(coordinates[0], (list, tuple)))
    by_part = coordinates[0] if is_wrapped else coordinates
    points = tuple(
        absent_as_nan(np.concatenate([floats_of(xy).reshape(-1, 2), floats_of(score).reshape(-1, 1)], axis=1))
        for xy, score in zip(by_part, entry["confidence"], strict=True)
    )
    identity = entry.get("identity")
    costs = entry.get("costs")
    boxes, box_scores = entry.get("bboxes"), entry.get("bbox_scores")
    return FrameDetections(
        points,
        None if identity is None else tuple(floats_of(scores) for scores in identity),
        None if not costs else {int(edge): dict(one) for edge, one in costs.items()},
        None if boxes is None else floats_of(boxes).reshape(-1, 4),
        None if box_scores is None else floats_of(box_scores).ravel(),
    )


def _encoded(frame: FrameDetections) -> dict[str, Any]:
    stored = [np.where(np.isnan(one).any(axis=1, keepdims=True), np.array(ABSENT, one.dtype), one)
              for one in frame.points]  # fmt: skip
    entry: dict[str, Any] = {
        "coordinates": ([one[:, :2] for one in stored],),
        "confidence": [one[:, 2:] for one in stored],
        "costs": None if frame.costs is None else {edge: dict(one) for edge, one in frame.costs.items()},
    }
    if frame.identity is not None:
        entry["identity"] = list(frame.identity)
    if frame.boxes is not None:
        entry["bboxes"], entry["bbox_scores"] = frame.boxes, frame.box_scores
    return entry


def floats_of(values: Any) -> Array:
    """``values`` as an array of floats; those that are keep their type."""
    array = np.asarray(values)
    return array if array.dtype.kind == "f" else array.astype(np.float64)


def SaveFullMultiAnimalData(  # noqa: N802  a public name
    data: Mapping[Any, Any], metadata: Any, dataname: str | os.PathLike[str], suffix: str = "_full"
) -> tuple[str, str]:
    """Write detections and the facts of their run beside the table ``dataname``; the paths of both files."""
    base = os.fspath(dataname).removesuffix(".h5")
    paths = f"{base}{suffix}.pickle", f"{base}_meta.pickle"
    write_pickle(paths[0], dict(data))
    write_pickle(paths[1], metadata)
    return paths


def LoadFullMultiAnimalData(dataname: str | os.PathLike[str]) -> tuple[Mapping[str, Any], Any]:  # noqa: N802  a public name
    """The stored entries of the detections beside the table ``dataname``, and the facts of their run."""
    base = os.fspath(dataname).removesuffix(".h5").removesuffix(".pickle").removesuffix("_full")
    metadata = read_pickle(f"{base}_meta.pickle")  # first: the detections may stay open, in a shelf
    return read_entries(Path(f"{base}_full.pickle")), metadata
