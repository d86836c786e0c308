"""The frames of a video that are worth labelling: candidates, a look at them, and the choice.

`choose_frames` is what the verbs use. The other functions have the historical parameters, for a video that is open.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from deeplabcut.core import progress
from deeplabcut.core.errors import InvalidInput
from deeplabcut.core.selection import Frames, candidate_frames, kmeans_frames, uniform_frames
from deeplabcut.io.video.classic import VideoReader
from deeplabcut.io.video.reader import Video
from deeplabcut.io.video.thumbnails import Crop, centres, thumbnails

Algorithm = Literal["kmeans", "uniform"]
ALGORITHMS = ("kmeans", "uniform")


@dataclass(frozen=True)
class Wish:
    """How many frames, from which part of a video, and how they are chosen.

    ``step``, ``width``, ``color``, ``batch_size`` and ``max_iter`` are about k-means: it looks at every ``step``-th
    frame, as a picture of this width.
    """

    n: int
    start: float = 0.0
    stop: float = 1.0
    algorithm: Algorithm = "kmeans"
    step: int = 1
    width: int = 30
    color: bool = False
    batch_size: int = 100
    max_iter: int = 50

    def __post_init__(self) -> None:
        if self.algorithm not in ALGORITHMS:
            raise InvalidInput(f"Unknown algorithm {self.algorithm!r}.", fix=f"use one of: {', '.join(ALGORITHMS)}")
        for name, value, setting in (
            ("number of frames", self.n, "numframes2pick in config.yaml"),
            ("step", self.step, "cluster_step"),
            ("width", self.width, "cluster_resizewidth"),
        ):
            if value < 1:
                raise InvalidInput(f"The {name} must be at least 1, not {value}.", fix=f"correct {setting}")

    def candidates(self, n_frames: int, among: Iterable[int] | None = None) -> Frames:
        """The frames to choose from."""
        step = self.step if self.algorithm == "kmeans" else 1
        return candidate_frames(n_frames, self.start, self.stop, step, among)


@dataclass(frozen=True)
class Choice:
    """The frames that were chosen, out of how many, and which were passed over as damaged."""

    frames: Frames
    n_candidates: int
    damaged: dict[int, str] = field(default_factory=dict)


def choose_frames(
    video: Video,
    wish: Wish,
    rng: np.random.Generator,
    *,
    crop: Crop | None = None,
    among: Iterable[int] | None = None,
) -> Choice:
    """Frames of ``video``, ascending and none of them damaged; fewer than wished where there are no more.

    Parameters
    ----------
    crop : x1, x2, y1, y2; only this part of the picture is looked at.
    among : choose from these frames, as far as they lie strictly inside the wished part of the video.
    """
    candidates = wish.candidates(video.n_frames, among)
    if wish.algorithm == "uniform" or len(candidates) <= wish.n:
        return _drawn(video, candidates, wish.n, rng)
    small = thumbnails(video, candidates, wish.width, color=wish.color, crop=crop)
    images, usable = small.images, candidates
    if small.errors:
        images, usable = images[small.is_whole], candidates[small.is_whole]
    frames = kmeans_frames(images, usable, wish.n, rng, batch_size=wish.batch_size, max_iter=wish.max_iter)
    return Choice(frames, len(candidates), small.errors)


def _drawn(video: Video, candidates: Frames, n: int, rng: np.random.Generator) -> Choice:
    """Frames drawn at random; only these are decoded, and others drawn in place of those that are damaged."""
    whole: list[int] = []
    damaged: dict[int, str] = {}
    left = candidates
    with progress.current().task("look at", total=min(n, len(candidates)), unit="frame", label=video.path.name) as task:
        while len(whole) < n and len(left):
            drawn = uniform_frames(left, n - len(whole), rng)
            for picture in video.pictures(drawn.tolist()):
                if picture.picture is None or picture.error is not None:
                    damaged[picture.index] = picture.error or "damaged"
                else:
                    whole.append(picture.index)
                    task.advance()
            left = np.setdiff1d(left, drawn)
    return Choice(np.array(sorted(whole), np.int64), len(candidates), damaged)


class Clip(Protocol):
    """What is needed of a clip of another library, such as moviepy's."""

    fps: float
    duration: float

    def get_frame(self, t: float) -> NDArray[Any]:
        """The picture at a time in seconds."""


