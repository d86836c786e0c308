"""Fields along limbs, the peaks between which they are read, and the costs of pairs."""

import tracemalloc

import numpy as np
import pytest
import torch

from deeplabcut.core.codecs import peaks
from deeplabcut.core.codecs.heatmap import HeatmapCodec
from deeplabcut.core.codecs.paf import PafCodec

LIBRARIES = [np.asarray, torch.as_tensor]
GRAPH = [(0, 1), (0, 2), (2, 1)]


def one_by_one(codec, keypoints, size):
    """The fields by definition."""
    fields = np.zeros((len(keypoints), 2 * len(codec.graph), *size))
    gy, gx = (np.mgrid[: size[0], : size[1]] + 0.5) * codec.stride_px
    for b, n, limb in np.ndindex(*keypoints.shape[:2], len(codec.graph)):
        start, stop = (keypoints[b, n, end] for end in codec.graph[limb])
        vector = (stop - start)[:2]
        length = np.hypot(*vector)
        if start[2] <= 0 or stop[2] <= 0 or length == 0:
            continue
        x, y = vector / length
        along = (gx - start[0]) * x + (gy - start[1]) * y
        across = np.abs((gx - start[0]) * y - (gy - start[1]) * x) / codec.width_px
        band = (along >= 0) & (along <= length) & (across <= 1)
        fields[b, 2 * limb][band] = x * (1 - across[band])
        fields[b, 2 * limb + 1][band] = y * (1 - across[band])
    return fields


@pytest.mark.parametrize("library", LIBRARIES)
def test_the_published_field_is_drawn(library):
    keypoints = library(np.array([[[(4, 12, 2), (24, 12, 2)]]], np.float32))
    field = PafCodec(8, [(0, 1)]).encode(keypoints, (4, 4))
    expected = np.outer([0.6, 1, 0.6, 0.2], [1, 1, 1, 0])
    np.testing.assert_allclose(field[0, 0], expected, atol=1e-6)
    assert not field[0, 1].any()


@pytest.mark.parametrize("stride_px", [4, 8, 7.5])
def test_fields_are_those_of_the_definition_in_both_libraries(stride_px):
    rng = np.random.default_rng(2)
    xy = rng.uniform(-40, 40 * stride_px + 40, (2, 4, 3, 2))
    keypoints = np.concatenate([xy, rng.choice([-1, 0, 1, 2, 2, 2], (2, 4, 3, 1))], -1).astype(np.float32)
    codec = PafCodec(stride_px, GRAPH)
    expected = one_by_one(codec, keypoints.astype(float), (40, 37))
    assert np.count_nonzero(expected) > 100
    for library in LIBRARIES:
        np.testing.assert_allclose(codec.encode(library(keypoints), (40, 37)), expected, atol=1e-4)


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("shape", [(0, 2, 3, 3), (2, 0, 3, 3), (1, 2, 3, 3)])
def test_no_limb_that_can_be_seen_means_an_empty_field(library, shape):
    field = PafCodec(8, GRAPH).encode(library(np.zeros(shape, np.float32)), (5, 6))
    assert tuple(field.shape) == (shape[0], 6, 5, 6) and not field.any()
    assert PafCodec(8, []).encode(library(np.ones(shape, np.float32)), (5, 6)).shape[1] == 0


def test_a_limb_without_length_or_coordinates_is_not_drawn():
    keypoints = np.array([[[(9, 9, 2), (9, 9, 2), (np.nan, np.nan, 2)]]], np.float32)
    assert not PafCodec(8, GRAPH).encode(keypoints, (5, 5)).any()


@pytest.mark.parametrize("library", LIBRARIES)
def test_costs_are_the_published_ones(library):
    row, column = np.mgrid[:24, :24].astype(np.float32)
    flat, diagonal = np.ones((24, 24), np.float32), np.full((24, 24), 0.5**0.5, np.float32)
    paf = np.stack([flat, 0 * flat, diagonal, diagonal, np.sin(column / 5), np.cos(row / 4)])[None]
    found = np.array(
        [[0, 0, 2, 2], [0, 0, 15, 3], [0, 1, 2, 12], [0, 1, 12, 12], [0, 2, 12, 12], [0, 2, 20, 7]], np.int64
    )
    costs = peaks.edge_costs(library(paf), found, [(0, 0, 1), (1, 0, 2), (2, 1, 2)], 3)[0]
    expected = {
        0: ([[1.0, 0.707], [0.569, 0.949]], [[10.0, 14.142], [15.811, 9.487]]),
        1: ([[0.707, 0.707], [0.707, 0.707]], [[14.142, 18.682], [9.487, 6.403]]),
        2: ([[0.132, 0.387], [0.0, 0.667]], [[10.0, 18.682], [0.0, 9.434]]),
    }
    for limb, (m1, distance) in expected.items():
        np.testing.assert_allclose(costs[limb]["m1"], m1, atol=1e-6)
        np.testing.assert_allclose(costs[limb]["distance"], distance, atol=1e-6)


