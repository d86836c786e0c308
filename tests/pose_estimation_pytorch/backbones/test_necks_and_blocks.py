"""The neck of TokenPose, and the blocks of heads."""

import numpy as np
import pytest
import torch

from deeplabcut.core.errors import InvalidInput
from deeplabcut.pose_estimation_pytorch.models import modules
from deeplabcut.pose_estimation_pytorch.models.modules.conv_block import BLOCKS
from deeplabcut.pose_estimation_pytorch.models.modules.csp import CSPConvModule, build_activation, build_norm
from deeplabcut.pose_estimation_pytorch.models.necks import NECKS, BaseNeck
from deeplabcut.pose_estimation_pytorch.models.necks.layers import Attention
from deeplabcut.pose_estimation_pytorch.models.necks.utils import make_sine_position_embedding


def neck(**changes):
    settings = {"feature_size": (8, 12), "patch_size": (4, 2), "num_keypoints": 3, "channels": 5}
    return NECKS.build({"type": "Transformer", **settings, "dim": 16, "depth": 2, "heads": 4, **changes}).eval()


@pytest.mark.parametrize("kind", ["sine-full", "sine", "learnable", "none"])
def test_a_token_for_each_keypoint_leaves_the_neck(kind):
    tokens = neck(pos_embedding_type=kind, apply_init=True)(torch.rand(2, 5, 8, 12))
    assert tokens.shape == (2, 3, 3 * 16)
    assert tokens.isfinite().all()


def test_patches_are_read_row_by_row_with_the_channel_last():
    feature = torch.arange(1 * 5 * 8 * 12.0).reshape(1, 5, 8, 12)
    patches = neck()._patches(feature)
    assert patches.shape == (1, 2 * 6, 4 * 2 * 5)
    second_in_second_row = feature[0, :, 4:8, 2:4].permute(1, 2, 0).flatten()
    assert torch.equal(patches[0, 7], second_in_second_row)


def test_only_the_full_sine_embedding_is_added_again():
    image = torch.rand(1, 5, 8, 12)
    torch.manual_seed(0)
    full = neck(pos_embedding_type="sine-full")
    once = neck(pos_embedding_type="sine")
    once.load_state_dict(full.state_dict())
    y_full, y_once = full(image), once(image)
    assert torch.equal(y_full[..., :16], y_once[..., :16])
    assert not torch.allclose(y_full[..., 16:], y_once[..., 16:])


def test_the_sine_embedding_is_no_parameter_that_learns():
    assert not neck().pos_embedding.requires_grad and neck(pos_embedding_type="learnable").pos_embedding.requires_grad


def test_a_place_is_coded_by_waves_of_row_then_column():
    code = make_sine_position_embedding(2, 3, 8).reshape(2, 3, 8)
    assert torch.equal(code[0, :, :4], code[0, :1, :4].expand(3, 4)) and torch.equal(code[0, :, 4:], code[1, :, 4:])
    phase = 2 * np.pi / (3 + 1e-6)
    np.testing.assert_allclose(
        code[0, 0, 4:], [np.sin(phase), np.cos(phase), np.sin(phase / 100), np.cos(phase / 100)], rtol=1e-5
    )


def test_attention_leaves_out_tokens_that_a_mask_hides():
    attention = Attention(8, heads=2, scale_with_head=True).eval()
    tokens = torch.rand(1, 4, 8)
    hidden = torch.tensor([[True, True, False]])
    changed = tokens.clone()
    changed[:, 3] = 9.0
    torch.testing.assert_close(attention(tokens, hidden)[:, :3], attention(changed, hidden)[:, :3])
    assert not torch.allclose(attention(tokens)[:, :3], attention(changed)[:, :3])


def test_a_neck_says_which_features_it_takes():
    with pytest.raises(InvalidInput, match=r"size \(8, 12\), not \(8, 8\)"):
        neck()(torch.rand(1, 5, 8, 8))
    with pytest.raises(InvalidInput, match="cannot be cut into patches"):
        neck(patch_size=(3, 2))
    with pytest.raises(InvalidInput, match="no pos_embedding_type 'cosine'"):
        neck(pos_embedding_type="cosine")


def test_a_neck_of_a_user_needs_only_forward():
    class Half(BaseNeck):
        def forward(self, x):
            return x / 2

    assert Half()(torch.ones(1)).item() == 0.5


