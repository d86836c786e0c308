"""Choosing 20 frames of a long video, against a bare PyAV loop that decodes what has to be decoded.

    python benchmarks/frame_selection.py [--minutes 10] [--rounds 3] [--video VIDEO]

A short scene is rendered at 640x480, and its packets are repeated without encoding again until the video is long
enough. For k-means the floor decodes every frame with the decoder's own threads and converts nothing; for a random
choice it seeks to 20 frames. Opening the video is part of our time, without an index kept from before. Everything
runs in processes of its own that take turns; of each figure the best round counts.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from fractions import Fraction
from pathlib import Path

N, FPS = 20, 30
ROWS = {  # name: (ours, floor)
    "k-means": ("chosen(path, algorithm='kmeans')", "decoded(path)"),
    "k-means, every 10th frame": ("chosen(path, algorithm='kmeans', step=10)", "decoded(path)"),
    "k-means in colour": ("chosen(path, algorithm='kmeans', color=True)", "decoded(path)"),
    "uniform": ("chosen(path, algorithm='uniform')", "sought(path)"),
}
CODE = """
import json, resource, sys, time
import av
import numpy as np
from deeplabcut.io.video.frame_selection import Wish, choose_frames
from deeplabcut.io.video.reader import Video

def chosen(path, **how):
    with Video(path) as video:
        choice = choose_frames(video, Wish({n}, **how), np.random.default_rng(0))
        assert len(choice.frames) == {n}, choice

def decoded(path):
    with av.open(path) as container:
        container.streams.video[0].thread_type = "AUTO"
        for frame in container.decode(video=0):
            pass

def sought(path):
    with av.open(path) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        last = stream.duration
        for wanted in sorted(np.random.default_rng(0).integers(0, last, {n})):
            container.seek(int(wanted), stream=stream)
            for frame in container.decode(stream):
                if frame.pts >= wanted:
                    break

path = sys.argv[1]
wall_s, cpu_s = time.perf_counter(), time.process_time()
{work}
wall_s, cpu_s = time.perf_counter() - wall_s, time.process_time() - cpu_s
peak_kb = int(open("/proc/self/status").read().split("VmHWM:")[1].split()[0])
print(json.dumps(dict(wall=wall_s, cpu=cpu_s, peak=peak_kb / 1024)))
"""


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--minutes", type=float, default=10.0, help="length of the video that is made")
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--video", type=Path, help="use this video instead")
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        video = given.video or repeated(Path(folder), round(given.minutes * 60 * FPS))
        table(video, given.rounds)


def table(video: Path, rounds: int) -> None:
    works = list(dict.fromkeys(work for row in ROWS.values() for work in row))
    best: dict[str, dict[str, float]] = {}
    for _ in range(rounds):
        for work in works:
            run = measured(video, work)
            old = best.setdefault(work, run)
            best[work] = {key: min(value, old[key]) for key, value in run.items()}
    print(f"{N} frames of {video.name}, best of {rounds} rounds, {time.strftime('%Y-%m-%d')}, {os.cpu_count()} cores")
    print(f"{'':28}{'wall s':>9}{'floor':>9}{'ratio':>7}{'CPU s':>9}{'floor':>9}{'ratio':>7}{'peak MB':>9}{'floor':>7}")
    for name, (work, floor) in ROWS.items():
        a, b = best[work], best[floor]
        print(
            f"{name:28}{a['wall']:9.2f}{b['wall']:9.2f}{a['wall'] / b['wall']:7.2f}"
            f"{a['cpu']:9.2f}{b['cpu']:9.2f}{a['cpu'] / b['cpu']:7.2f}{a['peak']:9.0f}{b['peak']:7.0f}"
        )


def measured(video: Path, work: str) -> dict[str, float]:
    code = CODE.replace("{n}", str(N)).replace("{work}", work)
    with tempfile.TemporaryDirectory() as cache:
        environment = {**os.environ, "XDG_CACHE_HOME": cache}
        command = [sys.executable, "-c", code, str(video)]
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    return json.loads(done.stdout)


def repeated(folder: Path, n_frames: int) -> Path:
    """A video of ``n_frames`` whose packets come round and round."""
    import av

    from deeplabcut.scenes import make_scene

    scene = make_scene(n_animals=2, n_frames=600, size=(640, 480), fps=FPS, seed=1)
    source, target = scene.write(folder).videos[0], folder / f"{n_frames}-frames.mp4"
    with av.open(str(source)) as old, av.open(str(target), "w") as new:
        stream = new.add_stream_from_template(old.streams.video[0])
        tick = Fraction(1, FPS) / old.streams.video[0].time_base
        for start in range(0, n_frames, 600):
            old.seek(0)
            for packet in old.demux(video=0):
                if packet.size:
                    packet.pts += int(start * tick)
                    packet.dts += int(start * tick)
                    packet.stream = stream
                    new.mux(packet)
    return target


if __name__ == "__main__":
    main()
