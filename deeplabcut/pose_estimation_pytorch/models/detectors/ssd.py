"""SSDLite."""

from __future__ import annotations

from functools import partial

import torch
from torch import nn
from torchvision.models import MobileNet_V3_Large_Weights, mobilenet_v3_large
from torchvision.models.detection import _utils as shapes
from torchvision.models.detection import ssd, ssdlite
from torchvision.models.detection.anchor_utils import DefaultBoxGenerator

from deeplabcut.pose_estimation_pytorch.models.detectors.base import DETECTORS
from deeplabcut.pose_estimation_pytorch.models.detectors.torchvision import TorchvisionDetectorAdaptor, fetched

NAME = "ssdlite320_mobilenet_v3_large"


@DETECTORS.register_module
class SSDLite(TorchvisionDetectorAdaptor):
    """A small and quick detector for one class of animals.

    Parameters
    ----------
    pretrained : bool
        Begin with the weights published for COCO, those of people for the animals.
    pretrained_from_imagenet : bool
        Begin with the backbone published for ImageNet, which is of another shape.
    box_score_thresh : float
        Without effect: torchvision's model keeps boxes of a score of 0.001 and more.
    fetch : bool
        False builds what ``pretrained_from_imagenet`` asks for without its weights, for those of a snapshot.
    """

    def __init__(
        self,
        freeze_bn_stats: bool = False,
        freeze_bn_weights: bool = False,
        pretrained: bool = False,
        pretrained_from_imagenet: bool = False,
        box_score_thresh: float = 0.01,
        *,
        fetch: bool = True,
    ) -> None:
        super().__init__(
            _with_wide_tail(fetch) if pretrained_from_imagenet and not pretrained else NAME,
            weights="COCO_V1" if pretrained else None,
            num_classes=None if pretrained else 2,
            freeze_bn_stats=freeze_bn_stats,
            freeze_bn_weights=freeze_bn_weights,
        )
        if pretrained:
            _keep_two_classes(self.model)


def _keep_two_classes(model: nn.Module, n_classes: int = 91) -> None:
    """Of the scores for each anchor, keep those of the background and of class 1."""
    head = model.head.classification_head
    for layer in head.module_list:
        scores = layer[1]  # pointwise, after a convolution of each channel for itself
        n_anchors = scores.out_channels // n_classes
        kept = torch.cat([torch.tensor([0, 1]) + n_classes * anchor for anchor in range(n_anchors)])
        smaller = nn.Conv2d(scores.in_channels, len(kept), 1)
        smaller.load_state_dict({name: value[kept] for name, value in scores.state_dict().items()})
        layer[1] = smaller
    head.num_columns = 2


def _with_wide_tail(fetch: bool) -> nn.Module:
    """Torchvision's model around the backbone that was trained on ImageNet, whose last layers are twice as wide."""
    norm = partial(nn.BatchNorm2d, eps=0.001, momentum=0.03)
    weights = MobileNet_V3_Large_Weights.IMAGENET1K_V2 if fetch else None
    backbone = fetched(lambda: mobilenet_v3_large(weights=weights, norm_layer=norm), "mobilenet_v3_large")
    features = ssdlite._mobilenet_extractor(backbone, 6, norm)
    size = (320, 320)
    anchors = DefaultBoxGenerator([[2, 3] for _ in range(6)], min_ratio=0.2, max_ratio=0.95)
    n_channels = shapes.retrieve_out_channels(features, size)
    head = ssdlite.SSDLiteHead(n_channels, anchors.num_anchors_per_location(), 2, norm)
    return ssd.SSD(
        features,
        anchors,
        size,
        2,
        head=head,
        score_thresh=0.001,
        nms_thresh=0.55,
        detections_per_img=300,
        topk_candidates=300,
        image_mean=[0.5] * 3,
        image_std=[0.5] * 3,
    )
