"""Cut, cropped, scaled and turned videos: the right frames, at the right times, and an untouched original."""

import logging

import av
import numpy as np
import pytest

from deeplabcut.core import faults, progress
from deeplabcut.core.errors import Cancelled, InvalidInput, NoSpace, VideoError
from deeplabcut.io.video import edit
from deeplabcut.io.video.reader import Video
from tests.io.video import barcode, clips

UNEVEN_S = [0.0, 0.04, 0.05, 0.2, 0.24, 0.9, 0.95, 1.4, 1.5, 1.9]


@pytest.fixture
def video(tmp_path):
    return clips.write(tmp_path / "v.mp4", n=30)


@pytest.fixture
def output(tmp_path):
    return tmp_path / "out.mp4"


def test_shortening_keeps_exactly_the_frames_between_two_times(video, output):
    assert edit.shorten_video(video, output, start_s=0.4, stop_s=0.8) == output
    assert clips.numbers_in(output) == list(range(10, 20))


@pytest.mark.parametrize(("start_s", "stop_s", "wanted"), [
    (0.39, 0.41, [10]), (0.401, 0.481, [11, 12]), (0.0, 0.04, [0]), (1.16, 9.0, [29]), (0.0, 1.2, list(range(30))),
])  # fmt: skip
def test_a_cut_takes_the_frames_that_begin_within_it(video, output, start_s, stop_s, wanted):
    edit.shorten_video(video, output, start_s=start_s, stop_s=stop_s)
    assert clips.numbers_in(output) == wanted


def test_cuts_between_key_frames_with_reordered_frames_are_exact(tmp_path, output):
    source = barcode.encode(tmp_path / "v.mp4", range(100), gop=40)
    edit.shorten_video(source, output, start_s=33 / 25, stop_s=71 / 25)
    assert [barcode.read(image) for image in clips.read(output)] == list(range(33, 71))


@pytest.mark.parametrize(("start_s", "stop_s"), [(5.0, 6.0), (0.5, 0.5), (0.8, 0.4), (1.2, 2.0)])
def test_a_cut_without_frames_is_an_error(video, output, start_s, stop_s):
    with pytest.raises(ValueError, match="no frame from"):
        edit.shorten_video(video, output, start_s=start_s, stop_s=stop_s)
    assert not output.exists()


def test_the_exact_rate_is_kept(tmp_path, output):
    source = clips.write(tmp_path / "v.mp4", fps=30000 / 1001)
    edit.shorten_video(source, output, start_s=0.1, stop_s=0.3)
    assert clips.stream_of(output)[2] == clips.stream_of(source)[2]


def test_uneven_times_are_kept(tmp_path, output):
    source = clips.write(tmp_path / "v.mp4", times_s=UNEVEN_S)
    edit.crop_video(source, output, x1=0, x2=32, y1=0, y2=48)
    np.testing.assert_allclose(clips.times_of(output), UNEVEN_S, atol=1e-4)


def test_uneven_times_of_a_part_begin_at_zero(tmp_path, output):
    source = clips.write(tmp_path / "v.mp4", times_s=UNEVEN_S)
    edit.shorten_video(source, output, start_s=0.2, stop_s=1.5)
    np.testing.assert_allclose(clips.times_of(output), np.array(UNEVEN_S[3:8]) - 0.2, atol=1e-4)
    assert clips.numbers_in(output) == [3, 4, 5, 6, 7]


@pytest.mark.parametrize("n_parts", [2, 3, 7, 30])
def test_splitting_puts_every_frame_into_exactly_one_part(video, tmp_path, n_parts):
    parts = edit.split_video(video, [tmp_path / f"p{i}.mp4" for i in range(n_parts)])
    contents = [clips.numbers_in(part) for part in parts]
    assert [number for part in contents for number in part] == list(range(30))
    assert max(map(len, contents)) - min(map(len, contents)) <= 1


