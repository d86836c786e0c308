"""Attention and gate in one layer, for tokens that stand for bodyparts."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional
from torchvision.ops import StochasticDepth

from deeplabcut.core.errors import InvalidInput
from deeplabcut.pose_estimation_pytorch.models.modules.norm import ScaleNorm

_ACTIVATIONS = {"SiLU": nn.SiLU, "ReLU": nn.ReLU}


class Scale(nn.Module):
    """Each feature times a factor of its own."""

    def __init__(self, dim: int, init_value: float = 1.0, trainable: bool = True) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.full((dim,), float(init_value)), requires_grad=trainable)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * self.scale


def rope(x: torch.Tensor, dim: int) -> torch.Tensor:
    """Features turned by angles that grow with their position along axis ``dim`` (rotary embedding).

    The two halves of the last axis are the coordinates that turn together.
    """
    half = x.shape[-1] // 2
    speed = 10000.0 ** -(torch.arange(half, device=x.device, dtype=x.dtype) / half)
    angle = torch.arange(x.shape[dim], device=x.device, dtype=x.dtype)[:, None] * speed
    angle = angle.reshape(x.shape[dim], *[1] * (x.ndim - 2 - dim % x.ndim), half)
    first, second = x.chunk(2, dim=-1)
    return torch.cat([first * angle.cos() - second * angle.sin(), second * angle.cos() + first * angle.sin()], dim=-1)


class GatedAttentionUnit(nn.Module):
    """Tokens that look at each other; (..., num_token, in_token_dims) to (..., num_token, out_token_dims).

    Parameters
    ----------
    expansion_factor : number
        Width of the inner layer over that of the input.
    s : int
        Width of queries and keys.
    use_rel_bias : bool
        Learn how much tokens look at each other by the difference of their numbers.
    pos_enc : bool
        Turn queries and keys by their position.
    """

    def __init__(
        self,
        num_token: int,
        in_token_dims: int,
        out_token_dims: int,
        expansion_factor: float = 2,
        s: int = 128,
        eps: float = 1e-5,
        dropout_rate: float = 0.0,
        drop_path: float = 0.0,
        attn_type: str = "self-attn",
        act_fn: str = "SiLU",
        bias: bool = False,
        use_rel_bias: bool = True,
        pos_enc: bool = False,
    ) -> None:
        super().__init__()
        if attn_type != "self-attn":
            raise InvalidInput(f"{attn_type!r} is no attention of this unit.", fix="use 'self-attn'")
        if act_fn not in _ACTIVATIONS:
            raise InvalidInput(f"{act_fn!r} is no activation of this unit.", fix=f"use one of {list(_ACTIVATIONS)}")
        self.s = s
        self.e = int(in_token_dims * expansion_factor)
        self.num_token, self.pos_enc, self.use_rel_bias = num_token, pos_enc, use_rel_bias
        self.gamma = nn.Parameter(torch.rand(2, s))
        self.beta = nn.Parameter(torch.rand(2, s))
        if use_rel_bias:
            self.w = nn.Parameter(torch.rand(2 * num_token - 1))
        self.o = nn.Linear(self.e, out_token_dims, bias=bias)
        self.uv = nn.Linear(in_token_dims, 2 * self.e + s, bias=bias)
        self.ln = ScaleNorm(in_token_dims, eps=eps)
        self.res_scale = Scale(in_token_dims) if in_token_dims == out_token_dims else None
        self.act_fn = _ACTIVATIONS[act_fn]()
        self.dropout = nn.Dropout(dropout_rate)
        self.drop_path = StochasticDepth(drop_path, "row")

    def rel_pos_bias(self, seq_len: int, k_len: int | None = None) -> torch.Tensor:
        """What is added where token i looks at token j: the weight of ``j - i``; (seq_len, k_len)."""
        places = torch.arange(seq_len, device=self.w.device)
        others = torch.arange(k_len or seq_len, device=self.w.device)
        return self.w[others[None, :] - places[:, None] + self.num_token - 1]

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        gate, value, base = self.act_fn(self.uv(self.ln(x))).split([self.e, self.e, self.s], dim=-1)
        both = base.unsqueeze(-2) * self.gamma + self.beta
        query, key = (rope(both, dim=-3) if self.pos_enc else both).unbind(dim=-2)
        likeness = query @ key.transpose(-1, -2)
        if self.use_rel_bias:
            likeness = likeness + self.rel_pos_bias(x.shape[-2])
        attention = self.dropout(functional.relu(likeness / self.s**0.5).square())
        y = self.drop_path(self.o(gate * (attention @ value)))
        return y if self.res_scale is None else self.res_scale(x) + y
