"""Frames per second of synthetic scenes at 640x480, against the floor of lighting a background and adding noise.

Run with ``python benchmarks/scene_rendering.py``. Wall and CPU time are both shown, because a busy machine
stretches the first only; variants are interleaved and the best of several rounds counts.
"""

from __future__ import annotations

import itertools
import os
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import cv2

from deeplabcut.scenes import Scene, make_scene

N_FRAMES, ROUNDS = 200, 3
SIZE = (640, 480)


def floor(scene: Scene) -> Callable[[], object]:
    """What any picture needs: a background under today's light, and noise."""
    light = scene._renderer(0).lighting

    def run() -> None:
        for frame in range(N_FRAMES):
            image = cv2.addWeighted(light.lamps[0], 0.5, light.lamps[1], 0.5, 0)
            light.expose(image, frame)

    return run


def drawing(scene: Scene, workers: int) -> Callable[[], object]:
    def run() -> None:
        for _ in scene.frames(workers=workers):
            pass

    return run


def with_truth(n_animals: int) -> Callable[[], object]:
    """Everything but the video: simulate, draw with two workers, and compute the truth."""

    def run() -> None:
        scene = make_scene(n_animals=n_animals, n_frames=N_FRAMES, size=SIZE, seed=1)
        drawing(scene, 2)()
        scene.truth()

    return run


def written(scene: Scene, folder: Path) -> Callable[[], object]:
    return lambda: scene.write(folder)


def measure(run: Callable[[], object]) -> tuple[float, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    run()
    return N_FRAMES / (time.perf_counter() - wall), 1000 * (time.process_time() - cpu) / N_FRAMES


def main() -> None:
    scenes = {n: make_scene(n_animals=n, n_frames=N_FRAMES, size=SIZE, seed=1) for n in (1, 2, 5)}
    with tempfile.TemporaryDirectory() as folder:
        variants = {"floor: lit background and noise, 1 worker": floor(scenes[1])}
        for (n, scene), workers in itertools.product(scenes.items(), (1, 2)):
            variants[f"{n} animals, {workers} workers"] = drawing(scene, workers)
        variants["2 animals, 2 workers, with simulation, background and truth"] = with_truth(2)
        variants["2 animals, 2 workers, written as h264 with truth"] = written(scenes[2], Path(folder))
        best: dict[str, tuple[float, float]] = {}
        for _ in range(ROUNDS):
            for name, run in variants.items():
                rate, cpu_ms = measure(run)
                old = best.get(name, (0.0, float("inf")))
                best[name] = (max(rate, old[0]), min(cpu_ms, old[1]))
    floor_ms = next(iter(best.values()))[1]
    print(f"{SIZE[0]}x{SIZE[1]}, {N_FRAMES} frames, best of {ROUNDS}, {os.cpu_count()} cores")
    print(f"{'':62}{'frames/s':>10}{'CPU ms/frame':>14}{'x floor':>9}")
    for name, (rate, cpu_ms) in best.items():
        print(f"{name:62}{rate:10.0f}{cpu_ms:14.2f}{cpu_ms / floor_ms:9.1f}")
    print(f"peak memory of everything above: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")


if __name__ == "__main__":
    main()
