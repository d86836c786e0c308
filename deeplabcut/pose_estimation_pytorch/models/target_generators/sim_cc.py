"""Distributions over the columns and the rows of a crop (SimCC)."""

from __future__ import annotations

from typing import Any

import torch

from deeplabcut.core.codecs.simcc import SimccCodec, per_axis
from deeplabcut.core.errors import InvalidInput
from deeplabcut.pose_estimation_pytorch.models.target_generators.base import (
    TARGET_GENERATORS,
    BaseGenerator,
    Targets,
    as_target,
)


@TARGET_GENERATORS.register_module
class SimCCGenerator(BaseGenerator):
    """A distribution along x and one along y for each bodypart.

    Parameters
    ----------
    input_size : (int, int)
        Width and height of the crop.
    smoothing_type : str
        "gaussian", or "standard" for one bin.
    sigma : float or pair of float
        Width of the gaussians in bins, along x and y.
    simcc_split_ratio : float
        Bins per pixel.
    label_smooth_weight : float
        What "standard" spreads over the other bins.
    normalize : bool
        Gaussians have the area 1 instead of the height 1.
    """

    def __init__(
        self,
        input_size: tuple[int, int],
        smoothing_type: str = "gaussian",
        sigma: float | int | tuple[float, ...] = 6.0,
        simcc_split_ratio: float = 2.0,
        label_smooth_weight: float = 0.0,
        normalize: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if smoothing_type not in ("gaussian", "standard"):
            raise InvalidInput(f"{smoothing_type!r} is not a smoothing_type.", fix="use gaussian or standard")
        self.codec = SimccCodec(
            input_size=(int(input_size[0]), int(input_size[1])),
            sigma_bins=per_axis(sigma),
            bins_per_px=simcc_split_ratio,
            smoothing="gaussian" if smoothing_type == "gaussian" else "standard",
            label_smoothing=label_smooth_weight,
            normalize=normalize,
        )

    def forward(self, stride: float, outputs: dict[str, torch.Tensor], labels: dict[str, Any]) -> Targets:
        """The targets of ``x`` and ``y``."""
        targets = self.codec.encode(self.keypoints(labels, outputs["x"]))
        return {"x": as_target(targets.x), "y": as_target(targets.y)}
