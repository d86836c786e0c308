"""Steps of augmentation, and the chain that applies them to an image with its points and boxes."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from deeplabcut.core.errors import InvalidInput
from deeplabcut.core.poses import Array
from deeplabcut.pose_estimation_pytorch.data.augmentation.sample import Sample


class Step(ABC):
    """One augmentation: with probability ``p`` it changes a sample.

    Steps hold settings only, so that they can be shared, compared and pickled; chance comes in as a generator.
    A step can be called like a chain of itself.
    """

    p: float = 1.0
    always_apply: bool = False
    draws = True  # whether `apply` uses chance

    @abstractmethod
    def apply(self, sample: Sample, rng: np.random.Generator) -> None:
        """Change ``sample`` in place."""

    @property
    def is_random(self) -> bool:
        """Whether two calls can differ."""
        return self.draws or not (self.p >= 1 or self.always_apply)

    def __call__(self, *, rng: np.random.Generator | None = None, **sample: Any) -> dict[str, Any]:
        transform = Transform([self])
        if rng is not None:
            transform.rng = rng
        return transform(**sample)


class Transform:
    """A chain of steps, called with an image and what is marked in it.

    ``transform(image=, keypoints=, bboxes=, class_labels=, bbox_labels=)`` returns a dict with the same keys and
    ``matrix``: the (2, 3) map from the given image to the one returned, None where a step that bends the image took
    part. Points that a crop removed or a hole covers are NaN; all points and boxes are returned, in their order.

    Chance comes from `rng` only. Where nobody sets it, it is seeded from torch: differently in every worker of a
    loader, and repeatable after ``torch.manual_seed``.
    """

    def __init__(self, steps: Iterable[Step] = (), *, seed: int | Sequence[int] | None = None) -> None:
        self.steps = tuple(steps)
        self._rng: np.random.Generator | None = None
        self._process = os.getpid()
        if seed is not None:
            self.seed(seed)

    def __repr__(self) -> str:
        return f"Transform({list(self.steps)})"

    @property
    def is_random(self) -> bool:
        """Whether two calls can differ."""
        return any(step.is_random for step in self.steps)

    def seed(self, seed: int | Sequence[int] | None) -> None:
        """Start the chances anew; None leaves the seed to torch."""
        self._rng = None if seed is None else np.random.default_rng(seed)
        self._process = os.getpid()

    @property
    def rng(self) -> np.random.Generator:
        """Where chance comes from."""
        if self._rng is None or self._process != os.getpid():
            self._rng = self._of_this_process()
            self._process = os.getpid()
        return self._rng

    @rng.setter
    def rng(self, rng: np.random.Generator) -> None:
        self._rng, self._process = rng, os.getpid()

    def _of_this_process(self) -> np.random.Generator:
        """A generator for a process that has none of its own yet; workers that share one must not repeat each other."""
        import torch

        worker = torch.utils.data.get_worker_info()
        if self._rng is not None:
            if worker is None:
                return self._rng
            return np.random.default_rng([int(self._rng.integers(2**63)), worker.seed])
        seed = worker.seed if worker is not None else int(torch.empty((), dtype=torch.int64).random_().item())
        return np.random.default_rng(seed)

    def __call__(
        self,
        *,
        image: Array,
        keypoints: Any = None,
        bboxes: Any = None,
        class_labels: Sequence[Any] | None = None,
        bbox_labels: Sequence[Any] | None = None,
    ) -> dict[str, Any]:
        sample = Sample(image, keypoints, bboxes, class_labels)
        _check_labels("class_labels", class_labels, len(sample.points))
        _check_labels("bbox_labels", bbox_labels, len(sample.corners))
        rng = self.rng if self.is_random else _NO_CHANCE
        for step in self.steps:
            if step.p >= 1 or step.always_apply or rng.random() < step.p:
                step.apply(sample, rng)
        result: dict[str, Any] = {"image": sample.image, "matrix": sample.matrix}
        if keypoints is not None:
            result["keypoints"] = sample.keypoints
        if bboxes is not None:
            result["bboxes"] = sample.bboxes
        labels = {"class_labels": class_labels, "bbox_labels": bbox_labels}
        return result | {name: value for name, value in labels.items() if value is not None}


_NO_CHANCE = np.random.default_rng(0)  # for steps that never draw


def _check_labels(name: str, labels: Sequence[Any] | None, n: int) -> None:
    if labels is not None and len(labels) != n:
        what = "points" if name == "class_labels" else "boxes"
        raise InvalidInput(
            f"There are {len(labels)} {name} for {n} {what}.", where=name, fix=f"give one label for each of the {what}"
        )
