"""The files of a calibration: lenses of single cameras, stereo pairs, and what 3D results were made from.

They are pickles of plain dicts under ``camera_matrix`` (``<camera>_intrinsic_params.pickle``, ``stereo_params.pickle``)
and beside 3D results (``..._meta.pickle``). Here they are typed; files of earlier releases read the same way.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from deeplabcut.core.errors import DamagedFile, Missing
from deeplabcut.core.poses import Array
from deeplabcut.io.pickles import read_pickle, write_pickle

STEREO_FILE = "stereo_params.pickle"
_N_DISTORTION = (4, 5, 8, 12, 14)  # what OpenCV's lens models have
_AGAIN = "calibrate the cameras again, or use a copy of the file"


def intrinsics_file(camera: str) -> str:
    """The name of a camera's file in ``camera_matrix``."""
    return f"{camera}_intrinsic_params.pickle"


def pair_key(first: str, second: str) -> str:
    """The name of a pair of cameras in the stereo file."""
    return f"{first}-{second}"


@dataclass(frozen=True, eq=False)
class Intrinsics:
    """The lens of one camera, and the corners that it was calibrated with.

    Parameters
    ----------
    matrix : (3, 3) array
    distortion : (n,) array
        The coefficients in the order of OpenCV.
    object_points : one (n_corners, 3) array for each image
        Corners on the board, in squares.
    image_points : one (n_corners, 2) array for each image
        The same corners in pixels.
    """

    matrix: Array
    distortion: Array
    object_points: tuple[Array, ...] = ()
    image_points: tuple[Array, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "matrix", _numbers(self.matrix, (3, 3), "mtx"))
        object.__setattr__(self, "distortion", _coefficients(self.distortion, "dist"))
        for name, size in (("object_points", 3), ("image_points", 2)):
            object.__setattr__(self, name, tuple(_numbers(one, (-1, size), name) for one in getattr(self, name)))

    def same_as(self, other: Intrinsics) -> bool:
        """Whether both hold the same numbers."""
        return _same(self.as_dict(), other.as_dict())

    def as_dict(self) -> dict[str, Any]:
        """The dict that files hold."""
        return {
            "mtx": self.matrix,
            "dist": self.distortion[None],
            "objpoints": [one.astype(np.float32) for one in self.object_points],
            "imgpoints": [one.astype(np.float32)[:, None] for one in self.image_points],
        }


@dataclass(frozen=True, eq=False)
class StereoPair:
    """Two cameras, their places, and the rectification that turns both pictures into one plane.

    Lengths are in squares of the calibration board. `projection_1` and `projection_2` take points of space, in the
    frame of the rectified first camera, to rectified pixels.
    """

    matrix_1: Array
    matrix_2: Array
    distortion_1: Array
    distortion_2: Array
    rotation: Array  # from the first camera's frame to the second's
    translation: Array
    essential: Array
    fundamental: Array  # of pictures as they are: x2 @ F @ x1 is 0
    rectification_1: Array
    rectification_2: Array
    projection_1: Array
    projection_2: Array
    disparity_to_depth: Array
    roi_1: tuple[int, int, int, int]  # x, y, width, height of what both pictures show
    roi_2: tuple[int, int, int, int]
    image_sizes: tuple[tuple[int, int], tuple[int, int]]  # width, height

    def __post_init__(self) -> None:
        for name, (key, shape) in _ARRAYS.items():
            object.__setattr__(self, name, _numbers(getattr(self, name), shape, key))
        for name, key in _COEFFICIENTS.items():
            object.__setattr__(self, name, _coefficients(getattr(self, name), key))
        for name, key in _BOXES.items():
            object.__setattr__(self, name, _whole_numbers(getattr(self, name), 4, key))
        sizes = tuple(_whole_numbers(size, 2, "image_shape") for size in self.image_sizes)
        if len(sizes) != 2:
            raise DamagedFile(f"image_shape must hold the size of two pictures, not {self.image_sizes!r}.")
        object.__setattr__(self, "image_sizes", sizes)

    @property
    def projections(self) -> Array:
        """Both projections, (2, 3, 4)."""
        return np.stack([self.projection_1, self.projection_2])

    def same_as(self, other: StereoPair) -> bool:
        """Whether both hold the same numbers."""
        return _same(self.as_dict(), other.as_dict())

    @classmethod
    def from_dict(cls, content: Any) -> StereoPair:
        """The pair in the dict of a file; raises `DamagedFile` if something is missing or of another shape."""
        keys = {name: key for name, (key, _) in _ARRAYS.items()} | _COEFFICIENTS | _BOXES
        keys["image_sizes"] = "image_shape"
        if not isinstance(content, Mapping):
            raise DamagedFile(f"A stereo calibration must be a dict, not {type(content).__name__}.")
        if missing := sorted(set(keys.values()) - set(content)):
            raise DamagedFile(f"The stereo calibration lacks {', '.join(missing)}.", fix=_AGAIN)
        return cls(**{name: content[key] for name, key in keys.items()})

    def as_dict(self) -> dict[str, Any]:
        """The dict that files hold."""
        found = {key: getattr(self, name) for name, (key, _) in _ARRAYS.items()}
        found.update({key: getattr(self, name)[None] for name, key in _COEFFICIENTS.items()})
        found.update({key: getattr(self, name) for name, key in _BOXES.items()})
        return {**found, "T": self.translation[:, None], "image_shape": list(self.image_sizes)}


