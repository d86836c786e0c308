"""Several losses as one."""

from __future__ import annotations

import torch

from deeplabcut.core.errors import InvalidInput
from deeplabcut.pose_estimation_pytorch.models.criterions.base import LOSS_AGGREGATORS, BaseLossAggregator


@LOSS_AGGREGATORS.register_module
class WeightedLossAggregator(BaseLossAggregator):
    """The mean of the losses, each times its weight.

    Parameters
    ----------
    weights : dict
        A weight for each loss, by name.
    """

    def __init__(self, weights: dict[str, float]) -> None:
        super().__init__()
        self.weights = weights

    def forward(self, losses: dict[str, torch.Tensor]) -> torch.Tensor:
        """One number from losses by name."""
        if missing := sorted(set(losses) - set(self.weights)):
            raise InvalidInput(
                f"There is no weight for {', '.join(missing)}; there is one for {', '.join(self.weights)}."
            )
        return torch.stack([self.weights[name] * loss for name, loss in losses.items()]).mean()
