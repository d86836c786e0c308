"""From bodies and a camera to pictures: shadows, fur, light that drifts, and the noise of a sensor."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from deeplabcut.scenes.arenas import Background
from deeplabcut.scenes.cameras import Camera
from deeplabcut.scenes.coats import ALONG, AROUND
from deeplabcut.scenes.figure import EAR, EYE, FUR, Figure, View, figure_of, view_of
from deeplabcut.scenes.light import SUN, Lighting
from deeplabcut.scenes.posture import Bodies
from deeplabcut.scenes.solids import Surface, cast

Floats = NDArray[np.float32]
Image = NDArray[np.uint8]

_REGION_MARGIN_MM = 0.20  # of the body's length: room for shadows and soft edges
_LENS_BLUR_PX = 0.55
_SHADOW_STEP = 4  # shadows are drawn this much smaller


_Region = tuple[NDArray[np.int64], list[int]]  # left, top, right, bottom in px, and the animals there


class Renderer:
    """Pictures of one scene through one camera; a picture depends on nothing but its index."""

    def __init__(
        self, bodies: Bodies, coats: tuple[str, ...], maps: Floats, camera: Camera, background: Background,
        lighting: Lighting,
    ) -> None:  # fmt: skip
        self.bodies, self.coats, self.camera = bodies, coats, camera
        self.background, self.lighting = background, lighting
        pixels_per_mm = float(camera.pixels_per_mm(np.zeros(3)))
        self.maps = _at_scale(maps, bodies.body.length_mm, pixels_per_mm).reshape(-1, 4)

    def render(self, frame: int) -> Image:
        """The (height, width, 3) RGB picture of one frame."""
        strength = self.lighting.strength[frame]
        first, second = self.lighting.lamps
        image = cv2.addWeighted(first, float(strength[0]), second, float(strength[1]), 0)
        for box, members in self._regions(frame):
            self._draw(image, frame, box, members)
        return self.lighting.expose(image, frame)

    def _regions(self, frame: int) -> list[_Region]:
        """Boxes (left, top, right, bottom) around animals; those that overlap are drawn as one."""
        body = self.bodies.body
        nodes = self.bodies.nodes[frame]
        if not len(nodes):
            return []
        floor = nodes * (1, 1, 0)
        points = np.concatenate([nodes, floor, self.bodies.paws[frame], self.bodies.ears[frame]], axis=1)
        xy = self.camera.project(points)
        margin = float(self.camera.pixels_per_mm(floor.mean((0, 1)))) * _REGION_MARGIN_MM * body.length_mm + 4
        size = np.array(self.camera.size)
        low = np.floor(np.nanmin(xy, axis=1) - margin).clip(0, size)
        high = np.ceil(np.nanmax(xy, axis=1) + margin).clip(0, size)
        boxes = np.concatenate([low, high], axis=1).astype(int)
        return _joined([(box, [i]) for i, box in enumerate(boxes) if (box[2:] > box[:2] + 1).all()])

    def _draw(self, image: Image, frame: int, box: NDArray[np.int64], members: list[int]) -> None:
        left, top, right, bottom = box.tolist()
        animals = np.array(sorted(members))
        size = (right - left, bottom - top)
        figure = figure_of(self.bodies, frame, animals, self.coats)
        middle = self.bodies.nodes[frame, animals, 4]
        slot = np.searchsorted(animals, figure.animal)
        view = view_of(figure, self.camera, (left, top), middle, slot)
        surface = cast(view.cones, view.ellipsoids, size)
        colour, opacity = self._paint(figure, view, surface, slot)
        light = self._light_at(frame, middle)[slot][surface.solid]
        crease = self._crease(surface, middle, size)
        layer = np.zeros((size[1] * size[0], 4), np.float32)
        layer[surface.pixel, :3] = colour * (light * opacity * (1 - crease))[:, None]
        layer[surface.pixel, 3] = opacity
        layer = cv2.GaussianBlur(layer.reshape(size[1], size[0], 4), (5, 5), _LENS_BLUR_PX)
        window = (slice(top, bottom), slice(left, right))
        front = self.background.front[window]
        if front.any():
            layer *= (1 - front)[..., None]
        shadow = self._shadow(figure, (left, top), size) * self.background.floor[window]
        crop = image[window]
        result = np.multiply(crop, ((1 - shadow) * (1 - layer[..., 3]))[..., None], dtype=np.float32)
        result += layer[..., :3]
        crop[...] = cv2.convertScaleAbs(result)

    def _paint(self, figure: Figure, view: View, surface: Surface, slot: NDArray[np.int64]) -> tuple[Floats, Floats]:
        """Colour and opacity of the pixels of a surface."""
        k, t, normal = surface.solid, surface.along, surface.normal
        owner = slot[k]
        world = _to_world(normal, view.sight, owner)
        sun, sky = SUN @ world, world[2]
        middle_length = np.sqrt(2 + 2 * view.sight[:, 2] @ SUN)
        shine = np.clip((sun + normal[2]) / middle_length[owner], 0, 1)
        kind = figure.material[k]
        colour = figure.tone.astype(np.float32)[k]
        hair = np.zeros(len(k), np.float32)
        fur = np.flatnonzero(kind == FUR)
        texel = self._texel(figure, k[fur], t[fur], world[:, fur])
        coat = self.maps[texel]
        colour[fur], hair[fur] = coat[:, :3], coat[:, 3]
        height = figure.height.astype(np.float32)
        z = height[k, 0] + t * (height[k, 1] - height[k, 0])
        near_floor = np.clip(0.45 + z / (0.24 * self.bodies.body.length_mm), 0.45, 1)
        rim = np.sqrt(np.clip(normal[2], 0, 1))
        shade = (0.40 + 0.26 * sky * near_floor + 0.44 * np.clip(0.25 + 0.75 * sun, 0, None)) * (0.66 + 0.34 * rim)
        ear = np.flatnonzero(kind == EAR)
        shade[ear] = (0.45 * shade[ear] + 0.45) * (0.80 + 0.35 * t[ear] * t[ear])
        bright = colour.mean(axis=1) * np.float32(1 / 255)
        shade *= 1 + (0.22 - 0.15 * bright) * hair
        gloss = _GLOSS[kind]
        sparkle = gloss[:, 0] * (1 - 0.8 * bright) * shine ** gloss[:, 1] * (1 + 0.8 * hair)
        colour = colour * shade[:, None] + sparkle[:, None]
        soft = np.where(kind == FUR, np.float32(0.62), np.float32(1.0))
        opacity = np.clip(surface.inside_px * soft + 0.5 + 0.30 * hair, 0, 1)
        return colour, opacity

    def _texel(self, figure: Figure, k: NDArray[np.int64], t: Floats, normal: Floats) -> NDArray[np.int64]:
        """Row of the coat maps for pixels of fur with world normals (3, n)."""

        def component(axis: Floats) -> Floats:
            x, y, z = (
                start[k] + t * change[k]
                for start, change in zip(axis[:, 0].T, (axis[:, 1] - axis[:, 0]).T, strict=True)
            )
            return np.asarray(normal[0] * x + normal[1] * y + normal[2] * z)

        angle = np.arctan2(component(figure.left.astype(np.float32)), component(figure.up.astype(np.float32)))
        around = (angle * np.float32(0.5 * AROUND / np.pi) + 0.5 * AROUND).astype(np.int64) % AROUND
        along = figure.along.astype(np.float32)
        place = along[k, 0] + t * (along[k, 1] - along[k, 0])
        column = np.clip(place * ALONG, 0, ALONG - 1).astype(np.int64)
        return np.asarray((figure.animal[k] * AROUND + around) * ALONG + column)

    def _light_at(self, frame: int, xyz: NDArray[np.float64]) -> Floats:
        xy = np.nan_to_num(self.camera.project(xyz)).round().astype(int)
        x, y = (xy[:, i].clip(0, self.camera.size[i] - 1) for i in (0, 1))
        return np.asarray(self.lighting.strength[frame] @ self.lighting.fields[:, y, x])

    def _crease(self, surface: Surface, middle: NDArray[np.float64], size: tuple[int, int]) -> Floats:
        """How much of the light each pixel of a surface loses to what rises beside it, itself included."""
        floor = -np.linalg.norm(middle * (1, 1, 0) - self.camera.centre, axis=-1).mean()
        height = np.full(size[0] * size[1], floor, np.float32)
        height[surface.pixel] = surface.height_mm
        around = cv2.blur(height.reshape(size[1], size[0]), (7, 7)).reshape(-1)[surface.pixel]
        return np.asarray(0.5 * np.clip((around - surface.height_mm) / (0.10 * self.bodies.body.length_mm), 0, 1))

    def _shadow(self, figure: Figure, origin: tuple[int, int], size: tuple[int, int]) -> Floats:
        """Darkness on the floor: a tight shadow below the bodies and a wide one away from the lamp."""
        small = (size[0] // _SHADOW_STEP + 2, size[1] // _SHADOW_STEP + 2)
        middle = 0.5 * (figure.start + figure.end)
        scale = float(self.camera.pixels_per_mm(middle.mean(axis=0)))
        radius = figure.radii.mean(axis=1) * scale / _SHADOW_STEP
        height = middle[:, 2:]
        below = middle * (1, 1, 0)
        away = below - height * (SUN / SUN[2] * (1, 1, 0))
        total = np.zeros(small[::-1], np.float32)
        length_px = self.bodies.body.length_mm * scale / _SHADOW_STEP
        for points, sigma, darkness in ((below, 0.030 * length_px, 0.55), (away, 0.060 * length_px, 0.34)):
            mask = np.zeros(small[::-1], np.uint8)
            xy = (np.nan_to_num(self.camera.project(points), nan=-1e4) - origin + 0.5) / _SHADOW_STEP
            fixed = np.round(np.clip(np.column_stack([xy, radius]), -4000, 4000) * 16).astype(int)
            for x, y, r in fixed.tolist():
                cv2.circle(mask, (x, y), r, 255, -1, cv2.LINE_8, 4)
            blurred = cv2.GaussianBlur(mask, (0, 0), max(sigma, 0.6)).astype(np.float32)
            total = 1 - (1 - total) * (1 - darkness / 255 * blurred)
        full = cv2.resize(total, (small[0] * _SHADOW_STEP, small[1] * _SHADOW_STEP), interpolation=cv2.INTER_LINEAR)
        return np.asarray(full[: size[1], : size[0]])


_GLOSS = np.zeros((4, 2), np.float32)
_GLOSS[:, 1] = 12
_GLOSS[FUR] = (16, 6)
_GLOSS[EYE] = (190, 30)


def _joined(regions: list[_Region]) -> list[_Region]:
    """Regions that do not touch each other."""
    for i, (box, members) in enumerate(regions):
        for j, (other, more) in enumerate(regions[:i]):
            if (box[:2] < other[2:]).all() and (other[:2] < box[2:]).all():
                around = np.concatenate([np.minimum(box[:2], other[:2]), np.maximum(box[2:], other[2:])])
                rest = [region for k, region in enumerate(regions) if k not in (i, j)]
                return _joined([*rest, (around, members + more)])
    return regions


def _to_world(normal: Floats, sight: Floats, owner: NDArray[np.int64]) -> Floats:
    """Normals (3, n), each in the line of sight of its owner, in world axes."""
    if len(sight) == 1:
        return np.asarray(sight[0].T @ normal)
    world = np.empty_like(normal)
    for i, axes in enumerate(sight):
        mine = np.flatnonzero(owner == i)
        world[:, mine] = axes.T @ normal[:, mine]
    return world


def _at_scale(maps: Floats, length_mm: float, pixels_per_mm: float) -> Floats:
    """Coat maps without detail finer than a pixel, so that fur does not flicker."""
    texels_per_px = ALONG / (length_mm * pixels_per_mm)
    sigma = 0.45 * texels_per_px
    if sigma < 0.3:
        return maps
    return np.stack([cv2.GaussianBlur(one, (0, 0), sigma) for one in maps]) if len(maps) else maps
