"""A network of a backbone, perhaps a neck, and heads: strides, losses, poses, and the weights it begins with."""

import copy
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from deeplabcut.core.errors import InvalidInput
from deeplabcut.pose_estimation_pytorch.models import (
    BACKBONES,
    HEADS,
    LOSS_AGGREGATORS,
    NECKS,
    PREDICTORS,
    TARGET_GENERATORS,
    PoseModel,
)
from deeplabcut.pose_estimation_pytorch.models.backbones.base import BaseBackbone
from deeplabcut.pose_estimation_pytorch.models.criterions.weighted import WeightedMSECriterion
from deeplabcut.pose_estimation_pytorch.models.heads import BaseHead
from deeplabcut.pose_estimation_pytorch.models.loading import SnapshotMismatch
from deeplabcut.pose_estimation_pytorch.models.necks.base import BaseNeck
from deeplabcut.pose_estimation_pytorch.models.predictors.base import BasePredictor
from deeplabcut.pose_estimation_pytorch.models.target_generators.base import BaseGenerator

BACKBONE = {"type": "CSPNeXt", "model_name": "cspnext_s", "deepen_factor": 0.33, "widen_factor": 0.5}


def head(n_heatmaps=3, *, strides=(2,), sizes=(3,), keypoints="keypoints"):
    layers = {"kernel_size": list(sizes), "strides": list(strides)}
    between = [8] * (len(strides) - 1)
    return {
        "type": "HeatmapHead",
        "predictor": {"type": "HeatmapPredictor", "apply_sigmoid": False},
        "target_generator": {
            "type": "HeatmapGaussianGenerator",
            "num_heatmaps": n_heatmaps,
            "pos_dist_thresh": 17,
            "label_keypoint_key": keypoints,
        },
        "criterion": {
            "heatmap": {"type": "WeightedMSECriterion", "weight": 1.0},
            "locref": {"type": "WeightedHuberCriterion", "weight": 0.05},
        },
        "heatmap_config": {"channels": [512, *between, n_heatmaps], **layers},
        "locref_config": {"channels": [512, *between, 2 * n_heatmaps], **layers},
    }


def config(**heads):
    return {"backbone": dict(BACKBONE), "backbone_output_channels": 512, "heads": heads or {"bodypart": head()}}


def labels(n_images=1):
    keypoints = np.full((n_images, 1, 3, 3), 2.0, np.float32)
    keypoints[..., :2] = [[10, 20], [40, 30], [25, 50]]
    return {"keypoints": keypoints, "keypoints_unique": keypoints[:, 0, :2]}


@pytest.fixture(scope="module")
def two_heads():
    torch.manual_seed(0)
    return PoseModel.build(config(bodypart=head(3), unique_bodypart=head(2, keypoints="keypoints_unique")))


@pytest.mark.parametrize(("strides", "stride"), [((2,), 16.0), ((2, 2), 8.0), ((), 32.0)])
def test_the_stride_of_a_head_is_that_of_the_backbone_over_its_own(strides, stride):
    one = head(strides=strides, sizes=[3] * len(strides))
    if not strides:
        for name, n_maps in (("heatmap_config", 3), ("locref_config", 6)):
            one[name] |= {"channels": [512], "final_conv": {"out_channels": n_maps, "kernel_size": 1}}
    network = PoseModel.build(config(bodypart=one))
    assert network.get_stride("bodypart") == stride
    with pytest.raises(InvalidInput, match="bodypart"):
        network.get_stride("identity")


def test_a_negative_stride_of_a_head_makes_the_maps_smaller(two_heads):
    smaller = copy.deepcopy(two_heads.heads.bodypart)
    smaller.stride = -2
    assert PoseModel(config(), two_heads.backbone, {"bodypart": smaller}).get_stride("bodypart") == 64.0


def test_parameters_are_named_by_part(two_heads):
    starts = {".".join(name.split(".")[:2]) for name in two_heads.state_dict()}
    assert {"heads.bodypart", "heads.unique_bodypart", "backbone.stem"} <= starts
    assert two_heads.heads.bodypart is two_heads.heads["bodypart"]


def test_the_configuration_is_kept_and_not_changed():
    cfg = config()
    before = copy.deepcopy(cfg)
    network = PoseModel.build(cfg)
    assert cfg == before and network.cfg.backbone["type"] == "CSPNeXt" and network.cfg["heads"]["bodypart"]


