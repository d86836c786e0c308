"""Videos join a project, all of them or none."""

import os
import shutil
from pathlib import Path

import numpy as np
import pytest

import deeplabcut
from deeplabcut.core.config import read_config
from deeplabcut.core.errors import InvalidInput, Missing, VideoError
from deeplabcut.io.video.write import VideoSink
from deeplabcut.project import Project, check_project


def film(path, size=(64, 48)):
    path.parent.mkdir(parents=True, exist_ok=True)
    with VideoSink(path, size=size, fps=30) as sink:
        for shade in range(4):
            sink.add(np.full((size[1], size[0], 3), 50 * shade, np.uint8))
    return path


@pytest.fixture
def config(tmp_path):
    (tmp_path / "desk").mkdir()
    return deeplabcut.create_new_project("reach", "Ana", [film(tmp_path / "films" / "first.mp4")], tmp_path / "desk")


def contents(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if ".history" not in path.parts)


@pytest.mark.parametrize("as_what", [list, str, Path])
def test_a_video_gets_an_entry_a_link_and_a_folder(config, tmp_path, as_what):
    new = film(tmp_path / "films" / "second.avi", (62, 46))
    deeplabcut.add_new_videos(config, [new] if as_what is list else as_what(new))
    folder = config.parent
    assert read_config(config).video_sets[(folder / "videos" / "second.avi").as_posix()] == {"crop": "0, 62, 0, 46"}
    assert (folder / "videos" / "second.avi").resolve() == new
    assert (folder / "labeled-data" / "second").is_dir()
    assert check_project(Project.open(folder)).issues == ()


def test_a_copied_video_does_not_need_the_original(config, tmp_path):
    new = film(tmp_path / "films" / "second.mp4")
    deeplabcut.add_new_videos(config, [new], copy_videos=True)
    new.unlink()
    assert check_project(Project.open(config)).issues == ()


def test_a_video_may_stay_where_it_is(config, tmp_path):
    new = film(tmp_path / "films" / "second.mp4")
    deeplabcut.add_new_videos(config, [new], in_place=True)
    assert new.as_posix() in read_config(config).video_sets
    assert not (config.parent / "videos" / "second.mp4").exists()
    assert (config.parent / "labeled-data" / "second").is_dir()


def test_a_new_project_may_leave_its_videos_where_they_are(tmp_path):
    (tmp_path / "desk").mkdir()
    new = film(tmp_path / "films" / "one.mp4")
    config = deeplabcut.create_new_project("r", "A", [new], tmp_path / "desk", in_place=True)
    assert list(read_config(config).video_sets) == [new.as_posix()]
    assert os.listdir(config.parent / "videos") == []
    assert check_project(Project.open(config)).issues == ()


@pytest.mark.parametrize("in_place", [False, True])
@pytest.mark.parametrize("copy", [False, True])
def test_a_video_of_the_project_is_not_added_twice(config, tmp_path, copy, in_place):
    new = film(tmp_path / "films" / "second.mp4")
    deeplabcut.add_new_videos(config, [new], copy_videos=copy, in_place=in_place)
    before = config.read_bytes()
    deeplabcut.add_new_videos(config, [new], copy_videos=copy)
    deeplabcut.add_new_videos(config, [tmp_path / "films" / "first.mp4"])
    if not in_place:
        deeplabcut.add_new_videos(config, [config.parent / "videos" / "second.mp4"])
    assert config.read_bytes() == before


def test_another_video_of_the_same_name_is_refused_and_nothing_changes(config, tmp_path):
    before = contents(config.parent)
    other = film(tmp_path / "elsewhere" / "first.avi")
    with pytest.raises(InvalidInput, match="another video called first"):
        deeplabcut.add_new_videos(config, [film(tmp_path / "films" / "second.mp4"), other])
    assert contents(config.parent) == before


def test_an_entry_without_a_file_gets_the_video_of_its_name(config, tmp_path):
    """Labels may come before their video: the entry is then a name only."""
    project = Project.open(config)
    project.config["video_sets"] = {**project.video_sets, "second": {"crop": "0, 1, 0, 1"}}
    project.save()
    deeplabcut.add_new_videos(config, [film(tmp_path / "films" / "second.mp4")])
    stems = [video.stem for video in Project.open(config).videos]
    assert stems == ["first", "second"]
    assert check_project(Project.open(config)).issues == ()


