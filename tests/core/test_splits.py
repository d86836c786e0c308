"""Splits: every image is on one side, the same seed gives the same split, padding reaches the fraction."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deeplabcut.core.errors import InvalidInput
from deeplabcut.core.splits import (
    PADDING,
    SplitTrials,
    fraction_of,
    leave_folder_out,
    pad_train_test_indices,
    padded,
    random_split,
    without_padding,
)

fractions = st.integers(1, 99).map(lambda percent: percent / 100)


@given(n=st.integers(0, 300), percent=st.integers(0, 100), seed=st.integers(0, 10**6))
def test_a_random_split_puts_every_image_on_one_side(n, percent, seed):
    split = random_split(n, percent / 100, np.random.default_rng(seed))
    assert sorted(split.train + split.test) == list(range(n))
    assert len(split.train) == int(n * (percent / 100))
    assert all(type(i) is int for i in split.train + split.test)


@pytest.mark.parametrize(("fraction", "n_train"), [(0.29, 28), (0.57, 56), (0.58, 57), (0.95, 95), (0.0, 0), (1, 100)])
def test_the_number_of_images_to_train_on_is_cut_off_as_in_names_of_files(fraction, n_train):
    train, test = SplitTrials(range(100), fraction)
    assert (len(train), len(test)) == (n_train, 100 - n_train)


def test_the_same_seed_gives_the_same_split():
    one, again, other = (SplitTrials(range(50), 0.8, seed=seed) for seed in (1, 1, 2))
    assert all(map(np.array_equal, one, again))
    assert not np.array_equal(one[0], other[0])


def test_without_a_seed_two_splits_differ():
    assert not np.array_equal(SplitTrials(range(200), 0.5)[0], SplitTrials(range(200), 0.5)[0])


def test_any_indices_can_be_split_not_only_the_first_ones():
    train, test = SplitTrials([7, 70, 700, 7000, 70000], 0.8, seed=0)
    assert sorted([*train, *test]) == [7, 70, 700, 7000, 70000]
    assert train.dtype == test.dtype == np.int64


@pytest.mark.parametrize("fraction", [1.2, -0.1, 0.955, float("nan"), "most", None])
def test_a_fraction_that_names_of_files_cannot_carry_is_refused(fraction):
    with pytest.raises(ValueError, match="training fraction"):
        SplitTrials(range(10), fraction)


@pytest.mark.parametrize(("n", "lengths"), [(37, (38, 2)), (116, (114, 6))])
def test_padding_follows_the_smallest_numbers_with_the_fraction(n, lengths):
    train, test = SplitTrials(range(n), 0.95, enforce_train_fraction=True, seed=0)
    assert (len(train), len(test)) == lengths
    assert sorted(i for i in [*train, *test] if i != PADDING) == list(range(n))


@given(n=st.integers(0, 250), fraction=fractions)
def test_padding_reaches_the_fraction_exactly_and_adds_as_little_as_possible(n, fraction):
    split = random_split(n, fraction, np.random.default_rng(0))
    train, test = padded(split.train, split.test, fraction)
    percent = round(100 * fraction)
    assert len(train) * 100 == percent * (len(train) + len(test))
    assert tuple(without_padding(train)) == split.train
    assert tuple(without_padding(test)) == split.test
    unit = 100 // np.gcd(100, percent)
    n_train_less, n_test_less = len(train) - unit * percent // 100, len(test) - unit + unit * percent // 100
    assert not n or n_train_less < len(split.train) or n_test_less < len(split.test)


def test_indices_that_give_the_fraction_already_come_back_as_they_are():
    train, test = pad_train_test_indices([3, 1, 2], [0], 0.75)
    assert (train.tolist(), test.tolist()) == ([3, 1, 2], [0])


def test_padded_indices_can_be_padded_again():
    once = pad_train_test_indices(list(range(35)), [35, 36], 0.95)
    assert all(map(np.array_equal, once, pad_train_test_indices(*once, 0.95)))


def test_images_to_test_with_do_not_go_with_a_fraction_of_one():
    with pytest.raises(InvalidInput, match="1 images to test with"):
        padded([0, 1], [2], 1.0)


def test_the_fraction_of_lists_counts_their_padding():
    assert fraction_of(range(35), range(2)) == 0.95
    assert fraction_of([*range(10), PADDING, PADDING], range(3)) == 0.8
    with pytest.raises(InvalidInput, match="no training fraction"):
        fraction_of([], [])


@pytest.mark.parametrize("indices", [[0, 1.5], [True], ["0"], [-2], [None]])
def test_what_is_no_index_of_an_image_is_refused(indices):
    with pytest.raises(InvalidInput, match="not the index of an image"):
        without_padding(indices)


def test_a_folder_is_left_out_whatever_form_its_name_has():
    split = leave_folder_out(["m1", "mäuse", "m1", "ma\u0308use"], "mäuse")
    assert (split.train, split.test) == ((0, 2), (1, 3))


def test_leaving_out_a_folder_without_labels_names_those_that_have_some():
    with pytest.raises(InvalidInput, match="m1, m2"):
        leave_folder_out(["m1", "m1", "m2"], "m3")
