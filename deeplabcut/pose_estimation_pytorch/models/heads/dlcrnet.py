"""Heatmaps and part affinity fields that are refined together in several stages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

import torch
from torch import nn

from deeplabcut.core.errors import InvalidInput
from deeplabcut.pose_estimation_pytorch.models.heads.base import HEADS, State
from deeplabcut.pose_estimation_pytorch.models.heads.simple_head import DeconvModule, HeatmapHead, layers_from
from deeplabcut.pose_estimation_pytorch.models.weight_init import WEIGHT_INIT, Start


@HEADS.register_module
class DLCRNetHead(HeatmapHead):
    """Heatmaps, location refinement and part affinity fields.

    Parameters
    ----------
    heatmap_config, locref_config, paf_config : dict
        The settings of the `DeconvModule` of each. With stages, the numbers of channels that enter are the head's to
        choose, and the maps are twice as large.
    num_stages : int
        How often heatmaps and fields are refined from each other; 0 for not at all.
    features_dim : int
        Channels of features that go with them through the stages.
    """

    locref_head: DeconvModule

    def __init__(
        self,
        predictor: nn.Module,
        target_generator: nn.Module,
        criterion: dict[str, nn.Module],
        aggregator: nn.Module,
        heatmap_config: dict[str, Any],
        locref_config: dict[str, Any],
        paf_config: dict[str, Any],
        num_stages: int = 5,
        features_dim: int = 128,
        weight_init: Start = None,
    ) -> None:
        heatmap, locref, paf = (layers_from(one) for one in (heatmap_config, locref_config, paf_config))
        n_in, n_heatmaps, n_fields = heatmap["channels"][0], _n_out(heatmap), _n_out(paf)
        n_locref, n_refined = _n_out(locref), features_dim + n_heatmaps + n_fields
        if num_stages > 0:
            heatmap, paf = _entered_by(heatmap, n_refined), _entered_by(paf, n_refined)
            locref = _entered_by(locref, n_locref)
        super().__init__(predictor, target_generator, criterion, aggregator, heatmap, locref)
        self.paf_head = DeconvModule(**paf)
        if self.paf_head.stride != self.heatmap_head.stride:
            raise InvalidInput("Heatmaps and part affinity fields need the same strides.")
        self.num_stages = num_stages
        self.stride *= 2 if num_stages > 0 else 1
        self.convt1 = _doubling(n_in, n_heatmaps)
        self.convt2 = _doubling(n_in, n_locref)
        self.convt3 = _doubling(n_in, n_fields)
        self.convt4 = _doubling(n_in, features_dim)
        self.hm_ref_layers = nn.ModuleList(_refining(n_refined, n_heatmaps) for _ in range(num_stages))
        self.paf_ref_layers = nn.ModuleList(_refining(n_refined, n_fields) for _ in range(num_stages))
        self.weight_init = WEIGHT_INIT.build(weight_init)
        self._init_weights()

    def forward(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
        if self.num_stages == 0:
            return {**super().forward(x), "paf": self.paf_head(x)}
        heatmap, paf, features = self.convt1(x), self.convt3(x), self.convt4(x)
        mixed = torch.cat([heatmap, paf, features], dim=1)
        for stage, (to_heatmap, to_paf) in enumerate(zip(self.hm_ref_layers, self.paf_ref_layers, strict=True)):
            refined = to_heatmap(mixed)
            heatmap = refined + heatmap if stage else refined
            mixed = torch.cat([heatmap, to_paf(mixed), features], dim=1)
        return {
            "heatmap": self.heatmap_head(mixed),
            "locref": self.locref_head(self.convt2(x)),
            "paf": self.paf_head(mixed),
        }

    @staticmethod
    def convert_weights(state_dict: State, module_prefix: str, conversion: torch.Tensor) -> NoReturn:
        """Refuse: which limbs the fields stand for cannot be told from bodyparts alone."""
        raise InvalidInput(
            "The weights of a head with part affinity fields cannot be carried over to other bodyparts.",
            fix="keep the backbone only (with_decoder=False), or keep the bodyparts (memory_replay=True)",
        )


def _n_out(layers: Mapping[str, Any]) -> int:
    final_conv = layers.get("final_conv")
    n_channels: int = final_conv["out_channels"] if final_conv else layers["channels"][-1]
    return n_channels


def _entered_by(layers: Mapping[str, Any], n_channels: int) -> dict[str, Any]:
    return {**layers, "channels": [n_channels, *layers["channels"][1:]]}


def _doubling(n_in: int, n_out: int) -> nn.ConvTranspose2d:
    return nn.ConvTranspose2d(n_in, n_out, kernel_size=3, stride=2, padding=1, output_padding=1)


def _refining(n_in: int, n_out: int) -> nn.Conv2d:
    return nn.Conv2d(n_in, n_out, kernel_size=3, padding="same")
