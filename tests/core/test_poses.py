"""Names and arrays fit together, or say why not."""

import numpy as np
import pytest

from deeplabcut.core.errors import InvalidInput
from deeplabcut.core.poses import Annotations, BodyPlan, PoseTable

MICE = BodyPlan(("snout", "tail"), ("m1", "m2", "m3"), ("corner",), (("snout", "tail"), ("snout", "corner")))


def test_a_plan_knows_the_lengths_of_its_axes():
    assert (MICE.n_individuals, MICE.n_bodyparts, MICE.n_unique, MICE.is_multi) == (3, 2, 1, True)
    one = BodyPlan(("snout",))
    assert (one.n_individuals, one.is_multi) == (1, False)
    assert MICE.bones == [(0, 1)]


@pytest.mark.parametrize("names", [("a", "a"), ("a", "b", "a")])
def test_a_name_stands_for_one_thing(names):
    with pytest.raises(InvalidInput, match="a appear more than once"):
        BodyPlan(names)


def test_no_animal_may_be_called_single():
    with pytest.raises(InvalidInput, match="unique bodyparts"):
        BodyPlan(("snout",), ("m1", "single"))


def test_arrays_that_do_not_fit_the_names_are_refused():
    with pytest.raises(InvalidInput, match=r"\(4, 2, 2, 3\); the names and frames ask for \(4, 3, 2, 3\)"):
        PoseTable(MICE, "net", np.arange(4), np.zeros((4, 2, 2, 3)), np.zeros((4, 1, 3)))
    with pytest.raises(InvalidInput, match="unique"):
        PoseTable(MICE, "net", np.arange(4), np.zeros((4, 3, 2, 3)))


def test_predictions_keep_their_precision():
    for kind in (np.float32, np.float64):
        assert PoseTable(BodyPlan(("a",)), "net", [0], np.zeros((1, 1, 1, 3), kind)).poses.dtype == kind


def test_an_image_is_labeled_when_any_point_is():
    xy = np.full((3, 3, 2, 2), np.nan)
    unique = np.full((3, 1, 2), np.nan)
    xy[0, 2, 1], unique[1, 0] = 5, 7
    keys = tuple(("labeled-data", "v", f"img{i}.png") for i in range(3))
    assert Annotations(MICE, "Bob", keys, xy, unique).labeled.tolist() == [True, True, False]
