"""A written video is whole or absent, and reads back in the size, with the colours and at the times asked for."""

import errno
import logging
import os
import signal
import subprocess
import sys
from fractions import Fraction

import av
import numpy as np
import pytest

from deeplabcut.core import faults
from deeplabcut.core.errors import InvalidInput, NoSpace, StorageError, VideoError
from deeplabcut.core.scratch import is_scratch
from deeplabcut.io.video.formats import CODECS, CONTAINERS, codec_for, codec_named
from deeplabcut.io.video.write import VideoSink, encoder_threads
from tests.io.video.clips import SIZE, has_right_colours, names_in, numbers, picture, read, stream_of, times_of, write

EVERY_PAIR = [(suffix, codec) for suffix, container in CONTAINERS.items() for codec in container.codecs]


@pytest.mark.parametrize(("suffix", "codec"), EVERY_PAIR)
@pytest.mark.parametrize("size", [(64, 48), (63, 47)], ids=["even", "odd"])
def test_every_codec_in_every_container_gives_back_frames_size_and_colours(tmp_path, suffix, codec, size):
    images = read(write(tmp_path / f"v{suffix}", codec=codec, size=size))
    assert numbers(images) == list(range(10))
    assert all(has_right_colours(image, size) for image in images)


@pytest.mark.parametrize("size", [(1, 1), (2, 2), (16, 2), (1, 33), (333, 5)])
def test_very_small_sizes_work(tmp_path, size):
    images = read(write(tmp_path / "v.mp4", size=size))
    assert [image.shape for image in images] == [(size[1], size[0], 3)] * 10


def test_ffv1_loses_nothing(tmp_path):
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (5, 37, 51, 3), dtype=np.uint8)
    with VideoSink(tmp_path / "v.mkv", size=(51, 37), fps=10, codec="ffv1") as sink:
        for image in images:
            sink.add(image)
    np.testing.assert_array_equal(read(tmp_path / "v.mkv"), images)


@pytest.mark.parametrize("codec", list(CODECS))
def test_grey_images_come_back_as_the_same_grey(tmp_path, codec):
    levels = [0, 5, 100, 250, 255]
    with VideoSink(tmp_path / "v.mkv", size=SIZE, fps=10, codec=codec) as sink:
        for level in levels:
            sink.add(np.full(SIZE[::-1], level, np.uint8))
    for image, level in zip(read(tmp_path / "v.mkv"), levels, strict=True):
        assert abs(image.astype(int) - level).max() <= 3


@pytest.mark.parametrize(
    ("fps", "exact"),
    [(30, Fraction(30)), (29.97, Fraction(2997, 100)), (30000 / 1001, Fraction(30000, 1001)), (0.5, Fraction(1, 2)),
     (Fraction(24000, 1001), Fraction(24000, 1001)), (12.5, Fraction(25, 2)), (500, Fraction(500))],
)  # fmt: skip
@pytest.mark.parametrize("codec", ["h264", "mp4v", "mjpeg"])
def test_the_frame_rate_is_exact(tmp_path, fps, exact, codec):
    path = write(tmp_path / "v.mp4", fps=fps, codec=codec)
    assert stream_of(path)[2] == exact
    np.testing.assert_allclose(np.diff(times_of(path)), float(1 / exact), rtol=1e-6)


def test_a_rate_that_the_codec_cannot_say_exactly_is_close(tmp_path):
    path = write(tmp_path / "v.mp4", fps=Fraction(240_000, 1001), codec="mp4v")
    np.testing.assert_allclose(np.diff(times_of(path)), 1001 / 240_000, rtol=2e-2)
    assert times_of(path)[-1] == pytest.approx(9 * 1001 / 240_000, rel=1e-4)


@pytest.mark.parametrize(
    ("suffix", "codec"),
    [(".mp4", "h264"), (".mp4", "mp4v"), (".mp4", "mjpeg"), (".mp4", "vp9"), (".mov", "h264"), (".mkv", "h264"),
     (".mkv", "ffv1"), (".ts", "h264"), (".flv", "h264"), (".webm", "vp9")],
)  # fmt: skip
def test_frames_keep_the_times_they_were_given(tmp_path, suffix, codec):
    times_s = [0.0, 0.04, 0.05, 0.2, 0.24, 1.9]
    with VideoSink(tmp_path / f"v{suffix}", size=SIZE, fps=25, codec=codec) as sink:
        for number, time_s in enumerate(times_s):
            sink.add(picture(number), time_s=time_s)
    found = np.array(times_of(tmp_path / f"v{suffix}"))
    np.testing.assert_allclose(found - found[0], times_s, atol=0.0006)
    assert numbers(read(tmp_path / f"v{suffix}")) == list(range(6))