def test_a_single_image_is_a_batch_of_one(two_heads):
    image = torch.randn(3, 64, 64)
    with torch.no_grad():
        one, batch = two_heads.eval()(image), two_heads(image[None])
    assert torch.equal(one["bodypart"]["heatmap"], batch["bodypart"]["heatmap"])


def test_losses_are_named_by_head_and_their_mean_is_minimised(two_heads):
    outputs = two_heads.train()(torch.randn(2, 3, 64, 64))
    losses = two_heads.get_loss(outputs, two_heads.get_target(outputs, labels(2)))
    assert set(losses) == {
        *(f"{one}_{loss}" for one in ("bodypart", "unique_bodypart") for loss in ("heatmap", "locref", "total_loss")),
        "total_loss",
    }
    mean = (losses["bodypart_total_loss"] + losses["unique_bodypart_total_loss"]) / 2
    assert torch.isclose(losses["total_loss"], mean)
    weighted = (losses["bodypart_heatmap"] + 0.05 * losses["bodypart_locref"]) / 2
    assert torch.isclose(losses["bodypart_total_loss"], weighted)


def test_poses_are_in_pixels_of_the_input_for_every_head(two_heads):
    network = copy.deepcopy(two_heads).eval()
    with torch.no_grad():
        outputs = network(torch.randn(1, 3, 64, 64))
        outputs["bodypart"] = {"heatmap": torch.zeros(1, 3, 5, 5), "locref": torch.zeros(1, 6, 5, 5)}
        outputs["bodypart"]["heatmap"][0, :, 2, 1] = 1.0
        poses = network.get_predictions(outputs)["bodypart"]["poses"]
    np.testing.assert_allclose(poses, [[[[24.0, 40.0, 1.0]] * 3]])


def test_features_are_handed_out_where_they_are_asked_for(two_heads):
    network = copy.deepcopy(two_heads).eval()
    network.output_features = True
    with torch.no_grad():
        outputs = network(torch.randn(1, 3, 64, 64))
        predictions = network.get_predictions(outputs)
    assert outputs["backbone"]["features"].shape == (1, 512, 2, 2)
    assert torch.equal(predictions["backbone"]["features"], outputs["backbone"]["features"])
    assert set(network.get_target(outputs, labels())) == {"bodypart", "unique_bodypart"}


def test_a_copy_has_weights_of_its_own(two_heads):
    twin = copy.deepcopy(two_heads)
    twin.heads.bodypart.heatmap_head.deconv_layers[0].bias.data += 1
    assert not torch.equal(twin.state_dict()["heads.bodypart.heatmap_head.deconv_layers.0.bias"],
                           two_heads.state_dict()["heads.bodypart.heatmap_head.deconv_layers.0.bias"])  # fmt: skip


# ---- the weights that training begins with


def start(path, **settings):
    default = {"with_decoder": False, "memory_replay": False, "conversion_array": None}
    return SimpleNamespace(snapshot_path=path, **{**default, **settings})


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory):
    torch.manual_seed(3)
    path = tmp_path_factory.mktemp("superanimal") / "superanimal.pt"
    network = PoseModel.build(config(bodypart=head(5)))
    torch.save({"model": network.state_dict(), "metadata": {"epoch": 1}}, path)
    return path, network.state_dict()


def test_transfer_learning_takes_the_backbone(snapshot):
    path, state = snapshot
    found = PoseModel.build(config(), weight_init=start(path)).state_dict()
    assert all(torch.equal(found[name], state[name]) for name in found if name.startswith("backbone."))
    assert found["heads.bodypart.heatmap_head.deconv_layers.0.bias"].shape == (3,)


def test_fine_tuning_takes_the_bodyparts_of_the_head_that_are_asked_for(snapshot):
    path, state = snapshot
    wanted = start(path, with_decoder=True, conversion_array=np.array([4, 0, 2]))
    found = PoseModel.build(config(), weight_init=wanted).state_dict()
    for name, channels in (("heatmap_head", [4, 0, 2]), ("locref_head", [8, 9, 0, 1, 4, 5])):
        key = f"heads.bodypart.{name}.deconv_layers.0.weight"
        assert torch.equal(found[key], state[key][:, channels])


