"""What is drawn is where it should be."""

import numpy as np

from deeplabcut.visualization import colors, draw


def canvas():
    return np.zeros((60, 80, 3), np.uint8)


def test_a_keypoint_is_drawn_around_its_place_in_its_colour():
    image = canvas()
    draw.keypoints(image, np.array([[40.0, 20.0]]), np.array([[255, 0, 0]]), radius_px=3, outline=False)
    ys, xs = np.nonzero(image[..., 0] > 128)
    assert (xs.mean(), ys.mean()) == (40, 20)
    assert image[20, 40].tolist() == [255, 0, 0]


def test_missing_points_and_bones_to_them_are_not_drawn():
    image = canvas()
    xy = np.array([[[np.nan, np.nan], [10.0, 10.0]]])
    draw.bones(image, xy, [(0, 1)])
    draw.keypoints(image, xy[:, :1], np.array([[255, 255, 255]]))
    assert not image.any()


def test_points_far_outside_do_no_harm():
    image = canvas()
    draw.keypoints(image, np.array([[1e12, -1e12]]), np.array([[255, 255, 255]]))
    draw.bones(image, np.array([[[-1e9, 30.0], [1e9, 30.0]]]), [(0, 1)])
    assert image.shape == (60, 80, 3)


def test_hollow_points_leave_their_middle_alone():
    image = canvas()
    draw.keypoints(image, np.array([[40.0, 20.0]]), np.array([[0, 255, 0]]), radius_px=5, hollow=np.array([True]))
    assert not image[20, 40].any() and image[20, 45].any()


def test_a_legend_stays_in_its_corner():
    image = canvas()
    draw.legend(image, ["snout", "tail"], colors.spread(2), at=(2, 2))
    assert image[:40, :75].any() and not image[45:].any()


def test_colours_are_spread_over_the_map():
    shades = colors.spread(12)
    assert shades.shape == (12, 3) and len({tuple(shade) for shade in shades}) == 12
    assert colors.spread(0).shape == (0, 3)
