"""Keypoints drawn as two distributions, and read back."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from deeplabcut.core.codecs.simcc import SimccCodec, highest_bins, normalized
from deeplabcut.core.errors import InvalidInput

LIBRARIES = [np.asarray, torch.as_tensor]


def points(*xyv):
    return np.array([[xyv]], np.float32)


@pytest.mark.parametrize("library", LIBRARIES)
def test_places_are_rounded_to_even_bins(library):
    targets = SimccCodec((64, 32)).encode(library(points((5.25, 6.75, 2))))
    assert int(targets.x.values[0, 0, 0].argmax()) == 10
    assert int(targets.y.values[0, 0, 0].argmax()) == 14
    assert targets.x.values.shape[-1] == 128 and targets.y.values.shape[-1] == 64


@pytest.mark.parametrize("library", LIBRARIES)
def test_gaussians_have_area_or_height_one(library):
    codec = {"input_size": (200, 200), "sigma_bins": (6, 3)}
    targets = SimccCodec(**codec).encode(library(points((100, 100, 2))))
    assert float(targets.x.values.sum()) == pytest.approx(1, abs=1e-4)
    high = SimccCodec(**codec, normalize=False).encode(library(points((100, 100, 2))))
    assert float(high.x.values.max()) == 1
    assert float(high.x.values[0, 0, 0, 206]) == pytest.approx(np.exp(-0.5), abs=1e-6)
    assert float(high.y.values[0, 0, 0, 203]) == pytest.approx(np.exp(-0.5), abs=1e-6)


@pytest.mark.parametrize("library", LIBRARIES)
def test_what_is_invisible_or_far_outside_has_no_weight(library):
    labels = points((9, 9, 2), (9, 9, 0), (9, 9, -1), (np.nan, 9, 2), (500, 9, 2), (9, -500, 1), (-5, 9, 2))
    targets = SimccCodec((64, 64)).encode(library(labels))
    assert targets.x.weights.tolist() == targets.y.weights.tolist() == [[[1, 0, 0, 0, 0, 0, 1]]]
    heights = np.asarray(targets.x.values).max(-1)[0, 0] > 0
    assert heights.tolist() == [True, False, False, False, False, False, True]


@pytest.mark.parametrize("library", LIBRARIES)
def test_one_bin_can_share_with_the_others(library):
    codec = SimccCodec((8, 8), smoothing="standard", label_smoothing=0.3)
    targets = codec.encode(library(points((3, 4, 2), (8, 4, 2))))
    expected = np.full(16, 0.02, np.float32)
    expected[6] = 0.7
    np.testing.assert_allclose(targets.x.values[0, 0, 0], expected, rtol=1e-5)
    assert targets.x.weights.tolist() == [[[1, 0]]]


@settings(max_examples=50, deadline=None)
@given(x=st.floats(0, 63.4), y=st.floats(0, 47.4), library=st.sampled_from(LIBRARIES), normalize=st.booleans())
def test_a_point_inside_the_crop_comes_back(x, y, library, normalize):
    codec = SimccCodec((64, 48), sigma_bins=(4.9, 5.66), normalize=False)
    targets = codec.encode(library(points((x, y, 2))))
    pose = np.asarray(codec.decode(targets.x.values[:, 0], targets.y.values[:, 0], normalize=normalize))
    np.testing.assert_allclose(pose[0, 0, :2], [x, y], atol=0.2501)


@pytest.mark.parametrize("library", LIBRARIES)
def test_where_nothing_stands_out_the_place_is_before_the_crop(library):
    flat = library(np.zeros((1, 1, 64), np.float32))
    assert SimccCodec((32, 32)).decode(flat, flat)[0, 0].tolist() == [-0.5, -0.5, 1 / 64]
    assert SimccCodec((32, 32)).decode(flat, flat, apply_softmax=False)[0, 0].tolist() == [-0.5, -0.5, 0]


@pytest.mark.parametrize("library", LIBRARIES)
def test_the_score_is_the_smaller_peak(library):
    x, y = np.zeros((2, 1, 1, 8), np.float32)
    x[..., 3], y[..., 5] = 0.9, 0.4
    bins, score = highest_bins(library(x), library(y), apply_softmax=False)
    assert bins[0, 0].tolist() == [3, 5] and float(score[0, 0]) == pytest.approx(0.4)


@pytest.mark.parametrize("library", LIBRARIES)
def test_outputs_are_clipped_and_limited_to_one(library):
    found = normalized(library(np.array([[-1.0, 2, 4], [0.2, 0.5, -3]])))
    np.testing.assert_allclose(found, [[0, 0.5, 1], [0.2, 0.5, 0]])


def test_outputs_of_half_precision_are_read_without_overflow():
    x = torch.randn(2, 3, 64)
    full, half = (SimccCodec((32, 32)).decode(one, one, beta=10_000) for one in (x.half().float(), x.half()))
    torch.testing.assert_close(full, half)


def test_empty_batches_are_fine_and_tensors_stay_on_their_device():
    codec = SimccCodec((32, 16))
    targets = codec.encode(np.zeros((0, 1, 4, 3)))
    assert targets.y.values.shape == (0, 1, 4, 32)
    assert codec.decode(targets.x.values[:, 0], targets.y.values[:, 0]).shape == (0, 4, 3)
    drawn = codec.encode(torch.zeros(2, 1, 4, 3, device="meta"))
    assert codec.decode(drawn.x.values[:, 0], drawn.y.values[:, 0]).device.type == "meta"


def test_three_widths_are_refused():
    from deeplabcut.core.codecs.simcc import per_axis

    assert per_axis(3) == (3.0, 3.0) and per_axis([1, 2]) == (1.0, 2.0)
    with pytest.raises(InvalidInput, match="3 values"):
        per_axis([1, 2, 3])
