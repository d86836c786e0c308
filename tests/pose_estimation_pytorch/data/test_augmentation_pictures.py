"""Pictures of augmented images show people what the network sees."""

from __future__ import annotations

import numpy as np
import pytest

from deeplabcut.pose_estimation_pytorch.data.augmentation import draw_sample, sheet
from deeplabcut.pose_estimation_pytorch.data.transforms import build_transforms

LEVELS = np.random.default_rng(0).integers(0, 256, (30, 40, 3), dtype=np.uint8)


@pytest.mark.parametrize("section", [{}, {"normalize_images": True}, {"scale_to_unit_range": True}])
@pytest.mark.parametrize("channels_first", [False, True])
def test_gray_levels_come_back_from_every_form(section, channels_first):
    image = build_transforms(section)(image=LEVELS)["image"]
    picture = draw_sample(image.transpose(2, 0, 1) if channels_first else image)
    assert picture.dtype == np.uint8
    np.testing.assert_allclose(picture, LEVELS, atol=1)


@pytest.mark.parametrize("image", [LEVELS[..., 0], LEVELS[..., :1]])
def test_gray_images_become_pictures_of_three_channels(image):
    np.testing.assert_array_equal(draw_sample(image), np.repeat(LEVELS[..., :1], 3, axis=-1))


def test_points_and_boxes_are_drawn_where_they_are_and_the_image_is_left_alone():
    image = np.zeros((60, 80, 3), np.uint8)
    keypoints = [[[20, 30, 2], [np.nan, np.nan, 0], [70, 50, 0]]]
    picture = draw_sample(image, keypoints, [[40, 10, 20, 30], [np.nan] * 4])
    assert not image.any()
    assert picture[30, 20].any()
    assert not picture[45:55, 65:75].any()  # a point with the flag 0
    assert picture[10, 40:60].any(axis=-1).all()
    assert picture[39, 59].any()
    assert not picture[40:].any()


def test_nothing_to_draw_is_no_trouble():
    np.testing.assert_array_equal(draw_sample(LEVELS, np.zeros((0, 2)), np.zeros((0, 4))), LEVELS)


def test_a_sheet_has_a_picture_in_every_place():
    pictures = [np.full((30 + 10 * i, 60, 3), 50 * (i + 1), np.uint8) for i in range(3)]
    page = sheet(pictures, ["a", "b"], n_columns=2, width_px=60)
    assert page.shape == (2 * (22 + 4) + 40 + 50, 2 * 64, 3)
    assert (page[22:52, :60] == 50).all()
    assert (page[22:62, 64:124] == 100).all()
    assert (page[66 + 22 : 66 + 22 + 50, :60] == 150).all()
