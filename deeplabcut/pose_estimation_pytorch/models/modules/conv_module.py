"""The exchange of an HRNet between branches of different resolution."""

from __future__ import annotations

import torch
from torch import nn

from deeplabcut.core.errors import InvalidInput
from deeplabcut.pose_estimation_pytorch.models.modules.conv_block import BaseBlock


class HighResolutionModule(nn.Module):
    """Branches, each with half the resolution of the one before, that pass through blocks and are then added up.

    Parameters
    ----------
    num_blocks, num_inchannels, num_channels : one number per branch, or one for all; a branch's blocks take
        ``num_inchannels`` channels and give ``num_channels`` times the expansion of the block.
    fuse_method : "SUM", the only one.
    multi_scale_output : whether all branches are given back, or the finest only.
    """

    def __init__(
        self,
        num_branches: int,
        block: type[BaseBlock],
        num_blocks: int | list[int],
        num_inchannels: int | list[int],
        num_channels: int | list[int],
        fuse_method: str,
        multi_scale_output: bool = True,
    ) -> None:
        super().__init__()
        if fuse_method.upper() != "SUM":
            raise InvalidInput(f"Branches cannot be joined by {fuse_method!r}.", fix="use 'SUM'")
        blocks, entering, leaving = (
            _per_branch(name, value, num_branches)
            for name, value in (
                ("num_blocks", num_blocks), ("num_inchannels", num_inchannels), ("num_channels", num_channels)
            )
        )  # fmt: skip
        leaving = [n * block.expansion for n in leaving]
        self.num_branches = num_branches
        self.num_inchannels = leaving
        self.fuse_method = fuse_method
        self.multi_scale_output = multi_scale_output
        self.branches = nn.ModuleList(_branch(block, *sizes) for sizes in zip(blocks, entering, leaving, strict=True))
        n_out = num_branches if multi_scale_output else 1
        self.fuse_layers = nn.ModuleList(
            nn.ModuleList(_path(leaving, source, target) for source in range(num_branches)) for target in range(n_out)
        )
        self.relu = nn.ReLU(inplace=True)

    def get_num_inchannels(self) -> list[int]:
        """The channels of each branch after the module."""
        return self.num_inchannels

    def forward(self, x: list[torch.Tensor]) -> list[torch.Tensor]:
        """``x`` holds one map per branch, the finest first."""
        maps = [branch(one) for branch, one in zip(self.branches, x, strict=True)]
        if self.num_branches == 1:
            return maps
        fused = []
        for paths in self.fuse_layers:
            arriving = [path(one) for path, one in zip(paths, maps, strict=True)]
            fused.append(self.relu(torch.stack(arriving).sum(dim=0)))
        return fused


def _per_branch(name: str, value: int | list[int], n: int) -> list[int]:
    values = [value] * n if isinstance(value, int) else list(value)
    if len(values) != n:
        raise InvalidInput(f"{name} has {len(values)} numbers for {n} branches.", fix="give one per branch")
    return values


def _branch(block: type[BaseBlock], n_blocks: int, n_in: int, n_out: int) -> nn.Sequential:
    width = n_out // block.expansion
    around = None
    if n_in != n_out:
        around = nn.Sequential(nn.Conv2d(n_in, n_out, 1, bias=False), nn.BatchNorm2d(n_out))
    first = block(n_in, width, downsample=around)  # type: ignore[call-arg]
    return nn.Sequential(first, *(block(n_out, width) for _ in range(n_blocks - 1)))  # type: ignore[call-arg]


def _path(channels: list[int], source: int, target: int) -> nn.Module:
    """From one branch to the resolution and the channels of another."""
    n_in, n_out = channels[source], channels[target]
    if source == target:
        return nn.Identity()
    if source > target:
        return nn.Sequential(
            nn.Conv2d(n_in, n_out, 1, bias=False),
            nn.BatchNorm2d(n_out),
            nn.Upsample(scale_factor=2 ** (source - target), mode="nearest"),
        )
    steps: list[nn.Module] = []
    for step in range(source, target):
        n = n_out if step == target - 1 else n_in
        steps += [nn.Conv2d(n_in, n, 3, 2, 1, bias=False), nn.BatchNorm2d(n)]
        steps += [] if step == target - 1 else [nn.ReLU(inplace=True)]
    return nn.Sequential(*steps)
