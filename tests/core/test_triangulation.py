"""Points in space from several views, and who is who across them."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deeplabcut.core.errors import InvalidInput
from deeplabcut.core.triangulation import (
    NOBODY,
    assign,
    epipolar_distances,
    fundamental_matrix,
    match_individuals,
    project,
    reprojection_errors,
    triangulate,
    triangulate_points,
    view_costs,
)


def camera(angle_deg, height=300.0, distance=800.0, focal_px=900.0):
    """A camera on a circle around the origin that looks at it."""
    c, s = np.cos(np.radians(angle_deg)), np.sin(np.radians(angle_deg))
    place = np.array([distance * c, distance * s, height])
    forward = -place / np.linalg.norm(place)
    right = np.cross(forward, [0.0, 0.0, 1.0])
    right /= np.linalg.norm(right)
    turn = np.stack([right, np.cross(forward, right), forward])
    lens = np.array([[focal_px, 0.0, 320.0], [0.0, focal_px, 240.0], [0.0, 0.0, 1.0]])
    return lens @ np.column_stack([turn, -turn @ place])


def ring(n):
    return np.array([camera(360.0 * i / n + 7.0) for i in range(n)])


def cloud(seed, *shape):
    return np.random.default_rng(seed).uniform(-150, 150, (*shape, 3))


@given(st.integers(2, 7), st.integers(0, 10_000))
def test_points_seen_by_any_number_of_cameras_come_back(n_views, seed):
    views, points = ring(n_views), cloud(seed, 4, 2)
    found = triangulate(views, project(views, points))
    np.testing.assert_allclose(found, points, atol=1e-6)
    assert reprojection_errors(views, found, project(views, points)).max() < 1e-6


@given(st.integers(0, 10_000), st.floats(0, 5))
def test_two_views_agree_with_opencv_also_when_the_pixels_are_noisy(seed, noise_px):
    views, points = ring(5)[:2], cloud(seed, 6)
    pixels = project(views, points) + np.random.default_rng(seed).normal(0, noise_px, (2, 6, 2))
    theirs = cv2.triangulatePoints(views[0], views[1], pixels[0].T, pixels[1].T)
    ours = triangulate_points(views[0], views[1], pixels[0].T, pixels[1].T)
    np.testing.assert_allclose(ours, theirs / theirs[3], rtol=1e-6, atol=1e-6)
    assert (ours[3] == 1).all()


def test_a_point_needs_two_views_that_see_it():
    views, points = ring(3), cloud(1, 3)
    pixels = project(views, points)
    pixels[0, 1] = np.nan  # two left
    pixels[:2, 2] = np.nan  # one left
    found = triangulate(views, pixels)
    np.testing.assert_allclose(found[:2], points[:2], atol=1e-6)
    assert np.isnan(found[2]).all()
    assert np.isnan(triangulate(views, pixels, min_views=3)[1:]).all()


def test_a_view_that_errs_counts_as_little_as_its_weight():
    views, points = ring(4), cloud(2, 5)
    pixels = project(views, points)
    pixels[3] += 40
    weights = np.ones((4, 5))
    off = [np.abs(triangulate(views, pixels, weights) - points).max()]
    for weight in (0.01, 0.0):
        weights[3] = weight
        off.append(np.abs(triangulate(views, pixels, weights) - points).max())
    assert off[0] > off[1] > off[2] and off[2] < 1e-6
    weights[3] = np.nan  # a score of nothing
    assert np.abs(triangulate(views, pixels, weights) - points).max() < 1e-6


def test_long_videos_are_done_in_blocks_with_the_same_result(monkeypatch):
    import deeplabcut.core.triangulation as module

    views, points = ring(3), cloud(3, 10)
    monkeypatch.setattr(module, "_BLOCK", 3)
    np.testing.assert_allclose(triangulate(views, project(views, points)), points, atol=1e-6)


def test_nothing_to_triangulate_is_nothing():
    assert triangulate(ring(2), np.empty((2, 0, 2))).shape == (0, 3)
    assert triangulate_points(*ring(2), np.empty((2, 0)), np.empty((2, 0))).shape == (4, 0)


def test_shapes_that_do_not_fit_are_named():
    with pytest.raises(InvalidInput, match=r"\(n_views, 3, 4\)"):
        triangulate(np.eye(3), np.zeros((2, 1, 2)))
    with pytest.raises(InvalidInput, match="Pixels of 2 views"):
        triangulate(ring(2), np.zeros((3, 1, 2)))
    with pytest.raises(InvalidInput, match="x1 and x2"):
        triangulate_points(*ring(2), np.zeros((2, 3)), np.zeros((2, 4)))


@given(st.integers(0, 10_000))
def test_the_fundamental_matrix_is_opencvs_x2_F_x1(seed):
    views, points = ring(3)[:2], cloud(seed, 12)
    one, other = project(views, points)
    fundamental = fundamental_matrix(*views)
    assert epipolar_distances(fundamental, one, other).max() < 1e-6
    theirs, _ = cv2.findFundamentalMat(one, other, cv2.FM_8POINT)
    assert epipolar_distances(theirs, one, other).max() < 1e-3
    assert epipolar_distances(fundamental.T, one, other).max() > 1  # the wrong way round is noticed


def test_in_rectified_views_the_epipolar_distance_is_the_difference_of_y():
    lens = np.array([[500.0, 0, 320], [0, 500, 240], [0, 0, 1]])
    left = lens @ np.eye(3, 4)
    right = left.copy()
    right[0, 3] = -1500.0
    one, other = np.array([[10.0, 20.0], [300.0, 50.0]]), np.array([[4.0, 23.0], [200.0, np.nan]])
    np.testing.assert_allclose(
        epipolar_distances(fundamental_matrix(left, right), one, other), [3.0, np.nan], atol=1e-9
    )
    with pytest.raises(ValueError, match="fundamental matrix"):
        epipolar_distances(np.eye(2), one, other)


def test_two_cameras_in_one_place_are_refused():
    view = camera(30)
    with pytest.raises(InvalidInput, match="same place"):
        fundamental_matrix(view, view)


def test_costs_are_medians_so_a_short_exchange_of_identities_does_not_matter():
    views, points = ring(5)[:2], cloud(4, 20, 2, 3)
    one, other = project(views, points)
    other[:6] = other[:6, ::-1]
    one[7, 0] = np.nan
    costs = view_costs(fundamental_matrix(*views), one, other)
    assert costs[0, 0] < 1e-6 and costs[1, 1] < 1e-6 and costs[0, 1] > 5 and costs[1, 0] > 5


def test_individuals_that_were_never_seen_together_have_no_cost():
    views, points = ring(5)[:2], cloud(4, 4, 2, 3)
    one, other = project(views, points)
    one[:, 1] = np.nan
    costs = view_costs(fundamental_matrix(*views), one, other)
    assert np.isnan(costs[1]).all() and np.isfinite(costs[0]).all()
    assert view_costs(fundamental_matrix(*views), one[:0], other[:0]).shape == (2, 2)


def test_assignment_leaves_forbidden_pairs_alone():
    assert assign([[1.0, 2.0], [0.5, np.nan]]).tolist() == [1, 0]
    assert assign([[np.nan, np.nan], [3.0, 1.0]]).tolist() == [NOBODY, 1]
    assert assign([[5.0], [1.0], [2.0]]).tolist() == [NOBODY, 0, NOBODY]
    assert assign(np.empty((2, 0))).tolist() == [NOBODY, NOBODY]


@given(st.integers(2, 5), st.integers(1, 4), st.integers(0, 10_000))
def test_individuals_are_recognised_across_views_whatever_their_order(n_views, n_individuals, seed):
    rng = np.random.default_rng(seed)
    views, points = ring(n_views + 2)[:n_views], cloud(seed, 15, n_individuals, 4)
    orders = [rng.permutation(n_individuals) for _ in range(n_views)]
    poses = [pixels[:, order] for pixels, order in zip(project(views, points), orders, strict=True)]
    found = match_individuals(views, poses)
    assert found.shape == (n_views, n_individuals)
    for view in range(n_views):
        assert orders[view][found[view]].tolist() == orders[0].tolist()


def test_an_individual_that_the_first_view_misses_is_found_in_the_others():
    views, points = ring(4)[:3], cloud(5, 15, 3, 4)
    all_views = project(views, points)
    poses = [all_views[0][:, [2, 0]], all_views[1][:, [1, 2, 0]], all_views[2][:, [0, 1]]]
    assert match_individuals(views, poses).tolist() == [[0, 1, NOBODY], [1, 2, 0], [NOBODY, 0, 1]]
