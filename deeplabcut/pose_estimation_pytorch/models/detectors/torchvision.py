"""Detectors of torchvision, so that they give losses and boxes alike in training and evaluation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torchvision.models import detection
from torchvision.ops import box_convert

from deeplabcut.io.web import DownloadError
from deeplabcut.pose_estimation_pytorch.models.detectors.base import BaseDetector, Boxes, Losses

TORCHVISION_DETECTORS: dict[str, dict[str, Any]] = {
    "fasterrcnn_resnet50_fpn": {
        "fn": detection.fasterrcnn_resnet50_fpn,
        "weights": detection.FasterRCNN_ResNet50_FPN_Weights.COCO_V1,
    },
    "fasterrcnn_resnet50_fpn_v2": {
        "fn": detection.fasterrcnn_resnet50_fpn_v2,
        "weights": detection.FasterRCNN_ResNet50_FPN_V2_Weights.COCO_V1,
    },
    "fasterrcnn_mobilenet_v3_large_fpn": {
        "fn": detection.fasterrcnn_mobilenet_v3_large_fpn,
        "weights": detection.FasterRCNN_MobileNet_V3_Large_FPN_Weights.COCO_V1,
    },
}
"""Detectors of people and other things of everyday life: name -> how they are built, and their published weights."""


class TorchvisionDetectorAdaptor(BaseDetector):
    """A detection model of torchvision; class 1 is an animal, 0 the background.

    The model resizes and normalises images itself, on top of what the data pipeline does: published detectors were
    trained that way.

    Parameters
    ----------
    model : str or nn.Module
        The name that torchvision has for the model, or the model as it is.
    weights : str, optional
        The published weights to begin with.
    num_classes : int, optional
        Background included; left to the weights where they are given.
    box_score_thresh : float
        Boxes of a lower score are left out.
    model_kwargs : dict, optional
        Further settings of torchvision's model.
    """

    def __init__(
        self,
        model: str | nn.Module,
        weights: str | None = None,
        num_classes: int | None = 2,
        freeze_bn_stats: bool = False,
        freeze_bn_weights: bool = False,
        box_score_thresh: float = 0.01,
        model_kwargs: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(freeze_bn_stats, freeze_bn_weights, pretrained=weights is not None)
        if isinstance(model, str):
            settings = {"weights": weights, "num_classes": num_classes, "box_score_thresh": box_score_thresh}
            make = getattr(detection, model)
            model = fetched(lambda: make(**{"weights_backbone": None, **settings, **(model_kwargs or {})}), model)
        model.eager_outputs = _losses_and_boxes  # torchvision gives one of both
        self.model = model

    def forward(self, x: torch.Tensor, targets: Boxes | None = None) -> tuple[Losses, Boxes]:
        losses, boxes = self.model(x, targets)
        return losses, boxes

    def get_target(self, labels: dict[str, Any]) -> list[dict[str, torch.Tensor]]:
        """Boxes that have an extent, from corner and size to two corners."""
        targets = []
        parts = (labels[key] for key in ("boxes", "area", "labels", "is_crowd"))
        for boxes, area, label, is_crowd in zip(*(map(torch.as_tensor, part) for part in parts), strict=True):
            kept = (boxes[:, 2] > 0) & (boxes[:, 3] > 0)
            targets.append(
                {
                    "area": area[kept],
                    "labels": label[kept].long(),
                    "is_crowd": is_crowd[kept].long(),
                    "boxes": box_convert(boxes[kept], "xywh", "xyxy"),
                }
            )
        return targets


def _losses_and_boxes(losses: Losses, detections: Boxes) -> tuple[Losses, Boxes]:
    return losses, detections


def fetched(make: Callable[[], nn.Module], name: str) -> nn.Module:
    """What ``make`` gives; where it cannot fetch published weights, raises `DownloadError`."""
    try:
        return make()
    except (OSError, RuntimeError) as error:  # URLError is an OSError; a wrong hash is a RuntimeError
        if isinstance(error, RuntimeError) and "hash" not in str(error):
            raise
        raise DownloadError(
            f"The published weights of {name} cannot be fetched ({error}).",
            where=torch.hub.get_dir(),
            fix="connect to the network once, or put the file into the folder checkpoints there",
        ) from error
