"""Whatever the container says: frame i is the i-th picture, in every way of reading it."""

from __future__ import annotations

import hashlib
import os
import random
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deeplabcut.core.errors import InvalidInput, VideoError
from deeplabcut.io.video import pictures
from deeplabcut.io.video.reader import Video


def test_T13_frames_in_order_carry_their_numbers(barcode, barcoded, kind):
    made = barcoded(kind)
    with Video(made.path) as video:
        frames = list(video.frames())
    assert [barcode.read(frame.image) for frame in frames] == made.numbers
    assert [frame.index for frame in frames] == list(range(made.n))
    assert all(frame.error is None for frame in frames)


def test_T13_fifty_random_reads_are_all_right(barcode, barcoded, kind):
    made = barcoded(kind)
    chance = random.Random(kind)
    with Video(made.path) as video:
        asked = [chance.randrange(made.n) for _ in range(50)]
        assert [barcode.read(video.read(i)) for i in asked] == [made.numbers[i] for i in asked]


def test_T13_read_many_gives_the_frames_in_the_order_asked_for(barcode, barcoded, kind):
    made = barcoded(kind)
    asked = [made.n - 1, 0, made.n // 2, made.n // 2, 3, 2]
    with Video(made.path) as video:
        assert [barcode.read(frame.image) for frame in video.read_many(asked)] == [made.numbers[i] for i in asked]


def test_T13_reading_again_with_the_stored_index_is_the_same(barcode, barcoded, kind, cache_folder):
    made = barcoded(kind)
    with Video(made.path):
        pass
    assert len(list(cache_folder.iterdir())) == 1
    with Video(made.path) as video:
        assert [barcode.read(video.read(i)) for i in (made.n - 1, 5, 20)] == [made.numbers[i] for i in (-1, 5, 20)]


def test_T14_pictures_equal_those_of_pyav_in_every_mode(barcoded, kind):
    made = barcoded(kind)
    with av.open(str(made.path)) as container:
        expected = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    with Video(made.path) as video:
        assert video.n_frames == len(expected)
        assert (video.height, video.width) == expected[0].shape[:2]
        for frame, picture in zip(video.frames(), expected, strict=True):
            assert frame.image.dtype == np.uint8 and frame.image.flags.c_contiguous
            assert np.array_equal(frame.image, picture)
        for i in (len(expected) - 1, 7, 20):
            assert np.array_equal(video.read(i), expected[i])


def test_T17_no_way_of_reading_changes_the_video_or_its_folder(barcoded, kind, tmp_path):
    made = barcoded(kind)
    path = tmp_path / "only" / made.path.name
    path.parent.mkdir()
    path.write_bytes(made.path.read_bytes())
    path.chmod(0o444)
    before = (hashlib.sha256(path.read_bytes()).digest(), path.stat().st_mtime_ns)
    with Video(path) as video:
        for _ in video.frames(2, 9, 3):
            pass
        video.read(4)
        list(video.states())
    assert (hashlib.sha256(path.read_bytes()).digest(), path.stat().st_mtime_ns) == before
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.lists(st.integers(0, 59), min_size=1, max_size=12))
@pytest.mark.parametrize("kind_of_video", ["mp4 with open groups", "avi with h264 and b-frames", "transport stream"])
def test_T13_any_order_of_access_gives_the_right_frames(barcode, barcoded, kind_of_video, order):
    with Video(barcoded(kind_of_video).path) as video:
        assert [barcode.read(video.read(i)) for i in order] == order


def test_reading_and_iterating_do_not_disturb_each_other(barcode, plain):
    with Video(plain.path) as video:
        seen = []
        for one, other in zip(video.frames(), video.frames(30), strict=False):
            seen.append((barcode.read(one.image), barcode.read(other.image), barcode.read(video.read(50 - one.index))))
    assert seen == [(i, 30 + i, 50 - i) for i in range(30)]


def test_steps_and_limits_follow_the_rules_of_ranges(barcode, plain):
    with Video(plain.path) as video:
        assert [frame.index for frame in video.frames(5, 50, 20)] == [5, 25, 45]
        assert [barcode.read(frame.image) for frame in video.frames(57, 1000)] == [57, 58, 59]
        assert list(video.frames(60)) == []
        with pytest.raises(InvalidInput):
            video.frames(0, 10, 0)


def test_a_frame_that_does_not_exist_is_refused_with_the_range_that_does(plain):
    with Video(plain.path) as video:
        for index in (-1, 60):
            with pytest.raises(InvalidInput, match="0 to 59"):
                video.read(index)


