"""COCO keypoints: what is written reads back to the last digit, and what is odd in a file of others is named."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deeplabcut.core.errors import DamagedFile, UnsafeFile
from deeplabcut.io.coco import read_coco, write_coco
from deeplabcut.io.foreign import ForeignLabels, Kind, Picture, joined


def two_mice(names=("snout", "tail")):
    """Two pictures; two mice on the first, a corner on the second, which also has a mouse without its tail."""
    pictures = tuple(Picture("cage", f"img{i}.png", path=f"cage/img{i}.png", size=(64, 48)) for i in range(2))
    points = np.array([[[1.5, 2.25], [3, 4]], [[0, 0], [-0.5, 70]], [[0.1, 0.2], [np.nan] * 2], [[9, 9], [np.nan] * 2]])
    kinds = (Kind("mouse", names, (names,)), Kind("single", ("corner",)))
    return ForeignLabels(kinds, pictures, [0, 0, 1, 1], [0, 0, 0, 1], points, ("m1", "m2"), [0, 1, 0, -1], scorer="Bob")


def person(**changes):
    """A file with one annotation of three keypoints: visible, occluded, not labelled."""
    annotation = {"id": 7, "image_id": "a", "category_id": 1, "keypoints": [1, 2, 2, 3, 4, 1, 0, 0, 0]}
    category = {"id": 1, "name": "person", "keypoints": ["nose", "eye", "ear"], "skeleton": [[1, 2]]}
    image = {"id": "a", "file_name": "00012.jpg", "width": 9, "height": 8}
    content = {"images": [image], "categories": [category], "annotations": [annotation]}
    for place, value in changes.items():
        owner, field = place.split("_", 1)
        {"annotation": annotation, "category": category, "image": image, "file": content}[owner][field] = value
    return content


def read(tmp_path, content):
    path = tmp_path / "labels.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return read_coco(path)


def losses(labels):
    return {loss.code: loss.items for loss in labels.losses}


def test_what_is_written_reads_back_the_same(tmp_path):
    labels = two_mice()
    write_coco(tmp_path / "a.json", labels)
    found = read_coco(tmp_path / "a.json")
    assert found.kinds == labels.kinds and found.pictures == labels.pictures and found.tracks == ("m1", "m2")
    assert found.scorer == "Bob" and found.losses == ()
    assert np.array_equal(found.points, labels.points, equal_nan=True)
    for name in ("picture_of", "kind_of", "track_of", "hidden"):
        assert np.array_equal(getattr(found, name), getattr(labels, name)), name


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=4, max_size=4))
def test_every_finite_number_comes_back_with_its_bits(tmp_path_factory, numbers):
    labels = two_mice()
    points = labels.points.copy()
    points[0] = np.reshape(numbers, (2, 2))
    path = tmp_path_factory.mktemp("coco") / "a.json"
    write_coco(path, ForeignLabels(**{**vars(labels), "points": points}))
    assert read_coco(path).points[0].tobytes() == points[0].tobytes()


def test_the_file_is_strict_json_with_flags_boxes_and_areas(tmp_path):
    write_coco(tmp_path / "a.json", two_mice())
    content = json.loads((tmp_path / "a.json").read_text(), parse_constant=lambda name: pytest.fail(name))
    first, third = content["annotations"][0], content["annotations"][2]
    assert third["keypoints"] == [0.1, 0.2, 2, 0.0, 0.0, 0] and third["num_keypoints"] == 1
    assert first["bbox"] == [0, 0, 23, 24] and first["area"] == 23 * 24 and first["iscrowd"] == 0
    assert first["individual"] == "m1" and content["categories"][0]["skeleton"] == [[1, 2]]
    assert [category["id"] for category in content["categories"]] == [1, 2]


def test_an_occluded_point_keeps_its_place_and_its_mark(tmp_path):
    labels = read(tmp_path, person())
    assert labels.points[0, :2].tolist() == [[1, 2], [3, 4]] and np.isnan(labels.points[0, 2]).all()
    assert labels.hidden[0].tolist() == [False, True, False] and losses(labels) == {}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"annotation_keypoints": [5, 5, 0, 3, 4, 2, 0, 0, 0]}, "flagged-absent"),
        ({"annotation_keypoints": [float("nan"), 5, 2, 3, 4, 2, 0, 0, 0]}, "no-number"),
        ({"annotation_keypoints": [5, 5, 0.7, 3, 4, 2, 0, 0, 0]}, "odd-flag"),
        ({"annotation_iscrowd": 1}, "crowd"),
        ({"annotation_keypoints": []}, "no-keypoints"),
        ({"category_skeleton": [[1, 9]]}, "bones"),
        ({"annotation_segmentation": [[1, 2, 3]]}, "fields"),
        ({"file_licenses": [{"id": 1}]}, "fields"),
    ],
)
def test_what_labels_have_no_place_for_is_listed(tmp_path, changes, code):
    assert list(losses(read(tmp_path, person(**changes)))) == [code]


def test_points_outside_the_picture_and_undefined_ones_are_no_loss(tmp_path):
    labels = read(tmp_path, person(annotation_keypoints=[-5, 500, 2, -1, -1, -1, 0, 0, 0]))
    assert labels.points[0, 0].tolist() == [-5, 500] and labels.n_points == 1 and labels.losses == ()


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"annotation_keypoints": [1, 2, 2]}, "annotations[0].keypoints"),
        ({"annotation_keypoints": ["x"] * 9}, "annotations[0].keypoints"),
        ({"annotation_keypoints": [10**400] + [0] * 8}, "annotations[0].keypoints"),
        ({"annotation_image_id": "b"}, "annotations[0].image_id"),
        ({"annotation_category_id": [1]}, "annotations[0].category_id"),
        ({"annotation_bbox": [1, 2]}, "annotations[0].bbox"),
        ({"image_file_name": 5}, "images[0].file_name"),
        ({"image_file_name": "a\0.png"}, "images[0].file_name"),
        ({"image_id": None}, "images[0].id"),
        ({"category_keypoints": ["a", "a", "b"]}, "categories[0].keypoints"),
        ({"category_name": ""}, "categories[0].name"),
        ({"file_images": [1]}, "images[0]"),
        ({"file_annotations": {}}, "annotations"),
        ({"file_images": "x"}, "images"),
    ],
)
def test_T23_an_error_names_the_record_and_the_field(tmp_path, changes, named):
    with pytest.raises(DamagedFile) as error:
        read(tmp_path, person(**changes))
    assert named in str(error.value) and "labels.json" in str(error.value)


def test_T32_a_json_that_is_nested_without_end_or_cut_short_is_refused(tmp_path):
    with pytest.raises(UnsafeFile, match="nested"):
        read(tmp_path, '{"images": ' + "[" * 100_000 + "]" * 100_000 + "}")
    with pytest.raises(DamagedFile):
        read(tmp_path, json.dumps(person())[:-20])
    with pytest.raises(DamagedFile):
        read(tmp_path, '{"images": [], "n": ' + "9" * 10_000 + "}")


def test_T32_a_json_of_more_values_than_memory_holds_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("deeplabcut.io.foreign._MOST_VALUES", 20)
    with pytest.raises(UnsafeFile, match="more than 20 values"):
        read(tmp_path, '{"images": [' + "[]," * 30 + "[]]}")


def test_T37_names_with_markup_formulas_and_escapes_are_text(tmp_path):
    names = ("<script>alert(1)</script>", "=cmd()|'/C calc'!A0")
    write_coco(tmp_path / "a.json", two_mice(names))
    assert read_coco(tmp_path / "a.json").kinds[0].bodyparts == names
    shown = str(read(tmp_path, person(annotation_iscrowd=1, image_file_name="\x1b[31mred.png")).losses[0])
    assert "\x1b" not in shown and "red.png" in shown


def test_the_files_of_a_split_become_one(tmp_path):
    one, other = two_mice(), two_mice(("nose", "tail"))
    both = joined([one, other])
    assert len(both) == 8 and [kind.name for kind in both.kinds] == ["mouse", "single", "mouse"]
    assert both.kind_of.tolist() == [0, 0, 0, 1, 2, 2, 2, 1] and both.track_of.tolist() == [0, 1, 0, -1] * 2
    assert both.picture_of.tolist() == [0, 0, 1, 1, 2, 2, 3, 3]
