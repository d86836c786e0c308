"""The check says what is wrong with a video in sentences, and counts what it looked at."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest

from deeplabcut.core.errors import Cancelled
from deeplabcut.core.progress import JsonLines, Progress
from deeplabcut.io.video.integrity import check_video, ranges, timing_lines


@pytest.mark.parametrize("isolated", [True, False])
def test_a_sound_video_passes(plain, isolated):
    report = check_video(plain.path, isolated=isolated)
    assert report.ok and report.n_frames == 60 and report.damaged == []
    assert report.lines == ["60 frames, 160 x 96, 25 frames/s", "Every frame can be decoded."]


def test_mismatched_counts_and_irregular_times_are_told(barcoded):
    report = check_video(barcoded("avi that claims 7 frames more").path, isolated=False)
    assert report.ok and any("announces 67 frames" in line for line in report.lines)
    report = check_video(barcoded("mp4 at variable rate").path, isolated=False)
    assert report.ok and any("differ from the usual" in line for line in report.lines)


def test_a_gap_in_time_is_told_with_its_place():
    times_s = np.arange(50) / 25
    times_s[30:] += 0.4
    first, second = timing_lines(times_s)
    assert first == "1 of 49 steps between frames differ from the usual 40 ms."
    assert second == "Longest gaps: 440 ms after frame 29."
    assert timing_lines(np.arange(50) / 25) == [] and timing_lines(np.zeros(1)) == []


def test_progress_counts_frames_and_can_stop_the_check(plain):
    heard = io.StringIO()
    check_video(plain.path, progress=Progress(JsonLines(heard)), isolated=False)
    last = json.loads(heard.getvalue().splitlines()[-1])
    assert (last["done"], last["total"], last["unit"]) == (60, 60, "frame")
    stopped = Progress()
    stopped.cancel()
    with pytest.raises(Cancelled):
        check_video(plain.path, progress=stopped)


def test_numbers_are_shortened_to_ranges():
    assert ranges([3]) == "3"
    assert ranges([9, 7, 8, 3]) == "3, 7-9"
