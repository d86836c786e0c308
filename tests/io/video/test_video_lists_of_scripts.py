"""The earlier ways to list videos: they work, and name the function that took their place."""

import pytest

from deeplabcut.core import progress
from deeplabcut.core.deprecation import DLCDeprecationWarning
from deeplabcut.io.video.collect import get_list_of_videos, get_video_list, list_videos_in_folder


@pytest.fixture
def folder(tmp_path):
    for name in ("b.avi", "a.mp4", "a_labeled.mp4", "notes.txt"):
        (tmp_path / name).write_bytes(b"")
    return tmp_path


def test_videos_are_listed_as_texts_or_paths(folder):
    with pytest.warns(DLCDeprecationWarning, match="use collect_video_paths"):
        assert get_list_of_videos(str(folder), in_random_order=False) == [str(folder / "a.mp4"), str(folder / "b.avi")]
    with pytest.warns(DLCDeprecationWarning, match="use collect_video_paths"):
        assert list_videos_in_folder(folder, "avi") == [folder / "b.avi"]
    with pytest.warns(DLCDeprecationWarning):
        assert set(get_list_of_videos([str(folder)], videotype="")) == {str(folder / "a.mp4"), str(folder / "b.avi")}


def test_one_video_of_a_folder_is_found_by_its_name(folder):
    said = []
    reporter = progress.Silent()
    reporter.message = said.append
    with pytest.warns(DLCDeprecationWarning), progress.in_force(progress.Progress(reporter)):
        assert get_video_list("all", folder, ".mp4") == ["a.mp4", "a_labeled.mp4"]
        assert get_video_list("a.mp4", folder, ".mp4") == ["a.mp4"] and said == []
        assert get_video_list("c.mp4", folder, ".mp4") == [] and "no video c.mp4" in said[0]
