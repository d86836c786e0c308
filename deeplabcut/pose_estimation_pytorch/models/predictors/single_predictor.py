"""Poses of one individual from heatmaps."""

from __future__ import annotations

import torch

from deeplabcut.core.codecs.heatmap import LOCREF_STD_PX, HeatmapCodec
from deeplabcut.core.errors import InvalidInput
from deeplabcut.pose_estimation_pytorch.models.predictors.base import PREDICTORS, BasePredictor


@PREDICTORS.register_module
class HeatmapPredictor(BasePredictor):
    """The highest cell of each heatmap, refined by the offset there.

    Parameters
    ----------
    apply_sigmoid : bool
        Heatmaps are logits.
    clip_scores : bool
        Scores are limited to 0 to 1.
    location_refinement : bool
        Use the offsets (``locref``).
    locref_std : float
        The unit of the offsets, in pixels.
    """

    def __init__(
        self,
        apply_sigmoid: bool = True,
        clip_scores: bool = False,
        location_refinement: bool = True,
        locref_std: float = LOCREF_STD_PX,
    ) -> None:
        super().__init__()
        self.apply_sigmoid = apply_sigmoid
        self.clip_scores = clip_scores
        self.location_refinement = location_refinement
        self.locref_std = locref_std

    def forward(self, stride: float, outputs: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        """``poses`` (batch, 1, bodyparts, 3)."""
        if self.location_refinement and "locref" not in outputs:
            raise InvalidInput(
                "The predictor refines locations, and the head makes no locref.",
                fix="give the head a locref_config, or set location_refinement: false in its predictor",
            )
        poses = HeatmapCodec(stride, locref_std_px=self.locref_std).decode(
            outputs["heatmap"],
            outputs["locref"] if self.location_refinement else None,
            apply_sigmoid=self.apply_sigmoid,
            clip_scores=self.clip_scores,
        )
        return {"poses": poses[:, None]}
