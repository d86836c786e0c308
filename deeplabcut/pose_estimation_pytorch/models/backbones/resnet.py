"""ResNets, and the DLCRNet that also looks at their finer layers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import nn

from deeplabcut.core.errors import InvalidInput
from deeplabcut.pose_estimation_pytorch.models.backbones.base import BACKBONES, BaseBackbone
from deeplabcut.pose_estimation_pytorch.models.backbones.timm_models import check_timm_name, create_timm_model


@BACKBONES.register_module
class ResNet(BaseBackbone):
    """The last layer of a ResNet.

    Parameters
    ----------
    model_name : str
        Any ResNet of timm: resnet18, resnet50_gn, resnext50_32x4d, ... A name with a tag chooses its trained weights.
    output_stride : int
        8, 16 or 32; below 32 the last stages are dilated instead of reduced.
    pretrained : bool
        Start from ImageNet weights.
    drop_path_rate, drop_block_rate : float
        How often training leaves out a residual path, or a block of features.
    variant : str, optional
        Short for the model name without "resnet".
    """

    def __init__(
        self,
        model_name: str = "resnet50",
        output_stride: int = 32,
        pretrained: bool = False,
        drop_path_rate: float = 0.0,
        drop_block_rate: float = 0.0,
        *,
        variant: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(stride=output_stride, **kwargs)
        if output_stride not in (8, 16, 32):
            raise InvalidInput(
                f"A ResNet cannot have the stride {output_stride}.", where="output_stride", fix="use 8, 16 or 32"
            )
        name = f"resnet{variant}" if variant else model_name
        check_timm_name(name, module="resnet", part="ResNet")
        self.model = create_timm_model(
            name,
            pretrained=pretrained,
            output_stride=output_stride,
            drop_path_rate=drop_path_rate,
            drop_block_rate=drop_block_rate,
            num_classes=0,
        )
        self.out_channels = self.model.num_features

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.model.forward_features(x)


@BACKBONES.register_module
class DLCRNet(ResNet):
    """A ResNet's last layer beside two finer ones; gradients do not flow from those two into the ResNet."""

    def __init__(
        self, model_name: str = "resnet50", output_stride: int = 32, pretrained: bool = True, **kwargs: Any
    ) -> None:
        super().__init__(model_name=model_name, output_stride=output_stride, pretrained=pretrained, **kwargs)
        stages = (self.model.layer1, self.model.layer2)
        if min(len(stage) for stage in stages) < 3:
            raise InvalidInput(
                f"A DLCRNet looks at the third blocks of a ResNet's first two stages; {model_name} has fewer.",
                where="model_name", fix="use resnet34, resnet50 or a larger one",
            )  # fmt: skip
        n_fine, n_middle = (stage[2].conv1.in_channels for stage in stages)
        self.conv_block1 = _conv_block(n_middle, 512, 3, 2)
        self.conv_block2 = _conv_block(512, 128, 1)
        self.conv_block3 = _conv_block(n_fine, 256, 3, 2)
        self.conv_block4 = _conv_block(256, 256, 3, 2)
        self.conv_block5 = _conv_block(256, 128, 1)
        self.out_channels = self.model.num_features + 256

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        net = self.model
        first, second = list(net.layer1), list(net.layer2)
        fine = _through(first[:3], net.maxpool(net.act1(net.bn1(net.conv1(x)))))
        middle = _through(first[3:] + second[:3], fine)
        trunk = net.layer4(net.layer3(_through(second[3:], middle)))
        bank1 = self.conv_block5(self.conv_block4(self.conv_block3(fine.detach())))
        bank2 = self.conv_block2(self.conv_block1(middle.detach()))
        size = trunk.shape[-2:]
        banks = [  # in float32: a CPU cannot resize in half precision
            nn.functional.interpolate(bank.float(), size, mode="bilinear", antialias=True).to(trunk.dtype)
            for bank in (bank1, bank2)
        ]
        return torch.cat([*banks, trunk], dim=1)


def _through(blocks: Iterable[nn.Module], x: torch.Tensor) -> torch.Tensor:
    for block in blocks:
        x = block(x)
    return x


def _conv_block(n_in: int, n_out: int, kernel_size: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(n_in, n_out, kernel_size, stride), nn.BatchNorm2d(n_out, momentum=0.001), nn.ReLU(inplace=True)
    )
