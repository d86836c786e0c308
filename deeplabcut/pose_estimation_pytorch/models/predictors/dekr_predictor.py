"""Poses of individuals from their centres (DEKR)."""

from __future__ import annotations

from typing import Any, ClassVar

import torch

from deeplabcut.core.codecs.dekr import DekrCodec, DekrDecoding
from deeplabcut.core.errors import InvalidInput
from deeplabcut.pose_estimation_pytorch.models.predictors.base import PREDICTORS, BasePredictor

SCORES = ("center", "heatmap", "combined")


@PREDICTORS.register_module
class DEKRPredictor(BasePredictor):
    """The highest centres, and what lies at the offsets from them.

    Parameters
    ----------
    num_animals : int
        How many individuals are returned.
    detection_threshold : float
        Without effect: as many individuals as possible are returned, with their scores.
    apply_sigmoid : bool
        Heatmaps are logits.
    clip_scores : bool
        Scores are limited to 0 to 1.
    use_heatmap : bool
        Bodyparts move to the nearest peak of their heatmap.
    keypoint_score_type : str
        The score of a bodypart: that of the "center", of its "heatmap", or their product, "combined".
    max_absorb_distance : int
        How far bodyparts move, in cells.
    nms_threshold : float
        Of two individuals the less sure one is dropped if a bodypart of theirs is closer than this share of its size.
    apply_pose_nms : bool
        Whether individuals are dropped.
    """

    default_init: ClassVar[dict[str, Any]] = {"apply_sigmoid": True, "detection_threshold": 0.01}

    def __init__(
        self,
        num_animals: int,
        detection_threshold: float = 0.01,
        apply_sigmoid: bool = True,
        clip_scores: bool = False,
        use_heatmap: bool = True,
        keypoint_score_type: str = "combined",
        max_absorb_distance: int = 75,
        nms_threshold: float = 0.05,
        apply_pose_nms: bool = True,
    ) -> None:
        super().__init__()
        if keypoint_score_type not in SCORES:
            raise InvalidInput(f"{keypoint_score_type!r} is not a score.", fix=f"use one of {', '.join(SCORES)}")
        self.num_animals = num_animals
        self.detection_threshold = detection_threshold
        self.decoding = DekrDecoding(
            n_individuals=num_animals,
            apply_sigmoid=apply_sigmoid,
            clip_scores=clip_scores,
            use_heatmap=use_heatmap,
            score=keypoint_score_type,  # type: ignore[arg-type]
            max_absorb_distance=max_absorb_distance,
            nms_threshold=nms_threshold if apply_pose_nms else None,
        )

    def forward(self, stride: float, outputs: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        """``poses`` (batch, num_animals, bodyparts, 3); individuals that were dropped are -1."""
        return {"poses": DekrCodec(stride).decode(outputs["heatmap"], outputs["offset"], self.decoding)}