def test_the_picture_formats_agree_with_each_other(plain):
    with Video(plain.path) as video:
        rgb = video.read(12)
        assert np.array_equal(video.read(12, format="bgr24"), rgb[..., ::-1])
        assert video.read(12, format="gray").shape == rgb.shape[:2]
        planes = video.frame(12, format="planes").planes
        assert [plane.shape for plane in planes] == [(96, 160), (48, 80), (48, 80)]
        assert not planes[0].flags.writeable
        with pytest.raises(InvalidInput, match="rgb24"):
            video.read(12, format="rgb")


@pytest.mark.parametrize("kind_of_video, depth, channels", [("mkv with 10 bits", 2, 1), ("mkv with alpha", 1, 4)])
def test_planes_keep_the_depth_and_channels_of_the_file(barcoded, kind_of_video, depth, channels):
    with Video(barcoded(kind_of_video).path) as video:
        plane = video.frame(3, format="planes").planes[0]
        assert plane.itemsize == depth
        assert (
            plane.shape[:2] == (video.height, video.width) and plane.size == plane.shape[0] * plane.shape[1] * channels
        )


def test_pictures_belong_to_the_caller(plain):
    with Video(plain.path) as video:
        kept = [frame.image for frame in video.frames()]
        for image in kept:
            image[:] = 0
        assert video.read(0).any()
        assert len({image.__array_interface__["data"][0] for image in kept}) == len(kept)


def test_part_of_a_picture_stays_as_it_is_while_reading_goes_on(plain):
    with Video(plain.path) as video:
        parts = [frame.image[20:30, ::2] for frame in video.frames()]
        assert all(np.array_equal(part, video.read(i)[20:30, ::2]) for i, part in enumerate(parts))


@pytest.mark.parametrize("offset", [-1, 0, 1])
def test_pictures_stay_whole_however_the_interpreter_counts_references(plain, monkeypatch, offset):
    count = sys.getrefcount
    monkeypatch.setattr(pictures.sys, "getrefcount", lambda one: count(one) + offset)
    with Video(plain.path) as video:
        held = [frame.image for frame in video.frames()]
        assert len({image.tobytes() for image in held}) == len({image.ctypes.data for image in held}) == 60


