"""Any network of timm is a backbone, for images of any size."""

import pytest
import torch

from deeplabcut.core.errors import InvalidInput
from deeplabcut.pose_estimation_pytorch.models.backbones import BACKBONES

SMALL = ["mobilenetv4_conv_small", "efficientvit_b0", "vit_tiny_patch16_224", "test_convnext", "test_resnet"]
OTHERS = [
    "convnextv2_atto", "efficientvit_m0", "fastvit_t8", "mambaout_femto", "regnety_004", "repvit_m0_9",
    "swin_tiny_patch4_window7_224", "tf_efficientnetv2_b0", "vit_small_patch14_dinov2", "vit_small_patch16_dinov3",
]  # fmt: skip


def built(model_name, **settings):
    return BACKBONES.build({"type": "TimmBackbone", "model_name": model_name, **settings}).eval()


@torch.no_grad()
def features(backbone, height, width):
    return backbone(torch.randn(1, 3, height, width, generator=torch.manual_seed(0)))


@pytest.mark.parametrize("name", SMALL + [pytest.param(name, marks=pytest.mark.slow) for name in OTHERS])
@pytest.mark.parametrize("joined", [False, True])
def test_features_cover_images_of_any_size(name, joined):
    backbone = built(name, interpolate_branches=joined)
    for height, width in [(224, 224), (96, 160), (100, 75)]:
        rows, columns = (-(-size // backbone.stride) for size in (height, width))
        assert features(backbone, height, width).shape == (1, backbone.out_channels, rows, columns)


def test_a_stride_is_chosen_and_what_lies_behind_it_is_left_away():
    fine, coarse = built("mobilenetv4_conv_small", stride=8), built("mobilenetv4_conv_small")
    assert (fine.stride, fine.out_channels, coarse.stride, coarse.out_channels) == (8, 64, 32, 960)
    n_fine, n_coarse = (sum(p.numel() for p in one.parameters()) for one in (fine, coarse))
    assert n_fine < n_coarse / 10
    joined = built("mobilenetv4_conv_small", stride=8, interpolate_branches=True)
    fine.load_state_dict(joined.state_dict(), strict=False)
    assert torch.equal(features(joined, 64, 64)[:, :64], features(fine, 64, 64))


def test_all_features_from_a_stride_on_can_be_joined():
    backbone = built("mobilenetv4_conv_small", stride=8, interpolate_branches=True)
    assert backbone.out_channels == 64 + 96 + 960
    assert features(backbone, 64, 64).shape == (1, 1120, 8, 8)


def test_dilation_keeps_the_last_stage_fine():
    backbone = built("test_resnet", stride=8, model_args={"output_stride": 8})
    assert features(backbone, 64, 64).shape == (1, backbone.out_channels, 8, 8)
    assert backbone.out_channels == built("test_resnet").out_channels


def test_an_unknown_stride_is_answered_with_those_of_the_network():
    with pytest.raises(InvalidInput, match=r"no features of stride 7[\s\S]*use one of 2, 4, 8, 16, 32"):
        built("mobilenetv4_conv_small", stride=7)
    with pytest.raises(InvalidInput, match=r"no features of stride 32[\s\S]*use one of 16"):
        built("vit_tiny_patch16_224", stride=32)


def test_places_of_patches_are_interpolated_so_that_a_shifted_image_has_shifted_features():
    backbone = built("vit_tiny_patch16_224", model_args={"depth": 3})
    for block in backbone.model.model.blocks:
        torch.nn.init.zeros_(block.attn.proj.weight)  # no patch sees another
    torch.nn.init.zeros_(backbone.model.model.pos_embed)
    image = torch.randn(1, 3, 96, 96)
    with torch.no_grad():
        torch.testing.assert_close(backbone(image)[..., 1:], backbone(image[..., 16:]))


def test_features_of_a_transformer_are_normalised():
    y = features(built("vit_tiny_patch16_224"), 96, 96)
    torch.testing.assert_close(y.mean(1), torch.zeros_like(y[:, 0]), atol=1e-5, rtol=0)
    torch.testing.assert_close(y.var(1, correction=0), torch.ones_like(y[:, 0]), atol=1e-3, rtol=0)


def test_images_reach_the_network_as_it_was_trained():
    image = torch.rand(1, 3, 32, 32)
    mean, std = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    given = (image - mean[:, None, None]) / std[:, None, None]
    backbone = built("vit_tiny_patch16_224")  # trained with mean and deviation 0.5
    torch.testing.assert_close(given * backbone.input_scale + backbone.input_shift, (image - 0.5) / 0.5)
    ordinary = built("efficientvit_b0")
    torch.testing.assert_close(given * ordinary.input_scale + ordinary.input_shift, given)
    assert {"input_scale", "input_shift"} <= backbone.state_dict().keys()


def test_a_network_for_one_size_says_so_and_can_be_made_for_another():
    with pytest.raises(InvalidInput, match=r"for images of \(160, 160\), not \(64, 64\)[\s\S]*img_size: \[64, 64\]"):
        features(built("test_coatnet"), 64, 64)
    assert features(built("test_coatnet", img_size=[64, 64]), 64, 64).shape[-2:] == (64 // 32, 64 // 32)


def test_a_setting_that_a_network_does_not_take_is_named():
    with pytest.raises(InvalidInput, match="dilatation"):
        built("test_resnet", model_args={"dilatation": 2})


def test_a_network_whose_features_leave_out_the_border_is_refused():
    with pytest.raises(InvalidInput, match="do not cover the image"):
        features(built("inception_v3"), 128, 128)


def test_frozen_batch_norm_is_also_that_of_timm():
    backbone = built("mobilenetv4_conv_small").train()
    layers = [layer for layer in backbone.modules() if isinstance(layer, torch.nn.BatchNorm2d)]
    assert layers and not any(layer.training or layer.weight.requires_grad for layer in layers)
