"""What holds for every backbone, and the rules of single ones."""

import logging

import numpy as np
import pytest
import torch
from torch import nn

from deeplabcut.core.errors import InvalidInput
from deeplabcut.pose_estimation_pytorch.models.backbones import BACKBONES, BaseBackbone
from deeplabcut.pose_estimation_pytorch.models.modules import norm as norms

ENCODER = {"type": "StackedKeypointEncoder", "num_joints": 2, "kernel_size": [5, 5]}
SMALL_CSPNEXT = {"type": "CSPNeXt", "widen_factor": 0.125, "deepen_factor": 0.1}
SMALL = {
    "CSPNeXt": SMALL_CSPNEXT,
    "CondPreNet": {"type": "CondPreNet", "backbone": SMALL_CSPNEXT, "kpt_encoder": ENCODER, "img_size": [64, 64]},
    "DLCRNet": {"type": "DLCRNet", "model_name": "resnet34", "output_stride": 16},
    "HRNet": {"type": "HRNet", "model_name": "hrnet_w18_small", "interpolate_branches": True},
    "HRNetCoAM": {
        "type": "HRNetCoAM",
        "base_model_name": "hrnet_w18_small",
        "kpt_encoder": ENCODER,
        "img_size": [64, 64],
        "coam_modules": [1, 4],
        "selfatt_coam_modules": [3],
        "att_heads": 2,
    },
    "ResNet": {"type": "ResNet", "model_name": "resnet18", "output_stride": 8},
    "TimmBackbone": {"type": "TimmBackbone", "model_name": "test_resnet", "stride": 16},
}
KEYPOINTS = torch.tensor([[[[10.0, 20.0, 1.0], [40.0, 30.0, 2.0]]]]).expand(2, -1, -1, -1)


def built(name, **changes):
    return BACKBONES.build({"pretrained": False, **SMALL[name], **changes})


def features(backbone, size=(64, 64)):
    images = torch.rand(2, 3, *size)
    return backbone(images, KEYPOINTS) if hasattr(backbone, "cond_enc") else backbone(images)


