"""What a loss is, what makes one loss of several, and the registries of both."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import torch
from torch import nn

from deeplabcut.pose_estimation_pytorch.registry import Registry

_HERE = "deeplabcut.pose_estimation_pytorch.models.criterions"

CRITERIONS = Registry(
    "criterions",
    homes={
        "DEKRHeatmapLoss": f"{_HERE}.dekr:DEKRHeatmapLoss",
        "DEKROffsetLoss": f"{_HERE}.dekr:DEKROffsetLoss",
        "KLDiscreteLoss": f"{_HERE}.kl_discrete:KLDiscreteLoss",
        "WeightedBCECriterion": f"{_HERE}.weighted:WeightedBCECriterion",
        "WeightedHuberCriterion": f"{_HERE}.weighted:WeightedHuberCriterion",
        "WeightedMSECriterion": f"{_HERE}.weighted:WeightedMSECriterion",
    },
)
LOSS_AGGREGATORS = Registry(
    "loss aggregators", homes={"WeightedLossAggregator": f"{_HERE}.aggregators:WeightedLossAggregator"}
)


class BaseCriterion(ABC, nn.Module):
    """The loss of one output of a head, called as ``criterion(output, target=..., weights=...)``."""

    def __init__(self) -> None:
        super().__init__()

    @abstractmethod
    def forward(self, output: torch.Tensor, target: torch.Tensor, **kwargs: Any) -> torch.Tensor:
        """One number."""


class BaseLossAggregator(ABC, nn.Module):
    """Makes one loss of several."""

    @abstractmethod
    def forward(self, losses: dict[str, torch.Tensor]) -> torch.Tensor:
        """One number from losses by name."""
