"""How animals move about: bouts of walking, pausing and rearing, goals that are places or other animals.

A step of time moves the neck of every animal; the trunk and the tail follow it like trailers behind a truck,
which gives bends that travel backwards and bodies that never stretch. All animals step together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from deeplabcut.scenes.bodies import N_BACK, N_HEAD, N_TAIL, Body

Array = NDArray[np.float64]

WALK, PAUSE, REAR = 0, 1, 2

_WARM_UP_S = 2.0
_MAX_STEP_S = 1 / 24  # longer steps are split, so that the trailers stay stable
_SPINE_BEND, _TAIL_BEND = 0.42, 0.38  # rad between neighbouring segments
_NOISE_PER_STEP, _DRAWS_PER_STEP = 2, 8


@dataclass(frozen=True)
class Walk:
    """The plan view of all animals over time; arrays are (n_frames, n_animals, ...)."""

    neck_xy: Array
    heading: Array  # rad, of every segment from the neck backwards: N_BACK + N_TAIL
    speed: Array  # mm/s
    travelled: Array  # mm, drives the gait
    state: NDArray[np.int8]  # WALK, PAUSE or REAR
    turn: Array  # rad/s of the neck


def walk(
    rng: np.random.Generator,
    n_frames: int,
    n_animals: int,
    *,
    fps: float,
    body: Body,
    arena_mm: tuple[float, float],
    sociability: float,
) -> Walk:
    """Simulate ``n_animals`` for ``n_frames``; the same generator state gives the same walk."""
    n_splits = int(np.ceil(1 / (fps * _MAX_STEP_S)))
    step_s = 1 / (fps * n_splits)
    n_warm = int(_WARM_UP_S * fps)
    n_steps = (n_warm + n_frames) * n_splits
    start, noise, draws = rng.spawn(3)
    herd = _Herd(start, n_animals, body, np.asarray(arena_mm, float), sociability)
    records = []
    for step in range(n_steps):
        herd.step(
            step_s, noise.normal(size=(n_animals, _NOISE_PER_STEP)), draws.random((n_animals, _DRAWS_PER_STEP))
        )  # fmt: skip
        if step >= n_warm * n_splits and (step + 1) % n_splits == 0:
            records.append(herd.record())
    columns = [np.array(column) for column in zip(*records, strict=True)] if records else herd.no_record()
    neck_xy, heading, speed, travelled, state, turn = columns
    return Walk(neck_xy, heading, speed, travelled, state.astype(np.int8), turn)


class _Herd:
    """The state of all animals at one moment."""

    def __init__(
        self, rng: np.random.Generator, n_animals: int, body: Body, arena_mm: Array, sociability: float
    ) -> None:
        self.n, self.body, self.sociability = n_animals, body, sociability
        self.scale = body.length_mm / 88.0
        self.half = 0.5 * arena_mm - 0.27 * body.length_mm  # the neck keeps the length of the head from the walls
        self.xy = _spread(rng, n_animals, self.half)
        heading = rng.uniform(-np.pi, np.pi, n_animals)
        self.heading = np.repeat(heading[:, None], 1 + N_BACK + N_TAIL, axis=1)
        spine = body.segment_mm[N_HEAD:]
        self.segment_mm = np.concatenate([[1.0], spine])
        self.bend = np.array([_SPINE_BEND] * N_BACK + [_TAIL_BEND] * N_TAIL)
        self.stiffness = np.array([3.0] * N_BACK + [1.4] * N_TAIL)
        self.speed, self.turn, self.wander = np.zeros(n_animals), np.zeros(n_animals), np.zeros(n_animals)
        self.travelled = rng.uniform(0, body.stride_mm, n_animals)
        self.state = np.full(n_animals, WALK)
        self.left_s = rng.uniform(0, 1.0, n_animals)
        self.cruise = np.full(n_animals, body.speed_mm_s)
        self.goal = rng.uniform(-1, 1, (n_animals, 2)) * self.half
        self.partner = np.full(n_animals, -1)

    def step(self, step_s: float, noise: Array, draws: Array) -> None:
        """Move on by ``step_s``; ``noise`` and ``draws`` are this step's normal and uniform numbers."""
        if self.n == 0:
            return
        self._choose(step_s, draws)
        goal = self._aim()
        towards = goal - self.xy
        self.wander += step_s / 0.5 * -self.wander + np.sqrt(2 * step_s / 0.5) * 0.5 * noise[:, 0]
        bearing = np.arctan2(towards[:, 1], towards[:, 0]) + self.wander
        error = _wrap(bearing - self.heading[:, 0])
        turn = np.clip(4.0 * error, -5.0, 5.0) + self._avoid()
        turn = np.where(self.state == WALK, turn, 0.25 * noise[:, 1])
        self.turn += step_s / 0.10 * (turn - self.turn)
        wanted = np.where(self.state == WALK, self.cruise * (0.22 + 0.78 * np.clip(np.cos(error), 0, 1)), 0.0)
        self.speed += step_s / 0.22 * (wanted - self.speed)
        self._move(step_s)

    def record(self) -> tuple[Array, ...]:
        """What `Walk` keeps of this moment."""
        return (
            self.xy.copy(), self.heading[:, 1:].copy(), self.speed.copy(), self.travelled.copy(), self.state.copy(),
            self.turn.copy(),
        )  # fmt: skip

    def no_record(self) -> list[Array]:
        """The columns of a walk of no frames."""
        return [np.zeros((0, *np.shape(one))) for one in self.record()]

    def _choose(self, step_s: float, draws: Array) -> None:
        """New bouts for the animals whose bout is over."""
        self.left_s -= step_s
        reached = (self.state == WALK) & (np.linalg.norm(self.goal - self.xy, axis=1) < 25 * self.scale)
        over = (self.left_s <= 0) | (reached & (self.partner < 0))
        if not over.any():
            return
        rests = (self.state == WALK) & (draws[:, 0] < 0.5)
        rears = rests & (draws[:, 1] < 0.3)
        state = np.where(rears, REAR, np.where(rests, PAUSE, WALK))
        length_s = np.where(state == WALK, 1.2 + 3.5 * draws[:, 2], np.where(state == REAR, 1.0, 0.3) + draws[:, 2])
        place = (2 * draws[:, 3:5] - 1) * self.half
        hug_wall = draws[:, 5] < 0.55  # mice like walls: some goals lie on one
        along = np.argmax(np.abs(place) / self.half, axis=1)
        edge = np.where(np.arange(2) == along[:, None], np.sign(place) * self.half * 0.97, place)
        seeks = (draws[:, 6] < self.sociability) & (self.n > 1)
        other = (np.arange(self.n) + 1 + (draws[:, 1] * (self.n - 1)).astype(int)) % self.n
        self.state = np.where(over, state, self.state)
        self.left_s = np.where(over, length_s, self.left_s)
        self.goal = np.where(over[:, None], np.where(hug_wall[:, None], edge, place), self.goal)
        self.partner = np.where(over, np.where(seeks & (state == WALK), other, -1), self.partner)
        self.cruise = np.where(over, self.body.speed_mm_s * (0.45 + 0.9 * draws[:, 7]), self.cruise)

    def _aim(self) -> Array:
        """Where each animal heads: its place, or the trunk of its partner and then straight on across it."""
        trunk = self.xy - 0.35 * self.body.length_mm * _unit(self.heading[:, 3])
        meets = self.partner >= 0
        target = np.where(meets[:, None], trunk[self.partner], self.goal)
        arrived = meets & (np.linalg.norm(target - self.xy, axis=1) < 0.30 * self.body.length_mm)
        beyond = np.clip(self.xy + 1.6 * self.body.length_mm * _unit(self.heading[:, 0]), -self.half, self.half)
        self.goal = np.where(arrived[:, None], beyond, self.goal)
        self.left_s = np.where(arrived, np.maximum(self.left_s, 1.2), self.left_s)
        self.partner = np.where(arrived, -1, self.partner)
        return np.where(arrived[:, None], beyond, target)

    def _avoid(self) -> Array:
        """Turning away from animals that are near and not sought."""
        if self.n < 2:
            return np.zeros(self.n)
        reach = 1.3 * self.body.length_mm
        trunk = self.xy - 0.3 * self.body.length_mm * _unit(self.heading[:, 2])
        delta = trunk[None] - self.xy[:, None]
        distance = np.linalg.norm(delta, axis=-1)
        bearing = _wrap(np.arctan2(delta[..., 1], delta[..., 0]) - self.heading[:, :1])
        push = -np.sign(bearing) * np.clip(np.cos(bearing), 0, 1) * np.clip(1 - distance / reach, 0, 1)
        push[np.arange(self.n), np.arange(self.n)] = 0
        return np.asarray(7.0 * (1 - self.sociability) * push.sum(axis=1) * (self.partner < 0))

    def _move(self, step_s: float) -> None:
        self.heading[:, 0] += step_s * self.turn
        self.xy += step_s * self.speed[:, None] * _unit(self.heading[:, 0])
        inside = np.clip(self.xy, -self.half, self.half)
        self.goal = np.where(inside != self.xy, inside * 0.5, self.goal)  # a wall ends the way
        self.xy = inside
        self.travelled += step_s * self.speed
        lead, follow = self.heading[:, :-1], self.heading[:, 1:]
        bend = _wrap(lead - follow)
        pull = self.speed[:, None] * np.cumprod(np.clip(np.cos(bend), 0.2, 1), axis=1)
        follow += step_s * (pull / self.segment_mm[1:] * np.sin(bend) + self.stiffness * bend)
        for joint in range(N_BACK + N_TAIL):  # a joint at its limit carries the next one with it
            limit = self.bend[joint]
            excess = _wrap(self.heading[:, joint] - self.heading[:, joint + 1])
            self.heading[:, joint + 1] += excess - np.clip(excess, -limit, limit)