def test_a_video_cannot_be_split_into_more_parts_than_frames(video, tmp_path):
    with pytest.raises(ValueError, match="30 frames cannot be split into 31"):
        edit.split_video(video, [tmp_path / f"p{i}.mp4" for i in range(31)])


@pytest.mark.parametrize("box", [(0, 64, 0, 48), (10, 40, 8, 32), (11, 40, 8, 33), (7, 22, 5, 24), (63, 64, 47, 48)])
def test_cropping_gives_exactly_the_pixels_of_the_box(tmp_path, output, box):
    rng = np.random.default_rng(1)
    smooth = np.kron(rng.integers(30, 220, (6, 8, 3)), np.ones((8, 8, 1))).astype(np.uint8)
    source = clips.write(tmp_path / "v.mkv", n=2, codec="ffv1", draw=lambda *_: smooth)
    x1, x2, y1, y2 = box
    edit.crop_video(source, output, x1=x1, x2=x2, y1=y1, y2=y2)
    image, wanted = clips.read(output)[1], smooth[y1:y2, x1:x2]
    assert image.shape == wanted.shape
    assert abs(image.astype(int) - wanted).mean() < 5


@pytest.mark.parametrize("box", [(-1, 10, 0, 10), (0, 65, 0, 10), (5, 5, 0, 10), (10, 5, 0, 10)])
def test_a_box_outside_the_frame_is_an_error(video, output, box):
    x1, x2, y1, y2 = box
    with pytest.raises(ValueError, match="does not lie within 64x48"):
        edit.crop_video(video, output, x1=x1, x2=x2, y1=y1, y2=y2)


@pytest.mark.parametrize(
    ("asked", "given"),
    [((32, 24), (32, 24)), ((-1, 24), (32, 24)), ((100, -1), (100, 76)), ((-1, -1), (64, 48)), ((-1, 25), (34, 25)),
     ((31, 23), (31, 23))],
)  # fmt: skip
def test_scaling_gives_the_size_asked_for_and_keeps_the_ratio_in_even_numbers(video, output, asked, given):
    edit.downsample_video(video, output, width=asked[0], height=asked[1])
    images = clips.read(output)
    assert clips.numbers(images) == list(range(30))
    assert images[0].shape == (given[1], given[0], 3)
    assert clips.has_right_colours(images[3], given)


def test_a_size_that_is_none_is_an_error(video, output):
    with pytest.raises(ValueError, match="number of pixels"):
        edit.downsample_video(video, output, width=0, height=20)


def test_turning_is_clockwise(tmp_path, output):
    source = clips.write(tmp_path / "v.mp4", n=2, draw=clips.corners)
    assert clips.colours_in_corners(clips.read(source)[0]) == "RGBW"
    edit.rotate_video(source, output, turn="quarter")
    image = clips.read(output)[0]
    assert image.shape == (64, 48, 3)
    assert clips.colours_in_corners(image) == "BRWG"


def test_an_angle_keeps_the_canvas_and_fills_with_black(tmp_path, output):
    source = clips.write(tmp_path / "v.mp4", n=2, size=(96, 48), draw=clips.corners)
    edit.rotate_video(source, output, turn=180.0)
    assert clips.colours_in_corners(clips.read(output)[0]) == "WBGR"
    edit.rotate_video(source, output.with_name("b.mp4"), turn=90.0)
    image = clips.read(output.with_name("b.mp4"))[0]
    assert image.shape == (48, 96, 3)
    assert clips.colours_in_corners(image) == "KKKK"
    edit.rotate_video(source, output.with_name("c.mp4"), turn=10.0)
    turned = clips.read(output.with_name("c.mp4"))[0]
    assert turned[0, -20].max() < 25 and turned[-1, 20].max() < 25  # clockwise: the right side sinks


