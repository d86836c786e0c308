"""Writing and editing videos beside the bare work: a PyAV loop with the same encoder, settings and threads.

``python benchmarks/video_writing.py [n_frames]`` prints milliseconds of processor time and of wall time per
1280x720 frame (the best of several interleaved rounds) and the peak memory of an edit of a long video.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.video.reformatter import Interpolation, VideoReformatter

from deeplabcut.io.video import edit
from deeplabcut.io.video.formats import CODECS
from deeplabcut.io.video.write import VideoSink, encoder_threads

SIZE = (1280, 720)
ROUNDS = 5
SHARP = Interpolation.BICUBIC | Interpolation.ACCURATE_RND


def pictures(n: int, size: tuple[int, int] = SIZE) -> list[np.ndarray]:
    """A textured scene with camera noise, in which a bright patch moves."""
    rng = np.random.default_rng(0)
    width, height = size
    coarse = rng.integers(40, 200, (height // 20, width // 20, 3))
    scene = np.kron(coarse, np.ones((20, 20, 1))).astype(np.int16)
    images = []
    for i in range(n):
        image = scene + rng.integers(-3, 4, scene.shape, dtype=np.int16)
        x = 20 + i * 7 % (width - 120)
        image[height // 3 : height // 3 + 80, x : x + 80] = 240
        images.append(image.clip(0, 255).astype(np.uint8))
    return images


def sink(path: Path, images: list[np.ndarray]) -> None:
    with VideoSink(path, size=SIZE, fps=30) as video:
        for image in images:
            video.add(image)


def bare_encoder(output: av.container.OutputContainer, size: tuple[int, int], crf: int) -> av.VideoStream:
    stream = output.add_stream("libx264", rate=Fraction(30), options={"preset": "veryfast", "crf": str(crf)})
    stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
    stream.codec_context.thread_count = encoder_threads(*size)
    return stream


def bare_encode(path: Path, images: list[np.ndarray]) -> None:
    reformatter = VideoReformatter()
    with av.open(str(path), "w", container_options={"movflags": "+faststart"}) as output:
        stream = bare_encoder(output, SIZE, CODECS["h264"].quality)
        for i, image in enumerate(images):
            frame = reformatter.reformat(
                av.VideoFrame.from_numpy_buffer(image, format="rgb24"), format="yuv420p", interpolation=SHARP, threads=1
            )
            frame.pts = i
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))


def bare_edit(source: Path, path: Path, size: tuple[int, int], filters: list[tuple[str, str]], scaled: bool) -> None:
    """Decode, filter, encode: the least that the change can cost with these libraries."""
    reformatter = VideoReformatter()
    with av.open(str(source)) as old, av.open(str(path), "w", container_options={"movflags": "+faststart"}) as new:
        stream = bare_encoder(new, size, edit.NEAR_LOSSLESS["h264"])
        old.streams.video[0].codec_context.thread_count = encoder_threads(*SIZE)
        old.streams.video[0].codec_context.thread_type = "AUTO"
        graph = edit._graph(filters, SIZE, "yuv420p") if filters else None
        for i, frame in enumerate(old.decode(video=0)):
            if scaled:
                frame = reformatter.reformat(frame, *size, interpolation=SHARP, threads=1)
            if graph:
                graph.push(frame)
                frame = graph.pull()
            frame.pts, frame.time_base, frame.pict_type = i, Fraction(1, 30), 0
            new.mux(stream.encode(frame))
        new.mux(stream.encode(None))


def timed(work: Callable[[], object]) -> tuple[float, float]:
    cpu, wall = time.process_time(), time.perf_counter()
    work()
    return time.process_time() - cpu, time.perf_counter() - wall


def compare(name: str, ours: Callable[[Path], object], bare: Callable[[Path], object], n: int, folder: Path) -> None:
    best = np.full((2, 2), np.inf)
    for _ in range(ROUNDS):
        for row, work in enumerate((ours, bare)):
            path = folder / f"result{row}.mp4"
            path.unlink(missing_ok=True)
            best[row] = np.minimum(best[row], timed(lambda work=work, path=path: work(path)))
    cpu, wall = 1000 * best.T / n
    ratios = cpu[0] / cpu[1], wall[0] / wall[1]
    print(f"{name:12} {cpu[0]:9.2f} {cpu[1]:9.2f} {ratios[0]:7.2f} {wall[0]:10.2f} {wall[1]:9.2f} {ratios[1]:7.2f}")


def peak_mb(source: Path, n: int) -> float:
    """Peak memory of a process that downsamples the first ``n`` frames."""
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "from deeplabcut.io.video import edit\n"
        "target = Path(sys.argv[2])\n"
        "target.unlink(missing_ok=True)\n"
        "edit.downsample_video(sys.argv[1], target, height=360)\n"
        "print(Path('/proc/self/status').read_text().split('VmHWM:')[1].split()[0])\n"
    )
    arguments = [sys.executable, "-c", program, str(source), str(source.with_name(f"peak{n}.mp4"))]
    return float(subprocess.run(arguments, capture_output=True, text=True, check=True).stdout) / 1024


def main(n: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        images = pictures(min(n, 60))
        images = (images * (n // len(images) + 1))[:n]
        source = folder / "source.mp4"
        sink(source, images)
        print(f"{n} frames of {SIZE[0]}x{SIZE[1]}, ms per frame")
        print(f"{'':12} {'cpu ours':>9} {'bare':>9} {'ratio':>7} {'wall ours':>10} {'bare':>9} {'ratio':>7}")
        compare("VideoSink", lambda p: sink(p, images), lambda p: bare_encode(p, images), n, folder)
        edits = {
            "shorten": (lambda p: edit.shorten_video(source, p, start_s=0, stop_s=1e9), SIZE, [], False),
            "crop": (lambda p: edit.crop_video(source, p, x1=100, x2=900, y1=50, y2=650), (800, 600),
                     [("crop", "800:600:100:50")], False),
            "downsample": (lambda p: edit.downsample_video(source, p, height=360), (640, 360), [], True),
            "quarter": (lambda p: edit.rotate_video(source, p, turn="quarter"), SIZE[::-1],
                        [("transpose", "clock")], False),
            "rotate": (lambda p: edit.rotate_video(source, p, turn=10.0), SIZE, [("rotate", "0.17453")], False),
        }  # fmt: skip
        for label, (ours, size, filters, scaled) in edits.items():
            bare = lambda p, size=size, filters=filters, scaled=scaled: bare_edit(source, p, size, filters, scaled)  # noqa: E731
            compare(label, ours, bare, n, folder)
        long = folder / "long.mp4"
        sink(long, images * 10)
        peaks = [f"{count} frames {peak_mb(path, count):.0f} MB" for path, count in ((source, n), (long, 10 * n))]
        print(f"peak memory of downsampling: {', '.join(peaks)}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 150)
