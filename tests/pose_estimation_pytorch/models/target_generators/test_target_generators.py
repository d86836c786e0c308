"""Target generators: from the labels of a batch to what criteria compare outputs with."""

import warnings

import numpy as np
import pytest
import torch

from deeplabcut.core.errors import InvalidInput
from deeplabcut.pose_estimation_pytorch.models import CRITERIONS
from deeplabcut.pose_estimation_pytorch.models.target_generators import (
    TARGET_GENERATORS,
    BaseGenerator,
    HeatmapGaussianGenerator,
    SequentialGenerator,
)
from deeplabcut.pose_estimation_pytorch.models.target_generators.dekr_targets import dekr_heatmap_val

HEATMAPS = {"num_heatmaps": 2, "pos_dist_thresh": 17}
LABELS = {
    "keypoints": torch.tensor([[[[10.0, 13, 2], [20, 20, 2]], [[0, 0, 0], [0, 0, 0]]]]),
    "keypoints_unique": torch.tensor([[[5.0, 6, 2], [7, 8, 0]]]),
    "individual_ids": torch.tensor([[1, -1]]),
    "area": torch.tensor([[400.0, 0]]),
}


def outputs(device="cpu", n_batch=1, **channels):
    return {name: torch.zeros(n_batch, n, 6, 7, device=device) for name, n in channels.items()}


EVERY = [
    ({"type": "HeatmapGaussianGenerator", **HEATMAPS}, {"heatmap": 2, "locref": 4}),
    ({"type": "HeatmapPlateauGenerator", **HEATMAPS}, {"heatmap": 2, "locref": 4}),
    ({"type": "PartAffinityFieldGenerator", "graph": [[0, 1]], "width": 20}, {"paf": 2}),
    ({"type": "DEKRGenerator", "num_joints": 1, "pos_dist_thresh": 17}, {"heatmap": 2, "offset": 2}),
    (
        {
            "type": "SequentialGenerator",
            "generators": [
                {"type": "HeatmapPlateauGenerator", **HEATMAPS},
                {"type": "PartAffinityFieldGenerator", "graph": [[0, 1]], "width": 20},
            ],
        },
        {"heatmap": 2, "locref": 4, "paf": 2},
    ),
]


def test_every_generator_is_tried_here():
    assert {cfg["type"] for cfg, _ in EVERY} | {"SimCCGenerator"} == set(TARGET_GENERATORS.names)


ON_DEVICES = [(*one, "cpu") for one in EVERY]
ON_DEVICES += [
    (*one, "meta") for one in EVERY if "PartAffinity" not in str(one)
]  # the size of a band depends on values


@pytest.mark.parametrize(("cfg", "channels", "device"), ON_DEVICES)
def test_targets_have_the_shape_and_the_device_of_the_outputs(cfg, channels, device):
    made = outputs(device, **channels)
    labels = {name: value.to(device) for name, value in LABELS.items()}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        targets = TARGET_GENERATORS.build(cfg)(8.0, made, labels)
    assert list(targets) == list(channels)
    for name, output in made.items():
        target = targets[name]["target"]
        assert target.shape == output.shape and target.dtype == torch.float32 and target.device.type == device
        if "weights" in targets[name]:
            assert targets[name]["weights"].shape == output.shape
            assert targets[name]["weights"].dtype == torch.float32
        assert name == "paf" or "weights" in targets[name]


@pytest.mark.parametrize(("cfg", "channels"), EVERY, ids=lambda one: one.get("type", ""))
def test_labels_may_be_numpy_arrays(cfg, channels):
    generator, made = TARGET_GENERATORS.build(cfg), outputs(**channels)
    expected = generator(8, made, LABELS)
    found = generator(8, made, {name: value.numpy() for name, value in LABELS.items()})
    for name, parts in expected.items():
        for key, value in parts.items():
            assert torch.equal(found[name][key], value)


@pytest.mark.parametrize(("cfg", "channels"), EVERY, ids=lambda one: one.get("type", ""))
def test_an_empty_batch_has_empty_targets(cfg, channels):
    labels = {name: value[:0] for name, value in LABELS.items()}
    targets = TARGET_GENERATORS.build(cfg)(8, outputs(n_batch=0, **channels), labels)
    assert {name: len(one["target"]) for name, one in targets.items()} == dict.fromkeys(channels, 0)


@pytest.mark.parametrize(("cfg", "channels"), EVERY, ids=lambda one: one.get("type", ""))
def test_images_without_individuals_have_blank_targets(cfg, channels):
    labels = {**LABELS, "keypoints": LABELS["keypoints"][:, :0], "area": LABELS["area"][:, :0]}
    targets = TARGET_GENERATORS.build(cfg)(8, outputs(**channels), labels)
    assert all(one["target"].shape[-2:] == (6, 7) and not one["target"].any() for one in targets.values())


