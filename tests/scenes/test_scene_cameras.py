import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deeplabcut.core.errors import InvalidInput
from deeplabcut.scenes import Camera, look_at, overhead, ring

BOX_MM = (480.0, 360.0, 110.0)
LENS = (-0.21, 0.06, 0.002, -0.001, -0.01)
inside = st.tuples(st.floats(-240, 240), st.floats(-180, 180), st.floats(0, 110))


def corners():
    return [(x, y, z) for x in (-240, 240) for y in (-180, 180) for z in (0, 110)]


@settings(deadline=None)
@given(inside)
def test_projection_agrees_with_opencv(point):
    camera = ring(3, (640, 480), BOX_MM, distortion=LENS)[1]
    turn, _ = cv2.Rodrigues(camera.rotation)
    theirs, _ = cv2.projectPoints(np.array([point]), turn, camera.translation, camera.matrix, camera.distortion)
    assert np.allclose(camera.project(point), theirs.ravel(), atol=1e-6)


def test_without_distortion_a_matrix_projects():
    camera = ring(3, (640, 480), BOX_MM)[1]
    mapped = np.column_stack([corners(), np.ones(8)]) @ camera.projection.T
    assert np.allclose(mapped[:, :2] / mapped[:, 2:], camera.project(corners()))


@settings(deadline=None)
@given(inside)
def test_a_ray_through_a_projected_point_meets_the_point(point):
    camera = ring(2, (640, 480), BOX_MM, distortion=LENS)[0]
    ray = camera.rays(camera.project(point))
    offset = np.array(point) - camera.centre
    assert np.linalg.norm(offset - ray * (offset @ ray)) < 1e-3


@pytest.mark.parametrize("camera", [overhead((640, 480), BOX_MM), *ring(5, (640, 480), BOX_MM)], ids=lambda c: c.name)
def test_the_whole_arena_is_on_the_image_and_fills_it(camera):
    xy = camera.project(corners())
    assert camera.contains(xy).all()
    assert ((xy.max(axis=0) - xy.min(axis=0)) / camera.size).max() > 0.75


def test_seen_from_above_world_x_is_right_and_world_y_is_up():
    middle, right, up = overhead((640, 480), BOX_MM).project([(0, 0, 0), (10, 0, 0), (0, 10, 0)])
    assert np.allclose(middle, (319.5, 239.5))
    assert right[0] > middle[0] and up[1] < middle[1]


def test_points_behind_the_camera_are_not_seen():
    camera = overhead((640, 480), BOX_MM)
    behind = camera.centre + np.array([0, 0, 50])
    assert np.isnan(camera.project(behind)).all()
    assert not camera.contains(camera.project(behind))


def test_the_outermost_pixels_belong_to_the_image_up_to_their_edges():
    camera = overhead((640, 480), BOX_MM)
    assert camera.contains([(-0.5, -0.5), (639.4, 479.4)]).all()
    assert not camera.contains([(-0.6, 0), (0, 479.5), (639.5, 0)]).any()


def test_a_camera_survives_its_description():
    camera = look_at("side", (900, 0, 300), (0, 0, 20), size=(320, 200), box_mm=BOX_MM, distortion=LENS)
    again = Camera.from_dict(camera.to_dict())
    assert again.to_dict() == camera.to_dict()
    assert np.array_equal(again.project((10, 20, 30)), camera.project((10, 20, 30)))


def test_a_camera_of_the_wrong_shape_is_refused_by_name():
    with pytest.raises(InvalidInput, match="rotation of a camera must be"):
        Camera("odd", (640, 480), np.eye(3), np.eye(2), np.zeros(3))
