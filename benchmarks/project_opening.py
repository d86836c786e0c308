"""Opening a project of 10,000 labelled images: its configuration, all its labels, and the check of its references.

Run ``python benchmarks/project_opening.py``. CPU seconds, best of several interleaved rounds. The floor is reading
the bytes of the configuration and of the label files, and listing the folders. Peak memory and the start-up of the
interpreter are those of a fresh process that does only this step; the goal for all of it is 3 seconds.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from training_set import N_IMAGES, ROUNDS, make_project

from deeplabcut.generate_training_dataset.merge import read_label_folders
from deeplabcut.project import Project, check_project


def floor(path: Path) -> None:
    (path / "config.yaml").read_bytes()
    for folder in sorted((path / "labeled-data").iterdir()):
        os.listdir(folder)
        for file in folder.glob("CollectedData_*"):
            file.read_bytes()


def everything(path: Path) -> None:
    project = Project.open(path)
    read_label_folders(project)
    check_project(project)


STEPS: dict[str, Callable[[Path], object]] = {
    "floor: bytes read, folders listed": floor,
    "Project.open": Project.open,
    "all labels": lambda path: read_label_folders(Project.open(path)),
    "check_project": check_project,
    "open, read labels, check": everything,
}


def cpu_s(run: Callable[[Path], object], path: Path) -> float:
    start = time.process_time()
    run(path)
    return time.process_time() - start


def fresh(name: str, path: Path) -> tuple[float, int]:
    """CPU seconds with start-up, and peak memory in MiB, of a fresh process that does one step."""
    code = (
        "import logging, sys, time; logging.disable(); sys.path.insert(0, sys.argv[1]); import project_opening;"
        "from pathlib import Path; project_opening.STEPS[sys.argv[2]](Path(sys.argv[3]));"
        "print(time.process_time(), open('/proc/self/status').read().split('VmHWM:')[1].split()[0])"
    )
    command = [sys.executable, "-c", code, str(Path(__file__).parent), name, str(path)]
    seconds, kib = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[-2:]
    return float(seconds), int(kib) // 1024


def main() -> None:
    logging.disable()
    with tempfile.TemporaryDirectory() as folder:
        path = make_project(Path(folder) / "project")
        best = dict.fromkeys(STEPS, float("inf"))
        for _ in range(ROUNDS):
            for name, run in STEPS.items():
                best[name] = min(best[name], cpu_s(run, path))
        print(f"{N_IMAGES:,} images, best of {ROUNDS}")
        print(f"{'':36}{'CPU s':>8}{'x floor':>9}{'fresh CPU s':>13}{'MiB':>6}")
        for name, seconds in best.items():
            fresh_s, mib = fresh(name, path)
            print(f"{name:36}{seconds:8.3f}{seconds / best[next(iter(STEPS))]:9.1f}{fresh_s:13.2f}{mib:6d}")


if __name__ == "__main__":
    main()
