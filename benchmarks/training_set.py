"""Creating a training set of 10,000 images: 10 folders, 12 bodyparts, one shuffle.

Run ``python benchmarks/training_set.py``. CPU seconds, best of several interleaved rounds. The floor is what nobody
can save: the headers of all images read, and the bare bytes of every file written and synced. Peak memory is that of
a fresh process that does only this step.
"""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from deeplabcut.core.config import new_project_config
from deeplabcut.core.poses import Annotations
from deeplabcut.generate_training_dataset.checks import check_training_set
from deeplabcut.generate_training_dataset.dataset import create_training_dataset
from deeplabcut.generate_training_dataset.merge import merged_labels, read_label_folders
from deeplabcut.io.annotations import write_annotations
from deeplabcut.io.images import png_bytes
from deeplabcut.project import Project
from deeplabcut.project.labels import body_plan

N_IMAGES, N_FOLDERS, SIZE, ROUNDS = 10_000, 10, (64, 48), 3


def make_project(path: Path, multi: bool = False) -> Path:
    """A project with labels of 12 points in each image; the images are real, and tiny."""
    keys = [str(path / "videos" / f"video{i}.mp4") for i in range(N_FOLDERS)]
    config = new_project_config("bench", "Ana", "Nov20", path, multianimal=multi,
                                video_sets={key: {"crop": "0, 64, 0, 48"} for key in keys})  # fmt: skip
    parts = [f"part{i}" for i in range(4 if multi else 12)]
    config["multianimalbodyparts" if multi else "bodyparts"] = parts
    config["skeleton"] = [[parts[0], parts[1]]]
    (path / "videos").mkdir(parents=True)
    config.to_yaml(path / "config.yaml")
    plan, rng, picture = body_plan(config), np.random.default_rng(0), png_bytes(np.zeros((*SIZE[::-1], 3), np.uint8))
    for i in range(N_FOLDERS):
        folder = path / "labeled-data" / f"video{i}"
        folder.mkdir(parents=True)
        names = [f"img{k:05d}.png" for k in range(N_IMAGES // N_FOLDERS)]
        for name in names:
            (folder / name).write_bytes(picture)
        xy = rng.uniform(1, 47, (len(names), plan.n_individuals, plan.n_bodyparts, 2))
        xy[..., 0, :], xy[..., 1, :] = (10.5, 10.25), (20.5, 10.25)
        write_annotations(folder, Annotations(plan, "Ana", tuple(("labeled-data", folder.name, n) for n in names), xy))
    return path


def floor(path: Path) -> None:
    """The headers of all images, and the bytes of the training set."""
    for image in sorted(path.glob("labeled-data/*/*.png")):
        with open(image, "rb") as file:
            file.read(34)
    for written in path.glob("training-datasets/*/*/*.*"):
        with tempfile.NamedTemporaryFile(dir=path) as file:
            file.write(written.read_bytes())
            file.flush()
            os.fsync(file.fileno())


def read_labels(path: Path) -> None:
    project = Project.open(path)
    merged_labels(read_label_folders(project), body_plan(project.config), "Ana")


def create(path: Path) -> None:
    create_training_dataset(path, Shuffles=[1], userfeedback=False, seed=1)


STEPS: dict[str, Callable[[Path], object]] = {
    "floor: headers and bare bytes": floor,
    "read and merge all labels": read_labels,
    "check_training_set": check_training_set,
    "create_training_dataset": create,
}


def cpu_s(run: Callable[[Path], object], path: Path) -> float:
    start = time.process_time()
    run(path)
    return time.process_time() - start


def peak_mib(name: str, path: Path) -> int:
    """Peak memory of a fresh process that does one step."""
    code = (
        "import logging, sys; logging.disable(); sys.path.insert(0, sys.argv[1]); import training_set;"
        "from pathlib import Path; training_set.STEPS[sys.argv[2]](Path(sys.argv[3]));"
        "print(int(open('/proc/self/status').read().split('VmHWM:')[1].split()[0]) // 1024)"
    )
    command = [sys.executable, "-c", code, str(Path(__file__).parent), name, str(path)]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[-1])


def main() -> None:
    logging.disable()
    with tempfile.TemporaryDirectory() as folder:
        for multi in (False, True):
            path = make_project(Path(folder) / ("multi" if multi else "single"), multi)
            create(path)
            best = dict.fromkeys(STEPS, float("inf"))
            for _ in range(ROUNDS):
                for name, run in STEPS.items():
                    best[name] = min(best[name], cpu_s(run, path))
            print(f"{'multi-animal' if multi else 'single animal'}, {N_IMAGES:,} images, best of {ROUNDS}")
            print(f"{'':34}{'CPU s':>8}{'x floor':>9}{'MiB':>6}")
            for name, seconds in best.items():
                print(f"{name:34}{seconds:8.2f}{seconds / best[next(iter(STEPS))]:9.1f}{peak_mib(name, path):6d}")
            shutil.rmtree(path)


if __name__ == "__main__":
    main()
