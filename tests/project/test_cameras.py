"""Which files of several cameras belong together."""

import unicodedata
from pathlib import Path

import pytest

from deeplabcut.core.config import Project3DConfig
from deeplabcut.core.errors import InvalidInput, Missing
from deeplabcut.project.cameras import (
    Recording,
    camera_of,
    camera_recordings,
    file_stem_3d,
    folders_3d,
    get_camerawise_videos,
    recordings,
    triangulated_and_video_files,
)

TWO = ["camera-1", "camera-2"]


def touched(folder, *names):
    for name in names:
        (folder / name).touch()
    return folder


def names_of(found):
    return [[Path(file).name for file in one] for one in found]


def test_files_that_differ_only_in_the_camera_belong_together(tmp_path):
    touched(tmp_path, "vid1_camera-1.avi", "vid1_camera-2.avi", "vid2_camera-1.avi", "camera-2.txt", "notes.avi")
    assert get_camerawise_videos(tmp_path, TWO, "avi") == [
        [str(tmp_path / "vid1_camera-1.avi"), str(tmp_path / "vid1_camera-2.avi")]
    ]


def test_without_a_suffix_every_kind_of_video_counts_and_results_do_not(tmp_path):
    touched(tmp_path, *(f"a_{camera}{tail}" for camera in TWO for tail in (".mp4", "DLC.h5", "DLC_labeled.mp4")))
    for videotype in ("", None, [], "MP4", ".mp4", ["avi", "mp4"]):
        assert names_of(get_camerawise_videos(tmp_path, TWO, videotype)) == [["a_camera-1.mp4", "a_camera-2.mp4"]]
    assert get_camerawise_videos(tmp_path, TWO, ".avi") == []


def test_the_order_of_the_files_is_that_of_the_cameras(tmp_path):
    touched(tmp_path, "left.mp4", "right.mp4", "top.mp4")
    assert names_of(get_camerawise_videos(tmp_path, ["top", "right", "left"])) == [["top.mp4", "right.mp4", "left.mp4"]]


def test_a_camera_inside_a_longer_cameras_name_is_not_meant():
    cameras = ["camera-1", "camera-10", "camera-100"]
    assert [camera_of(f"v_{camera}_x.avi", cameras) for camera in cameras] == cameras
    assert camera_of("v_camera-2.avi", cameras) is None
    files = [f"v_{camera}.avi" for camera in cameras]
    assert recordings(files, cameras) == [Recording("v", tuple(map(Path, files)))]
    assert recordings(["v_camera-10.avi", "v_camera-100.avi"], cameras[:2]) == []  # camera-1 is missing, not hidden


def test_a_cameras_name_elsewhere_in_the_name_does_not_confuse():
    files = ["left_right-turn_left.avi", "left_right-turn_right.avi"]
    assert recordings(files, ["left", "right"]) == [Recording("left_right-turn", tuple(map(Path, files)))]
    twice = ["top_mouse_top.avi", "side_mouse_side.avi"]
    assert recordings(twice, ["top", "side"]) == [Recording("mouse", tuple(map(Path, twice)))]


def test_a_file_belongs_to_one_recording_only():
    files = ["a_a.avi", "a_b.avi", "b_a.avi", "b_b.avi"]
    used = [file for one in recordings(files, ["a", "b"]) for file in one.files]
    assert len(used) == len(set(used))


def test_names_are_the_same_in_every_form_of_accents():
    composed, parted = (unicodedata.normalize(form, "caméra") for form in ("NFC", "NFD"))
    assert len(recordings([f"x_{parted}1.avi", f"x_{composed}2.avi"], [f"{composed}1", f"{parted}2"])) == 1


def test_folders_keep_recordings_apart():
    assert recordings(["a/v_camera-1.avi", "b/v_camera-2.avi"], TWO) == []


@pytest.mark.parametrize(
    ("video", "stem"),
    [
        ("trial_camera-1_x.avi", "trial_x"),
        ("trial-camera-1.avi", "trial"),
        ("camera-1_trial.avi", "trial"),
        ("trial__camera-1.tar.avi", "trial__.tar"),
        ("camera-1.avi", ""),
    ],
)
def test_3d_results_are_named_after_the_video_without_the_camera(video, stem):
    found = recordings([video, video.replace("camera-1", "camera-2")], TWO)
    assert [one.stem for one in found] == [stem]
    assert file_stem_3d(found[0], "DLC_3D") == f"{stem}_DLC_3D".lstrip("_")


def test_cameras_need_different_names():
    for cameras in (["a"], ["a", "a"], "ab"):
        with pytest.raises(InvalidInput, match="camera_names"):
            recordings(["a.avi"], cameras)


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(Missing, match="nowhere"):
        camera_recordings(tmp_path / "nowhere", TWO)


def test_3d_results_find_their_videos(tmp_path):
    videos, results = tmp_path / "videos", tmp_path / "results"
    videos.mkdir()
    results.mkdir()
    touched(videos, "m_camera-1.avi", "m_camera-2.avi", "m2_camera-1.avi", "m2_camera-2.avi")
    touched(results, "m_DLC_3D.h5", "m_DLC_3D_meta.pickle", "lost_DLC_3D.h5", "m_camera-1DLC_resnet.h5")
    wanted = [["m_DLC_3D.h5", "m_camera-1.avi", "m_camera-2.avi"]]
    for given in ([results], results, str(results), [results / "m_DLC_3D.h5"]):
        assert names_of(triangulated_and_video_files(given, ".avi", "DLC_3D", TWO, videos)) == wanted
    assert triangulated_and_video_files([results], "", "DLC_3D", TWO, None) == []
    touched(results, "m_camera-1.mp4", "m_camera-2.mp4")
    assert len(triangulated_and_video_files([results], "", "DLC_3D", TWO, None)) == 1


def test_the_folders_of_a_3d_project(tmp_path):
    found = folders_3d({"project_path": str(tmp_path)})
    names = ("calibration_images", "corners", "camera_matrix", "undistortion", "removed_calibration_images")
    assert found == tuple(str(tmp_path / name) for name in names)
    assert folders_3d(Project3DConfig(Task="t", scorer="s", date="d", project_path=tmp_path)) == found


def test_keys_of_cameras_are_found_under_both_spellings():
    keys = {
        "config_file_left": "/a/config.yaml",
        "shuffle_camera-1": 4,
        "shuffle_right": 5,
        "trainingsetindex_camera-2": 1,
    }
    config = Project3DConfig.from_dict(
        {"camera_names": ["left", "right"], "num_cameras": 2, "project_path": "/p", **keys}
    )
    left, right = config.cameras
    assert (left.config_file, left.shuffle, left.trainingsetindex) == ("/a/config.yaml", 4, 0)
    assert (right.config_file, right.shuffle, right.trainingsetindex) == (None, 5, 1)
