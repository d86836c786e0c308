"""Synthetic conditions: mistakes of each kind lie where such mistakes lie, as often as they are asked for."""

import numpy as np
import pytest

from deeplabcut.core.errors import InvalidInput
from deeplabcut.pose_estimation_pytorch.data import GenerativeSampler

AREA, SIZE = 2500.0, (400, 400, 3)
POSE = np.array([[100, 100, 2], [140, 100, 2], [120, 140, 2], [160, 150, 2.0]])
NEAR = POSE + np.array([90, 60, 0])
NONE = np.zeros((0, 4, 3))


def sampler(**chances):
    options = {"jitter_prob": 0, "swap_prob": 0, "inv_prob": 0, "miss_prob": 0, **chances}
    return GenerativeSampler(4, **{"keypoint_sigmas": 0.1, "keypoints_symmetry": [(0, 1)], **options})


def drawn(made, near=NONE, n=200, pose=POSE, seed=0):
    rng = np.random.default_rng(seed)
    return np.stack([made(pose, near, AREA, SIZE, rng=rng) for _ in range(n)])


def distances(found, pose=POSE):
    return np.linalg.norm(found[..., :2] - pose[:, :2], axis=-1)


def test_distances_are_those_at_which_points_have_a_similarity():
    distance = sampler(keypoint_sigmas=[0.1, 0.2, 0.1, 0.1]).get_distance_wrt_keypoint_sim(0.5, AREA)
    np.testing.assert_allclose(np.exp(-(distance**2) / (2 * AREA * (2 * np.array([0.1, 0.2, 0.1, 0.1])) ** 2)), 0.5)
    assert distance[1] == pytest.approx(2 * distance[0])


def test_good_points_stay_near():
    d85 = sampler().get_distance_wrt_keypoint_sim(0.85, AREA)
    found = distances(drawn(sampler()))
    assert (found <= d85 + 1e-9).all() and found.max() > 0.8 * d85[0]


def test_jitter_moves_a_point_but_not_nearer_to_another_place_than_to_its_own():
    made = sampler(jitter_prob=1)
    d85, d50 = (made.get_distance_wrt_keypoint_sim(ks, AREA)[0] for ks in (0.85, 0.5))
    found = drawn(made)
    own = distances(found)
    assert (own >= d85 - 1e-9).all() and (own <= d50 + 1e-9).all()
    to_partner = np.linalg.norm(found[:, 0, :2] - POSE[1, :2], axis=-1)
    assert (to_partner > own[:, 0]).all()


def test_a_miss_is_far_from_every_place_but_one():
    made = sampler(miss_prob=1)
    d50, d10 = (made.get_distance_wrt_keypoint_sim(ks, AREA)[0] for ks in (0.5, 0.1))
    found = drawn(made, NEAR[None])
    places = np.stack([POSE[0], POSE[1], NEAR[0], NEAR[1]])[:, :2]
    nearest = np.sort(np.linalg.norm(found[:, 0, None, :2] - places, axis=-1), axis=1)
    assert (nearest[:, 0] >= d50 - 1e-9).all() and (nearest[:, 0] <= d10 + 1e-9).all() and (nearest[:, 1] > d50).all()


def test_an_inversion_takes_the_partner_and_a_point_without_one_stays():
    made = sampler(inv_prob=1)
    d85, d50 = (made.get_distance_wrt_keypoint_sim(ks, AREA)[0] for ks in (0.85, 0.5))
    found = drawn(made)
    assert (np.linalg.norm(found[:, 0, :2] - POSE[1, :2], axis=-1) <= d50 + 1e-9).all()
    assert (distances(found)[:, 2:] <= d85 + 1e-9).all()


def test_a_swap_takes_a_neighbour_and_without_one_the_point_stays():
    made = sampler(swap_prob=1)
    d85, d50 = (made.get_distance_wrt_keypoint_sim(ks, AREA)[0] for ks in (0.85, 0.5))
    found = drawn(made, NEAR[None])
    assert (np.linalg.norm(found[:, 3, :2] - NEAR[3, :2], axis=-1) <= d50 + 1e-9).all()
    assert (distances(drawn(made)) <= d85 + 1e-9).all()
    assert (distances(drawn(made, POSE[None])) <= d85 + 1e-9).all()  # itself is no neighbour


def test_mistakes_are_made_as_often_as_asked_for():
    made = GenerativeSampler(4, keypoints_symmetry=[(0, 1), (2, 3)], jitter_prob=0.3, swap_prob=0, inv_prob=0.2,
                             miss_prob=0)  # fmt: skip
    d85, d50 = (made.get_distance_wrt_keypoint_sim(ks, AREA)[0] for ks in (0.85, 0.5))
    found = distances(drawn(made, n=2000))
    jitter, inversion = ((found > d85) & (found <= d50)).mean(), (found > d50).mean()
    assert abs(jitter + inversion - 0.5) < 0.03 and jitter > 0.2


def test_without_symmetries_any_two_points_can_be_exchanged():
    made = GenerativeSampler(4, jitter_prob=0, swap_prob=0, inv_prob=1, miss_prob=0, keypoint_sigmas=0)
    found = drawn(made, n=300)[:, 0, :2]
    places = {tuple(xy) for xy in found.tolist()}
    assert places == {tuple(xy) for xy in POSE[1:, :2].tolist()}


def test_what_is_not_visible_stays_so_and_nothing_leaves_the_image():
    pose = POSE.copy()
    pose[1, 2], pose[2, :2] = 0, np.nan
    found = drawn(sampler(miss_prob=1), pose=pose, n=50)
    assert not found[:, 1:3].any() and (found[:, [0, 3], 2] == 2).all()
    at_the_border = drawn(sampler(miss_prob=1), pose=np.array([[1, 1, 2], [399, 399, 2], [0, 0, 0], [0, 0, 0.0]]), n=50)
    assert (at_the_border[..., :2] >= 0).all() and (at_the_border[..., :2] <= 400).all()


def test_the_same_generator_makes_the_same_mistakes():
    made = GenerativeSampler(4)
    assert drawn(made, NEAR[None], 5, seed=3).tolist() == drawn(made, NEAR[None], 5, seed=3).tolist()


def test_settings_that_cannot_work_are_refused():
    with pytest.raises(InvalidInput, match="2 numbers; there are 4"):
        GenerativeSampler(4, keypoint_sigmas=[0.1, 0.2])
    with pytest.raises(InvalidInput, match=r"sum up to 1\.5"):
        GenerativeSampler(4, jitter_prob=1, swap_prob=0.5, inv_prob=0, miss_prob=0)
    with pytest.raises(InvalidInput, match="pair 0, 4"):
        GenerativeSampler(4, keypoints_symmetry=[(0, 4)])


def test_an_animal_among_those_near_it_is_not_its_own_rival_where_a_point_is_hidden():
    hidden = POSE.copy()
    hidden[3] = np.nan, np.nan, 0
    made = sampler(jitter_prob=1)
    d85 = made.get_distance_wrt_keypoint_sim(0.85, AREA)[0]
    assert (distances(drawn(made, hidden[None], pose=hidden))[:, :3] >= d85 - 1e-9).all()
