"""Augmented images per second, against one bare warp of OpenCV.

    python benchmarks/augmentation.py

Sections are the templates of the configuration. A template draws half of its steps; the lines with everything let
all of them happen. One thread, variants interleaved, the best of the rounds counts; the peak is that of the arrays
made for one image, its result included.
"""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np

from deeplabcut.pose_estimation_pytorch.data.transforms import Transform, build_transforms

WIDTH, HEIGHT, CROP = 640, 480, 448
N_IMAGES, ROUNDS = 200, 5

PIXELS = {"motion_blur": True, "gaussian_noise": 12.75, "normalize_images": True}
BOTTOM_UP = {
    "affine": {"p": 0.5, "rotation": 30, "scaling": [0.5, 1.25], "translation": 0},
    "crop_sampling": {"width": CROP, "height": CROP, "max_shift": 0.1, "method": "hybrid"},
} | PIXELS
TOP_DOWN = {"affine": {"p": 0.5, "rotation": 30, "scaling": [1.0, 1.0], "translation": 0}} | PIXELS
EVERYTHING = {
    "hflip": {"p": 0.5, "symmetries": [[0, 1]]}, "hist_eq": True, "covering": True, "elastic_transform": True,
    "grayscale": True, "random_bbox_transform": {"p": 1.0},
    "auto_padding": {"pad_height_divisor": 32, "pad_width_divisor": 32},
} | BOTTOM_UP  # fmt: skip
INFERENCE = {"auto_padding": {"pad_height_divisor": 32, "pad_width_divisor": 32}, "normalize_images": True}


def certain(section: dict[str, Any]) -> Transform:
    """The chain of ``section`` in which every step happens."""
    chain = build_transforms(section, seed=0)
    for step in chain.steps:
        object.__setattr__(step, "p", 1.0)
    return chain


def variants() -> dict[str, Callable[[], object]]:
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    marks = {
        "image": image,
        "keypoints": rng.uniform(0, HEIGHT, (3, 12, 2)),
        "bboxes": rng.uniform(20, 200, (3, 4)),
        "bbox_labels": [0, 1, 2],
    }
    turned = cv2.getRotationMatrix2D((WIDTH / 2, HEIGHT / 2), 20, 0.9)

    def chain(transform: Transform) -> Callable[[], object]:
        return lambda: transform(**marks)

    return {
        f"floor: one warp to {CROP}x{CROP}": lambda: cv2.warpAffine(image, turned, (CROP, CROP)),
        "bottom-up template": chain(build_transforms(BOTTOM_UP, seed=0)),
        "bottom-up template, everything happens": chain(certain(BOTTOM_UP)),
        "every key, usual chances": chain(build_transforms(EVERYTHING, seed=0)),
        "every key, everything happens": chain(certain(EVERYTHING)),
        f"floor: one warp to {WIDTH}x{HEIGHT}": lambda: cv2.warpAffine(image, turned, (WIDTH, HEIGHT)),
        "top-down template (before the crop)": chain(build_transforms(TOP_DOWN, seed=0)),
        "top-down template, everything happens": chain(certain(TOP_DOWN)),
        "inference: padding to 32, normalisation": chain(build_transforms(INFERENCE)),
    }


def peak_mib(run: Callable[[], object]) -> float:
    """What the arrays of one image take at most, its result included."""
    for _ in range(20):  # tables are made when they are first needed
        run()
    tracemalloc.start()
    for _ in range(20):
        run()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 2**20


def main() -> None:
    best: dict[str, float] = {}
    peak = {name: peak_mib(run) for name, run in variants().items()}
    for _ in range(ROUNDS):
        for name, run in variants().items():
            run()
            began = time.process_time()
            for _ in range(N_IMAGES):
                run()
            best[name] = min((time.process_time() - began) / N_IMAGES, best.get(name, np.inf))
    print(f"{WIDTH}x{HEIGHT} RGB, 3 animals of 12 points, CPU time of one thread, best of {ROUNDS} rounds")
    print(f"{'':44}{'images/s':>10}{'ms':>8}{'x floor':>9}{'peak MiB':>10}")
    floor = 1.0
    for name, seconds in best.items():
        floor = seconds if name.startswith("floor") else floor
        print(f"{name:44}{1 / seconds:10.0f}{1e3 * seconds:8.2f}{seconds / floor:9.1f}{peak[name]:10.1f}")


if __name__ == "__main__":
    cv2.setNumThreads(1)
    main()
