"""The solids that make up the animals of one frame, and how the pixels of each are to be painted."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline

from deeplabcut.scenes.bodies import HIP, N_NODES, N_TAIL, NECK, TAILBASE, Body, Colour
from deeplabcut.scenes.cameras import Camera
from deeplabcut.scenes.coats import is_albino
from deeplabcut.scenes.posture import Bodies, axes
from deeplabcut.scenes.solids import Cones, Ellipsoids

Array = NDArray[np.float64]

FUR, SKIN, EYE, EAR = range(4)

TRUNK_AT = np.array([0, 0.035, 0.08, 0.135, 0.20, 0.27, 0.35, 0.44, 0.53, 0.62, 0.71, 0.80, 0.88, 0.95, 1.0])
_TAIL_SPLIT = 2  # cones per segment of the tail


@dataclass(frozen=True)
class Figure:
    """Solids of some animals in mm; rows count cones first, then ellipsoids."""

    start: Array  # (n_cones, 3)
    end: Array
    radii: Array  # (n_cones, 2)
    centre: Array  # (n_ellipsoids, 3)
    stretch: Array  # (n_ellipsoids, 3) radii along `basis`
    basis: Array  # (n_ellipsoids, 3, 3)
    animal: NDArray[np.int64]  # (n,) of every solid
    material: NDArray[np.int64]  # (n,)
    tone: Array  # (n, 3) RGB of what is not fur
    along: Array  # (n, 2) place on the coat at the start and end
    left: Array  # (n, 2, 3) the body's left at the start and end, which orients the coat
    up: Array  # (n, 2, 3)
    height: Array  # (n, 2) mm of the axis above the floor


def figure_of(bodies: Bodies, frame: int, animals: NDArray[np.int64], coats: tuple[str, ...]) -> Figure:
    """The solids of ``animals`` in one frame."""
    body, nodes = bodies.body, bodies.nodes[frame, animals]
    n = len(animals)
    trunk, tail = spine_curve(nodes, body)
    _, trunk_left, trunk_up = axes(trunk)
    parts = [
        _swept(trunk, body.radius_mm(TRUNK_AT), FUR, TRUNK_AT, trunk_left, trunk_up),
        _swept(tail, _tail_radii(body), SKIN, np.ones(tail.shape[1]), *_still(tail.shape[:2])),
        *_limbs(bodies, frame, animals, nodes),
    ]
    head = bodies.head[frame, animals]
    eyes = bodies.eyes[frame, animals]
    parts.append(_spheres(eyes, body.eye_mm, EYE))
    centre, stretch, basis = _ears(bodies.ears[frame, animals], head, body)
    cones = [np.concatenate([part[i].reshape(-1, *part[i].shape[2:]) for part in parts]) for i in range(len(parts[0]))]
    start, end, radii, material, along, left, up = cones
    owner = np.concatenate([np.repeat(animals, part[0].shape[1]) for part in parts] + [np.repeat(animals, 2)])
    kind = np.concatenate([material, np.full(2 * n, EAR)]).astype(np.int64)
    still = _still((n, 2))
    return Figure(
        start, end, radii, centre, stretch, basis, owner, kind, _tones(owner, kind, coats, body),
        np.concatenate([along, np.full((2 * n, 2), 0.2)]),
        np.concatenate([left, np.repeat(still[0].reshape(-1, 1, 3), 2, 1)]),
        np.concatenate([up, np.repeat(still[1].reshape(-1, 1, 3), 2, 1)]),
        np.concatenate([np.stack([start[:, 2], end[:, 2]], 1), np.repeat(centre[:, 2:], 2, 1)]),
    )  # fmt: skip


def spine_curve(nodes: Array, body: Body) -> tuple[Array, Array]:
    """Smooth trunk (..., len(TRUNK_AT), 3) and tail (..., n, 3) through the nodes (..., N_NODES, 3)."""
    trunk, tail = _curve_weights(body)
    return trunk @ nodes[..., : TAILBASE + 1, :], tail @ nodes[..., HIP:, :]


@dataclass(frozen=True)
class View:
    """A figure as a camera sees it: solids in px, and per solid the directions that light and coat need."""

    cones: Cones
    ellipsoids: Ellipsoids
    sight: NDArray[np.float32]  # (n_animals, 3, 3): rows right, down, towards the camera, by position in `animals`


def view_of(figure: Figure, camera: Camera, origin: tuple[int, int], middle: Array, slot: NDArray[np.int64]) -> View:
    """Project ``figure``; pixels count from ``origin``.

    ``middle`` (n, 3) is the middle of each animal, seen along its own line of sight; ``slot`` says which
    row of it each solid belongs to.
    """
    towards = camera.centre - middle
    towards /= np.linalg.norm(towards, axis=-1, keepdims=True)
    right = camera.rotation[0] - (towards @ camera.rotation[0])[:, None] * towards
    right /= np.linalg.norm(right, axis=-1, keepdims=True)
    down = np.cross(-towards, right)
    sight = np.stack([right, down, towards], axis=1)
    n_cones = len(figure.start)
    ends = np.concatenate([figure.start, figure.end, figure.centre])
    range_mm = np.linalg.norm(ends - camera.centre, axis=-1)
    scale = camera.pixels_per_mm(np.concatenate([0.5 * (figure.start + figure.end), figure.centre]))
    xy = camera.project(ends) - origin
    xy = np.where(np.isfinite(xy), xy, -1e5)  # behind the camera: off the image
    three = np.split(np.concatenate([xy, -range_mm[:, None]], axis=1), [n_cones, 2 * n_cones])
    unit = np.stack([np.ones_like(scale), np.ones_like(scale), scale], axis=1)
    start, end, centre = (a * u for a, u in zip(three, (unit[:n_cones], unit[:n_cones], unit[n_cones:]), strict=True))
    turned = np.einsum("nij,nkj->nki", sight[slot[n_cones:]], figure.basis)
    single = [
        np.ascontiguousarray(a, np.float32)
        for a in (start, end, figure.radii * scale[:n_cones, None], scale[:n_cones])
    ]  # fmt: skip
    oval = [
        np.ascontiguousarray(a, np.float32)
        for a in (centre, turned, figure.stretch * scale[n_cones:, None], scale[n_cones:])
    ]  # fmt: skip
    return View(Cones(*single), Ellipsoids(*oval), sight.astype(np.float32))


_Part = tuple[Array, Array, Array, Array, Array, Array, Array]


def _swept(points: Array, radii: Array, material: int, along: Array, left: Array, up: Array) -> _Part:
    """Cones between neighbouring points (n, m, 3)."""
    shape = (points.shape[0], points.shape[1] - 1)
    pairs = [np.stack([a[..., :-1], a[..., 1:]], axis=-1) for a in (radii, along)]
    radii_2, along_2 = (np.broadcast_to(pair, (*shape, 2)) for pair in pairs)
    frames = [np.stack([a[:, :-1], a[:, 1:]], axis=2) for a in (left, up)]
    return points[:, :-1], points[:, 1:], radii_2, np.full(shape, material), along_2, frames[0], frames[1]


def _spheres(points: Array, radius: float, material: int) -> _Part:
    left, up = _still(points.shape[:2])
    shape = points.shape[:2]
    return (
        points, points, np.full((*shape, 2), radius), np.full(shape, material), np.zeros((*shape, 2)),
        np.stack([left, left], 2), np.stack([up, up], 2),
    )  # fmt: skip


def _limbs(bodies: Bodies, frame: int, animals: NDArray[np.int64], nodes: Array) -> list[_Part]:
    """Upper limbs in fur, paws in skin: (n, 4) each."""
    body = bodies.body
    _, left, up = axes(nodes[:, : TAILBASE + 1])
    joint = np.array([NECK + 1, NECK + 1, HIP, HIP])
    side = np.array([0.45, -0.45, 0.62, -0.62]) * body.node_radii_mm[joint]
    drop = np.array([0.45, 0.45, 0.30, 0.30]) * body.node_radii_mm[joint]
    socket = nodes[:, joint] + side[:, None] * left[:, joint] - drop[:, None] * up[:, joint]
    paws = bodies.paws[frame, animals]
    heading = bodies.heading[frame, animals]
    toward = np.stack([np.cos(heading), np.sin(heading), np.zeros_like(heading)], axis=-1)
    size = body.paw_mm
    heel = paws - np.array([1.0, 1.0, 3.2, 3.2])[:, None] * size * toward
    wrist = paws - np.array([0.9, 0.9, 2.6, 2.6])[:, None] * size * toward + (0, 0, 0.5 * size)
    toes = paws + np.array([1.4, 1.4, 2.4, 2.4])[:, None] * size * toward
    shape = paws.shape[:2]
    thick = np.array([[1.9, 1.0], [1.9, 1.0], [3.2, 1.0], [3.2, 1.0]]) * size
    along = np.broadcast_to(np.array([0.38, 0.38, 0.82, 0.82])[:, None], (*shape, 2))
    frames = [np.repeat(a[:, joint][:, :, None], 2, axis=2) for a in (left, up)]
    fur = (socket, wrist, np.broadcast_to(thick, (*shape, 2)), np.full(shape, FUR), along, *frames)
    foot_radii = np.broadcast_to(np.array([0.85, 0.95]) * size, (*shape, 2))
    skin = (heel, toes, foot_radii, np.full(shape, SKIN), along, *frames)
    return [fur, skin]


def _ears(ears: Array, head: Array, body: Body) -> tuple[Array, Array, Array]:
    """Thin cups that lean outwards: (2 n, 3) centres, radii and (2 n, 3, 3) axes."""
    forward, left, up = head[:, None, 0], head[:, None, 1], head[:, None, 2]
    side = np.array([1.0, -1.0])[None, :, None]
    face = 0.80 * up + 0.42 * forward + 0.30 * side * left
    face /= np.linalg.norm(face, axis=-1, keepdims=True)
    out = side * left - 0.45 * forward + 0.35 * up
    out -= (out * face).sum(-1, keepdims=True) * face
    out /= np.linalg.norm(out, axis=-1, keepdims=True)
    basis = np.stack([out, np.cross(face, out), face], axis=-2).reshape(-1, 3, 3)
    stretch = np.broadcast_to(body.ear_mm * np.array([1.0, 0.90, 0.22]), (len(basis), 3))
    return ears.reshape(-1, 3), stretch, basis


def _tones(owner: NDArray[np.int64], kind: NDArray[np.int64], coats: tuple[str, ...], body: Body) -> Array:
    return np.stack([_palette(coat, body.skin) for coat in coats])[owner, kind] if len(owner) else np.zeros((0, 3))


@lru_cache(maxsize=64)
def _palette(coat: str, skin: Colour) -> Array:
    """Colours of what is not fur, by material: dark animals have darker skin."""
    pale = np.array(skin)
    natural = coat.partition("+")[0]
    darkness = {"white": 0.0, "cinnamon": 0.12, "grey": 0.25, "agouti": 0.25, "hooded": 0.15}.get(natural, 0.48)
    dark = np.array((92.0, 74.0, 70.0))
    skin_tone = pale + darkness * (dark - pale)
    ear = pale + min(1.0, 1.5 * darkness) * (dark - pale)
    eye = np.array((150.0, 34.0, 40.0)) if is_albino(coat) else np.array((12.0, 10.0, 11.0))
    return np.stack([skin_tone, skin_tone, eye, ear])


def _still(shape: tuple[int, ...]) -> tuple[Array, Array]:
    return np.broadcast_to([0.0, 1.0, 0.0], (*shape, 3)), np.broadcast_to([0.0, 0.0, 1.0], (*shape, 3))


def _tail_radii(body: Body) -> Array:
    first, last = body.tail_radii_mm
    fade = np.linspace(1, 0, N_TAIL * _TAIL_SPLIT + 1) ** 0.8
    return last + (first - last) * fade


@lru_cache(maxsize=8)
def _curve_weights(body: Body) -> tuple[Array, Array]:
    """Cubic splines as matrices: trunk from its nodes, tail from the hip on."""
    trunk = CubicSpline(body.node_fractions, np.eye(TAILBASE + 1), bc_type="natural")(TRUNK_AT)
    knots = np.arange(N_NODES - HIP, dtype=float)
    tail = CubicSpline(knots, np.eye(len(knots)), bc_type="natural")(
        np.linspace(1, knots[-1], N_TAIL * _TAIL_SPLIT + 1)
    )
    return trunk, tail