def test_a_container_without_time_stamps_spaces_frames_evenly_and_says_so(tmp_path, caplog):
    with caplog.at_level(logging.WARNING), VideoSink(tmp_path / "v.avi", size=SIZE, fps=25) as sink:
        for number, time_s in enumerate([0.0, 0.3, 0.31, 2.0]):
            sink.add(picture(number), time_s=time_s)
    assert numbers(read(tmp_path / "v.avi")) == [0, 1, 2, 3]
    np.testing.assert_allclose(np.diff(times_of(tmp_path / "v.avi")), 0.04)
    assert "no time stamps" in caplog.text


def test_times_must_increase_and_be_given_for_all_frames_or_none(tmp_path):
    with pytest.raises(InvalidInput, match="must increase"), VideoSink(tmp_path / "v.mp4", size=SIZE, fps=25) as sink:
        for time_s in (0.0, 0.5, 0.5):
            sink.add(picture(0), time_s=time_s)
    with pytest.raises(InvalidInput, match="Either every frame"), VideoSink(tmp_path / "v.mp4", size=SIZE, fps=25) as s:
        s.add(picture(0))
        s.add(picture(1), time_s=1.0)
    assert names_in(tmp_path) == []


@pytest.mark.parametrize(
    ("spelling", "codec"),
    [("X264", "h264"), ("avc1", "h264"), ("h264", "h264"), ("mp4v", "mp4v"), ("XVID", "mp4v"), ("MJPG", "mjpeg"),
     ("vp09", "vp9"), ("FFV1", "ffv1")],
)  # fmt: skip
def test_fourcc_spellings_are_known(spelling, codec):
    assert codec_named(spelling) == codec


def test_an_unknown_codec_is_answered_with_the_known_ones():
    with pytest.raises(ValueError, match=r"no video codec 'h265x'(.|\n)*h264.*mp4v.*mjpeg.*vp9.*ffv1"):
        codec_named("h265x")


def test_an_unknown_container_is_answered_with_the_known_ones(tmp_path):
    with pytest.raises(ValueError, match=r"\.mp4.*\.avi"):
        VideoSink(tmp_path / "v.xyz", size=SIZE, fps=25)


def test_a_codec_that_does_not_fit_is_refused_or_replaced(tmp_path):
    with pytest.raises(ValueError, match="cannot hold the codec vp9"):
        VideoSink(tmp_path / "v.mov", size=SIZE, fps=25, codec="vp9")
    assert codec_for("v.webm", "h264") == "vp9"
    assert codec_for("v.avi", "X264") == "h264"


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [({"size": (0, 48)}, "1 to 16384 pixels"), ({"fps": 0}, "above 0"), ({"fps": float("nan")}, "above 0"),
     ({"quality": 99}, "goes from 0"), ({"pixel_format": "purple"}, "pixel format 'purple'")],
)  # fmt: skip
def test_options_that_cannot_work_are_refused_at_once(tmp_path, wrong, reason):
    with pytest.raises(ValueError, match=reason):
        VideoSink(tmp_path / "v.mp4", **{"size": SIZE, "fps": 25, **wrong})


def test_more_frames_per_second_than_milliseconds_are_refused_where_they_would_collide(tmp_path):
    with pytest.raises(ValueError, match=r"milliseconds(.|\n)*\.mp4"):
        VideoSink(tmp_path / "v.mkv", size=SIZE, fps=2000)
    assert len(read(write(tmp_path / "v.mp4", fps=2000))) == 10


@pytest.mark.parametrize(
    "image", [np.zeros((48, 63, 3), np.uint8), np.zeros((48, 64, 3)), np.zeros((48, 64, 4), np.uint8)]
)
def test_an_image_of_another_shape_or_type_is_refused(tmp_path, image):
    with pytest.raises(ValueError, match="uint8 array of shape"), VideoSink(tmp_path / "v.mp4", size=SIZE, fps=25) as s:
        s.add(image)


