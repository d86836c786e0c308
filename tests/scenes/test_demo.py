"""The demo shows what it says."""

import io

import pytest

from deeplabcut.core import progress
from deeplabcut.core.errors import InvalidInput
from deeplabcut.io.video.reader import Video
from deeplabcut.scenes.demo import demo


def test_the_demo_renders_indexes_reads_cuts_draws_and_says_so(tmp_path):
    stream = io.StringIO()
    with progress.in_force(progress.Progress(progress.Terminal(stream))):
        picture = demo(tmp_path / "out", n_frames=70, n_random=6)
    assert picture.stat().st_size > 10_000
    with Video(tmp_path / "out" / "arena_top.mp4") as video, Video(tmp_path / "out" / "arena_topshort.mp4") as clip:
        assert (len(video), len(clip)) == (70, 30)
    assert [line[0] for line in stream.getvalue().splitlines() if line[:2].rstrip(".").isdigit()] == list("12345")


@pytest.mark.parametrize("wrong", [{"n_animals": 0}, {"n_frames": 59}, {"n_random": 0}, {"n_random": -1}])
def test_a_demo_with_nothing_to_show_is_refused_before_anything_is_written(tmp_path, wrong):
    with pytest.raises(InvalidInput, match="at least one animal"):
        demo(tmp_path / "out", **wrong)
    assert not (tmp_path / "out").exists()
