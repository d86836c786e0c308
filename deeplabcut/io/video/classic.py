"""`VideoReader` and `VideoWriter`: the classes that scripts know, on top of `Video` and the editing functions."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Iterator
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import cv2
import numpy as np

from deeplabcut.core.errors import InvalidInput, StorageError, VideoError
from deeplabcut.core.files import atomic_write_bytes
from deeplabcut.io.video import edit
from deeplabcut.io.video.integrity import VideoReport, check_video
from deeplabcut.io.video.reader import Frame, Video

_Reader = TypeVar("_Reader", bound="VideoReader")

ROTATIONS = ("No", "Yes", "Arbitrary")  # not at all, by 90 degrees clockwise, by an angle
_UNBELIEVABLE = 1e9  # frames


class NotAVideo(InvalidInput, VideoError):
    """A path at which there is no file that could be a video."""


class VideoReader:
    """Frames of a video one after another, as RGB arrays, with a bounding box to crop them.

    A frame that cannot be decoded comes as a black picture with a warning, so that counting frames stays right.

    Raises
    ------
    ValueError
        If there is no such file.
    OSError
        If the file is not a video that can be opened.
    """

    def __init__(self, video_path: str | os.PathLike[str]) -> None:
        if not Path(video_path).is_file():
            raise NotAVideo("There is no such video file.", where=video_path, fix="check the spelling and the drive")
        self.video_path = os.fspath(video_path)
        self.video = Video(video_path)
        self._frames: Iterator[Frame] | None = None
        self._next = 0
        self._bbox: tuple[int, int, int, int] | None = None
        self.parse_metadata()

    def __repr__(self) -> str:
        return f"Video (duration={self.calc_duration():0.2f}, fps={self.fps}, dimensions={self.dimensions})"

    def __len__(self) -> int:
        return self._n_frames

    def __enter__(self: _Reader) -> _Reader:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def check_integrity(self) -> None:
        """Decode everything; what is wrong goes to ``<name>.log`` beside the video, and is announced."""
        if not self._report.ok:
            self._announce(self._report.lines)

    def check_integrity_robust(self) -> None:
        """Decode everything, and warn of every frame that cannot be read."""
        if self._report.failure:
            warnings.warn(f"{self.video_path}: {self._report.failure}", stacklevel=2)
        for index in self._report.damaged:
            warnings.warn(f"Frame {index} of {self.video_path} cannot be read.", stacklevel=2)

    @property
    def name(self) -> str:
        """The file's name without its suffix."""
        return Path(self.video_path).stem

    @property
    def format(self) -> str:
        """The suffix, with its dot."""
        return Path(self.video_path).suffix

    @property
    def directory(self) -> str:
        return str(Path(self.video_path).parent)

    @property
    def metadata(self) -> dict[str, Any]:
        return {"n_frames": len(self), "fps": self.fps, "width": self.width, "height": self.height}

    def get_n_frames(self, robust: bool = False) -> int:
        """Number of frames; with ``robust``, counted again by decoding, damaged ones included."""
        if not robust:
            return len(self)
        if self._report.failure:
            raise VideoError(f"The frames cannot be counted: {self._report.failure}", where=self.video_path)
        return self._report.n_frames

    def calc_duration(self, robust: bool = False) -> float:
        """Seconds: frames over frame rate, or with ``robust`` by the time stamps of the file."""
        return float(self.video.duration_s) if robust else len(self) / self.fps

    def set_to_frame(self, ind: int) -> None:
        """Let `read_frame` go on at frame ``ind``; beyond the end, at the last one."""
        if ind < 0:
            raise InvalidInput(f"Frames count from 0; there is no frame {ind}.", where=self.video_path)
        last = max(len(self) - 1, 0)
        if ind > last:
            warnings.warn(f"Frame {ind} is beyond the end; reading goes on at the last one, {last}.", stacklevel=2)
        self._frames, self._next = None, min(int(ind), last)

    def reset(self) -> None:
        """Go back to the first frame."""
        self._frames, self._next = None, 0

    def read_frame(self, shrink: int = 1, crop: bool = False) -> np.ndarray | None:
        """The next frame, RGB uint8; None at the end.

        ``crop`` cuts out the bounding box; a ``shrink`` above 1 divides both sides by it.
        """
        if self._frames is None:
            self._frames = self.video.frames(self._next)
        frame = next(self._frames, None)
        if frame is None:
            return None
        self._next = frame.index + 1
        image = frame.image
        if image is None:
            warnings.warn(f"Frame {frame.index} of {self.video_path} cannot be read; it is black here.", stacklevel=2)
            image = np.zeros((self.video.height, self.video.width, 3), np.uint8)
        if crop:
            x1, x2, y1, y2 = self.get_bbox()
            image = image[y1:y2, x1:x2]
        if shrink > 1:
            height, width = image.shape[:2]
            size = max(1, int(width // shrink)), max(1, int(height // shrink))
            image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
        return np.ascontiguousarray(image)

    def get_bbox(self, relative: bool = False) -> tuple[float, float, float, float] | tuple[int, int, int, int]:
        """The bounding box ``(x1, x2, y1, y2)`` in pixels, or with ``relative`` as fractions of the frame."""
        width, height = self.video.width, self.video.height
        x1, x2, y1, y2 = self._bbox or (0, width, 0, height)
        return (x1 / width, x2 / width, y1 / height, y2 / height) if relative else (x1, x2, y1, y2)

    def set_bbox(self, x1: float, x2: float, y1: float, y2: float, relative: bool = False) -> None:
        """Set the bounding box; a part outside the frame is cut off with a warning."""
        if x2 <= x1 or y2 <= y1:
            raise InvalidInput(f"A box needs x1 < x2 and y1 < y2, not x {x1} to {x2} and y {y1} to {y2}.")
        width, height = self.video.width, self.video.height
        scale_x, scale_y = (width, height) if relative else (1, 1)
        wanted = [round(x1 * scale_x), round(x2 * scale_x), round(y1 * scale_y), round(y2 * scale_y)]
        inside = [int(np.clip(edge, 0, end)) for edge, end in zip(wanted, (width, width, height, height), strict=True)]
        if inside != wanted:
            warnings.warn(f"The box is larger than the frame ({width}x{height}) and was cut to fit.", stacklevel=2)
        if inside[0] == inside[1] or inside[2] == inside[3]:
            raise InvalidInput(f"The box {tuple(wanted)} lies outside the frame ({width}x{height}).")
        self._bbox = (inside[0], inside[1], inside[2], inside[3])

    @property
    def fps(self) -> float:
        """Frames per second, rounded to two decimals."""
        return self._fps

    @fps.setter
    def fps(self, fps: float) -> None:
        if not fps > 0:
            raise InvalidInput(f"The frame rate must be above 0, not {fps}.")
        self._fps = fps

    @property
    def width(self) -> int:
        """Of the bounding box if one is set, else of the frame."""
        x1, x2, _, _ = self.get_bbox()
        return int(x2 - x1)

    @property
    def height(self) -> int:
        """Of the bounding box if one is set, else of the frame."""
        _, _, y1, y2 = self.get_bbox()
        return int(y2 - y1)

    @property
    def dimensions(self) -> tuple[int, int]:
        return self.width, self.height

    def parse_metadata(self) -> None:
        """Take the number of frames, the size and the rate from the file again."""
        self._n_frames = len(self.video)
        self._width, self._height = self.video.width, self.video.height
        self._fps = round(float(self.video.fps), 2)
        if self._n_frames > _UNBELIEVABLE:
            warnings.warn(f"{self.video_path} claims {self._n_frames:,} frames: hard to believe.", stacklevel=2)

    def close(self) -> None:
        self._frames = None
        self.video.close()

    @cached_property
    def _report(self) -> VideoReport:
        """The outcome of decoding everything, once."""
        return check_video(self.video_path)

    def _announce(self, lines: list[str]) -> None:
        log = Path(self.directory) / f"{self.name}.log"
        try:
            atomic_write_bytes(log, ("\n".join(lines) + "\n").encode("utf-8", "backslashreplace"))
            where = f"see {log}"
        except StorageError as error:
            where = f"the list could not be saved ({error.message}): " + "; ".join(lines)
        warnings.warn(f"{self.video_path} is damaged; {where}", stacklevel=3)


class VideoWriter(VideoReader):
    """Shorter, smaller, turned or cropped versions of a video.

    Each goes to ``<dest_folder or folder of the video><name><suffix><format>``; if that file exists it is kept.
    ``codec`` is replaced by the usual one where the file format cannot hold it.
    """

    def __init__(
        self, video_path: str | os.PathLike[str], codec: str = "h264", dpi: int = 100, fps: float | None = None
    ) -> None:
        super().__init__(video_path)
        self.codec = codec
        self.dpi = dpi
        if fps:
            self.fps = fps

    def shorten(
        self,
        start: str,
        end: str,
        suffix: str = "short",
        dest_folder: str | os.PathLike[str] | None = None,
        validate_inputs: bool = True,
    ) -> str:
        """Keep what lies between two times ``HH:MM:SS`` (fractions of seconds may follow); the new path."""
        start_s, end_s = (_seconds(time, strict=validate_inputs) for time in (start, end))
        duration_s = float(self.video.duration_s)
        if validate_inputs and max(start_s, end_s) > duration_s + 0.5 / self.fps:
            raise InvalidInput(
                f"{self.name}{self.format} lasts {duration_s:.2f} s; {start} to {end} goes beyond its end.",
                where=self.video_path, fix="choose times within the video",
            )  # fmt: skip
        output = self.make_output_path(suffix, dest_folder)
        return str(edit.shorten_video(self.video_path, output, start_s=start_s, stop_s=end_s, codec=self.codec))

    def split(
        self, n_splits: int, suffix: str = "split", dest_folder: str | os.PathLike[str] | None = None
    ) -> list[str]:
        """Cut into ``n_splits`` parts of equal length, every frame in one of them; their paths."""
        if n_splits < 2:
            raise InvalidInput(f"A video is split into at least 2 parts, not {n_splits}.")
        outputs = [self.make_output_path(f"{suffix}{part}", dest_folder) for part in range(1, n_splits + 1)]
        return [str(path) for path in edit.split_video(self.video_path, outputs, codec=self.codec)]

    def crop(self, suffix: str = "crop", dest_folder: str | os.PathLike[str] | None = None) -> str:
        """Keep the bounding box; the new path."""
        x1, x2, y1, y2 = (int(edge) for edge in self.get_bbox())
        output = self.make_output_path(suffix, dest_folder)
        return str(edit.crop_video(self.video_path, output, x1=x1, x2=x2, y1=y1, y2=y2, codec=self.codec))

    def rotate(
        self,
        angle: float,
        rotatecw: str = "Arbitrary",
        suffix: str = "rotated",
        dest_folder: str | os.PathLike[str] | None = None,
    ) -> str:
        """Turn by ``angle`` degrees clockwise on the same canvas, or with ``rotatecw="Yes"`` by 90; the new path."""
        turn = _turn(rotatecw, angle, ROTATIONS[1:])
        output = self.make_output_path(suffix, dest_folder)
        return str(edit.rotate_video(self.video_path, output, turn=turn, codec=self.codec))

    def rescale(
        self,
        width: int,
        height: int = -1,
        rotatecw: str = "No",
        angle: float = 0.0,
        suffix: str = "rescale",
        dest_folder: str | os.PathLike[str] | None = None,
    ) -> str:
        """Scale to ``width`` x ``height`` (-1 keeps the ratio), then turn as `rotate` does; the new path."""
        turn = _turn(rotatecw, angle, ROTATIONS)
        output = self.make_output_path(suffix, dest_folder)
        return str(
            edit.downsample_video(self.video_path, output, width=width, height=height, turn=turn, codec=self.codec)
        )

    @staticmethod
    def write_frame(frame: np.ndarray, where: str | os.PathLike[str]) -> None:
        """Write an RGB frame to an image file."""
        suffix = Path(where).suffix
        if not suffix or not cv2.haveImageWriter(f"x{suffix}"):
            raise InvalidInput(f"No image can be written into a {suffix or 'suffix-less'} file.", where=where)
        image = np.ascontiguousarray(frame)
        if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or not image.size:
            raise InvalidInput(f"A frame is a uint8 array (height, width, 3), not {image.dtype} {image.shape}.")
        _, content = cv2.imencode(suffix, cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
        atomic_write_bytes(where, content.tobytes())

    def make_output_path(self, suffix: str, dest_folder: str | os.PathLike[str] | None) -> str:
        """``<dest_folder or folder of the video>/<name><suffix><format>``."""
        name = f"{self.name}{suffix}{self.format}"
        if Path(name).name != name:
            raise InvalidInput(
                f"{suffix!r} cannot be part of a file name.", fix="give the folder apart from the suffix"
            )
        return os.path.join(dest_folder or self.directory, name)


def _seconds(time: str | float, *, strict: bool) -> float:
    """Seconds of ``HH:MM:SS[.fraction]``; unless ``strict`` also of ``MM:SS`` and plain seconds."""
    match = re.fullmatch(r"(\d+):([0-5]?\d):([0-5]?\d(?:\.\d*)?)", str(time).strip())
    if match is None and not strict:
        match = re.fullmatch(r"()(?:(\d+):)?(\d+(?:\.\d*)?)", str(time).strip())
    if match is None:
        raise InvalidInput(f"A time is written HH:MM:SS, not {time!r}.", fix='for example "00:01:30"')
    hours, minutes, seconds = (Fraction(part or 0) for part in match.groups())
    return float(hours * 3600 + minutes * 60 + seconds)


def _turn(rotatecw: str, angle: float, allowed: tuple[str, ...]) -> edit.Turn:
    """What is to be done about the direction of the picture."""
    if rotatecw not in allowed:
        raise InvalidInput(f"rotatecw must be one of {', '.join(map(repr, allowed))}, not {rotatecw!r}.")
    if rotatecw == "Yes":
        return "quarter"
    return float(angle) if rotatecw == "Arbitrary" else 0.0
