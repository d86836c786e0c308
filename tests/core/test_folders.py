"""Folders as scripts look through them."""

import os

import pytest

from deeplabcut.core.deprecation import DLCDeprecationWarning
from deeplabcut.core.errors import StorageError
from deeplabcut.core.folders import (
    attempt_to_make_folder,
    filter_files_by_patterns,
    get_deeplabcut_path,
    grab_files_in_folder,
    safe_resolve,
)


def test_a_folder_is_made_once_and_its_parents_on_request(tmp_path):
    attempt_to_make_folder(str(tmp_path / "a"))
    attempt_to_make_folder(tmp_path / "a")
    with pytest.raises(FileNotFoundError, match="recursive=True"):
        attempt_to_make_folder(tmp_path / "b" / "c")
    attempt_to_make_folder(tmp_path / "b" / "c", recursive=True)
    assert (tmp_path / "b" / "c").is_dir()


def test_a_file_in_the_way_is_named(tmp_path):
    (tmp_path / "a").write_bytes(b"")
    with pytest.raises(StorageError, match="a file has this name"):
        attempt_to_make_folder(tmp_path / "a")


def test_files_are_filtered_by_parts_of_their_names(tmp_path):
    for name in ("m1DLC_meta.pickle", "m1DLC_full.pickle", "m2DLC_meta.pickle", "m1DLC.h5"):
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "m1_folder.pickle").mkdir()

    def names(**patterns):
        return [path.name for path in filter_files_by_patterns(tmp_path, **patterns)]

    assert names() == ["m1DLC.h5", "m1DLC_full.pickle", "m1DLC_meta.pickle", "m2DLC_meta.pickle"]
    assert names(start_patterns={"m1", "m3"}, end_patterns={"pickle"}) == ["m1DLC_full.pickle", "m1DLC_meta.pickle"]
    assert names(start_patterns={"m1"}, contain_patterns={"meta", "no"}) == ["m1DLC_meta.pickle"]
    with pytest.raises(ValueError, match="no folder"):
        filter_files_by_patterns(tmp_path / "nowhere")


def test_names_in_a_folder_can_be_listed_the_old_way(tmp_path):
    for name in ("b.avi", "a.avi", "c.txt"):
        (tmp_path / name).write_bytes(b"")
    with pytest.warns(DLCDeprecationWarning, match="collect_video_paths"):
        assert list(grab_files_in_folder(tmp_path, "avi")) == ["a.avi", "b.avi"]
    with pytest.warns(DLCDeprecationWarning):
        assert list(grab_files_in_folder(tmp_path, ext="txt", relative=False)) == [os.path.join(tmp_path, "c.txt")]


def test_a_path_is_resolved_even_through_links_that_go_in_circles(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert safe_resolve(tmp_path / "link") == (tmp_path / "real").resolve()
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    assert safe_resolve(tmp_path / "circle").is_absolute()


def test_the_folder_of_the_package_is_known():
    assert (get_deeplabcut_path() / "inference_cfg.yaml").is_file()
