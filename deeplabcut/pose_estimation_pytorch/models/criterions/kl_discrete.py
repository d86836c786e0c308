"""The loss of distributions over bins (SimCC)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch.nn import functional

from deeplabcut.pose_estimation_pytorch.models.criterions.base import CRITERIONS, BaseCriterion
from deeplabcut.pose_estimation_pytorch.models.criterions.utils import in_full_precision


@CRITERIONS.register_module
class KLDiscreteLoss(BaseCriterion):
    """How the predicted distributions diverge from the targets: the sum over the batch, a mean over bodyparts and bins.

    Parameters
    ----------
    beta : float
        Outputs are multiplied by it.
    label_softmax : bool
        Targets, times ``label_beta``, become distributions too.
    label_beta : float
        See ``label_softmax``.
    use_target_weight : bool
        Bodyparts count by their weights.
    mask : list of int, optional
        Bodyparts whose loss is multiplied by ``mask_weight``.
    mask_weight : float
        See ``mask``.
    """

    def __init__(
        self,
        beta: float = 1.0,
        label_softmax: bool = False,
        label_beta: float = 10.0,
        use_target_weight: bool = True,
        mask: Sequence[int] | None = None,
        mask_weight: float = 1.0,
    ) -> None:
        super().__init__()
        self.beta = beta
        self.label_softmax = label_softmax
        self.label_beta = label_beta
        self.use_target_weight = use_target_weight
        self.mask = None if mask is None else list(mask)
        self.mask_weight = mask_weight

    def criterion(self, dec_outs: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """The divergence of each row (n, bins)."""
        log_p = functional.log_softmax(dec_outs * self.beta, dim=1)
        q = functional.softmax(labels * self.label_beta, dim=1) if self.label_softmax else labels
        return functional.kl_div(log_p, q, reduction="none").mean(dim=1)

    def forward(
        self, output: torch.Tensor, target: torch.Tensor, weights: torch.Tensor | float = 1.0, **kwargs: Any
    ) -> torch.Tensor:
        """One number from outputs (batch, bodyparts, bins) and weights (batch, ..., bodyparts)."""
        output = in_full_precision(output)
        n_batch, n_bodyparts, n_bins = output.shape
        losses = self.criterion(output.reshape(-1, n_bins), target.to(output.dtype).reshape(-1, n_bins))
        if self.use_target_weight:
            losses = losses * (weights.reshape(-1) if isinstance(weights, torch.Tensor) else weights)
        losses = losses.reshape(n_batch, n_bodyparts)
        if self.mask is not None:
            factors = losses.new_ones(n_bodyparts)
            factors[self.mask] = self.mask_weight
            losses = losses * factors
        return losses.sum() / n_bodyparts
