"""Which colours the numbers of a decoded picture stand for, and pictures brought into other numbers for them."""

from __future__ import annotations

from av.video.format import VideoFormat
from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation, VideoReformatter

BT601 = 6  # as files spell it; readers that ignore the tag of a file assume this matrix
LIMITED_RANGE, FULL_RANGE = 1, 2  # of the brightness values, as libav numbers them
_SCALER = Interpolation.BICUBIC
if hasattr(Interpolation, "ACCURATE_RND"):  # option flags came with PyAV 18, which has left Python 3.10
    _SCALER |= Interpolation.ACCURATE_RND

Colours = tuple[int, int]  # matrix and range


def natural_colours(picture: VideoFrame) -> Colours:
    """The colours in which a picture is best stored: its own, or for RGB and grey those that everybody reads."""
    if picture.format.is_rgb or len(picture.format.components) < 3:
        return BT601, LIMITED_RANGE
    return picture.colorspace, _range(picture)


class Recolour:
    """Brings pictures into one pixel format, one kind of colours and one size; those that fit pass untouched."""

    def __init__(self, pixel_format: str, colours: Colours, size: tuple[int, int]) -> None:
        self.pixel_format = pixel_format
        self.width, self.height = size
        self.matrix, self.range = colours
        self._is_rgb = VideoFormat(pixel_format).is_rgb
        self._reformatter = VideoReformatter()

    def __call__(self, picture: VideoFrame) -> VideoFrame:
        is_yuv = not picture.format.is_rgb and len(picture.format.components) >= 3
        is_alike = (picture.format.name, picture.width, picture.height) == (self.pixel_format, self.width, self.height)
        if is_alike and (self._is_rgb or natural_colours(picture) == (self.matrix, self.range)):
            return picture
        result = self._reformatter.reformat(
            picture,
            self.width,
            self.height,
            format=self.pixel_format,
            interpolation=_SCALER,
            src_colorspace=_scaler_matrix(picture.colorspace) if is_yuv else None,
            src_color_range=_range(picture) if is_yuv else None,
            dst_colorspace=None if self._is_rgb else _scaler_matrix(self.matrix),
            dst_color_range=None if self._is_rgb else self.range,
            threads=1,
        )
        if not self._is_rgb:
            result.colorspace, result.color_range = self.matrix, self.range
        return result


def _scaler_matrix(matrix: int) -> int:
    """The number of a matrix in the scaler of libav, which spells BT.601 in one of the two ways of files."""
    return 5 if matrix == BT601 else matrix


def _range(picture: VideoFrame) -> int:
    is_full = picture.color_range == FULL_RANGE or picture.format.name.startswith("yuvj")
    return FULL_RANGE if is_full else LIMITED_RANGE


def has_whole_colour(pixel_format: str) -> bool:
    """Whether every pixel has a colour of its own, rather than sharing it with its neighbours."""
    kind = VideoFormat(pixel_format)
    return len(kind.components) >= 3 and (kind.chroma_width(16), kind.chroma_height(16)) == (16, 16)
