"""Poses of one individual from distributions over columns and rows (SimCC)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch

from deeplabcut.core.codecs import simcc
from deeplabcut.pose_estimation_pytorch.models.predictors.base import PREDICTORS, BasePredictor


@PREDICTORS.register_module
class SimCCPredictor(BasePredictor):
    """The most probable column and row of each bodypart.

    Parameters
    ----------
    simcc_split_ratio : float
        Bins per pixel.
    apply_softmax : bool
        Scores are probabilities.
    normalize_outputs : bool
        Outputs are clipped and divided by their maximum, instead of multiplied by ``sigma`` and ``decode_beta``.
    sigma : float or pair of float
        Width of the targets in bins, along x and y.
    decode_beta : float
        See ``normalize_outputs``.
    """

    def __init__(
        self,
        simcc_split_ratio: float = 2.0,
        apply_softmax: bool = True,
        normalize_outputs: bool = False,
        sigma: float | int | tuple[float, ...] = 6.0,
        decode_beta: float = 150.0,
    ) -> None:
        super().__init__()
        self.simcc_split_ratio = simcc_split_ratio
        self.apply_softmax = apply_softmax
        self.normalize_outputs = normalize_outputs
        self.sigma = simcc.per_axis(sigma)
        self.decode_beta = decode_beta

    def forward(self, stride: float, outputs: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        """``poses`` (batch, 1, bodyparts, 3); a bodypart that is nowhere has negative coordinates."""
        codec = simcc.SimccCodec((0, 0), sigma_bins=self.sigma, bins_per_px=self.simcc_split_ratio)
        poses = codec.decode(
            outputs["x"],
            outputs["y"],
            apply_softmax=self.apply_softmax,
            normalize=self.normalize_outputs,
            beta=self.decode_beta,
        )
        return {"poses": poses[:, None]}


def get_simcc_maximum(
    simcc_x: npt.NDArray[np.floating], simcc_y: npt.NDArray[np.floating], apply_softmax: bool = False
) -> tuple[npt.NDArray[np.floating], npt.NDArray[np.floating]]:
    """The highest bins (..., bodyparts, 2) of distributions (..., bodyparts, bins), and the smaller of both heights."""
    return simcc.highest_bins(np.asarray(simcc_x), np.asarray(simcc_y), apply_softmax=apply_softmax)


def get_simcc_normalized(pred: torch.Tensor) -> torch.Tensor:
    """Outputs without negative values, those above 1 divided by the largest of their vector."""
    return simcc.normalized(pred)
