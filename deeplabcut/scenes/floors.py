"""Floors of arenas as textures in mm, drawn from a seed: bedding, wood, plastic, and a home cage."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from deeplabcut.scenes.coats import tileable_noise

Floats = NDArray[np.float32]


def bedding(rng: np.random.Generator, shape: tuple[int, int], texels: float) -> Floats:
    """Wood shavings: thousands of small curled chips on top of each other."""
    rows, columns = shape
    floor = np.empty((rows, columns, 3), np.float32)
    floor[:] = (168, 138, 100)
    floor *= 1 + 0.10 * tileable_noise(rng, shape, (3, 3))[..., None]
    image = np.clip(floor, 0, 255).astype(np.uint8)
    area_mm2 = rows * columns / texels**2
    span = np.sqrt(area_mm2 / (480 * 360))  # larger arenas have proportionally larger chips
    n = 9000
    centre = rng.uniform((-10, -10), (columns + 10, rows + 10), (n, 2))
    angle = rng.uniform(0, np.pi, n)
    length = rng.gamma(4.0, 1.15, n) * texels * span + 2
    width = length * rng.uniform(0.22, 0.55, n)
    tone = rng.normal(1.0, 0.10, (n, 1)) * np.array([[208, 178, 136]]) + rng.normal(0, 2, (n, 3))
    direction = np.stack([np.cos(angle), np.sin(angle)], -1)
    across = np.stack([-direction[:, 1], direction[:, 0]], -1)
    corners = np.array([(-1, -0.7), (-0.3, -1), (0.8, -0.85), (1, 0.3), (0.4, 1), (-0.9, 0.8)])
    shape_px = (corners[None, :, :1] * length[:, None, None] * direction[:, None]
                + corners[None, :, 1:] * width[:, None, None] * across[:, None]) * 0.5  # fmt: skip
    polygons = np.round((centre[:, None] + shape_px) * 16).astype(np.int32)
    below = polygons + np.array([14, 18], np.int32)
    for polygon, shadow, colour in zip(polygons, below, np.clip(tone, 90, 250), strict=True):
        cv2.fillConvexPoly(image, shadow, (colour * 0.62).tolist(), cv2.LINE_AA, 4)
        cv2.fillConvexPoly(image, polygon, colour.tolist(), cv2.LINE_AA, 4)
    floor = image.astype(np.float32)
    floor *= 1 + 0.05 * tileable_noise(rng, shape, (60, 60))[..., None]
    return floor * 0.92


def wood(rng: np.random.Generator, shape: tuple[int, int], texels: float) -> Floats:
    """Planks with grain."""
    rows, columns = shape
    y = np.arange(rows, dtype=np.float32)[:, None]
    warp = tileable_noise(rng, shape, (rows / 14, columns / 6))
    ring = np.sin(0.020 * y * 6.3 / texels + 3.1 * warp + 0.6 * tileable_noise(rng, shape, (2, 60)))
    fibre = tileable_noise(rng, shape, (0.9, 26))
    tone = 1 + 0.07 * ring + 0.05 * fibre
    n_planks = 5
    plank = (y * n_planks / rows).astype(int)
    tone = tone * (1 + 0.07 * rng.standard_normal(n_planks)[plank])
    seam = np.abs((y * n_planks / rows) % 1 - 0.5) * rows / n_planks
    tone = tone * (1 - 0.55 * np.exp(-(((rows / n_planks / 2 - seam) / (0.9 * texels)) ** 2)))
    return np.asarray(tone[..., None] * np.array([176, 132, 88], np.float32), np.float32)


def white(rng: np.random.Generator, shape: tuple[int, int], texels: float) -> Floats:
    """White acrylic: faint smears, scratches and droppings."""
    tone = 1 + 0.016 * tileable_noise(rng, shape, (50, 50)) + 0.006 * tileable_noise(rng, shape, (2, 12))
    floor = np.clip(tone[..., None] * np.array([212, 213, 209], np.float32), 0, 255).astype(np.float32)
    _scratches(rng, floor, 40, 0.965)
    return _droppings(rng, floor, texels, 26)


def dark(rng: np.random.Generator, shape: tuple[int, int], texels: float) -> Floats:
    """A dark open field of matt plastic, scratched and a little dusty."""
    tone = 1 + 0.05 * tileable_noise(rng, shape, (40, 40)) + 0.05 * tileable_noise(rng, shape, (0.8, 0.8))
    floor = (tone[..., None] * np.array([66, 68, 72], np.float32)).astype(np.float32)
    _scratches(rng, floor, 90, 1.22)
    dust = np.maximum(tileable_noise(rng, shape, (1.2, 1.2)) - 2.6, 0)
    return np.asarray(floor + 60 * dust[..., None])


def cage(rng: np.random.Generator, shape: tuple[int, int], texels: float) -> Floats:
    """A home cage: fine bedding, droppings, and a nest of cotton in one corner."""
    floor = bedding(rng, shape, texels)
    floor = floor * np.array([1.02, 1.02, 1.0], np.float32)
    floor = _droppings(rng, floor, texels, 40)
    rows, columns = shape
    y, x = np.mgrid[0:rows, 0:columns].astype(np.float32)
    radius = 0.17 * min(shape)
    rough = tileable_noise(rng, shape, (0.1 * radius, 0.1 * radius))
    away = np.hypot(x - 0.16 * columns, y - 0.82 * rows) / radius + 0.13 * rough
    fluff = tileable_noise(rng, shape, (1.6, 5)) + tileable_noise(rng, shape, (5, 1.6))
    hollow = 1 - 0.22 * np.exp(-((away / 0.45) ** 2))
    cotton = (218 + 11 * fluff)[..., None] * hollow[..., None] * np.array([1, 0.99, 0.96], np.float32)
    shade = np.exp(-(((away - 1.0) / 0.14) ** 2))[..., None] * 0.35
    inside = np.clip((1.0 - away) / 0.06, 0, 1)[..., None]
    return np.asarray(floor * (1 - shade) * (1 - inside) + cotton * inside, np.float32)


def _scratches(rng: np.random.Generator, floor: Floats, n: int, strength: float) -> None:
    rows, columns = floor.shape[:2]
    mask = np.zeros((rows, columns), np.uint8)
    starts = rng.uniform(0, (columns, rows), (n, 2))
    ends = starts + rng.normal(0, 0.10, (n, 2)) * max(rows, columns)
    for (ax, ay), (bx, by), level in zip(starts, ends, rng.integers(60, 255, n), strict=True):
        line = np.round(np.array([ax, ay, bx, by]) * 16).astype(int).tolist()
        cv2.line(mask, tuple(line[:2]), tuple(line[2:]), int(level), 1, cv2.LINE_AA, 4)
    floor *= 1 + (strength - 1) * (mask / np.float32(255))[..., None]


def _droppings(rng: np.random.Generator, floor: Floats, texels: float, n: int) -> Floats:
    image = np.clip(floor, 0, 255).astype(np.uint8)
    places = rng.uniform(0, floor.shape[1::-1], (n, 2))
    span = max(floor.shape[:2]) / texels / 480
    for (x, y), angle, length in zip(places, rng.uniform(0, 180, n), rng.uniform(1.6, 3.0, n), strict=True):
        size = (2 * length * texels * span, 0.9 * length * texels * span)
        cv2.ellipse(image, ((float(x), float(y)), size, float(angle)), (52, 42, 34), -1, cv2.LINE_AA)
    return np.asarray(cv2.GaussianBlur(image, (0, 0), 0.5), np.float32)
