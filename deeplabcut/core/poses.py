"""The nouns of the product: body plans, poses of videos, annotations of images.

Poses are ``(n_frames, n_individuals, n_bodyparts, 3)`` arrays of ``x_px, y_px, score`` with NaN where nothing
was seen. Leading axes may be missing, the order never changes. Predictions are float32, annotations float64.
Names live in a `BodyPlan` beside the array.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from deeplabcut.core.errors import InvalidInput

Array = npt.NDArray[Any]

X, Y, SCORE = 0, 1, 2
SINGLE = "single"
"""The individual that carries the unique bodyparts in the columns of files."""


@dataclass(frozen=True)
class BodyPlan:
    """The names that go with an array of poses.

    Parameters
    ----------
    bodyparts : names along the bodypart axis, the same for every individual.
    individuals : names along the individual axis; empty in a single-animal project, whose axis has length 1.
    unique : points that exist once per image, in an array of their own.
    skeleton : pairs of names that are drawn as bones.
    """

    bodyparts: tuple[str, ...]
    individuals: tuple[str, ...] = ()
    unique: tuple[str, ...] = ()
    skeleton: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        for kind in ("bodyparts", "individuals", "unique"):
            names = tuple(getattr(self, kind))
            object.__setattr__(self, kind, names)
            if repeated := sorted(str(name) for name, n in Counter(names).items() if n > 1):
                raise InvalidInput(f"The {kind} {', '.join(repeated)} appear more than once.", fix="give each a name")
        object.__setattr__(self, "skeleton", tuple((str(a), str(b)) for a, b in self.skeleton))
        if SINGLE in self.individuals:
            raise InvalidInput(f"An individual cannot be called {SINGLE!r}: files use the name for unique bodyparts.")

    @property
    def is_multi(self) -> bool:
        """Whether individuals have names, as in the files of multi-animal projects."""
        return bool(self.individuals)

    @property
    def n_individuals(self) -> int:
        """Length of the individual axis."""
        return max(1, len(self.individuals))

    @property
    def n_bodyparts(self) -> int:
        """Length of the bodypart axis."""
        return len(self.bodyparts)

    @property
    def n_unique(self) -> int:
        """Number of unique bodyparts."""
        return len(self.unique)

    @property
    def bones(self) -> list[tuple[int, int]]:
        """The skeleton as pairs of positions; pairs with a name that is not a bodypart are left out."""
        place = {name: i for i, name in enumerate(self.bodyparts)}
        return [(place[a], place[b]) for a, b in self.skeleton if a in place and b in place]


def _shaped(array: npt.ArrayLike, shape: tuple[int, ...], dtype: npt.DTypeLike, name: str) -> Array:
    """``array`` with the given type; raises if its shape is not the one that the names ask for."""
    result = np.asarray(array, dtype=dtype)
    if result.shape != shape:
        raise InvalidInput(f"{name} has the shape {result.shape}; the names and frames ask for {shape}.")
    return result


@dataclass(frozen=True)
class PoseTable:
    """Poses of the frames of one video, as they stand in a file of predictions.

    ``frames`` are frame numbers, ``poses`` is (n_frames, n_individuals, n_bodyparts, 3) and ``unique`` is
    (n_frames, n_unique, 3). The arrays keep the float type they come with.
    """

    plan: BodyPlan
    scorer: str
    frames: Array
    poses: Array
    unique: Array = field(default_factory=lambda: np.empty((0, 0, 3), np.float32))

    def __post_init__(self) -> None:
        n, plan = len(self.frames), self.plan
        kind = np.result_type(np.asarray(self.poses).dtype, np.float32)
        object.__setattr__(self, "frames", np.asarray(self.frames, np.int64))
        object.__setattr__(
            self, "poses", _shaped(self.poses, (n, plan.n_individuals, plan.n_bodyparts, 3), kind, "poses")
        )
        unique = np.full((n, 0, 3), np.nan, kind) if np.size(self.unique) == 0 and not plan.unique else self.unique
        object.__setattr__(self, "unique", _shaped(unique, (n, plan.n_unique, 3), kind, "unique"))

    def __len__(self) -> int:
        return len(self.frames)


ImageKey = tuple[str, ...]
"""``("labeled-data", <video stem>, <image name>)``."""


@dataclass(frozen=True)
class Annotations:
    """Hand labels of some images, in the order of the file.

    ``xy`` is (n_images, n_individuals, n_bodyparts, 2), ``unique_xy`` is (n_images, n_unique, 2); both float64.
    """

    plan: BodyPlan
    scorer: str
    images: tuple[ImageKey, ...]
    xy: Array
    unique_xy: Array = field(default_factory=lambda: np.empty((0, 0, 2)))

    def __post_init__(self) -> None:
        n, plan = len(self.images), self.plan
        object.__setattr__(self, "images", tuple(tuple(key) for key in self.images))
        object.__setattr__(self, "xy", _shaped(self.xy, (n, plan.n_individuals, plan.n_bodyparts, 2), float, "xy"))
        unique = np.full((n, 0, 2), np.nan) if np.size(self.unique_xy) == 0 and not plan.unique else self.unique_xy
        object.__setattr__(self, "unique_xy", _shaped(unique, (n, plan.n_unique, 2), float, "unique_xy"))

    def __len__(self) -> int:
        return len(self.images)

    @property
    def labeled(self) -> Array:
        """Whether each image has any label, (n_images,) bool."""
        any_point = np.isfinite(self.xy).any(axis=(1, 2, 3))
        return np.asarray(any_point | np.isfinite(self.unique_xy).any(axis=(1, 2)))
