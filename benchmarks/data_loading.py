"""Loading batches for a network that does nothing: bottom-up and top-down, with and without workers.

Run ``python benchmarks/data_loading.py``. Images of 640x480 with five animals; the augmentation is that of new
shuffles. Wall-clock samples per second of the second epoch, best of several interleaved rounds; a processor that
others use slows all rows alike. The floor is the bare decoding of the same image files by one process. Memory is
the growth of the unique memory of this process and its workers.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch

from deeplabcut.io.images import write_png
from deeplabcut.pose_estimation_pytorch.data import PoseDataset, PoseDatasetParameters, build_transforms, data_loader
from deeplabcut.pose_estimation_pytorch.data.image import load_image
from deeplabcut.pose_estimation_pytorch.task import Task

N_IMAGES, N_ANIMALS, N_PARTS, SIZE, BATCH, ROUNDS = 64, 5, 12, (640, 480), 8, 3
PARTS = [f"part{i}" for i in range(N_PARTS)]
AFFINE = {"p": 0.5, "rotation": 30, "scaling": [0.5, 1.25], "translation": 0}
BOTTOM_UP = {
    "affine": AFFINE, "crop_sampling": {"width": 448, "height": 448, "max_shift": 0.1, "method": "hybrid"},
    "gaussian_noise": 12.75, "motion_blur": True, "normalize_images": True,
}  # fmt: skip
TOP_DOWN = {
    "affine": {**AFFINE, "scaling": [1.0, 1.0]}, "gaussian_noise": 12.75, "motion_blur": True, "normalize_images": True,
}  # fmt: skip


def images(folder: Path) -> list[dict[str, Any]]:
    """Pictures as cameras make them: smooth, with a little noise."""
    rng, found = np.random.default_rng(0), []
    width, height = SIZE
    for i in range(N_IMAGES):
        coarse = cv2.resize(rng.integers(0, 255, (12, 16, 3)).astype(np.float32), SIZE, interpolation=cv2.INTER_CUBIC)
        picture = np.clip(coarse + rng.normal(0, 3, coarse.shape), 0, 255).astype(np.uint8)
        path = folder / f"{i}.png"
        write_png(path, picture)
        found.append({"id": i, "file_name": str(path), "width": width, "height": height})
    return found


def annotations() -> list[dict[str, Any]]:
    """Five animals in each picture."""
    rng, found = np.random.default_rng(1), []
    for i in range(N_IMAGES):
        for k in range(N_ANIMALS):
            centre = rng.uniform([80, 80], np.array(SIZE) - 80)
            xy = centre + rng.uniform(-40, 40, (N_PARTS, 2))
            box = [*(xy.min(axis=0) - 20), *(np.ptp(xy, axis=0) + 40)]
            points = np.concatenate([xy, np.full((N_PARTS, 1), 2)], axis=1)
            found.append({"image_id": i, "category_id": 1, "individual": f"m{k}", "individual_id": k, "iscrowd": 0,
                          "keypoints": points, "bbox": box})  # fmt: skip
    return found


def dataset(pictures: list[dict[str, Any]], task: Task) -> PoseDataset:
    """The data set of a task."""
    parameters = PoseDatasetParameters(PARTS, [], [f"m{i}" for i in range(N_ANIMALS)], top_down_crop_size=(256, 256))
    transform = build_transforms(BOTTOM_UP if task is Task.BOTTOM_UP else TOP_DOWN)
    return PoseDataset(pictures, annotations(), parameters, transform, task=task)


def unique_memory(pids: list[int]) -> float:
    """Proportional memory of some processes in MB: what is shared counts once in all."""
    total = 0
    for pid in pids:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        total += next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total / 1024


def epoch(loader: Any) -> tuple[float, float, float]:
    """Samples per second, ms of processor time of this process for each sample, and the most memory."""
    start, own, n, most = time.perf_counter(), time.process_time(), 0, 0.0
    iterator = iter(loader)
    workers = [worker.pid for worker in getattr(iterator, "_workers", [])]
    for batch in iterator:
        n += len(batch["image"])
    elapsed, own = time.perf_counter() - start, time.process_time() - own
    if sys.platform.startswith("linux"):
        most = unique_memory([os.getpid(), *workers])
    return n / elapsed, 1000 * own / n, most


def decoding(pictures: list[dict[str, Any]]) -> tuple[float, float, float]:
    """Bare decoding of all files."""
    start, own = time.perf_counter(), time.process_time()
    for picture in pictures:
        load_image(picture["file_name"])
    n = len(pictures)
    return n / (time.perf_counter() - start), 1000 * (time.process_time() - own) / n, 0.0


def main() -> None:
    """Print the table."""
    torch.set_num_threads(1)
    cv2.setNumThreads(0)
    with tempfile.TemporaryDirectory() as folder:
        pictures = images(Path(folder))
        rows: dict[str, Callable[[], tuple[float, float, float]]] = {"bare decoding": lambda: decoding(pictures)}
        for task in (Task.BOTTOM_UP, Task.TOP_DOWN):
            for kept in (False, True):
                for n_workers in (0, 1, 2):
                    loader = data_loader(dataset(pictures, task), BATCH, shuffle=True, n_workers=n_workers,
                                         keep_decoded=kept)  # fmt: skip
                    epoch(loader)
                    name = f"{task.aliases[1]:9s} {'decoded once' if kept else 'decoded anew'}, {n_workers} workers"
                    rows[name] = lambda loader=loader: epoch(loader)
        before = unique_memory([os.getpid()]) if sys.platform.startswith("linux") else 0.0
        best = dict.fromkeys(rows, (0.0, 0.0, 0.0))
        for _ in range(ROUNDS):
            for name, run in rows.items():
                best[name] = max(best[name], run())
        floor = best["bare decoding"][0]
        print(
            f"{N_IMAGES} images of {SIZE[0]}x{SIZE[1]}, {N_ANIMALS} animals, batches of {BATCH}; {before:.0f} MB before"
        )
        print(f"{'':40s}{'samples/s':>10s}{'of floor':>10s}{'own ms each':>12s}{'MB':>8s}")
        for name, (rate, own, memory) in best.items():
            print(f"{name:40s}{rate:10.0f}{rate / floor:10.2f}{own:12.2f}{memory:8.0f}")


if __name__ == "__main__":
    main()
