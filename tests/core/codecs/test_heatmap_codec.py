"""Keypoints drawn as heatmaps and offsets, and read back."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from deeplabcut.core.codecs.heatmap import HeatmapCodec
from deeplabcut.core.errors import InvalidInput

LIBRARIES = [np.asarray, torch.as_tensor]
SIZE = (12, 15)


def points(*xyv):
    """One image of one individual."""
    return np.array([[xyv]], np.float32)


def one_by_one(codec, keypoints, size):
    """Heatmap, locref and its mask by definition, for plateaus or gaussians."""
    n_batch, n_individuals, n_channels = keypoints.shape[:3]
    heatmap = np.zeros((n_batch, n_channels, *size))
    locref, mask = np.zeros((2, n_batch, 2 * n_channels, *size))
    gy, gx = (np.mgrid[: size[0], : size[1]] + 0.5) * codec.stride_px
    for b, n, c in np.ndindex(n_batch, n_individuals, n_channels):
        x, y, flag = keypoints[b, n, c]
        if not flag > 0:
            continue
        d2 = (gx - x) ** 2 + (gy - y) ** 2
        disc = d2 <= codec.radius_px**2
        bump = disc if codec.plateau else np.exp(-d2 / (2 * codec.sigma_px**2))
        heatmap[b, c] = np.maximum(heatmap[b, c], bump)
        for axis, lead in enumerate((x - gx, y - gy)):
            where = disc if codec.plateau else np.ones_like(disc)
            taken = mask[b, 2 * c + axis] > 0
            where = where & (disc | ~taken)  # a disc keeps its offsets, unless a later disc overlaps it
            locref[b, 2 * c + axis][where] = lead[where] / codec.locref_std_px
            mask[b, 2 * c + axis][disc] = 1
    return heatmap, locref, mask


@pytest.mark.parametrize("library", LIBRARIES)
def test_the_published_gaussian_is_drawn(library):
    targets = HeatmapCodec(8).encode(library(points((10, 13, 2))), (4, 4))
    np.testing.assert_allclose(targets.heatmap.values[0, 0, 0], [0.6342, 0.7183, 0.4943, 0.2067], atol=1e-4)
    np.testing.assert_allclose(targets.locref.values[0, 0, 0], [0.8242, -0.2747, -1.3736, -2.4725], atol=1e-4)
    np.testing.assert_allclose(targets.locref.values[0, 1, :, 0], [1.2362, 0.1374, -0.9615, -2.0604], atol=1e-4)
    assert targets.locref.weights.sum() == 22


@pytest.mark.parametrize("library", LIBRARIES)
def test_the_published_maximum_is_read(library):
    heatmap, locref = np.zeros((1, 1, 4, 4), np.float32), np.zeros((1, 2, 4, 4), np.float32)
    heatmap[0, 0, 1, 2] = 1.3
    locref[0, :, 1, 2] = 1, -1
    pose = HeatmapCodec(8).decode(library(heatmap), library(locref), clip_scores=True)
    np.testing.assert_allclose(pose[0, 0], [27.2801, 4.7199, 1.0], rtol=1e-6)


@pytest.mark.parametrize("plateau", [False, True])
@pytest.mark.parametrize("stride_px", [4, 8, 7, 3.5])
def test_maps_are_those_of_the_definition_in_both_libraries(plateau, stride_px):
    rng = np.random.default_rng(1)
    codec = HeatmapCodec(stride_px, plateau=plateau)
    size_px = np.array(SIZE[::-1]) * stride_px
    xy = rng.uniform(-0.3, 1.3, (2, 3, 4, 2)) * size_px
    flags = rng.choice([-1, 0, 1, 2], (2, 3, 4, 1))
    keypoints = np.concatenate([xy, flags], -1).astype(np.float32)
    expected = one_by_one(codec, keypoints.astype(float), SIZE)
    for library in LIBRARIES:
        targets = codec.encode(library(keypoints), SIZE)
        mask = np.asarray(targets.locref.weights)
        np.testing.assert_allclose(targets.heatmap.values, expected[0], atol=1e-5)
        np.testing.assert_array_equal(mask, expected[2])
        where = mask > 0
        np.testing.assert_allclose(np.asarray(targets.locref.values)[where], expected[1][where], atol=1e-4)
        if plateau:
            assert not np.asarray(targets.locref.values)[~where].any()


@settings(max_examples=60, deadline=None)
@given(
    x=st.floats(0, 119),
    y=st.floats(0, 95),
    stride_px=st.sampled_from([2, 4, 7, 8, 3.5]),
    plateau=st.booleans(),
    library=st.sampled_from(LIBRARIES),
)
def test_a_point_inside_the_maps_comes_back(x, y, stride_px, plateau, library):
    codec = HeatmapCodec(stride_px, plateau=plateau)
    size = int(np.ceil(96 / stride_px)), int(np.ceil(120 / stride_px))
    targets = codec.encode(library(points((x, y, 2))), size)
    refined = np.asarray(codec.decode(targets.heatmap.values, targets.locref.values))[0, 0]
    np.testing.assert_allclose(refined[:2], [x, y], atol=1e-3)
    if not plateau:
        coarse = np.asarray(codec.decode(targets.heatmap.values))[0, 0]
        assert np.abs(coarse[:2] - [x, y]).max() <= stride_px / 2 + 1e-3
        assert coarse[2] > 0.8


def test_every_animal_of_a_channel_keeps_the_offsets_of_its_own_disc():
    keypoints = np.array([[[[20, 20, 2]], [[70, 60, 2]]]], np.float32)
    for plateau in (False, True):
        targets = HeatmapCodec(4, plateau=plateau).encode(keypoints, (30, 30))
        for x, y, _ in keypoints[0, :, 0]:
            row, column = int(y // 4), int(x // 4)
            lead = targets.locref.values[0, :, row, column] * 7.2801
            np.testing.assert_allclose(lead, [x - (column * 4 + 2), y - (row * 4 + 2)], atol=1e-4)


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize(
    ("flags", "weight"),
    [((2, 2), 1), ((0, 2), 0.1), ((2, 0), 0.1), ((2, -1), 0), ((-1, 2), 0), ((-1, 0), 0.1), ((0, -1), 0)],
)
def test_the_last_absent_or_ignored_individual_weighs_the_channel(library, flags, weight):
    keypoints = np.array([[[[10, 10, flag], [5, 5, 2]] for flag in flags]], np.float32)
    heatmap = HeatmapCodec(8, gradient_masking=True).encode(library(keypoints), (4, 5)).heatmap
    assert tuple(heatmap.weights.shape) == (1, 2, 4, 5)
    np.testing.assert_allclose(heatmap.weights[0, 0], weight)
    np.testing.assert_allclose(heatmap.weights[0, 1], 1)


def test_without_masking_an_absent_point_is_background():
    heatmap = HeatmapCodec(8).encode(points((10, 10, 0), (10, 10, -1)), (4, 4)).heatmap
    assert not heatmap.values.any()
    assert heatmap.weights[0, :, 0, 0].tolist() == [1, 0]


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("plateau", [False, True])
def test_points_without_coordinates_are_not_drawn_and_nothing_becomes_nan(library, plateau):
    keypoints = points((np.nan, np.nan, 0), (np.nan, 3, 2), (np.inf, 0, 2), (-500, 9, 2))
    targets = HeatmapCodec(8, plateau=plateau).encode(library(keypoints), (4, 4))
    assert not np.asarray(targets.locref.weights).any()
    assert np.asarray(targets.heatmap.values).max() < 1e-6
    assert np.isfinite(np.asarray(targets.locref.values)).all()


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("shape", [(0, 3, 2, 3), (2, 0, 2, 3), (2, 3, 0, 3), (2, 0), (2, 2, 3)])
def test_empty_batches_individuals_and_bodyparts_are_drawn(library, shape):
    codec = HeatmapCodec(8)
    targets = codec.encode(library(np.zeros(shape, np.float32)), (4, 5))
    n_channels = 0 if shape == (2, 0) else shape[-2]
    assert tuple(targets.heatmap.values.shape) == (shape[0], n_channels, 4, 5)
    assert tuple(targets.locref.values.shape) == (shape[0], 2 * n_channels, 4, 5)
    assert tuple(codec.decode(*(one.values for one in targets)).shape) == (shape[0], n_channels, 3)


def test_labels_of_another_shape_are_refused():
    with pytest.raises(InvalidInput, match="individuals"):
        HeatmapCodec(8).encode(np.zeros((2, 4, 2)), (4, 4))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_maps_of_half_precision_give_precise_coordinates(dtype):
    codec = HeatmapCodec(8)
    targets = codec.encode(torch.as_tensor(points((1001, 903, 2))), (128, 128))
    pose = codec.decode(targets.heatmap.values.to(dtype), targets.locref.values.to(dtype))
    assert pose.dtype == torch.float32
    np.testing.assert_allclose(pose[0, 0, :2], [1001, 903], atol=0.1)


def test_the_highest_logit_counts_where_the_sigmoid_is_one_for_many():
    logits = torch.full((1, 1, 4, 4), 40.0)
    logits[0, 0, 2, 3] = 50
    assert HeatmapCodec(8).decode(logits, apply_sigmoid=True)[0, 0].tolist() == [28, 20, 1]


def test_of_equal_cells_the_first_is_taken():
    assert HeatmapCodec(8).decode(np.ones((1, 1, 3, 3)))[0, 0].tolist() == [4, 4, 1]


def test_maps_stay_on_the_device_of_the_labels():
    codec = HeatmapCodec(8)
    targets = codec.encode(torch.zeros(2, 3, 4, 3, device="meta"), (6, 7))
    pose = codec.decode(targets.heatmap.values, targets.locref.values)
    assert {one.device.type for one in (*targets.heatmap, *targets.locref, pose)} == {"meta"}
    assert pose.shape == (2, 4, 3)
