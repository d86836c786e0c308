"""Which files a list of videos, folders and suffixes stands for."""

import logging
import os

import pytest

from deeplabcut.io.video.collect import SUPPORTED_VIDEOS, collect_video_paths


@pytest.fixture
def folder(tmp_path):
    for name in ("b.mp4", "a.AVI", "c.txt", "a_labeled.mp4", "b_full.mp4", "noext"):
        (tmp_path / name).touch()
    (tmp_path / "deeper").mkdir()
    (tmp_path / "deeper" / "d.mp4").touch()
    (tmp_path / "folder.mp4").mkdir()
    return tmp_path


def names(paths):
    return [path.name for path in paths]


def test_the_kinds_of_video_are_those_of_the_reference_in_its_order():
    assert list(SUPPORTED_VIDEOS) == ["avi", "mp4", "mov", "mpeg", "mpg", "mpv", "mkv", "flv", "qt", "yuv"]


def test_a_folder_gives_its_videos_one_level_deep(folder):
    assert names(collect_video_paths(folder)) == ["a.AVI", "b.mp4"]
    assert names(collect_video_paths(str(folder))) == ["a.AVI", "b.mp4"]


def test_files_and_folders_may_be_mixed_and_nothing_comes_twice(folder):
    mixed = [folder / "b.mp4", str(folder), folder / "deeper", folder / "deeper" / ".." / "b.mp4"]
    assert names(collect_video_paths(mixed)) == ["a.AVI", "b.mp4", "d.mp4"]


def test_a_missing_path_is_an_error_that_names_it(folder):
    with pytest.raises(FileNotFoundError, match=r"nowhere\.mp4"):
        collect_video_paths([folder, folder / "nowhere.mp4"])


def test_a_file_given_by_hand_counts_whatever_its_suffix(folder):
    assert names(collect_video_paths(folder / "c.txt")) == ["c.txt"]
    assert names(collect_video_paths(folder / "noext")) == ["noext"]


def test_suffixes_filter_folders_and_files_alike(folder):
    assert names(collect_video_paths([folder, folder / "c.txt"], extensions="mp4")) == ["b.mp4"]
    assert names(collect_video_paths(folder, extensions=".txt")) == ["c.txt"]


@pytest.mark.parametrize("spelling", ["avi", ".avi", "AVI", [".Avi"], ("avi", "mov")])
def test_a_suffix_is_known_with_or_without_its_dot_in_any_case(folder, spelling):
    assert names(collect_video_paths(folder, extensions=spelling)) == ["a.AVI"]


@pytest.mark.parametrize("empty", ["", [""], ("",)])
def test_an_empty_suffix_means_every_video_and_says_so(folder, empty):
    with pytest.warns(DeprecationWarning, match="None"):
        assert names(collect_video_paths(folder, extensions=empty)) == ["a.AVI", "b.mp4"]


def test_an_empty_list_of_suffixes_is_an_error(folder):
    with pytest.raises(ValueError, match="empty"):
        collect_video_paths(folder, extensions=[])


@pytest.mark.parametrize("wrong", [{"mp4"}, {"mp4": 1}, 5, [5]])
def test_suffixes_of_another_type_are_an_error(folder, wrong):
    with pytest.raises(TypeError, match="text"):
        collect_video_paths(folder, extensions=wrong)


def test_videos_made_by_deeplabcut_are_left_out_even_when_given_by_hand(folder):
    assert names(collect_video_paths([folder / "a_labeled.mp4", folder / "b.mp4"])) == ["b.mp4"]


def test_without_patterns_nothing_is_left_out(folder):
    found = names(collect_video_paths(folder, exclude_patterns=[]))
    assert found == ["a.AVI", "a_labeled.mp4", "b.mp4", "b_full.mp4"]


def test_paths_are_absolute_and_links_stay_links(folder, monkeypatch):
    os.symlink(folder / "b.mp4", folder / "link.mp4")
    monkeypatch.chdir(folder)
    assert collect_video_paths("link.mp4") == [folder / "link.mp4"]
    assert all(path.is_absolute() for path in collect_video_paths("."))


def test_the_order_is_sorted_or_random_but_complete(tmp_path):
    for i in range(20):
        (tmp_path / f"{i:02}.mp4").touch()
    in_order = collect_video_paths(tmp_path)
    orders = [collect_video_paths(tmp_path, shuffle=True) for _ in range(5)]
    assert in_order == sorted(in_order)
    assert all(sorted(order) == in_order for order in orders)
    assert any(order != in_order for order in orders)


def test_unknown_suffixes_are_named_in_one_warning(folder, caplog):
    with caplog.at_level(logging.WARNING):
        collect_video_paths([folder / "c.txt", folder / "noext", folder / "b.mp4"])
    assert len(caplog.records) == 1
    assert "c.txt, noext" in caplog.text and "b.mp4" not in caplog.text


def test_the_warning_can_be_left_out(folder, caplog):
    collect_video_paths(folder / "c.txt", warn_on_unsupported_ext=False)
    assert not caplog.records


def test_T21_odd_names_are_found_and_not_interpreted(tmp_path):
    odd = ["-x.mp4", "a b.mp4", "%d.mp4", "鼠.mp4", "'q'.mp4", "$(touch marker).mp4", "new\nline.mp4", "[x].mp4"]
    for name in odd:
        (tmp_path / name).touch()
    assert sorted(names(collect_video_paths(tmp_path))) == sorted(odd)
    assert len(collect_video_paths([tmp_path / name for name in odd])) == len(odd)
