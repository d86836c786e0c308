"""Centres of animals, and the way from each centre to each bodypart."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import nn

from deeplabcut.core.errors import InvalidInput
from deeplabcut.pose_estimation_pytorch.models.heads.base import HEADS, BaseHead
from deeplabcut.pose_estimation_pytorch.models.modules.conv_block import AdaptBlock, BaseBlock, BasicBlock
from deeplabcut.pose_estimation_pytorch.models.weight_init import Start


@HEADS.register_module
class DEKRHead(BaseHead):
    """Heatmaps of bodyparts and centres, and the offsets from each cell to the bodyparts of the animal there.

    Parameters
    ----------
    heatmap_config, offset_config : dict
        The settings of `DEKRHeatmap` and `DEKROffset`.
    """

    def __init__(
        self,
        predictor: nn.Module,
        target_generator: nn.Module,
        criterion: dict[str, nn.Module],
        aggregator: nn.Module,
        heatmap_config: dict[str, Any],
        offset_config: dict[str, Any],
        weight_init: Start = "dekr",
        stride: int | float = 1,
    ) -> None:
        super().__init__(stride, predictor, target_generator, criterion, aggregator, weight_init)
        self.heatmap_head = DEKRHeatmap(**heatmap_config)
        self.offset_head = DEKROffset(**offset_config)
        self._init_weights()

    def forward(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
        return {"heatmap": self.heatmap_head(x), "offset": self.offset_head(x)}


class DEKRHeatmap(nn.Module):
    """A heatmap for each bodypart; the last is that of the centres.

    Parameters
    ----------
    channels : (3,) sequence of int
        Of the features, in between, and heatmaps.
    """

    def __init__(
        self,
        channels: Sequence[int],
        num_blocks: int,
        dilation_rate: int,
        final_conv_kernel: int,
        block: Callable[..., BaseBlock] = BasicBlock,
    ) -> None:
        super().__init__()
        n_in, n_between, n_heatmaps = channels
        self.transition_heatmap = _pointwise(n_in, n_between)
        self.head_heatmap = nn.ModuleList(
            [_blocks(block, n_between, num_blocks, dilation_rate), _final(n_between, n_heatmaps, final_conv_kernel)]
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.transition_heatmap(x)
        for layer in self.head_heatmap:
            x = layer(x)
        return x


class DEKROffset(nn.Module):
    """Offsets x and y to each bodypart, each from channels of its own.

    Parameters
    ----------
    channels : (3,) sequence of int
        Of the features, of all bodyparts together, and the number of bodyparts.
    num_offset_per_kpt : int
        Channels of each bodypart.
    """

    def __init__(
        self,
        channels: Sequence[int],
        num_offset_per_kpt: int,
        num_blocks: int,
        dilation_rate: int,
        final_conv_kernel: int,
        block: Callable[..., BaseBlock] = AdaptBlock,
    ) -> None:
        super().__init__()
        n_in, n_all, n_bodyparts = channels
        if n_all != n_bodyparts * num_offset_per_kpt:
            raise InvalidInput(
                f"{n_bodyparts} bodyparts of {num_offset_per_kpt} channels each are not {n_all} channels.",
                fix=f"set the second number of channels to {n_bodyparts * num_offset_per_kpt}",
            )
        n_own = num_offset_per_kpt
        self.num_offset_per_kpt = num_offset_per_kpt
        self.transition_offset = _pointwise(n_in, n_all)
        self.offset_feature_layers = nn.ModuleList(
            _blocks(block, n_own, num_blocks, dilation_rate) for _ in range(n_bodyparts)
        )
        self.offset_final_layer = nn.ModuleList(_final(n_own, 2, final_conv_kernel) for _ in range(n_bodyparts))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        own = self.transition_offset(x).split(self.num_offset_per_kpt, dim=1)
        layers = zip(self.offset_final_layer, self.offset_feature_layers, own, strict=True)
        return torch.cat([final(features(part)) for final, features, part in layers], dim=1)


def _pointwise(n_in: int, n_out: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(n_in, n_out, 1, bias=False), nn.BatchNorm2d(n_out), nn.ReLU(inplace=True))


def _blocks(block: Callable[..., BaseBlock], n_channels: int, n_blocks: int, dilation: int) -> nn.Sequential:
    return nn.Sequential(*(block(n_channels, n_channels, dilation=dilation) for _ in range(n_blocks)))


def _final(n_in: int, n_out: int, kernel: int) -> nn.Conv2d:
    return nn.Conv2d(n_in, n_out, kernel, padding=1 if kernel == 3 else 0)
