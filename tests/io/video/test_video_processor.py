"""`VideoProcessorCV` reads and writes labelled videos under the names that scripts know."""

import numpy as np
import pytest

from deeplabcut.core import faults
from deeplabcut.core.errors import NoSpace
from deeplabcut.io.video.processor import VideoProcessor, VideoProcessorCV
from tests.io.video import barcode, clips


@pytest.fixture
def path(tmp_path):
    return clips.write(tmp_path / "v.mp4", n=12)


def test_frames_come_as_rgb_and_are_counted(path):
    clip = VideoProcessorCV(fname=str(path))
    frames = []
    while (frame := clip.load_frame()) is not None:
        frames.append(frame)
        assert clip.i == len(frames)
    assert clips.numbers(frames) == list(range(12))
    assert clips.has_right_colours(frames[5])
    assert clip.load_frame() is None and clip.i == 12
    clip.close()


def test_facts_have_their_new_and_their_old_names(path):
    clip = VideoProcessorCV(str(path))
    assert (clip.fname, clip.sname) == (str(path), "")
    assert (clip.height, clip.width, clip.fps, clip.nframes) == (48, 64, 25, 12)
    assert (clip.h, clip.w, clip.FPS, clip.nc, clip.i) == (48, 64, 25, 3, 0)
    assert (clip.sh, clip.sw) == ("", "")
    clip.close()


def test_facts_can_be_set_under_either_name(path):
    clip = VideoProcessorCV(str(path))
    clip.FPS, clip.h, clip.w = 10, 20, 30
    assert (clip.fps, clip.height, clip.width) == (10, 20, 30)
    clip.fps, clip.height, clip.width, clip.nframes, clip.fname, clip.sname = 11, 21, 31, 5, "a", "b"
    assert (clip.FPS, clip.h, clip.w, clip.nframes, clip.fname, clip.sname) == (11, 21, 31, 5, "a", "b")
    clip.close()


def test_what_is_read_can_be_written(path, tmp_path):
    clip = VideoProcessorCV(str(path), sname=str(tmp_path / "out.mp4"), codec="mp4v")
    assert (clip.sh, clip.sw) == (48, 64)
    for _ in range(clip.nframes):
        clip.save_frame(clip.load_frame())
    assert not (tmp_path / "out.mp4").exists()
    clip.close()
    clip.close()
    images = clips.read(tmp_path / "out.mp4")
    assert clips.numbers(images) == list(range(12)) and clips.has_right_colours(images[3])
    assert clips.stream_of(tmp_path / "out.mp4")[::2] == ("mpeg4", 25)


def test_the_output_may_have_its_own_size_and_rate(path, tmp_path):
    clip = VideoProcessorCV(str(path), sname=str(tmp_path / "out.mp4"), fps=5, sh=20, sw=30)
    clip.save_frame(np.zeros((20, 30, 3), np.uint8))
    with pytest.raises(ValueError, match="uint8 array of shape"):
        clip.save_frame(np.zeros((48, 64, 3), np.uint8))
    clip.close()
    assert clips.read(tmp_path / "out.mp4")[0].shape == (20, 30, 3)
    assert clips.stream_of(tmp_path / "out.mp4")[::2] == ("h264", 5)


def test_an_output_needs_no_input(tmp_path):
    clip = VideoProcessorCV(sname=str(tmp_path / "out.avi"), fps=25, sh=48, sw=64)
    assert clip.load_frame() is None
    for number in range(5):
        clip.save_frame(clips.picture(number))
    clip.close()
    assert clips.numbers_in(tmp_path / "out.avi") == list(range(5))


def test_reading_can_be_limited(path):
    clip = VideoProcessorCV(str(path), nframes=3)
    assert clip.nframes == 3
    assert [clip.load_frame() is None for _ in range(4)] == [False, False, False, True]
    clip.close()
    clip = VideoProcessorCV(str(path), nframes=99)
    assert clip.nframes == 12
    clip.close()


