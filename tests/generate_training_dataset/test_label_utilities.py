"""Folders of labels are put in order, every change is reported, and nothing is lost on the way."""

from __future__ import annotations

import logging
import os
import shutil
import unicodedata

import cv2
import numpy as np
import pytest

from deeplabcut.core import progress
from deeplabcut.core.config import new_3d_project_config, new_project_config, read_config
from deeplabcut.core.errors import ConfigError, Missing
from deeplabcut.core.history import versions
from deeplabcut.core.poses import Annotations, BodyPlan
from deeplabcut.generate_training_dataset.label_folders import LabelsReport
from deeplabcut.generate_training_dataset.labels import (
    dropannotationfileentriesduetodeletedimages,
    dropduplicatesinannotatinfiles,
    dropimagesduetolackofannotation,
    dropunlabeledframes,
    find_next_unlabeled_folder,
    parse_video_filenames,
)
from deeplabcut.generate_training_dataset.video_list import (
    adddatasetstovideolistandviceversa,
    comparevideolistsanddatafolders,
)
from deeplabcut.io.annotations import LabelFiles, read_annotations, save_label_table, write_annotations
from deeplabcut.io.csv_tables import read_csv
from deeplabcut.io.hdf import read_table
from deeplabcut.io.tables import Table, columns_for, same_bits, table_of_annotations
from deeplabcut.io.video.write import VideoSink

PLAN = BodyPlan(("snout", "tail"))
PIXEL = np.full((8, 12, 3), 90, np.uint8)
ROW_UTILITIES = [dropannotationfileentriesduetodeletedimages, dropunlabeledframes, dropduplicatesinannotatinfiles]


def labels(folder, names, xy=None, scorer="Ada", plan=PLAN) -> Annotations:
    rng = np.random.default_rng(len(names))
    xy = rng.uniform(0, 8, (len(names), plan.n_individuals, plan.n_bodyparts, 2)) if xy is None else xy
    return Annotations(plan, scorer, tuple(("labeled-data", folder, name) for name in names), xy)


def fill(folder, names=("img1.png", "img2.png", "img3.png"), **how) -> Annotations:
    """Images and their labels in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        cv2.imwrite(str(folder / name), PIXEL)
    made = labels(folder.name, names, **how)
    write_annotations(folder, made)
    return made


def put_table(folder, images, values, scorer="Ada", name=None) -> LabelFiles:
    """Labels with any rows, repeated ones included."""
    columns, names = columns_for(PLAN, scorer, ("x", "y"))
    rows = tuple(("labeled-data", folder.name, image) for image in images)
    files = LabelFiles(folder / f"CollectedData_{name or scorer}.h5")
    save_label_table(files, Table(np.asarray(values, float), rows, columns, names))
    return files


def visible(folder):
    return sorted(entry.name for entry in folder.iterdir() if not entry.name.startswith("."))


def images_of(folder):
    return [key[-1] for key in read_annotations(folder, scorer="Ada").images]


def content(folder):
    """All bytes in a folder and below, by name; locks leave nothing behind."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.fixture
def project(tmp_path):
    """Two videos, m1 with three labelled images, m2 with an empty folder."""
    path = tmp_path / "reach"
    fill(path / "labeled-data" / "m1")
    (path / "labeled-data" / "m2").mkdir()
    (path / "videos").mkdir()
    videos = {(path / "videos" / f"{name}.avi").as_posix(): {"crop": "0, 12, 0, 8"} for name in ("m1", "m2")}
    config = new_project_config("reach", "Ada", "Nov20", path, video_sets=videos)
    config.bodyparts = ["snout", "tail"]
    config.to_yaml(path / "config.yaml")
    return path


@pytest.fixture
def m1(project):
    return project / "labeled-data" / "m1"


@pytest.fixture
def heard():
    """The messages of the library."""

    class Ear(progress.Silent):
        def __init__(self) -> None:
            self.texts: list[str] = []

        def message(self, text: str) -> None:
            self.texts.append(text)

    ear = Ear()
    with progress.in_force(progress.Progress(ear)):
        yield ear.texts


def write_video(path, size=(32, 24)):
    with VideoSink(path, size=size, fps=10, codec="mpeg4") as sink:
        for _ in range(3):
            sink.add(np.zeros((size[1], size[0], 3), np.uint8))