def test_the_loss_of_perfect_maps_is_zero():
    targets = HeatmapGaussianGenerator(**HEATMAPS)(8, outputs(heatmap=2), LABELS)
    for name in ("heatmap", "locref"):
        loss = CRITERIONS.build({"type": "WeightedMSECriterion"})
        assert loss(targets[name]["target"], **targets[name]) == 0
        assert loss(targets[name]["target"] + 1, **targets[name]) == pytest.approx(1)


def test_heatmaps_may_come_without_offsets():
    cfg = {"type": "HeatmapPlateauGenerator", **HEATMAPS, "generate_locref": False}
    assert list(TARGET_GENERATORS.build(cfg)(8, outputs(heatmap=2), LABELS)) == ["heatmap"]


def test_labels_without_an_axis_of_individuals_are_one_individual():
    generator = HeatmapGaussianGenerator(**HEATMAPS, label_keypoint_key="keypoints_unique")
    heatmap = generator(8, outputs(heatmap=2), LABELS)["heatmap"]["target"]
    assert heatmap[0, 0].max() > 0.9 and heatmap[0, 1].max() == 0


@pytest.mark.parametrize("mode", ["individual", "INDIVIDUAL", HeatmapGaussianGenerator.Mode.INDIVIDUAL])
def test_individuals_may_have_channels_of_their_own(mode):
    cfg = {"type": "HeatmapPlateauGenerator", "num_heatmaps": 3, "pos_dist_thresh": 8, "heatmap_mode": mode}
    drawn = TARGET_GENERATORS.build(cfg)(8, outputs(heatmap=3), LABELS)["heatmap"]
    assert drawn["target"].flatten(2).amax(-1).tolist() == [[0, 1, 0]]
    assert drawn["target"][0, 1, 1, 1] == 1 and drawn["target"][0, 1, 2, 2] == 1
    assert drawn["weights"][0, :, 0, 0].tolist() == [0, 1, 0]


def test_an_individual_without_a_heatmap_is_an_error():
    generator = HeatmapGaussianGenerator(num_heatmaps=1, pos_dist_thresh=8, heatmap_mode="individual")
    with pytest.raises(InvalidInput, match="number 1"):
        generator(8, outputs(heatmap=1), LABELS)


def test_wrong_settings_are_named():
    with pytest.raises(InvalidInput, match="heatmap mode"):
        HeatmapGaussianGenerator(**HEATMAPS, heatmap_mode="bodypart")
    with pytest.raises(InvalidInput, match="3 heatmaps"):
        HeatmapGaussianGenerator(num_heatmaps=3, pos_dist_thresh=17)(8, outputs(heatmap=3), LABELS)
    with pytest.raises(InvalidInput, match="keypoints_other"):
        HeatmapGaussianGenerator(**HEATMAPS, label_keypoint_key="keypoints_other")(8, outputs(heatmap=2), LABELS)
    with pytest.raises(InvalidInput, match="with_center_keypoints"):
        TARGET_GENERATORS.build({"type": "DEKRGenerator", "num_joints": 2, "pos_dist_thresh": 17})(
            4, outputs(heatmap=3, offset=4), LABELS
        )
    with pytest.raises(InvalidInput, match="smoothing_type"):
        TARGET_GENERATORS.build({"type": "SimCCGenerator", "input_size": (8, 8), "smoothing_type": "square"})


def test_simcc_targets_fit_the_outputs():
    cfg = {"type": "SimCCGenerator", "input_size": [64, 32], "sigma": [4.9, 5.66], "normalize": False}
    made = {"x": torch.zeros(1, 2, 128), "y": torch.zeros(1, 2, 64)}
    targets = TARGET_GENERATORS.build(cfg)(1, made, {"keypoints": LABELS["keypoints"][:, :1]})
    assert targets["x"]["target"].shape == (1, 1, 2, 128) and targets["y"]["target"].shape == (1, 1, 2, 64)
    assert targets["x"]["target"].argmax(-1).tolist() == [[[20, 40]]]
    assert targets["x"]["weights"].tolist() == [[[1, 1]]]


def test_of_generators_in_a_row_the_last_decides_and_labels_are_passed_on():
    class Ones(BaseGenerator):
        def forward(self, stride, outputs, labels):
            return {"heatmap": {"target": torch.ones_like(outputs["heatmap"])}}

    first = {"type": "HeatmapPlateauGenerator", **HEATMAPS, "generate_locref": False}
    sequence = SequentialGenerator([first, Ones()], label_keypoint_key="keypoints_unique")
    assert sequence.generators[0].label_keypoint_key == "keypoints_unique"
    assert (sequence(8, outputs(heatmap=2), LABELS)["heatmap"]["target"] == 1).all()


def test_targets_have_no_parameters_and_no_state():
    sequence = SequentialGenerator([{"type": "HeatmapPlateauGenerator", **HEATMAPS}])
    assert not sequence.state_dict() and not list(sequence.parameters())


def test_the_height_of_a_bump_falls_with_the_distance():
    assert dekr_heatmap_val(2, 3, 4, 3, 4) == 1
    assert dekr_heatmap_val(2, 3, 4, 5, 4) == pytest.approx(np.exp(-0.5))
