"""Images come as RGB whatever the file, their size from the header, and PNG files are whole or absent."""

import struct
from contextlib import suppress
from unittest import mock

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deeplabcut.core import faults
from deeplabcut.core.errors import DamagedFile, InvalidInput, Missing, StorageError
from deeplabcut.io import images
from deeplabcut.io.images import image_shape, read_image, read_image_shape_fast, write_png

ODD_NAMES = ["鼠 é.png", "a;b $(touch marker) 'x'.png", "%d\N{MOUSE}.png", "-n.png", "x" * 251 + ".png"]


def picture(height=12, width=17):
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)


@pytest.mark.parametrize("name", ODD_NAMES)
def test_T21_a_frame_comes_back_as_it_was_under_any_name(tmp_path, name):
    write_png(tmp_path / name, picture())
    assert np.array_equal(read_image(tmp_path / name), picture())
    assert image_shape(tmp_path / name) == (3, 12, 17)
    assert [entry.name for entry in tmp_path.iterdir()] == [name]


def test_red_is_first(tmp_path):
    write_png(tmp_path / "a.png", np.full((2, 2, 3), (250, 20, 3), np.uint8))
    assert read_image(tmp_path / "a.png")[0, 0].tolist() == [250, 20, 3]
    assert cv2.imread(str(tmp_path / "a.png"))[0, 0].tolist() == [3, 20, 250]


def test_a_view_of_an_array_can_be_written(tmp_path):
    write_png(tmp_path / "a.png", picture()[2:9, ::-1])
    assert np.array_equal(read_image(tmp_path / "a.png"), picture()[2:9, ::-1])


@pytest.mark.parametrize("wrong", [np.zeros((4, 4)), np.zeros((4, 4), np.uint8), np.zeros((0, 4, 3), np.uint8)])
def test_only_pictures_are_written(tmp_path, wrong):
    with pytest.raises(InvalidInput, match="uint8 array"):
        write_png(tmp_path / "a.png", wrong)
    assert not list(tmp_path.iterdir())


def test_T5_a_full_disk_leaves_no_part_of_an_image(tmp_path):
    write_png(tmp_path / "a.png", picture())
    with faults.injected("enospc:100"), pytest.raises(StorageError):
        write_png(tmp_path / "a.png", picture(100, 100))
    assert np.array_equal(read_image(tmp_path / "a.png"), picture())
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.png"]


def stored(path, image, *options):
    ok, content = cv2.imencode(path.suffix, image, list(options))
    assert ok
    path.write_bytes(content.tobytes())
    return path


def test_grey_images_are_repeated(tmp_path):
    grey = picture()[..., 0]
    image = read_image(stored(tmp_path / "a.png", grey))
    assert image.shape == (12, 17, 3) and (image == grey[..., None]).all()


def test_deep_images_are_scaled(tmp_path):
    deep = np.array([[[0, 32768, 65535]]], np.uint16)  # blue, green, red
    assert read_image(stored(tmp_path / "a.png", deep)).tolist() == [[[255, 128, 0]]]


def test_transparent_images_lie_on_white(tmp_path):
    image = np.array([[[10, 20, 30, 255], [10, 20, 30, 0], [0, 0, 0, 128]]], np.uint8)
    assert read_image(stored(tmp_path / "a.png", image)).tolist() == [[[30, 20, 10], [255] * 3, [127] * 3]]


FORMATS = [".png", ".jpg", ".bmp", ".tiff", ".webp"]


@pytest.mark.parametrize("suffix", FORMATS)
@given(height=st.integers(1, 40), width=st.integers(1, 40), grey=st.booleans())
def test_the_size_is_that_of_the_picture(tmp_path_factory, suffix, height, width, grey):
    image = picture(height, width)[..., 0] if grey and suffix != ".webp" else picture(height, width)
    path = stored(tmp_path_factory.mktemp("images") / f"a{suffix}", image)
    channels, *size = image_shape(path)
    assert size == [height, width] == list(read_image(path).shape[:2])
    assert channels == (3 if image.ndim == 3 else 1)


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".bmp", ".tiff"])
def test_only_the_header_is_read_for_the_size(tmp_path, suffix):
    path = stored(tmp_path / f"a{suffix}", picture(30, 40))
    with mock.patch.object(images, "_decoded", side_effect=AssertionError("decoded")):
        assert read_image_shape_fast(str(path)) == (3, 30, 40)
    if suffix == ".png":
        path.write_bytes(path.read_bytes()[:34])
        assert image_shape(path) == (3, 30, 40)


def test_the_size_of_a_jpeg_is_found_behind_what_cameras_write_before_it(tmp_path):
    path = stored(tmp_path / "a.jpg", picture(30, 40), cv2.IMWRITE_JPEG_PROGRESSIVE, 1)
    content = path.read_bytes()
    notes = b"\xff\xe1" + struct.pack(">H", 60_000) + b"\xff\xc0" * 29_999 + b"\xff"  # holds what looks like a size
    path.write_bytes(content[:2] + notes + content[2:])
    assert image_shape(path) == (3, 30, 40)


def test_transparent_images_have_four_channels(tmp_path):
    assert image_shape(stored(tmp_path / "a.png", np.zeros((3, 5, 4), np.uint8))) == (4, 3, 5)


@pytest.mark.parametrize("read", [read_image, image_shape])
@pytest.mark.parametrize(
    "content", [b"", b"hello", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0\0", b"II*\0\x08\0\0\0\xff\xff", b"BM"]
)
def test_what_is_no_image_is_named(tmp_path, read, content):
    path = tmp_path / "img03.png"
    path.write_bytes(content)
    with pytest.raises(DamagedFile, match=r"img03\.png is (empty|damaged, or not an image)") as caught:
        read(path)
    assert caught.value.where == str(path)


@pytest.mark.parametrize("read", [read_image, image_shape])
def test_what_is_not_there_is_named(tmp_path, read):
    with pytest.raises(Missing, match=r"img03\.png"):
        read(tmp_path / "img03.png")


@given(
    st.binary(max_size=80),
    st.sampled_from([b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", b"\xff\xd8\xff", b"II*\0", b"MM\0*", b"BM"]),
)
def test_a_garbled_header_is_an_error_of_ours_or_a_size(tmp_path_factory, rest, start):
    path = tmp_path_factory.mktemp("garbled") / "a.png"
    path.write_bytes(start + rest)
    with suppress(DamagedFile):
        assert min(image_shape(path)) >= 1
