"""The labels of all folders become one sorted table, whose rows the splits count."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deeplabcut.core.config import new_project_config
from deeplabcut.core.errors import DamagedFile
from deeplabcut.core.poses import Annotations, BodyPlan
from deeplabcut.generate_training_dataset.merge import merge_annotateddatasets, merged
from deeplabcut.io.annotations import label_files, write_annotations
from deeplabcut.io.csv_tables import write_csv
from deeplabcut.io.hdf import read_table, write_table
from deeplabcut.io.tables import Table, table_of_annotations
from deeplabcut.project import Project

PLAN = BodyPlan(("snout", "tail"))


def key(video, image):
    return ("labeled-data", video, image)


def labels(video, images, xy=None, plan=PLAN, scorer="Ana"):
    keys = tuple(key(video, image) for image in images)
    shape = (len(keys), plan.n_individuals, plan.n_bodyparts, 2)
    xy = np.arange(1.0, 1 + np.prod(shape)).reshape(shape) if xy is None else np.broadcast_to(xy, shape)
    unique = np.full((len(keys), plan.n_unique, 2), 7.0)
    return Annotations(plan, scorer, keys, xy, unique)


@pytest.fixture
def project(tmp_path):
    """A project with the videos b and a, in this order, and folders for their frames."""

    def make(multi=False, videos=("b", "a"), **settings):
        path = tmp_path / "reach"
        sets = {str(path / "videos" / f"{name}.mp4"): {"crop": "0, 64, 0, 48"} for name in videos}
        config = new_project_config("reach", "Ana", "Nov20", path, video_sets=sets, multianimal=multi)
        parts = {"multianimalbodyparts": ["snout", "tail"], "individuals": ["m1", "m2"], "uniquebodyparts": ["corner"]}
        for name, value in {
            **(parts if multi else {"bodyparts": ["snout", "tail"]}),
            "skeleton": [],
            **settings,
        }.items():
            config[name] = value
        for name in videos:
            (path / "labeled-data" / name).mkdir(parents=True)
        (path / "videos").mkdir()
        config.to_yaml(path / "config.yaml")
        return path

    return make


def write(path, annotations):
    write_annotations(path / "labeled-data" / annotations.images[0][1], annotations)


def merge(path):
    return merge_annotateddatasets(path / "config.yaml", path / "sets")


images = st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from(["img1.png", "img10.png", "img2.png"])), unique=True)


@given(st.lists(images, max_size=4))
def test_images_are_sorted_by_their_names_and_each_appears_once_with_its_first_labels(files):
    parts = [
        Annotations(PLAN, "Ana", tuple(key(*one) for one in file), np.full((len(file), 1, 2, 2), float(number)))
        for number, file in enumerate(files)
    ]
    table = merged(parts, PLAN, "Ana")
    assert list(table.images) == sorted({key(*one) for file in files for one in file})
    for image, xy in zip(table.images, table.xy, strict=True):
        assert (xy == min(number for number, part in enumerate(parts) if image in part.images)).all()


def test_of_a_repeated_image_the_first_row_with_labels_counts():
    rows = [np.full((1, 1, 2, 2), value) for value in (np.nan, 3.0, 4.0)]
    parts = [Annotations(PLAN, "Ana", (key("a", "img1.png"),), xy) for xy in rows]
    assert (merged(parts, PLAN, "Ana").xy == 3).all()
    assert np.isnan(merged(parts[:1] * 2, PLAN, "Ana").xy).all()


def test_the_merged_table_is_written_for_both_kinds_of_readers(project):
    path = project()
    write(path, labels("b", ["img2.png", "img10.png"]))
    write(path, labels("a", ["img3.png"]))
    frame = merge(path)
    assert list(frame.index) == [key("a", "img3.png"), key("b", "img10.png"), key("b", "img2.png")]
    assert frame.columns.names == ["scorer", "bodyparts", "coords"]
    files = label_files(path / "sets", "Ana")
    assert read_table(files.h5).key == "df_with_missing"
    assert files.csv.read_text().splitlines()[3:5] == ["labeled-data,a,img3.png,1.0,2.0,3.0,4.0",
                                                       "labeled-data,b,img10.png,5.0,6.0,7.0,8.0"]  # fmt: skip
    assert sorted(p.name for p in (path / "sets").iterdir()) == ["CollectedData_Ana.csv", "CollectedData_Ana.h5"]


def test_bodyparts_stand_in_the_order_of_the_configuration_whatever_the_files_say(project, caplog):
    path = project(bodyparts=["tail", "ear", "snout"])
    write(path, labels("a", ["img1.png"], [[[1, 2], [3, 4]]]))
    frame = merge(path)
    assert list(dict.fromkeys(frame.columns.get_level_values("bodyparts"))) == ["tail", "ear", "snout"]
    assert frame.iloc[0].fillna(-1).tolist() == [3, 4, -1, -1, 1, 2]
    assert "bodypart-absent" in caplog.text and "bodypart ear" not in caplog.text and "ear" in caplog.text


def test_bodyparts_that_the_project_does_not_name_are_left_out_with_a_word(project, caplog):
    path = project(bodyparts=["tail"])
    write(path, labels("a", ["img1.png"], [[[1, 2], [3, 4]]]))
    assert merge(path).iloc[0].tolist() == [3, 4]
    assert "bodypart-unknown" in caplog.text and "snout" in caplog.text


def test_individuals_stand_in_the_order_of_the_configuration_and_the_unique_bodyparts_come_last(project, caplog):
    path = project(multi=True)
    only_m2 = BodyPlan(("tail", "snout"), ("m2",), ("corner",))
    write(path, labels("a", ["img1.png"], [[[1, 2], [3, 4]]], only_m2))
    frame = merge(path)
    columns = [column[1:] for column in frame.columns][::2]
    assert columns == [("m1", "snout", "x"), ("m1", "tail", "x"), ("m2", "snout", "x"), ("m2", "tail", "x"),
                       ("single", "corner", "x")]  # fmt: skip
    assert frame.iloc[0].fillna(-1).tolist() == [-1, -1, -1, -1, 3, 4, 1, 2, 7, 7]
    assert "individual-unlabeled" in caplog.text


@pytest.mark.parametrize("separator", ["/", "\\"])
def test_rows_that_are_one_text_are_read_like_those_of_three_parts(project, separator):
    path = project()
    rows = (separator.join(key("a", "img2.png")), separator.join(key("a", "img1.png")))
    columns = tuple(("Ana", part, coord) for part in PLAN.bodyparts for coord in ("x", "y"))
    files = label_files(path / "labeled-data" / "a", "Ana")
    table = Table(np.arange(8.0).reshape(2, 4), rows, columns)
    write_table(files.h5, table)
    write_csv(files.csv, table)
    frame = merge(path)
    assert list(frame.index) == [key("a", "img1.png"), key("a", "img2.png")]
    assert frame.iloc[0].tolist() == [4, 5, 6, 7]


def test_a_likelihood_from_predictions_is_left_out(project):
    path = project()
    columns = tuple(("Ana", part, coord) for part in PLAN.bodyparts for coord in ("x", "y", "likelihood"))
    table = Table(np.arange(6.0)[None], (key("a", "img1.png"),), columns)
    write_table(label_files(path / "labeled-data" / "a", "Ana").h5, table, layout="fixed")
    assert merge(path).iloc[0].tolist() == [0, 1, 3, 4]


def test_labels_of_another_scorer_are_skipped_with_a_word(project, caplog):
    path = project()
    write(path, labels("a", ["img1.png"]))
    table = table_of_annotations(labels("b", ["img1.png"], scorer="Bob"))
    write_table(label_files(path / "labeled-data" / "b", "Ana").h5, table, layout="fixed")
    assert list(merge(path).index) == [key("a", "img1.png")]
    assert "labels-other-scorer" in caplog.text and "'Bob'" in caplog.text


def test_a_repeated_image_keeps_its_first_labels_and_is_named(project, caplog):
    path = project()
    table = table_of_annotations(labels("a", ["img1.png", "img0.png", "img1.png"]))
    write_table(label_files(path / "labeled-data" / "a", "Ana").h5, table, layout="fixed")
    frame = merge(path)
    assert frame.loc[key("a", "img1.png")].tolist() == [1, 2, 3, 4] and len(frame) == 2
    assert "labels-repeated" in caplog.text and "row 3" in caplog.text


def test_without_labels_for_the_listed_videos_all_folders_are_read(project):
    path = project()
    (path / "labeled-data" / "c").mkdir()
    write(path, labels("c", ["img1.png"]))
    assert list(merge(path).index) == [key("c", "img1.png")]


def test_with_labels_for_the_listed_videos_other_folders_are_left_alone(project):
    path = project()
    (path / "labeled-data" / "c").mkdir()
    write(path, labels("c", ["img1.png"]))
    write(path, labels("a", ["img1.png"]))
    assert list(merge(path).index) == [key("a", "img1.png")]


def test_a_project_without_labels_has_nothing_to_merge(project):
    path = project()
    assert merge(path) is None and not (path / "sets").exists()


def test_T20_damaged_labels_are_restored_from_the_csv_or_stop_the_merge(project, caplog):
    path = project()
    write(path, labels("a", ["img1.png"]))
    write(path, labels("b", ["img1.png"]))
    files = label_files(path / "labeled-data" / "b", "Ana")
    files.h5.write_bytes(files.h5.read_bytes()[:100])
    assert len(merge(path)) == 2 and "labels-recovered" in caplog.text
    files.csv.write_text("")
    with pytest.raises(DamagedFile, match=r"CollectedData_Ana\.h5"):
        merge(path)


def test_T22_merging_changes_no_label_file(project):
    path = project()
    write(path, labels("a", ["img1.png"]))
    before = {file: file.read_bytes() for file in (path / "labeled-data").rglob("*.*")}
    merge(path)
    assert {file: file.read_bytes() for file in (path / "labeled-data").rglob("*.*")} == before


def test_T21_both_spellings_of_a_name_are_one_folder_and_one_image(project):
    composed, decomposed = "caf\u00e9", "cafe\u0301"
    path = project(videos=(composed,))
    (path / "labeled-data" / composed).rename(path / "labeled-data" / decomposed)
    folder = path / "labeled-data" / decomposed
    (folder / "img1.png").touch()
    write_annotations(folder, labels(composed, ["img1.png"]))
    assert list(merge(path).index) == [key(decomposed, "img1.png")]  # as the disk spells it
    assert Project.open(path).labels_folder(f"{composed}.mp4") == folder
