"""Damage costs the frames that it hits, and never shifts the others."""

from __future__ import annotations

import numpy as np
import pytest

from deeplabcut.core.errors import DeepLabCutError, VideoError
from deeplabcut.io.video.integrity import check_video, check_videos
from deeplabcut.io.video.reader import Video

HIT = range(20, 40)
N = 96
CASES = {
    "mp4": ("v.mp4", {}, 0),
    "mp4 with open groups": (
        "open.mp4",
        {"options": {"preset": "ultrafast", "x264-params": "open-gop=1:keyint=12:min-keyint=12:bframes=3:b-adapt=0"}},
        0,
    ),
    "mkv, pictures only": ("inside.mkv", {}, 12),
    "mkv, and the container": ("v.mkv", {}, 0),
    "avi with motion jpeg": ("jpeg.avi", {"codec": "mjpeg", "pixel_format": "yuvj420p"}, 0),
    "avi with mpeg-4 and b-frames": ("b.avi", {"codec": "mpeg4", "options": {"bf": "2", "qmax": "4"}}, 8),
    "transport stream": ("v.ts", {}, 0),
}  # fmt: skip


@pytest.fixture(params=list(CASES))
def hit(request, barcode, tmp_path):
    """A video with twenty damaged packets in the middle."""
    name, how, skip = CASES[request.param]
    whole = barcode.encode(tmp_path / f"whole-{name}", range(N), **how)
    return barcode.damage(whole, tmp_path / name, HIT, skip=skip)


def test_T12_all_frames_are_there_and_the_whole_ones_carry_their_numbers(barcode, hit):
    with Video(hit) as video:
        frames = list(video.frames())
    assert [frame.index for frame in frames] == list(range(N))
    clean = [frame for frame in frames if frame.error is None]
    assert [barcode.read(frame.image) for frame in clean] == [frame.index for frame in clean]
    spoilt = [frame.index for frame in frames if frame.error]
    assert 20 <= len(spoilt) < 60 and min(spoilt) >= HIT[0] - 4
    assert sum(frame.image is None for frame in frames) > 10
    assert all(frame.error for frame in frames if frame.image is None)
    assert frames[-1].error is None and frames[0].error is None


def test_T12_random_reads_agree_with_reading_in_order(hit):
    with Video(hit) as video:
        frames = list(video.frames())
        for i in np.random.default_rng(0).integers(0, N, 50):
            again = video.frame(int(i))
            assert again.error == frames[i].error
            assert (again.image is None) == (frames[i].image is None)
            assert again.image is None or np.array_equal(again.image, frames[i].image)


def test_T12_a_damaged_frame_cannot_be_read_as_a_picture(hit):
    with Video(hit) as video:
        damaged = [state.index for state in video.states() if not state.is_whole]
        with pytest.raises(VideoError, match=f"Frame {damaged[3]} "):
            video.read(damaged[3])


def test_T12_the_check_lists_damaged_frames(hit):
    report = check_video(hit, isolated=False)
    with Video(hit) as video:
        frames = list(video.frames())
    assert not report.ok and report.n_frames == N
    assert report.damaged == [frame.index for frame in frames if frame.image is None]
    assert report.smeared == [frame.index for frame in frames if frame.image is not None and frame.error]
    assert any(line.startswith(f"{len(report.damaged)} damaged frame(s): ") for line in report.lines)


def test_T12_frames_whose_headers_are_gone_are_counted_by_the_table_of_an_avi(barcode, tmp_path):
    whole = barcode.encode(tmp_path / "whole.avi", range(60), codec="mjpeg", pixel_format="yuvj420p")
    path = tmp_path / "hit.avi"
    content = bytearray(whole.read_bytes())
    places = barcode.packet_places(whole)
    start, stop = places[20][0] - 8, places[24][0] - 8
    content[start:stop] = bytes(stop - start)
    path.write_bytes(content)
    with Video(path) as video:
        frames = list(video.frames())
        assert [barcode.read(frame.image) for frame in frames if frame.error is None] == [*range(20), *range(24, 60)]
        assert [frame.index for frame in frames if frame.error] == [20, 21, 22, 23]
        assert np.allclose(video.times_s, np.arange(60) / 25)
        assert barcode.read(video.read(50)) == 50


@pytest.mark.parametrize("name", ["v.ts", "v.mkv"])
def test_T11_a_stream_that_is_cut_off_keeps_the_numbers_of_its_last_frames(barcode, tmp_path, name):
    whole = barcode.encode(tmp_path / f"whole-{name}", range(60))
    content = whole.read_bytes()
    for start, _, _ in barcode.packet_places(whole)[30:40]:
        path = tmp_path / name
        path.write_bytes(content[:start])
        with Video(path) as video:
            clean = [frame for frame in video.frames() if frame.error is None]
            assert len(clean) >= 25
            assert [barcode.read(frame.image) for frame in clean] == [frame.index for frame in clean]


