"""Coordinates as two classifications, one along each axis."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import nn

from deeplabcut.pose_estimation_pytorch.models.heads.base import HEADS, BaseHead, State, WeightConversionMixin
from deeplabcut.pose_estimation_pytorch.models.modules.gated_attention_unit import GatedAttentionUnit
from deeplabcut.pose_estimation_pytorch.models.modules.norm import ScaleNorm
from deeplabcut.pose_estimation_pytorch.models.weight_init import Start

SIGMAS = {192: 4.9, 256: 5.66, 288: 6.0, 384: 6.93}
"""Widths of the targets for the crop sizes that networks were published for."""


@HEADS.register_module
class RTMCCHead(WeightConversionMixin, BaseHead):
    """The place of each bodypart along x and y, in bins finer than pixels.

    Parameters
    ----------
    input_size : (width, height)
        Of the crops.
    in_channels, out_channels : int
        Of the features, and bodyparts.
    in_featuremap_size : (2,) sequence of int
        Of the features; their product counts.
    simcc_split_ratio : float
        Bins per pixel.
    gau_cfg : dict
        ``hidden_dims`` and the settings of the `GatedAttentionUnit`.
    weight_init : str, dict or BaseWeightInitializer, optional
        Read, and not applied: published training starts from the parameters that the layers come with.
    """

    def __init__(
        self,
        input_size: Sequence[int],
        in_channels: int,
        out_channels: int,
        in_featuremap_size: Sequence[int],
        simcc_split_ratio: float,
        final_layer_kernel_size: int,
        gau_cfg: Mapping[str, Any],
        predictor: nn.Module,
        target_generator: nn.Module,
        criterion: dict[str, nn.Module],
        aggregator: nn.Module,
        weight_init: Start = None,
    ) -> None:
        super().__init__(1, predictor, target_generator, criterion, aggregator, weight_init)
        self.input_size = tuple(input_size)
        self.simcc_split_ratio = simcc_split_ratio
        attention = dict(gau_cfg)
        hidden = attention.pop("hidden_dims")
        n_bins_x, n_bins_y = (int(size * simcc_split_ratio) for size in self.input_size)
        self.gau = GatedAttentionUnit(out_channels, hidden, hidden, **attention)
        self.final_layer = nn.Conv2d(
            in_channels, out_channels, final_layer_kernel_size, padding=final_layer_kernel_size // 2
        )
        n_cells = math.prod(in_featuremap_size)
        self.mlp = nn.Sequential(ScaleNorm(n_cells), nn.Linear(n_cells, hidden, bias=False))
        self.cls_x = nn.Linear(hidden, n_bins_x, bias=False)
        self.cls_y = nn.Linear(hidden, n_bins_y, bias=False)

    def forward(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
        tokens = self.gau(self.mlp(self.final_layer(x).flatten(2)))
        return {"x": self.cls_x(tokens), "y": self.cls_y(tokens)}

    @staticmethod
    def convert_weights(
        state_dict: State, module_prefix: str, conversion: torch.Tensor, *, omit_gau_w: bool = False
    ) -> State:
        """As in `WeightConversionMixin`.

        Parameters
        ----------
        omit_gau_w : bool
            Leave out the attention's weights of relative positions instead of averaging them.
        """
        names = [f"{module_prefix}final_layer.{one}" for one in ("weight", "bias")]
        converted = {**state_dict, **{name: state_dict[name].index_select(0, conversion) for name in names}}
        relative = f"{module_prefix}gau.w"
        if relative in converted and omit_gau_w:
            del converted[relative]
        elif relative in converted:
            converted[relative] = _converted_distances(converted[relative], conversion)
        return converted

    @staticmethod
    def update_input_size(model_cfg: Any, input_size: tuple[int, int]) -> None:
        """Set up a configuration for crops of another (width, height), in place.

        Parameters
        ----------
        model_cfg : dict or PoseConfig
            With ``data`` and ``model``.
        """
        width, height = (int(size) for size in input_size)
        for part in ("inference", "train"):
            data = model_cfg["data"][part]
            data["top_down_crop"] = {**dict(data["top_down_crop"] or {}), "width": width, "height": height}
        head = model_cfg["model"]["heads"]["bodypart"]
        head["input_size"] = [width, height]
        head["in_featuremap_size"] = [height // 32, width // 32]
        sigma = [SIGMAS.get(size, 2.87 + 0.01 * size) for size in (width, height)]
        head["target_generator"]["input_size"] = [width, height]
        head["target_generator"]["sigma"] = sigma
        head["predictor"]["sigma"] = list(sigma)


def _converted_distances(weights: torch.Tensor, conversion: torch.Tensor) -> torch.Tensor:
    """Weights by relative position for other bodyparts: the mean over the pairs at that distance.

    ``weights`` is (2 n - 1,), of the distances 1 - n to n - 1.
    """
    n_old, n_new = (len(weights) + 1) // 2, len(conversion)
    places = torch.arange(n_new)
    new = (places[:, None] - places[None, :] + n_new - 1).flatten()
    old = (conversion[:, None] - conversion[None, :] + n_old - 1).flatten()
    totals = weights.new_zeros(2 * n_new - 1).index_add_(0, new, weights[old])
    return totals / torch.bincount(new, minlength=2 * n_new - 1)