def test_scaling_and_turning_at_once(tmp_path, output):
    source = clips.write(tmp_path / "v.mp4", n=2, draw=clips.corners)
    edit.downsample_video(source, output, height=24, turn="quarter")
    image = clips.read(output)[0]
    assert image.shape == (32, 24, 3)
    assert clips.colours_in_corners(image) == "BRWG"


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_T14_videos_of_turned_phones_are_edited_as_they_are_displayed(tmp_path, output, rotation):
    source = barcode.encode(tmp_path / "v.mp4", range(5), size=(160, 96), rotation=rotation)
    with Video(source) as video:
        upright = video.read(3)
    edit.crop_video(source, output, x1=0, x2=video.width, y1=0, y2=40)
    image = clips.read(output)[3]
    assert image.shape == (40, video.width, 3)
    assert abs(image.astype(int) - upright[:40]).mean() < 6


@pytest.mark.parametrize("codec", ["h264", "mp4v", "mjpeg", "vp9", "ffv1"])
@pytest.mark.parametrize(
    ("pixel_format", "matrix", "full"),
    [("yuv420p", 1, False), ("yuv420p", 6, False), ("yuv420p", 1, True), ("yuv420p", 2, False), ("yuv444p", 1, False),
     ("yuv422p", 6, True), ("yuv420p10le", 1, False), ("gray", 1, False)],
)  # fmt: skip
def test_T14_colours_survive_whatever_the_original_stores(tmp_path, codec, pixel_format, matrix, full):
    source, output = tmp_path / "v.mkv", tmp_path / "out.mkv"
    _encode(source, pixel_format, matrix, full)
    edit.shorten_video(source, output, start_s=0, stop_s=9, codec=codec)
    edit.downsample_video(source, tmp_path / "small.mkv", width=64, height=48, codec=codec)
    with Video(source) as old, Video(output) as new, Video(tmp_path / "small.mkv") as scaled:
        wanted = old.read(1).astype(int)[[10, 40]][:, [10, 32, 53]]
        assert abs(new.read(1).astype(int)[[10, 40]][:, [10, 32, 53]] - wanted).max() <= 8
        assert abs(scaled.read(1).astype(int)[[10, 40]][:, [10, 32, 53]] - wanted).max() <= 8