# --- rows without image


def test_rows_whose_image_was_deleted_are_dropped(project, m1):
    before = read_annotations(m1)
    (m1 / "img2.png").unlink()
    report = dropannotationfileentriesduetodeletedimages(project / "config.yaml")
    after = read_annotations(m1)
    assert report.changed == {"m1": ("img2.png",)} and images_of(m1) == ["img1.png", "img3.png"]
    assert same_bits(after.xy, before.xy[[0, 2]])
    assert same_bits(read_csv(m1 / "CollectedData_Ada.csv").values, read_table(m1 / "CollectedData_Ada.h5").values)
    assert len(versions(m1 / "CollectedData_Ada.h5")) == 1 == len(versions(m1 / "CollectedData_Ada.csv"))


def test_T18_a_folder_without_any_of_its_images_keeps_its_labels(project, m1):
    for image in m1.glob("*.png"):
        image.unlink()
    report = dropannotationfileentriesduetodeletedimages(project)
    assert not report.changed and len(images_of(m1)) == 3
    assert "None of the 3 labelled images is there" in report.skipped["m1"]


def test_T21_an_image_whose_name_is_spelled_in_another_form_is_there(project, m1):
    composed, apart = (unicodedata.normalize(form, "bébé.png") for form in ("NFC", "NFD"))
    fill(m1, (composed, "img1.png"))
    os.rename(m1 / composed, m1 / apart)
    assert not dropannotationfileentriesduetodeletedimages(project).changed
    assert set(dropimagesduetolackofannotation(project).changed["m1"]) == {"img2.png", "img3.png"}


def test_rows_that_name_an_image_of_another_folder_stay_if_it_is_there(project, m1):
    shutil.move(m1 / "img1.png", m1.parent / "m2" / "img1.png")
    table = read_table(m1 / "CollectedData_Ada.h5")
    rows = (("labeled-data", "m2", "img1.png"), *table.rows[1:])
    save_label_table(LabelFiles(m1 / "CollectedData_Ada.h5"), Table(table.values, rows, table.columns))
    assert not dropannotationfileentriesduetodeletedimages(project).changed


# --- rows without labels


def test_rows_without_labels_are_dropped_and_the_images_stay(project, m1):
    put_table(m1, ["img1.png", "img2.png", "img3.png"], [[1, 2, 3, 4], [np.nan] * 4, [np.nan, np.nan, 0, np.nan]])
    report = dropunlabeledframes(project)
    assert report.changed == {"m1": ("img2.png",)} and images_of(m1) == ["img1.png", "img3.png"]
    assert (m1 / "img2.png").exists()


def test_T18_a_folder_without_any_label_becomes_an_empty_table(project, m1):
    put_table(m1, ["img1.png"], [[np.nan] * 4])
    assert dropunlabeledframes(project).changed == {"m1": ("img1.png",)}
    assert images_of(m1) == [] and read_annotations(m1).plan == PLAN
    for utility in (*ROW_UTILITIES, dropimagesduetolackofannotation):
        assert utility(project, dry_run=True).failed == {}


def test_a_likelihood_alone_is_no_label(project, m1):
    columns = tuple(("Ada", part, coord) for part in PLAN.bodyparts for coord in ("x", "y", "likelihood"))
    nan = np.nan
    table = Table(np.array([[nan, nan, 0.9] * 2, [1, 2, 0.9, nan, nan, nan]]),
                  (("labeled-data", "m1", "img1.png"), ("labeled-data", "m1", "img2.png")), columns)  # fmt: skip
    save_label_table(LabelFiles(m1 / "CollectedData_Ada.h5"), table)
    assert dropunlabeledframes(project).changed == {"m1": ("img1.png",)}


# --- repeated rows


def test_of_repeated_rows_the_first_with_labels_is_kept(project, m1):
    nan = [np.nan] * 4
    put_table(m1, ["img1.png", "img2.png", "img1.png", "img2.png"], [[1, 2, 3, 4], nan, [1, 2, 3, 4], [5, 6, 7, 8]])
    report = dropduplicatesinannotatinfiles(project)
    assert report.changed == {"m1": ("img2.png", "img1.png")} and report.notices == ()
    assert read_annotations(m1).xy.reshape(2, 4).tolist() == [[1, 2, 3, 4], [5, 6, 7, 8]]


