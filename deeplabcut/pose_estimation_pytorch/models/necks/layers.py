"""Layers of a transformer: attention and a small network at every token, each with a way around it."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn


class Residual(torch.nn.Module):
    """What ``fn`` gives, added to its input."""

    def __init__(self, fn: torch.nn.Module) -> None:
        super().__init__()
        self.fn = fn

    def forward(self, x: torch.Tensor, **kwargs: Any) -> torch.Tensor:
        return self.fn(x, **kwargs) + x


class PreNorm(torch.nn.Module):
    """``fn`` of the normalised input; ``fusion_factor`` inputs of size ``dim`` stand side by side."""

    def __init__(self, dim: int, fn: torch.nn.Module, fusion_factor: int = 1) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(dim * fusion_factor)
        self.fn = fn

    def forward(self, x: torch.Tensor, **kwargs: Any) -> torch.Tensor:
        return self.fn(self.norm(x), **kwargs)


class FeedForward(torch.nn.Module):
    """A network with one hidden layer."""

    def __init__(self, dim: int, hidden_dim: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(dim, hidden_dim), nn.GELU(), nn.Dropout(dropout), nn.Linear(hidden_dim, dim), nn.Dropout(dropout)
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.net(x)


class Attention(torch.nn.Module):
    """Tokens attend to each other.

    Parameters
    ----------
    num_keypoints : int, optional
        How many tokens at the start stand for keypoints.
    scale_with_head : bool
        Similarities are scaled by the size of a head instead of that of a token.
    """

    def __init__(
        self,
        dim: int,
        heads: int = 8,
        dropout: float = 0.0,
        num_keypoints: int | None = None,
        scale_with_head: bool = False,
    ) -> None:
        super().__init__()
        self.heads = heads
        self.num_keypoints = num_keypoints
        self.scale = (dim // heads if scale_with_head else dim) ** -0.5
        self.to_qkv = nn.Linear(dim, dim * 3, bias=False)
        self.to_out = nn.Sequential(nn.Linear(dim, dim), nn.Dropout(dropout))

    def forward(self, x: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        """``x`` is (B, n, dim); ``mask`` is (B, n - 1) bool, True for tokens (but the first) that exist."""
        q, k, v = self.to_qkv(x).unflatten(2, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        allowed = None
        if mask is not None:
            exists = nn.functional.pad(mask.flatten(1), (1, 0), value=True)
            allowed = (exists[:, :, None] & exists[:, None, :])[:, None]
        y = nn.functional.scaled_dot_product_attention(q, k, v, allowed, scale=self.scale)
        return self.to_out(y.transpose(1, 2).flatten(2))


class TransformerLayer(torch.nn.Module):
    """A stack of ``depth`` layers.

    Parameters
    ----------
    mlp_dim : the size of the hidden layer at every token.
    num_keypoints : how many tokens at the start stand for keypoints and have no place in the image.
    all_attn : whether the places of the other tokens are added again before every layer but the first.
    """

    def __init__(
        self,
        dim: int,
        depth: int,
        heads: int,
        mlp_dim: int,
        dropout: float,
        num_keypoints: int | None = None,
        all_attn: bool = False,
        scale_with_head: bool = False,
    ) -> None:
        super().__init__()
        self.all_attn = all_attn
        self.num_keypoints = num_keypoints or 0
        self.layers = nn.ModuleList(
            nn.ModuleList([
                Residual(PreNorm(dim, Attention(dim, heads, dropout, num_keypoints, scale_with_head))),
                Residual(PreNorm(dim, FeedForward(dim, mlp_dim, dropout))),
            ])
            for _ in range(depth)
        )  # fmt: skip

    def forward(
        self, x: torch.Tensor, mask: torch.Tensor | None = None, pos: torch.Tensor | None = None
    ) -> torch.Tensor:
        places = nn.functional.pad(pos, (0, 0, self.num_keypoints, 0)) if self.all_attn and pos is not None else None
        for index, (attend, feed) in enumerate(self.layers):
            if index and places is not None:
                x = x + places
            x = feed(attend(x, mask=mask))
        return x
