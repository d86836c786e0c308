"""A new project is whole or absent, with the names, folders and entries that everybody expects."""

import datetime
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import deeplabcut
from deeplabcut.core.config import read_config
from deeplabcut.core.deprecation import DLCDeprecationWarning
from deeplabcut.core.errors import InvalidInput, StorageError
from deeplabcut.create_project import folders, new, videos
from deeplabcut.create_project.folders import date_key
from deeplabcut.io.video.write import VideoSink
from deeplabcut.project import Project, check_project

TODAY = datetime.date.today().isoformat()


def film(path, size=(64, 48)):
    path.parent.mkdir(parents=True, exist_ok=True)
    with VideoSink(path, size=size, fps=30) as sink:
        for _ in range(3):
            sink.add(np.zeros((size[1], size[0], 3), np.uint8))
    return path


@pytest.fixture
def films(tmp_path):
    return [film(tmp_path / "films" / "b.mp4"), film(tmp_path / "films" / "a.avi", (62, 46))]


@pytest.fixture
def desk(tmp_path):
    place = tmp_path / "desk"
    place.mkdir()
    return place


def test_the_folder_has_its_parts_and_the_configuration_its_entries(films, desk):
    path = deeplabcut.create_new_project("reach", "Ana", films, desk)
    folder = desk / f"reach-Ana-{TODAY}"
    assert path == folder / "config.yaml"
    assert sorted(p.name for p in folder.iterdir()) == [
        "config.yaml", "dlc-models", "labeled-data", "training-datasets", "videos",
    ]  # fmt: skip
    assert sorted(p.name for p in (folder / "labeled-data").iterdir()) == ["a", "b"]
    config = read_config(path)
    assert (config.Task, config.scorer, config.date) == ("reach", "Ana", date_key(datetime.date.today()))
    assert config.video_sets == {
        (folder / "videos" / "a.avi").as_posix(): {"crop": "0, 62, 0, 46"},
        (folder / "videos" / "b.mp4").as_posix(): {"crop": "0, 64, 0, 48"},
    }
    assert config.bodyparts == ["bodypart1", "bodypart2", "bodypart3", "objectA"]
    assert os.listdir(desk) == [folder.name]
    assert check_project(Project.open(folder)).issues == ()


def test_videos_are_linked_or_copied_as_asked(films, desk):
    linked = deeplabcut.create_new_project("linked", "Ana", films, desk).parent / "videos" / "b.mp4"
    copied = deeplabcut.create_new_project("copied", "Ana", films, desk, copy_videos=True).parent / "videos" / "b.mp4"
    assert linked.is_symlink() and linked.resolve() == films[0].resolve()
    assert not copied.is_symlink() and copied.read_bytes() == films[0].read_bytes()


def test_T10_without_the_right_to_link_the_videos_are_copied_with_a_notice(films, desk, monkeypatch, caplog):
    def refuse(*_):
        raise OSError("no links here")

    monkeypatch.setattr(Path, "symlink_to", refuse)
    path = deeplabcut.create_new_project("reach", "Ana", films, desk)
    assert (path.parent / "videos" / "b.mp4").read_bytes() == films[0].read_bytes()
    assert "copied instead" in caplog.text


def test_a_project_of_several_animals(films, desk):
    config = read_config(deeplabcut.create_new_project("mice", "Ana", films, desk, multianimal=True))
    assert (config.bodyparts, config.individuals) == ("MULTI!", ["individual1", "individual2", "individual3"])
    named = deeplabcut.create_new_project("rats", "Ana", films, desk, multianimal=True, individuals=["r1"])
    assert read_config(named).individuals == ["r1"]


def test_an_existing_project_is_returned_as_it_is(films, desk):
    path = deeplabcut.create_new_project("reach", "Ana", films[:1], desk)
    before = path.read_bytes()
    assert deeplabcut.create_new_project("reach", "Ana", films, desk) == path
    assert path.read_bytes() == before and len(list((path.parent / "videos").iterdir())) == 1