def test_crops_are_given_in_the_order_of_the_videos(config, tmp_path):
    late, early = film(tmp_path / "films" / "z.mp4"), film(tmp_path / "films" / "b.mp4")
    deeplabcut.add_new_videos(config, [late, early], coords=[[1, 20, 2, 30], [3, 40, 4, 44]])
    crops = {Path(key).stem: entry["crop"] for key, entry in read_config(config).video_sets.items()}
    assert (crops["z"], crops["b"]) == ("1, 20, 2, 30", "3, 40, 4, 44")


@pytest.mark.parametrize("coords", [[[0, 65, 0, 48]], [[0, 10, 9, 5]], [[0, 10, 0]], [], [[0, 9, 0, 9]] * 2])
def test_a_crop_that_does_not_fit_is_refused_before_anything_changes(config, tmp_path, coords):
    new = film(tmp_path / "films" / "second.mp4")
    before = contents(config.parent)
    with pytest.raises(InvalidInput):
        deeplabcut.add_new_videos(config, [new], coords=coords)
    assert contents(config.parent) == before


def test_a_missing_or_broken_video_changes_nothing(config, tmp_path):
    good = film(tmp_path / "films" / "second.mp4")
    broken = tmp_path / "films" / "broken.mp4"
    broken.write_text("no video")
    before, text = contents(config.parent), config.read_bytes()
    with pytest.raises(Missing):
        deeplabcut.add_new_videos(config, [good, tmp_path / "nowhere.mp4"])
    with pytest.raises(VideoError):
        deeplabcut.add_new_videos(config, [good, broken])
    assert (contents(config.parent), config.read_bytes()) == (before, text)


def test_entries_of_before_images_were_cropped_are_kept_up_to_date(config, tmp_path):
    project = Project.open(config)
    project.config["video_sets_original"] = dict(project.config["video_sets"])
    project.save()
    deeplabcut.add_new_videos(config, [film(tmp_path / "films" / "second.mp4")])
    content = read_config(config)
    assert list(content["video_sets_original"]) == list(content["video_sets"])
    assert len(content["video_sets"]) == 2


def test_T6_a_failing_save_of_the_configuration_undoes_the_rest(config, tmp_path, monkeypatch):
    new = film(tmp_path / "films" / "second.mp4")
    before = contents(config.parent)

    def fail(project):
        raise OSError("no")

    monkeypatch.setattr(Project, "save", fail)
    with pytest.raises(OSError, match="no"):
        deeplabcut.add_new_videos(config, [new])
    assert contents(config.parent) == before


def test_frames_can_be_extracted_at_once_of_the_new_videos_only(config, tmp_path):
    new = film(tmp_path / "films" / "second.mp4")
    deeplabcut.add_new_videos(config, [new], extract_frames=True)
    assert os.listdir(config.parent / "labeled-data" / "first") == []
    assert len(os.listdir(config.parent / "labeled-data" / "second")) == 4


def test_the_comments_of_the_configuration_stay(config, tmp_path):
    config.write_text("# mine\n" + config.read_text())
    deeplabcut.add_new_videos(config, [film(tmp_path / "films" / "second.mp4")])
    assert config.read_text().startswith("# mine\n")


def test_with_debug_in_the_environment_an_existing_project_is_filled_up(config, tmp_path, monkeypatch):
    monkeypatch.setattr("deeplabcut._debug.DEBUG", True)
    shutil.rmtree(config.parent / "dlc-models")
    films = [tmp_path / "films" / "first.mp4", film(tmp_path / "films" / "second.mp4")]
    assert deeplabcut.create_new_project("reach", "Ana", films, tmp_path / "desk") == config
    assert (config.parent / "dlc-models").is_dir()
    assert len(read_config(config).video_sets) == 2
    assert len(Project.open(config).videos) == 2


def test_a_crop_for_a_video_that_is_there_already_is_announced_as_without_effect(config, tmp_path, caplog):
    before = config.read_bytes()
    deeplabcut.add_new_videos(config, [tmp_path / "films" / "first.mp4"], coords=[[1, 20, 2, 30]])
    assert config.read_bytes() == before and "first is in the project already and keeps its crop" in caplog.text
