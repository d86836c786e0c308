"""Heatmaps of bodyparts and centres, and offsets from centres to bodyparts (DEKR)."""

from __future__ import annotations

from math import exp
from typing import Any

import torch

from deeplabcut.core.arrays import zeros
from deeplabcut.core.codecs.base import with_individuals
from deeplabcut.core.codecs.dekr import DekrCodec
from deeplabcut.core.errors import InvalidInput
from deeplabcut.pose_estimation_pytorch.models.target_generators.base import (
    TARGET_GENERATORS,
    BaseGenerator,
    Targets,
    as_target,
    beside,
    find_labels,
)


@TARGET_GENERATORS.register_module
class DEKRGenerator(BaseGenerator):
    """The targets of both branches; the labels end with the centre of each individual.

    Parameters
    ----------
    num_joints : int
        Bodyparts, the centre not counted.
    pos_dist_thresh : int
        Cells within this distance of a centre, in pixels, learn offsets.
    bg_weight : float
        How much cells far from all keypoints count in the heatmap.
    """

    def __init__(self, num_joints: int, pos_dist_thresh: int, bg_weight: float = 0.1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.num_joints = num_joints
        self.pos_dist_thresh = pos_dist_thresh
        self.bg_weight = bg_weight

    def forward(self, stride: float, outputs: dict[str, torch.Tensor], labels: dict[str, Any]) -> Targets:
        """The targets of ``heatmap`` and ``offset``."""
        heatmap = outputs["heatmap"]
        keypoints = with_individuals(self.keypoints(labels, heatmap))
        if keypoints.shape[-2] != self.num_joints + 1:
            raise InvalidInput(
                f"Labels of {keypoints.shape[-2]} keypoints do not fit {self.num_joints} bodyparts and their centre.",
                fix="set num_joints to the number of bodyparts, and let the data add centres (with_center_keypoints)",
            )
        areas = beside(find_labels(labels, "area"), heatmap)
        if 0 in areas.shape:  # `with_individuals` puts one that is not there
            areas = zeros(keypoints.shape[:2], keypoints)
        areas = areas.reshape(keypoints.shape[:2])
        codec = DekrCodec(stride, self.pos_dist_thresh, self.bg_weight)
        targets = codec.encode(keypoints, areas, tuple(heatmap.shape[-2:]))
        return {"heatmap": as_target(targets.heatmap), "offset": as_target(targets.offset)}


def dekr_heatmap_val(sigma: float, x: float, y: float, x0: float, y0: float) -> float:
    """The height at (x, y) of a bump of width ``sigma`` at (x0, y0)."""
    return exp(-((x - x0) ** 2 + (y - y0) ** 2) / (2 * sigma**2))
