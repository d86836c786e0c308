"""What a predictor is, and the registry of predictors."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import torch
from torch import nn

from deeplabcut.pose_estimation_pytorch.registry import Registry

_HERE = "deeplabcut.pose_estimation_pytorch.models.predictors"

PREDICTORS = Registry(
    "predictors",
    homes={
        "DEKRPredictor": f"{_HERE}.dekr_predictor:DEKRPredictor",
        "HeatmapPredictor": f"{_HERE}.single_predictor:HeatmapPredictor",
        "IdentityPredictor": f"{_HERE}.identity_predictor:IdentityPredictor",
        "PartAffinityFieldPredictor": f"{_HERE}.paf_predictor:PartAffinityFieldPredictor",
        "SimCCPredictor": f"{_HERE}.sim_cc:SimCCPredictor",
    },
)


class BasePredictor(ABC, nn.Module):
    """Reads poses from the maps of a head, in pixels of the network's input."""

    num_animals: int | None = None
    """How many individuals it returns, where that is fixed."""

    def __init__(self) -> None:
        super().__init__()

    @abstractmethod
    def forward(self, stride: float, outputs: dict[str, torch.Tensor]) -> dict[str, Any]:
        """The predictions of a batch.

        Parameters
        ----------
        stride : float
            Pixels of the network's input per cell of the maps.
        outputs : dict of tensors
            What the head made of the batch.

        Returns
        -------
        dict
            ``poses`` (batch, individuals, bodyparts, 3): x, y and score; perhaps ``unique_bodyparts`` alike. For one
            individual, ``coordinates`` (batch, bodyparts, 2) with ``scores`` (batch, bodyparts) will do as well.
        """