def test_memory_replay_keeps_the_whole_head(snapshot):
    path, state = snapshot
    wanted = start(path, with_decoder=True, memory_replay=True, conversion_array=np.array([4, 0, 2]))
    found = PoseModel.build(config(bodypart=head(5)), weight_init=wanted).state_dict()
    assert all(torch.equal(found[name], state[name]) for name in found)


def test_a_head_that_the_snapshot_does_not_have_is_trained_from_scratch(snapshot, caplog):
    path, _ = snapshot
    heads = {"bodypart": head(2), "unique_bodypart": head(2)}
    wanted = start(path, with_decoder=True, conversion_array=[1, 3])
    PoseModel.build(config(**heads), weight_init=wanted)
    assert "no head unique_bodypart" in caplog.text


def test_bodyparts_that_the_snapshot_does_not_have_are_refused(snapshot):
    path, _ = snapshot
    with pytest.raises(SnapshotMismatch, match=r"\[4, 5, 0\].*5 heatmaps"):
        PoseModel.build(config(), weight_init=start(path, with_decoder=True, conversion_array=[4, 5, 0]))


def test_a_snapshot_of_another_backbone_is_refused(snapshot):
    path, _ = snapshot
    cfg = config()
    cfg["backbone"]["widen_factor"] = 0.25
    with pytest.raises(SnapshotMismatch, match="trained for backbone CSPNeXt of"):
        PoseModel.build(cfg, weight_init=start(path))


def test_weights_to_begin_with_need_a_snapshot():
    with pytest.raises(InvalidInput, match="snapshot_path"):
        PoseModel.build(config(), weight_init=start(None))


# ---- parts of ones own


@pytest.fixture
def own_parts(monkeypatch):
    for registry in (BACKBONES, HEADS, NECKS, PREDICTORS, TARGET_GENERATORS):
        monkeypatch.setattr(registry, "_parts", dict(registry._parts))

    @BACKBONES.register_module
    class TinyBackbone(BaseBackbone):
        def __init__(self, n_features=8, **kwargs):
            super().__init__(stride=4, **kwargs)
            self.layers = nn.Sequential(nn.Conv2d(3, n_features, 4, 4), nn.BatchNorm2d(n_features), nn.ReLU())

        def forward(self, x):
            return self.layers(x)

    @NECKS.register_module
    class TinyNeck(BaseNeck):
        def __init__(self, n_features):
            super().__init__()
            self.mix = nn.Conv2d(n_features, n_features, 3, padding=1)

        def forward(self, x):
            return self.mix(x)

    @PREDICTORS.register_module
    class TinyPredictor(BasePredictor):
        def forward(self, stride, outputs):
            weights = outputs["heatmap"].flatten(2).softmax(-1)
            columns = torch.arange(outputs["heatmap"].shape[-1], dtype=torch.float32)
            x = (weights.unflatten(-1, outputs["heatmap"].shape[-2:]).sum(-2) * columns).sum(-1)
            y = (weights.unflatten(-1, outputs["heatmap"].shape[-2:]).sum(-1) * columns).sum(-1)
            return {"coordinates": stride * torch.stack([x, y], dim=-1), "scores": weights.amax(-1)}

    @TARGET_GENERATORS.register_module
    class TinyGenerator(BaseGenerator):
        def forward(self, stride, outputs, labels):
            keypoints = torch.as_tensor(labels[self.label_keypoint_key])[:, 0]
            target = torch.zeros_like(outputs["heatmap"])
            cells = (keypoints[..., :2] / stride).long()
            images, bodyparts = torch.meshgrid(*map(torch.arange, target.shape[:2]), indexing="ij")
            target[images, bodyparts, cells[..., 1], cells[..., 0]] = 1.0
            return {"heatmap": {"target": target}}

    @HEADS.register_module
    class TinyHead(BaseHead):
        def __init__(self, n_features, n_bodyparts, **parts):
            super().__init__(**parts)  # names no stride
            self.layer = nn.Conv2d(n_features, n_bodyparts, 1)
            self._init_weights()

        def forward(self, x):
            return {"heatmap": self.layer(x)}

    return {
        "backbone": {"type": "TinyBackbone", "n_features": 8},
        "backbone_output_channels": 8,
        "neck": {"type": "TinyNeck", "n_features": 8},
        "heads": {
            "bodypart": {
                "type": "TinyHead",
                "n_features": 8,
                "n_bodyparts": 3,
                "predictor": {"type": "TinyPredictor"},
                "target_generator": {"type": "TinyGenerator"},
                "criterion": {"type": "WeightedMSECriterion"},
                "weight_init": "normal",
            }
        },
    }