@pytest.mark.parametrize("name", BLOCKS.names)
def test_a_block_adds_to_its_input(name):
    block = BLOCKS.get(name)(8 * BLOCKS.get(name).expansion, 8).eval()
    x = torch.rand(2, 8 * block.expansion, 6, 7)
    for parameter in block.parameters():
        torch.nn.init.zeros_(parameter)
    assert torch.equal(block(x), x)


def test_an_adaptive_block_without_turning_is_a_convolution_moved_by_the_translation():
    block = modules.AdaptBlock(2, 2).eval()
    for layer in (block.transform_matrix_conv, block.translation_conv):
        torch.nn.init.zeros_(layer.weight)
    block.transform_matrix_conv.bias.data = torch.tensor([1.0, 0.0, 0.0, 1.0])
    block.translation_conv.bias.data = torch.tensor([0.0, 1.0])  # (row, column)
    x = torch.rand(1, 2, 9, 9)
    plain = torch.nn.functional.conv2d(x, block.adapt_conv.weight)  # inner pixels
    norm = (1 + block.bn.eps) ** 0.5
    wanted = torch.relu(plain[..., 1:] / norm + x[..., 1:-1, 1:-2])
    torch.testing.assert_close(block(x)[..., 1:-1, 1:-2], wanted)


def test_an_adaptive_block_quarter_turned_is_a_turned_convolution():
    block = modules.AdaptBlock(1, 1).eval()
    for layer in (block.transform_matrix_conv, block.translation_conv):
        torch.nn.init.zeros_(layer.weight), torch.nn.init.zeros_(layer.bias)
    block.transform_matrix_conv.bias.data = torch.tensor([0.0, 1.0, -1.0, 0.0])  # (row, column) -> (column, -row)
    x = torch.rand(1, 1, 7, 7)
    turned = torch.nn.functional.conv2d(x, torch.rot90(block.adapt_conv.weight, -1, (2, 3)))
    wanted = torch.relu(turned / (1 + block.bn.eps) ** 0.5 + x[..., 1:-1, 1:-1])
    torch.testing.assert_close(block(x)[..., 1:-1, 1:-1], wanted)


def test_branches_of_an_hrnet_exchange_what_they_see():
    module = modules.HighResolutionModule(3, modules.BasicBlock, 1, [4, 8, 16], [4, 8, 16], "SUM").eval()
    maps = [torch.rand(1, 4, 16, 16), torch.rand(1, 8, 8, 8), torch.rand(1, 16, 4, 4)]
    assert [y.shape for y in module(maps)] == [y.shape for y in maps]
    assert module.get_num_inchannels() == [4, 8, 16]
    changed = [maps[0] + 1, *maps[1:]]
    assert all(not torch.equal(y, z) for y, z in zip(module(maps), module(changed), strict=True))
    finest = modules.HighResolutionModule(2, modules.Bottleneck, [1, 2], [4, 8], [2, 4], "sum", False)
    assert [tuple(y.shape) for y in finest(maps[:2])] == [(1, 8, 16, 16)]
    with pytest.raises(InvalidInput, match="num_blocks has 1 numbers for 2 branches"):
        modules.HighResolutionModule(2, modules.BasicBlock, [1], [4, 8], [4, 8], "SUM")
    with pytest.raises(InvalidInput, match="'cat'"):
        modules.HighResolutionModule(2, modules.BasicBlock, 1, [4, 8], [4, 8], "cat")


def test_scale_norm_divides_by_length():
    norm = modules.ScaleNorm(4)
    assert torch.allclose(
        norm(torch.tensor([[3.0, 0, 4, 0], [0, 0, 0, 0]])), torch.tensor([[1.2, 0, 1.6, 0], [0, 0, 0, 0]])
    )


def test_unknown_layers_of_cspnext_are_named_with_the_known():
    with pytest.raises(NotImplementedError, match=r"(?s)'GELU'.*use one of SiLU, ReLU"):
        build_activation("GELU")
    with pytest.raises(NotImplementedError, match=r"(?s)'LN'.*use one of SyncBN, BN"):
        build_norm("LN", 4)


def test_a_convolution_has_a_bias_only_without_a_norm():
    assert CSPConvModule(1, 1, 1).conv.bias is not None and CSPConvModule(1, 1, 1, norm_layer="BN").conv.bias is None
