"""How alike two poses are."""

import numpy as np
import pytest

from deeplabcut.core.similarity import extents, shared_fraction


def square(x, y, side):
    return np.array([[x, y], [x + side, y], [x, y + side], [x + side, y + side]], float)


def test_what_two_poses_share():
    assert shared_fraction(square(0, 0, 10), square(20, 0, 10)) == 0
    assert shared_fraction(square(0, 0, 10), square(0, 0, 10)) == 1
    assert shared_fraction(square(0, 0, 10), square(5, 5, 10)) == 0.25
    assert shared_fraction(square(0, 0, 10), square(1, 1, 8)) == pytest.approx(0.64)  # inside: the part it fills
    assert shared_fraction(square(0, 0, 10), np.full((4, 2), np.nan)) == 0
    both = shared_fraction(square(0, 0, 10), np.stack([square(5, 5, 10), square(20, 0, 10)]))
    np.testing.assert_array_equal(both, [0.25, 0])


def test_the_box_of_an_empty_pose_is_nan_without_a_warning(recwarn):
    assert np.isnan(extents(np.full((2, 3, 2), np.nan))).all() and not recwarn