def smooth_noise(rng: np.random.Generator, shape: tuple[int, ...], sigma_frames: float) -> Array:
    """Noise of unit variance along axis 0 that changes over about ``sigma_frames``."""
    sigma = max(sigma_frames, 0.3)
    margin = int(np.ceil(4 * sigma))
    noise = rng.normal(size=(shape[0] + 2 * margin, *shape[1:]))
    smooth = gaussian_filter1d(noise, sigma, axis=0)[margin : margin + shape[0]]
    return np.asarray(smooth * np.sqrt(2 * np.sqrt(np.pi) * sigma))


def _spread(rng: np.random.Generator, n: int, half: Array) -> Array:
    """Starting places, each the farthest of a few random ones from those before it."""
    places = np.zeros((0, 2))
    for _ in range(n):
        trials = rng.uniform(-0.8, 0.8, (16, 2)) * half
        gaps = np.linalg.norm(trials[:, None] - places[None], axis=-1).min(axis=1, initial=np.inf)
        places = np.vstack([places, trials[np.argmax(gaps)]])
    return places


def _unit(angle: Array) -> Array:
    return np.stack([np.cos(angle), np.sin(angle)], axis=-1)


def _wrap(angle: Array) -> Array:
    return (angle + np.pi) % (2 * np.pi) - np.pi
