"""Faster R-CNN."""  # noqa: N999 a name that users import

from __future__ import annotations

from torch import nn
from torchvision.models import detection
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.backbone_utils import mobilenet_backbone, resnet_fpn_backbone
from torchvision.models.detection.faster_rcnn import FastRCNNPredictor

from deeplabcut.core.errors import InvalidInput
from deeplabcut.pose_estimation_pytorch.models.detectors.base import DETECTORS
from deeplabcut.pose_estimation_pytorch.models.detectors.torchvision import TorchvisionDetectorAdaptor

VARIANTS = (
    "fasterrcnn_mobilenet_v3_large_fpn",
    "fasterrcnn_mobilenet_v3_large_320_fpn",
    "fasterrcnn_resnet50_fpn",
    "fasterrcnn_resnet50_fpn_v2",
)


@DETECTORS.register_module
class FasterRCNN(TorchvisionDetectorAdaptor):
    """Faster R-CNN with features at several scales, for one class of animals.

    Parameters
    ----------
    variant : str
        The name of torchvision's model.
    pretrained : bool
        Begin with the weights published for COCO; they are fetched once.
    """

    def __init__(
        self,
        freeze_bn_stats: bool = False,
        freeze_bn_weights: bool = False,
        variant: str = VARIANTS[0],
        pretrained: bool = False,
        box_score_thresh: float = 0.01,
    ) -> None:
        if variant not in VARIANTS:
            raise InvalidInput(f"{variant!r} is no variant of Faster R-CNN.", fix=f"use one of {', '.join(VARIANTS)}")
        super().__init__(
            variant if pretrained else _without_weights(variant, box_score_thresh),
            weights="COCO_V1" if pretrained else None,
            num_classes=None if pretrained else 2,
            freeze_bn_stats=freeze_bn_stats,
            freeze_bn_weights=freeze_bn_weights,
            box_score_thresh=box_score_thresh,
        )
        n_features = self.model.roi_heads.box_predictor.cls_score.in_features
        self.model.roi_heads.box_predictor = FastRCNNPredictor(n_features, 2)


def _without_weights(variant: str, box_score_thresh: float) -> nn.Module:
    """The structure that torchvision's model has with weights.

    Asked for a model without weights, torchvision puts batch normalisations of another kind into all but the last
    variant; trained detectors would not fit.
    """
    settings: dict[str, float | int] = {"num_classes": 2, "box_score_thresh": box_score_thresh}
    if variant == "fasterrcnn_resnet50_fpn_v2":
        return detection.fasterrcnn_resnet50_fpn_v2(weights=None, weights_backbone=None, **settings)
    if variant == "fasterrcnn_resnet50_fpn":
        return detection.FasterRCNN(
            resnet_fpn_backbone(backbone_name="resnet50", weights=None, trainable_layers=3), **settings
        )
    if variant == "fasterrcnn_mobilenet_v3_large_320_fpn":
        settings |= {"min_size": 320, "max_size": 640, "rpn_pre_nms_top_n_test": 150, "rpn_post_nms_top_n_test": 150}
    n_scales = 3
    return detection.FasterRCNN(
        mobilenet_backbone(backbone_name="mobilenet_v3_large", weights=None, fpn=True, trainable_layers=3),
        rpn_anchor_generator=AnchorGenerator(((32, 64, 128, 256, 512),) * n_scales, ((0.5, 1.0, 2.0),) * n_scales),
        rpn_score_thresh=0.05,
        **settings,
    )
