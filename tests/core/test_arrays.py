"""Every function of the array namespace means the same for numpy arrays and torch tensors."""

import numpy as np
import pytest
import torch

from deeplabcut.core import arrays

RNG = np.random.default_rng(0)
MAPS = RNG.normal(size=(2, 3, 9, 7)).astype(np.float32)


def same(function, *values, **options):
    """The result in numpy, after a comparison with that of torch."""
    expected = function(*values, **options)
    found = function(*(torch.as_tensor(one) if isinstance(one, np.ndarray) else one for one in values), **options)
    for a, b in zip(*((one if isinstance(one, tuple) else (one,)) for one in (expected, found)), strict=True):
        assert isinstance(b, torch.Tensor) and isinstance(a, np.ndarray)
        np.testing.assert_allclose(a, b.numpy(), rtol=1e-5, atol=1e-6)
    return expected


def test_the_library_is_that_of_the_array():
    assert arrays.library(MAPS) is np and arrays.library([1]) is np
    assert arrays.library(torch.zeros(1)) is torch
    assert arrays.library(torch.nn.Parameter(torch.zeros(1))) is torch


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_numbers_of_half_precision_become_float32(dtype):
    half = torch.ones(3, dtype=dtype, requires_grad=True)
    assert arrays.as_float(half).dtype == torch.float32
    assert arrays.to_numpy(half).dtype == np.float32
    assert arrays.as_float(np.ones(3, np.float16)).dtype == np.float32
    assert arrays.as_float(torch.ones(3, dtype=torch.float64)).dtype == torch.float64


def test_constants_zeros_and_ranges_lie_beside_the_array():
    same(lambda like: arrays.constant([1, 2.5], like), MAPS)
    same(lambda like: arrays.zeros((2, 3), like, dtype="int64"), MAPS)
    same(lambda like: arrays.arange(4, like), MAPS)
    elsewhere = torch.zeros(3, device="meta")
    made = arrays.constant([1, 2], elsewhere), arrays.zeros((2,), elsewhere), arrays.arange(3, elsewhere)
    assert {one.device.type for one in made} == {"meta"}


def test_a_type_is_given_by_name_or_taken_from_another_array():
    assert same(arrays.astype, MAPS, "int64").dtype == np.int64
    assert arrays.astype(torch.ones(2), torch.ones(1, dtype=torch.int32).dtype).dtype == torch.int32


def test_elements_are_taken_along_an_axis_with_broadcasting():
    index = RNG.integers(0, 9, (2, 1, 4, 1))
    assert same(arrays.take_along, MAPS, index, 2).shape == (2, 3, 4, 7)


def test_of_writes_to_one_place_the_highest_stays():
    def drawn(like):
        canvas = arrays.zeros((2, 3), like)
        index = arrays.constant([[1, 1], [4, 1]], like, dtype="int64")
        arrays.put_max(canvas, index, arrays.constant([[0.5, 2.0], [3.0, 1.0]], like))
        return canvas

    assert same(drawn, MAPS).tolist() == [[0, 2, 0], [0, 3, 0]]


def test_places_take_one_number_or_one_each():
    def drawn(like):
        canvas = arrays.zeros((2, 3), like)
        arrays.put(canvas, arrays.constant([[0, 5]], like, dtype="int64"), arrays.constant([[7, 8]], like))
        arrays.put(canvas, arrays.constant([3], like, dtype="int64"), 9.0)
        return canvas

    assert same(drawn, MAPS).tolist() == [[7, 0, 0], [9, 0, 8]]


def test_among_equals_the_first_are_the_top():
    values, index = same(arrays.top_k, np.array([[1, 0, 2, 0, 2, 0.0], [5, 5, 5, 5, 5, 5]]), 4)
    assert index.tolist() == [[2, 4, 0, 1], [0, 1, 2, 3]]
    assert values[0].tolist() == [2, 2, 1, 0]


def test_many_equals_are_ordered_alike_in_both_libraries():
    same(arrays.top_k, RNG.integers(0, 4, (6, 500)).astype(np.float32), 60)


def test_what_is_not_a_number_is_never_among_the_top():
    _, index = same(arrays.top_k, np.array([np.nan, 1.0, 3.0, -np.inf]), 2)
    assert index.tolist() == [2, 1]


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 6, 7, 11])
def test_the_pool_is_the_maximum_of_a_window(size):
    expected = torch.nn.functional.max_pool2d(torch.as_tensor(MAPS), size, 1, size // 2)[..., :9, :7]
    assert (same(arrays.max_pool, MAPS, size) == expected.numpy()).all()


def test_a_blurred_dot_is_the_kernel():
    dot = np.zeros((2, 2, 7, 7), np.float32)
    dot[:, :, 3, 3] = 1
    kernel = [0.25, 0.5, 0.25]
    np.testing.assert_allclose(same(arrays.blur, dot, kernel)[1, 1, 2:5, 2:5], np.outer(kernel, kernel))
    same(arrays.blur, MAPS, [0.1, 0.2, 0.4, 0.2, 0.1])


def test_sigmoid_and_softmax_hold_for_large_numbers():
    large = np.array([[-1000.0, 0, 1000], [1, 2, 3]])
    assert same(arrays.sigmoid, large)[0].tolist() == [0, 0.5, 1]
    assert same(arrays.softmax, large)[0].tolist() == [0, 0, 1]