@pytest.mark.parametrize("given", ["folder", "text", "path", "mixed"])
def test_videos_are_given_as_a_folder_a_path_or_a_list(films, desk, given):
    forms = {
        "folder": films[0].parent, "text": str(films[0].parent), "path": films[0], "mixed": [str(films[0]), films[1]],
    }  # fmt: skip
    config = read_config(deeplabcut.create_new_project("reach", "Ana", forms[given], desk))
    assert len(config.video_sets) == (1 if given == "path" else 2)


def test_kinds_of_videos_can_be_chosen_by_the_old_name_too(films, desk):
    folder = films[0].parent
    assert (
        len(read_config(deeplabcut.create_new_project("a", "Ana", folder, desk, video_extensions="avi")).video_sets)
        == 1
    )
    with pytest.warns(DLCDeprecationWarning):
        path = deeplabcut.create_new_project("b", "Ana", folder, desk, videotype=".avi")
    assert len(read_config(path).video_sets) == 1
    with pytest.raises(TypeError):
        deeplabcut.create_new_project("c", "Ana", folder, desk, videotype=".avi", video_extensions="avi")


@pytest.mark.parametrize("nothing", [[], "text"])
def test_without_a_usable_video_nothing_is_made(desk, tmp_path, nothing):
    (tmp_path / "text.mp4").write_text("no video")
    given = [] if nothing == [] else [tmp_path / "text.mp4"]
    with pytest.warns(UserWarning, match="no project was made"):
        assert deeplabcut.create_new_project("reach", "Ana", given, desk) == "nothingcreated"
    assert os.listdir(desk) == []


def test_a_video_that_cannot_be_opened_is_announced_and_left_out(films, desk, tmp_path):
    (tmp_path / "text.mp4").write_text("no video")
    with pytest.warns(UserWarning, match=r"text\.mp4 cannot be opened"):
        path = deeplabcut.create_new_project("reach", "Ana", [*films, tmp_path / "text.mp4"], desk)
    assert sorted(p.name for p in (path.parent / "labeled-data").iterdir()) == ["a", "b"]


def test_mistakes_are_found_before_anything_is_made(films, desk, tmp_path):
    with pytest.raises(FileNotFoundError):
        deeplabcut.create_new_project("reach", "Ana", [*films, tmp_path / "absent.mp4"], desk)
    twin = film(tmp_path / "other" / "b.mp4")
    with pytest.raises(ValueError, match=r"called b: .*b\.mp4 and .*b\.mp4"):
        deeplabcut.create_new_project("reach", "Ana", [*films, twin], desk)
    with pytest.raises(ValueError, match="single"):
        deeplabcut.create_new_project("reach", "Ana", films, desk, multianimal=True, individuals=["single"])
    assert os.listdir(desk) == []


@pytest.mark.parametrize("name", ["a/b", "..", "CON", "x.", "-rf", "a\nb", "", "a:b", "n" * 200])
def test_T21_names_that_some_system_cannot_carry_are_refused(films, desk, name):
    for names in ((name, "Ana"), ("reach", name)):
        with pytest.raises(InvalidInput):
            deeplabcut.create_new_project(*names, films, desk)
    assert os.listdir(desk) == []


@pytest.mark.parametrize("name", ["two words", "e\u0301t\u00e9", "\u9f20", "\U0001f42d", "100%", "it's", "$(x)", "a;b"])
def test_T21_odd_names_work_from_creation_to_opening(desk, tmp_path, name):
    path = deeplabcut.create_new_project(name, "Ana", film(tmp_path / "films" / f"{name}.mp4"), desk)
    project = Project.open(path.parent)
    assert [video.state for video in project.videos] == ["listed"]
    assert check_project(project).issues == ()


