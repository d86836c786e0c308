"""Random access: wrong frames and time per seek, against a bare PyAV seek to the same frames.

    python benchmarks/video_seeking.py [VIDEO ...]

Without arguments the bar-coded videos of the tests are used, so that wrong frames can be counted; both readers get the
same 50 frames. The bare reader seeks to the time of the frame and decodes until it is reached, without an index.
"""

from __future__ import annotations

import importlib.util
import random
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import av

from deeplabcut.core.errors import DeepLabCutError
from deeplabcut.io.video.reader import Video

N_SEEKS = 50
ROUNDS = 3


def main() -> None:
    print(f"{'video':40s}{'open ms':>9s}{'seeks':>7s}{'wrong':>7s}{'ms':>8s}{'PyAV wrong':>12s}{'ms':>8s}{'ratio':>7s}")
    if sys.argv[1:]:
        for name in sys.argv[1:]:
            row(Path(name).name, Path(name), None, None)
    else:
        barcode = _barcode()
        with tempfile.TemporaryDirectory() as folder:
            for kind, make in {**barcode.KINDS, **_long(barcode)}.items():
                made = make(Path(folder))
                row(kind, made.path, made.numbers, barcode.read)
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


def row(name: str, path: Path, numbers: list[int] | None, read: Callable[[Any], int | None] | None) -> None:
    with tempfile.TemporaryDirectory() as cache:
        began_s = time.perf_counter()
        video = Video(path, index_cache=Path(cache))
        open_ms = 1e3 * (time.perf_counter() - began_s)
    with video:
        chance = random.Random(0)
        asked = [chance.randrange(len(video)) for _ in range(N_SEEKS)]
        truth = [video.read(i) for i in asked] if numbers is None else [numbers[i] for i in asked]

        def n_wrong(images: list[Any]) -> int:
            if numbers is None or read is None:
                return sum(image is None or (image != other).any() for image, other in zip(images, truth, strict=True))
            return sum(image is None or read(image) != n for image, n in zip(images, truth, strict=True))

        ours, ours_ms = _timed(lambda: [_read(video, i) for i in asked])
        bare, bare_ms = _timed(lambda: _bare(path, [float(video.times_s[i]) for i in asked]))
    print(
        f"{name:40s}{open_ms:9.1f}{N_SEEKS:7d}{n_wrong(ours):7d}{ours_ms:8.2f}"
        f"{n_wrong(bare):12d}{bare_ms:8.2f}{ours_ms / bare_ms:7.2f}"
    )


def _timed(work: Callable[[], list[Any]]) -> tuple[list[Any], float]:
    times_s = []
    for _ in range(ROUNDS):
        began_s = time.perf_counter()
        images = work()
        times_s.append(time.perf_counter() - began_s)
    return images, 1e3 * statistics.median(times_s) / N_SEEKS


def _read(video: Video, index: int) -> Any:
    try:
        return video.read(index)
    except DeepLabCutError:
        return None


def _bare(path: Path, times_s: list[float]) -> list[Any]:
    """What scripts do: seek to a time, decode until it is reached."""
    images: list[Any] = []
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        base = float(stream.time_base or 1)
        for time_s in times_s:
            wanted = (stream.start_time or 0) + round(time_s / base)
            image = None
            try:
                container.seek(wanted, stream=stream)
                for frame in container.decode(stream):
                    if frame.pts is not None and frame.pts >= wanted - 1:
                        image = frame.to_ndarray(format="rgb24")
                        break
            except (av.FFmpegError, OSError):
                pass
            images.append(image)
    return images


def _long(barcode: ModuleType) -> dict[str, Callable[[Path], Any]]:
    """Half a minute in long groups of pictures, where a seek costs decoding."""
    n, size, gop = 1800, (640, 480), 250

    def long(name: str, **how: Any) -> Callable[[Path], Any]:
        return lambda folder: barcode.Made(
            barcode.encode(folder / name, range(n), size=size, gop=gop, **how), list(range(n))
        )

    return {
        "long mp4": long("long.mp4"),
        "long mkv": long("long.mkv"),
        "long transport stream": long("long.ts"),
        "long avi, mpeg-4 and b-frames": long("long.avi", codec="mpeg4", options={"bf": "2", "qmax": "4"}),
    }


def _barcode() -> ModuleType:
    path = Path(__file__).resolve().parents[1] / "tests" / "io" / "video" / "barcode.py"
    spec = importlib.util.spec_from_file_location("video_barcode", path)
    if spec is None or spec.loader is None:
        raise FileNotFoundError(path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    main()
