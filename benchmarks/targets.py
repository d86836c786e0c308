"""Targets and their reading: a batch of 8 images with 3 animals of 12 keypoints, maps of 128 x 128 cells.

    python benchmarks/targets.py [--rounds 15] [--threads 2] [--stride 8]

The floor is allocating and filling the arrays that come out (for a reading, one pass over the maps that go in), with
the same library. CPU and wall milliseconds, best of interleaved rounds, so a second core shows in the wall time only.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Callable
from itertools import combinations
from typing import Any

import numpy as np
import torch

from deeplabcut.core.codecs.dekr import DekrCodec, DekrDecoding
from deeplabcut.core.codecs.heatmap import HeatmapCodec
from deeplabcut.core.codecs.paf import PafCodec
from deeplabcut.core.codecs.simcc import SimccCodec

N_IMAGES, N_ANIMALS, N_KEYPOINTS, SIZE = 8, 3, 12, (128, 128)
LIMBS = list(combinations(range(N_KEYPOINTS), 2))


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--rounds", type=int, default=15)
    options.add_argument("--threads", type=int, default=2)
    options.add_argument("--stride", type=float, default=8)
    given = options.parse_args()
    torch.set_num_threads(given.threads)
    points = keypoints(given.stride)
    works: dict[str, tuple[Callable[[], Any], Callable[[], Any]]] = {}
    for name, there in (("numpy", points), ("torch", torch.as_tensor(points))):
        works |= {f"{what}, {name}": work for what, work in workloads(there, given.stride).items()}
    best = {name: [float("inf")] * 4 for name in works}
    for _ in range(given.rounds):
        for name, pair in works.items():
            times = [one for work in pair for one in timed(work)]
            best[name] = [min(old, new) for old, new in zip(best[name], times, strict=True)]
    print(
        f"{N_IMAGES} images, {N_ANIMALS} animals, {N_KEYPOINTS} keypoints, {SIZE[0]}x{SIZE[1]} cells of "
        f"{given.stride:g} px; {given.threads} threads, best of {given.rounds} rounds"
    )
    print(f"{'':44}{'CPU ms':>8}{'wall':>8}{'floor CPU':>11}{'wall':>8}{'ratio':>7}")
    for name, (cpu, wall, floor_cpu, floor_wall) in best.items():
        print(f"{name:44}{cpu:8.2f}{wall:8.2f}{floor_cpu:11.2f}{floor_wall:8.2f}{cpu / max(floor_cpu, 1e-3):7.1f}")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


def keypoints(stride: float) -> np.ndarray:
    """Animals of about 100 cells, somewhere in the image, one point in ten absent."""
    rng = np.random.default_rng(0)
    side = SIZE[0] * stride
    xy = rng.uniform(0.1, 0.9, (N_IMAGES, N_ANIMALS, 1, 2)) * side + rng.normal(
        0, 0.06 * side, (N_IMAGES, N_ANIMALS, N_KEYPOINTS, 2)
    )
    flags = rng.choice([0, 2], (*xy.shape[:3], 1), p=[0.1, 0.9])
    return np.concatenate([xy, flags], -1).astype(np.float32)


def workloads(points: Any, stride: float) -> dict[str, tuple[Callable[[], Any], Callable[[], Any]]]:
    """Name -> what is measured and its floor."""
    gaussian, plateau = HeatmapCodec(stride), HeatmapCodec(stride, plateau=True)
    paf, dekr, simcc = PafCodec(stride, LIMBS), DekrCodec(stride), SimccCodec((256, 256))
    areas = points[:, :, 0, 0] * 0 + 900
    maps, field, centres = gaussian.encode(points, SIZE), paf.encode(points, SIZE), dekr.encode(points, areas, SIZE)
    bins = simcc.encode(points)
    heat, locref = maps.heatmap.values, maps.locref.values
    decoding = DekrDecoding(N_ANIMALS, apply_sigmoid=False)

    def filled(*arrays: Any) -> Callable[[], Any]:
        make = torch.ones if isinstance(points, torch.Tensor) else (lambda shape: np.ones(shape, np.float32))
        return lambda: [make(tuple(one.shape)) for one in arrays]

    def summed(*arrays: Any) -> Callable[[], Any]:
        return lambda: [one.sum() for one in arrays]

    return {
        "targets: gaussian, locref, both weights": (
            lambda: gaussian.encode(points, SIZE),
            filled(heat, locref, locref),
        ),
        "targets: plateau, locref, both weights": (lambda: plateau.encode(points, SIZE), filled(heat, locref, locref)),
        f"targets: fields of {len(LIMBS)} limbs": (lambda: paf.encode(points, SIZE), filled(field)),
        "targets: DEKR": (
            lambda: dekr.encode(points, areas, SIZE),
            filled(*(one for target in centres for one in target)),
        ),
        "targets: SimCC, 512 bins": (lambda: simcc.encode(points), filled(bins.x.values, bins.y.values)),
        "reading: heatmap": (lambda: gaussian.decode(heat, locref), summed(heat)),
        f"reading: peaks and costs of {len(LIMBS)} limbs": (
            lambda: paf.decode(heat, locref, field, range(len(LIMBS)), apply_sigmoid=False),
            summed(heat),
        ),
        "reading: DEKR": (
            lambda: dekr.decode(centres.heatmap.values, centres.offset.values, decoding),
            summed(centres.heatmap.values),
        ),
    }


def timed(work: Callable[[], Any]) -> tuple[float, float]:
    """CPU and wall milliseconds of one run."""
    cpu, wall = time.process_time(), time.perf_counter()
    work()
    return (time.process_time() - cpu) * 1e3, (time.perf_counter() - wall) * 1e3


if __name__ == "__main__":
    main()