def test_a_failure_half_way_leaves_nothing(films, desk, monkeypatch):
    def fail(*_, **__):
        raise StorageError("the disk is gone")

    monkeypatch.setattr(new, "bring_in", fail)
    with pytest.raises(StorageError):
        deeplabcut.create_new_project("reach", "Ana", films, desk)
    assert os.listdir(desk) == []


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL")
def test_what_a_killed_process_left_is_removed_by_the_next_one(films, desk):
    program = (
        "import os, signal, sys\nimport deeplabcut\nfrom deeplabcut.create_project import new\n"
        "new.bring_in = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)\n"
        "deeplabcut.create_new_project('reach', 'Ana', sys.argv[1], sys.argv[2])\n"
    )
    subprocess.run([sys.executable, "-c", program, str(films[0]), str(desk)])
    (left,) = desk.iterdir()
    assert left.name.startswith(".dlc-")
    deeplabcut.create_new_project("reach", "Ana", films, desk)
    assert os.listdir(desk) == [f"reach-Ana-{TODAY}"]


def test_T17_making_a_project_leaves_the_videos_as_they_were(films, desk):
    before = [(path.read_bytes(), path.stat().st_mtime_ns) for path in films]
    deeplabcut.create_new_project("reach", "Ana", films, desk, copy_videos=True)
    assert [(path.read_bytes(), path.stat().st_mtime_ns) for path in films] == before


@pytest.mark.parametrize(("day", "key"), [((2026, 1, 5), "Jan5"), ((2018, 10, 30), "Oct30"), ((2024, 5, 1), "May1")])
def test_T29_the_day_is_written_in_english_without_a_zero(day, key):
    assert date_key(datetime.date(*day)) == key


@pytest.mark.skipif(os.name == "nt", reason="modes of folders mean little on Windows")
def test_T9_a_place_where_nothing_may_be_written_is_named(read_only_folder):
    read_only_folder.chmod(0o500)
    with pytest.raises(StorageError, match="No project can be made here"), folders.born_whole(read_only_folder / "p"):
        pass


def test_a_project_of_three_cameras(desk):
    path = deeplabcut.create_new_project_3d("reach", "Ana", 3, desk)
    assert path == desk / f"reach-Ana-{TODAY}-3d" / "config.yaml"
    assert sorted(p.name for p in path.parent.iterdir()) == [
        "calibration_images", "camera_matrix", "config.yaml", "corners", "removed_calibration_images", "undistortion",
    ]  # fmt: skip
    config = read_config(path)
    assert config["camera_names"] == ["camera-1", "camera-2", "camera-3"] and config["shuffle_camera-3"] == 1
    assert deeplabcut.create_new_project_3d("reach", "Ana", 3, desk) is None
    with pytest.raises(InvalidInput, match="at least 2"):
        deeplabcut.create_new_project_3d("one", "Ana", 1, desk)


def test_a_video_that_grows_while_it_is_copied_is_not_taken_for_whole(films, desk, monkeypatch):
    really = videos.shutil.copystat

    def grow(source, target):
        with open(target, "ab") as file:
            file.write(b"x")
        really(source, target)

    monkeypatch.setattr(videos.shutil, "copystat", grow)
    with pytest.raises(StorageError, match="changed while it was copied"):
        deeplabcut.create_new_project("reach", "Ana", films, desk, copy_videos=True)
    assert os.listdir(desk) == []


def test_a_working_directory_that_is_not_there_is_made_and_goes_again_if_the_project_fails(films, desk, monkeypatch):
    place = desk / "data" / "spring"
    with monkeypatch.context() as patch:
        patch.setattr(new, "bring_in", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            deeplabcut.create_new_project("reach", "Ana", films, place)
    assert os.listdir(desk) == []
    path = deeplabcut.create_new_project("reach", "Ana", films, place)
    assert path == place / f"reach-Ana-{TODAY}" / "config.yaml" and check_project(Project.open(path)).issues == ()


def test_names_of_individuals_are_given_one_by_one(films, desk):
    with pytest.raises(InvalidInput, match="one by one"):
        deeplabcut.create_new_project("reach", "Ana", films, desk, multianimal=True, individuals=["a,b"])
    assert os.listdir(desk) == []
