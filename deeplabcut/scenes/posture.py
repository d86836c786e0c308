"""From a plan view to bodies in space: spine, head, tail and paws in millimetres, for every frame.

Everything is vectorised over frames and animals: arrays are (n_frames, n_animals, ...). Segment lengths are
exact along the spine, because the bodies are built from directions.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from deeplabcut.scenes.bodies import BODYPARTS, HIP, N_BACK, N_HEAD, N_NODES, N_TAIL, NECK, TAILBASE, Body
from deeplabcut.scenes.walk import PAUSE, REAR, Walk, smooth_noise

Array = NDArray[np.float64]

_REAR_RAD = 0.95
_CLIMB_SLOPE = 0.8  # bodies that climb bend no more than this, so they hardly stretch
_HIDE = 0.92  # keypoints on the back lie this far from the axis, as a fraction of the radius
_ON_BACK = {
    "neck": NECK, "spine1": NECK + 1, "center": NECK + 2, "spine2": NECK + 4, "tailbase": TAILBASE,
    "tail1": TAILBASE + N_TAIL // 3, "tail2": TAILBASE + 2 * N_TAIL // 3, "tailtip": N_NODES - 1,
}  # fmt: skip
_PAWS = (("leftforepaw", 1, 0.0), ("rightforepaw", 1, 0.5), ("lefthindpaw", -1, 0.5), ("righthindpaw", -1, 0.0))
_DUTY = 0.62  # fraction of a stride that a paw stands on the floor


@dataclass(frozen=True)
class Bodies:
    """Every animal in every frame, in mm; the rest of the package reads only this."""

    body: Body
    nodes: Array  # (n_frames, n_animals, N_NODES, 3): axis from the snout to the tip of the tail
    head: Array  # (n_frames, n_animals, 3, 3): rows forward, left, up of the head
    ears: Array  # (n_frames, n_animals, 2, 3): centres, left first
    eyes: Array  # (n_frames, n_animals, 2, 3)
    paws: Array  # (n_frames, n_animals, 4, 3): left and right fore, left and right hind
    heading: Array  # (n_frames, n_animals, 4): rad on the floor, of each paw

    @property
    def n_frames(self) -> int:
        return int(self.nodes.shape[0])

    @property
    def n_animals(self) -> int:
        return int(self.nodes.shape[1])

    def keypoints(self) -> Array:
        """(n_frames, n_animals, n_bodyparts, 3) in the order of `BODYPARTS`."""
        up = axes(self.nodes)[2]
        radius = self.body.node_radii_mm
        back = self.nodes + _HIDE * radius[:, None] * up
        points = {name: back[:, :, index] for name, index in _ON_BACK.items()}
        snout_tip = self.nodes[:, :, 0] + radius[0] * self.head[:, :, 0]
        points |= {"snout": snout_tip, "leftear": self.ears[:, :, 0], "rightear": self.ears[:, :, 1]}
        points |= {name: self.paws[:, :, i] for i, (name, _, _) in enumerate(_PAWS)}
        return np.stack([points[name] for name in BODYPARTS], axis=2)


def bodies_of(rng: np.random.Generator, walk: Walk, body: Body, *, fps: float, arena_mm: tuple[float, float]) -> Bodies:
    """Give the animals of a plan view their height, heads, tails and paws."""
    shape = walk.speed.shape
    sniff, sway, tail, order = rng.spawn(4)
    rear = _eased(walk.state == REAR, 0.16 * fps) * (0.85 + 0.15 * smooth_noise(sway, shape, fps).clip(-1, 1))
    walking = np.clip(walk.speed / body.speed_mm_s, 0, 1.2)
    yaw = smooth_noise(sniff, shape, 0.22 * fps) * (0.30 - 0.18 * walking.clip(0, 1)) + 0.07 * walk.turn.clip(-4, 4)
    nod = smooth_noise(sniff, shape, 0.10 * fps) * 0.10 + 0.12 * _eased(walk.state == PAUSE, 0.2 * fps) - 0.02
    heading = _headings(tail, walk, yaw, fps)
    pitch = _pitches(body, rear, nod)
    nodes = _chain(body, walk, heading, pitch)
    nodes[..., HIP + 1 :, 2] = _tail_heights(body, nodes, tail, fps)
    bounce = 0.6 * body.length_mm / 88 * np.sin(4 * np.pi * walk.travelled / body.stride_mm) * walking
    nodes[..., : TAILBASE + 1, 2] += bounce[..., None]
    nodes[..., 2] = np.maximum(nodes[..., 2], body.node_radii_mm)  # nobody digs
    nodes = _kept_inside(nodes, body, arena_mm)
    nodes[..., 2] += _climb(order.permutation(shape[1]), nodes, body, fps)
    head = _head_axes(nodes)
    ears, eyes = (_on_head(nodes, head, at) for at in (body.ear_at, body.eye_at))
    paws, paw_heading = _paws(body, walk, nodes, rear, walking)
    paws[..., :2] = _inside(paws[..., :2], arena_mm, 2.0)
    return Bodies(body, nodes, head, ears, eyes, paws, paw_heading)


def axes(nodes: Array) -> tuple[Array, Array, Array]:
    """Unit vectors forward, left and up at each node of chains (..., n, 3) that run from front to back."""
    forward = _unit(-np.gradient(nodes, axis=-2))
    flat = np.hypot(forward[..., 0], forward[..., 1]).clip(1e-6)
    cosine, sine = forward[..., 0] / flat, forward[..., 1] / flat
    left = np.stack([-sine, cosine, np.zeros_like(sine)], axis=-1)
    up = np.stack([-forward[..., 2] * cosine, -forward[..., 2] * sine, flat], axis=-1)
    return forward, left, up


def _headings(rng: np.random.Generator, walk: Walk, yaw: Array, fps: float) -> Array:
    """Direction on the floor of every segment, the two of the head first; the tail waves with a lag."""
    neck = walk.heading[..., 0]
    head = np.stack([neck + yaw, neck + 0.5 * yaw], axis=-1)
    heading = np.concatenate([head, walk.heading], axis=-1)
    n_frames, n_animals = neck.shape
    along = np.arange(1, N_TAIL + 1) / N_TAIL
    slow = smooth_noise(rng, (n_frames, n_animals), 0.5 * fps)
    beat = 2 * np.pi * (np.arange(n_frames)[:, None] / fps * 1.1 + rng.uniform(size=n_animals))
    wave = 0.16 * np.sin(beat[..., None] - 3.5 * along) + 0.30 * slow[..., None] * along
    heading[..., N_HEAD + N_BACK :] += wave * along
    return heading


def _pitches(body: Body, rear: Array, nod: Array) -> Array:
    """Slope of the segments from the snout to the hip: the resting profile, rearing, and the nodding head."""
    resting = np.maximum(0.94 * body.node_radii_mm[: HIP + 1], 0.072 * body.length_mm)
    resting[0] = 0.055 * body.length_mm
    slope = np.arcsin(-np.diff(resting) / body.segment_mm[:HIP])
    lift = np.array([0.30, 0.62, *np.linspace(1.0, 0.55, HIP - N_HEAD)]) * _REAR_RAD
    nodding = np.array([1.0, 0.4] + [0.0] * (HIP - N_HEAD))
    return np.asarray(slope + rear[..., None] * lift - (nod * (1 - 0.5 * rear))[..., None] * nodding)


def _chain(body: Body, walk: Walk, heading: Array, pitch: Array) -> Array:
    """Nodes from the hip forwards along sloping segments, and backwards along level ones."""
    length = body.segment_mm
    level = np.stack([np.cos(heading), np.sin(heading)], axis=-1)
    trunk = length[N_HEAD:HIP, None] * level[..., N_HEAD:HIP, :]
    hip = walk.neck_xy - trunk.sum(axis=-2)
    nodes = np.zeros((*heading.shape[:2], N_NODES, 3))
    nodes[..., HIP, :2] = hip
    nodes[..., HIP, 2] = 0.94 * body.node_radii_mm[HIP]
    steps = length[:HIP, None] * np.concatenate(
        [level[..., :HIP, :] * np.cos(pitch)[..., None], np.sin(pitch)[..., None]], -1
    )
    nodes[..., :HIP, :] = nodes[..., HIP : HIP + 1, :] + np.cumsum(steps[..., ::-1, :], axis=-2)[..., ::-1, :]
    back = length[HIP:, None] * level[..., HIP:, :]
    nodes[..., HIP + 1 :, :2] = hip[..., None, :] - np.cumsum(back, axis=-2)
    return nodes


def _tail_heights(body: Body, nodes: Array, rng: np.random.Generator, fps: float) -> Array:
    """The root of the tail hangs at the rump and the rest settles on the floor, now and then lifted."""
    behind = np.arange(N_TAIL + 1)
    radius = body.node_radii_mm[HIP + 1 :]
    root = 0.72 * body.node_radii_mm[HIP]
    raised = smooth_noise(rng, nodes.shape[:2], 0.6 * fps).clip(0, 2)[..., None] * 0.05 * body.tail_mm
    return np.asarray(radius + (root - radius[0]) * np.exp(-0.75 * behind) + raised * np.sin(np.pi * behind / N_TAIL))


def _climb(order: NDArray[np.int64], nodes: Array, body: Body, fps: float) -> Array:
    """Height (n_frames, n_animals, N_NODES) by which animals rise where they cross those below them.

    The order of climbing is one permutation for the whole scene, so nobody passes through anybody.
    """
    lift = np.zeros(nodes.shape[:-1])
    radius = body.node_radii_mm
    spine = slice(0, TAILBASE + 1)
    arc_mm = np.concatenate([[0], np.cumsum(body.segment_mm)])
    apart_mm = np.abs(arc_mm[:, None] - arc_mm)
    squeeze = np.where(np.arange(N_NODES) < TAILBASE, 0.75, 1.0)[:, None]  # trunks give way, tails lie on top
    for rank, upper in enumerate(order):
        for lower in order[:rank]:
            gap = nodes[:, upper, :, None, :2] - nodes[:, lower, None, spine, :2]
            distance = np.linalg.norm(gap, axis=-1) / (radius[:, None] + radius[spine] + 0.02 * body.length_mm)
            top = nodes[:, lower, None, spine, 2] + lift[:, lower, None, spine] + squeeze * radius[spine]
            rise = (top * _bump(distance)).max(axis=-1)
            lift[:, upper] = np.maximum(lift[:, upper], rise)
        sloping = (lift[:, upper, None, :] - _CLIMB_SLOPE * apart_mm).max(axis=-1)
        along = gaussian_filter1d(sloping, 1.0, axis=-1, mode="nearest")
        lift[:, upper] = gaussian_filter1d(along, 0.06 * fps, axis=0, mode="nearest")
    return lift


def _bump(distance: Array) -> Array:
    """1 where bodies share a place, falling smoothly to 0 where they only touch."""
    x = np.clip((1.15 - distance) / 0.6, 0, 1)
    return x * x * (3 - 2 * x)


def _kept_inside(nodes: Array, body: Body, arena_mm: tuple[float, float]) -> Array:
    """Animals whose trunk touches a wall stand further in; only tails bend along it."""
    trunk, radius = nodes[..., : TAILBASE + 1, :2], 0.95 * body.node_radii_mm[: TAILBASE + 1, None]
    half = 0.5 * np.asarray(arena_mm)
    over = np.maximum(trunk + radius - half, 0).max(axis=-2) - np.maximum(radius - half - trunk, 0).max(axis=-2)
    nodes[..., :2] -= over[..., None, :]
    nodes[..., :2] = _inside(nodes[..., :2], arena_mm, body.node_radii_mm[:, None])
    return nodes


def _inside(xy: Array, arena_mm: tuple[float, float], margin: Array | float) -> Array:
    half = 0.5 * np.asarray(arena_mm) - margin
    return np.clip(xy, -half, half)


def _head_axes(nodes: Array) -> Array:
    return np.stack([axis[..., 0, :] for axis in axes(nodes[..., : N_HEAD + 1, :])], axis=-2)


def _on_head(nodes: Array, head: Array, at: tuple[float, float, float]) -> Array:
    """A place on the left and right of the head; ``at`` is (behind the snout, to the side, above the axis)."""
    behind, aside, above = at
    offsets = np.array([[-behind, aside, above], [-behind, -aside, above]])
    return nodes[..., :1, :] + offsets @ head


def _paws(body: Body, walk: Walk, nodes: Array, rear: Array, walking: Array) -> tuple[Array, Array]:
    """Paws (n_frames, n_animals, 4, 3) that stand, push back and swing in a trot; and where they point."""
    forward, left, _ = axes(nodes[..., : TAILBASE + 1, :])
    paws, headings = [], []
    for i, (_, pair, phase) in enumerate(_PAWS):
        joint = NECK + 1 if pair == 1 else HIP
        aside, ahead = body.fore_mm if pair == 1 else body.hind_mm
        aside = aside if i % 2 == 0 else -aside
        level = _unit(forward[..., joint, :] * (1, 1, 0))
        cycle = (walk.travelled / body.stride_mm + phase) % 1
        swing = np.clip((cycle - _DUTY) / (1 - _DUTY), 0, 1)
        reach = np.where(cycle < _DUTY, 0.5 - cycle / _DUTY, -0.5 + swing * swing * (3 - 2 * swing))
        reach = ahead + reach * _DUTY * body.stride_mm * 0.62 * walking.clip(0.25, 1)
        ground = nodes[..., joint, :] * (1, 1, 0) + reach[..., None] * level + aside * left[..., joint, :]
        ground[..., 2] = 0.8 * body.paw_mm + 1.6 * body.paw_mm * np.sin(np.pi * swing) * walking.clip(0, 1)
        hanging = nodes[..., joint, :] + aside * 0.8 * left[..., joint, :] + 0.8 * body.fore_mm[0] * level
        hanging[..., 2] -= 0.5 * body.node_radii_mm[joint]
        above = np.maximum(nodes[..., joint, 2] - 1.02 * body.node_radii_mm[joint], 0) / (0.25 * body.length_mm)
        free = above.clip(0, 1)[..., None] * (pair == 1) if pair == 1 else above.clip(0, 1)[..., None]
        paws.append(ground * (1 - free) + hanging * free)
        headings.append(np.arctan2(level[..., 1], level[..., 0]))
    return np.stack(paws, axis=2), np.stack(headings, axis=2)


def _eased(on: NDArray[np.bool_], sigma_frames: float) -> Array:
    return np.asarray(gaussian_filter1d(on.astype(float), max(sigma_frames, 0.3), axis=0, mode="nearest"))


def _unit(vectors: Array) -> Array:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=-1, keepdims=True).clip(1e-9))
