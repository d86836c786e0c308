"""Projects open wherever they are, and nothing on disk changes until a save."""

from __future__ import annotations

import os
import shutil
import unicodedata
from pathlib import Path

import pytest

from deeplabcut.core.config import Project3DConfig, ProjectConfig, new_3d_project_config, read_config
from deeplabcut.core.errors import Missing
from deeplabcut.project import Project
from deeplabcut.project.project import config_of


def snapshot(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {str(p): (p.read_bytes(), p.stat().st_mtime_ns) for p in sorted(folder.rglob("*")) if p.is_file()}


def test_a_project_is_opened_by_its_folder_its_file_or_its_config(project):
    for source in (
        project.path,
        str(project.config_file),
        read_config(project.config_file),
        read_config(project.config_file).to_dict(),
        Project.open(project.path),
    ):
        opened = Project.open(source)
        assert opened.path == project.path and opened.config.Task == "reach" and not opened.is_3d
        assert opened.config_file == project.config_file
        assert [(v.stem, v.state) for v in opened.videos] == [("m1", "listed"), ("m2", "listed")]


def test_what_is_not_a_project_is_named(tmp_path):
    with pytest.raises(Missing, match=r"no config\.yaml in this folder"):
        Project.open(tmp_path)
    with pytest.raises(FileNotFoundError, match="does not exist"):
        Project.open(tmp_path / "nowhere")
    with pytest.raises(ValueError, match="not int"):
        Project.open(3)


def test_a_3d_project_is_opened_too(tmp_path):
    new_3d_project_config("a", "b", "Nov20", tmp_path).to_yaml(tmp_path / "config.yaml")
    project = Project.open(tmp_path)
    assert project.is_3d and isinstance(project.config, Project3DConfig) and project.videos == []
    with pytest.raises(ValueError, match="this one is 3D"):
        config_of(tmp_path)


@pytest.mark.parametrize(
    "name", ["moved", "with space", "é-NFC", unicodedata.normalize("NFD", "é-NFD"), "鼠", "🐭", "50% it's; $(x)"]
)
def test_T22_a_moved_or_renamed_project_opens_unedited(project, tmp_path, name):
    new = tmp_path / name
    shutil.move(project.path, new)
    before = snapshot(new)
    opened = Project.open(new)
    assert opened.path == new and opened.config.project_path == new
    assert [(v.state, v.path) for v in opened.videos] == [("moved", new / "videos" / f"m{i}.avi") for i in (1, 2)]
    assert opened.labels_folder(opened.videos[0].key) == new / "labeled-data" / "m1"
    assert snapshot(new) == before
    opened.save()
    again = read_config(new)
    assert list(again.video_sets) == [(new / "videos" / f"m{i}.avi").as_posix() for i in (1, 2)]
    assert (
        again["project_path"] == new and not again.is_dirty and again.video_sets[next(iter(again.video_sets))]["crop"]
    )


def test_T22_a_project_from_windows_opens_on_this_system(project):
    project.replace(str(project.path), "C:\\Users\\Ada\\reach")
    project.replace("reach/videos/", "reach\\videos\\")
    before = snapshot(project.path)
    opened = Project.open(project.path)
    assert next(iter(opened.config.video_sets)) == "C:\\Users\\Ada\\reach\\videos\\m1.avi"
    assert [v.path for v in opened.videos] == [project.path / "videos" / "m1.avi", project.path / "videos" / "m2.avi"]
    assert snapshot(project.path) == before
    opened.save()
    assert "\\" not in project.config_file.read_text()


def test_T22_saving_changes_the_paths_and_nothing_else(project, tmp_path):
    project.config_file.write_text("# mine\n" + project.config_file.read_text() + "my_key: 3\n")
    text = project.config_file.read_text()
    new = tmp_path / "elsewhere"
    shutil.move(project.path, new)
    Project.open(new).save()
    assert (new / "config.yaml").read_text() == text.replace(str(project.path), str(new))
    saved = snapshot(new)
    Project.open(new).save()
    assert snapshot(new) == saved


@pytest.mark.parametrize(("listed", "stored"), [("NFC", "NFD"), ("NFD", "NFC")])
def test_T22_names_with_accents_are_found_in_either_form(make_project, listed, stored):
    project = make_project(videos=(unicodedata.normalize(stored, "Mäuse.avi"),))
    project.replace(str(project.path / "videos"), "/gone")
    project.replace(unicodedata.normalize(stored, "Mäuse.avi"), unicodedata.normalize(listed, "Mäuse.avi"))
    opened = Project.open(project.path)
    assert opened.videos[0].state == "moved" and opened.videos[0].path.is_file()
    assert opened.labels_folder(opened.videos[0].key).is_dir()


def test_two_entries_that_mean_one_file_are_both_kept_on_saving(project):
    videos = {r"C:\old\m1.avi": {"crop": "0, 10, 0, 10"}, "/older/m1.avi": {"crop": "0, 20, 0, 20"}}
    opened = Project.open(project.path)
    opened.config["video_sets"] = videos
    opened.save()
    assert Project.open(project.path).video_sets == videos


def test_a_key_without_a_suffix_finds_its_video(project):
    project.replace(str(project.path / "videos" / "m1.avi"), "m1")
    (project.path / "videos" / "m1.csv").write_text("x")
    assert Project.open(project.path).videos[0].path == project.path / "videos" / "m1.avi"


def test_a_broken_link_says_where_it_points(project):
    (project.path / "videos" / "m1.avi").unlink()
    (project.path / "videos" / "m1.avi").symlink_to("/gone/m1.avi")
    video = Project.open(project.path).videos[0]
    assert video.state == "missing" and "points to /gone/m1.avi" in video.reason


def test_videos_of_before_images_were_cropped_come_first(project):
    config = read_config(project.config_file)
    config["video_sets_original"] = {"/a/m3.avi": {"crop": "0, 1, 0, 1"}}
    config.to_yaml(project.config_file)
    assert [v.stem for v in Project.open(project.path).videos] == ["m3"]


def test_T35_the_path_in_the_file_is_a_hint_and_never_followed(project):
    project.replace(f"project_path: {project.path}", "project_path: /etc")
    opened = Project.open(project.path)
    assert opened.path == project.path == opened.config.project_path
    opened.save()
    assert not os.path.exists("/etc/config.yaml") and read_config(project.path)["project_path"] == project.path


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("../../../secret.avi", "leads out of the project"),
        ("videos/../../secret.avi", "leads out of the project"),
        ("..\\..\\secret.avi", "leads out of the project"),
        ("file:///secret.avi", "an address"),
        ("https://example.org/secret.avi", "an address"),
        ("\\\\server\\share\\secret.avi", "another computer"),
        ("..", "not the path of a file"),
        ("/a/..", "not the path of a file"),
    ],
)
def test_T35_keys_that_lead_elsewhere_are_not_followed(project, tmp_path, key, reason):
    (tmp_path / "secret.avi").write_text("x")
    (tmp_path.parent / "secret.avi").write_text("x")
    config = ProjectConfig.from_any(project.config_file)
    config.video_sets = {key: {"crop": "0, 1, 0, 1"}}
    config.to_yaml(project.config_file)
    video = Project.open(project.path).videos[0]
    assert (video.state, video.path) == ("refused", None) and reason in video.reason


def test_T35_a_refused_key_still_finds_its_video_in_the_project(project):
    project.replace(str(project.path / "videos" / "m1.avi"), "\\\\server\\share\\m1.avi")
    assert Project.open(project.path).videos[0].path == project.path / "videos" / "m1.avi"


@pytest.mark.parametrize("key", ["/dev/zero", "/etc", "\\\\?\\C:\\x", "a" * 5000, "con:"])
def test_T35_devices_and_folders_are_not_videos(project, key):
    assert Project.open(project.path).find_video(key).path is None
