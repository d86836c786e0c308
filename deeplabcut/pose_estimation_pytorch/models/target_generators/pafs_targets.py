"""Part affinity fields."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from deeplabcut.core.codecs.paf import PafCodec
from deeplabcut.pose_estimation_pytorch.models.target_generators.base import (
    TARGET_GENERATORS,
    BaseGenerator,
    Targets,
    as_tensor,
)


@TARGET_GENERATORS.register_module
class PartAffinityFieldGenerator(BaseGenerator):
    """A field along each limb.

    Parameters
    ----------
    graph : list of pairs of int
        Limbs, as numbers of bodyparts.
    width : float
        How far the field reaches to either side, in pixels.
    label_keypoint_key : str
        Which of the labels are drawn.
    """

    def __init__(self, graph: Sequence[Sequence[int]], width: float, *, label_keypoint_key: str = "keypoints") -> None:
        super().__init__(label_keypoint_key)
        self.graph = graph
        self.width = width

    def forward(self, stride: float, outputs: dict[str, torch.Tensor], labels: dict[str, Any]) -> Targets:
        """The target of ``paf``."""
        size = tuple(outputs["paf"].shape[-2:])
        maps = PafCodec(stride, self.graph, self.width).encode(self.keypoints(labels, outputs["paf"]), size)
        return {"paf": {"target": as_tensor(maps)}}
