"""Points and images move together; boxes hold their points."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from deeplabcut.core import geometry

points = arrays(float, (5, 2), elements=st.floats(-1000, 1000))
maps = st.builds(
    lambda angle, scale, dx, dy: geometry.compose(
        geometry.rotation(angle, (3, 4)), geometry.scaling(scale), geometry.translation(dx, dy)
    ),
    st.floats(-360, 360), st.floats(0.1, 10), st.floats(-100, 100), st.floats(-100, 100),
)  # fmt: skip


@given(maps, points)
def test_there_and_back_is_where_it_was(affine, xy):
    assert geometry.apply(geometry.invert(affine), geometry.apply(affine, xy)) == pytest.approx(xy, abs=1e-6)


@given(maps, maps, points)
def test_composed_maps_act_from_first_to_last(first, second, xy):
    one_by_one = geometry.apply(second, geometry.apply(first, xy))
    assert geometry.apply(geometry.compose(first, second), xy) == pytest.approx(one_by_one, abs=1e-6)


def test_a_quarter_turn_is_clockwise_on_the_screen():
    right = [1.0, 0.0]
    assert geometry.apply(geometry.rotation(90), right) == pytest.approx([0.0, 1.0])


def test_a_resized_image_keeps_its_edges():
    edges_before, edges_after = np.array([[-0.5, -0.5], [9.5, 4.5]]), np.array([[-0.5, -0.5], [19.5, 9.5]])
    assert geometry.apply(geometry.scaling(2, about_edges=True), edges_before) == pytest.approx(edges_after)


def test_missing_points_stay_missing():
    assert np.isnan(geometry.apply(geometry.translation(1, 2), [np.nan, np.nan])).all()


@given(points)
def test_a_box_holds_its_points(xy):
    x, y, width, height = geometry.boxes_of(xy, margin_px=2)
    assert (xy >= [x, y]).all() and (xy <= [x + width, y + height]).all()


def test_a_group_without_points_has_no_box_and_the_image_clips_the_others():
    xy = np.array([[[np.nan, np.nan], [np.nan, 3.0]], [[-5.0, 2.0], [30.0, 8.0]]])
    boxes = geometry.boxes_of(xy, image_size=(20, 10))
    assert np.isnan(boxes[0]).all()
    assert boxes[1].tolist() == [0, 2, 20, 6]


def test_overlap_over_union_of_all_pairs():
    a = [[0, 0, 2, 2], [10, 10, 10, 10]]
    b = [[1, 0, 3, 2], [0, 0, 2, 2], [np.nan] * 4]
    assert geometry.iou(a, b) == pytest.approx(np.array([[1 / 3, 1, 0], [0, 0, 0]]))
    assert geometry.iou(np.empty((0, 4)), b).shape == (0, 3)


@given(arrays(float, (4, 4), elements=st.floats(-100, 100)))
def test_corner_and_size_say_the_same_as_two_corners(boxes):
    assert geometry.xyxy_to_xywh(geometry.xywh_to_xyxy(boxes)) == pytest.approx(boxes, abs=1e-9)
