"""Frames of pandas that scripts hand around."""

from __future__ import annotations

import numpy as np
import pytest

from deeplabcut.core.errors import InvalidInput
from deeplabcut.io.frames import drop_likelihood_columns, guarantee_multiindex_rows, reorder_individuals_in_df

pd = pytest.importorskip("pandas")


def labels(rows, names=None):
    columns = pd.MultiIndex.from_product([["Ada"], ["snout"], ["x", "y"]], names=["scorer", "bodyparts", "coords"])
    return pd.DataFrame(np.arange(2.0 * len(rows)).reshape(-1, 2), index=rows, columns=columns)


def mice(individuals=("m1", "m2", "m3"), parts=("snout", "tail"), coords=("x", "y")):
    columns = pd.MultiIndex.from_product(
        [["Ada"], individuals, parts, coords], names=["scorer", "individuals", "bodyparts", "coords"]
    )
    return pd.DataFrame(np.arange(2.0 * len(columns)).reshape(2, -1), columns=columns)


@pytest.mark.parametrize("separator", ["/", "\\"])
def test_T22_rows_of_one_text_become_three_levels_in_place(separator):
    df = labels([separator.join(["labeled-data", "cage", f"img{i}.png"]) for i in range(3)])
    values = df.to_numpy().copy()
    assert guarantee_multiindex_rows(df) is None
    assert list(df.index) == [("labeled-data", "cage", f"img{i}.png") for i in range(3)]
    assert df.index.nlevels == 3 and np.array_equal(df.to_numpy(), values)


def test_longer_paths_keep_their_last_three_parts():
    df = labels(["C:\\work\\reach\\labeled-data\\cage\\img1.png"])
    guarantee_multiindex_rows(df)
    assert list(df.index) == [("labeled-data", "cage", "img1.png")]


def test_rows_in_the_present_form_and_frame_numbers_stay_as_they_are():
    df = labels(pd.MultiIndex.from_tuples([("labeled-data", "cage", "img1.png")]))
    index = df.index
    guarantee_multiindex_rows(df)
    assert df.index is index
    numbered = labels([4, 7])
    guarantee_multiindex_rows(numbered)
    assert list(numbered.index) == [4, 7]
    guarantee_multiindex_rows(labels([]))


def test_folders_with_numbers_for_names_become_texts():
    df = labels(pd.MultiIndex.from_tuples([("labeled-data", 7, "img1.png")]))
    guarantee_multiindex_rows(df)
    assert list(df.index) == [("labeled-data", "7", "img1.png")]


@pytest.mark.parametrize("rows", [["img1.png"], pd.MultiIndex.from_tuples([("a", "b")])])
def test_rows_that_name_no_image_are_refused_and_the_frame_is_left_alone(rows):
    df = labels(rows)
    with pytest.raises(InvalidInput):
        guarantee_multiindex_rows(df)
    assert list(df.index) == list(rows)


def test_likelihoods_are_dropped_and_the_rest_stays():
    df = mice(coords=("x", "y", "likelihood"))
    without = drop_likelihood_columns(df)
    assert set(without.columns.get_level_values("coords")) == {"x", "y"} and len(df.columns) == 18
    assert np.array_equal(without.to_numpy(), df.to_numpy()[:, [i for i in range(18) if i % 3 < 2]])
    pd.testing.assert_frame_equal(drop_likelihood_columns(without), without)


def test_identities_are_exchanged_under_labels_that_stay():
    df = mice()
    swapped = reorder_individuals_in_df(df, ["m2", "m1", "m3"])
    assert list(swapped.columns) == list(df.columns)
    assert np.array_equal(swapped.to_numpy(), df.to_numpy()[:, [4, 5, 6, 7, 0, 1, 2, 3, 8, 9, 10, 11]])
    turned = reorder_individuals_in_df(df, ["m3", "m1", "m2"])
    assert np.array_equal(turned["Ada", "m1"].to_numpy(), df["Ada", "m3"].to_numpy())
    assert np.array_equal(df.to_numpy(), mice().to_numpy()), "the frame itself stays"


def test_bodyparts_are_matched_by_name_whatever_their_order():
    df = mice(("m1", "m2"))
    mixed = df.iloc[:, [0, 1, 2, 3, 6, 7, 4, 5]]
    swapped = reorder_individuals_in_df(mixed, ["m2", "m1"])
    swapped = swapped.sort_index(axis=1)
    assert np.array_equal(swapped["Ada", "m1", "snout"].to_numpy(), df["Ada", "m2", "snout"].to_numpy())
    assert np.array_equal(swapped["Ada", "m2", "tail"].to_numpy(), df["Ada", "m1", "tail"].to_numpy())


def test_individuals_that_are_not_named_keep_their_numbers():
    df = mice()
    swapped = reorder_individuals_in_df(df, ["m3", "m1"])
    assert np.array_equal(swapped["Ada", "m2"].to_numpy(), df["Ada", "m2"].to_numpy())
    assert np.array_equal(swapped["Ada", "m1"].to_numpy(), df["Ada", "m3"].to_numpy())


@pytest.mark.parametrize(("order", "says"), [(["m1", "m4"], "no individual 'm4'"), (["m1", "m1"], "named twice")])
def test_an_order_that_would_lose_numbers_is_refused(order, says):
    with pytest.raises(InvalidInput, match=says):
        reorder_individuals_in_df(mice(), order)


def test_individuals_with_other_bodyparts_and_frames_without_any_are_refused():
    df = pd.concat([mice(("m1",)), mice(("single",), ("corner",))], axis=1)
    with pytest.raises(InvalidInput, match="different bodyparts"):
        reorder_individuals_in_df(df, ["single", "m1"])
    with pytest.raises(InvalidInput, match="no individuals"):
        reorder_individuals_in_df(labels(["labeled-data/a/b.png"]), ["m1"])