@pytest.mark.parametrize("library", LIBRARIES)
def test_peaks_are_the_highest_of_their_window(library):
    maps = np.zeros((1, 1, 12, 12), np.float32)
    maps[0, 0, [3, 3, 8, 9], [4, 5, 8, 2]] = 0.9, 0.8, 0.02, 0.5
    assert peaks.find_peaks(library(maps), 5).tolist() == [[0, 0, 3, 4], [0, 0, 8, 8], [0, 0, 9, 2]]


def test_a_peak_in_the_first_cell_of_all_counts():
    maps = np.zeros((1, 1, 8, 8), np.float32)
    maps[0, 0, 0, 0] = 1
    assert peaks.find_peaks(maps, 5).tolist() == [[0, 0, 0, 0]]


def test_places_of_peaks_use_half_a_stride_rounded_down():
    locref = np.zeros((1, 2, 8, 8), np.float32)
    locref[0, :, 3, 4] = 1.5, -2
    cell = np.array([[0, 0, 3, 4]])
    assert peaks.locations(cell, locref, 8.0).tolist() == [[37.5, 26.0]]
    assert peaks.locations(cell, locref, 7.5).tolist() == [[34.5, 23.5]]
    assert peaks.locations(cell, None, 8.0).tolist() == [[36, 28]]


def test_the_smoothing_kernel_is_the_published_one():
    row = [5.9e-07, 5.339e-05, 0.00176805, 0.02153928, 0.09653236, 0.15915495]
    kernel = peaks.gaussian(1, 5)
    np.testing.assert_allclose(np.outer(kernel, kernel)[5], row + row[-2::-1], atol=2e-8)


@pytest.mark.parametrize("library", LIBRARIES)
def test_animals_that_were_drawn_are_found_with_strong_limbs(library):
    bodyparts = np.array([(43, 43), (92, 42), (43, 101)])
    animals = np.stack([bodyparts, bodyparts + np.array([120, 16])]).astype(np.float32)
    keypoints = library(np.concatenate([animals, np.full((2, 3, 1), 2)], -1)[None].astype(np.float32))
    codec = PafCodec(8, GRAPH)
    maps = HeatmapCodec(8).encode(keypoints, (25, 40))
    paf = codec.encode(keypoints, (25, 40))
    frame = codec.decode(maps.heatmap.values, maps.locref.values, paf, [0, 1, 2], apply_sigmoid=False)[0]
    for bodypart, (found, scores) in enumerate(zip(frame["coordinates"][0], frame["confidence"], strict=True)):
        order = np.argsort(found[:, 0])
        np.testing.assert_allclose(found[order], animals[:, bodypart], atol=0.5)
        assert scores.shape == (2, 1) and (scores > 0.5).all()
    for limb in (0, 1):
        m1 = frame["costs"][limb]["m1"]
        assert np.diag(m1).min() > 0.5 > 0.45 > m1[[0, 1], [1, 0]].max()


def test_maps_without_peaks_have_no_costs():
    frames = PafCodec(8, GRAPH).decode(
        np.zeros((2, 3, 6, 6)), None, np.ones((2, 6, 6, 6)), [0, 1, 2], apply_sigmoid=False
    )
    assert [frame["costs"] for frame in frames] == [{}, {}]
    assert [one.shape for one in frames[1]["coordinates"][0]] == [(0, 2)] * 3
    assert PafCodec(8, GRAPH).decode(np.zeros((0, 3, 6, 6)), None, np.ones((0, 6, 6, 6)), [0]) == []


@pytest.mark.parametrize("library", LIBRARIES)
def test_only_the_highest_peaks_are_kept_in_their_order(library):
    maps = np.zeros((2, 2, 20, 20), np.float32)
    maps[0, 1, ::6, ::6] = np.arange(1, 17).reshape(4, 4)
    maps[1, 0, 3, 3] = 5
    found = peaks.find_peaks(library(maps), 5, max_per_map=3)
    assert found.tolist() == [[0, 1, 18, 6], [0, 1, 18, 12], [0, 1, 18, 18], [1, 0, 3, 3]]


def test_a_network_that_finds_peaks_everywhere_needs_little_memory():
    graph = [(i, j) for i in range(6) for j in range(i)]
    maps, paf = np.ones((1, 6, 96, 96), np.float32), np.ones((1, 30, 96, 96), np.float32)
    tracemalloc.start()
    frame = PafCodec(2, graph).decode(maps, None, paf, range(15), apply_sigmoid=False)[0]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [len(one) for one in frame["confidence"]] == [100] * 6
    assert peak < 120e6


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_maps_of_half_precision_give_the_same_peaks(dtype):
    keypoints = torch.tensor([[[(43, 43, 2), (92, 42, 2), (43, 101, 2)]]], dtype=torch.float32)
    codec, maps = PafCodec(8, GRAPH), HeatmapCodec(8).encode(keypoints, (25, 40))
    drawn = maps.heatmap.values, maps.locref.values, codec.encode(keypoints, (25, 40))
    decoded = [
        codec.decode(*(one.to(kind) for one in drawn), [0, 1, 2], apply_sigmoid=False)[0]
        for kind in (torch.float32, dtype)
    ]
    for full, half in zip(*(one["coordinates"][0] for one in decoded), strict=True):
        np.testing.assert_allclose(half, full, atol=0.1)
