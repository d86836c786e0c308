"""Any backbone given a picture of where an animal's keypoints are thought to be (conditional top-down, PreNet)."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from deeplabcut.core.poses import Array
from deeplabcut.pose_estimation_pytorch.models.backbones.base import BACKBONES, BaseBackbone
from deeplabcut.pose_estimation_pytorch.models.modules.kpt_encoders import BaseKeypointEncoder, built_encoder


@BACKBONES.register_module
class CondPreNet(BaseBackbone):
    """A backbone that sees the sum of the image and of the condition, each after a few convolutions.

    Parameters
    ----------
    kpt_encoder : dict or BaseKeypointEncoder
        How the condition is drawn.
    backbone : dict or BaseBackbone
        The backbone within.
    img_size : (int, int)
        Height and width of the images.
    pretrained : bool, optional
        Whether the backbone within starts from ImageNet weights; what its own configuration says by default.
    freeze_bn_weights, freeze_bn_stats : bool, optional
        Those of the backbone within by default.
    """

    def __init__(
        self,
        kpt_encoder: dict[str, Any] | BaseKeypointEncoder,
        backbone: dict[str, Any] | BaseBackbone,
        img_size: tuple[int, int] = (256, 256),
        *,
        pretrained: bool | None = None,
        **kwargs: Any,
    ) -> None:
        if not isinstance(backbone, BaseBackbone):
            backbone = BACKBONES.build(backbone if pretrained is None else {**backbone, "pretrained": pretrained})
        inner: BaseBackbone = backbone  # type: ignore[assignment]
        flags = {"freeze_bn_weights": inner.freeze_bn_weights, "freeze_bn_stats": inner.freeze_bn_stats}
        super().__init__(stride=inner.stride, **(flags | kwargs))
        self.backbone = inner
        self.out_channels = inner.out_channels
        self.img_size = tuple(img_size)
        self.cond_enc = built_encoder(kpt_encoder, self.img_size)
        self.rgb_preNet = nn.Sequential(
            nn.Conv2d(3, 64, 3, padding="same"),
            nn.BatchNorm2d(64),
            nn.Conv2d(64, 3, 7, padding="same"),
            nn.BatchNorm2d(3),
        )
        self.cond_preNet = nn.Sequential(nn.Conv2d(self.cond_enc.num_channels, 3, 7, padding="same"), nn.BatchNorm2d(3))
        self.init_weights()

    def init_weights(self) -> None:
        """Start with convolutions that let almost nothing pass."""
        for layer in [*self.rgb_preNet, *self.cond_preNet]:
            if isinstance(layer, nn.Conv2d):
                nn.init.normal_(layer.weight, std=0.001)
            else:
                nn.init.ones_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(self, x: torch.Tensor, cond_kpts: Array | torch.Tensor) -> torch.Tensor:  # type: ignore[override]
        """``cond_kpts`` are (B, 1, K, 3): x, y in pixels of the image, and whether the keypoint is there."""
        condition = self.cond_enc.condition(cond_kpts, x)
        return self.backbone(self.rgb_preNet(x) + self.cond_preNet(condition))
