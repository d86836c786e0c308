"""Image files: frames written as PNG, any image read as RGB, and its size from the header alone."""

from __future__ import annotations

import os
import struct
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from deeplabcut.core.errors import DamagedFile, InvalidInput
from deeplabcut.core.files import atomic_write_bytes, open_to_read

Image = NDArray[np.uint8]
Shape = tuple[int, int, int]
PathLike = str | os.PathLike[str]

_PNG, _TIFF = b"\x89PNG\r\n\x1a\n", {b"II*\0": "<", b"MM\0*": ">"}
_PNG_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # by colour type; an image with a palette holds one number per pixel
_NO_SIZE = (0xC4, 0xC8, 0xCC)  # JPEG markers in the range of those that begin a frame, which do not
_TIFF_TAGS = {256: "width", 257: "height", 277: "channels"}


def write_png(path: PathLike, image: Image) -> None:
    """Write an RGB uint8 image ``(height, width, 3)``, whole or not at all."""
    atomic_write_bytes(path, png_bytes(image))


def png_bytes(image: Image, *, with_alpha: bool = False) -> bytes:
    """The content of the PNG file of an RGB uint8 image ``(height, width, 3)``, opaque alpha channel on request."""
    import cv2

    image = np.asarray(image)
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or not image.size:
        raise InvalidInput(f"An image is a uint8 array (height, width, 3), not {image.dtype} {image.shape}.")
    order = cv2.COLOR_RGB2BGRA if with_alpha else cv2.COLOR_RGB2BGR
    _, content = cv2.imencode(".png", cv2.cvtColor(np.ascontiguousarray(image), order))
    return bytes(content)


def read_image(path: PathLike) -> Image:
    """An image file as RGB uint8 ``(height, width, 3)``.

    Deeper images are scaled to 8 bits, grey ones repeated, transparent ones put on white. An orientation that a
    camera noted in the file is not applied: labels belong to the pixels as stored.
    """
    import cv2

    image = _as_uint8(_decoded(Path(path)))
    if image.ndim == 2:
        return np.repeat(image[..., None], 3, axis=-1)
    if image.shape[2] == 4:
        alpha = image[..., 3:].astype(np.float32) / 255
        image = np.rint(image[..., :3] * alpha + 255 * (1 - alpha)).astype(np.uint8)
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), np.uint8)


def image_shape(path: PathLike) -> Shape:
    """``(channels, height, width)`` of an image file as stored; only the header is read where the format is known."""
    path = Path(path)
    with open_to_read(path) as file:
        try:
            shape = _shape_in_header(file)
        except (struct.error, KeyError, IndexError) as error:
            raise _damaged(path) from error
    if shape is None:
        image = _decoded(path)
        shape = (1 if image.ndim == 2 else image.shape[2], *image.shape[:2])
    if min(shape) < 1:
        raise _damaged(path)
    return shape


read_image_shape_fast = image_shape


def _shape_in_header(file: BinaryIO) -> Shape | None:
    """What the header says; None for formats that are not known here."""
    start = file.read(34)
    if start.startswith(_PNG) and start[12:16] == b"IHDR":
        width, height, _, colour_type = struct.unpack_from(">IIBB", start, 16)
        return _PNG_CHANNELS[colour_type], height, width
    if start.startswith(b"\xff\xd8\xff"):
        return _shape_of_jpeg(file)
    if start.startswith(b"BM") and struct.unpack_from("<I", start, 14)[0] >= 40:
        width, height, _, bits = struct.unpack_from("<iiHH", start, 18)
        return {24: 3, 32: 4}.get(bits, 1), abs(height), width
    if start[:4] in _TIFF:
        return _shape_of_tiff(file, _TIFF[start[:4]])
    return None


def _shape_of_jpeg(file: BinaryIO) -> Shape:
    file.seek(2)
    while True:
        marker, kind = file.read(1)[0], file.read(1)[0]
        while kind == 0xFF:  # fill bytes
            kind = file.read(1)[0]
        (length,) = struct.unpack(">H", file.read(2))
        if marker != 0xFF or length < 2 or kind == 0xDA:  # pixels before any size
            raise IndexError
        if 0xC0 <= kind <= 0xCF and kind not in _NO_SIZE:
            _, height, width, channels = struct.unpack(">BHHB", file.read(6))
            return channels, height, width
        file.seek(length - 2, os.SEEK_CUR)


def _shape_of_tiff(file: BinaryIO, order: str) -> Shape:
    file.seek(4)
    file.seek(struct.unpack(f"{order}I", file.read(4))[0])
    (n_tags,) = struct.unpack(f"{order}H", file.read(2))
    found = {"channels": 1}
    for _ in range(n_tags):
        entry = file.read(12)
        tag, kind = struct.unpack_from(f"{order}HH", entry)
        if tag in _TIFF_TAGS:
            (found[_TIFF_TAGS[tag]],) = struct.unpack_from(f"{order}{'H' if kind == 3 else 'I'}", entry, 8)
    return found["channels"], found["height"], found["width"]


def _decoded(path: Path) -> NDArray[Any]:
    """The pixels as stored, blue first."""
    import cv2

    with open_to_read(path) as file:
        content = np.frombuffer(file.read(), np.uint8)
    try:
        image = cv2.imdecode(content, cv2.IMREAD_UNCHANGED) if content.size else None
    except cv2.error as error:  # for example more pixels than it is willing to decode
        raise _damaged(path) from error
    if image is None:
        raise _damaged(path)
    return np.asarray(image)


def _damaged(path: Path) -> DamagedFile:
    problem = "is empty" if path.stat().st_size == 0 else "is damaged, or not an image"
    return DamagedFile(f"{path.name} {problem}.", where=path, fix="extract the frame again, or restore the file")


def _as_uint8(image: NDArray[Any]) -> NDArray[Any]:
    """Values of any image file on the scale 0 to 255."""
    if image.dtype == np.uint8:
        return image
    if image.dtype == np.uint16:
        return (image >> 8).astype(np.uint8)
    return np.clip(np.rint(image.astype(np.float64) * 255), 0, 255).astype(np.uint8)
