"""Predictors: from the outputs of a head to poses."""

import numpy as np
import pytest
import torch

from deeplabcut.core.errors import InvalidInput
from deeplabcut.pose_estimation_pytorch.models.predictors import PREDICTORS, DEKRPredictor, PartAffinityFieldPredictor
from deeplabcut.pose_estimation_pytorch.models.predictors.sim_cc import get_simcc_maximum, get_simcc_normalized
from deeplabcut.pose_estimation_pytorch.models.target_generators import (
    HeatmapGaussianGenerator,
    PartAffinityFieldGenerator,
)

GRAPH = [[0, 1], [0, 2], [1, 2]]
PAF = {
    "num_animals": 2,
    "num_multibodyparts": 3,
    "num_uniquebodyparts": 0,
    "graph": GRAPH,
    "edges_to_keep": [0, 1, 2],
    **PartAffinityFieldPredictor.default_init,
    "apply_sigmoid": False,
}
BODYPARTS = np.array([(43, 43), (92, 42), (43, 101)], np.float32)
MICE = np.stack([BODYPARTS, BODYPARTS + np.array([130, 17], np.float32)])


def drawn(*images, size=(25, 45), stride=8, graph=GRAPH):
    """What a perfect head makes of images of animals (n, bodyparts, 2)."""
    n = max(map(len, images))
    keypoints = np.zeros((len(images), n, images[0].shape[1], 3), np.float32)
    for i, image in enumerate(images):
        keypoints[i, : len(image)] = np.concatenate([image, np.full((*image.shape[:2], 1), 2)], -1)
    empty = {
        "heatmap": torch.zeros(len(images), keypoints.shape[2], *size),
        "paf": torch.zeros(len(images), 2 * len(graph), *size),
    }
    labels = {"keypoints": keypoints}
    maps = HeatmapGaussianGenerator(keypoints.shape[2], 17)(stride, empty, labels)
    maps |= PartAffinityFieldGenerator(graph, 20)(stride, empty, labels)
    return {name: one["target"] for name, one in maps.items()}


def test_the_highest_cell_becomes_a_pose():
    heatmap, locref = torch.zeros(1, 1, 4, 4), torch.zeros(1, 2, 4, 4)
    heatmap[0, 0, 1, 2] = 1.3
    locref[0, :, 1, 2] = torch.tensor([1.0, -1.0])
    predictor = PREDICTORS.build({"type": "HeatmapPredictor", "apply_sigmoid": False, "clip_scores": True})
    poses = predictor(8, {"heatmap": heatmap, "locref": locref})["poses"]
    torch.testing.assert_close(poses, torch.tensor([[[[27.2801, 4.7199, 1.0]]]]))
    plain = PREDICTORS.build({"type": "HeatmapPredictor", "location_refinement": False})
    torch.testing.assert_close(
        plain(8, {"heatmap": heatmap})["poses"], torch.tensor([[[[20, 12, torch.tensor(1.3).sigmoid()]]]])
    )


def test_a_refinement_that_the_head_does_not_make_is_named():
    predictor = PREDICTORS.build({"type": "HeatmapPredictor"})
    with pytest.raises(InvalidInput, match=r"no locref.*\s.*location_refinement: false"):
        predictor(8, {"heatmap": torch.zeros(1, 1, 4, 4)})


def test_mice_that_were_drawn_are_found():
    poses = PartAffinityFieldPredictor(**PAF)(8, drawn(MICE, MICE[:1]))["poses"]
    assert poses.shape == (2, 2, 3, 5) and poses.dtype == torch.float32
    first = poses[0, poses[0, :, 0, 0].argsort()]
    np.testing.assert_allclose(first[..., :2], MICE, atol=0.6)
    assert (first[..., 2] > 0.5).all() and (first[..., 3] == -1).all() and (first[..., 4] > 0.5).all()
    np.testing.assert_allclose(poses[1, 0, :, :2], MICE[0], atol=0.6)
    assert (poses[1, 1] == -1).all()


