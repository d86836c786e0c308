"""Heatmaps and location refinement from transposed convolutions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import nn

from deeplabcut.core.errors import InvalidInput
from deeplabcut.pose_estimation_pytorch.models.heads.base import HEADS, BaseHead, State, WeightConversionMixin
from deeplabcut.pose_estimation_pytorch.models.weight_init import Start


class DeconvModule(nn.Module):
    """Transposed convolutions with ReLU between them, and perhaps a convolution after.

    Parameters
    ----------
    channels : sequence of int
        Of the features and after each layer.
    kernel_size, strides : sequences of int
        Of each layer. A layer of kernel 3 and stride 2 makes ``2 n + 1`` cells of ``n``.
    final_conv : dict, optional
        ``out_channels`` and ``kernel_size`` of a convolution without padding.
    """

    def __init__(
        self,
        channels: Sequence[int],
        kernel_size: Sequence[int],
        strides: Sequence[int],
        final_conv: Mapping[str, int] | None = None,
    ) -> None:
        super().__init__()
        if not len(channels) == len(kernel_size) + 1 == len(strides) + 1:
            raise InvalidInput(
                f"{len(kernel_size)} kernel sizes and {len(strides)} strides do not go with {len(channels)} numbers of"
                " channels.",
                fix="give one kernel size and one stride for each layer, and one number of channels more",
            )
        layers: list[nn.Module] = []
        for n_in, n_out, kernel, stride in zip(channels, channels[1:], kernel_size, strides, strict=False):
            layers += [nn.ConvTranspose2d(n_in, n_out, kernel, stride), nn.ReLU()]
        self.deconv_layers: nn.Module = nn.Sequential(*layers[:-1]) if layers else nn.Identity()
        self.final_conv: nn.Module = nn.Identity()
        if final_conv:
            self.final_conv = nn.Conv2d(channels[-1], final_conv["out_channels"], final_conv["kernel_size"])
        self.stride = 1
        for stride in strides:
            self.stride *= stride

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.final_conv(self.deconv_layers(x))

    @staticmethod
    def convert_weights(state_dict: State, module_prefix: str, conversion: torch.Tensor) -> State:
        """The state dict with the channels that leave the module chosen by ``conversion``."""
        weight = f"{module_prefix}final_conv.weight"
        channel_axis = 0
        if weight not in state_dict:
            start = f"{module_prefix}deconv_layers."
            layers = [int(key[len(start) :].split(".")[0]) for key in state_dict if key.startswith(start)]
            if not layers:
                raise InvalidInput(f"There are no weights {start}* to convert.")
            weight = f"{start}{max(layers)}.weight"
            channel_axis = 1
        bias = f"{weight.removesuffix('weight')}bias"
        chosen = {weight: state_dict[weight].index_select(channel_axis, conversion)}
        if bias in state_dict:
            chosen[bias] = state_dict[bias].index_select(0, conversion)
        return {**state_dict, **chosen}


def layers_from(config: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of a `DeconvModule`, also where the channels are given as numbers in and out.

    ``{num_input_channels, num_output_channels, num_deconv_layers}`` stands for layers of kernel 3 and stride 2, the
    channels halved by each but the last.
    """
    short = {"num_input_channels", "num_output_channels", "num_deconv_layers"}
    if not short & set(config):
        return dict(config)
    if not {"num_input_channels", "num_output_channels"} <= set(config) <= short:
        raise InvalidInput(
            f"The layers of a head are given by {', '.join(sorted(short))}, not by {', '.join(sorted(config))}.",
            fix="or give channels, kernel_size and strides",
        )
    n_in, n_out = config["num_input_channels"], config["num_output_channels"]
    n_layers = config.get("num_deconv_layers", 1)
    if n_layers == 0:
        final_conv = {"out_channels": n_out, "kernel_size": 1}
        return {"channels": [n_in], "kernel_size": [], "strides": [], "final_conv": final_conv}
    between = [max(1, n_in // 2**i) for i in range(1, n_layers)]
    return {"channels": [n_in, *between, n_out], "kernel_size": [3] * n_layers, "strides": [2] * n_layers}


@HEADS.register_module
class HeatmapHead(WeightConversionMixin, BaseHead):
    """A heatmap for each bodypart and, where configured, the way from the centre of each cell to the bodypart.

    Parameters
    ----------
    heatmap_config, locref_config : dict
        The settings of the `DeconvModule` of each; both have the same strides.
    """

    def __init__(
        self,
        predictor: nn.Module,
        target_generator: nn.Module,
        criterion: dict[str, nn.Module] | nn.Module,
        aggregator: nn.Module | None,
        heatmap_config: dict[str, Any],
        locref_config: dict[str, Any] | None = None,
        weight_init: Start = None,
    ) -> None:
        heatmap_head = DeconvModule(**layers_from(heatmap_config))
        locref_head = DeconvModule(**layers_from(locref_config)) if locref_config else None
        if locref_head is not None and locref_head.stride != heatmap_head.stride:
            raise InvalidInput(
                f"Heatmaps and location refinement have strides {heatmap_head.stride} and {locref_head.stride}.",
                fix="give heatmap_config and locref_config the same strides",
            )
        super().__init__(heatmap_head.stride, predictor, target_generator, criterion, aggregator, weight_init)
        self.heatmap_head = heatmap_head
        self.locref_head = locref_head
        self._init_weights()

    def forward(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
        maps = {"heatmap": self.heatmap_head(x)}
        if self.locref_head is not None:
            maps["locref"] = self.locref_head(x)
        return maps

    @staticmethod
    def convert_weights(state_dict: State, module_prefix: str, conversion: torch.Tensor) -> State:
        state_dict = DeconvModule.convert_weights(state_dict, f"{module_prefix}heatmap_head.", conversion)
        locref = f"{module_prefix}locref_head."
        if any(key.startswith(locref) for key in state_dict):
            pairs = torch.stack([2 * conversion, 2 * conversion + 1], dim=1).flatten()
            state_dict = DeconvModule.convert_weights(state_dict, locref, pairs)
        return state_dict
