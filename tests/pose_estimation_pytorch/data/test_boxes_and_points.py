"""Boxes around points, overlaps, flags, padding: with numbers small enough to check by hand."""

import numpy as np
import pytest

from deeplabcut.pose_estimation_pytorch.data import utils
from deeplabcut.pose_estimation_pytorch.data.bboxes import clipped, with_centers
from deeplabcut.pose_estimation_pytorch.data.helper import CombinedPropertyMeta, PropertyMeta, cfg_getter


def test_a_box_lies_around_the_visible_points_with_a_margin_and_within_the_image():
    points = np.array([[10, 20, 2], [50, 60, 2], [500, 5, 0], [np.nan, np.nan, 0]])
    assert utils.bbox_from_keypoints(points, 100, 120, 20).tolist() == [0, 0, 70, 80]
    assert utils.bbox_from_keypoints(points, 70, 60, 20).tolist() == [0, 0, 60, 70]
    assert utils.bbox_from_keypoints(points, 100, 120, 0).tolist() == [10, 20, 40, 40]


def test_boxes_of_several_individuals_and_of_one_without_visible_points():
    points = np.array([[[10, 20, 2], [50, 60, 1]], [[1, 1, 0], [2, 2, -1]]])
    assert utils.bbox_from_keypoints(points, 100, 120, 20).tolist() == [[0, 0, 70, 80], [0, 0, 0, 0]]
    assert utils.bbox_from_keypoints(np.zeros((0, 2, 3)), 100, 120, 20).shape == (0, 4)


def test_a_box_outside_of_the_image_has_no_area():
    assert utils.bbox_from_keypoints([[300, 300, 2]], 100, 120, 5).tolist() == [120, 100, 0, 0]
    assert clipped([[-5, -5, 10, 10], [200, 0, 5, 5]], 120, 100).tolist() == [[0, 0, 5, 5], [120, 0, 0, 5]]


def test_only_visible_points_can_be_out_of_bounds():
    points = np.array(
        [[0, 0, 2], [120, 100, 2], [120.1, 5, 2], [5, -0.1, 1], [np.nan, 5, 2], [-9, -9, 0], [-1, -1, -1]]
    )
    assert utils.out_of_bounds_keypoints(points, (100, 120, 3)).tolist() == [
        False,
        False,
        True,
        True,
        True,
        False,
        False,
    ]


def test_overlap_of_pairs_of_boxes():
    box = np.array([0, 0, 10, 10])
    assert utils.calc_bbox_overlap(box, box) == 1
    assert utils.calc_bbox_overlap(box, np.array([5, 0, 10, 10])) == pytest.approx(1 / 3)
    assert utils.calc_bbox_overlap(box, np.array([[10, 0, 5, 5], [0, 0, 0, 0]])).tolist() == [0, 0]


def test_areas_count_each_side_as_a_pixel_at_least():
    assert utils.calc_area_from_keypoints([[[1, 2], [4, 8]], [[3, 3], [3, 3]]]).tolist() == [18, 1]


def test_the_centre_is_the_mean_of_what_can_be_seen():
    points = np.array([[[10, 20, 2], [20, 40, 2], [999, 999, 0]], [[5, 5, 0], [np.nan, 5, 2], [0, 0, -1]]], np.float32)
    assert with_centers(points)[:, -1].tolist() == [[15, 30, 2], [0, 0, 0]]


def test_padding_fills_up_and_refuses_what_does_not_fit():
    assert utils.pad_to_length(np.array([1, 2]), 4, -1).tolist() == [1, 2, -1, -1]
    with pytest.raises(ValueError, match="2 rows"):
        utils.pad_to_length(np.array([1, 2]), 1, -1)
    assert utils.safe_stack([], (0, 4)).shape == (0, 4)
    assert utils.safe_stack([np.zeros(4), np.ones(4)], (0, 4)).shape == (2, 4)


def test_lists_of_dicts_are_looked_up_from_both_sides():
    images = [{"id": 7, "file_name": "a.png"}, {"id": 9, "file_name": "b.png"}]
    annotations = [{"image_id": 9, "area": 1}, {"image_id": 7}, {"image_id": 9, "area": 3}]
    assert utils.map_image_path_to_id(images) == {"a.png": 7, "b.png": 9}
    assert utils.map_id_to_annotations(annotations) == {9: [0, 2], 7: [1]}
    assert utils.merge_list_of_dicts(annotations, ["area", "image_id"]) == {"area": [1, 3], "image_id": [9, 7, 9]}


def test_a_class_declares_its_properties_as_a_table():
    class Net(metaclass=PropertyMeta):
        properties = {"depth": (int, cfg_getter("depth", "50"))}
        cfg = {}

    class Abstract(metaclass=CombinedPropertyMeta):
        properties = {"depth": (int, cfg_getter("depth"))}
        cfg = {"depth": "18"}

    assert Net().depth == 50 and Abstract().depth == 18
