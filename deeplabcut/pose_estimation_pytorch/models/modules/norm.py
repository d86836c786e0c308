"""Normalisation layers."""

from __future__ import annotations

import functools
import logging

import torch
from torch import nn

logger = logging.getLogger(__name__)


class ScaleNorm(nn.Module):
    """Vectors divided by their length and multiplied by one learned number.

    Parameters
    ----------
    dim : the length of the vectors; lengths are counted in units of its square root.
    eps : the smallest length that is divided by.
    """

    def __init__(self, dim: int, eps: float = 1e-5) -> None:
        super().__init__()
        self.scale = dim**-0.5
        self.eps = eps
        self.g = nn.Parameter(torch.ones(1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """``x`` is (..., dim)."""
        length = torch.linalg.vector_norm(x, dim=-1, keepdim=True) * self.scale
        return x / length.clamp(min=self.eps) * self.g


class SyncBatchNorm(nn.SyncBatchNorm):
    """Batch norm over the batches of all devices; each on its own where devices cannot be joined, as on a CPU.

    Names and shapes of the parameters are those of `torch.nn.BatchNorm2d`.
    """

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        if input.device.type in ("cuda", "xpu", "hpu"):
            return super().forward(input)
        if self.training and torch.distributed.is_available() and torch.distributed.is_initialized():
            _say_that_each_counts_alone(input.device.type)
        return super(nn.SyncBatchNorm, self).forward(input)


@functools.cache
def _say_that_each_counts_alone(device: str) -> None:
    logger.warning("Batch norm is not joined between processes on a %s device; each uses its own batch.", device)


def freeze(module: nn.Module, kind: type[nn.Module], *, weights: bool, stats: bool) -> None:
    """Keep the weights, the statistics, or both, of all batch norms of a kind as they are, until `train` is called."""
    for layer in module.modules():
        if not isinstance(layer, kind):
            continue
        if weights and layer.affine:
            layer.weight.requires_grad_(False)
            layer.bias.requires_grad_(False)
        if stats:
            layer.eval()