def test_repeated_rows_that_differ_are_announced_and_kept_in_the_history(project, m1):
    files = put_table(m1, ["img1.png", "img1.png"], [[1, 2, 3, 4], [1, 2, 3, 5]])
    report = dropduplicatesinannotatinfiles(project)
    assert "differed" in report.notices[0] and "img1.png" in report.notices[0]
    assert read_annotations(m1).xy.reshape(-1).tolist() == [1, 2, 3, 4]
    assert read_table(versions(files.h5)[-1].path).values[1].tolist() == [1, 2, 3, 5]


def test_older_row_labels_and_those_in_three_parts_are_the_same_image(project, m1):
    columns, names = columns_for(PLAN, "Ada", ("x", "y"))
    rows = ("labeled-data/m1/img1.png", "labeled-data\\m1\\img1.png")
    save_label_table(LabelFiles(m1 / "CollectedData_Ada.h5"), Table(np.ones((2, 4)), rows, columns, names))
    assert dropduplicatesinannotatinfiles(project).changed == {"m1": ("img1.png",)}
    assert len(read_table(m1 / "CollectedData_Ada.h5")) == 1


# --- images without row


def test_images_without_a_row_go_to_the_history_of_their_folder(project, m1):
    cv2.imwrite(str(m1 / "img9.png"), PIXEL)
    written = (m1 / "img9.png").read_bytes()
    report = dropimagesduetolackofannotation(project)
    away = m1 / ".history" / "deleted-images"
    assert report.changed == {"m1": ("img9.png",)} and str(away) in report.notices[0]
    assert (away / "img9.png").read_bytes() == written
    assert visible(m1) == ["CollectedData_Ada.csv", "CollectedData_Ada.h5", "img1.png", "img2.png", "img3.png"]


def test_an_image_put_away_before_is_not_overwritten(project, m1):
    for content_of in (b"first", b"second", b"third"):
        (m1 / "img9.png").write_bytes(content_of)
        dropimagesduetolackofannotation(project)
    away = m1 / ".history" / "deleted-images"
    assert {p.name: p.read_bytes() for p in away.iterdir()} == {
        "img9.png": b"first", "img9-2.png": b"second", "img9-3.png": b"third",
    }  # fmt: skip


def test_images_that_another_scorer_labelled_stay(project, m1):
    cv2.imwrite(str(m1 / "img9.png"), PIXEL)
    write_annotations(m1, labels("m1", ["img9.png"], scorer="Bob"))
    assert dropimagesduetolackofannotation(project).changed == {}
    assert (m1 / "img9.png").exists()


def test_T18_a_folder_without_labels_keeps_its_images(project):
    folder = project / "labeled-data" / "m2"
    cv2.imwrite(str(folder / "img1.png"), PIXEL)
    report = dropimagesduetolackofannotation(project)
    assert not report.changed and "no labels" in report.skipped["m2"] and visible(folder) == ["img1.png"]


@pytest.mark.parametrize("damage", ["missing", "empty", "cut"])
def test_T20_images_are_not_put_away_on_the_word_of_a_csv_or_an_old_version(project, m1, damage):
    cv2.imwrite(str(m1 / "img9.png"), PIXEL)
    h5 = m1 / "CollectedData_Ada.h5"
    if damage == "missing":
        h5.unlink()
    else:
        h5.write_bytes(h5.read_bytes()[: 0 if damage == "empty" else 3000])
    report = dropimagesduetolackofannotation(project)
    assert "missing or damaged" in report.failed["m1"] and report.exit_code == 1 and (m1 / "img9.png").exists()


def test_drawings_of_outliers_are_left_where_they_are(project, m1):
    (m1 / "img012labeled.png").write_bytes(b"drawing")
    assert dropimagesduetolackofannotation(project).changed == {}


# --- what holds for all of them


