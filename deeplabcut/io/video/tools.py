"""The video tools that users call by name: shorten, crop, downsample, rotate, check; images and boxes."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import cv2
import numpy as np

from deeplabcut.core.errors import InvalidInput, Missing, VideoError
from deeplabcut.io.video.classic import VideoReader, VideoWriter
from deeplabcut.io.video.reader import Video

if TYPE_CHECKING:
    from matplotlib.backend_bases import Event

PathLike = str | os.PathLike[str]


@dataclass(frozen=True)
class VideoSummary:
    """What there is to know of a video before work begins; the number of frames is the true one."""

    name: str
    size: str
    frames: int
    fps: float
    seconds: float
    codec: str
    variable_rate: bool
    notes: tuple[str, ...]


def video_info(vname: PathLike) -> VideoSummary:
    """Size, true number of frames, rate and codec of a video, and where its header is wrong.

    Parameters
    ----------
    vname : path
        The video; it is indexed, not decoded.
    """
    with Video(vname) as video:
        facts = video.facts
        turned = (f"turned by {facts.rotation} degrees, as the file asks",) if facts.rotation else ()
        return VideoSummary(
            name=video.path.name,
            size=f"{video.width}x{video.height}",
            frames=video.n_frames,
            fps=round(video.fps, 3),
            seconds=round(video.duration_s, 3),
            codec=f"{facts.codec}, {facts.pixel_format}",
            variable_rate=facts.is_variable_rate,
            notes=facts.warnings + turned,
        )


def check_video_integrity(video_path: PathLike) -> None:
    """Decode the whole video; errors are announced and listed in ``<name>.log`` beside it.

    Parameters
    ----------
    video_path : path
        The video; it is not changed.
    """
    with VideoReader(video_path) as video:
        video.check_integrity()
        video.check_integrity_robust()


def shorten_video(
    vname: PathLike,
    start: str = "00:00:01",
    stop: str = "00:01:00",
    outsuffix: str = "short",
    outpath: PathLike | None = None,
) -> str:
    """Keep what lies between two times; the path of the new video.

    Parameters
    ----------
    vname : path
        The video; it is not changed.
    start : str
        Time of the first frame, HH:MM:SS; fractions as in 00:00:01.5.
    stop : str
        Time of the first frame that is left out.
    outsuffix : str
        Put after the name of the video.
    outpath : path
        Folder of the new video; by default that of the old one.

    Examples
    --------
    >>> deeplabcut.ShortenVideo("m4s1.mp4", start="00:00:10", stop="00:00:20")  # doctest: +SKIP
    'm4s1short.mp4'
    """
    with VideoWriter(vname) as video:
        return video.shorten(start, stop, outsuffix, outpath)


def split_video(
    vname: PathLike, n_splits: int = 2, outsuffix: str = "split", outpath: PathLike | None = None
) -> list[str]:
    """Cut a video into parts of equal length; the paths of the new videos.

    Parameters
    ----------
    vname : path
        The video; it is not changed.
    n_splits : int
        How many parts; their numbers follow the suffix: split1, split2, ...
    outsuffix : str
        Put after the name of the video.
    outpath : path
        Folder of the new videos; by default that of the old one.
    """
    with VideoWriter(vname) as video:
        return video.split(n_splits, outsuffix, outpath)


def crop_video(
    vname: PathLike,
    width: int = 256,
    height: int = 256,
    origin_x: int = 0,
    origin_y: int = 0,
    outsuffix: str = "cropped",
    outpath: PathLike | None = None,
    useGUI: bool = False,  # noqa: N803
) -> str:
    """Keep a rectangle of the picture; the path of the new video.

    Parameters
    ----------
    vname : path
        The video; it is not changed.
    width : int
        Width of the rectangle in pixels.
    height : int
        Height of the rectangle in pixels.
    origin_x : int
        Column of its left edge.
    origin_y : int
        Row of its upper edge.
    outsuffix : str
        Put after the name of the video.
    outpath : path
        Folder of the new video; by default that of the old one.
    useGUI : bool
        Draw the rectangle with the mouse instead.
    """
    with VideoWriter(vname) as video:
        if useGUI:
            x1, y1, x2, y2 = draw_bbox(vname)
            video.set_bbox(x1, x2, y1, y2)
        else:
            video.set_bbox(origin_x, origin_x + width, origin_y, origin_y + height)
        return video.crop(outsuffix, outpath)


def downsample_video(
    vname: PathLike,
    width: int = -1,
    height: int = 200,
    outsuffix: str = "downsampled",
    outpath: PathLike | None = None,
    rotatecw: str = "No",
    angle: float = 0.0,
) -> str:
    """Scale the picture, and turn it if asked to; the path of the new video.

    Parameters
    ----------
    vname : path
        The video; it is not changed.
    width : int
        New width in pixels; -1 keeps the ratio.
    height : int
        New height in pixels; -1 keeps the ratio.
    outsuffix : str
        Put after the name of the video.
    outpath : path
        Folder of the new video; by default that of the old one.
    rotatecw : str
        No, Yes (by 90 degrees clockwise) or Arbitrary (by the angle).
    angle : float
        Degrees clockwise, with rotatecw Arbitrary.
    """
    with VideoWriter(vname) as video:
        return video.rescale(width, height, rotatecw, angle, outsuffix, outpath)


def rotate_video(
    vname: PathLike,
    angle: float,
    rotatecw: str = "Arbitrary",
    outsuffix: str = "rotated",
    outpath: PathLike | None = None,
) -> str:
    """Turn the picture; the path of the new video.

    Parameters
    ----------
    vname : path
        The video; it is not changed.
    angle : float
        Degrees clockwise; the size of the picture stays.
    rotatecw : str
        Arbitrary (by the angle) or Yes (by 90 degrees clockwise, whatever the angle).
    outsuffix : str
        Put after the name of the video.
    outpath : path
        Folder of the new video; by default that of the old one.
    """
    with VideoWriter(vname) as video:
        return video.rotate(angle, rotatecw, outsuffix, outpath)


def imread(image_path: PathLike, mode: str = "skimage") -> np.ndarray:
    """An image file as RGB uint8 ``(height, width, 3)``.

    Grey images and transparent ones (on white) are converted; ``mode="cv2"`` saves the time for that and
    expects three channels.
    """
    if mode not in ("skimage", "cv2"):
        raise InvalidInput(f'mode must be "skimage" or "cv2", not {mode!r}.')
    try:
        with open(image_path, "rb") as file:
            content = np.frombuffer(file.read(), np.uint8)
    except FileNotFoundError as error:
        raise Missing("There is no such image.", where=image_path) from error
    image = cv2.imdecode(content, cv2.IMREAD_UNCHANGED) if content.size else None
    if image is None:
        raise VideoError(
            "This is not an image that can be read.", where=image_path, fix="check that it opens elsewhere"
        )
    if mode == "cv2":
        if image.ndim != 3 or image.shape[2] != 3:
            raise InvalidInput('mode="cv2" expects an image with three channels.', where=image_path,
                               fix='use mode="skimage"')  # fmt: skip
        return np.ascontiguousarray(image[..., ::-1])
    image = _as_uint8(image)
    if image.ndim == 2:
        return np.repeat(image[..., None], 3, axis=-1)
    if image.shape[2] == 4:
        alpha = image[..., 3:] / 255
        image = np.rint(image[..., :3] * alpha + 255 * (1 - alpha)).astype(np.uint8)
    return np.ascontiguousarray(image[..., ::-1])


def imresize(img: np.ndarray, size: float = 1.0, interpolationmethod: int = cv2.INTER_AREA) -> np.ndarray:
    """``img`` with both sides multiplied by ``size``."""
    if size == 1.0:
        return img
    height, width = img.shape[:2]
    new = max(1, int(width * size)), max(1, int(height * size))
    return cast("np.ndarray", cv2.resize(img, new, interpolation=interpolationmethod))


def draw_bbox(video: PathLike) -> list[int]:
    """Let the user draw a rectangle on the first frame; ``[x1, y1, x2, y2]``, the whole frame if none was drawn."""
    import matplotlib.pyplot as plt
    from matplotlib.widgets import Button, RectangleSelector

    with VideoReader(video) as reader:
        image = reader.read_frame()
    if image is None:
        raise VideoError("The video has no frame to draw on.", where=video)
    height, width = image.shape[:2]
    box = [0, 0, width, height]
    without = "give width, height, origin_x and origin_y instead of useGUI=True"
    try:
        figure, axes = plt.subplots()
    except (ImportError, RuntimeError) as error:  # a window system was asked for that is not there
        raise VideoError("A box cannot be drawn here, because there is no display.", fix=without) from error
    try:
        if not _is_interactive(figure.canvas):
            raise VideoError("A box cannot be drawn here, because there is no display.", fix=without)
        axes.imshow(image)
        help_text = axes.set_title("")

        def select(press: Any, release: Any) -> None:
            box[:] = _pixel_box(press, release, width, height)

        def finish(_: Event) -> None:
            figure.canvas.stop_event_loop()

        def explain(_: Event) -> None:
            help_text.set_text("Drag a rectangle; move its corners or its centre; then click Crop.")
            figure.canvas.draw_idle()

        selector = RectangleSelector(axes, select, useblit=False, button=[1], minspanx=5, minspany=5, interactive=True)  # type: ignore[list-item]
        crop_button = Button(figure.add_axes((0.81, 0.02, 0.1, 0.06)), "Crop")
        help_button = Button(figure.add_axes((0.69, 0.02, 0.1, 0.06)), "Help")
        crop_button.on_clicked(finish)
        help_button.on_clicked(explain)
        figure.canvas.mpl_connect("close_event", finish)
        figure.show()
        figure.canvas.start_event_loop()
        selector.set_active(False)
    finally:
        plt.close(figure)
    return box


def _as_uint8(image: np.ndarray) -> np.ndarray:
    """Values of any image file on the scale 0 to 255."""
    if image.dtype == np.uint8:
        return image
    if image.dtype == np.uint16:
        return (image >> 8).astype(np.uint8)
    scaled: np.ndarray = np.clip(np.rint(image.astype(float) * 255), 0, 255)
    return scaled.astype(np.uint8)


def _is_interactive(canvas: Any) -> bool:
    """Whether a person can see the figure and use the mouse on it while the program waits."""
    return getattr(canvas, "required_interactive_framework", None) is not None


def _pixel_box(press: Any, release: Any, width: int, height: int) -> list[int]:
    (x1, x2), (y1, y2) = sorted((press.xdata, release.xdata)), sorted((press.ydata, release.ydata))
    return [
        int(np.clip(edge, 0, end))
        for edge, end in ((round(x1), width), (round(y1), height), (round(x2), width), (round(y2), height))
    ]
