"""Counting what takes part in a loss."""

from __future__ import annotations

import torch


def count_nonzero_elems(losses: torch.Tensor, weights: float | torch.Tensor, per_batch: bool = False) -> torch.Tensor:
    """How many elements of ``losses`` have a weight that is not 0, in all or for each sample of the batch.

    Parameters
    ----------
    losses : (batch, ...) tensor
    weights : number or tensor
        Broadcast to the shape of ``losses``.
    per_batch : bool
        Count the samples one by one: the result has the shape (batch,).
    """
    if not isinstance(weights, torch.Tensor):
        weights = losses.new_tensor(weights)
    counted = torch.broadcast_to(weights, losses.shape)
    return torch.count_nonzero(counted, dim=tuple(range(1, losses.ndim))) if per_batch else torch.count_nonzero(counted)


def in_full_precision(output: torch.Tensor) -> torch.Tensor:
    """The output in float32 or better: sums over maps overflow in half precision."""
    return output.float() if output.element_size() < 4 else output
