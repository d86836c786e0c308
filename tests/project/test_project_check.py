"""Everything that a project refers to and does not have is listed at once, and stale paths are repaired in one go."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from deeplabcut.core import history
from deeplabcut.core.config import edit_config, new_3d_project_config, read_config
from deeplabcut.project import Project, check_project, project_check, remap_videos


def codes(report) -> set[str]:
    return {issue.code for issue in report.issues}


def test_a_sound_project_has_no_issues(project):
    report = project_check(project.config_file)
    assert report.issues == () and report.exit_code == 0
    assert report.lines() == [f"{project.path}: everything is in place"]


def test_every_broken_reference_is_listed_with_code_place_and_fix(project):
    labels = project.path / "labeled-data"
    (project.path / "videos" / "m1.avi").unlink()
    shutil.rmtree(labels / "m2")
    (labels / "stray").mkdir()
    (labels / "m1_labeled").mkdir()
    (labels / "m1" / "CollectedData_Ada.csv").write_text("x")
    (labels / "m3").mkdir()
    (labels / "m3" / "CollectedData_Ada.h5").write_text("")
    config = read_config(project.config_file)
    config.video_sets = {
        **config.video_sets,
        "/gone/m3.avi": {"crop": "5, 1, 0, 9"},
        "/gone/m3.mp4": {},
        "../../m4.avi": {"crop": "0, 1, 0, 1"},
    }
    config.to_yaml(project.config_file)
    for engine in ("dlc-models-pytorch", "dlc-models"):
        (project.path / engine / "iteration-0" / "reachNov20-trainset95shuffle1" / "train").mkdir(parents=True)
    report = check_project(project.path)
    assert codes(report) == {
        "video-missing", "video-refused", "video-twice", "crop-invalid", "labels-folder-missing", "labels-h5-missing",
        "labels-csv-missing", "labels-unreadable", "labels-without-video", "model-config-missing",
    }  # fmt: skip
    assert sum(issue.code == "video-missing" for issue in report.issues) == 3
    assert sum(issue.code == "model-config-missing" for issue in report.issues) == 2
    assert all(issue.what and issue.where and issue.fix for issue in report.issues)
    assert report.exit_code == 1 and report.lines()[-1].endswith("5 errors, 8 warnings")


def test_mistakes_of_the_file_are_issues_too(project):
    project.replace("pcutoff: 0.6", "pcutoff: high")
    project.replace("batch_size: 8", "batch_size: 0")
    report = project_check(project.config_file)
    assert codes(report) == {"config-mistake"} and len(report.issues) == 2 and report.exit_code == 1
    project.config_file.write_text("a: [")
    assert codes(project_check(project.path)) == {"config-unreadable"}


def test_control_characters_are_shown_as_text(project):
    project.replace(str(project.path / "videos" / "m1.avi"), '"/gone/\\e[31mred.avi"')
    assert not any("\x1b" in line for line in project_check(project.path).lines())


def test_the_2d_projects_of_a_3d_project_are_checked(project, tmp_path):
    config = new_3d_project_config("a", "b", "Nov20", tmp_path / "three", num_cameras=4)
    (tmp_path / "three").mkdir()
    config["config_file_camera-1"] = str(project.config_file)
    config["config_file_camera-2"] = str(tmp_path / "three" / "config.yaml")
    config["config_file_camera-3"] = None
    config.to_yaml(tmp_path / "three" / "config.yaml")
    report = check_project(tmp_path / "three")
    assert [issue.code for issue in report.issues] == [
        "camera-config-missing",
        "camera-config-absent",
        "camera-config-missing",
    ]
    assert "3D project" in report.issues[0].what and "does not exist" in report.issues[2].what


def test_stale_paths_are_remapped_in_one_go(project, tmp_path):
    store = tmp_path / "store"
    shutil.move(project.path / "videos", store)
    text = project.config_file.read_text()
    planned = remap_videos(project.path, {str(project.path / "videos"): str(store)}, dry_run=True)
    assert project.config_file.read_text() == text and len(planned) == 2
    report = project_check(project.config_file, remap=[f"{project.path / 'videos'}={store}"])
    assert dict(report.remapped) == planned and report.exit_code == 0
    assert project.config_file.read_text() == text.replace(str(project.path / "videos"), str(store))
    assert [v.state for v in Project.open(project.path).videos] == ["listed", "listed"]
    assert history.versions(project.config_file)[-1].path.read_text() == text


def test_one_folder_is_searched_for_every_missing_video(project, tmp_path):
    store = tmp_path / "store"
    shutil.move(project.path / "videos", store)
    (store / "m2.avi").unlink()
    project.replace(str(project.path / "videos" / "m1.avi"), "D:\\films\\m1.avi")
    assert remap_videos(project.path, store) == {"D:\\films\\m1.avi": (store / "m1.avi").as_posix()}
    assert [v.state for v in Project.open(project.path).videos] == ["listed", "missing"]


def test_windows_folders_can_be_remapped(project, tmp_path):
    store = tmp_path / "store" / "day1"
    store.mkdir(parents=True)
    (store / "m1.avi").write_text("x")
    edit_config(project.config_file, {"video_sets": {"D:\\films\\day1\\m1.avi": {"crop": "0, 1, 0, 1"}}})
    shutil.rmtree(project.path / "videos")
    assert list(remap_videos(project.path, {"D:\\films": str(store.parent)}).values()) == [
        (store / "m1.avi").as_posix()
    ]


def test_two_entries_are_not_merged_into_one(project, tmp_path):
    store = tmp_path / "store"
    store.mkdir()
    (store / "m1.avi").write_text("x")
    edit_config(project.config_file, {"video_sets": {"/a/m1.avi": {}, "/b/m1.avi": {}}})
    shutil.rmtree(project.path / "videos")
    before = project.config_file.read_text()
    with pytest.raises(ValueError, match="Two entries"):
        remap_videos(project.path, store)
    assert project.config_file.read_text() == before


def test_remapping_does_not_leave_the_new_folder(project, tmp_path):
    (tmp_path / "secret.avi").write_text("x")
    edit_config(project.config_file, {"video_sets": {"/old/../../secret.avi": {}}})
    assert remap_videos(project.path, {"/old": str(Path(tmp_path / "store" / "deep"))}) == {}


def test_names_that_lead_elsewhere_are_an_issue_of_the_report(tmp_path):
    (tmp_path / "config.yaml").write_text('Task: "a/b"\nscorer: "..\\\\x"\ndate: Nov20\nbodyparts: [a]\n')
    report = project_check(tmp_path)
    assert report.exit_code == 1
    assert "Task: 'a/b', scorer:" in report.issues[0].what
