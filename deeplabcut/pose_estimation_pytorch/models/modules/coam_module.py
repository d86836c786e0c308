"""Attention of image features to a condition: a map that shows where an animal's keypoints are thought to be."""

from __future__ import annotations

import torch
from torch import nn

TorchSize = tuple[int, int]


class ScaledDotProductAttention(nn.Module):
    """Attention with learned projections of queries, keys, values and of the result.

    Parameters
    ----------
    in_dim_q, in_dim_k : the channels of the queries, and of the keys, the values and the result.
    d_k, d_v : the channels of each head.
    h : the number of heads.
    rev : the result has the channels of the queries instead.
    """

    def __init__(
        self, in_dim_q: int, in_dim_k: int, d_k: int, d_v: int, h: int, dropout: float = 0.1, rev: bool = False
    ) -> None:
        super().__init__()
        self.fc_q = nn.Linear(in_dim_q, h * d_k)
        self.fc_k = nn.Linear(in_dim_k, h * d_k)
        self.fc_v = nn.Linear(in_dim_k, h * d_v)
        self.fc_o = nn.Linear(h * d_v, in_dim_q if rev else in_dim_k)
        self.h, self.dropout = h, dropout
        self.init_weights()

    def init_weights(self) -> None:
        """Start close to no attention at all."""
        _start_small(self)

    def forward(
        self,
        queries: torch.Tensor,
        keys: torch.Tensor,
        values: torch.Tensor,
        attention_mask: torch.Tensor | None = None,
        attention_weights: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """Queries are (B, n, in_dim_q), keys and values (B, m, in_dim_k).

        Parameters
        ----------
        attention_mask : (B, h, n, m) bool, optional
            Where it is True nothing is attended to.
        attention_weights : (B, h, n, m) tensor, optional
            What the similarities are multiplied by.
        """
        q, k, v = (
            _heads(project(x), self.h) for project, x in ((self.fc_q, queries), (self.fc_k, keys), (self.fc_v, values))
        )
        dropout = self.dropout if self.training else 0.0
        return self.fc_o(_attend(q, k, v, dropout, attention_mask, attention_weights))


class SimplifiedScaledDotProductAttention(nn.Module):
    """Attention in which only the result passes through a learned projection."""

    def __init__(self, d_model: int, h: int, dropout: float = 0.1) -> None:
        super().__init__()
        self.fc_o = nn.Linear(d_model // h * h, d_model)
        self.h, self.dropout = h, dropout
        self.init_weights()

    def init_weights(self) -> None:
        """Start close to no attention at all."""
        _start_small(self)

    def forward(
        self,
        queries: torch.Tensor,
        keys: torch.Tensor,
        values: torch.Tensor,
        attention_mask: torch.Tensor | None = None,
        attention_weights: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """As `ScaledDotProductAttention`; all three are (B, n, d_model)."""
        q, k, v = (_heads(x, self.h) for x in (queries, keys, values))
        dropout = self.dropout if self.training else 0.0
        return self.fc_o(_attend(q, k, v, dropout, attention_mask, attention_weights))


class PositionAttentionModule(nn.Module):
    """Every place of the features attends to every other; the condition asks, or the features themselves."""

    def __init__(
        self,
        d_model: int = 512,
        d_cond: int = 3,
        kernel_size: int = 3,
        H: int = 7,  # noqa: N803 a public name
        W: int = 7,  # noqa: N803 a public name
        n_heads: int = 1,
        self_att: bool = False,
    ) -> None:
        super().__init__()
        self.cnn = nn.Conv2d(d_model, d_model, kernel_size, padding=(kernel_size - 1) // 2)
        asking = d_model if self_att else d_cond
        self.pa = ScaledDotProductAttention(asking, d_model, d_k=d_model, d_v=d_model, h=n_heads)
        if not self_att:
            self.cnn_cond = nn.Conv2d(d_cond, d_cond, kernel_size, padding=(kernel_size - 1) // 2)
        self.self_att = self_att

    def forward(self, x: torch.Tensor, cond: torch.Tensor | None = None) -> torch.Tensor:
        """(B, H*W, d_model): what each place takes from the others."""
        y = _places(self.cnn(x))
        asking = y if self.self_att or cond is None else _places(self.cnn_cond(cond))
        return self.pa(asking, y, y)


class ChannelAttentionModule(nn.Module):
    """Every channel of the features attends to every other; the condition asks, or the features themselves."""

    def __init__(
        self,
        d_model: int = 512,
        d_cond: int = 3,
        kernel_size: int = 3,
        H: int = 7,  # noqa: N803 a public name
        W: int = 7,  # noqa: N803 a public name
        n_heads: int = 1,
        self_att: bool = False,
    ) -> None:
        super().__init__()
        self.cnn = nn.Conv2d(d_model, d_model, kernel_size, padding=(kernel_size - 1) // 2)
        if not self_att:
            self.cnn_cond = nn.Conv2d(d_cond, d_model, kernel_size, padding=(kernel_size - 1) // 2)
        self.pa = SimplifiedScaledDotProductAttention(H * W, h=n_heads)
        self.self_att = self_att

    def forward(self, x: torch.Tensor, cond: torch.Tensor | None = None) -> torch.Tensor:
        """(B, d_model, H*W): what each channel takes from the others."""
        y = self.cnn(x).flatten(2)
        asking = y if self.self_att or cond is None else self.cnn_cond(cond).flatten(2)
        return self.pa(asking, y, y)


class DAModule(nn.Module):
    """Features with what they gain from both kinds of attention to a condition."""

    def __init__(
        self,
        d_model: int = 512,
        d_cond: int = 3,
        kernel_size: int = 3,
        H: int = 7,  # noqa: N803 a public name
        W: int = 7,  # noqa: N803 a public name
        n_heads: int = 1,
        channel_only: bool = False,
    ) -> None:
        super().__init__()
        sizes = (d_model, d_cond, kernel_size, H, W, n_heads)
        if not channel_only:
            self.position_attention_module = PositionAttentionModule(*sizes)
        self.channel_attention_module = ChannelAttentionModule(*sizes)
        self.channel_only = channel_only

    def forward(self, input: torch.Tensor, cond: torch.Tensor) -> torch.Tensor:
        channels = self.channel_attention_module(input, cond).view_as(input)
        if self.channel_only:
            return input * channels
        places = self.position_attention_module(input, cond).transpose(1, 2).reshape(input.shape)
        return input + places + channels


class SelfDAModule(nn.Module):
    """What features gain from both kinds of attention to themselves."""

    def __init__(self, d_model: int = 512, kernel_size: int = 3, H: int = 7, W: int = 7) -> None:  # noqa: N803 public
        super().__init__()
        self.position_attention_module = PositionAttentionModule(
            d_model, kernel_size=kernel_size, H=H, W=W, self_att=True
        )
        self.channel_attention_module = ChannelAttentionModule(
            d_model, kernel_size=kernel_size, H=H, W=W, self_att=True
        )

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        places = self.position_attention_module(input).transpose(1, 2).reshape(input.shape)
        return places + self.channel_attention_module(input).view_as(input)


class CoAMBlock(nn.Module):
    """`DAModule` for every branch of an HRNet.

    Parameters
    ----------
    spat_dims : (height, width) of each branch.
    channel_list : the channels of each branch.
    cond_enc : the channels of the condition.
    """

    def __init__(
        self,
        spat_dims: list[TorchSize],
        channel_list: list[int],
        cond_enc: int,
        n_heads: int = 1,
        channel_only: bool = False,
    ) -> None:
        super().__init__()
        self.spat_dims = [tuple(size) for size in spat_dims]
        self.att_layers = nn.ModuleList(
            DAModule(channels, cond_enc, H=height, W=width, n_heads=n_heads, channel_only=channel_only)
            for (height, width), channels in zip(spat_dims, channel_list, strict=True)
        )

    def forward(self, y_list: list[torch.Tensor], cond_hm: torch.Tensor) -> list[torch.Tensor]:
        # Networks were trained with a condition whose height and width change places; it matters for oblong inputs.
        conditions = (
            nn.functional.interpolate(cond_hm, (width, height), mode="bilinear", antialias=True)
            for height, width in self.spat_dims
        )
        return [attend(y, one) for attend, y, one in zip(self.att_layers, y_list, conditions, strict=True)]


class SelfAttentionModule_CoAM(nn.Module):  # noqa: N801 a public name
    """`SelfDAModule` for every branch of an HRNet."""

    def __init__(self, spat_dims: list[TorchSize], channel_list: list[int]) -> None:
        super().__init__()
        self.att_layers = nn.ModuleList(
            SelfDAModule(channels, H=height, W=width)
            for (height, width), channels in zip(spat_dims, channel_list, strict=True)
        )

    def forward(self, y_list: list[torch.Tensor], *args: torch.Tensor) -> list[torch.Tensor]:
        return [attend(y) for attend, y in zip(self.att_layers, y_list, strict=True)]


def _start_small(module: nn.Module) -> None:
    for layer in module.modules():
        if isinstance(layer, nn.Linear):
            nn.init.normal_(layer.weight, std=0.001)
            nn.init.zeros_(layer.bias)


def _places(x: torch.Tensor) -> torch.Tensor:
    """(B, C, H, W) -> (B, H*W, C)."""
    return x.flatten(2).transpose(1, 2)


def _heads(x: torch.Tensor, n: int) -> torch.Tensor:
    """(B, tokens, channels) -> (B, heads, tokens, channels of a head)."""
    return x.unflatten(2, (n, -1)).transpose(1, 2)


def _attend(
    q: torch.Tensor,
    k: torch.Tensor,
    v: torch.Tensor,
    dropout: float,
    mask: torch.Tensor | None,
    weights: torch.Tensor | None,
) -> torch.Tensor:
    if weights is None:
        allowed = None if mask is None else ~mask
        y = nn.functional.scaled_dot_product_attention(q, k, v, allowed, dropout)
    else:
        similarity = q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5 * weights
        if mask is not None:
            similarity = similarity.masked_fill(mask, -torch.inf)
        y = nn.functional.dropout(similarity.softmax(dim=-1), dropout) @ v
    return y.transpose(1, 2).flatten(2)