@pytest.mark.parametrize("degrees", [90, 180, -90])
def test_T14_the_rotation_flag_is_applied(barcode, tmp_path, degrees):
    path = barcode.encode(tmp_path / "turned.mp4", range(10), rotation=degrees)
    with Video(path) as video:
        assert video.facts.rotation == degrees % 360
        assert (video.width, video.height) == ((160, 96) if degrees == 180 else (96, 160))
        image = video.read(7)
        assert image.shape == (video.height, video.width, 3) and image.flags.c_contiguous
        assert barcode.read(image) != 7
        assert barcode.read(np.rot90(image, -degrees // 90)) == 7  # the flag turns counter-clockwise


def test_T14_colours_are_right(barcode, barcoded):
    for kind in ("mp4 at constant rate", "mkv with 10 bits", "mkv with alpha", "avi with motion jpeg"):
        with Video(barcoded(kind).path) as video:
            red, green, blue = video.read(0)[4, 4].astype(int)
            assert abs(red - barcode.BLUE[0]) < 12 and abs(green - barcode.BLUE[1]) < 12, kind
            assert abs(blue - barcode.BLUE[2]) < 12, kind


def test_T14_a_change_of_size_is_refused_where_it_happens(barcode, tmp_path):
    path = barcode.changing(tmp_path / "sizes.ts", sizes=((160, 96), (320, 192)), pixel_formats=("yuv420p", "yuv420p"))
    with Video(path) as video:
        frames = video.frames()
        assert [barcode.read(next(frames).image) for _ in range(15)] == list(range(15))
        with pytest.raises(VideoError, match="from frame 15 on"):
            next(frames)


def test_T14_a_change_of_pixel_format_is_followed(barcode, tmp_path):
    path = barcode.changing(tmp_path / "formats.ts", sizes=((160, 96),) * 2, pixel_formats=("yuv420p", "yuv444p"))
    with Video(path) as video:
        assert [barcode.read(frame.image) for frame in video.frames()] == list(range(30))


def test_times_and_rate_are_those_of_the_frames(barcoded):
    with Video(barcoded("mp4 at variable rate").path) as video:
        expected = np.array([i * 40 + (i * i * 7) % 31 for i in range(60)]) / 1000
        assert np.allclose(video.times_s, expected, atol=1e-3)
        assert video.facts.is_variable_rate
        assert video.fps == pytest.approx(59 / expected[-1], rel=1e-3)
    with Video(barcoded("mp4 at constant rate").path) as video:
        assert np.allclose(video.times_s, np.arange(60) / 25)
        assert (video.fps, video.duration_s) == (25, pytest.approx(2.4))
        assert not video.facts.is_variable_rate
        assert video.frame(10).time_s == pytest.approx(0.4)


HOSTILE = [
    "with space.mp4", "caf\u00e9.mp4", "cafe\u0301.mp4", "鼠.mp4", "🐭.mp4", "it's \"quoted\".mp4",
    "a;touch marker.mp4", "$(touch marker).mp4", "new\nline.mp4", "-i.mp4", "%d.mp4", "frame%03d.mp4",
    "concat:x.mp4", "http:.mp4", "a:b|c.mp4",
]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_T21_a_name_is_only_a_name(barcode, plain, tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / name
    path.write_bytes(plain.path.read_bytes())
    with Video(name) as video:  # relative, so that it begins as it is spelt
        assert barcode.read(video.read(31)) == 31
    assert not (tmp_path / "marker").exists()


def test_T21_patterns_and_playlists_are_not_followed(plain, tmp_path):
    for i in range(3):
        (tmp_path / f"{i}.mp4").write_bytes(plain.path.read_bytes())
    for name, content in (
        ("list.mp4", "ffconcat version 1.0\nfile 0.mp4\n"),
        ("a.m3u8", "#EXTM3U\n#EXTINF:1,\n0.mp4\n"),
    ):
        (tmp_path / name).write_text(content)
        with pytest.raises(VideoError, match="text file"):
            Video(tmp_path / name)
    with pytest.raises(FileNotFoundError):
        Video(tmp_path / "%d.mp4")
    with pytest.raises(FileNotFoundError):
        Video("http://localhost/video.mp4")


def test_T26_no_home_and_no_working_folder(plain, tmp_path):
    code = f"""
import os
os.makedirs({str(tmp_path / "gone")!r}); os.chdir({str(tmp_path / "gone")!r}); os.rmdir({str(tmp_path / "gone")!r})
from deeplabcut.io.video.reader import Video
from deeplabcut.io.video.isolate import isolated_frames
print(Video({str(plain.path)!r}).read(3).shape, sum(1 for _ in isolated_frames({str(plain.path)!r})))
"""
    bare = {key: value for key, value in os.environ.items() if key not in ("HOME", "XDG_CACHE_HOME", "DISPLAY")}
    for environment in (bare, {**bare, "HOME": "/proc/nowhere"}):
        done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
        assert done.stdout.split() == ["(96,", "160,", "3)", "60"], done.stderr


def test_T29_many_videos_with_few_open_files(plain):
    code = f"""
import resource
resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
from deeplabcut.io.video.reader import Video
for _ in range(80):
    with Video({str(plain.path)!r}) as video:
        next(video.frames())
        video.read(30)
print("done")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "done", done.stderr


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs a process's own peak of memory")
def test_T16_memory_does_not_grow_with_the_length_of_the_video(barcode, tmp_path):
    code = """
import sys
from deeplabcut.io.video.reader import Video
with Video(sys.argv[1]) as video:
    n = sum(1 for _ in video.frames())
status = open("/proc/self/status").read()  # rusage starts a child at the peak of its parent
print(n, int(status.split("VmHWM:")[1].split()[0]) // 1024)
"""
    peaks_mb = {}
    for n in (1_000, 100_000):
        path = tmp_path / f"{n}.mp4"
        barcode.encode(path, (i % 512 for i in range(n)), size=(160, 120), gop=250)
        done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
        n_read, peaks_mb[n] = map(int, done.stdout.split())
        assert n_read == n
    assert peaks_mb[100_000] - peaks_mb[1_000] < 100


def test_the_way_to_a_far_frame_shows_signs_of_life(barcode, tmp_path):
    path = barcode.encode(tmp_path / "one-key-frame.mp4", range(80), options={"g": "1000"})
    ticks = []
    with Video(path, tick=lambda: ticks.append(1)) as video:
        before = len(ticks)
        assert barcode.read(video.read(70)) == 70
    assert len(ticks) - before >= 60
