"""A scene: options in; animals, cameras, pictures and their truth out."""

from __future__ import annotations

import math
import os
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deeplabcut.core.errors import InvalidInput
from deeplabcut.core.poses import BodyPlan
from deeplabcut.core.processes import usable_cores
from deeplabcut.scenes.arenas import Arena, draw_background
from deeplabcut.scenes.bodies import BODYPARTS, SKELETON, SPECIES
from deeplabcut.scenes.cameras import Camera, overhead, ring
from deeplabcut.scenes.coats import coat_maps
from deeplabcut.scenes.files import SceneFiles, write_scene
from deeplabcut.scenes.light import lighting
from deeplabcut.scenes.options import SceneOptions
from deeplabcut.scenes.posture import Bodies, bodies_of
from deeplabcut.scenes.render import Renderer
from deeplabcut.scenes.truth import SceneTruth, truth_of
from deeplabcut.scenes.walk import walk

__all__ = ["Scene", "SceneTruth", "make_scene", "standard_cameras"]

Array = NDArray[np.float64]
Image = NDArray[np.uint8]

# Every use of chance has a number of its own, so that asking for one thing never changes another.
_WALK, _POSTURE, _COATS, _FLOOR, _LIGHT = range(5)


class Scene:
    """Animals in an arena: simulated when the scene is made, drawn on demand.

    The same options always give the same pictures and truth, whatever the order or the number of threads.
    """

    def __init__(self, options: SceneOptions) -> None:
        self.options = options
        self.body = SPECIES[options.species]
        size_mm = options.arena_mm or self.body.arena_mm
        self.arena = Arena(options.background, size_mm, self.body.wall_mm, "feeder" in options.unique)
        self.cameras = options.cameras or standard_cameras(options.n_cameras, options.size, self.arena)
        coats = options.coats or tuple(self._rng(_COATS).permutation(self.body.coats).tolist())
        self.coats = tuple(coats[i % len(coats)] for i in range(options.n_animals))
        path = walk(
            self._rng(_WALK), options.n_frames, options.n_animals, fps=options.fps, body=self.body,
            arena_mm=size_mm, sociability=options.sociability,
        )  # fmt: skip
        self.bodies: Bodies = bodies_of(
            self._rng(_POSTURE), path, self.body, fps=options.fps, arena_mm=size_mm
        )  # fmt: skip
        self._renderers: dict[int, Renderer] = {}

    @cached_property
    def plan(self) -> BodyPlan:
        """Names of the bodyparts, the animals and the points of the arena."""
        kept = self.options.bodyparts
        bones = tuple((a, b) for a, b in SKELETON if a in kept and b in kept)
        names = tuple(f"{self.body.name}{i + 1}" for i in range(self.options.n_animals))
        return BodyPlan(kept, names, self.options.unique, bones)

    @cached_property
    def xyz(self) -> Array:
        """(n_frames, n_animals, n_bodyparts, 3) in mm; the floor is at z = 0 around the origin."""
        order = [BODYPARTS.index(name) for name in self.options.bodyparts]
        return self.bodies.keypoints()[:, :, order]

    @cached_property
    def unique_xyz(self) -> Array:
        """(n_unique, 3) in mm."""
        return np.array([self.arena.landmark(name) for name in self.options.unique]).reshape(-1, 3)

    def truth(self, camera: int = 0) -> SceneTruth:
        """Keypoints, visibility and boxes as ``camera`` should see them."""
        view = self._camera(camera)
        return truth_of(self.plan, self.bodies, self.xyz, self.unique_xyz, view, self.arena)

    def render(self, frame_index: int, camera: int = 0) -> Image:
        """One picture, (height, width, 3) RGB."""
        if not -self.options.n_frames <= frame_index < self.options.n_frames:
            raise InvalidInput(
                f"Frame {frame_index} does not exist.",
                where="frame_index",
                fix=f"the scene has {self.options.n_frames}",
            )
        return self._renderer(camera).render(frame_index % self.options.n_frames)

    def frames(self, camera: int = 0, *, workers: int | None = None) -> Iterator[Image]:
        """All pictures in order, drawn by ``workers`` threads (by default one per core) in constant memory."""
        if workers is not None and workers < 1:
            raise InvalidInput(f"workers must be 1 or more, not {workers}.", where="workers")
        renderer = self._renderer(camera)
        workers = min(workers or math.ceil(usable_cores()), self.options.n_frames)
        if workers == 1:
            return (renderer.render(frame) for frame in range(self.options.n_frames))
        return self._frames_in_threads(renderer, workers)

    def write(
        self, folder: str | os.PathLike[str], *, name: str = "scene", codec: str = "h264", quality: int | None = None
    ) -> SceneFiles:
        """Write a video per camera (``<name>_<camera>.mp4``), ``scene.json`` and ``truth.npz`` into ``folder``."""
        return write_scene(self, folder, name=name, codec=codec, quality=quality)

    def _frames_in_threads(self, renderer: Renderer, workers: int) -> Iterator[Image]:
        with ThreadPoolExecutor(workers, thread_name_prefix="scene") as pool:
            waiting: deque[Future[Image]] = deque()
            try:
                for frame in range(self.options.n_frames):
                    waiting.append(pool.submit(renderer.render, frame))
                    if len(waiting) > 2 * workers:
                        yield waiting.popleft().result()
                while waiting:
                    yield waiting.popleft().result()
            finally:
                for future in waiting:
                    future.cancel()

    def _camera(self, camera: int) -> Camera:
        if not 0 <= camera < len(self.cameras):
            raise InvalidInput(
                f"Camera {camera} does not exist.", where="camera", fix=f"choose from 0 to {len(self.cameras) - 1}"
            )
        return self.cameras[camera]

    def _renderer(self, camera: int) -> Renderer:
        view = self._camera(camera)
        if camera not in self._renderers:
            background = draw_background(self._rng(_FLOOR), self.arena, view)
            light = lighting(self._rng(_LIGHT), self._rng(_LIGHT, camera), background.image, self.options)
            maps = coat_maps([self._rng(_COATS, i) for i in range(self.options.n_animals)], self.coats)
            self._renderers[camera] = Renderer(self.bodies, self.coats, maps, view, background, light)
        return self._renderers[camera]

    def _rng(self, *use: int) -> np.random.Generator:
        return np.random.default_rng([self.options.seed, *(number + 1 for number in use)])


def make_scene(options: SceneOptions | None = None, /, **changes: Any) -> Scene:
    """A scene with ``changes`` to ``options``, for example ``make_scene(n_animals=5, background="cage")``.

    Names and meanings are those of `SceneOptions`; an unknown one raises TypeError.
    """
    return Scene(replace(options or SceneOptions(), **changes))


def standard_cameras(n_cameras: int, size: tuple[int, int], arena: Arena) -> tuple[Camera, ...]:
    """One camera above the arena, or several around it."""
    return (overhead(size, arena.box_mm),) if n_cameras == 1 else ring(n_cameras, size, arena.box_mm)