def test_images_that_are_views_or_read_only_are_fine(tmp_path):
    flipped = picture(3)[:, ::-1]
    flipped.flags.writeable = False
    with VideoSink(tmp_path / "v.mp4", size=SIZE, fps=25) as sink:
        sink.add(flipped)
    assert has_right_colours(read(tmp_path / "v.mp4")[0][:, ::-1])


def test_quality_is_a_number_where_smaller_is_better(tmp_path):
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, (48, 64, 3), dtype=np.uint8)

    def size_at(codec, quality):
        with VideoSink(tmp_path / "v.mkv", size=SIZE, fps=25, codec=codec, quality=quality) as sink:
            for shift in range(5):
                sink.add(np.roll(noise, shift, axis=1))
        return (tmp_path / "v.mkv").stat().st_size

    for codec, fine, coarse in (("h264", 5, 45), ("mp4v", 1, 31), ("mjpeg", 1, 31), ("vp9", 5, 60)):
        assert size_at(codec, fine) > 1.5 * size_at(codec, coarse), codec


def test_full_colour_resolution_can_be_asked_for(tmp_path):
    assert stream_of(write(tmp_path / "v.mp4", pixel_format="yuv444p"))[1] == "yuv444p"
    assert stream_of(write(tmp_path / "w.mp4"))[1] == "yuv420p"


def test_the_colours_of_an_mp4_are_tagged_so_that_players_agree(tmp_path):
    with av.open(str(write(tmp_path / "v.mp4"))) as video:
        context = video.streams.video[0].codec_context
        assert (context.colorspace, context.color_range) == (6, 1)


def test_an_mp4_can_play_before_its_end_has_arrived(tmp_path):
    content = write(tmp_path / "v.mp4").read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")


def test_the_file_appears_only_when_it_is_complete(tmp_path):
    path = tmp_path / "v.mp4"
    with VideoSink(path, size=SIZE, fps=25) as sink:
        for number in range(5):
            sink.add(picture(number))
            assert not path.exists()
    assert len(read(path)) == 5
    assert names_in(tmp_path) == ["v.mp4"]


def test_an_error_in_the_block_passes_unchanged_and_leaves_the_earlier_video(tmp_path):
    path = write(tmp_path / "v.mp4", n=3)
    before = path.read_bytes()
    for mishap in (RuntimeError("mine"), OSError("also mine"), KeyboardInterrupt()):
        with pytest.raises(type(mishap)) as caught, VideoSink(path, size=SIZE, fps=25) as sink:
            sink.add(picture(0))
            raise mishap
        assert caught.value is mishap
        assert path.read_bytes() == before
        assert names_in(tmp_path) == ["v.mp4"]


def test_without_a_with_block_the_sink_is_opened_and_closed_by_hand(tmp_path):
    sink = VideoSink(tmp_path / "v.mp4", size=SIZE, fps=25).open()
    sink.add(picture(0))
    sink.close()
    sink.close()
    assert len(read(tmp_path / "v.mp4")) == 1
    with pytest.raises(VideoError, match="not open"):
        sink.add(picture(1))


def test_a_sink_that_is_forgotten_leaves_nothing(tmp_path):
    sink = VideoSink(tmp_path / "v.mp4", size=SIZE, fps=25).open()
    sink.add(picture(0))
    del sink
    import gc

    gc.collect()
    assert names_in(tmp_path) == []


def test_a_video_without_frames_is_an_error_not_a_file(tmp_path):
    with pytest.raises(VideoError, match=r"^No frame was added"), VideoSink(tmp_path / "v.mp4", size=SIZE, fps=25):
        pass
    assert names_in(tmp_path) == []


