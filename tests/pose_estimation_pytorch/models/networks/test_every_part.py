"""Every registered backbone with every head: built, trained on, used, saved and loaded again."""

import numpy as np
import pytest
import torch

from deeplabcut.pose_estimation_pytorch.models import BACKBONES, HEADS, PoseModel
from deeplabcut.pose_estimation_pytorch.models.loading import load_weights, read_snapshot

N_BODYPARTS, N_ANIMALS, SIZE = 3, 2, 64
LIMBS = [[0, 1], [0, 2], [1, 2]]

ENCODER = {"type": "StackedKeypointEncoder", "num_joints": N_BODYPARTS, "kernel_size": [15, 15]}
CSPNEXT = {"type": "CSPNeXt", "model_name": "cspnext_s", "deepen_factor": 0.33, "widen_factor": 0.5}
THAWED = {"freeze_bn_stats": False, "freeze_bn_weights": False}
SMALLEST_OF = {
    "CSPNeXt": CSPNEXT,
    "CondPreNet": {"type": "CondPreNet", "kpt_encoder": ENCODER, "backbone": CSPNEXT, "img_size": [SIZE, SIZE]},
    "DLCRNet": {"type": "DLCRNet", "model_name": "resnet50", "output_stride": 32},
    "HRNet": {"type": "HRNet", "model_name": "hrnet_w18"},
    "HRNetCoAM": {"base_model_name": "hrnet_w18", "kpt_encoder": ENCODER, "img_size": [SIZE, SIZE]},
    "ResNet": {"type": "ResNet", "model_name": "resnet18", "output_stride": 32},
    "TimmBackbone": {"type": "TimmBackbone", "model_name": "mobilenetv3_small_050"},
}
"""A registered backbone that is not listed is built with its defaults."""


def backbone_of(name):
    return {**SMALLEST_OF.get(name, {}), "type": name, **THAWED}


def conv(n_in, n_out):
    """One map of the size of the features."""
    return {
        "channels": [n_in],
        "kernel_size": [],
        "strides": [],
        "final_conv": {"out_channels": n_out, "kernel_size": 1},
    }


def criteria(kinds):
    return {name: {"type": kind, "weight": weight} for name, (kind, weight) in kinds.items()}


def heatmap_head(n_in, stride):
    return {
        "type": "HeatmapHead",
        "predictor": {"type": "HeatmapPredictor", "apply_sigmoid": False, "clip_scores": True},
        "target_generator": {
            "type": "HeatmapGaussianGenerator",
            "num_heatmaps": N_BODYPARTS,
            "pos_dist_thresh": 17,
            "generate_locref": True,
        },
        "criterion": criteria({"heatmap": ("WeightedMSECriterion", 1.0), "locref": ("WeightedHuberCriterion", 0.05)}),
        "heatmap_config": conv(n_in, N_BODYPARTS),
        "locref_config": conv(n_in, 2 * N_BODYPARTS),
    }


def dlcrnet_head(n_in, stride):
    layers = {"kernel_size": [1], "strides": [1]}
    return {
        "type": "DLCRNetHead",
        "predictor": {
            "type": "PartAffinityFieldPredictor",
            "num_animals": N_ANIMALS,
            "num_multibodyparts": N_BODYPARTS,
            "num_uniquebodyparts": 0,
            "graph": LIMBS,
            "edges_to_keep": [0, 1, 2],
            "locref_stdev": 7.2801,
            "nms_radius": 5,
            "sigma": 1.0,
            "min_affinity": 0.05,
        },
        "target_generator": {
            "type": "SequentialGenerator",
            "generators": [
                {"type": "HeatmapPlateauGenerator", "num_heatmaps": N_BODYPARTS, "pos_dist_thresh": 17},
                {"type": "PartAffinityFieldGenerator", "graph": LIMBS, "width": 20},
            ],
        },
        "criterion": criteria(
            {
                "heatmap": ("WeightedBCECriterion", 1.0),
                "locref": ("WeightedHuberCriterion", 0.05),
                "paf": ("WeightedHuberCriterion", 0.1),
            }
        ),
        "heatmap_config": {"channels": [n_in, N_BODYPARTS], **layers},
        "locref_config": {"channels": [n_in, 2 * N_BODYPARTS], **layers},
        "paf_config": {"channels": [n_in, 2 * len(LIMBS)], **layers},
        "num_stages": 2,
        "features_dim": 16,
    }


def dekr_head(n_in, stride):
    blocks = {"num_blocks": 1, "dilation_rate": 1, "final_conv_kernel": 1}
    return {
        "type": "DEKRHead",
        "predictor": {"type": "DEKRPredictor", "num_animals": N_ANIMALS, "apply_sigmoid": False, "use_heatmap": False},
        "target_generator": {"type": "DEKRGenerator", "num_joints": N_BODYPARTS, "pos_dist_thresh": 17},
        "criterion": criteria({"heatmap": ("DEKRHeatmapLoss", 1.0), "offset": ("DEKROffsetLoss", 0.03)}),
        "heatmap_config": {"channels": [n_in, 8, N_BODYPARTS + 1], **blocks},
        "offset_config": {"channels": [n_in, 5 * N_BODYPARTS, N_BODYPARTS], "num_offset_per_kpt": 5, **blocks},
    }


