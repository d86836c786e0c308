"""A decoder that crashes or hangs costs one video, and leaves nothing behind."""

from __future__ import annotations

import os
import select
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from deeplabcut.core.errors import Cancelled, InvalidInput, Missing, VideoError
from deeplabcut.core.progress import Progress, Silent, in_force
from deeplabcut.io.video.integrity import check_video
from deeplabcut.io.video.isolate import IsolatedVideo, isolated_frames
from deeplabcut.io.video.isolate_child import FAULT
from deeplabcut.io.video.reader import Video


def children() -> list[str]:
    """The children of this process, dead ones that nobody waited for included."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            name, _, rest = status.read_text().rpartition(")")
        except OSError:
            continue
        if int(rest.split()[1]) == int(Path("/proc/self/stat").read_text().split()[0]):
            found.append(name)
    return found


def test_the_isolated_reader_gives_the_same_frames(plain):
    with Video(plain.path) as video, IsolatedVideo(plain.path) as isolated:
        for name in ("path", "width", "height", "fps", "n_frames", "duration_s", "facts"):
            assert getattr(isolated, name) == getattr(video, name)
        assert np.array_equal(isolated.times_s, video.times_s)
        for format in ("rgb24", "bgr24", "gray"):
            pairs = zip(video.frames(3, 40, 2, format=format), isolated.frames(3, 40, 2, format=format), strict=True)
            for one, other in pairs:
                assert (one.index, one.time_s, one.error) == (other.index, other.time_s, other.error)
                assert np.array_equal(one.image, other.image)
        for one, other in zip(video.read_many([50, 3, 4]), isolated.read_many([50, 3, 4]), strict=True):
            assert one.index == other.index and np.array_equal(one.image, other.image)
        assert np.array_equal(isolated.read(31), video.read(31))
        assert list(isolated.states()) == list(video.states())


def test_isolated_frames_belong_to_the_caller(plain):
    kept = [frame.image for frame in isolated_frames(plain.path)]
    with Video(plain.path) as video:
        assert all(np.array_equal(image, frame.image) for image, frame in zip(kept, video.frames(), strict=True))


def test_iterators_of_one_isolated_video_do_not_disturb_each_other(barcode, plain):
    with IsolatedVideo(plain.path) as video:
        seen = [
            (barcode.read(one.image), barcode.read(other.image), barcode.read(video.read(50)))
            for one, other in zip(video.frames(0, 5), video.frames(20, 25), strict=True)
        ]
    assert seen == [(i, 20 + i, 50) for i in range(5)]


def test_an_abandoned_iterator_leaves_no_process(plain):
    before = children()
    for frame in isolated_frames(plain.path):
        if frame.index == 2:
            break
    with IsolatedVideo(plain.path) as video:
        frames = video.frames()
        next(frames)
    assert children() == before
    with pytest.raises(VideoError, match="was closed"):
        list(frames)


def test_errors_of_the_child_are_errors_here(plain, tmp_path):
    (tmp_path / "text.mp4").write_text("not a video")
    with pytest.raises(VideoError, match="text file"):
        IsolatedVideo(tmp_path / "text.mp4")
    with pytest.raises(Missing):
        IsolatedVideo(tmp_path / "absent.mp4")
    with IsolatedVideo(plain.path) as video:
        with pytest.raises(InvalidInput, match="0 to 59"):
            video.read(60)
        with pytest.raises(InvalidInput, match="rgb24"):
            next(video.frames(format="planes"))
        assert video.read(59).any()  # and the video goes on working


@pytest.mark.parametrize("fault, words", [
    ("segfault:30", "crashed .SIGSEGV. after frame 29"),
    ("abort:30", "crashed .SIGABRT. after frame 29"),
    ("exit:30", "crashed .exit code 3. after frame 29"),
    ("hang:30", "silent for 1 s after frame 29"),
])  # fmt: skip
def test_T15_a_crash_or_a_hang_while_decoding_is_an_error_at_that_frame(barcode, plain, fault, words):
    before = children()
    numbers = []
    with IsolatedVideo(plain.path, timeout_s=1 if "hang" in fault else 60, environment={FAULT: fault}) as video:
        with pytest.raises(VideoError, match=words):
            for frame in video.frames():
                numbers.append(barcode.read(frame.image))
        assert numbers == list(range(30))
        assert barcode.read(video.read(45)) == 45  # a new child reads on beyond the bad place
    assert children() == before


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="needs groups of processes")
def test_ctrl_c_in_the_terminal_does_not_reach_the_decoder(barcode, plain):
    code = f"""
import os, signal
from deeplabcut.io.video.isolate import isolated_frames
signal.signal(signal.SIGINT, lambda *_: None)
frames = isolated_frames({str(plain.path)!r})
next(frames)
os.killpg(0, signal.SIGINT)
print(1 + sum(1 for _ in frames))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, start_new_session=True)
    assert (done.stdout, done.stderr) == ("60\n", "")


def test_a_check_that_is_stopped_together_with_its_decoder_is_no_fault_of_the_video(plain, monkeypatch):
    stopped = Progress()
    monkeypatch.setenv(FAULT, "exit:12")

    class StopsWithTheDecoder(Silent):
        def update(self, task):
            stopped.cancel() if task.done == 12 else None

    stopped.reporter = StopsWithTheDecoder()
    with pytest.raises(Cancelled):
        check_video(plain.path, progress=stopped)


def test_whoever_waits_for_a_decoder_that_hangs_can_be_stopped(plain):
    before = children()
    video = IsolatedVideo(plain.path, timeout_s=300, environment={FAULT: "hang:12"})
    with in_force(Progress()) as stopped, video, pytest.raises(Cancelled):
        for frame in video.frames():
            stopped.cancel() if frame.index == 11 else None
    assert children() == before


@pytest.mark.parametrize("fault", ["segfault:open", "hang:open"])
def test_T15_a_crash_or_a_hang_while_opening_is_an_error(plain, fault):
    before = children()
    with pytest.raises(VideoError, match="while the video was opened"):
        IsolatedVideo(plain.path, timeout_s=1, environment={FAULT: fault})
    assert children() == before


def test_T15_one_bad_video_of_three_does_not_stop_the_others(barcode, plain, monkeypatch):
    outcomes = []
    for fault in ("", "segfault:10", ""):
        monkeypatch.setenv(FAULT, fault)
        try:
            outcomes.append([barcode.read(frame.image) for frame in isolated_frames(plain.path)] == plain.numbers)
        except VideoError as error:
            outcomes.append("SIGSEGV" in error.message)
    assert outcomes == [True, True, True]


def test_T15_the_check_survives_a_crash_and_says_where(plain, monkeypatch):
    monkeypatch.setenv(FAULT, "segfault:12")
    report = check_video(plain.path)
    assert not report.ok and report.n_frames == 60 and "after frame 11" in report.failure


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="needs a way to wait for another's child")
def test_the_child_ends_with_its_parent(plain):
    code = f"""
import os
from deeplabcut.io.video.isolate import IsolatedVideo
video = IsolatedVideo({str(plain.path)!r})
frames = video.frames()
next(frames)
print(video._busy[0]._process.pid, flush=True)
os._exit(0)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    try:
        child = os.pidfd_open(int(done.stdout))
    except ProcessLookupError:
        return
    assert select.select([child], [], [], 30)[0], "the child is still running"
    os.close(child)
