"""Reading and writing tables: labels of 10,000 images, and the csv of 100,000 frames.

Run ``python benchmarks/table_io.py``. CPU seconds, best of several interleaved rounds. The floor is the bare array
through h5py, or the bare bytes through a file; peak memory is that of a fresh process that does only this step.
"""

from __future__ import annotations

import logging
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np

from deeplabcut.core.poses import Annotations, BodyPlan, PoseTable
from deeplabcut.io.annotations import read_annotations, write_annotations
from deeplabcut.io.predictions import read_predictions, write_predictions
from deeplabcut.io.tables import table_of_annotations, table_of_poses, to_frame

PARTS = tuple(f"part{i}" for i in range(12))


def labels(n_images: int = 10_000) -> Annotations:
    plan = BodyPlan(PARTS, tuple(f"m{i}" for i in range(5)))
    images = tuple(("labeled-data", "video", f"img{i:05d}.png") for i in range(n_images))
    xy = np.random.default_rng(0).uniform(0, 1000, (n_images, 5, 12, 2))
    return Annotations(plan, "Bob", images, xy)


def predictions(kind: type, n_frames: int = 100_000) -> PoseTable:
    poses = np.random.default_rng(0).uniform(0, 1000, (n_frames, 3, 12, 3))
    poses[..., 2] /= 1000
    return PoseTable(BodyPlan(PARTS, ("m0", "m1", "m2")), "DLC", np.arange(n_frames), poses.astype(kind))


def write_bare(path: Path, array: np.ndarray) -> None:
    with h5py.File(path, "w") as h5:
        h5["values"] = array


def read_bare(path: Path) -> np.ndarray:
    with h5py.File(path) as h5:
        return h5["values"][()]


def write_frame(folder: Path, frame: object, layout: str, *, h5: bool = True) -> None:
    warnings.simplefilter("ignore")
    if h5:
        frame.to_hdf(folder / "pandas.h5", key="df_with_missing", format=layout, mode="w")
    frame.to_csv(folder / "pandas.csv")


def read_frame(folder: Path) -> None:
    import pandas as pd

    pd.read_hdf(folder / "pandas.h5")
    pd.read_csv(folder / "pandas.csv", header=[0, 1, 2, 3], index_col=[0, 1, 2])


def steps(folder: Path) -> dict[str, dict[str, Callable[[], object]]]:
    """Workload -> {who: what to run}; writers come before the readers of their files."""
    made, table = labels(), table_of_annotations(labels())
    short, long = predictions(np.float32), predictions(np.float64)
    frame, frame32, frame64 = to_frame(table), to_frame(table_of_poses(short)), to_frame(table_of_poses(long))
    return {
        "write labels (h5+csv)": {
            "ours": lambda: write_annotations(folder, made),
            "floor": lambda: write_bare(folder / "bare.h5", table.values),
            "pandas": lambda: write_frame(folder, frame, "fixed"),
        },
        "read labels (h5+csv)": {
            "ours": lambda: read_annotations(folder),
            "floor": lambda: read_bare(folder / "bare.h5"),
            "pandas": lambda: read_frame(folder),
        },
        "write predictions h5, float32": {
            "ours": lambda: write_predictions(folder / "p.h5", short),
            "floor": lambda: write_bare(folder / "bare2.h5", short.poses),
            "pandas": lambda: frame32.to_hdf(folder / "pp.h5", key="df_with_missing", format="table", mode="w"),
        },
        "read predictions h5, float32": {
            "ours": lambda: read_predictions(folder / "p.h5"),
            "floor": lambda: read_bare(folder / "bare2.h5"),
            "pandas": lambda: __import__("pandas").read_hdf(folder / "pp.h5"),
        },
        "write predictions h5+csv, float32": {
            "ours": lambda: write_predictions(folder / "q.h5", short, save_as_csv=True),
            "floor": lambda: (folder / "bytes").write_bytes((folder / "q.csv").read_bytes()),
            "pandas": lambda: write_frame(folder, frame32, "table"),
        },
        "write tracks h5+csv, float64": {
            "ours": lambda: write_predictions(folder / "r.h5", long, save_as_csv=True, key="tracks"),
            "floor": lambda: (folder / "bytes").write_bytes((folder / "r.csv").read_bytes()),
            "pandas": lambda: write_frame(folder, frame64, "table"),
        },
        "read predictions csv": {
            "ours": lambda: read_predictions(folder / "q.csv"),
            "floor": (folder / "q.csv").read_bytes,
            "pandas": lambda: __import__("pandas").read_csv(folder / "q.csv", header=[0, 1, 2, 3], index_col=0),
        },
    }


def cpu_s(run: Callable[[], object]) -> float:
    started = time.process_time()
    run()
    return time.process_time() - started


def peak_mb(code: str, folder: Path) -> float:
    """Growth of the peak of a fresh process over its state just before the step."""
    script = (
        "import sys; from pathlib import Path; sys.path.insert(0, sys.argv[1]); folder = Path(sys.argv[2])\n"
        "from table_io import *\n"
        f"{code}\n"
    )
    here = str(Path(__file__).parent)
    done = subprocess.run([sys.executable, "-c", script, here, str(folder)], capture_output=True, text=True, check=True)
    return float(done.stdout)


PEAK = """
def peak_kb():
    return int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0])
Path("/proc/self/clear_refs").write_text("5")
before = peak_kb()
{}
print((peak_kb() - before) / 1024)
"""


def main(rounds: int = 2) -> None:
    logging.disable()
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        print(f"{'workload':36s} {'ours s':>8s} {'floor s':>8s} {'ratio':>7s} {'pandas s':>9s} {'gain':>6s}")
        for workload, who in steps(folder).items():
            best = {key: min(cpu_s(run) for _ in range(rounds)) for key, run in who.items()}
            ours, floor, pandas = best["ours"], max(best["floor"], 1e-6), best["pandas"]
            print(f"{workload:36s} {ours:8.2f} {floor:8.3f} {ours / floor:7.0f} {pandas:9.2f} {pandas / ours:5.1f}x")
        for what, code in {
            "write labels": "made = labels()\n" + PEAK.format("write_annotations(folder, made)"),
            "read labels": PEAK.format("read_annotations(folder)"),
            "write predictions h5+csv": "made = predictions(np.float32)\n"
            + PEAK.format("write_predictions(folder / 'm.h5', made, save_as_csv=True)"),
            "read predictions h5 (43 MB of numbers)": PEAK.format("read_predictions(folder / 'm.h5')"),
        }.items():
            print(f"peak memory added, {what}: {peak_mb(code, folder):.0f} MB")


if __name__ == "__main__":
    main()
