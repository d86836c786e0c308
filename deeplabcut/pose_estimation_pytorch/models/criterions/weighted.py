"""Elementwise losses in which each element has a weight."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from deeplabcut.pose_estimation_pytorch.models.criterions.base import CRITERIONS, BaseCriterion
from deeplabcut.pose_estimation_pytorch.models.criterions.utils import count_nonzero_elems, in_full_precision


class WeightedCriterion(BaseCriterion):
    """The weighted sum of an elementwise loss over the number of elements whose weight is not 0.

    Parameters
    ----------
    criterion : torch.nn.Module
        A loss with ``reduction="none"``.
    """

    def __init__(self, criterion: nn.Module) -> None:
        super().__init__()
        self.criterion = criterion

    def forward(
        self, output: torch.Tensor, target: torch.Tensor, weights: torch.Tensor | float = 1.0, **kwargs: Any
    ) -> torch.Tensor:
        """One number; 0 if no element counts."""
        output = in_full_precision(output)
        losses = self.criterion(output, target.to(output.dtype))
        return (weights * losses).sum() / count_nonzero_elems(losses, weights).clamp(min=1)


@CRITERIONS.register_module
class WeightedMSECriterion(WeightedCriterion):
    """Squared errors."""

    def __init__(self) -> None:
        super().__init__(nn.MSELoss(reduction="none"))


@CRITERIONS.register_module
class WeightedHuberCriterion(WeightedCriterion):
    """Squared errors up to 1, absolute errors beyond."""

    def __init__(self) -> None:
        super().__init__(nn.HuberLoss(reduction="none"))


@CRITERIONS.register_module
class WeightedBCECriterion(WeightedCriterion):
    """Binary cross entropy of logits."""

    def __init__(self) -> None:
        super().__init__(nn.BCEWithLogitsLoss(reduction="none"))