def uniform_of_reader(
    cap: VideoReader,
    numframes2pick: int,
    start: float,
    stop: float,
    Index: Iterable[int] | None = None,  # noqa: N803  a public name
    *,
    seed: int | None = None,
) -> list[int]:
    """Frames drawn at random from a part of a video, ascending; damaged ones are left out.

    Parameters
    ----------
    start, stop : fractions of the video.
    Index : draw only from these frames, as far as they lie strictly inside this part.
    """
    wish = Wish(numframes2pick, start, stop, "uniform")
    return _listed(choose_frames(cap.video, wish, np.random.default_rng(seed), among=Index).frames)


def kmeans_of_reader(
    cap: VideoReader,
    numframes2pick: int,
    start: float,
    stop: float,
    Index: Iterable[int] | None = None,  # noqa: N803  a public name
    step: int = 1,
    resizewidth: int = 30,
    batchsize: int = 100,
    max_iter: int = 50,
    color: bool = False,
    *,
    seed: int | None = None,
) -> list[int]:
    """Frames of a part of a video that look different, ascending; the bounding box of ``cap`` is what is looked at.

    Parameters
    ----------
    start, stop : fractions of the video.
    Index : choose only from these frames, as far as they lie strictly inside this part.
    step : look at every ``step``-th frame.
    resizewidth : width of the small pictures that are compared.
    color : compare colours, not only brightness.
    """
    wish = Wish(numframes2pick, start, stop, "kmeans", step, resizewidth, color, batchsize, max_iter)
    x1, x2, y1, y2 = (int(edge) for edge in cap.get_bbox())
    rng = np.random.default_rng(seed)
    return _listed(choose_frames(cap.video, wish, rng, crop=(x1, x2, y1, y2), among=Index).frames)


def uniform_of_clip(
    clip: Clip,
    numframes2pick: int,
    start: float,
    stop: float,
    Index: Iterable[int] | None = None,  # noqa: N803  a public name
    *,
    seed: int | None = None,
) -> list[int]:
    """As `uniform_of_reader`, for a clip with ``fps``, ``duration`` and ``get_frame``."""
    candidates = Wish(numframes2pick, start, stop, "uniform").candidates(_n_frames(clip), Index)
    return _listed(uniform_frames(candidates, numframes2pick, np.random.default_rng(seed)))


def kmeans_of_clip(
    clip: Clip,
    numframes2pick: int,
    start: float,
    stop: float,
    Index: Iterable[int] | None = None,  # noqa: N803  a public name
    step: int = 1,
    resizewidth: int = 30,
    batchsize: int = 100,
    max_iter: int = 50,
    color: bool = False,
    *,
    seed: int | None = None,
) -> list[int]:
    """As `kmeans_of_reader`, for a clip with ``fps``, ``duration`` and ``get_frame``."""
    wish = Wish(numframes2pick, start, stop, "kmeans", step, resizewidth, color, batchsize, max_iter)
    candidates, rng = wish.candidates(_n_frames(clip), Index), np.random.default_rng(seed)
    if len(candidates) <= wish.n:
        return _listed(candidates)
    features = []
    with progress.current().task("compare", total=len(candidates), unit="frame") as task:
        for number in candidates.tolist():
            features.append(_small(np.asarray(clip.get_frame(number / clip.fps)), wish))
            task.advance()
    batch = {"batch_size": batchsize, "max_iter": max_iter}
    return _listed(kmeans_frames(np.stack(features), candidates, wish.n, rng, **batch))


def _small(image: NDArray[Any], wish: Wish) -> NDArray[np.uint8]:
    height, width = image.shape[:2]
    if wish.width > width:
        raise InvalidInput(f"Pictures of {width} pixels cannot be shrunk to a width of {wish.width}.",
                           fix=f"choose a resizewidth from 1 to {width}")  # fmt: skip
    rows = centres(0, height, max(1, round(height * wish.width / width)))
    small = image[rows[:, None], centres(0, width, wish.width)]
    return np.asarray(small if wish.color or small.ndim == 2 else np.rint(small.mean(axis=-1)), np.uint8)


def _n_frames(clip: Clip) -> int:
    return math.floor(clip.duration * clip.fps + 1e-6)


def _listed(frames: Frames) -> list[int]:
    return [int(frame) for frame in frames]