def test_a_bodypart_that_is_missing_is_nan_without_score():
    graph = [*GRAPH, [0, 3], [1, 3], [2, 3]]
    mice = np.concatenate([MICE, MICE[:, :1] + np.array([52, 51], np.float32)], 1)
    settings = {"num_multibodyparts": 4, "graph": graph, "edges_to_keep": list(range(6))}
    maps = drawn(mice, graph=graph)
    maps["heatmap"][0, 3, :, 20:] = 0
    poses = PartAffinityFieldPredictor(**PAF | settings)(8, maps)["poses"][0]
    whole, other = poses[poses[:, 0, 0].argsort()]
    np.testing.assert_allclose(whole[:, :2], mice[0], atol=0.6)
    np.testing.assert_allclose(other[:3, :2], mice[1, :3], atol=0.6)
    np.testing.assert_array_equal(other[3, :4], [np.nan, np.nan, 0, np.nan])
    assert other[3, 4] == other[0, 4] > 0.5


def test_images_without_peaks_have_no_animals():
    maps = {name: torch.zeros_like(one) for name, one in drawn(MICE, MICE).items()}
    predictions = PartAffinityFieldPredictor(**PAF, return_preds=True)(8, maps)
    assert (predictions["poses"] == -1).all()
    assert isinstance(predictions["preds"], list) and len(predictions["preds"]) == 2
    assert [len(one) for one in predictions["preds"][0]["confidence"]] == [0, 0, 0]
    assert PartAffinityFieldPredictor(**PAF)(8, {name: one[:0] for name, one in maps.items()})["poses"].shape[0] == 0


def test_peaks_and_costs_are_returned_on_request():
    preds = PartAffinityFieldPredictor(**PAF, return_preds=True)(8, drawn(MICE))["preds"][0]
    assert [one.shape for one in preds["coordinates"][0]] == [(2, 2)] * 3
    assert [one.shape for one in preds["confidence"]] == [(2, 1)] * 3
    assert {limb: cost["m1"].shape for limb, cost in preds["costs"].items()} == dict.fromkeys(range(3), (2, 2))


def test_limbs_can_be_left_out_later():
    predictor = PartAffinityFieldPredictor(**PAF, return_preds=True)
    predictor.set_paf_edges_to_keep([0, 2])
    predictions = predictor(8, drawn(MICE))
    assert list(predictions["preds"][0]["costs"]) == [0, 2]
    found = predictions["poses"][0]
    np.testing.assert_allclose(found[found[:, 0, 0].argsort(), :, :2], MICE, atol=0.6)


def test_a_network_that_was_not_trained_is_read_in_bounded_memory():
    predictor = PartAffinityFieldPredictor(
        **PAF | {"apply_sigmoid": True}, return_preds=True, max_peaks_per_bodypart=20
    )
    maps = {"heatmap": torch.zeros(1, 3, 128, 128), "locref": torch.zeros(1, 6, 128, 128)}
    predictions = predictor(2, maps | {"paf": torch.rand(1, 6, 128, 128)})
    assert [len(one) for one in predictions["preds"][0]["confidence"]] == [20] * 3
    assert predictions["poses"].shape == (1, 2, 3, 5)
    assert PartAffinityFieldPredictor(**PAF).max_peaks == 100
    assert PartAffinityFieldPredictor(**PAF | {"num_animals": 50}).max_peaks == 250


def test_bodyparts_that_exist_once_are_returned_apart():
    settings = {"num_multibodyparts": 2, "num_uniquebodyparts": 1, "edges_to_keep": [0], "clip_scores": True}
    predictions = PartAffinityFieldPredictor(**PAF | settings)(8, drawn(MICE[:1]))
    assert predictions["poses"].shape == (1, 2, 2, 5)
    assert predictions["unique_bodyparts"].shape == (1, 1, 1, 3)
    np.testing.assert_allclose(predictions["unique_bodyparts"][0, 0, 0, :2], MICE[0, 2], atol=0.6)


def test_outputs_with_a_gradient_can_be_read():
    maps = {name: one.clone().requires_grad_() for name, one in drawn(MICE).items()}
    assert not PartAffinityFieldPredictor(**PAF)(8, maps)["poses"].requires_grad