def test_a_network_of_ones_own_parts_is_trained_a_step_and_predicts(own_parts):
    torch.manual_seed(0)
    network = PoseModel.build(own_parts, pretrained_backbone=True).train()
    assert isinstance(network.heads.bodypart.criterion, WeightedMSECriterion)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-2)
    outputs = network(torch.randn(2, 3, 64, 64))
    losses = network.get_loss(outputs, network.get_target(outputs, labels(2)))
    assert set(losses) == {"bodypart_total_loss", "total_loss"}
    losses["total_loss"].backward()
    optimizer.step()
    after = network.state_dict()
    for changed in ("backbone.layers.0.weight", "neck.mix.weight", "heads.bodypart.layer.weight"):
        assert not torch.equal(before[changed], after[changed])
    with torch.no_grad():
        predictions = network.eval().get_predictions(network(torch.randn(2, 3, 64, 64)))
    assert network.get_stride("bodypart") == 4
    assert predictions["bodypart"]["poses"].shape == (2, 1, 3, 3)  # coordinates and scores are one animal


def test_a_part_can_be_given_as_its_class(own_parts):
    own_parts["backbone"]["type"] = BACKBONES.get("TinyBackbone")
    assert type(PoseModel.build(own_parts).backbone).__name__ == "TinyBackbone"


def test_a_part_that_nobody_registered_is_named_with_the_nearest(own_parts):
    own_parts["heads"]["bodypart"]["type"] = "TinyHeat"
    with pytest.raises(KeyError, match="TinyHead"):
        PoseModel.build(own_parts)


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("predictor", "TinyPredictor", r"'TinyPredictor'.*\s.*type: TinyPredictor"),
        ("criterion", "WeightedMSECriterion", r"'WeightedMSECriterion'.*\s.*type: WeightedMSECriterion"),
        ("criterion", {"heatmap": "WeightedMSECriterion"}, "type: WeightedMSECriterion"),
        ("criterion", {"heatmap": {"type": "WeightedMSECriterion"}, "weight": 3}, "criterions is 3"),
        ("criterion", {"heatmap": {"weight": 3}}, "has no type"),
    ],
)
def test_what_stands_in_place_of_a_part_is_named(own_parts, path, value, said):
    own_parts["heads"]["bodypart"][path] = value
    with pytest.raises(InvalidInput, match=said):
        PoseModel.build(own_parts)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "it is None"),
        ({"model": {}}, "no backbone and no heads; its keys are model"),
        ({"backbone": {"type": "TinyBackbone"}, "head": {"type": "TinyHead"}}, "no heads"),
        ({"backbone": "TinyBackbone", "heads": {"bodypart": {"type": "TinyHead"}}}, "type: TinyBackbone"),
    ],
)
def test_a_network_without_its_parts_says_what_is_missing(own_parts, content, said):
    with pytest.raises(InvalidInput, match=said):
        PoseModel.build(content)


def test_a_criterion_for_a_map_that_the_head_does_not_make_is_named(own_parts):
    criterion = {"type": "WeightedMSECriterion"}
    own_parts["heads"]["bodypart"]["criterion"] = {"heatmap": criterion, "locref": criterion}
    network = PoseModel.build(own_parts)
    outputs = network(torch.randn(2, 3, 64, 64))
    with pytest.raises(InvalidInput, match=r"criterion for locref.* makes heatmap"):
        network.get_loss(outputs, network.get_target(outputs, labels(2)))


def test_criteria_may_be_ready_parts_beside_configurations(own_parts):
    own_parts["heads"]["bodypart"]["criterion"] = {"heatmap": WeightedMSECriterion()}
    own_parts["heads"]["bodypart"]["aggregator"] = LOSS_AGGREGATORS.build(
        {"type": "WeightedLossAggregator", "weights": {"heatmap": 2.0}}
    )
    assert PoseModel.build(own_parts).heads.bodypart.aggregator.weights == {"heatmap": 2.0}


def test_only_classes_and_functions_are_registered(own_parts):
    with pytest.raises(TypeError, match="not Linear"):
        BACKBONES.register_module(module=nn.Linear(2, 2))
    with pytest.raises(KeyError, match="TinyBackbone"):
        BACKBONES.register_module(BACKBONES.get("TinyBackbone"))
