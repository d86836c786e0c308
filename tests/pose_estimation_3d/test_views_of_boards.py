"""From the pixels of two calibrated cameras to space, on numbers measured with the bundled boards."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from deeplabcut.core.errors import InvalidInput
from deeplabcut.core.triangulation import epipolar_distances, fundamental_matrix
from deeplabcut.io.calibration import StereoPair
from deeplabcut.pose_estimation_3d.board_points import compute_triangulation_calibration_images
from deeplabcut.pose_estimation_3d.rectification import rectified, triangulated

BOARDS = json.loads((Path(__file__).parents[1] / "data" / "stereo" / "bundled_boards.json").read_text())
PAIR = StereoPair.from_dict(BOARDS["stereo"])
PIXELS = np.array([BOARDS["pix1"], BOARDS["pix2"]])
PLOT = {"colormap": "jet", "markerType": "*", "markerColor": "r", "alphaValue": 0.8, "dotsize": 15,
        "camera_names": ["camera-1", "camera-2"]}  # fmt: skip


def test_rectified_pixels_are_the_measured_ones():
    for view, key in enumerate(("undist1", "undist2")):
        np.testing.assert_allclose(rectified(PIXELS[view], PAIR, view), BOARDS[key], atol=5e-4)


def test_points_of_space_are_the_measured_ones_in_the_rectified_frame_of_the_first_camera():
    found = triangulated(PIXELS[0], PIXELS[1], PAIR)
    np.testing.assert_allclose(found, BOARDS["triangulated"], rtol=1e-4, atol=1e-4)  # measured through float32 pixels
    np.testing.assert_allclose(found, BOARDS["expected_R1_times_X"], atol=1e-3)


def test_measured_rectified_pixels_give_the_measured_points():
    from deeplabcut.core.triangulation import triangulate

    found = triangulate(PAIR.projections, [BOARDS["undist1"], BOARDS["undist2"]])
    np.testing.assert_allclose(found, BOARDS["triangulated"], rtol=1e-6, atol=1e-6)


def test_the_stored_fundamental_matrix_fits_pictures_without_distortion():
    plain = [
        cv2.undistortPoints(PIXELS[view][:, None], matrix, distortion, P=matrix)[:, 0]
        for view, (matrix, distortion) in enumerate(
            [(PAIR.matrix_1, PAIR.distortion_1), (PAIR.matrix_2, PAIR.distortion_2)]
        )
    ]
    assert epipolar_distances(PAIR.fundamental, *plain).max() < 0.01
    assert epipolar_distances(PAIR.fundamental.T, *plain).min() > 0.1
    rectified_views = [rectified(PIXELS[view], PAIR, view) for view in (0, 1)]
    assert epipolar_distances(fundamental_matrix(*PAIR.projections), *rectified_views).max() < 0.01


def test_poses_keep_their_shape_and_what_is_not_seen_stays_so():
    poses = np.stack([PIXELS[0][:4].reshape(2, 2, 2)] * 3)
    poses[1, 0, 1] = np.nan
    flat = rectified(poses, PAIR, 0)
    assert flat.shape == (3, 2, 2, 2) and np.isnan(flat[1, 0, 1]).all() and np.isnan(flat).sum() == 2
    assert rectified(np.full((2, 2), np.nan), PAIR, 1).shape == (2, 2)
    with pytest.raises(InvalidInput, match="views 0 and 1"):
        rectified(poses, PAIR, 2)


def boards():
    """Two boards of 3 x 2 corners in space, and their rectified pixels in either view."""
    grid = np.array([[x, y, 0.0] for y in range(2) for x in range(3)])
    space = np.stack([grid + np.array(place) for place in ([0, 0, 15], [2, 1, 20])])
    views = []
    for projection in PAIR.projections:
        flat = np.concatenate([space, np.ones((2, 6, 1))], axis=-1) @ projection.T
        views.append((flat[..., :2] / flat[..., 2:])[:, :, None])
    return space, views


def test_corners_of_boards_come_back_homogeneous(tmp_path):
    space, views = boards()
    for stereo in (BOARDS["stereo"], {"camera-1-camera-2": BOARDS["stereo"]}):
        found = compute_triangulation_calibration_images(stereo, *views, tmp_path, PLOT, plot=False)
        assert found.shape == (2, 4, 6) and (found[:, 3] == 1).all()
        np.testing.assert_allclose(found[:, :3], np.moveaxis(space, 1, 2), atol=1e-6)
    assert list(tmp_path.iterdir()) == []


def test_corners_of_boards_are_drawn_into_the_folder_and_nowhere_else(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "undistortion").mkdir()
    compute_triangulation_calibration_images(BOARDS["stereo"], *boards()[1], tmp_path / "undistortion", PLOT)
    assert [path.name for path in tmp_path.rglob("*.*")] == ["checkerboard_3d.png"]
    picture = cv2.imread(str(tmp_path / "undistortion" / "checkerboard_3d.png"))
    assert picture.shape[0] > 300 and (picture.std(axis=-1) > 20).any()  # something in colour


def test_images_without_a_partner_are_refused(tmp_path):
    views = boards()[1]
    with pytest.raises(InvalidInput, match="2 images of the first camera, 1 of the second"):
        compute_triangulation_calibration_images(BOARDS["stereo"], views[0], views[1][:1], tmp_path, PLOT)
    with pytest.raises(InvalidInput, match="no pair 'camera-1-camera-2'"):
        compute_triangulation_calibration_images({"a-b": BOARDS["stereo"]}, *views, tmp_path, PLOT)