def test_the_steps_of_the_predictor_can_be_called_alone():
    maps = drawn(MICE)
    found = PartAffinityFieldPredictor.find_local_peak_indices_maxpool_nms(maps["heatmap"], 5, 0.01)
    assert found.shape == (6, 4)
    offsets = maps["locref"].reshape(1, 3, 2, 25, 45) * 7.2801
    xy = PartAffinityFieldPredictor.calc_peak_locations(offsets, found, (8.0, 8.0))
    for bodypart in range(3):
        own = xy[found[:, 1] == bodypart]
        np.testing.assert_allclose(own[own[:, 0].argsort()], MICE[:, bodypart], atol=1e-3)
    costs = [
        PartAffinityFieldPredictor.compute_edge_costs(paf, found, graph, [1, 2], 3)
        for paf in (maps["paf"], maps["paf"].reshape(1, 3, 2, 25, 45))
        for graph in (GRAPH, GRAPH[1:])
    ]
    assert list(costs[0][0]) == [1, 2]
    assert all(np.array_equal(one[0][1]["m1"], costs[0][0][1]["m1"]) for one in costs)
    kernel = PartAffinityFieldPredictor.make_2d_gaussian_kernel(1.0, 11)
    assert kernel.shape == (11, 11) and kernel.sum() == pytest.approx(1) and kernel[5, 5] == pytest.approx(0.15915495)


def test_centres_give_animals_from_the_least_sure_to_the_surest():
    heatmap, offset = torch.zeros(1, 3, 30, 30), torch.zeros(1, 4, 30, 30)
    for cell, score in ((5, 0.9), (15, 0.7), (25, 0.5)):
        heatmap[0, :, cell, cell] = score
    predictor = DEKRPredictor(3, apply_sigmoid=False, use_heatmap=False, keypoint_score_type="center")
    poses = predictor(4, {"heatmap": heatmap, "offset": offset})["poses"]
    torch.testing.assert_close(poses[0, :, 0, 2], torch.tensor([0.5, 0.7, 0.9]))
    every = DEKRPredictor(3, apply_sigmoid=False, apply_pose_nms=False)(4, {"heatmap": heatmap, "offset": offset})
    torch.testing.assert_close(every["poses"][0, :, 0, 2], torch.tensor([0.81, 0.49, 0.25]))
    with pytest.raises(InvalidInput, match="center"):
        DEKRPredictor(3, keypoint_score_type="centre")


def test_identity_maps_have_the_size_of_the_image():
    predictor = PREDICTORS.build({"type": "IdentityPredictor"})
    maps = predictor(8.0, {"heatmap": torch.zeros(2, 3, 5, 6, dtype=torch.bfloat16)})["heatmap"]
    assert maps.shape == (2, 40, 48, 3) and maps.dtype == torch.float32 and (maps == 0.5).all()


def test_columns_and_rows_give_a_pose():
    x, y = torch.zeros(1, 1, 64), torch.zeros(1, 1, 48)
    x[..., 21], y[..., 10] = 1, 1
    for sigma in (5.66, [4.9, 5.66]):
        predictor = PREDICTORS.build({"type": "SimCCPredictor", "sigma": sigma})
        torch.testing.assert_close(predictor(1, {"x": x, "y": y})["poses"], torch.tensor([[[[10.5, 5.0, 1.0]]]]))
    flat = PREDICTORS.build({"type": "SimCCPredictor", "normalize_outputs": True})
    assert flat(1, {"x": 0 * x, "y": 0 * y})["poses"][0, 0, 0, :2].tolist() == [-0.5, -0.5]


def test_the_steps_of_simcc_can_be_called_alone():
    x, y = np.eye(8)[None, 2:4], np.eye(8)[None, 5:7] * 0.5
    places, scores = get_simcc_maximum(x, y)
    assert places.tolist() == [[[2, 5], [3, 6]]] and scores.tolist() == [[0.5, 0.5]]
    assert get_simcc_normalized(torch.tensor([[-1.0, 4.0]])).tolist() == [[0, 1]]


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_outputs_of_half_precision_give_poses_in_float32(dtype):
    maps = {name: one.to(dtype) for name, one in drawn(MICE[:1]).items()}
    assert PartAffinityFieldPredictor(**PAF)(8, maps)["poses"].dtype == torch.float32
    assert PREDICTORS.build({"type": "HeatmapPredictor"})(8, maps)["poses"].dtype == torch.float32
    assert DEKRPredictor(1)(8, {"heatmap": maps["heatmap"], "offset": maps["locref"][:, :4]})["poses"].dtype == (
        torch.float32
    )


def test_predictors_have_no_parameters_and_no_state():
    for cfg in (
        {"type": "PartAffinityFieldPredictor", **PAF},
        {"type": "HeatmapPredictor"},
        {"type": "SimCCPredictor"},
    ):
        assert not PREDICTORS.build(cfg).state_dict()
