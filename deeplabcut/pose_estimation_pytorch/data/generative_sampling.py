"""Conditions with mistakes like those of a pose network, made from true poses.

A network that corrects poses learns from these: points that shake (jitter), points that lie anywhere (miss), left and
right exchanged (inversion), points that sit on a neighbour (swap). Distances follow the similarity of keypoints
``exp(-d^2 / (2 area (2 sigma)^2))``.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from deeplabcut.core.errors import InvalidInput
from deeplabcut.core.poses import Array
from deeplabcut.pose_estimation_pytorch.data.bboxes import is_visible
from deeplabcut.pose_estimation_pytorch.data.image import torch_rng

_KINDS = JITTER, MISS, INVERSION, SWAP, GOOD = range(5)
_TRIES = 500
_FAR_WEIGHT = 0.25  # how often a miss lies around another candidate, compared to around the point itself


class GenerativeSampler:
    """Makes conditions; called with the points of an individual and of those near it.

    Parameters
    ----------
    num_keypoints : points of an individual.
    keypoint_sigmas : how far apart two points may be and still count as alike; one number, or one for each point.
    keypoints_symmetry : pairs of points that can be taken for each other; by default any two.
    jitter_prob, swap_prob, inv_prob, miss_prob : how often each mistake is made.
    """

    def __init__(
        self,
        num_keypoints: int,
        keypoint_sigmas: float | list[float] = 0.1,
        keypoints_symmetry: list[tuple[int, int]] | None = None,
        jitter_prob: float = 0.16,
        swap_prob: float = 0.08,
        inv_prob: float = 0.03,
        miss_prob: float = 0.1,
    ) -> None:
        sigmas = np.asarray(keypoint_sigmas, float)
        if sigmas.ndim > 1 or (sigmas.ndim == 1 and len(sigmas) != num_keypoints):
            raise InvalidInput(
                f"keypoint_sigmas has {sigmas.size} numbers; there are {num_keypoints} points.",
                fix="give one number, or one for each point",
            )
        chances = np.array([jitter_prob, miss_prob, inv_prob, swap_prob], float)
        if chances.min() < 0 or chances.sum() > 1 + 1e-9:
            raise InvalidInput(
                f"The probabilities of mistakes sum up to {chances.sum():g}.",
                fix="give numbers from 0 on, at most 1 in all",
            )
        self.num_keypoints = num_keypoints
        self.keypoint_sigmas = np.broadcast_to(sigmas, (num_keypoints,))
        self.keypoints_symmetry = keypoints_symmetry
        self._partners = None if keypoints_symmetry is None else _partners(keypoints_symmetry, num_keypoints)
        self._chances = np.append(chances, max(0.0, 1 - chances.sum()))

    def get_distance_wrt_keypoint_sim(self, ks: float, area: float) -> Array:
        """The distances (num_keypoints,) in px at which points have the similarity ``ks``."""
        return np.asarray(np.sqrt(-2 * area * (2 * self.keypoint_sigmas) ** 2 * np.log(ks)))

    def __call__(
        self,
        keypoints: Array,
        near_keypoints: Array,
        area: float,
        image_size: Sequence[int],
        *,
        rng: np.random.Generator | None = None,
    ) -> Array:
        """The points (num_keypoints, 3) with mistakes; what is not visible becomes ``0, 0, 0``.

        Parameters
        ----------
        keypoints : (num_keypoints, 3) array.
        near_keypoints : (n, num_keypoints, 3) array of individuals nearby; the individual itself may be among them.
        area : px^2 of the individual.
        image_size : (height, width, ...); the result lies inside.
        rng : where chance comes from; seeded from torch if None.
        """
        rng = torch_rng() if rng is None else rng
        keypoints = np.asarray(keypoints, float)
        near = np.asarray(near_keypoints, float).reshape(-1, self.num_keypoints, 3)
        near = near[~((near == keypoints) | (np.isnan(near) & np.isnan(keypoints))).all(axis=(1, 2))]
        result = np.zeros((self.num_keypoints, 3))
        pending = np.flatnonzero(is_visible(keypoints))
        candidates = _Candidates.of(keypoints, near, self._drawn_partners(rng))
        reach = np.stack([self.get_distance_wrt_keypoint_sim(ks, area) for ks in (0.85, 0.5, 0.1)], axis=-1)
        chances = np.tile(self._chances, (self.num_keypoints, 1))
        while len(pending):
            kinds = _drawn(chances[pending], rng)
            failed = []
            for kind in _KINDS:
                joints = pending[kinds == kind]
                xy, is_found = candidates.sample(kind, joints, reach[joints], rng)
                result[joints[is_found], :2] = xy[is_found]
                result[joints[is_found], 2] = 2
                chances[joints[~is_found], kind] = 0
                failed.append(joints[~is_found])
            pending = np.concatenate(failed)
            chances[chances.sum(axis=1) == 0, GOOD] = 1  # no mistake that is asked for is possible here
        height, width = image_size[:2]
        result[:, :2] = np.clip(result[:, :2], 0, [width, height])
        return result

    def _drawn_partners(self, rng: np.random.Generator) -> Array:
        """The point that each one can be taken for, -1 for none."""
        n = self.num_keypoints
        if self._partners is not None:
            return self._partners
        if n < 2:
            return np.full(n, -1)
        other = (np.arange(n) + rng.integers(1, n, n)) % n
        return np.where(rng.random(n) * n < n % 2, -1, other)  # of an odd number one stays alone


class _Candidates:
    """Where each joint could be taken to be: itself, its partner, and both of the individuals nearby.

    ``xy`` is (n_joints, n_candidates, 2), NaN where there is none; the joint itself comes first, its partner second.
    """

    def __init__(self, xy: Array, of_others: Array) -> None:
        self.xy, self.of_others = xy, of_others

    @classmethod
    def of(cls, keypoints: Array, near: Array, partners: Array) -> _Candidates:
        animals = np.concatenate([keypoints[None], near])
        xy = np.where(is_visible(animals)[..., None], animals[..., :2], np.nan)
        paired = np.where((partners >= 0)[:, None], xy[:, partners], np.nan)
        every = np.concatenate([xy[:1], paired[:1], xy[1:], paired[1:]])
        return cls(every.transpose(1, 0, 2), np.arange(len(every)) >= 2)

    def sample(self, kind: int, joints: Array, reach: Array, rng: np.random.Generator) -> tuple[Array, Array]:
        """A place for each of the joints with a mistake of one kind (n, 2), and whether there is one."""
        d85, d50, d10 = reach.T
        if kind == JITTER:
            return self._around(joints, self._weights(joints, [0]), d85, d50, rng, clearance="radius")
        if kind == MISS:
            weights = np.where(np.arange(self.xy.shape[1]) == 0, 1.0, _FAR_WEIGHT) * ~self._absent(joints)
            return self._around(joints, weights, d50, d10, rng, clearance=d50)
        if kind == INVERSION:
            return self._around(joints, self._weights(joints, [1]), 0 * d50, d50, rng)
        if kind == SWAP:
            return self._around(joints, self._weights(joints, np.flatnonzero(self.of_others)), 0 * d50, d50, rng)
        return self._around(joints, self._weights(joints, [0]), 0 * d85, d85, rng)

    def _absent(self, joints: Array) -> Array:
        return np.asarray(np.isnan(self.xy[joints]).any(axis=-1))

    def _weights(self, joints: Array, allowed: npt.ArrayLike) -> Array:
        return np.isin(np.arange(self.xy.shape[1]), allowed) * ~self._absent(joints) * 1.0

    def _around(
        self, joints: Array, weights: Array, low: Array, high: Array, rng: np.random.Generator, clearance: object = None
    ) -> tuple[Array, Array]:
        """The first of many tries at a radius between ``low`` and ``high`` around one of the candidates.

        ``clearance`` is the least distance to all other candidates: a number for each joint, or the try's own radius.
        """
        is_possible = weights.sum(axis=1) > 0
        found, xy = is_possible.copy(), np.zeros((len(joints), 2))
        place = np.flatnonzero(is_possible)
        if not len(place):
            return xy, found
        n_tries = 1 if clearance is None else _TRIES
        center = _drawn(np.repeat(weights[place], n_tries, axis=0), rng).reshape(len(place), n_tries)
        radius = rng.uniform(low[place, None], high[place, None], (len(place), n_tries))
        angle = rng.uniform(0, 2 * np.pi, radius.shape)
        around = self.xy[joints[place]]
        tries = np.take_along_axis(around, center[..., None], axis=1)
        tries = tries + radius[..., None] * np.stack([np.cos(angle), np.sin(angle)], axis=-1)
        if clearance is None:
            xy[place] = tries[:, 0]
            return xy, found
        least = radius if isinstance(clearance, str) else np.asarray(clearance)[place, None]
        distance = np.linalg.norm(tries[:, :, None] - around[:, None], axis=-1)
        is_own = np.arange(around.shape[1]) == center[..., None]
        is_clear = (is_own | np.isnan(distance) | (distance > least[..., None])).all(axis=-1)
        first = is_clear.argmax(axis=1)
        xy[place] = tries[np.arange(len(place)), first]
        found[place] = is_clear.any(axis=1)
        return xy, found


def _drawn(weights: Array, rng: np.random.Generator) -> Array:
    """A column for each row of ``weights``, with these chances."""
    total = np.cumsum(weights, axis=1)
    return np.asarray((rng.random((len(weights), 1)) * total[:, -1:] >= total).sum(axis=1))


def _partners(pairs: Sequence[tuple[int, int]], n: int) -> Array:
    partners = np.full(n, -1)
    for a, b in pairs:
        if not (0 <= a < n and 0 <= b < n):
            raise InvalidInput(f"keypoints_symmetry names the pair {a}, {b}; points are numbered from 0 to {n - 1}.")
        partners[a], partners[b] = b, a
    return partners
