"""Maps of the identity of what is seen."""

from __future__ import annotations

import torch
from torch.nn.functional import interpolate

from deeplabcut.core.arrays import as_float
from deeplabcut.pose_estimation_pytorch.models.predictors.base import PREDICTORS, BasePredictor


@PREDICTORS.register_module
class IdentityPredictor(BasePredictor):
    """A map for each individual, of the size of the network's input or slightly larger.

    Parameters
    ----------
    apply_sigmoid : bool
        Heatmaps are logits.
    """

    def __init__(self, apply_sigmoid: bool = True) -> None:
        super().__init__()
        self.apply_sigmoid = apply_sigmoid

    def forward(self, stride: float, outputs: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        """``heatmap`` (batch, height, width, individuals)."""
        heatmap = as_float(outputs["heatmap"])
        size = [int(side * stride) for side in heatmap.shape[-2:]]
        heatmap = interpolate(heatmap, size, mode="bilinear", antialias=True)
        return {"heatmap": (heatmap.sigmoid() if self.apply_sigmoid else heatmap).permute(0, 2, 3, 1)}
