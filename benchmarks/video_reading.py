"""Sequential reading against a bare PyAV loop that delivers the same arrays.

    python benchmarks/video_reading.py [VIDEO ...]

Without arguments a 720p video is made. The floor is the faster of PyAV's two ways of threading. Every reader runs
in a process of its own, all take turns, and the best of the rounds counts.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROUNDS = 3
READERS = {
    "PyAV, decoding only": "bare(path, None)",
    "PyAV rgb24 (auto threads)": "bare(path, 'rgb24', 'AUTO')",
    "PyAV rgb24 (as it comes)": "bare(path, 'rgb24')",
    "Video rgb24": "Video(path).frames()",
    "IsolatedVideo rgb24": "isolated_frames(path)",
    "PyAV gray (auto threads)": "bare(path, 'gray', 'AUTO')",
    "Video gray": "Video(path).frames(format='gray')",
    "Video planes": "Video(path).frames(format='planes')",
    "Video states": "Video(path).states()",
}
CODE = """
import json, resource, sys, time
import av
from deeplabcut.io.video.isolate import isolated_frames
from deeplabcut.io.video.reader import Video

def bare(path, format, threads=None):
    with av.open(path) as container:
        if threads:
            container.streams.video[0].thread_type = threads
        for frame in container.decode(video=0):
            yield frame.to_ndarray(format=format) if format else frame

path = sys.argv[1]
frames = iter({reader})
next(frames)
n, began_s = 0, time.perf_counter()
for frame in frames:
    n += 1
wall_s = time.perf_counter() - began_s
del frames, frame
use = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
own_kb = int(open("/proc/self/status").read().split("VmHWM:")[1].split()[0])  # rusage begins at the parent's peak
print(json.dumps(dict(fps=n / wall_s, cpu_ms=1e3 * sum(u.ru_utime + u.ru_stime for u in use) / n,
                      peak_mb=max(own_kb, use[1].ru_maxrss) / 1024)))
"""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        for video in [Path(name) for name in sys.argv[1:]] or [made(Path(folder) / "720p.mp4")]:
            table(video)


def table(video: Path) -> None:
    results: dict[str, list[dict[str, float]]] = {name: [] for name in READERS}
    for _ in range(ROUNDS):
        for name, reader in READERS.items():
            command = [sys.executable, "-c", CODE.replace("{reader}", reader), str(video)]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            results[name].append(json.loads(done.stdout))
    best = {name: max(runs, key=lambda run: run["fps"]) for name, runs in results.items()}
    floor = max(best["PyAV rgb24 (auto threads)"]["fps"], best["PyAV rgb24 (as it comes)"]["fps"])
    grey_floor = best["PyAV gray (auto threads)"]["fps"]
    print(f"\n{video.name}: best of {ROUNDS} rounds, {time.strftime('%Y-%m-%d')}")
    print(f"{'reader':28s}{'frames/s':>10s}{'of floor':>10s}{'CPU ms':>9s}{'peak MB':>9s}")
    for name, run in best.items():
        share = run["fps"] / (grey_floor if "gray" in name else floor)
        cpu_ms = min(r["cpu_ms"] for r in results[name])
        print(f"{name:28s}{run['fps']:10.0f}{share:10.0%}{cpu_ms:9.2f}{run['peak_mb']:9.0f}")


def made(path: Path, n_frames: int = 900) -> Path:
    import av
    import cv2
    import numpy as np

    chance = np.random.default_rng(0)
    scene = cv2.resize(chance.integers(0, 255, (90, 160, 3), np.uint8), (1280, 720), interpolation=cv2.INTER_CUBIC)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=30, options={"preset": "veryfast", "g": "250"})
        stream.width, stream.height, stream.pix_fmt = 1280, 720, "yuv420p"
        for i in range(n_frames):
            image = scene.copy()
            x, y = int(600 + 500 * np.sin(i / 30)), int(360 + 300 * np.cos(i / 41))
            image[y - 40 : y + 40, x - 40 : x + 40] = (i * 7) % 255
            noise = cv2.resize(chance.normal(0, 4, (180, 320)), (1280, 720))[..., None]
            image = np.clip(image + noise, 0, 255).astype(np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode(None))
    return path


if __name__ == "__main__":
    main()
