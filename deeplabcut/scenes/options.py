"""What can be asked of a scene, checked once."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from deeplabcut.core.errors import InvalidInput
from deeplabcut.scenes.arenas import BACKGROUNDS, UNIQUE
from deeplabcut.scenes.bodies import BODYPARTS, SPECIES
from deeplabcut.scenes.cameras import Camera
from deeplabcut.scenes.coats import COATS


@dataclass(frozen=True)
class SceneOptions:
    """The recipe of a scene; equal options give equal scenes.

    Parameters
    ----------
    size : width and height of the pictures in px.
    fps : pictures per second, which sets how far animals move from one to the next.
    n_cameras : 1 hangs above the arena, more stand around it.
    cameras : use these instead, for instance with lens distortion; ``size`` and ``n_cameras`` then follow from them.
    background : one of `arenas.BACKGROUNDS`.
    species : one of `bodies.SPECIES`.
    coats : fur of the animals in turn, from `coats.COATS`; chosen by the seed if empty.
    bodyparts : the keypoints of the truth, from `bodies.BODYPARTS`, in this order.
    unique : points of the arena that belong to the truth, from `arenas.UNIQUE`; ``feeder`` adds the dish itself.
    sociability : from 0 (animals avoid each other) to 1 (they keep meeting and climbing over each other).
    lighting_drift : how much the light changes slowly over time, as a fraction; a tenth of it flickers.
    noise : standard deviation of the sensor's noise in grey levels.
    jpeg_quality : 1 to 100 adds the artefacts of a camera that compresses; None does not.
    arena_mm : inner width and depth of the arena; by default what suits the species.
    """

    n_animals: int = 2
    n_frames: int = 300
    size: tuple[int, int] = (640, 480)
    fps: float = 30.0
    n_cameras: int = 1
    cameras: tuple[Camera, ...] = ()
    background: str = "bedding"
    species: str = "mouse"
    coats: tuple[str, ...] = ()
    bodyparts: tuple[str, ...] = BODYPARTS
    unique: tuple[str, ...] = ()
    sociability: float = 0.5
    lighting_drift: float = 0.06
    noise: float = 2.5
    jpeg_quality: int | None = None
    arena_mm: tuple[float, float] | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("size", "cameras", "coats", "bodyparts", "unique", "arena_mm"):
            value = getattr(self, name)
            if isinstance(value, str) or not (isinstance(value, Iterable) or (value is None and name == "arena_mm")):
                raise InvalidInput(f"{name}={value!r} is not a list.", where=name, fix="give a list or a tuple")
            object.__setattr__(self, name, None if value is None else tuple(value))
        _within("n_animals", self.n_animals, 0, 64, whole=True)
        _within("n_frames", self.n_frames, 1, 10_000_000, whole=True)
        _within("n_cameras", self.n_cameras, 1, 64, whole=True)
        _within("seed", self.seed, 0, math.inf, whole=True)
        _pair("size", self.size)
        for side in self.size:
            _within("size", side, 32, 8192, whole=True)
        _within("fps", self.fps, 1, 1000)
        _within("sociability", self.sociability, 0, 1)
        _within("lighting_drift", self.lighting_drift, 0, 0.5)
        _within("noise", self.noise, 0, 30)
        if self.jpeg_quality is not None:
            _within("jpeg_quality", self.jpeg_quality, 1, 100, whole=True)
        _known("background", [self.background], BACKGROUNDS)
        _known("species", [self.species], tuple(SPECIES))
        _known("coats", self.coats, COATS)
        _known("bodyparts", self.bodyparts, BODYPARTS)
        _known("unique", self.unique, UNIQUE)
        if not self.bodyparts:
            raise InvalidInput("A scene needs bodyparts.", where="bodyparts", fix="name at least one, or leave it out")
        if self.arena_mm is not None:
            _pair("arena_mm", self.arena_mm)
            length_mm = SPECIES[self.species].length_mm
            for side_mm in self.arena_mm:
                _within("arena_mm", side_mm, 2 * length_mm, 20 * length_mm)
        _check_cameras(self.cameras)

    def to_dict(self) -> dict[str, Any]:
        """Plain lists and numbers, for json."""
        facts = {field.name: getattr(self, field.name) for field in fields(self)}
        facts["cameras"] = [camera.to_dict() for camera in self.cameras]
        return {name: list(value) if isinstance(value, tuple) else value for name, value in facts.items()}

    @classmethod
    def from_dict(cls, facts: Mapping[str, Any]) -> SceneOptions:
        """The options that `to_dict` described."""
        known = tuple(field.name for field in fields(cls))
        _known("options", tuple(facts), known)
        cameras = tuple(Camera.from_dict(camera) for camera in facts.get("cameras", ()))
        return cls(**{**facts, "cameras": cameras})


def _within(name: str, value: object, low: float, high: float, *, whole: bool = False) -> None:
    is_number = isinstance(value, int if whole else (int, float)) and not isinstance(value, bool)
    if not is_number or not low <= value <= high:  # type: ignore[operator]
        kind = "a whole number" if whole else "a number"
        limits = f"from {low:g}" + ("" if math.isinf(high) else f" to {high:g}")
        raise InvalidInput(f"{name} must be {kind} {limits}, not {value!r}.", where=name)


def _pair(name: str, value: tuple[Any, ...]) -> None:
    if len(value) != 2:
        raise InvalidInput(f"{name} must be two numbers, not {len(value)}.", where=name)


def _known(name: str, values: Iterable[str], known: tuple[str, ...]) -> None:
    for value in values:
        if value not in known:
            near = difflib.get_close_matches(str(value), known, 1)
            hint = f"did you mean {near[0]!r}? " if near else ""
            raise InvalidInput(f"{value!r} is not known.", where=name, fix=f"{hint}choose from: {', '.join(known)}")


def _check_cameras(cameras: tuple[Camera, ...]) -> None:
    names = [camera.name for camera in cameras]
    if len(set(names)) != len(names):
        raise InvalidInput("Two cameras have the same name.", where="cameras", fix="give each its own name")
    for camera in cameras:
        if camera.centre[2] <= 0:
            raise InvalidInput("The camera stands below the floor.", where=camera.name, fix="use z > 0")