def rtmcc_head(n_in, stride):
    cells = SIZE // int(stride)
    kl = {"type": "KLDiscreteLoss", "use_target_weight": True, "beta": 10.0, "label_softmax": True}
    return {
        "type": "RTMCCHead",
        "input_size": [SIZE, SIZE],
        "in_channels": n_in,
        "out_channels": N_BODYPARTS,
        "in_featuremap_size": [cells, cells],
        "simcc_split_ratio": 2.0,
        "final_layer_kernel_size": 7,
        "gau_cfg": {"hidden_dims": 32, "s": 16, "expansion_factor": 2, "use_rel_bias": False, "pos_enc": False},
        "predictor": {"type": "SimCCPredictor", "simcc_split_ratio": 2.0, "sigma": [5.66, 5.66]},
        "target_generator": {"type": "SimCCGenerator", "input_size": [SIZE, SIZE], "sigma": [5.66, 5.66]},
        "criterion": {"x": dict(kl), "y": dict(kl)},
    }


def transformer_head(n_in, stride):
    cells = SIZE // int(stride)
    return {
        "type": "TransformerHead",
        "predictor": {"type": "HeatmapPredictor", "location_refinement": False},
        "target_generator": {
            "type": "HeatmapPlateauGenerator",
            "num_heatmaps": N_BODYPARTS,
            "pos_dist_thresh": 17,
            "generate_locref": False,
        },
        "criterion": {"type": "WeightedBCECriterion"},
        "dim": 16,
        "hidden_heatmap_dim": 16,
        "heatmap_dim": cells * cells,
        "apply_multi": True,
        "heatmap_size": [cells, cells],
        "apply_init": True,
        "head_stride": 1,
    }


def neck_before(name, n_in, stride):
    if name != "TransformerHead":
        return None
    cells, patch = SIZE // int(stride), 4 if stride == 4 else 1
    return {
        "type": "Transformer",
        "feature_size": [cells, cells],
        "patch_size": [patch, patch],
        "num_keypoints": N_BODYPARTS,
        "channels": n_in,
        "dim": 16,
        "heads": 2,
        "depth": 1,
    }


SMALL = {
    "HeatmapHead": heatmap_head,
    "DLCRNetHead": dlcrnet_head,
    "DEKRHead": dekr_head,
    "RTMCCHead": rtmcc_head,
    "TransformerHead": transformer_head,
}
PAIRS = [
    pytest.param(backbone, head, marks=() if backbone == "CSPNeXt" else pytest.mark.slow)
    for backbone in BACKBONES.names
    for head in HEADS.names
]


def labels(head, n_images):
    """Annotations of a batch as loaders collate them; the second animal of the second image is not there."""
    places = np.random.default_rng(0).uniform(8, SIZE - 8, (n_images, N_ANIMALS, N_BODYPARTS, 2))
    keypoints = np.concatenate([places, np.full((*places.shape[:-1], 1), 2.0)], axis=-1)
    keypoints[1, 1] = 0
    if head in ("RTMCCHead", "TransformerHead"):
        keypoints = keypoints[:, :1]
    if head == "DEKRHead":
        keypoints = np.concatenate([keypoints, keypoints.mean(axis=2, keepdims=True)], axis=2)
    n_animals = keypoints.shape[1]
    return {
        "keypoints": torch.as_tensor(keypoints, dtype=torch.float32),
        "area": torch.full((n_images, n_animals), 900.0),
        "individual_ids": torch.arange(n_animals).expand(n_images, -1),
        "with_center_keypoints": torch.full((n_images,), head == "DEKRHead"),
    }


@pytest.mark.parametrize(("backbone", "head"), PAIRS)
def test_every_backbone_with_every_head_is_trained_used_saved_and_loaded(backbone, head, tmp_path):
    assert head in SMALL, f"say here how a small {head} is configured"
    torch.manual_seed(0)
    part = BACKBONES.build(backbone_of(backbone), default_args={"pretrained": False})
    n_in, stride = part.out_channels, part.stride
    cfg = {
        "backbone": backbone_of(backbone),
        "backbone_output_channels": n_in,
        "neck": neck_before(head, n_in, stride),
        "heads": {"bodypart": SMALL[head](n_in, stride)},
    }
    network = PoseModel.build(cfg)
    images = torch.randn(2, 3, SIZE, SIZE)
    conditions = {}
    if backbone in ("CondPreNet", "HRNetCoAM"):
        conditions = {"cond_kpts": labels("RTMCCHead", 2)["keypoints"].numpy()}

    outputs = network.train()(images, **conditions)
    losses = network.get_loss(outputs, network.get_target(outputs, labels(head, 2)))
    assert set(losses) >= {"total_loss", "bodypart_total_loss"} and all(loss.isfinite() for loss in losses.values())
    losses["total_loss"].backward()
    assert all(one.grad is not None for one in network.heads.parameters() if one.requires_grad)
    first = next(one for one in network.backbone.parameters() if one.requires_grad)
    assert first.grad is not None and first.grad.isfinite().all() and first.grad.any()

    poses = predicted(network, images, conditions)
    n_animals = N_ANIMALS if head in ("DLCRNetHead", "DEKRHead") else 1
    assert poses.shape[:3] == (2, n_animals, N_BODYPARTS) and poses.shape[3] in (3, 5)

    torch.save({"model": network.state_dict(), "metadata": {"epoch": 1}}, tmp_path / "snapshot-001.pt")
    torch.manual_seed(1)
    twin = PoseModel.build(cfg)
    load_weights(twin, read_snapshot(tmp_path / "snapshot-001.pt"))
    assert torch.equal(predicted(twin, images, conditions).nan_to_num(-9), poses.nan_to_num(-9))


def predicted(network, images, conditions):
    with torch.no_grad():
        return torch.as_tensor(network.eval().get_predictions(network(images, **conditions))["bodypart"]["poses"])
