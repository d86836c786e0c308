"""Arenas: floors, walls and the room around them, drawn once per camera from a seed.

A background is ray-cast: every pixel looks along its ray (lens distortion included) and meets the floor, a wall
or the room, each with a procedural texture in mm.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from deeplabcut.scenes import floors
from deeplabcut.scenes.cameras import Camera
from deeplabcut.scenes.coats import tileable_noise

Floats = NDArray[np.float32]

_TEXELS_PER_MM = 2.0
_MAX_TEXELS = 2600
_SUPERSAMPLE = 2
_BAND_ROWS = 128
_RIM = 0.018  # width of the rim, as a fraction of the arena
_LENS_BLUR_PX = 0.55

FEEDER = "feeder"
_PLACES = {  # fractions of the arena from its middle
    "topleft": (-0.5, 0.5),
    "topright": (0.5, 0.5),
    "bottomright": (0.5, -0.5),
    "bottomleft": (-0.5, -0.5),
    FEEDER: (0.34, 0.30),
}
UNIQUE = tuple(_PLACES)


@dataclass(frozen=True)
class Arena:
    """A rectangular box with its floor at ``z = 0`` around the origin."""

    background: str
    size_mm: tuple[float, float]
    wall_mm: float
    has_feeder: bool

    def meets_rim(self, origin: NDArray[np.floating], rays: NDArray[np.floating]) -> NDArray[np.bool_]:
        """Whether rays (..., 3) from ``origin`` pass through the rim on top of the walls."""
        with np.errstate(divide="ignore", invalid="ignore"):
            step = (self.wall_mm - origin[..., 2]) / rays[..., 2]
            x, y = (origin[..., i] + step * rays[..., i] for i in (0, 1))
            beyond = np.maximum(np.abs(x) - self.size_mm[0] / 2, np.abs(y) - self.size_mm[1] / 2)
        return np.asarray((step > 0) & (beyond > 0) & (beyond < _RIM * max(self.size_mm)))

    @property
    def box_mm(self) -> tuple[float, float, float]:
        return (*self.size_mm, self.wall_mm)

    def landmark(self, name: str) -> tuple[float, float, float]:
        """Where a unique bodypart of `UNIQUE` lies."""
        x, y = _PLACES[name]
        return (x * self.size_mm[0], y * self.size_mm[1], 0.0)


@dataclass(frozen=True)
class _Look:
    floor: Callable[[np.random.Generator, tuple[int, int], float], Floats]
    wall: tuple[float, float, float]
    room: tuple[float, float, float]
    clear: float  # 0: walls hide what is behind them; towards 1: clear plastic


@dataclass(frozen=True)
class Background:
    """The empty arena as one camera sees it in even light."""

    image: Floats  # (height, width, 3), 0 to 255
    floor: Floats  # (height, width): 1 where the floor is seen, which takes shadows
    front: Floats  # (height, width): 1 where the near rim of the box hides what is inside


def draw_background(rng: np.random.Generator, arena: Arena, camera: Camera) -> Background:
    """The arena without animals, seen by ``camera``."""
    look = _LOOKS[arena.background]
    floor_rng, wall_rng, room_rng = rng.spawn(3)
    texels = min(_TEXELS_PER_MM, _MAX_TEXELS / max(arena.size_mm))
    shape = (int(arena.size_mm[1] * texels), int(arena.size_mm[0] * texels))
    floor = look.floor(floor_rng, shape, texels)
    _shade_edges(floor, texels, 0.16 * arena.wall_mm)
    if arena.has_feeder:
        _draw_feeder(floor, arena, texels)
    stage = _Stage(
        arena,
        look,
        floor,
        tileable_noise(wall_rng, (256, 1024), (2, 14)),
        tileable_noise(room_rng, (256, 256), (14, 14)),
    )
    bands = [_seen_band(stage, camera, top) for top in range(0, camera.size[1], _BAND_ROWS)]
    planes = (np.concatenate(parts) for parts in zip(*bands, strict=True))
    return Background(*(cv2.GaussianBlur(plane, (0, 0), _LENS_BLUR_PX) for plane in planes))


@dataclass(frozen=True)
class _Stage:
    """Everything a ray can meet."""

    arena: Arena
    look: _Look
    floor: Floats  # texture
    grain: Floats  # of the walls
    cloud: Floats  # of the room


def _seen_band(stage: _Stage, camera: Camera, top: int) -> list[Floats]:
    """The planes of a `Background` for some rows: large images are drawn in bands, which bounds the memory."""
    width, rows = camera.size[0], min(_BAND_ROWS, camera.size[1] - top)
    x = (np.arange(width * _SUPERSAMPLE) + 0.5) / _SUPERSAMPLE - 0.5
    y = (np.arange(rows * _SUPERSAMPLE) + 0.5) / _SUPERSAMPLE - 0.5 + top
    rays = camera.rays(np.stack(np.meshgrid(x, y), axis=-1)).astype(np.float32)
    return [
        cv2.resize(plane, (width, rows), interpolation=cv2.INTER_AREA) for plane in _cast(stage, rays, camera.centre)
    ]


def _cast(stage: _Stage, rays: Floats, centre: NDArray[np.float64]) -> tuple[Floats, Floats, Floats]:
    """Image, floor and front of a `Background`, for the rays of its pixels."""
    arena, look = stage.arena, stage.look
    width, depth = arena.size_mm
    image = _room(stage, rays, centre)
    down = np.where(rays[..., 2] < -1e-6, -centre[2] / np.minimum(rays[..., 2], -1e-6), np.inf).astype(np.float32)
    x, y = centre[0] + down * rays[..., 0], centre[1] + down * rays[..., 1]
    on_floor = (np.abs(x) <= width / 2) & (np.abs(y) <= depth / 2)
    rows, columns = stage.floor.shape[:2]
    map_x = ((x / width + 0.5) * columns - 0.5).astype(np.float32)
    map_y = ((0.5 - y / depth) * rows - 0.5).astype(np.float32)
    seen_floor = cv2.remap(stage.floor, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    np.copyto(image, seen_floor, where=on_floor[..., None])
    for axis, sign in ((0, 1), (0, -1), (1, 1), (1, -1)):
        if sign * centre[axis] < arena.size_mm[axis] / 2:  # walls are seen from inside, and clear from outside
            _cast_wall(stage, image, rays, centre, down, axis, sign)
    on_rim = arena.meets_rim(centre, rays)
    rim = np.asarray(look.wall, np.float32) * 1.12 + 8
    np.copyto(image, np.broadcast_to(rim, image.shape), where=on_rim[..., None])
    return image, (on_floor & ~on_rim).astype(np.float32), on_rim.astype(np.float32)


def _cast_wall(
    stage: _Stage, image: Floats, rays: Floats, centre: NDArray[np.float64], down: Floats, axis: int, sign: int
) -> None:
    half, other = (stage.arena.size_mm[i] / 2 for i in (axis, 1 - axis))
    height, look = stage.arena.wall_mm, stage.look
    step = (sign * half - centre[axis]) / np.where(np.abs(rays[..., axis]) < 1e-9, 1e-9, rays[..., axis])
    across = centre[1 - axis] + step * rays[..., 1 - axis]
    z = centre[2] + step * rays[..., 2]
    hit = (step > 0) & (np.abs(across) <= other) & (z >= 0) & (z <= height) & (step < down + 1e-3)
    tone = _wall_tone(across[hit], z[hit], other, height, stage.grain, (0.86, 0.80, 0.92, 0.74)[2 * axis + (sign > 0)])
    colour = np.asarray(look.wall, np.float32) * tone[..., None]
    image[hit] = image[hit] * look.clear + colour * (1 - look.clear)


def _wall_tone(across: Floats, z: Floats, other: float, height: float, grain: Floats, facing: float) -> Floats:
    """Light on a wall: darker towards the floor and the corners, with a faint grain."""
    near_floor = 1 - 0.38 * np.exp(-np.maximum(z, 0) / (0.22 * height))
    near_corner = 1 - 0.28 * np.exp(-np.maximum(other - np.abs(across), 0) / (0.12 * other))
    u = (np.abs(across) * 1.5).astype(np.int64) % grain.shape[1]
    v = (np.abs(z) * 1.5).astype(np.int64) % grain.shape[0]
    return np.asarray(near_floor * near_corner * facing * (1 + 0.025 * grain[v, u]), np.float32)


def _room(stage: _Stage, rays: Floats, centre: NDArray[np.float64]) -> Floats:
    """What lies around the arena: a table top, out of focus and darkened near the box."""
    width, depth = stage.arena.size_mm
    down = -centre[2] / np.minimum(rays[..., 2], -0.02)
    x, y = centre[0] + down * rays[..., 0], centre[1] + down * rays[..., 1]
    span = 0.5 * max(width, depth)
    u, v = (x / span * 90).astype(np.int64) % 256, (y / span * 90).astype(np.int64) % 256
    away = np.hypot(np.maximum(np.abs(x) - width / 2, 0), np.maximum(np.abs(y) - depth / 2, 0))
    tone = (1 - 0.5 * np.exp(-away / (0.25 * span))) * (1 + 0.04 * stage.cloud[v, u])
    return np.asarray(np.asarray(stage.look.room, np.float32) * tone[..., None], np.float32)


def _shade_edges(floor: Floats, texels: float, reach_mm: float) -> None:
    rows, columns = (np.minimum(np.arange(n), np.arange(n)[::-1]) / texels for n in floor.shape[:2])
    dark = (1 - 0.42 * np.exp(-rows / reach_mm))[:, None] * (1 - 0.42 * np.exp(-columns / reach_mm))[None]
    floor *= dark[..., None].astype(np.float32)


def _draw_feeder(floor: Floats, arena: Arena, texels: float) -> None:
    """A shallow steel dish with pellets."""
    x, y, _ = arena.landmark(FEEDER)
    at = np.array([(x / arena.size_mm[0] + 0.5) * floor.shape[1], (0.5 - y / arena.size_mm[1]) * floor.shape[0]])
    radius = 0.055 * min(arena.size_mm) * texels

    def disc(offset: tuple[float, float], r: float, colour: tuple[float, ...], onto: Floats = floor) -> None:
        centre = np.round((at + np.multiply(offset, radius)) * 16).astype(int).tolist()
        cv2.circle(onto, centre, int(r * radius * 16), colour, -1, cv2.LINE_8, 4)

    shadow = np.zeros(floor.shape[:2], np.float32)
    disc((0.16, 0.18), 1.06, (0.55,), shadow)
    floor *= 1 - cv2.GaussianBlur(shadow, (0, 0), 0.10 * radius)[..., None]
    disc((0, 0), 1.0, (176, 178, 182))
    disc((-0.03, -0.03), 0.92, (206, 208, 211))
    disc((0.02, 0.02), 0.80, (118, 120, 124))
    turn = np.arange(9) * 2.4  # pellets in a spiral
    places = 0.17 * np.sqrt(np.arange(9))[:, None] * np.stack([np.cos(turn), np.sin(turn)], -1)
    for (along, across), shade in zip(places.tolist(), (3 * turn % 20).tolist(), strict=True):
        disc((along + 0.03, across + 0.04), 0.17, (66, 54, 42))
        disc((along, across), 0.155, (146 + shade, 116, 82))


_LOOKS = {
    "bedding": _Look(floors.bedding, (186, 190, 192), (92, 90, 88), 0.0),
    "wood": _Look(floors.wood, (134, 98, 66), (74, 76, 80), 0.0),
    "white": _Look(floors.white, (206, 208, 207), (120, 122, 124), 0.0),
    "dark": _Look(floors.dark, (58, 60, 64), (36, 38, 42), 0.0),
    "cage": _Look(floors.cage, (178, 186, 190), (84, 96, 104), 0.45),
}
BACKGROUNDS = tuple(_LOOKS)
