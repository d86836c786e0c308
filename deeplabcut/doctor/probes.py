"""Probes that run in a child process: ``python -m deeplabcut.doctor.probes torch``.

Each says which step it is about to take, so that the parent knows what a crash was caused by.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Literal, TextIO

_STREAM: list[TextIO] = []


def torch_probe() -> None:
    """Versions, devices, and one small convolution on each device."""
    with _step("import torch"):
        import torch

        _facts(
            torch=torch.__version__,
            cuda=torch.version.cuda,
            hip=torch.version.hip,
            built_for=torch.cuda.get_arch_list(),
            cpu_capability=torch.backends.cpu.get_cpu_capability(),
            threads=torch.get_num_threads(),
            mps=torch.backends.mps.is_available(),
        )
    if "torch" not in sys.modules:
        return
    with _step("import torchvision"):
        import torchvision

        _facts(torchvision=torchvision.__version__)
        with _step("torchvision operators"):
            boxes = torch.tensor([[0.0, 0.0, 2.0, 2.0], [0.0, 0.0, 2.0, 1.9]])
            _facts(nms=torchvision.ops.nms(boxes, torch.tensor([0.9, 0.8]), 0.5).tolist())
    with _step("convolution on cpu"):
        _facts(cpu_ms=_convolution_ms(torch, "cpu"))
    with _step("look for CUDA devices"):
        if torch.cuda.is_available():
            _facts(cuda_devices=[_card(torch, index) for index in range(torch.cuda.device_count())])
            for index in range(torch.cuda.device_count()):
                with _step(f"convolution on cuda:{index}"):
                    _facts(**{f"cuda:{index}_ms": _convolution_ms(torch, f"cuda:{index}")})
    if torch.backends.mps.is_available():
        with _step("convolution on mps"):
            _facts(mps_ms=_convolution_ms(torch, "mps"))


def codecs_probe() -> None:
    """Which video codecs PyAV brings."""
    with _step("import av"):
        import av

        def has(name: str, mode: Literal["r", "w"]) -> bool:
            with suppress(Exception):  # av raises its own error for an unknown codec
                return bool(av.codec.Codec(name, mode))
            return False

        writers = ("libx264", "h264_nvenc", "libvpx-vp9", "libsvtav1", "mjpeg", "mpeg4", "ffv1", "png")
        readers = ("h264", "hevc", "vp9", "av1", "mpeg4", "mjpeg", "ffv1", "wmv3")
        _facts(
            av=av.__version__,
            encoders=[name for name in writers if has(name, "w")],
            decoders=[name for name in readers if has(name, "r")],
        )


def libraries_probe() -> None:
    """Import every compiled library once."""
    for name in ("numpy", "scipy.optimize", "pandas", "h5py", "tables", "cv2", "matplotlib.pyplot", "pydantic"):
        with _step(f"import {name}"):
            __import__(name)
            _facts(**{name: "ok"})
    with _step("locale"):
        import locale

        with suppress(locale.Error):
            locale.setlocale(locale.LC_ALL, "")
        _facts(
            encoding=locale.getpreferredencoding(False),
            decimal_point=locale.localeconv()["decimal_point"],
            file_names=sys.getfilesystemencoding(),
        )


def selftest_probe() -> None:
    """Draw frames, write them as a video, read them back; write a file whole and read it back."""
    with tempfile.TemporaryDirectory(prefix="dlc-doctor-", ignore_cleanup_errors=True) as folder:
        with _step("write a file"):
            from deeplabcut.core.files import atomic_write_bytes

            content = os.urandom(4096)
            started_s = time.perf_counter()
            atomic_write_bytes(Path(folder) / "file", content)
            if (Path(folder) / "file").read_bytes() != content:
                raise ValueError("a file came back with another content")
            _facts(write_ms=1000 * (time.perf_counter() - started_s))
        with _step("draw, encode and decode"):
            import numpy as np

            from deeplabcut.io.video.reader import Video
            from deeplabcut.io.video.write import VideoSink

            started_s = time.perf_counter()
            images = _moving_square(n_frames=24, height=96, width=128)
            with VideoSink(Path(folder) / "test.mp4", size=(128, 96), fps=25) as sink:
                for image in images:
                    sink.add(image)
            with Video(Path(folder) / "test.mp4") as video:
                back = np.stack([np.asarray(frame.image) for frame in video.frames()])
            if back.shape != images.shape:
                raise ValueError(f"wrote {images.shape}, read {back.shape}")
            error = float(np.abs(back.astype(float) - images).mean())
            if error > 8:
                raise ValueError(f"the frames came back changed by {error:.0f} grey levels")
            _facts(video_ms=1000 * (time.perf_counter() - started_s), n_frames=len(back), grey_levels=error)


PROBES: dict[str, Callable[[], None]] = {
    "torch": torch_probe,
    "codecs": codecs_probe,
    "libraries": libraries_probe,
    "selftest": selftest_probe,
}


def main(name: str) -> None:
    """Run one probe, with standard output kept for what it says."""
    sys.stdout.flush()
    _STREAM.append(os.fdopen(os.dup(1), "w", encoding="utf-8"))
    os.dup2(2, 1)
    PROBES[name]()
    _say("done")


def _say(kind: str, **more: Any) -> None:
    _STREAM[-1].write(json.dumps({"kind": kind, **more}) + "\n")
    _STREAM[-1].flush()


def _facts(**facts: Any) -> None:
    _say("facts", facts=facts)


@contextmanager
def _step(name: str) -> Iterator[None]:
    """Announce a step; its failure is told and does not end the probe."""
    _say("step", name=name)
    try:
        yield
    except BaseException as error:
        text = f"{type(error).__name__}: {error}".strip()
        _say("error", step=name, message=next((line for line in text.splitlines() if line.strip()), name))


def _convolution_ms(torch: Any, device: str) -> float:
    """Milliseconds of a small convolution network's forward pass, the best of five after a warm-up."""
    torch.manual_seed(0)
    layers = [torch.nn.Conv2d(a, b, 3, padding=1) for a, b in ((3, 32), (32, 64), (64, 17))]
    network = torch.nn.Sequential(*layers).eval().to(device)
    image = torch.rand(1, 3, 256, 256, device=device)
    best_s = float("inf")
    with torch.inference_mode():
        for _ in range(6):
            started_s = time.perf_counter()
            total = float(network(image).sum())  # reading the number waits for the device
            best_s = min(best_s, time.perf_counter() - started_s)
    if total != total:
        raise ValueError("the convolution gave NaN")
    return 1000 * best_s


def _card(torch: Any, index: int) -> dict[str, Any]:
    facts = torch.cuda.get_device_properties(index)
    return {"name": facts.name, "capability": [facts.major, facts.minor], "memory": facts.total_memory}


def _moving_square(n_frames: int, height: int, width: int) -> Any:
    import numpy as np

    ramp = np.linspace(40, 200, width, dtype=np.uint8)
    images = np.repeat(np.tile(ramp, (n_frames, height, 1))[..., None], 3, axis=-1)
    for index, image in enumerate(images):
        image[30:60, 2 * index : 2 * index + 30] = 230
    return images


if __name__ == "__main__":
    main(sys.argv[1])
