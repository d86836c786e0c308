"""Heads: what their layers do, how they start, and how their weights go over to other bodyparts."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from deeplabcut.core.errors import InvalidInput
from deeplabcut.pose_estimation_pytorch.models import HEADS
from deeplabcut.pose_estimation_pytorch.models.heads import (
    BaseHead,
    DEKRHead,
    DLCRNetHead,
    HeatmapHead,
    RTMCCHead,
    TransformerHead,
)
from deeplabcut.pose_estimation_pytorch.models.heads.simple_head import DeconvModule, layers_from
from deeplabcut.pose_estimation_pytorch.models.modules.gated_attention_unit import GatedAttentionUnit, Scale, rope
from deeplabcut.pose_estimation_pytorch.models.weight_init import WEIGHT_INIT, Dekr, Normal, Rtmpose


class Anything(nn.Module):
    """Stands for a predictor, a target generator, a criterion or an aggregator."""

    def forward(self, *args, **kwargs):
        return args[0]


PARTS = {"predictor": Anything(), "target_generator": Anything()}
SEVERAL = {**PARTS, "criterion": {"heatmap": Anything(), "locref": Anything()}, "aggregator": Anything()}


def layers(*channels, stride=2):
    n_layers = len(channels) - 1
    return {"channels": list(channels), "kernel_size": [3] * n_layers, "strides": [stride] * n_layers}


# ---- transposed convolutions and heatmaps


@pytest.mark.parametrize(("n_layers", "n_cells"), [(0, 16), (1, 33), (2, 67)])
def test_each_layer_of_stride_two_makes_two_cells_of_one_and_one_more(n_layers, n_cells):
    module = DeconvModule(**layers(*[4] * (n_layers + 1)))
    assert module(torch.zeros(1, 4, 16, 16)).shape == (1, 4, n_cells, n_cells) and module.stride == 2**n_layers


def test_there_is_a_relu_between_layers_and_none_after_the_last():
    kinds = [type(layer) for layer in DeconvModule(**layers(8, 4, 2)).deconv_layers]
    assert kinds == [nn.ConvTranspose2d, nn.ReLU, nn.ConvTranspose2d]


def test_a_final_convolution_has_no_padding():
    module = DeconvModule(**layers(8), final_conv={"out_channels": 3, "kernel_size": 3})
    assert module(torch.zeros(1, 8, 10, 10)).shape == (1, 3, 8, 8)


def test_layers_whose_numbers_do_not_go_together_are_refused():
    with pytest.raises(InvalidInput, match="do not go with"):
        DeconvModule([4, 2], [3, 3], [2])


def test_heatmaps_and_location_refinement_need_the_same_stride():
    with pytest.raises(InvalidInput, match="the same strides"):
        HeatmapHead(**SEVERAL, heatmap_config=layers(8, 2), locref_config=layers(8, 4, stride=1))


def test_a_heatmap_head_makes_a_map_per_bodypart_and_two_for_its_refinement():
    head = HeatmapHead(**SEVERAL, heatmap_config=layers(8, 3), locref_config=layers(8, 6))
    assert {name: tuple(one.shape) for name, one in head(torch.zeros(2, 8, 4, 6)).items()} == {
        "heatmap": (2, 3, 9, 13),
        "locref": (2, 6, 9, 13),
    }
    assert head.stride == 2


@pytest.mark.parametrize("n_layers", [0, 1, 2])
def test_the_layers_of_a_heatmap_head_can_be_given_as_numbers_in_and_out(n_layers):
    short = {"num_input_channels": 32, "num_output_channels": 5, "num_deconv_layers": n_layers}
    head = HeatmapHead(**PARTS, criterion=Anything(), aggregator=None, heatmap_config=short)
    assert head.stride == 2**n_layers and head(torch.zeros(1, 32, 4, 4))["heatmap"].shape[1] == 5
    if n_layers == 1:
        assert layers_from(short) == layers(32, 5)


def test_a_mixture_of_both_ways_to_give_layers_is_refused():
    with pytest.raises(InvalidInput, match="num_output_channels"):
        layers_from({"num_input_channels": 8, "channels": [8, 4]})


# ---- weights for other bodyparts


def test_the_last_layer_of_several_is_the_one_that_is_converted():
    state = DeconvModule(**layers(8, 4, 3)).state_dict()
    new = DeconvModule.convert_weights(state, "", torch.tensor([2, 2, 0, 1, 1]))
    assert torch.equal(new["deconv_layers.2.weight"], state["deconv_layers.2.weight"][:, [2, 2, 0, 1, 1]])
    assert torch.equal(new["deconv_layers.2.bias"], state["deconv_layers.2.bias"][[2, 2, 0, 1, 1]])
    assert torch.equal(new["deconv_layers.0.weight"], state["deconv_layers.0.weight"])
    assert state["deconv_layers.2.bias"].shape == (3,)  # the one given is not changed


def test_a_final_convolution_is_converted_where_there_is_one():
    module = DeconvModule(**layers(8, 4), final_conv={"out_channels": 3, "kernel_size": 1})
    state = {f"heatmap_head.{name}": value for name, value in module.state_dict().items()}
    new = DeconvModule.convert_weights(state, "heatmap_head.", torch.tensor([1, 0]))
    assert torch.equal(new["heatmap_head.final_conv.weight"], state["heatmap_head.final_conv.weight"][[1, 0]])
    assert new["heatmap_head.deconv_layers.0.weight"].shape == (8, 4, 3, 3)


def test_a_converted_head_predicts_the_chosen_bodyparts():
    old = HeatmapHead(**SEVERAL, heatmap_config=layers(8, 3), locref_config=layers(8, 6))
    new = HeatmapHead(**SEVERAL, heatmap_config=layers(8, 2), locref_config=layers(8, 4))
    new.load_state_dict(HeatmapHead.convert_weights(old.state_dict(), "", torch.tensor([2, 0])))
    features = torch.randn(1, 8, 5, 5)
    was, now = old(features), new(features)
    assert torch.allclose(now["heatmap"], was["heatmap"][:, [2, 0]])
    assert torch.allclose(now["locref"], was["locref"][:, [4, 5, 0, 1]])


def test_a_head_with_fields_says_that_it_cannot_be_converted():
    with pytest.raises(InvalidInput, match="cannot be carried over"):
        DLCRNetHead.convert_weights({}, "", torch.tensor([0]))


# ---- fields in stages


def dlcrnet_head(num_stages):
    criteria = {name: Anything() for name in ("heatmap", "locref", "paf")}
    return DLCRNetHead(
        **PARTS,
        criterion=criteria,
        aggregator=Anything(),
        heatmap_config=layers(16, 3),
        locref_config=layers(16, 6),
        paf_config=layers(16, 4),
        num_stages=num_stages,
        features_dim=8,
    )


@pytest.mark.parametrize(("num_stages", "n_cells"), [(0, 9), (1, 17), (5, 17)])
def test_stages_double_the_maps(num_stages, n_cells):
    head = dlcrnet_head(num_stages)
    maps = head(torch.zeros(1, 16, 4, 4))
    assert {name: one.shape[1] for name, one in maps.items()} == {"heatmap": 3, "locref": 6, "paf": 4}
    assert {one.shape[-1] for one in maps.values()} == {n_cells} and head.stride == (4 if num_stages else 2)
    assert {"convt1", "convt2", "convt3", "convt4"} <= {name.split(".")[0] for name in head.state_dict()}


def test_the_configuration_of_a_head_is_not_changed():
    heatmap, locref, paf = layers(16, 3), layers(16, 6), layers(16, 4)
    criteria = {name: Anything() for name in ("heatmap", "locref", "paf")}
    DLCRNetHead(**PARTS, criterion=criteria, aggregator=Anything(), heatmap_config=heatmap, locref_config=locref,
                paf_config=paf)  # fmt: skip
    assert (heatmap, locref, paf) == (layers(16, 3), layers(16, 6), layers(16, 4))


def test_heatmaps_of_a_stage_are_added_to_the_last_but_in_the_first_stage():
    head = dlcrnet_head(2)
    features = torch.randn(1, 16, 4, 4)
    hm, paf, kept = head.convt1(features), head.convt3(features), head.convt4(features)
    for stage in range(2):
        mixed = torch.cat([hm, paf, kept], dim=1)
        refined = head.hm_ref_layers[stage](mixed)
        hm, paf = (refined + hm if stage else refined), head.paf_ref_layers[stage](mixed)
    mixed = torch.cat([hm, paf, kept], dim=1)
    maps = head(features)
    assert torch.allclose(maps["heatmap"], head.heatmap_head(mixed))
    assert torch.allclose(maps["paf"], head.paf_head(mixed))


# ---- centres and offsets


def dekr_head(n_bodyparts=3, n_own=5, **more):
    heatmaps = {"channels": [8, 6, n_bodyparts + 1], "num_blocks": 1, "dilation_rate": 1, "final_conv_kernel": 1}
    offsets = {**heatmaps, "channels": [8, n_bodyparts * n_own, n_bodyparts], "num_offset_per_kpt": n_own}
    criteria = {"heatmap": Anything(), "offset": Anything()}
    return DEKRHead(
        **PARTS, criterion=criteria, aggregator=Anything(), heatmap_config=heatmaps, offset_config=offsets, **more
    )


def test_a_dekr_head_makes_a_map_per_bodypart_one_for_centres_and_two_offsets_each():
    maps = dekr_head()(torch.zeros(1, 8, 6, 7))
    assert {name: tuple(one.shape) for name, one in maps.items()} == {"heatmap": (1, 4, 6, 7), "offset": (1, 6, 6, 7)}


def test_the_offsets_of_a_bodypart_come_from_its_own_channels():
    head = dekr_head(weight_init=None).eval()
    features = torch.randn(1, 8, 6, 7)
    transition = head.offset_head.transition_offset
    before = head(features)["offset"]
    transition[0].weight.data[:5] += 1.0  # the channels of the first bodypart
    after = head(features)["offset"]
    assert not torch.allclose(before[:, :2], after[:, :2]) and torch.equal(before[:, 2:], after[:, 2:])


def test_channels_that_cannot_be_shared_among_bodyparts_are_refused():
    with pytest.raises(InvalidInput, match="set the second number of channels to 15"):
        config = {"num_blocks": 1, "dilation_rate": 1, "final_conv_kernel": 1}
        DEKRHead(
            **SEVERAL,
            heatmap_config={"channels": [8, 6, 4], **config},
            offset_config={"channels": [8, 16, 3], "num_offset_per_kpt": 5, **config},
        )


# ---- coordinates as classifications


def rtmcc_head(n_bodyparts=4, **attention):
    settings = {"hidden_dims": 16, "s": 8, "use_rel_bias": False, "pos_enc": False, **attention}
    criteria = {"x": Anything(), "y": Anything()}
    return RTMCCHead((64, 96), 12, n_bodyparts, (2, 3), 2.0, 7, settings, **PARTS, criterion=criteria,
                     aggregator=Anything(), weight_init="RTMPose")  # fmt: skip


def test_bins_are_finer_than_pixels():
    head = rtmcc_head()
    maps = head(torch.randn(2, 12, 3, 2))
    assert {name: tuple(one.shape) for name, one in maps.items()} == {"x": (2, 4, 128), "y": (2, 4, 192)}
    assert head.stride == 1 and isinstance(head.weight_init, Rtmpose)


def test_bodyparts_are_chosen_and_the_attention_by_position_is_averaged():
    head = rtmcc_head(n_bodyparts=3, use_rel_bias=True)
    state = head.state_dict()
    state["gau.w"] = torch.tensor([10.0, 20.0, 30.0, 40.0, 50.0])  # distances -2, -1, 0, 1, 2
    new = RTMCCHead.convert_weights(state, "", torch.tensor([0, 2]))
    assert new["gau.w"].tolist() == [10.0, 30.0, 50.0]  # the two were two apart
    assert RTMCCHead.convert_weights(state, "", torch.tensor([2, 0]))["gau.w"].tolist() == [50.0, 30.0, 10.0]
    three = RTMCCHead.convert_weights(state, "", torch.tensor([0, 1, 1]))["gau.w"].tolist()
    assert three == [20.0, 25.0, 30.0, 35.0, 40.0]
    assert torch.equal(new["final_layer.weight"], state["final_layer.weight"][[0, 2]])
    assert torch.equal(new["final_layer.bias"], state["final_layer.bias"][[0, 2]])
    assert "gau.w" not in RTMCCHead.convert_weights(state, "", torch.tensor([0, 2]), omit_gau_w=True)
    assert state["gau.w"].shape == (5,)


def test_the_same_bodyparts_in_the_same_order_keep_every_weight():
    state = {f"heads.bodypart.{name}": one for name, one in rtmcc_head(use_rel_bias=True).state_dict().items()}
    same = RTMCCHead.convert_weights(state, "heads.bodypart.", torch.arange(4))
    assert all(torch.allclose(state[name], same[name]) for name in state)


@pytest.mark.parametrize(
    ("size", "sigma"), [((288, 384), [6.0, 6.93]), ((256, 192), [5.66, 4.9]), ((320, 256), [6.07, 5.66])]
)
def test_a_configuration_is_set_up_for_crops_of_another_size(size, sigma):
    head = {"input_size": [256, 256], "target_generator": {}, "predictor": {"sigma": [5.66, 5.66]}}
    data = {
        "inference": {"top_down_crop": {"width": 256, "height": 256, "margin": 5}},
        "train": {"top_down_crop": None},
    }
    cfg = {"data": data, "model": {"heads": {"bodypart": head}}}
    RTMCCHead.update_input_size(cfg, size)
    assert data["inference"]["top_down_crop"] == {"width": size[0], "height": size[1], "margin": 5}
    assert data["train"]["top_down_crop"] == {"width": size[0], "height": size[1]}
    assert tuple(head["input_size"]) == size == tuple(head["target_generator"]["input_size"])
    assert head["in_featuremap_size"] == [size[1] // 32, size[0] // 32]
    np.testing.assert_allclose(head["target_generator"]["sigma"], sigma)
    np.testing.assert_allclose(head["predictor"]["sigma"], sigma)


# ---- the attention in it


def test_a_gated_attention_unit_is_the_formula_token_by_token():
    torch.manual_seed(0)
    unit = GatedAttentionUnit(5, 6, 6, s=4)
    tokens = torch.randn(5, 6)
    with torch.no_grad():
        inner = nn.functional.silu(unit.uv(unit.ln(tokens)))
        u, v, base = inner[:, :12], inner[:, 12:24], inner[:, 24:]
        q, k = base * unit.gamma[0] + unit.beta[0], base * unit.gamma[1] + unit.beta[1]
        wanted = []
        for i in range(5):
            seen = sum(max(0.0, float(q[i] @ k[j] + unit.w[j - i + 4]) / 2) ** 2 * v[j] for j in range(5))
            wanted.append(unit.o(u[i] * seen) + unit.res_scale.scale * tokens[i])
        assert torch.allclose(unit(tokens[None])[0], torch.stack(wanted), atol=1e-5)


def test_attention_of_another_width_has_no_way_around():
    unit = GatedAttentionUnit(3, 6, 10, s=4, use_rel_bias=False, pos_enc=True, act_fn="ReLU")
    assert unit(torch.randn(2, 3, 6)).shape == (2, 3, 10) and unit.res_scale is None
    assert "w" not in unit.state_dict()


def test_turned_features_keep_their_length_and_know_their_distance():
    x = torch.randn(1, 7, 8)
    turned = rope(x, dim=1)
    assert torch.allclose(turned.norm(dim=-1), x.norm(dim=-1)) and torch.equal(turned[:, 0], x[:, 0])
    same = rope(x[:, :1].expand(1, 7, 8), dim=1)[0]
    likeness = same @ same.T
    assert torch.allclose(likeness.diagonal(2), likeness[0, 2].expand(5), atol=1e-5)
    pairs = torch.randn(1, 7, 2, 8)
    assert torch.allclose(rope(pairs, dim=-3)[:, :, 1], rope(pairs[:, :, 1], dim=1))


@pytest.mark.parametrize("settings", [{"attn_type": "cross-attn"}, {"act_fn": "Tanh"}])
def test_attention_of_other_kinds_is_refused(settings):
    with pytest.raises(InvalidInput):
        GatedAttentionUnit(3, 6, 6, **settings)


def test_a_scale_is_a_factor_for_each_feature():
    assert Scale(3, init_value=2.0)(torch.ones(2, 3)).tolist() == [[2.0] * 3] * 2
    assert not Scale(3, trainable=False).scale.requires_grad


# ---- tokens


@pytest.mark.parametrize(("hidden", "apply_multi", "n_layers"), [(24, True, 4), (23, True, 2), (24, False, 2)])
def test_short_tokens_pass_through_a_hidden_layer(hidden, apply_multi, n_layers):
    head = TransformerHead(**PARTS, criterion=Anything(), dim=4, hidden_heatmap_dim=hidden, heatmap_dim=30,
                           apply_multi=apply_multi, heatmap_size=(5, 6), apply_init=True, head_stride=1)  # fmt: skip
    assert len(head.mlp_head) == n_layers
    maps = head(torch.randn(2, 3, 12))
    assert maps["heatmap"].shape == (2, 3, 5, 6) and head.stride == 1
    assert all(not layer.bias.any() for layer in head.mlp_head)


# ---- what heads have in common


class Sum(nn.Module):
    def forward(self, output, target, weights=1.0):
        return (weights * (output - target)).sum()


class Mean(nn.Module):
    def forward(self, losses):
        return torch.stack(list(losses.values())).mean()


class Twice(BaseHead):
    def forward(self, x):
        return {"heatmap": 2 * x}


def test_a_single_criterion_gives_the_loss_of_the_only_map():
    head = Twice(1, **PARTS, criterion=Sum())
    losses = head.get_loss({"heatmap": torch.ones(2)}, {"heatmap": {"target": torch.zeros(2)}})
    assert {name: float(loss) for name, loss in losses.items()} == {"total_loss": 2.0}
    with pytest.raises(InvalidInput, match="for one map"):
        head.get_loss({"heatmap": torch.ones(2), "locref": torch.ones(2)}, {})


def test_criteria_give_a_loss_each_and_the_aggregator_one_of_them():
    head = Twice(1, **PARTS, criterion={"heatmap": Sum(), "locref": Sum()}, aggregator=Mean())
    losses = head.get_loss(
        {"heatmap": torch.ones(3), "locref": torch.ones(2)},
        {"heatmap": {"target": torch.zeros(3), "weights": 0.5}, "locref": {"target": torch.ones(2)}},
    )
    assert {name: float(loss) for name, loss in losses.items()} == {"heatmap": 1.5, "locref": 0.0, "total_loss": 0.75}


@pytest.mark.parametrize(
    "parts", [{"criterion": {"heatmap": Sum()}}, {"criterion": Sum(), "aggregator": Mean()}, {"criterion": None}]
)
def test_several_criteria_need_an_aggregator_and_one_takes_none(parts):
    with pytest.raises(InvalidInput):
        Twice(1, **PARTS, **parts)


def test_a_head_that_names_no_stride_has_a_stride_of_one():
    assert Twice(**PARTS, criterion=Sum()).stride == 1


def test_a_stride_of_zero_is_refused():
    with pytest.raises(InvalidInput, match="stride of 0"):
        Twice(0, **PARTS, criterion=Sum())


# ---- how parameters start


@pytest.mark.parametrize(
    ("given", "kind"),
    [("normal", Normal), ("dekr", Dekr), ("RTMPose", Rtmpose), ({"type": "Normal", "std": 0.5}, Normal)],
)
def test_starts_are_found_as_files_name_them(given, kind):
    assert type(WEIGHT_INIT.build(given)) is kind
    ready = kind()
    assert WEIGHT_INIT.build(ready) is ready and WEIGHT_INIT.build(None) is None


def test_a_start_that_does_not_exist_is_refused_with_the_nearest():
    with pytest.raises(KeyError, match="Normal"):
        WEIGHT_INIT.build("normale")


def test_what_is_no_start_at_all_is_refused():
    with pytest.raises(InvalidInput, match="weight_init is 3"):
        WEIGHT_INIT.build(3)


def test_a_normal_start_has_biases_of_zero_and_small_weights():
    torch.manual_seed(0)
    head = HeatmapHead(**SEVERAL, heatmap_config=layers(64, 8), locref_config=layers(64, 16),
                       weight_init={"type": "Normal", "std": 0.5})  # fmt: skip
    weight = head.heatmap_head.deconv_layers[0].weight
    assert math.isclose(float(weight.detach().std()), 0.5, rel_tol=0.1)
    assert not head.heatmap_head.deconv_layers[0].bias.any()


def test_the_dekr_start_makes_every_scale_small():
    head = dekr_head()
    assert bool((head.heatmap_head.transition_heatmap[1].weight.abs() < 0.01).all())
    assert all(not one.any() for name, one in head.named_parameters() if name.endswith("bias"))


def test_the_rtmpose_start_is_by_kind_of_layer():
    module = nn.Sequential(nn.Conv2d(64, 64, 3), nn.BatchNorm2d(64), nn.Flatten(), nn.Linear(64, 64))
    Rtmpose().init_weights(module)
    assert math.isclose(float(module[0].weight.detach().std()), 0.001, rel_tol=0.1)
    assert math.isclose(float(module[3].weight.detach().std()), 0.01, rel_tol=0.1)
    assert bool((module[1].weight == 1).all() and (module[1].bias == 1).all())
    assert not module[0].bias.any() and not module[3].bias.any()


# ---- from configurations


def test_the_parts_of_a_head_are_built_with_it():
    criteria = {
        "heatmap": {"type": "WeightedMSECriterion", "weight": 1.0},
        "locref": {"type": "WeightedHuberCriterion"},
    }
    cfg = {
        "type": "HeatmapHead",
        "predictor": {"type": "HeatmapPredictor"},
        "target_generator": {"type": "HeatmapGaussianGenerator", "num_heatmaps": 2, "pos_dist_thresh": 17},
        "criterion": criteria,
        "heatmap_config": layers(8, 2),
        "locref_config": layers(8, 4),
    }
    head = HEADS.build(cfg)
    assert isinstance(head, HeatmapHead) and type(head.predictor).__name__ == "HeatmapPredictor"
    assert head.aggregator.weights == {"heatmap": 1.0, "locref": 1.0}
    assert cfg["criterion"] is criteria and "weight" in criteria["heatmap"]
    one = HEADS.build({**cfg, "criterion": {"type": "WeightedMSECriterion", "weight": 2}, "locref_config": None})
    assert one.aggregator is None and type(one.criterion).__name__ == "WeightedMSECriterion"


def test_all_heads_have_a_home():
    assert set(HEADS.names) >= {"HeatmapHead", "DLCRNetHead", "DEKRHead", "RTMCCHead", "TransformerHead"}
    assert all(HEADS.get(name).__name__ == name for name in HEADS.names)
