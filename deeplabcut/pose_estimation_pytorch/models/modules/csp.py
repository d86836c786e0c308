"""The parts of CSPNeXt: convolutions with large kernels, split over the channels, and channel attention."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from deeplabcut.core.errors import InvalidInput
from deeplabcut.pose_estimation_pytorch.models.modules.norm import SyncBatchNorm

Size = int | tuple[int, int]

ACTIVATIONS: Mapping[str, type[nn.Module]] = {"SiLU": nn.SiLU, "ReLU": nn.ReLU}
NORMS: Mapping[str, type[nn.Module]] = {"SyncBN": SyncBatchNorm, "BN": nn.BatchNorm2d}


class NotOffered(InvalidInput, NotImplementedError):
    """A choice that a part does not have."""

    code = "DLC133"


def build_activation(activation_fn: str, *args: Any, **kwargs: Any) -> nn.Module:
    """The activation of this name, SiLU or ReLU."""
    return _chosen("activation", activation_fn, ACTIVATIONS)(*args, **kwargs)


def build_norm(norm: str, *args: Any, **kwargs: Any) -> nn.Module:
    """The normalisation of this name, SyncBN or BN; both have the same parameters."""
    return _chosen("norm", norm, NORMS)(*args, **kwargs)


def _chosen(what: str, name: str, known: Mapping[str, type[nn.Module]]) -> type[nn.Module]:
    if name not in known:
        raise NotOffered(f"There is no {what} {name!r}.", fix=f"use one of {', '.join(known)}")
    return known[name]


class CSPConvModule(nn.Module):
    """A convolution, its normalisation and its activation; each of the last two may be None."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Size,
        stride: Size = 1,
        padding: Size = 0,
        dilation: Size = 1,
        groups: int = 1,
        norm_layer: str | None = None,
        activation_fn: str | None = "ReLU",
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(
            in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias=norm_layer is None
        )
        self.norm = build_norm(norm_layer, out_channels) if norm_layer else nn.Identity()
        self.activate = build_activation(activation_fn) if activation_fn else nn.Identity()
        nn.init.kaiming_normal_(self.conv.weight, mode="fan_in", nonlinearity="relu")
        if self.conv.bias is not None:
            nn.init.zeros_(self.conv.bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.activate(self.norm(self.conv(x)))


class SPPBottleneck(nn.Module):
    """The map beside its maxima over windows of several sizes."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_sizes: tuple[int, ...] = (5, 9, 13),
        norm_layer: str | None = "SyncBN",
        activation_fn: str | None = "SiLU",
    ) -> None:
        super().__init__()
        middle = in_channels // 2
        style = {"norm_layer": norm_layer, "activation_fn": activation_fn}
        self.conv1 = CSPConvModule(in_channels, middle, 1, **style)  # type: ignore[arg-type]
        self.poolings = nn.ModuleList(nn.MaxPool2d(size, stride=1, padding=size // 2) for size in kernel_sizes)
        self.conv2 = CSPConvModule(middle * (len(kernel_sizes) + 1), out_channels, 1, **style)  # type: ignore[arg-type]

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.conv1(x)
        return self.conv2(torch.cat([x, *(pool(x) for pool in self.poolings)], dim=1))


class ChannelAttention(nn.Module):
    """Channels weighted by what all of them are on average."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.fc = nn.Conv2d(channels, channels, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * nn.functional.hardsigmoid(self.fc(x.mean(dim=(2, 3), keepdim=True)))


class DepthwiseSeparableConv(nn.Module):
    """A convolution within each channel, then one between channels."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Size,
        stride: Size = 1,
        padding: Size = 0,
        dilation: Size = 1,
        norm_layer: str | None = None,
        activation_fn: str | None = "ReLU",
    ) -> None:
        super().__init__()
        self.depthwise_conv = CSPConvModule(
            in_channels, in_channels, kernel_size, stride, padding, dilation, in_channels, norm_layer, activation_fn
        )
        self.pointwise_conv = CSPConvModule(
            in_channels, out_channels, 1, norm_layer=norm_layer, activation_fn=activation_fn
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.pointwise_conv(self.depthwise_conv(x))


class CSPNeXtBlock(nn.Module):
    """A 3x3 convolution and a separable one with a large kernel, around which the input may pass."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        expansion: float = 0.5,
        add_identity: bool = True,
        kernel_size: int = 5,
        norm_layer: str | None = None,
        activation_fn: str | None = "ReLU",
    ) -> None:
        super().__init__()
        middle = int(out_channels * expansion)
        self.conv1 = CSPConvModule(
            in_channels, middle, 3, padding=1, norm_layer=norm_layer, activation_fn=activation_fn
        )
        self.conv2 = DepthwiseSeparableConv(
            middle, out_channels, kernel_size, padding=kernel_size // 2,
            norm_layer=norm_layer, activation_fn=activation_fn,
        )  # fmt: skip
        self.add_identity = add_identity and in_channels == out_channels

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.conv2(self.conv1(x))
        return x + y if self.add_identity else y


class CSPLayer(nn.Module):
    """One half of the channels passes through blocks, the other does not."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        expand_ratio: float = 0.5,
        num_blocks: int = 1,
        add_identity: bool = True,
        channel_attention: bool = False,
        norm_layer: str | None = None,
        activation_fn: str | None = "ReLU",
    ) -> None:
        super().__init__()
        middle = int(out_channels * expand_ratio)

        def joined(n_in: int, n_out: int) -> CSPConvModule:
            return CSPConvModule(n_in, n_out, 1, norm_layer=norm_layer, activation_fn=activation_fn)

        self.main_conv = joined(in_channels, middle)
        self.short_conv = joined(in_channels, middle)
        self.final_conv = joined(2 * middle, out_channels)
        self.blocks = nn.Sequential(
            *(
                CSPNeXtBlock(middle, middle, 1.0, add_identity, norm_layer=norm_layer, activation_fn=activation_fn)
                for _ in range(num_blocks)
            )
        )
        self.attention = ChannelAttention(2 * middle) if channel_attention else nn.Identity()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        both = torch.cat([self.blocks(self.main_conv(x)), self.short_conv(x)], dim=1)
        return self.final_conv(self.attention(both))
