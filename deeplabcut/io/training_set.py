"""The files of a training set: images with their points, and the split that belongs to them.

Each image is a dict ``{"image": parts of its path, "size": (channels, height, width), "joints": points}``. In
single-animal projects ``joints`` is an int array of rows ``bodypart, x, y`` and the images stand in a ``.mat``; in
multi-animal projects it is ``{individual: float32 array of such rows}`` and they stand in a ``.pickle``. The
``Documentation_data-*.pickle`` holds the images once more, with the split.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, TypedDict

import numpy as np
import numpy.typing as npt

from deeplabcut.core.errors import DamagedFile, DeepLabCutError, InvalidInput
from deeplabcut.core.files import atomic_write
from deeplabcut.core.poses import Array, ImageKey
from deeplabcut.core.splits import without_padding
from deeplabcut.io.array_files import read_mat
from deeplabcut.io.pickle_scan import scan
from deeplabcut.io.pickles import Writer, read_pickle
from deeplabcut.io.tables import image_keys

MAT_VARIABLE = "dataset"
_FIELDS = ("image", "size", "joints")
_MAT_HEADER = b"MATLAB 5.0 MAT-file, training set of DeepLabCut".ljust(116)
_FIX = "create the training set again, or use a copy of the file"

Indices = Sequence[int] | npt.NDArray[np.integer]


class TrainingImage(TypedDict):
    """An image with labels, as the files of a training set hold it."""

    image: ImageKey
    size: Any
    joints: Any


@dataclass(frozen=True)
class Documentation:
    """The images of a training set and its split; the indices are in the order drawn, without padding."""

    data: list[TrainingImage]
    train: tuple[int, ...]
    test: tuple[int, ...]
    fraction: float


# ----- the training set of a single-animal project


def put_mat(file: BinaryIO, images: Sequence[Mapping[str, Any]]) -> None:
    """Write the images into an open, empty file."""
    from scipy.io import savemat

    rows = np.empty(len(images), dtype=[(name, "O") for name in _FIELDS])
    for i, one in enumerate(map(_single_image, images)):
        # Parts of a path become lines of one char array: MATLAB, and all readers since, expect them so.
        rows[i] = np.array([one["image"]]), np.array([one["size"]]), boxitintoacell(one["joints"])
    image = io.BytesIO()  # the library goes back and forth, which costs a disk much
    savemat(image, {MAT_VARIABLE: rows})
    content = image.getbuffer()
    content[: len(_MAT_HEADER)] = _MAT_HEADER  # in place of one with the time of day: equal content makes equal files
    file.write(content)


def check_mat(n_images: int) -> Callable[[Path], None]:
    """A check for `atomic_write`: the file has a struct array of this length, up to its last byte."""

    def check(path: Path) -> None:
        from scipy.io import whosmat

        with path.open("rb") as file:
            start = file.read(136)
        found = [(name, shape[-1]) for name, shape, kind in whosmat(path) if kind == "struct"]
        n_bytes = len(start) + int.from_bytes(start[132:136], "little")
        if found != [(MAT_VARIABLE, n_images)] or path.stat().st_size != n_bytes:
            raise DamagedFile("The training set was not written as it was meant.", where=path, fix="check the disk")

    return check


def read_mat_images(path: str | os.PathLike[str]) -> list[TrainingImage]:
    """The images of a single-animal training set; older files have the path of an image as one text."""
    dataset = read_mat(path).get(MAT_VARIABLE)
    names = dataset.dtype.names if isinstance(dataset, np.ndarray) else None
    if dataset is None or names is None or not set(_FIELDS) <= set(names):
        raise DamagedFile(
            f"The file has no struct array {MAT_VARIABLE} of images, sizes and joints: it is no training set.",
            where=path,
            fix=_FIX,
        )
    return _read_images(path, list(dataset.ravel()), _image_of_mat)


def boxitintoacell(joints: npt.ArrayLike) -> Array:
    """The points as a MATLAB cell with one array of whole numbers.

    Parameters
    ----------
    joints : array
        One row per point: bodypart, x, y.
    """
    cell = np.empty((1, 1), dtype=object)
    cell[0, 0] = np.array(joints, dtype=np.int64)
    return cell


# ----- the training set of a multi-animal project


def put_multi_pickle(file: BinaryIO, images: Sequence[Mapping[str, Any]]) -> None:
    """Write the images into an open, empty file."""
    Writer(file).dump([_multi_image(image) for image in images])


def read_multi_pickle(path: str | os.PathLike[str]) -> list[TrainingImage]:
    """The images of a multi-animal training set."""
    return _read_images(path, read_pickle(path), _image_of_pickle)


# ----- the split


def write_documentation(
    path: str | os.PathLike[str], data: Sequence[Mapping[str, Any]], train: Indices, test: Indices, fraction: float
) -> None:
    """Write the images and the split of a training set, whole or not at all."""
    with atomic_write(path, check=check_pickle) as file:
        put_documentation(file, data, train, test, fraction)


def put_documentation(
    file: BinaryIO, data: Sequence[Mapping[str, Any]], train: Indices, test: Indices, fraction: float
) -> None:
    """Write the images and the split into an open, empty file."""
    Writer(file).dump(
        [[_image_of_pickle(one) for one in data], _index_array(train), _index_array(test), float(fraction)]
    )


def read_documentation(path: str | os.PathLike[str]) -> Documentation:
    """The images and the split of a training set, as any version wrote them; padding is left out."""
    data, train, test, fraction = _documentation_parts(path)
    return Documentation(_read_images(path, data, _image_of_pickle), train, test, fraction)


def read_split(path: str | os.PathLike[str]) -> tuple[tuple[int, ...], tuple[int, ...], float]:
    """Only the split of a training set: the images to train on, those to test with, and the training fraction."""
    return _documentation_parts(path)[1:]


def save_metadata(
    metadatafilename: str | os.PathLike[str],
    data: Sequence[Mapping[str, Any]],
    trainIndices: Indices,  # noqa: N803  a public name
    testIndices: Indices,  # noqa: N803  a public name
    trainFraction: float,  # noqa: N803  a public name
) -> None:
    """Save the images and the split of a training set.

    Parameters
    ----------
    metadatafilename : path
        The file, ``Documentation_data-<Task>_<percent>shuffle<k>.pickle``.
    data : list of dict
        The images, each with ``image``, ``size`` and ``joints``.
    trainIndices : sequence of int
        Positions of the images to train on, in the merged table of labels.
    testIndices : sequence of int
        Positions of the images to test with.
    trainFraction : float
        The fraction, as in TrainingFraction.
    """
    write_documentation(metadatafilename, data, trainIndices, testIndices, trainFraction)


def load_metadata(
    metadatafile: str | os.PathLike[str],
) -> tuple[list[Any], Array, Array, float]:
    """The images, the indices to train on and to test with, and the training fraction, as the file holds them.

    Parameters
    ----------
    metadatafile : path
        The file, ``Documentation_data-<Task>_<percent>shuffle<k>.pickle``.
    """
    data, train, test, fraction = _four_parts(metadatafile)
    try:
        return list(data), _index_array(train), _index_array(test), float(fraction)
    except (DeepLabCutError, TypeError, ValueError) as error:
        raise _no_documentation(metadatafile) from error


def check_pickle(path: Path) -> None:
    """A check for `atomic_write`: the pickle goes on to its end."""
    content = path.read_bytes()
    if scan(content, os.fspath(path)) != len(content):
        raise DamagedFile("The file was not written as it was meant.", where=path, fix="check the disk")


def _four_parts(path: str | os.PathLike[str]) -> tuple[Any, Any, Any, Any]:
    parts = read_pickle(path)
    if not isinstance(parts, (list, tuple)) or len(parts) != 4 or not isinstance(parts[0], (list, tuple)):
        raise _no_documentation(path)
    return parts[0], parts[1], parts[2], parts[3]


def _documentation_parts(path: str | os.PathLike[str]) -> tuple[Any, tuple[int, ...], tuple[int, ...], float]:
    data, train, test, fraction = _four_parts(path)
    try:
        split = [tuple(without_padding(_index_array(indices).tolist())) for indices in (train, test)]
        fraction = float(fraction)
        if not 0 <= fraction <= 1:
            raise ValueError("a fraction lies between 0 and 1")
    except (DeepLabCutError, TypeError, ValueError) as error:
        raise _no_documentation(path) from error
    return data, split[0], split[1], fraction


def _no_documentation(path: str | os.PathLike[str]) -> DamagedFile:
    return DamagedFile(
        "The file does not hold images, indices to train on, indices to test with and a fraction: "
        "it is not the split of a training set.",
        where=path,
        fix=_FIX,
    )


# ----- one image


def _single_image(image: Mapping[str, Any]) -> TrainingImage:
    """The image as single-animal files hold it."""
    joints = np.asarray(image["joints"])
    if joints.dtype.kind == "f" and not np.isfinite(joints).all():
        raise InvalidInput("Points without coordinates cannot be part of a training set.", fix="leave them out")
    return TrainingImage(
        image=_key(image["image"]), size=_size(image["size"]), joints=_points(joints.astype(np.int64), image["image"])
    )


def _multi_image(image: Mapping[str, Any]) -> TrainingImage:
    """The image as multi-animal files hold it."""
    joints = {int(who): _points(np.asarray(one, np.float32), image["image"]) for who, one in image["joints"].items()}
    return TrainingImage(
        image=_key(image["image"]), size=np.array(_size(image["size"]), dtype=np.int64), joints=joints
    )  # fmt: skip


def _key(path: Any) -> ImageKey:
    """The parts of the path of an image, which older files have as one text."""
    parts = (path,) if isinstance(path, str) else tuple(map(str, path))
    return image_keys((parts[0],) if len(parts) == 1 else (parts,))[0]


def _size(size: Any) -> tuple[int, int, int]:
    channels, height, width = (int(n) for n in np.asarray(size).ravel())
    return channels, height, width


def _points(points: Array, image: Any) -> Array:
    if not points.size:
        return points.reshape(0, 3)
    if points.ndim != 2 or points.shape[1] != 3:
        raise InvalidInput(f"The points of {image!r} have the shape {points.shape}, not rows of bodypart, x and y.")
    return points


def _index_array(indices: Any) -> Array:
    array = np.asarray(indices)
    if not array.size:
        return np.empty(0, np.int64)
    if array.dtype.kind not in "iu" or array.ndim != 1:
        raise InvalidInput("The indices of images have to be whole numbers.", fix="give a list of indices from 0")
    return array.astype(np.int64)


def _image_of_mat(row: Any) -> TrainingImage:
    parts, size, joints = (row[name] for name in _FIELDS)
    while joints.dtype == object:
        joints = joints.ravel()[0]
    while parts.dtype == object:
        parts = np.concatenate([np.ravel(part) for part in parts.ravel()])
    # MATLAB pads the lines of a char array with blanks.
    return _single_image({"image": [str(part).rstrip(" ") for part in parts.ravel()], "size": size, "joints": joints})


def _image_of_pickle(image: Any) -> TrainingImage:
    return _multi_image(image) if isinstance(image["joints"], Mapping) else _single_image(image)


def _read_images(
    path: str | os.PathLike[str], images: Any, read: Callable[[Any], TrainingImage]
) -> list[TrainingImage]:
    if not isinstance(images, (list, tuple)):
        raise DamagedFile("The file does not hold a list of images: it is no training set.", where=path, fix=_FIX)
    found = []
    for i, image in enumerate(images):
        try:
            found.append(read(image))
        except (DeepLabCutError, TypeError, ValueError, LookupError, AttributeError, OverflowError) as error:
            raise DamagedFile(
                f"Entry {i + 1} of the training set is not an image with its size and its points ({error}).",
                where=path,
                fix=_FIX,
            ) from error
    return found
