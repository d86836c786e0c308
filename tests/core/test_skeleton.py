"""Labels that cannot be right are found by the lengths of limbs and by the edges of the image."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deeplabcut.core.skeleton import bone_lengths, limb_outliers, outside, steady_bones, swapped_axes

SNOUT, EAR, TAIL = 0, 1, 2
BONES = [(SNOUT, EAR), (EAR, TAIL)]


def walking_mouse(n: int = 40, seed: int = 0) -> np.ndarray:
    """Labels (n, 1, 3, 2) of a mouse with bones of 30 and 80 px, give or take a little."""
    rng = np.random.default_rng(seed)
    angle = rng.uniform(0, 2 * np.pi, (n, 1))
    ahead = np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    ear = rng.uniform(100, 500, (n, 1, 2))
    lengths = rng.normal([30, 80], [2, 6], (n, 1, 2))[..., None]
    return np.stack([ear + lengths[..., 0, :] * ahead, ear, ear - lengths[..., 1, :] * ahead], axis=-2)


def test_the_length_of_a_bone_is_the_distance_of_its_ends():
    xy = np.array([[[0.0, 0], [3, 4], [3, np.nan]]])
    assert np.array_equal(bone_lengths(xy, BONES), [[5, np.nan]], equal_nan=True)
    assert bone_lengths(xy, []).shape == (1, 0)


def test_a_label_on_the_wrong_spot_makes_its_limbs_odd():
    xy = walking_mouse()
    assert not limb_outliers(xy, BONES).odd.any()
    xy[7, 0, SNOUT] = 5, 5
    limbs = limb_outliers(xy, BONES)
    assert np.argwhere(limbs.odd).tolist() == [[7, 0, 0]]
    assert limbs.usual_px == pytest.approx([30, 80], rel=0.05) and limbs.length_px[7, 0, 0] > 100


def test_two_parts_on_one_spot_are_odd():
    xy = walking_mouse()
    xy[3, 0, EAR] = xy[3, 0, SNOUT]
    assert limb_outliers(xy, BONES).odd[3, 0, 0]


def test_swapped_ends_are_seen_at_the_neighbouring_limb():
    xy = walking_mouse()
    xy[4, 0, [SNOUT, TAIL]] = xy[4, 0, [TAIL, SNOUT]]
    assert np.argwhere(limb_outliers(xy, BONES).odd)[:, 0].tolist() == [4, 4]


def test_a_quarter_of_wrong_labels_does_not_hide_them():
    xy = walking_mouse(40)
    xy[:10, 0, SNOUT] += 300
    assert limb_outliers(xy, BONES).odd[:, 0, 0].tolist() == [True] * 10 + [False] * 30


def test_with_few_labels_nothing_is_usual():
    xy = walking_mouse(9)
    xy[0, 0, SNOUT] = 5, 5
    limbs = limb_outliers(xy, BONES)
    assert not limbs.odd.any() and np.isnan(limbs.usual_px).all()


def test_missing_labels_are_never_odd_and_warn_of_nothing(recwarn):
    xy = walking_mouse()
    xy[:, 0, EAR] = np.nan
    xy[2] = np.nan
    assert not limb_outliers(xy, BONES).odd.any()
    assert not limb_outliers(np.full((20, 2, 3, 2), np.nan), BONES).odd.any()
    assert not limb_outliers(np.empty((0, 1, 3, 2)), BONES).odd.any()
    assert not limb_outliers(xy, []).odd.any() and not len(recwarn)


@given(st.integers(0, 50), st.floats(0.1, 20), st.floats(-1000, 1000))
def test_neither_size_nor_place_of_the_animal_matters(seed, factor, shift):
    xy = walking_mouse(20, seed)
    xy[1, 0, TAIL] += 400
    assert np.array_equal(limb_outliers(xy * factor + shift, BONES).odd, limb_outliers(xy, BONES).odd)


def test_without_a_skeleton_near_parts_at_steady_distance_are_joined():
    assert steady_bones(walking_mouse()) == BONES
    restless = walking_mouse()
    restless[:, 0, TAIL] = np.random.default_rng(1).uniform(0, 600, (40, 2))
    assert steady_bones(restless) == [(SNOUT, EAR)]
    assert steady_bones(walking_mouse(5)) == [] == steady_bones(np.zeros((20, 1, 1, 2)))


def test_a_point_is_outside_beyond_the_edge_of_the_outermost_pixels():
    xy = np.array(
        [[0, 0], [639, 479], [-0.9, 0], [-1.1, 0], [640, 0], [640.2, 0], [0, 480.2], [np.nan, 5], [np.inf, 0]]
    )
    assert outside(xy, 640, 480).tolist() == [False, False, False, True, False, True, True, False, True]


def test_labels_with_x_and_y_exchanged_are_recognised():
    xy = np.array([[600.0, 100], [500, 400], [np.nan, np.nan]])
    assert swapped_axes(xy[:, ::-1], 640, 480)
    assert not swapped_axes(xy, 640, 480) and not swapped_axes(xy * 2, 640, 480)
