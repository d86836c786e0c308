"""Joints, links and assemblies as objects."""

import numpy as np
import pytest

from deeplabcut.core.assembly import Assembly, Joint, Link
from deeplabcut.core.errors import InvalidInput

A, B, C = (Joint((x, y), 0.5, i, 10 + i, 1) for i, (x, y) in enumerate([(0, 0), (3, 4), (9, 0)]))


def test_a_link_joins_two_joints():
    link = Link(A, B, 0.7)
    assert (link.idx, link.length, link.confidence, link.to_vector()) == ((10, 11), 5, 0.25, [0, 0, 3, 4])
    link.length = 6
    assert link.length == 6 and Link(A, B).affinity == 1


def test_an_assembly_grows_by_joints_and_links():
    one = Assembly(3)
    assert len(one) == 0 and one.affinity == 0 and one.confidence == 0
    assert one.add_joint(A) and not one.add_joint(A) and not one.add_joint(Joint((1, 1)))
    assert one.add_link(Link(A, B, 0.8)) and len(one) == 2
    assert not one.add_link(Link(A, B, 0.4)) and one.n_links == 2 and one.affinity == pytest.approx(0.6)
    assert not one.add_link(Link(A, Joint((7, 7), 1.0, 1, 99))) and one.n_links == 2
    assert one.confidence == pytest.approx(1 / 3)  # the absent bodypart counts
    np.testing.assert_array_equal(one.data[2], [np.nan, np.nan, 0, np.nan])


def test_a_removed_joint_leaves_no_trace():
    one = Assembly(3)
    one.add_link(Link(A, B))
    assert one.remove_joint(B) and not one.remove_joint(B) and len(one) == 1
    np.testing.assert_array_equal(one.data[1], [np.nan, np.nan, 0, np.nan])


def test_the_state_before_a_link_can_be_brought_back():
    one = Assembly(3)
    one.add_link(Link(A, B, 0.8))
    before = one.data.copy()
    one.add_link(Link(B, C, 0.6), store_dict=True)
    assert len(one) == 3
    vars(one).update(one._dict)
    np.testing.assert_array_equal(one.data, before)
    assert len(one) == 2 and one.n_links == 1 and len(one._links) == 1 and one.affinity == 0.8


def test_two_assemblies_without_a_common_bodypart_add_up():
    one, two = Assembly(4), Assembly(4)
    one.add_link(Link(A, B, 0.8))
    two.add_link(Link(C, Joint((9, 9), 0.5, 3, 13), 0.4))
    assert two not in one
    both = one + two
    assert len(both) == 4 and both.n_links == 2 and both.affinity == pytest.approx(0.6)
    assert len(one) == 2 and one.n_links == 1
    assert one in both
    with pytest.raises(InvalidInput, match="in common"):
        both + one


def test_an_assembly_of_an_array_leaves_absent_points_out_of_its_confidence():
    array = np.array([[0, 0, 0.4], [4, np.nan, 0.9], [4, 3, 0.6]])
    one = Assembly.from_array(array)
    assert len(one) == 2 and one.confidence == 0.5 and one.area == 12 and one.extent.tolist() == [0, 0, 4, 3]
    assert np.isnan(one.data[1]).all() and array[1, 0] == 4  # the array itself is left alone
    assert Assembly.from_array(array[:, :2]).data[:, 2].tolist()[::2] == [1, 1]
    one.confidence = 0.3
    assert one.data[:, 2].tolist() == [0.3] * 3
    with pytest.raises(InvalidInput):
        Assembly.from_array([1, 2, 3])


def test_identities_are_weighed_by_confidence():
    one = Assembly.from_array([[0, 0, 0.9, 0], [1, 1, 0.7, 0], [2, 2, 0.5, 2]])
    weights = np.exp([0.8, 0.5])
    assert one.soft_identity == pytest.approx({0: weights[0] / weights.sum(), 2: weights[1] / weights.sum()})
    assert Assembly(3).soft_identity == {}


def test_pairwise_distances_are_squared_and_nan_where_a_point_is_absent():
    one = Assembly.from_array([[0, 0], [3, 4], [np.nan, 0]])
    np.testing.assert_array_equal(one.calc_pairwise_distances(), [25, np.nan, np.nan])


def test_two_assemblies_know_what_they_share():
    corners = np.array([[0, 0], [10, 0], [0, 10], [10, 10]])
    a, b = Assembly.from_array(corners), Assembly.from_array(corners + 5)
    assert a.intersection_with(b) == b.intersection_with(a) == 0.25
