"""Heatmaps with or without location refinement."""

from __future__ import annotations

from dataclasses import replace
from enum import Enum
from typing import Any, ClassVar

import torch

from deeplabcut.core import arrays
from deeplabcut.core.codecs.base import with_individuals
from deeplabcut.core.codecs.heatmap import LOCREF_STD_PX, HeatmapCodec
from deeplabcut.core.errors import InvalidInput
from deeplabcut.pose_estimation_pytorch.models.target_generators.base import (
    TARGET_GENERATORS,
    BaseGenerator,
    Targets,
    as_target,
    beside,
    find_labels,
)


class HeatmapGenerator(BaseGenerator):
    """Heatmaps, and offsets from cells to the keypoint near them.

    Parameters
    ----------
    num_heatmaps : int
        Channels: bodyparts, or individuals in the mode INDIVIDUAL.
    pos_dist_thresh : int
        Cells within this distance of a keypoint, in pixels, are about it.
    heatmap_mode : str or Mode
        KEYPOINT or INDIVIDUAL: what has a channel of its own.
    gradient_masking : bool
        Channels of keypoints that are absent count only ``background_weight``.
    background_weight : float
        See ``gradient_masking``.
    generate_locref : bool
        Whether there are offsets.
    locref_std : float
        The unit of the offsets, in pixels.
    """

    class Mode(Enum):
        """What has a channel of its own."""

        INDIVIDUAL = "INDIVIDUAL"
        KEYPOINT = "KEYPOINT"

        @classmethod
        def _missing_(cls, value: object) -> HeatmapGenerator.Mode:
            name = str(value).upper()
            if name not in cls.__members__:
                raise InvalidInput(f"{value!r} is not a heatmap mode.", fix="use KEYPOINT or INDIVIDUAL")
            return cls[name]

    plateau: ClassVar[bool] = False

    def __init__(
        self,
        num_heatmaps: int,
        pos_dist_thresh: int,
        heatmap_mode: str | Mode = Mode.KEYPOINT,
        gradient_masking: bool = False,
        background_weight: float = 0.1,
        generate_locref: bool = True,
        locref_std: float = LOCREF_STD_PX,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.num_heatmaps = num_heatmaps
        self.heatmap_mode = self.Mode(heatmap_mode)
        self.codec = HeatmapCodec(
            stride_px=1.0,  # that of the maps replaces it
            radius_px=pos_dist_thresh,
            plateau=self.plateau,
            locref_std_px=locref_std if generate_locref else None,
            gradient_masking=gradient_masking,
            background_weight=background_weight,
        )

    def forward(self, stride: float, outputs: dict[str, torch.Tensor], labels: dict[str, Any]) -> Targets:
        """The targets of ``heatmap`` and ``locref``."""
        heatmap = outputs["heatmap"]
        keypoints = with_individuals(self.keypoints(labels, heatmap))
        if self.heatmap_mode is self.Mode.INDIVIDUAL:
            ids = beside(find_labels(labels, "individual_ids"), heatmap)
            keypoints = by_individual(keypoints, ids, self.num_heatmaps)
        if keypoints.shape[2] != self.num_heatmaps:
            raise InvalidInput(
                f"{self.num_heatmaps} heatmaps cannot be drawn from labels of {keypoints.shape[2]} keypoints "
                f"({self.label_keypoint_key}).",
                fix="set num_heatmaps, and the channels of the head, to the number of bodyparts",
            )
        targets = replace(self.codec, stride_px=stride).encode(keypoints, tuple(heatmap.shape[-2:]))
        drawn = {"heatmap": targets.heatmap, "locref": targets.locref}
        return {name: as_target(target) for name, target in drawn.items() if target is not None}


@TARGET_GENERATORS.register_module
class HeatmapGaussianGenerator(HeatmapGenerator):
    """Heatmaps with a gaussian at each keypoint."""


@TARGET_GENERATORS.register_module
class HeatmapPlateauGenerator(HeatmapGenerator):
    """Heatmaps with a disc of height 1 at each keypoint."""

    plateau = True


def by_individual(keypoints: Any, ids: Any, n_ids: int) -> Any:
    """Keypoints (batch, slots, bodyparts, 3) by identity, as (batch, bodyparts, individuals, 3).

    Slots with an id below 0 are left out; keypoints of individuals without a slot have -1 as flag.
    """
    xp = arrays.library(keypoints)
    if 0 not in ids.shape and (highest := int(xp.amax(ids))) >= n_ids:
        raise InvalidInput(f"There is an individual with the number {highest}, but there are {n_ids} heatmaps.")
    has = ids[:, None, :] == arrays.arange(n_ids, keypoints)[:, None]
    slot = xp.argmax(arrays.astype(has, "int32"), axis=-1)
    chosen = arrays.take_along(keypoints, slot[:, :, None, None], 1)
    return xp.swapaxes(xp.where(xp.any(has, axis=-1)[:, :, None, None], chosen, -1.0), 1, 2)