@pytest.mark.parametrize("utility", [*ROW_UTILITIES, dropimagesduetolackofannotation])
def test_a_dry_run_reports_the_same_and_changes_no_byte(project, m1, utility):
    nan = [np.nan] * 4
    put_table(m1, ["img1.png", "img1.png", "img2.png", "gone.png"], [[1, 2, 3, 4], [1, 2, 3, 4], nan, [1, 2, 3, 4]])
    before = content(project)
    planned = utility(project, dry_run=True)
    assert content(project) == before and "dry run" in planned.lines()[-1]
    done = utility(project)
    assert planned.changed == done.changed != {} and content(project) != before
    assert utility(project).changed == {}


@pytest.mark.parametrize("utility", [*ROW_UTILITIES, dropimagesduetolackofannotation])
def test_where_nothing_is_to_be_done_no_file_is_touched(project, utility):
    before = content(project)
    report = utility(project / "config.yaml")
    assert isinstance(report, LabelsReport) and not report.changed and content(project) == before
    assert "m2" in report.skipped and report.exit_code == 0


@pytest.mark.parametrize("utility", ROW_UTILITIES)
def test_a_file_called_after_bob_whose_columns_say_alice_stays_so(project, m1, utility):
    files = put_table(m1, ["img1.png", "img1.png", "x.png", "img2.png"], [[1, 2, 3, 4]] * 3 + [[np.nan] * 4],
                      scorer="Alice", name="Ada")  # fmt: skip
    assert utility(project).changed
    assert visible(m1)[:2] == ["CollectedData_Ada.csv", "CollectedData_Ada.h5"]
    assert read_table(files.h5).level("scorer") == ["Alice"] == read_csv(files.csv).level("scorer")


@pytest.mark.parametrize("utility", ROW_UTILITIES)
def test_T19_untouched_cells_keep_their_bits_and_columns_their_order(project, m1, utility):
    odd = np.array([[-0.0, 1e-310, np.inf, 0.1 + 0.2], [1, 2, 3, -1e9], [np.nan] * 4, [1, 2, 3, -1e9], [4, 4, 4, 4]])
    columns = tuple(("Ada", part, coord) for part in ("tail", "whisker") for coord in ("y", "x"))
    rows = tuple(("labeled-data", "m1", name) for name in ("img3.png", "img1.png", "img2.png", "img1.png", "gone.png"))
    files = LabelFiles(m1 / "CollectedData_Ada.h5")
    save_label_table(files, Table(odd, rows, columns))
    dropped = utility(project).changed["m1"]
    after = read_table(files.h5)
    kept = [rows.index(row) for row in after.rows] if utility is not dropunlabeledframes else [0, 1, 3, 4]
    expected = {"img2.png": [0, 1, 3, 4], "img1.png": [0, 1, 2, 4], "gone.png": [0, 1, 2, 3]}[dropped[0]]
    assert after.columns == columns and len(kept) == 4 and after.rows == tuple(rows[i] for i in expected)
    assert same_bits(after.values, odd[expected]) and same_bits(read_csv(files.csv).values, odd[expected])


@pytest.mark.parametrize("utility", [*ROW_UTILITIES, dropimagesduetolackofannotation])
def test_T20_a_damaged_folder_is_named_and_the_next_one_is_still_done(project, m1, caplog, utility):
    for path in (m1 / "CollectedData_Ada.h5", m1 / "CollectedData_Ada.csv"):
        path.write_bytes(b"damaged")
    m2 = project / "labeled-data" / "m2"
    fill(m2, ("img1.png", "img2.png"))
    put_table(m2, ["img1.png", "img1.png", "gone.png"], [[1, 2, 3, 4], [1, 2, 3, 4], [np.nan] * 4])
    before = content(m1)
    report = utility(project)
    assert list(report.changed) == ["m2"] and list(report.failed) == ["m1"] and report.exit_code == 1
    assert content(m1) == before and "m1 was left as it is" in caplog.text
    assert any("m1 was left as it is" in line for line in report.lines())


@pytest.mark.parametrize("utility", ROW_UTILITIES)
def test_T19_a_file_of_two_scorers_is_refused_by_name(project, m1, utility):
    columns = tuple((scorer, "snout", coord) for scorer in ("Ada", "Bob") for coord in ("x", "y"))
    table = Table(np.full((2, 4), np.nan), (("labeled-data", "m1", "gone.png"),) * 2, columns)
    save_label_table(LabelFiles(m1 / "CollectedData_Ada.h5"), table)
    assert "several scorers: Ada, Bob" in utility(project).failed["m1"]