_ARRAYS: dict[str, tuple[str, tuple[int, ...]]] = {
    "matrix_1": ("cameraMatrix1", (3, 3)),
    "matrix_2": ("cameraMatrix2", (3, 3)),
    "rotation": ("R", (3, 3)),
    "translation": ("T", (3,)),
    "essential": ("E", (3, 3)),
    "fundamental": ("F", (3, 3)),
    "rectification_1": ("R1", (3, 3)),
    "rectification_2": ("R2", (3, 3)),
    "projection_1": ("P1", (3, 4)),
    "projection_2": ("P2", (3, 4)),
    "disparity_to_depth": ("Q", (4, 4)),
}
_COEFFICIENTS = {"distortion_1": "distCoeffs1", "distortion_2": "distCoeffs2"}
_BOXES = {"roi_1": "roi1", "roi_2": "roi2"}


@dataclass(frozen=True, eq=False)
class Metadata3D:
    """What a 3D result was made from: the calibration, its file, and the scorer of every camera's 2D points."""

    stereo: dict[str, StereoPair]
    stereo_file: str
    scorers: dict[str, str]

    def same_as(self, other: Metadata3D) -> bool:
        """Whether both name the same calibration and scorers, wherever its file lies."""
        return (
            self.scorers == other.scorers
            and self.stereo.keys() == other.stereo.keys()
            and all(pair.same_as(other.stereo[key]) for key, pair in self.stereo.items())
        )


def read_intrinsics(path: str | os.PathLike[str]) -> dict[str, Intrinsics]:
    """The lenses in a file, by camera; cameras that were not calibrated yet are left out."""
    found: dict[str, Intrinsics] = {}
    for camera, content in _dict_in(path).items():
        if isinstance(content, (list, tuple)) and not content:
            continue
        with _naming(path, camera):
            if not isinstance(content, Mapping) or not {"mtx", "dist"} <= set(content):
                raise DamagedFile("There is no camera matrix (mtx) with its distortion (dist).", fix=_AGAIN)
            points = [_images(content.get(key), key) for key in ("objpoints", "imgpoints")]
            found[str(camera)] = Intrinsics(content["mtx"], content["dist"], *points)
    return found


def write_intrinsics(path: str | os.PathLike[str], cameras: Mapping[str, Intrinsics]) -> None:
    """Replace ``path`` by the lenses of some cameras."""
    write_pickle(path, {camera: lens.as_dict() for camera, lens in cameras.items()})


def read_stereo(path: str | os.PathLike[str]) -> dict[str, StereoPair]:
    """The pairs of cameras in a stereo file, by `pair_key`."""
    return _stereo_in(_dict_in(path), path)


def write_stereo(path: str | os.PathLike[str], pairs: Mapping[str, StereoPair]) -> None:
    """Replace ``path`` by some pairs of cameras."""
    write_pickle(path, {key: pair.as_dict() for key, pair in pairs.items()})


def stereo_pair(path: str | os.PathLike[str], first: str, second: str) -> StereoPair:
    """One pair of cameras of a stereo file; raises `Missing` naming those that there are."""
    pairs = read_stereo(path)
    if pair_key(first, second) not in pairs:
        raise Missing(
            f"The cameras {first} and {second} were not calibrated together; there are: {', '.join(pairs) or 'none'}.",
            where=path, fix="run deeplabcut.calibrate_cameras(config, calibrate=True), or correct camera_names",
        )  # fmt: skip
    return pairs[pair_key(first, second)]


