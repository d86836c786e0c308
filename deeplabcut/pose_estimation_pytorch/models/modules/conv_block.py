"""Residual blocks, also one whose kernel bends to the animal (DEKR)."""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import nn
from torchvision.ops import DeformConv2d

from deeplabcut.pose_estimation_pytorch.registry import Registry

BLOCKS = Registry("blocks")


class BaseBlock(ABC, nn.Module):
    """A block with a way around it; ``out_channels * expansion`` channels leave it."""

    expansion: int = 1

    def __init__(self) -> None:
        super().__init__()
        self.bn_momentum = 0.1

    @abstractmethod
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The map after the block."""


@BLOCKS.register_module
class BasicBlock(BaseBlock):
    """Two 3x3 convolutions.

    Parameters
    ----------
    stride : of the first convolution.
    downsample : what the input passes through on its way around, where its shape changes.
    """

    expansion: int = 1

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        stride: int = 1,
        downsample: nn.Module | None = None,
        dilation: int = 1,
    ) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride, dilation, dilation, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels, momentum=self.bn_momentum)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, 1, dilation, dilation, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels, momentum=self.bn_momentum)
        self.downsample = downsample
        self.stride = stride

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        around = x if self.downsample is None else self.downsample(x)
        y = self.relu(self.bn1(self.conv1(x)))
        return self.relu(self.bn2(self.conv2(y)) + around)


@BLOCKS.register_module
class Bottleneck(BaseBlock):
    """A 3x3 convolution between two of 1x1 that reduce and restore the channels."""

    expansion: int = 4

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        stride: int = 1,
        downsample: nn.Module | None = None,
        dilation: int = 1,
    ) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels, momentum=self.bn_momentum)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, stride, dilation, dilation, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels, momentum=self.bn_momentum)
        self.conv3 = nn.Conv2d(out_channels, out_channels * self.expansion, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(out_channels * self.expansion, momentum=self.bn_momentum)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = downsample
        self.stride = stride

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        around = x if self.downsample is None else self.downsample(x)
        y = self.relu(self.bn1(self.conv1(x)))
        y = self.relu(self.bn2(self.conv2(y)))
        return self.relu(self.bn3(self.conv3(y)) + around)


@BLOCKS.register_module
class AdaptBlock(BaseBlock):
    """A 3x3 convolution whose nine points are moved, turned and stretched at every pixel."""

    expansion: int = 1

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        stride: int = 1,
        downsample: nn.Module | None = None,
        dilation: int = 1,
        deformable_groups: int = 1,
    ) -> None:
        super().__init__()
        grid = torch.tensor([[-1, -1, -1, 0, 0, 0, 1, 1, 1], [-1, 0, 1, -1, 0, 1, -1, 0, 1]], dtype=torch.float32)
        self.register_buffer("regular_matrix", grid)
        self.downsample = downsample
        self.transform_matrix_conv = nn.Conv2d(in_channels, 4, 3, padding=1)
        self.translation_conv = nn.Conv2d(in_channels, 2, 3, padding=1)
        self.adapt_conv = DeformConv2d(
            in_channels, out_channels, 3, stride, dilation, dilation, groups=deformable_groups, bias=False
        )
        self.bn = nn.BatchNorm2d(out_channels, momentum=self.bn_momentum)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        around = x if self.downsample is None else self.downsample(x)
        kind = self.adapt_conv.weight.dtype  # autocast on a CPU does not know this convolution
        return self.relu(self.bn(self.adapt_conv(x.to(kind), self.offsets(x).to(kind))) + around)

    def offsets(self, x: torch.Tensor) -> torch.Tensor:
        """How far (row, column) each of the nine points moves at every pixel: (B, 18, h, w)."""
        b, _, h, w = x.shape
        grid: torch.Tensor = self.regular_matrix
        turn = self.transform_matrix_conv(x).view(b, 2, 2, h, w)
        moved = torch.einsum("bijhw,jp->bpihw", turn, grid) - grid.T[None, :, :, None, None]
        return (moved + self.translation_conv(x)[:, None]).reshape(b, 18, h, w)