def test_a_finished_file_that_reads_back_wrong_never_takes_the_name(tmp_path):
    path = tmp_path / "v.mp4"
    with pytest.raises(StorageError, match=r"3 frames .* were written, but 2"):  # noqa: SIM117
        with VideoSink(path, size=SIZE, fps=25) as sink:
            sink.add(picture(0))
            sink.add(picture(1))
            sink.n_frames += 1  # stands for a packet lost on the way
    assert names_in(tmp_path) == []


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".avi"])
def test_T5_a_full_disk_is_named_and_leaves_the_old_video_and_nothing_else(tmp_path, suffix):
    path = write(tmp_path / f"v{suffix}", n=3)
    before = path.read_bytes()
    with faults.injected() as counting:
        write(tmp_path / f"w{suffix}", n=30, size=(160, 120))
    total = (tmp_path / f"w{suffix}").stat().st_size
    (tmp_path / f"w{suffix}").unlink()
    assert counting.seen["write"] > 1
    for room in [0, 1, 100, total // 4, total // 2, total - 1]:
        with faults.injected(f"enospc:{room}"), pytest.raises(NoSpace, match=r"bytes needed, [\d,]+ free") as caught:
            write(path, n=30, size=(160, 120))
        assert f"v{suffix}" in str(caught.value)
        assert path.read_bytes() == before
        assert names_in(tmp_path) == [f"v{suffix}"]


@pytest.mark.parametrize("step", ["write:1", "write:2", "fsync:1", "fsync:2", "replace:1"])
def test_T6_a_failing_disk_is_reported_and_the_old_video_stays(tmp_path, step):
    path = write(tmp_path / "v.mp4", n=3)
    before = path.read_bytes()
    with faults.injected(step), pytest.raises(StorageError) as caught:
        write(path, n=20)
    assert isinstance(caught.value.__cause__, OSError) and caught.value.__cause__.errno == errno.EIO
    assert path.read_bytes() == before
    assert names_in(tmp_path) == ["v.mp4"]


@pytest.mark.skipif(os.name == "nt", reason="processes are killed by signal")
@pytest.mark.parametrize("step", [1, 2, 3, 4])
def test_a_killed_writer_leaves_the_old_video(tmp_path, step):
    path = write(tmp_path / "v.mp4", n=3)
    before = path.read_bytes()
    program = (
        "import sys, numpy as np\n"
        "from deeplabcut.io.video.write import VideoSink\n"
        "with VideoSink(sys.argv[1], size=(64, 48), fps=25) as sink:\n"
        "    for level in range(20): sink.add(np.full((48, 64), level, np.uint8))\n"
    )
    child = subprocess.run([sys.executable, "-c", program, path], env={**os.environ, "DLC_FAULT": f"kill:{step}"})
    assert child.returncode == -signal.SIGKILL
    assert path.read_bytes() == before
    others = [name for name in names_in(tmp_path) if name != path.name]
    assert others and all(is_scratch(name) for name in others)


@pytest.mark.parametrize(
    "name",
    ["a b", "é", "e\u0301", "鼠", "🐭", "-rf", "%05d", "'", '"', ";", "$(touch marker)", "new\nline", "a:b", "pipe:1",
     "x" * 251],
)  # fmt: skip
def test_T21_odd_names_and_folders_are_taken_literally(tmp_path, name, monkeypatch):
    folder = tmp_path / name[:100]
    folder.mkdir()
    monkeypatch.chdir(folder)
    path = folder / f"{name}.mp4"
    write(path)
    write(f"{name}.mkv" if name != "pipe:1" else "pipe:2.mkv")
    assert len(read(path)) == 10
    assert len(names_in(folder)) == 2
    assert not (tmp_path / "marker").exists()


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path):
    with pytest.raises(OSError, match=r"v\.mp4"):
        write(tmp_path / "missing" / "v.mp4")


def test_encoding_uses_the_cores_it_was_given_but_not_for_tiny_pictures():
    assert encoder_threads(64, 48) == 1
    assert 1 <= encoder_threads(4000, 3000) <= 16


def test_T5_the_unfinished_video_of_a_killed_process_is_removed_by_the_next_one(tmp_path):
    program = (
        "import os, signal, sys\nimport numpy as np\nfrom deeplabcut.io.video.write import VideoSink\n"
        "sink = VideoSink(sys.argv[1], size=(64, 48), fps=30).open()\n"
        "sink.add(np.zeros((48, 64, 3), np.uint8))\nos.kill(os.getpid(), signal.SIGKILL)\n"
    )
    path = tmp_path / "film.mp4"
    subprocess.run([sys.executable, "-c", program, str(path)])
    assert [p.suffix for p in tmp_path.iterdir()] == [".part"]
    with VideoSink(path, size=(64, 48), fps=30) as sink:
        sink.add(np.zeros((48, 64, 3), np.uint8))
    assert list(tmp_path.iterdir()) == [path]
