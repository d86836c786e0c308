"""What a neck is, and the registry of necks."""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch

from deeplabcut.pose_estimation_pytorch.registry import Registry

NECKS = Registry(
    "necks", homes={"Transformer": "deeplabcut.pose_estimation_pytorch.models.necks.transformer:Transformer"}
)


class BaseNeck(ABC, torch.nn.Module):
    """Turns the features of a backbone into those that the heads take."""

    def __init__(self) -> None:
        super().__init__()

    @abstractmethod
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The features for the heads."""
