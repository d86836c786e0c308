"""Losses of the two branches of DEKR."""

from __future__ import annotations

from typing import Any

import torch

from deeplabcut.pose_estimation_pytorch.models.criterions.base import CRITERIONS, BaseCriterion
from deeplabcut.pose_estimation_pytorch.models.criterions.utils import in_full_precision


@CRITERIONS.register_module
class DEKRHeatmapLoss(BaseCriterion):
    """The mean of weighted squared errors over all elements."""

    def forward(
        self, output: torch.Tensor, target: torch.Tensor, weights: torch.Tensor | float = 1.0, **kwargs: Any
    ) -> torch.Tensor:
        """One number."""
        losses = weights * (in_full_precision(output) - target) ** 2
        return losses.sum() / max(losses.numel(), 1)


@CRITERIONS.register_module
class DEKROffsetLoss(BaseCriterion):
    """The weighted sum of smooth absolute errors over the number of elements with a weight above 0.

    Parameters
    ----------
    beta : float
        Errors below it count by their square.
    """

    def __init__(self, beta: float = 1 / 9) -> None:
        super().__init__()
        self.beta = beta

    def smooth_l1_loss(self, pred: torch.Tensor, gt: torch.Tensor) -> torch.Tensor:
        """The loss of each element."""
        return torch.nn.functional.smooth_l1_loss(pred, gt, reduction="none", beta=self.beta)

    def forward(
        self, output: torch.Tensor, target: torch.Tensor, weights: torch.Tensor | float = 1.0, **kwargs: Any
    ) -> torch.Tensor:
        """One number; 0 if no element counts."""
        output = in_full_precision(output)
        losses = self.smooth_l1_loss(output, target.to(output.dtype)) * weights
        counted = torch.broadcast_to(torch.as_tensor(weights, device=losses.device) > 0, losses.shape)
        return losses.sum() / counted.sum().clamp(min=1)
