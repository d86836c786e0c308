"""One class out of a detector of many."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn


class FilteredDetector(nn.Module):
    """Only the boxes of one class, in the form that detectors of this package give them.

    Parameters
    ----------
    base_model : nn.Module
        A detector of torchvision, with published weights for instance.
    class_id : int
        The label to keep; 1 is a person in COCO.
    """

    def __init__(self, base_model: nn.Module, class_id: int) -> None:
        super().__init__()
        self.base_model = base_model
        self.class_id = class_id

    def forward(
        self, images: list[torch.Tensor] | torch.Tensor, targets: Any = None
    ) -> tuple[dict[str, torch.Tensor], list[dict[str, torch.Tensor]]]:
        """No losses, and for each image its ``boxes``, ``scores`` and ``labels`` of the class."""
        found = self.base_model(list(images))
        kept = [one["labels"] == self.class_id for one in found]
        return {}, [{name: values[mask] for name, values in one.items()} for one, mask in zip(found, kept, strict=True)]
