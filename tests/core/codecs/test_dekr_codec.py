"""Individuals drawn as centres with offsets, and read back."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from deeplabcut.core.codecs.dekr import DekrCodec, DekrDecoding

LIBRARIES = [np.asarray, torch.as_tensor]
PLAIN = {"apply_sigmoid": False, "use_heatmap": False}


def animal(*xy, flags=None):
    """Bodyparts and their centre."""
    xy = np.array(xy, np.float32)
    flags = [2] * len(xy) if flags is None else list(flags)
    return np.concatenate([np.vstack([xy, xy.mean(0)]), np.array([*flags, 2])[:, None]], -1)


def batch(*animals):
    return np.stack(animals)[None].astype(np.float32)


def one_by_one(codec, keypoints, areas, size):
    """All four maps by definition, individual by individual."""
    n_channels, (height, width), s = keypoints.shape[2], size, codec.stride_px
    heatmap = np.zeros((len(keypoints), n_channels, *size))
    weights = np.full(heatmap.shape, codec.background_weight)
    offset, counts = np.zeros((2, len(keypoints), 2 * (n_channels - 1), *size))
    taken = np.full((len(keypoints), n_channels - 1, *size), np.inf)
    rows, columns = np.mgrid[:height, :width]
    for b in range(len(keypoints)):
        weights[b, (keypoints[b, :, :, 2] < 0).any(0)] = 0
    for b, n, k in np.ndindex(*keypoints.shape[:3]):
        x, y, flag = keypoints[b, n, k]
        x, y = (x - s / 2) / s, (y - s / 2) / s
        if flag <= 0 or not (0 <= x < width and 0 <= y < height):
            continue
        sigma = codec.radius_px / s * (1 if k == n_channels - 1 else 0.5)
        inside = (columns >= np.floor(x - 3 * sigma - 1)) & (columns < np.ceil(x + 3 * sigma + 2))
        inside &= (rows >= np.floor(y - 3 * sigma - 1)) & (rows < np.ceil(y + 3 * sigma + 2))
        bump = np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * sigma**2)) * inside
        heatmap[b, k] = np.maximum(heatmap[b, k], bump)
        weights[b, k][inside] = 1
        if k == n_channels - 1:
            continue
        cx, cy = ((int(one) - s / 2) / s for one in keypoints[b, n, -1, :2])
        r = codec.radius_px / s
        near = (columns >= int(cx - r)) & (columns < int(cx + r)) & (rows >= int(cy - r)) & (rows < int(cy + r))
        near &= areas[b, n] <= taken[b, k]
        offset[b, 2 * k][near], offset[b, 2 * k + 1][near] = (columns - x)[near], (rows - y)[near]
        counts[b, 2 * k : 2 * k + 2, near] = areas[b, n] ** -0.5
        taken[b, k][near] = areas[b, n]
    return heatmap, weights, offset, counts


@pytest.mark.parametrize("stride_px", [4, 8, 5])
def test_maps_are_those_of_the_definition_in_both_libraries(stride_px):
    rng = np.random.default_rng(3)
    size = (30, 33)
    centres = rng.uniform(0.2, 0.8, (2, 3, 1, 2)) * np.array(size[::-1]) * stride_px
    xy = centres + rng.normal(0, 30, (2, 3, 4, 2))
    xy = np.concatenate([xy, xy.mean(2, keepdims=True)], 2)
    flags = rng.choice([-1, 0, 2, 2, 2], (2, 3, 5, 1))
    flags[:, :, -1] = 2
    keypoints = np.concatenate([xy, flags], -1).astype(np.float32)
    areas = np.array([[900, 400, 400], [50, 800, 60]], np.float32)
    codec = DekrCodec(stride_px)
    expected = one_by_one(codec, keypoints.astype(float), areas, size)
    for library in LIBRARIES:
        targets = codec.encode(library(keypoints), library(areas), size)
        for found, wanted in zip((*targets.heatmap, *targets.offset), expected, strict=True):
            np.testing.assert_allclose(found, wanted, atol=2e-4)


@settings(max_examples=40, deadline=None)
@given(x=st.floats(40, 200), y=st.floats(40, 180), dx=st.floats(-30, 30), library=st.sampled_from(LIBRARIES))
def test_an_animal_comes_back(x, y, dx, library):
    codec, xy = DekrCodec(4), np.array([(x, y), (x + dx, y + 20), (x - 10, y + 5)])
    targets = codec.encode(library(batch(animal(*xy))), library(np.array([[900.0]])), (56, 64))
    pose = codec.decode(targets.heatmap.values, targets.offset.values, DekrDecoding(1, **PLAIN))
    np.testing.assert_allclose(pose[0, 0, :, :2], xy, atol=1e-3)
    assert pose[0, 0, :, 2].min() > 0.7 and pose[0, 0, :, 2].max() <= 1


@pytest.mark.parametrize("library", LIBRARIES)
def test_animals_come_out_from_the_least_sure_to_the_surest(library):
    heatmap, offset = np.zeros((1, 3, 30, 30), np.float32), np.zeros((1, 4, 30, 30), np.float32)
    heatmap[0, :, [5, 15, 25], [5, 15, 25]] = np.array([0.9, 0.7, 0.5])[:, None]
    offset[:, 2:] = 3
    options = {**PLAIN, "score": "center"}
    for nms_threshold, order in ((0.05, [0.5, 0.7, 0.9]), (None, [0.9, 0.7, 0.5])):
        decoding = DekrDecoding(3, nms_threshold=nms_threshold, **options)
        poses = DekrCodec(4).decode(library(heatmap), library(offset), decoding)
        np.testing.assert_allclose(poses[0, :, 0, 2], order, rtol=1e-6)
        assert np.asarray(poses)[0, order.index(0.9), :, :2].tolist() == [[22, 22], [10, 10]]


@pytest.mark.parametrize("library", LIBRARIES)
def test_an_animal_too_close_to_a_surer_one_is_dropped_and_last(library):
    heatmap, offset = np.zeros((1, 3, 30, 30), np.float32), np.zeros((1, 4, 30, 30), np.float32)
    heatmap[0, :, [5, 15, 25], [5, 15, 25]] = np.array([0.9, 0.7, 0.5])[:, None]
    offset[0, :2, 5, 5], offset[0, :2, 15, 15] = -5, 5  # the first bodyparts of both are at cell 10
    poses = DekrCodec(4).decode(library(heatmap), library(offset), DekrDecoding(3, **PLAIN, score="center"))
    np.testing.assert_allclose(poses[0, :, 0, 2], [0.5, 0.9, -1], rtol=1e-6)
    assert (np.asarray(poses)[0, 2] == -1).all()


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize(("distance", "expected"), [(3.0, 9), (1.0, 7)])
def test_bodyparts_move_to_a_peak_that_is_near_enough(library, distance, expected):
    heatmap, offset = np.zeros((1, 2, 20, 20), np.float32), np.zeros((1, 2, 20, 20), np.float32)
    heatmap[0, 1, 5, 5], heatmap[0, 0, 7, 9] = 0.8, 0.6
    offset[0, :, 5, 5] = -2
    decoding = DekrDecoding(1, apply_sigmoid=False, max_absorb_distance=distance)
    pose = np.asarray(DekrCodec(4).decode(library(heatmap), library(offset), decoding))[0, 0, 0]
    assert pose[:2].tolist() == [expected * 4 + 2, 7 * 4 + 2]
    assert pose[2] == pytest.approx(0.48 if expected == 9 else 0)


def test_the_maps_that_are_read_are_not_changed():
    heatmap = torch.rand(1, 4, 12, 12)
    before = heatmap.clone()
    DekrCodec(4).decode(heatmap, torch.rand(1, 6, 12, 12), DekrDecoding(3))
    assert torch.equal(heatmap, before)


@pytest.mark.parametrize("library", LIBRARIES)
def test_more_individuals_than_cells_are_filled_up(library):
    rng = np.random.default_rng(0)
    heatmap, offset = rng.random((2, 3, 2, 2)), rng.random((2, 4, 2, 2))
    poses = DekrCodec(4).decode(library(heatmap), library(offset), DekrDecoding(7, nms_threshold=None))
    assert tuple(poses.shape) == (2, 7, 2, 3) and (np.asarray(poses)[:, 4:] == -1).all()


@pytest.mark.parametrize("library", LIBRARIES)
def test_numpy_and_torch_read_the_same(library):
    rng = np.random.default_rng(5)
    heatmap, offset = (rng.normal(size=(3, n, 24, 20)).astype(np.float32) for n in (6, 10))
    for score in ("center", "heatmap", "combined"):
        decoding = DekrDecoding(5, score=score, clip_scores=True)
        expected = DekrCodec(4).decode(heatmap, offset, decoding)
        np.testing.assert_allclose(
            DekrCodec(4).decode(library(heatmap), library(offset), decoding), expected, atol=1e-3
        )


def test_an_empty_batch_and_empty_labels_are_fine():
    codec = DekrCodec(4)
    targets = codec.encode(np.zeros((0, 2, 4, 3)), np.zeros((0, 2)), (6, 6))
    assert targets.offset.values.shape == (0, 6, 6, 6)
    poses = codec.decode(targets.heatmap.values, targets.offset.values, DekrDecoding(2))
    assert poses.shape == (0, 2, 3, 3)
    targets = codec.encode(np.zeros((1, 2, 4, 3)), np.zeros((1, 2)), (6, 6))
    assert not targets.heatmap.values.any() and not targets.offset.weights.any()
    assert (targets.heatmap.weights == np.float32(0.1)).all()


def test_maps_stay_on_the_device_of_the_labels():
    codec = DekrCodec(4)
    targets = codec.encode(torch.zeros(2, 3, 4, 3, device="meta"), torch.ones(2, 3, device="meta"), (8, 9))
    poses = codec.decode(targets.heatmap.values.half(), targets.offset.values.half(), DekrDecoding(3))
    assert poses.device.type == "meta" and poses.shape == (2, 3, 3, 3) and poses.dtype == torch.float32
