"""TokenPose: a token for every keypoint looks for it among the patches of a feature map."""

from __future__ import annotations

import torch
from torch import nn

from deeplabcut.core.errors import InvalidInput
from deeplabcut.pose_estimation_pytorch.models.necks.base import NECKS, BaseNeck
from deeplabcut.pose_estimation_pytorch.models.necks.layers import TransformerLayer
from deeplabcut.pose_estimation_pytorch.models.necks.utils import make_sine_position_embedding

POSITIONS = ("sine-full", "sine", "learnable", "none")


@NECKS.register_module
class Transformer(BaseNeck):
    """Keypoint tokens after three stacks of attention, side by side: (B, num_keypoints, 3 * dim).

    Parameters
    ----------
    feature_size, patch_size : (height, width) of the feature map and of a patch.
    channels : of the feature map.
    dim, depth, heads : the size of a token, the layers of a stack, the heads of a layer.
    mlp_dim : the size of the hidden layer at every token.
    apply_init : start from small random weights, as TokenPose does.
    pos_embedding_type : "sine-full" adds the place of a patch again in the second and third stack; "sine" and
        "learnable" only at the start; "none" never.
    """

    def __init__(
        self,
        *,
        feature_size: tuple[int, int],
        patch_size: tuple[int, int],
        num_keypoints: int,
        dim: int,
        depth: int,
        heads: int,
        mlp_dim: int = 3,
        apply_init: bool = False,
        heatmap_size: tuple[int, int] = (64, 64),
        channels: int = 32,
        dropout: float = 0.0,
        emb_dropout: float = 0.0,
        pos_embedding_type: str = "sine-full",
    ) -> None:
        super().__init__()
        if any(size % patch for size, patch in zip(feature_size, patch_size, strict=True)):
            raise InvalidInput(
                f"Features of size {tuple(feature_size)} cannot be cut into patches of {tuple(patch_size)}.",
                fix="use a patch_size that divides feature_size",
            )
        if pos_embedding_type not in POSITIONS:
            raise InvalidInput(
                f"There is no pos_embedding_type {pos_embedding_type!r}.", fix=f"use one of {', '.join(POSITIONS)}"
            )
        self.feature_size, self.patch_size = tuple(feature_size), tuple(patch_size)
        self.heatmap_size = tuple(heatmap_size)
        self.num_keypoints = num_keypoints
        self.pos_embedding_type = pos_embedding_type
        rows, columns = (size // patch for size, patch in zip(feature_size, patch_size, strict=True))
        self.keypoint_token = nn.Parameter(torch.zeros(1, num_keypoints, dim))
        self.pos_embedding: nn.Parameter | None = None
        if pos_embedding_type == "learnable":
            self.pos_embedding = nn.Parameter(torch.zeros(1, rows * columns, dim))
            nn.init.trunc_normal_(self.pos_embedding, std=0.02)
        elif pos_embedding_type != "none":
            self.pos_embedding = nn.Parameter(make_sine_position_embedding(rows, columns, dim), requires_grad=False)
        self.patch_to_embedding = nn.Linear(channels * patch_size[0] * patch_size[1], dim)
        self.dropout = nn.Dropout(emb_dropout)
        again = pos_embedding_type == "sine-full"
        self.transformer1, self.transformer2, self.transformer3 = (
            TransformerLayer(dim, depth, heads, mlp_dim, dropout, num_keypoints, all_attn, scale_with_head=True)
            for all_attn in (False, again, again)
        )
        nn.init.trunc_normal_(self.keypoint_token, std=0.02)
        if apply_init:
            self.apply(_start_small)

    def forward(self, feature: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        """``feature`` is (B, channels, *feature_size)."""
        if tuple(feature.shape[-2:]) != self.feature_size:
            raise InvalidInput(
                f"The neck was made for features of size {self.feature_size}, not {tuple(feature.shape[-2:])}.",
                fix="give the network images of the size that it was configured for",
            )
        x = self.patch_to_embedding(self._patches(feature))
        if self.pos_embedding is not None:
            x = x + self.pos_embedding
        x = self.dropout(torch.cat([self.keypoint_token.expand(len(x), -1, -1), x], dim=1))
        stages = []
        for stack in (self.transformer1, self.transformer2, self.transformer3):
            x = stack(x, mask, self.pos_embedding)
            stages.append(x[:, : self.num_keypoints])
        return torch.cat(stages, dim=2)

    def _patches(self, feature: torch.Tensor) -> torch.Tensor:
        """(B, C, H, W) -> (B, patches, rows * columns * C of a patch)."""
        height, width = self.patch_size
        cut = feature.unflatten(3, (-1, width)).unflatten(2, (-1, height))
        return cut.permute(0, 2, 4, 3, 5, 1).flatten(3).flatten(1, 2)


def _start_small(layer: nn.Module) -> None:
    if isinstance(layer, nn.Linear):
        nn.init.trunc_normal_(layer.weight, std=0.02)
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)
    elif isinstance(layer, nn.LayerNorm):
        nn.init.ones_(layer.weight)
        nn.init.zeros_(layer.bias)