def read_metadata_3d(path: str | os.PathLike[str]) -> Metadata3D:
    """What the 3D result beside this file was made from."""
    content = _dict_in(path)
    if missing := sorted({"stereo_matrix", "scorer_name"} - set(content)):
        raise DamagedFile(f"The file lacks {', '.join(missing)}: it does not belong to a 3D result.", where=path)
    stereo, scorers = content["stereo_matrix"], content["scorer_name"]
    if not isinstance(stereo, Mapping) or not isinstance(scorers, Mapping):
        raise DamagedFile("The calibration or the scorers are not there.", where=path, fix="triangulate again")
    names = {str(camera): str(scorer) for camera, scorer in scorers.items()}
    if "P1" in stereo:  # one pair without a name
        stereo = {pair_key(*[*names, "", ""][:2]): stereo}
    return Metadata3D(_stereo_in(stereo, path), str(content.get("stereo_matrix_file", "")), names)


def write_metadata_3d(path: str | os.PathLike[str], metadata: Metadata3D) -> None:
    """Replace ``path`` by what a 3D result was made from."""
    content = {
        "stereo_matrix": {key: pair.as_dict() for key, pair in metadata.stereo.items()},
        "stereo_matrix_file": metadata.stereo_file,
        "scorer_name": dict(metadata.scorers),
    }
    write_pickle(path, content)


def save_metadata_3d(metadatafilename: str | os.PathLike[str], metadata: object) -> None:
    """Replace a file by the metadata of a 3D result, a plain dict."""
    write_pickle(metadatafilename, metadata)


def load_metadata_3d(metadatafilename: str | os.PathLike[str]) -> Any:
    """The metadata of a 3D result as the plain dict of the file."""
    return read_pickle(metadatafilename)


class _naming:  # noqa: N801 - reads as a statement
    """A block whose damage is reported with the file and the camera it is about."""

    def __init__(self, path: str | os.PathLike[str], camera: object) -> None:
        self.path, self.camera = path, camera

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        if isinstance(error, DamagedFile) and error.where is None:
            raise DamagedFile(f"{self.camera}: {error.message}", where=self.path, fix=error.fix or _AGAIN) from error


def _stereo_in(content: Mapping[Any, Any], path: str | os.PathLike[str]) -> dict[str, StereoPair]:
    pairs = {}
    for key, one in content.items():
        with _naming(path, key):
            pairs[str(key)] = StereoPair.from_dict(one)
    return pairs


def _dict_in(path: str | os.PathLike[str]) -> dict[Any, Any]:
    content = read_pickle(path)
    if not isinstance(content, dict):
        raise DamagedFile(
            f"The file holds a {type(content).__name__}, not the dict of a calibration.", where=Path(path), fix=_AGAIN
        )
    return content


def _images(corners: Any, key: str) -> tuple[Any, ...]:
    """The corners of each image; none where the file has none."""
    if corners is None:
        return ()
    if not isinstance(corners, (list, tuple, np.ndarray)) or np.ndim(corners) == 0:
        raise DamagedFile(f"{key} must be a list with the corners of each image.", fix=_AGAIN)
    return tuple(corners)


def _numbers(value: npt.ArrayLike, shape: tuple[int, ...], key: str) -> Array:
    """``value`` as float64 of this shape; axes of length 1 may have been added or left out."""
    try:
        array = np.asarray(value, float)
        array = array.reshape(shape)
    except (TypeError, ValueError) as error:
        wanted = ", ".join("n" if size < 0 else str(size) for size in shape)
        raise DamagedFile(f"{key} must be ({wanted}) numbers, not {np.shape(value)}.", fix=_AGAIN) from error
    if not np.isfinite(array).all():
        raise DamagedFile(f"{key} holds NaN or infinity.", fix=_AGAIN)
    return array


def _coefficients(value: npt.ArrayLike, key: str) -> Array:
    array = _numbers(value, (-1,), key)
    if len(array) not in _N_DISTORTION:
        raise DamagedFile(f"{key} holds {len(array)} coefficients; lens models have {_N_DISTORTION}.", fix=_AGAIN)
    return array


def _whole_numbers(value: Sequence[Any], n: int, key: str) -> tuple[int, ...]:
    array = _numbers(value, (n,), key)
    if (array != np.round(array)).any():
        raise DamagedFile(f"{key} must be whole numbers, not {value!r}.", fix=_AGAIN)
    return tuple(int(number) for number in array)


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, Mapping):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(_same(a, b) for a, b in zip(one, other, strict=True))
    return bool(np.array_equal(one, other))