def test_T12_pictures_drawn_from_damaged_ones_say_so(barcode, tmp_path):
    whole = barcode.encode(tmp_path / "whole.mp4", range(48))
    path = barcode.damage(whole, tmp_path / "one.mp4", range(25, 26))
    with Video(path) as video:
        states = list(video.states())
    (damaged,) = [state.index for state in states if not state.is_whole]
    smeared = [state.index for state in states if state.is_whole and state.error]
    assert damaged in range(24, 36)
    assert smeared and set(smeared) <= set(range(24, 36))
    assert f"damaged frame {damaged}" in states[smeared[0]].error


def test_T12_a_part_of_the_disk_that_was_never_written_is_damage(barcode, tmp_path):
    path = barcode.encode(tmp_path / "v.mov", range(30), codec="qtrle", pixel_format="argb")
    content = bytearray(path.read_bytes())
    for start, size, _ in barcode.packet_places(path)[12:15]:
        content[start : start + size] = bytes(size)
    path.write_bytes(content)
    with Video(path) as video:
        assert [state.index for state in video.states() if not state.is_whole] == [12, 13, 14]


def test_a_cut_in_the_middle_of_a_group_counts_the_frames_that_cannot_be_drawn(barcode, tmp_path):
    source = barcode.encode(tmp_path / "source.mp4", range(60))
    path = barcode.remux(source, tmp_path / "cut.mkv", first_packet=30, zero_at=30)
    with Video(path) as video:
        frames = list(video.frames())
        assert len(frames) == 30
        clean = [frame for frame in frames if frame.error is None]
        assert [barcode.read(frame.image) for frame in clean] == [30 + frame.index for frame in clean]
        assert len(clean) >= 24
        assert barcode.read(video.read(20)) == 50


@pytest.fixture
def unreadable(barcode, plain, tmp_path):
    """Four files that are not videos any more, each for another reason."""
    content = plain.path.read_bytes()
    (start, length) = next((start, length) for kind, start, length in barcode.boxes(plain.path) if kind == "moov")
    files = {
        "is cut short": content[: int(len(content) * 0.9)],
        "no table of frames": content[:start] + content[start + length :],
        "is empty": b"",
        "is a text file": "Dies ist kein Video, aber schön.\n".encode() * 50,
    }
    cut = len(files["is cut short"])
    assert cut < start + length
    if cut > start:  # the cut must go through the pictures, not only through the table
        files["is cut short"] = content[: start - 10]
    paths = {}
    for number, (message, data) in enumerate(files.items()):
        paths[message] = tmp_path / f"{number}.mp4"
        paths[message].write_bytes(data)
    return paths


def test_T11_each_unreadable_file_has_its_own_message(unreadable):
    for message, path in unreadable.items():
        with pytest.raises(VideoError, match=message) as caught:
            Video(path)
        assert caught.value.where == str(path) and caught.value.fix


def test_T11_the_check_reports_unreadable_files_and_goes_on(unreadable, plain):
    reports = [check_video(path) for path in [*unreadable.values(), plain.path]]
    assert [report.ok for report in reports] == [False] * 4 + [True]
    for message, report in zip(unreadable, reports, strict=False):
        assert message in report.failure and report.lines == [report.failure]


def test_T11_a_table_in_front_still_gives_the_frames_that_are_there(barcode, tmp_path):
    whole = barcode.encode(tmp_path / "w.mp4", range(60), container_options={"movflags": "faststart"})
    path = tmp_path / "front.mp4"
    path.write_bytes(whole.read_bytes()[: int(whole.stat().st_size * 0.9)])
    with Video(path) as video:
        frames = list(video.frames())
        assert 40 < len(frames) < 60
        assert [barcode.read(frame.image) for frame in frames[:40]] == list(range(40))
        assert any("announces 60 frames" in line for line in video.facts.warnings)


def test_T11_other_things_that_are_not_videos(tmp_path):
    noise = tmp_path / "noise.mp4"
    noise.write_bytes(np.random.default_rng(0).integers(0, 256, 5000, np.uint8).tobytes())
    for path in (noise, tmp_path, tmp_path / "absent.mp4"):
        with pytest.raises(DeepLabCutError) as caught:
            Video(path)
        assert caught.value.fix and isinstance(caught.value, OSError)


@pytest.mark.parametrize("by", [7, -7])
def test_T13_a_wrong_count_in_the_container_is_named(barcoded, by):
    made = barcoded(f"avi that claims {abs(by)} frames {'more' if by > 0 else 'less'}")
    with Video(made.path) as video:
        assert video.n_frames == 60 and video.facts.container_frames == 60 + by
        assert any(f"announces {60 + by} frames, the file holds 60" in line for line in video.facts.warnings)


def test_T13_frames_hidden_by_an_edit_list_are_named(barcoded):
    with Video(barcoded("mp4 with edit list").path) as video:
        assert video.facts.n_hidden == 5
        assert any("edit list hides 5" in line for line in video.facts.warnings)


def test_T11_of_a_list_of_videos_the_bad_ones_are_summed_up_and_the_others_done(unreadable, plain):
    checked = check_videos([*unreadable.values(), plain.path])
    assert checked.exit_code == 1 and checked.reports[-1].n_frames > 0
    assert checked.lines()[-1].startswith("4 of 5 videos have problems: ")
    assert check_videos([plain.path]).exit_code == 0
