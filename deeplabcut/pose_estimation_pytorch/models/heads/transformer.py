"""Heatmaps from the token of each bodypart."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import nn

from deeplabcut.pose_estimation_pytorch.models.heads.base import HEADS, BaseHead


@HEADS.register_module
class TransformerHead(BaseHead):
    """A heatmap from each of the tokens that a `Transformer` neck hands over.

    Parameters
    ----------
    dim : int
        Length of a token in each of the three stacks of the neck.
    hidden_heatmap_dim : int
        Where ``apply_multi`` is set, tokens of at most half this length pass through a layer of this length.
    heatmap_dim : int
        The number of cells of a heatmap, height times width of ``heatmap_size``.
    apply_init : bool
        Start from a truncated normal distribution.
    """

    def __init__(
        self,
        predictor: nn.Module,
        target_generator: nn.Module,
        criterion: nn.Module,
        dim: int,
        hidden_heatmap_dim: int,
        heatmap_dim: int,
        apply_multi: bool,
        heatmap_size: Sequence[int],
        apply_init: bool,
        head_stride: int,
    ) -> None:
        super().__init__(head_stride, predictor, target_generator, criterion)
        token = 3 * dim
        lengths = [token, heatmap_dim]
        if apply_multi and token <= hidden_heatmap_dim * 0.5:
            lengths = [token, hidden_heatmap_dim, heatmap_dim]
        layers: list[nn.Module] = []
        for n_in, n_out in pairwise(lengths):
            layers += [nn.LayerNorm(n_in), nn.Linear(n_in, n_out)]
        self.mlp_head = nn.Sequential(*layers)
        self.heatmap_size = tuple(heatmap_size)
        if apply_init:
            self.apply(_start)

    def forward(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
        return {"heatmap": self.mlp_head(x).unflatten(-1, self.heatmap_size)}


def _start(module: nn.Module) -> None:
    if isinstance(module, nn.Linear):
        nn.init.trunc_normal_(module.weight, std=0.02)
        nn.init.zeros_(module.bias)
    elif isinstance(module, nn.LayerNorm):
        nn.init.ones_(module.weight)
        nn.init.zeros_(module.bias)