@pytest.mark.parametrize("name", BACKBONES.names)
def test_a_backbone_trains_and_says_the_stride_and_channels_of_its_features(name):
    backbone = built(name, freeze_bn_weights=False, freeze_bn_stats=False)
    assert backbone.train() is backbone
    maps = features(backbone)
    assert maps.shape == (2, backbone.out_channels, 64 // backbone.stride, 64 // backbone.stride)
    maps.square().mean().backward()
    missing = [key for key, p in backbone.named_parameters() if p.grad is None]
    # without these branches the finest one is complete
    assert not [key for key in missing if not key.startswith(("model.stage4.0.fuse_layers", "model.stage4.1.fuse"))]
    copy = built(name).eval()
    copy.load_state_dict(backbone.state_dict())
    torch.manual_seed(0)
    wanted = features(backbone.eval())
    torch.manual_seed(0)
    assert torch.equal(features(copy), wanted)


@pytest.mark.parametrize("name", BACKBONES.names)
def test_frozen_batch_norm_neither_learns_nor_counts(name):
    backbone = built(name, freeze_bn_weights=True, freeze_bn_stats=True).train()
    layers = [layer for layer in backbone.modules() if isinstance(layer, nn.BatchNorm2d)]
    assert layers or name == "CSPNeXt"
    assert not any(layer.training or layer.weight.requires_grad or layer.bias.requires_grad for layer in layers)


def test_the_two_flags_are_independent():
    stats = built("ResNet", freeze_bn_weights=False, freeze_bn_stats=True).train().model.bn1
    assert not stats.training and stats.weight.requires_grad
    weights = built("ResNet", freeze_bn_weights=True, freeze_bn_stats=False).train().model.bn1
    assert weights.training and not weights.weight.requires_grad


@pytest.mark.parametrize("frozen", [False, True])
def test_the_nets_before_a_backbone_freeze_as_the_backbone_does(frozen):
    inner = {"type": "ResNet", "model_name": "resnet18", "freeze_bn_weights": frozen, "freeze_bn_stats": frozen}
    backbone = built("CondPreNet", backbone=inner).train()
    layers = [layer for layer in backbone.modules() if isinstance(layer, nn.BatchNorm2d)]
    assert len(layers) == 23
    assert all(layer.training is not frozen and layer.weight.requires_grad is not frozen for layer in layers)


def test_whether_to_load_weights_reaches_the_backbone_within(monkeypatch):
    asked = []
    monkeypatch.setattr(BACKBONES, "build_func", lambda cfg, registry: asked.append(cfg) or ThreeTimes(stride=1))
    from deeplabcut.pose_estimation_pytorch.models.backbones import CondPreNet

    CondPreNet(ENCODER, {"type": "ThreeTimes"}, pretrained=True)
    CondPreNet(ENCODER, {"type": "ThreeTimes", "pretrained": False})
    assert [cfg.get("pretrained") for cfg in asked] == [True, False]


class ThreeTimes(BaseBackbone):
    def forward(self, x):
        return 3 * x


def test_a_backbone_of_a_user_needs_only_forward():
    backbone = ThreeTimes(stride=1)
    assert torch.equal(backbone(torch.ones(1, 3, 4, 4)), torch.full((1, 3, 4, 4), 3.0))
    assert backbone.freeze_bn_weights and backbone.freeze_bn_stats and backbone.out_channels is None


@pytest.mark.parametrize("name", ["CondPreNet", "HRNetCoAM"])
def test_conditions_may_be_an_array_or_a_tensor_with_one_individual_or_none(name):
    backbone = built(name).eval()
    image = torch.rand(2, 3, 64, 64)
    with torch.no_grad():
        wanted = backbone(image, KEYPOINTS)
        for same in (KEYPOINTS.numpy(), KEYPOINTS.double().numpy(), KEYPOINTS[:, 0]):
            torch.testing.assert_close(backbone(image, same), wanted)
        elsewhere = KEYPOINTS + torch.tensor([20.0, 0.0, 0.0])
        assert not torch.allclose(backbone(image, elsewhere), wanted)
    with pytest.raises(InvalidInput, match=r"conditions have the shape \(2, 2, 2, 3\) instead of \(2, 2, 3\)"):
        backbone(image, KEYPOINTS.expand(-1, 2, -1, -1))


def test_attention_that_was_made_for_a_size_names_it():
    with pytest.raises(InvalidInput, match=r"made for images of \(64, 64\), not \(96, 64\)"):
        features(built("HRNetCoAM"), (96, 64))


def test_one_place_cannot_have_both_kinds_of_attention():
    with pytest.raises(InvalidInput, match=r"At \[2\] stand both"):
        built("HRNetCoAM", coam_modules=[2, 3], selfatt_coam_modules=[2])
    with pytest.raises(InvalidInput, match=r"no place \[5\]"):
        built("HRNetCoAM", coam_modules=[5])


def test_an_hrnet_says_which_sizes_it_takes():
    backbone = built("HRNet").eval()
    with pytest.raises(InvalidInput, match=r"multiples of 32, not 64 x 100[\s\S]*auto_padding"):
        features(backbone, (64, 100))
    with torch.no_grad():
        assert features(backbone, (64, 96)).shape[-2:] == (16, 24)


def test_no_gradient_flows_from_the_finer_banks_into_the_trunk():
    backbone = built("DLCRNet", freeze_bn_weights=False).train()
    features(backbone)[:, :256].sum().backward()
    assert backbone.conv_block5[0].weight.grad is not None
    assert all(p.grad is None or not p.grad.any() for p in backbone.model.parameters())


def test_dlcrnet_needs_three_blocks_in_its_first_stages():
    with pytest.raises(InvalidInput, match="resnet18 has fewer"):
        built("DLCRNet", model_name="resnet18")


@pytest.mark.parametrize(
    ("config", "name"),
    [
        ({"type": "HRNet", "variant": "w18_small"}, "hrnet_w18_small"),
        ({"type": "ResNet", "variant": "18"}, "resnet18"),
        ({"type": "HRNetCoAM", "variant": "w18_small", "kpt_encoder": ENCODER, "pretrained": False}, "hrnet_w18_small"),
    ],
)
def test_a_variant_is_short_for_a_model_name(config, name):
    with torch.device("meta"):
        assert BACKBONES.build(config).model.pretrained_cfg["architecture"] == name


def test_a_variant_of_cspnext_sets_its_size():
    with torch.device("meta"):
        sizes = {v: BACKBONES.build({"type": "CSPNeXt", "variant": v}).out_channels for v in "smlx"}
    assert sizes == {"s": 512, "m": 768, "l": 1024, "x": 1280}
    with pytest.raises(InvalidInput, match="no CSPNeXt 'huge'"):
        BACKBONES.build({"type": "CSPNeXt", "variant": "huge"})


def test_cspnext_returns_the_stages_that_are_asked_for():
    images = torch.rand(1, 3, 64, 64)
    several = built("CSPNeXt", out_indices=(1, 3))
    assert [tuple(y.shape[1:]) for y in several(images)] == [(16, 16, 16), (64, 4, 4)]
    assert several.stride == 16
    early = built("CSPNeXt", out_indices=2)
    assert early(images).shape == (1, early.out_channels, 64 // early.stride, 64 // early.stride)
    deeper = built("CSPNeXt", arch="P6").eval()
    assert deeper(images).shape == (1, 128, 1, 1) and deeper.stride == 64
    with pytest.raises(InvalidInput, match="no stage 5"):
        built("CSPNeXt", out_indices=5)


def test_a_wrong_name_is_answered_with_the_nearest():
    with pytest.raises(InvalidInput, match=r"no network 'resnet5O'[\s\S]*resnet50"):
        built("ResNet", model_name="resnet5O")
    with pytest.raises(InvalidInput, match=r"efficientnet_b0 is no ResNet[\s\S]*type: TimmBackbone"):
        built("ResNet", model_name="efficientnet_b0")
    with pytest.raises(InvalidInput, match="resnet18 is no HRNet"):
        built("HRNet", model_name="resnet18")
    with pytest.raises(InvalidInput, match=r"cannot have the stride 4[\s\S]*8, 16 or 32"):
        built("ResNet", output_stride=4)


def test_cspnext_trains_on_a_cpu_in_a_group_of_processes_and_says_once_what_that_means(tmp_path, caplog):
    norms._say_that_each_counts_alone.cache_clear()
    ours, alone = norms.SyncBatchNorm(4).train(), nn.BatchNorm2d(4).train()
    batch = torch.rand(3, 4, 5, 5)
    torch.distributed.init_process_group("gloo", init_method=f"file://{tmp_path}/meeting", rank=0, world_size=1)
    try:
        with caplog.at_level(logging.WARNING):
            ours(batch), ours(batch)
        assert torch.equal(ours(batch), [alone(batch) for _ in range(3)][-1])
        features(built("CSPNeXt").train())
        with pytest.raises(ValueError, match="expected input tensor to be on"):
            nn.SyncBatchNorm(4).train()(batch)  # what it is for
    finally:
        torch.distributed.destroy_process_group()
    assert shared(ours) == shared(alone)
    assert [record.message for record in caplog.records] == [
        "Batch norm is not joined between processes on a cpu device; each uses its own batch."
    ]


def shared(layer):
    return {key: value.tolist() for key, value in layer.state_dict().items()}


def test_conditions_of_another_engine_reach_the_device_of_the_image_as_numbers():
    class Dots(type(built("CondPreNet").cond_enc).__mro__[2]):  # a user's encoder, which knows arrays only
        num_channels = 1

        def __call__(self, keypoints, size):
            assert isinstance(keypoints, np.ndarray)
            return np.ones((len(keypoints), *size, 1))

    maps = Dots(num_joints=2).condition(KEYPOINTS, torch.rand(2, 3, 8, 9))
    assert maps.shape == (2, 1, 8, 9) and maps.dtype == torch.float32