def test_T19_text_in_a_cell_of_the_only_file_is_named_with_its_place(project, m1):
    (m1 / "CollectedData_Ada.h5").unlink()
    csv = m1 / "CollectedData_Ada.csv"
    lines = csv.read_text().splitlines()
    csv.write_text("\n".join([*lines[:4], lines[4].rpartition(",")[0] + ",left", lines[5]]) + "\n")
    why = dropunlabeledframes(project).failed["m1"]
    assert "'left'" in why and "Line 5" in why


def test_labels_recovered_from_the_csv_are_changed_and_both_files_are_whole_again(project, m1):
    (m1 / "CollectedData_Ada.h5").unlink()
    (m1 / "img2.png").unlink()
    assert dropannotationfileentriesduetodeletedimages(project).changed == {"m1": ("img2.png",)}
    assert len(read_table(m1 / "CollectedData_Ada.h5")) == 2 == len(read_csv(m1 / "CollectedData_Ada.csv"))


def test_folders_of_no_video_and_folders_that_are_missing_are_named(project, m1):
    fill(project / "labeled-data" / "stray")
    fill(project / "labeled-data" / "m1_labeled")
    shutil.rmtree(project / "labeled-data" / "m2")
    report = dropunlabeledframes(project)
    assert report.skipped == {
        "m2": "there is no such folder in labeled-data", "stray": "belongs to no video of video_sets",
    }  # fmt: skip


def test_projects_are_given_as_file_folder_or_configuration(project, m1):
    config = read_config(project / "config.yaml")
    for source in (str(project), project / "config.yaml", config, config.to_dict()):
        assert dropunlabeledframes(source).changed == {}


def test_a_3d_project_has_no_labels(tmp_path):
    new_3d_project_config("reach", "Ada", "Nov20", tmp_path).to_yaml(tmp_path / "config.yaml")
    with pytest.raises(ConfigError, match="2D"):
        dropunlabeledframes(tmp_path)


# --- videos and folders


def test_videos_and_folders_without_their_partner_are_listed(project, heard):
    shutil.rmtree(project / "labeled-data" / "m2")
    (project / "labeled-data" / "stray").mkdir()
    (project / "labeled-data" / "m1_labeled").mkdir()
    found = comparevideolistsanddatafolders(project)
    assert found.videos_without_folder == ((project / "videos" / "m2.avi").as_posix(),)
    assert found.folders_without_video == ("stray",)
    assert len(heard) == 2 and "m2.avi has no folder" in heard[0] and "stray belongs to no video" in heard[1]


def test_a_project_in_order_is_said_to_be_so(project, heard):
    found = comparevideolistsanddatafolders(project)
    assert found.videos_without_folder == found.folders_without_video == () and "Every video has" in heard[0]


def test_the_list_of_videos_is_made_to_match_the_folders(project):
    shutil.rmtree(project / "labeled-data" / "m2")
    for name in ("m3", "m4", "m5"):
        (project / "labeled-data" / name).mkdir()
    write_video(project / "videos" / "m3.mp4", size=(48, 32))
    (project / "videos" / "m5.mp4").write_bytes(b"no video")
    before = (project / "config.yaml").read_bytes()
    planned = adddatasetstovideolistandviceversa(project, dry_run=True)
    assert (project / "config.yaml").read_bytes() == before
    report = adddatasetstovideolistandviceversa(project / "config.yaml")
    assert (report.removed, report.added) == (planned.removed, planned.added)
    m1, m3 = ((project / "videos" / name).as_posix() for name in ("m1.avi", "m3.mp4"))
    assert read_config(project / "config.yaml").video_sets == {
        m1: {"crop": "0, 12, 0, 8"}, m3: {"crop": "0, 48, 0, 32"},
    }  # fmt: skip
    assert report.removed == ((project / "videos" / "m2.avi").as_posix(),) and report.added == (m3,)
    said = " ".join(report.lines())
    assert "m4 gets no entry" in said and "m5.mp4 cannot be opened" in said
    assert versions(project / "config.yaml")[-1].path.read_bytes() == before
    assert adddatasetstovideolistandviceversa(project).added == ()