def test_a_constructor_that_fails_raises_and_leaves_nothing(path, tmp_path):
    (tmp_path / "text.mp4").write_text("not a video")
    for wrong in ({"fname": "nowhere.mp4"}, {"fname": str(tmp_path / "text.mp4")}):
        with pytest.raises(OSError, match=r"\.mp4"):
            VideoProcessorCV(**wrong)
    for wrong in ({"codec": "nope"}, {"sname": str(tmp_path / "out.xyz")}, {"sname": str(tmp_path / "no" / "out.mp4")}):
        with pytest.raises((ValueError, OSError)):
            VideoProcessorCV(str(path), **{"sname": str(tmp_path / "out.mp4"), **wrong})
    with pytest.raises(ValueError, match="give sw, sh and fps"):
        VideoProcessorCV(sname=str(tmp_path / "out.mp4"))
    assert clips.names_in(tmp_path) == ["text.mp4", "v.mp4"]


def test_saving_without_an_output_is_an_error(path):
    with VideoProcessorCV(str(path)) as clip, pytest.raises(ValueError, match="sname"):
        clip.save_frame(clip.load_frame())


def test_an_error_in_a_with_block_leaves_no_output(path, tmp_path):
    with pytest.raises(RuntimeError), VideoProcessorCV(str(path), sname=str(tmp_path / "out.mp4")) as clip:
        clip.save_frame(clip.load_frame())
        raise RuntimeError
    assert clips.names_in(tmp_path) == ["v.mp4"]


def test_T5_a_full_disk_is_named_and_leaves_no_output(path, tmp_path):
    with faults.injected("enospc:100"):  # noqa: SIM117
        with pytest.raises(NoSpace), VideoProcessorCV(str(path), sname=str(tmp_path / "out.avi")) as clip:
            clip.save_frame(clip.load_frame())
    assert clips.names_in(tmp_path) == ["v.mp4"]
    clip = VideoProcessorCV(str(path), sname=str(tmp_path / "out.avi"))
    clip.save_frame(clip.load_frame())
    with faults.injected("enospc:100"), pytest.raises(NoSpace):
        clip.close()
    assert clips.names_in(tmp_path) == ["v.mp4"]


def test_a_codec_that_does_not_fit_the_container_is_replaced(path, tmp_path):
    with VideoProcessorCV(str(path), sname=str(tmp_path / "out.webm"), codec="mp4v") as clip:
        clip.save_frame(clip.load_frame())
    assert clips.stream_of(tmp_path / "out.webm")[0] == "vp9"


def test_T12_a_damaged_frame_is_black(tmp_path):
    source = clips.write(tmp_path / "v.avi", n=6, codec="mjpeg")
    content = bytearray(source.read_bytes())
    offset, size, _ = barcode.packet_places(source)[2]
    content[offset : offset + size] = bytes(size)
    source.write_bytes(content)
    with VideoProcessorCV(str(source)) as clip:
        assert clips.numbers([clip.load_frame() for _ in range(6)]) == [0, 1, 0, 3, 4, 5]


def test_T17_the_input_is_never_touched(path, tmp_path):
    before = clips.state_of(path)
    with VideoProcessorCV(str(path), sname=str(tmp_path / "out.mp4")) as clip:
        clip.save_frame(clip.load_frame())
    assert clips.state_of(path) == before


def test_the_output_cannot_be_the_input(path):
    before = clips.state_of(path)
    with pytest.raises(ValueError, match="input itself"):
        VideoProcessorCV(str(path), sname=str(path))
    assert clips.state_of(path) == before


def test_the_base_class_is_abstract():
    with pytest.raises(TypeError, match="abstract"):
        VideoProcessor()
    assert VideoProcessor.__abstractmethods__ >= {"get_video", "get_info", "create_video", "save_frame", "close"}