def _encode(path, pixel_format, matrix, full):
    """A lossless-like video in one kind of colours."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"crf": "3"})
        stream.width, stream.height, stream.pix_fmt = *clips.SIZE, pixel_format
        stream.codec_context.colorspace, stream.codec_context.color_range = matrix, 2 if full else 1
        for number in range(3):
            frame = av.VideoFrame.from_ndarray(clips.picture(25 - number), format="rgb24").reformat(
                format=pixel_format, dst_colorspace=matrix, dst_color_range=2 if full else 1
            )
            frame.colorspace, frame.color_range = matrix, 2 if full else 1
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def test_editing_is_hardly_to_be_seen(tmp_path, output):
    rng = np.random.default_rng(0)
    texture = np.kron(rng.integers(0, 256, (24, 32, 3)), np.ones((4, 4, 1))).astype(np.uint8)
    source = clips.write(tmp_path / "v.mp4", n=5, size=(128, 96), draw=lambda n, _: np.roll(texture, n, axis=1))
    edit.shorten_video(source, output, start_s=0, stop_s=1)
    error = np.stack(clips.read(output)).astype(float) - np.stack(clips.read(source))
    assert 10 * np.log10(255**2 / (error**2).mean()) > 36  # dB


@pytest.mark.parametrize("suffix", [".avi", ".mov", ".mkv", ".mpg", ".flv", ".webm", ".m4v"])
def test_a_codec_that_does_not_fit_the_container_is_replaced(tmp_path, suffix):
    source = clips.write(tmp_path / f"v{suffix}", n=20, codec="vp9" if suffix == ".webm" else "h264")
    output = edit.shorten_video(source, tmp_path / f"o{suffix}", start_s=0.2, stop_s=0.6, codec="vp9")
    assert clips.numbers_in(output) == list(range(5, 15))


def test_an_existing_output_is_kept_with_a_notice(video, output, caplog):
    output.write_bytes(b"older work")
    with caplog.at_level(logging.WARNING):
        assert edit.shorten_video(video, output, start_s=0, stop_s=1) == output
    assert output.read_bytes() == b"older work"
    assert "exists and is kept" in caplog.text


def test_T17_the_original_can_never_be_the_output(video, tmp_path):
    before = clips.state_of(video)
    (tmp_path / "link.mp4").symlink_to(video)
    for target in (video, tmp_path / "." / "v.mp4", tmp_path / "link.mp4"):
        with pytest.raises(ValueError, match="place of its original"):
            edit.shorten_video(video, target, start_s=0, stop_s=1)
    assert clips.state_of(video) == before


def test_T17_no_edit_touches_the_original(video, tmp_path):
    before = clips.state_of(video)
    edit.shorten_video(video, tmp_path / "a.mp4", start_s=0, stop_s=1)
    edit.split_video(video, [tmp_path / "b.mp4", tmp_path / "c.mp4"])
    edit.crop_video(video, tmp_path / "d.mp4", x1=0, x2=10, y1=0, y2=10)
    edit.rotate_video(video, tmp_path / "e.mp4", turn=5)
    edit.downsample_video(video, tmp_path / "f.mp4", height=20)
    assert clips.state_of(video) == before


def test_T12_a_damaged_frame_becomes_black_and_the_others_keep_their_numbers(tmp_path, output, caplog):
    source = clips.write(tmp_path / "v.avi", n=10, codec="mjpeg", draw=lambda n, size: clips.picture(n + 10, size))
    content = bytearray(source.read_bytes())
    for offset, size, _ in barcode.packet_places(source)[4:6]:
        content[offset : offset + size] = bytes(size)
    source.write_bytes(content)
    with Video(source) as video:
        damaged = [frame.index for frame in video.frames() if frame.image is None]
    assert damaged == [4, 5]
    with caplog.at_level(logging.WARNING):
        edit.shorten_video(source, output, start_s=0, stop_s=9)
    assert clips.numbers_in(output) == [10, 11, 12, 13, 0, 0, 16, 17, 18, 19]
    assert "2 frames of v.avi cannot be decoded and are black" in caplog.text and "4, 5" in caplog.text


def test_T12_a_video_that_begins_with_damage_keeps_its_colours(tmp_path, output):
    source = clips.write(tmp_path / "v.avi", n=5, codec="mjpeg")
    offset, size, _ = barcode.packet_places(source)[0]
    content = bytearray(source.read_bytes())
    content[offset : offset + size] = bytes(size)
    source.write_bytes(content)
    edit.rotate_video(source, output, turn=360.0)
    images = clips.read(output)
    assert images[0].max() < 10 and clips.has_right_colours(images[3])


def test_the_sound_comes_along_in_time(tmp_path, output):
    silent = clips.write(tmp_path / "s.mp4", n=100)
    source = clips.add_sound(silent, tmp_path / "v.mp4", n_s=4)
    edit.shorten_video(source, output, start_s=1.2, stop_s=3.2)
    rate, wave, first_s = clips.sound_of(output)
    assert clips.numbers_in(output)[:3] == [30, 31, 0]  # pictures repeat after 31
    assert len(wave) / rate == pytest.approx(2, abs=0.06)
    at_s = 1.05  # 2.25 s into the original, where the tone is at 200 + 22 * 50 Hz
    part = wave[int((at_s - first_s - 0.04) * rate) : int((at_s - first_s + 0.04) * rate)]
    found_hz = np.argmax(abs(np.fft.rfft(part * np.hanning(len(part))))) * rate / len(part)
    assert found_hz == pytest.approx(1300, abs=20)


def test_the_sound_of_other_edits_is_whole(tmp_path, output):
    source = clips.add_sound(clips.write(tmp_path / "s.mp4", n=50), tmp_path / "v.mp4", n_s=2)
    edit.crop_video(source, output, x1=0, x2=32, y1=0, y2=48)
    rate, wave, first_s = clips.sound_of(output)
    assert first_s == pytest.approx(0, abs=0.03)
    assert len(wave) / rate == pytest.approx(2, abs=0.06)


def test_sound_that_does_not_fit_the_container_is_left_out_with_a_notice(tmp_path, caplog):
    source = clips.add_sound(clips.write(tmp_path / "s.mkv", n=20), tmp_path / "v.mkv", n_s=1, codec="flac")
    with caplog.at_level(logging.WARNING):
        output = edit.shorten_video(source, tmp_path / "o.mp4", start_s=0, stop_s=1)
    assert "(flac) does not fit into a .mp4 file and is left out" in caplog.text
    with av.open(str(output)) as container:
        assert not container.streams.audio
    assert clips.numbers_in(output) == list(range(20))


@pytest.mark.parametrize("suffix", [".mkv", ".avi", ".mov"])
def test_uncompressed_sound_is_copied_exactly(tmp_path, suffix):
    silent = clips.write(tmp_path / f"s{suffix}", n=50)
    source = clips.add_sound(silent, tmp_path / f"v{suffix}", n_s=2, codec="pcm_s16le")
    output = edit.downsample_video(source, tmp_path / f"o{suffix}", height=24)
    np.testing.assert_array_equal(clips.sound_of(output)[1], clips.sound_of(source)[1])


def test_edits_count_their_frames_and_can_be_stopped(video, tmp_path, output):
    class Stopper(progress.Silent):
        def update(self, task):
            seen.append((task.name, task.done, task.total, task.label))
            if task.done == 7:
                listening.cancel()

    seen = []
    listening = progress.Progress(Stopper())
    with progress.in_force(listening), pytest.raises(Cancelled):
        edit.rotate_video(video, output, turn=3)
    assert seen[-1] == ("rotate", 7, 30, "v.mp4")
    assert clips.names_in(tmp_path) == ["v.mp4"]


@pytest.mark.parametrize("room", [0, 500, 2000])
def test_T5_a_full_disk_during_an_edit_leaves_nothing_behind(video, tmp_path, output, room):
    with faults.injected(f"enospc:{room}"), pytest.raises(NoSpace):
        edit.crop_video(video, output, x1=0, x2=60, y1=0, y2=48)
    assert clips.names_in(tmp_path) == ["v.mp4"]


@pytest.mark.parametrize("content", [b"", b"not a video at all, only text", bytes(5000)])
def test_T11_a_file_that_is_no_video_is_an_error_that_names_it(tmp_path, output, content):
    source = tmp_path / "broken.mp4"
    source.write_bytes(content)
    with pytest.raises(VideoError, match=r"broken\.mp4"):
        edit.shorten_video(source, output, start_s=0, stop_s=1)
    assert not output.exists()


@pytest.mark.parametrize("name", ["-a b", "%05d", "e\u0301鼠", "$(touch marker)", "'\";", "a:b", "new\nline"])
def test_T21_odd_names_are_taken_literally(tmp_path, name, monkeypatch):
    monkeypatch.chdir(tmp_path)
    clips.add_sound(clips.write("s.mp4", n=10), "t.mp4", n_s=0.4)
    (tmp_path / "t.mp4").rename(f"{name}.mp4")
    edit.shorten_video(f"{name}.mp4", f"{name}short.mp4", start_s=0.1, stop_s=0.3)
    assert clips.numbers_in(f"{name}short.mp4") == [3, 4, 5, 6, 7]
    assert not (tmp_path / "marker").exists()


def test_an_angle_that_is_no_number_is_an_error(video, output):
    with pytest.raises(InvalidInput, match="number of degrees"):
        edit.rotate_video(video, output, turn=float("nan"))