def test_of_several_videos_of_one_name_the_first_that_opens_is_added(project):
    (project / "labeled-data" / "m3").mkdir()
    (project / "videos" / "m3.avi").write_bytes(b"no video")
    write_video(project / "videos" / "m3.mp4")
    assert adddatasetstovideolistandviceversa(project).added == ((project / "videos" / "m3.mp4").as_posix(),)


def test_without_the_folder_of_labels_no_video_leaves_the_list(project):
    shutil.rmtree(project / "labeled-data")
    before = (project / "config.yaml").read_bytes()
    with pytest.raises(Missing, match="every video would be removed"):
        adddatasetstovideolistandviceversa(project)
    assert (project / "config.yaml").read_bytes() == before


def test_a_video_that_is_gone_keeps_its_entry_while_its_folder_is_there(project):
    assert adddatasetstovideolistandviceversa(project).removed == ()


def test_entries_that_name_no_file_are_left_alone(project):
    config = read_config(project / "config.yaml")
    config.video_sets = {**config.video_sets, "http://lab.example/m7.mp4": {"crop": "0, 1, 0, 1"}}
    config.to_yaml(project / "config.yaml")
    report = adddatasetstovideolistandviceversa(project)
    assert report.removed == () and "m7.mp4" in report.notices[0]


def test_videos_of_before_cropping_are_kept_up_too(project):
    config = read_config(project / "config.yaml")
    config["video_sets_original"] = dict(config.video_sets)
    config.to_yaml(project / "config.yaml")
    shutil.rmtree(project / "labeled-data" / "m2")
    (project / "labeled-data" / "m3").mkdir()
    write_video(project / "videos" / "m3.mp4")
    adddatasetstovideolistandviceversa(project)
    config = read_config(project / "config.yaml")
    names = [key.rpartition("/")[2] for key in config.video_sets]
    assert names == ["m1.avi", "m3.mp4"] == [key.rpartition("/")[2] for key in config["video_sets_original"]]


# --- names and the next folder


def test_names_of_videos_come_once_and_in_order(caplog):
    videos = ["/data/b.mp4", "C:\\data\\a.v2.avi", "/other/b.avi"]
    with caplog.at_level(logging.WARNING):
        assert parse_video_filenames(videos) == ["b", "a.v2"]
    assert "/data/b.mp4, /other/b.avi" in caplog.text and "a.v2" not in caplog.text


def test_the_folder_after_the_one_saved_last_is_next(project, heard):
    labelled = project / "labeled-data"
    fill(labelled / "m2", ("img1.png", "img2.png"), xy=np.array([[[[1, 2], [3, 4]]], [[[np.nan] * 2] * 2]], float))
    (labelled / "m3").mkdir()
    os.utime(labelled / "m1" / "CollectedData_Ada.h5", (1, 10))
    os.utime(labelled / "m2" / "CollectedData_Ada.h5", (1, 5))
    assert find_next_unlabeled_folder(project / "config.yaml", verbose=True) == labelled / "m2"
    assert heard == [
        "m1: 100 % of 3 images labelled", "m2: 50 % of 2 images labelled", "m3: none of 0 images labelled",
    ]  # fmt: skip
    os.utime(labelled / "m2" / "CollectedData_Ada.h5", (1, 20))
    assert find_next_unlabeled_folder(project) == labelled / "m3"
    fill(labelled / "m3")
    assert find_next_unlabeled_folder(project) == labelled / "m3"


def test_before_the_first_label_the_first_folder_is_next(project, m1):
    for file in m1.glob("CollectedData*"):
        file.unlink()
    assert find_next_unlabeled_folder(project) == m1
    shutil.rmtree(project / "labeled-data")
    with pytest.raises(Missing, match="no folder"):
        find_next_unlabeled_folder(project)


def test_long_lists_of_images_are_shortened_in_the_report_and_complete_in_the_object(project, m1):
    names = [f"img{i:03d}.png" for i in range(40)]
    fill(m1, names)
    for name in names[5:]:
        (m1 / name).unlink()
    report = dropannotationfileentriesduetodeletedimages(project)
    assert len(report.changed["m1"]) == 35 and report.lines()[0].endswith("and 23 more")
    assert len(table_of_annotations(read_annotations(m1))) == 5
