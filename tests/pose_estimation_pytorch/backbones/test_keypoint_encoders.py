"""Keypoints become soft spots, the brightest of a sample 255."""

import cv2
import numpy as np
import pytest
import torch

from deeplabcut.core.errors import InvalidInput
from deeplabcut.pose_estimation_pytorch.models.modules import (
    KEYPOINT_ENCODERS,
    BaseKeypointEncoder,
    ColoredKeypointEncoder,
    StackedKeypointEncoder,
)

SIZE = (40, 60)


def drawn_one_by_one(encoder, keypoints, size):
    """The definition: a bright pixel for each keypoint, blurred by OpenCV."""
    colors = 255 * np.eye(encoder.num_joints) if isinstance(encoder, StackedKeypointEncoder) else encoder.colors
    maps = np.zeros((len(keypoints), *size, encoder.num_channels))
    for sample, points in zip(maps, keypoints, strict=True):
        for (x, y, visible), color in zip(points, colors, strict=True):
            if visible > 0:
                sample[int(y) - 1, int(x) - 1] = np.where(color, color, sample[int(y) - 1, int(x) - 1])
        sample[:] = cv2.GaussianBlur(sample, encoder.kernel_size, 0).reshape(sample.shape)
        sample *= 255 / sample.max()
    return maps


def encoder(kind="StackedKeypointEncoder", n=3, **settings):
    return KEYPOINT_ENCODERS.build({"type": kind, "num_joints": n, "img_size": SIZE, **settings})


@pytest.mark.parametrize("kind", KEYPOINT_ENCODERS.names)
@pytest.mark.parametrize("kernel_size", [(15, 15), (5, 9), (1, 3)])
def test_spots_are_those_of_opencv(kind, kernel_size):
    draw = encoder(kind, n=5, kernel_size=kernel_size, **({"colors": 5 * [(9, 90, 190)]} if kind[0] == "C" else {}))
    rng = np.random.default_rng(0)
    keypoints = rng.uniform(0, 1, (4, 5, 3)) * [SIZE[1], SIZE[0], 2]
    keypoints[0, :, :2] = [[0, 0], [60, 40], [1, 1], [0.5, 20], [30, 0]]  # corners and edges
    keypoints[1, 2, 2] = 0
    np.testing.assert_allclose(draw(keypoints, SIZE), drawn_one_by_one(draw, keypoints, SIZE), atol=1e-9)


def test_of_two_bodyparts_at_one_place_the_later_gives_the_colour():
    draw = encoder("ColoredKeypointEncoder", n=2, colors=[(255, 0, 0), (0, 0, 255)])
    maps = draw(np.array([[[10.2, 10.0, 1.0], [10.9, 10.5, 1.0]]]), SIZE)
    assert maps[0, 9, 9].tolist() == [0, 0, 255] and not maps[..., 0].any()


def test_a_channel_for_each_bodypart_or_a_colour():
    assert encoder().num_channels == 3 and encoder("ColoredKeypointEncoder").num_channels == 3
    colors = encoder("ColoredKeypointEncoder", n=7).colors
    assert len(set(colors)) == 7 and all(0 <= value <= 255 for color in colors for value in color)
    with pytest.raises(InvalidInput, match="1 colours for 3 bodyparts"):
        encoder("ColoredKeypointEncoder", colors=[(1, 2, 3)])


@pytest.mark.parametrize(
    "keypoint", [(10, 10, 0), (10, 10, -1), (np.nan, 10, 1), (10, 10, np.nan), (61, 10, 1), (10, 41, 1), (-3, 10, 1)]
)
@pytest.mark.parametrize("kind", KEYPOINT_ENCODERS.names)
def test_what_is_not_there_is_not_drawn(kind, keypoint):
    maps = encoder(kind, n=2)(np.array([[keypoint, (20, 20, 2)], [keypoint, keypoint]], float), SIZE)
    alone = encoder(kind, n=2)(np.array([[(0, 0, 0), (20, 20, 2)]], float), SIZE)
    assert np.array_equal(maps[0], alone[0]) and maps[0].max() == 255
    assert not maps[1].any()


@pytest.mark.parametrize("kind", KEYPOINT_ENCODERS.names)
def test_tensors_stay_tensors(kind):
    keypoints = np.random.default_rng(1).uniform(1, 39, (2, 3, 3))
    maps = encoder(kind)(torch.as_tensor(keypoints, dtype=torch.float32), SIZE)
    assert isinstance(maps, torch.Tensor) and maps.dtype == torch.float32
    np.testing.assert_allclose(maps.numpy(), encoder(kind)(keypoints.astype(np.float32), SIZE), atol=1e-3)
    on_meta = encoder(kind)(torch.empty(2, 3, 3, device="meta"), SIZE)
    assert on_meta.device.type == "meta" and on_meta.shape == maps.shape


def test_an_encoder_of_a_user_blurs_points_with_the_same_spots():
    class Dots(BaseKeypointEncoder):
        num_channels = 2

        def __call__(self, keypoints, size):
            return np.zeros((len(keypoints), *size, 2))

    dots = np.zeros((*SIZE, 2))
    dots[5, 6, 0], dots[38, 59, 1] = 255, 100
    blurred = Dots(num_joints=2).blur_heatmap(dots)
    wanted = cv2.GaussianBlur(dots, (15, 15), 0)
    np.testing.assert_allclose(blurred, wanted / wanted.max() * 255, atol=1e-9)
    assert not Dots(num_joints=2).blur_heatmap(dots * 0).any()


def test_a_spot_has_an_odd_size():
    with pytest.raises(InvalidInput, match="size \\(4, 5\\)"):
        encoder(kernel_size=(4, 5))


def test_colors_may_be_given():
    assert ColoredKeypointEncoder(colors=[(1, 2, 3)], num_joints=1).colors == [(1, 2, 3)]
