"""`VideoProcessorCV`: a video to read from and a video to write to, as one object with the old names."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

import numpy as np

from deeplabcut.core.errors import InvalidInput
from deeplabcut.io.video.formats import codec_for
from deeplabcut.io.video.reader import Frame, Video
from deeplabcut.io.video.write import VideoSink

Size = int | Literal[""] | None


class VideoProcessor(ABC):
    """Frames in (``fname``) and frames out (``sname``); how they are read and written is left to subclasses.

    Parameters
    ----------
    nframes : int
        Read at most this many frames; all with -1.
    fps : float, optional
        Frames per second of the output; those of the input without it.
    sh, sw : int, optional
        Height and width of the output; those of the input without them.
    """

    def __init__(
        self,
        fname: str | os.PathLike[str] = "",
        sname: str | os.PathLike[str] = "",
        nframes: int = -1,
        fps: float | None = None,
        codec: str = "X264",
        sh: Size = "",
        sw: Size = "",
    ) -> None:
        self._fname, self._sname = os.fspath(fname), os.fspath(sname)
        self._nframes, self._fps = nframes, fps
        self.codec = codec
        self._height = self._width = self.nc = self.i = 0
        self.sh, self.sw = sh, sw
        self.vid: Any = None
        self.svid: Any = None
        if self._fname:
            self.vid = self.get_video()
            self.get_info()
        if self._sname:
            self.sh, self.sw = self.sh or self._height, self.sw or self._width
            try:
                self.svid = self.create_video()
            except BaseException:
                self.close()
                raise

    def load_frame(self) -> np.ndarray | None:
        """The next frame, RGB; None at the end. ``i`` counts them."""
        if self.i >= self._nframes >= 0:
            return None
        frame = self._read_frame()
        if frame is not None:
            self.i += 1
        return frame

    @property
    def fname(self) -> str:
        return self._fname

    @fname.setter
    def fname(self, value: str) -> None:
        self._fname = value

    @property
    def sname(self) -> str:
        return self._sname

    @sname.setter
    def sname(self, value: str) -> None:
        self._sname = value

    @property
    def height(self) -> int:
        return self._height

    @height.setter
    def height(self, value: int) -> None:
        self._height = value

    @property
    def width(self) -> int:
        return self._width

    @width.setter
    def width(self, value: int) -> None:
        self._width = value

    @property
    def fps(self) -> float | None:
        return self._fps

    @fps.setter
    def fps(self, value: float) -> None:
        self._fps = value

    @property
    def nframes(self) -> int:
        return self._nframes

    @nframes.setter
    def nframes(self, value: int) -> None:
        self._nframes = value

    # The names that scripts used before.
    FPS, h, w = fps, height, width

    @abstractmethod
    def get_video(self) -> Any:
        """Open the input."""

    @abstractmethod
    def get_info(self) -> None:
        """Take size, rate and number of frames from the input."""

    @abstractmethod
    def create_video(self) -> Any:
        """Open the output."""

    @abstractmethod
    def _read_frame(self) -> np.ndarray | None:
        """The next frame of the input, RGB; None at the end."""

    @abstractmethod
    def save_frame(self, frame: np.ndarray) -> None:
        """Append an RGB frame to the output."""

    @abstractmethod
    def close(self) -> None:
        """Let go of the input and complete the output."""


class VideoProcessorCV(VideoProcessor):
    """`VideoProcessor` with the readers and writers of this package.

    The output appears under its name with `close`, which a `with` block calls. A frame that cannot be decoded
    comes as a black picture.
    """

    def __enter__(self) -> VideoProcessorCV:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.svid is not None:
            self.svid.__exit__(kind, error, trace)
        self.close()

    def get_video(self) -> Video:
        return Video(self._fname)

    def get_info(self) -> None:
        self._width, self._height, self.nc = self.vid.width, self.vid.height, 3
        self._fps = self._fps or float(self.vid.fps)
        self._nframes = self.vid.n_frames if self._nframes < 0 else min(self._nframes, self.vid.n_frames)
        self._frames: Iterator[Frame] = self.vid.frames()

    def create_video(self) -> VideoSink:
        if not (self.sw and self.sh and self._fps):
            raise InvalidInput(
                f"The size and rate of {Path(self._sname).name} are not known: there is no input to take them from.",
                where=self._sname, fix="give sw, sh and fps, or an input video (fname)",
            )  # fmt: skip
        target = Path(self._sname)
        if self._fname and target.exists() and target.samefile(self._fname):
            raise InvalidInput("The output would replace the input itself.", where=self._sname, fix="give another name")
        codec = codec_for(self._sname, self.codec)
        return VideoSink(self._sname, size=(int(self.sw), int(self.sh)), fps=self._fps, codec=codec).open()

    def _read_frame(self) -> np.ndarray | None:
        frame = None if self.vid is None else next(self._frames, None)
        if frame is None:
            return None
        if frame.image is None:
            return np.zeros((self._height, self._width, 3), np.uint8)
        return frame.image

    def save_frame(self, frame: np.ndarray) -> None:
        if self.svid is None:
            raise InvalidInput("There is no video to write to.", fix="give its path as sname")
        self.svid.add(frame)

    def close(self) -> None:
        if self.vid is not None:
            self.vid.close()
        if self.svid is not None:
            self.svid.close()
