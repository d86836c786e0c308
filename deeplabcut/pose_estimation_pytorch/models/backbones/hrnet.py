"""HRNets: branches of several resolutions that stay beside each other and exchange what they see."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from deeplabcut.core.errors import InvalidInput
from deeplabcut.pose_estimation_pytorch.models.backbones.base import BACKBONES, BaseBackbone
from deeplabcut.pose_estimation_pytorch.models.backbones.timm_models import check_timm_name, create_timm_model


@BACKBONES.register_module
class HRNet(BaseBackbone):
    """The finest branch of an HRNet, or all branches brought to its size.

    Height and width of the images must be multiples of 32.

    Parameters
    ----------
    stride : int
        Of the finest branch.
    model_name : str
        hrnet_w18, hrnet_w32, hrnet_w48 or another HRNet of timm.
    pretrained : bool
        Start from ImageNet weights.
    interpolate_branches : bool
        Return all branches, enlarged to the finest and joined.
    increased_channel_count : bool
        Use the branches with the channels that the classifier sees: 128, 256, 512, 1024.
    variant : str, optional
        Short for the model name without "hrnet_".
    """

    def __init__(
        self,
        stride: int = 4,
        model_name: str = "hrnet_w32",
        pretrained: bool = False,
        interpolate_branches: bool = False,
        increased_channel_count: bool = False,
        *,
        variant: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(stride=stride, **kwargs)
        name = f"hrnet_{variant}" if variant else model_name
        check_timm_name(name, module="hrnet", part="HRNet")
        self.model = create_timm_model(
            name,
            pretrained=pretrained,
            features_only=True,
            feature_location="incre" if increased_channel_count else "",
            out_indices=(1, 2, 3, 4),
        )
        self.interpolate_branches = interpolate_branches
        self.branch_channels = _channels(self.model)
        self.out_channels = sum(self.branch_channels) if interpolate_branches else self.branch_channels[0]

    def prepare_output(self, y_list: list[torch.Tensor]) -> torch.Tensor:
        """One map of the branches, the finest first."""
        if not self.interpolate_branches:
            return y_list[0]
        size = y_list[0].shape[-2:]
        coarse = [nn.functional.interpolate(y, size, mode="bilinear", align_corners=False) for y in y_list[1:]]
        return torch.cat([y_list[0], *coarse], dim=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        check_size(x)
        return self.prepare_output(self.model(x))


def check_size(x: torch.Tensor) -> None:
    """Raise unless the four branches of an HRNet fit to images of this size."""
    height, width = x.shape[-2:]
    if -(-height // 4) % 8 or -(-width // 4) % 8:
        raise InvalidInput(
            f"An HRNet needs images whose height and width are multiples of 32, not {height} x {width}.",
            fix="set data.train.auto_padding and data.inference.auto_padding to {pad_height_divisor: 32, "
            "pad_width_divisor: 32}, or crop or resize the images to such a size",
        )


def _channels(model: nn.Module) -> list[int]:
    """Of each branch, the finest first."""
    return list(model.feature_info.channels())
