"""HRNets that attend to where an animal's keypoints are thought to be (conditional top-down, CoAM)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from deeplabcut.core.errors import InvalidInput
from deeplabcut.core.poses import Array
from deeplabcut.pose_estimation_pytorch.models.backbones.base import BACKBONES
from deeplabcut.pose_estimation_pytorch.models.backbones.hrnet import HRNet, check_size
from deeplabcut.pose_estimation_pytorch.models.modules.coam_module import CoAMBlock, SelfAttentionModule_CoAM
from deeplabcut.pose_estimation_pytorch.models.modules.kpt_encoders import BaseKeypointEncoder, built_encoder


@BACKBONES.register_module
class HRNetCoAM(HRNet):
    """An HRNet with attention to a condition between its stages.

    Parameters
    ----------
    kpt_encoder : dict or BaseKeypointEncoder
        How the condition is drawn.
    base_model_name : str
        The HRNet.
    pretrained : bool
        Start the HRNet from ImageNet weights.
    coam_modules : sequence of int
        Where attention to the condition stands: before stage 2, 3 or 4 (1, 2, 3), or after the last (4).
    selfatt_coam_modules : sequence of int, optional
        Where attention of the features to themselves stands, at other places.
    channel_att_only : bool
        Attend between channels and not between places.
    att_heads : int
        The heads of the attention.
    img_size : (int, int)
        Height and width of the images, which cannot change.
    variant : str, optional
        Short for the model name without "hrnet_".
    """

    def __init__(
        self,
        kpt_encoder: dict[str, Any] | BaseKeypointEncoder,
        base_model_name: str = "hrnet_w32",
        pretrained: bool = True,
        coam_modules: Sequence[int] = (2,),
        selfatt_coam_modules: Sequence[int] | None = None,
        channel_att_only: bool = False,
        att_heads: int = 1,
        img_size: tuple[int, int] = (256, 256),
        *,
        variant: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(model_name=base_model_name, pretrained=pretrained, variant=variant, **kwargs)
        places, own_places = set(coam_modules or ()), set(selfatt_coam_modules or ())
        if wrong := {*places, *own_places} - {1, 2, 3, 4}:
            raise InvalidInput(f"There is no place {sorted(wrong)} for attention.", fix="use 1, 2, 3 or 4")
        if both := places & own_places:
            raise InvalidInput(
                f"At {sorted(both)} stand both coam_modules and selfatt_coam_modules.", fix="choose one of the two"
            )
        self.img_size = tuple(img_size)
        self.cond_enc = built_encoder(kpt_encoder, self.img_size)

        def sizes(place: int) -> tuple[list[tuple[int, int]], list[int]]:
            n = 1 if place == 4 else place + 1
            height, width = self.img_size
            return [(height >> k, width >> k) for k in range(2, 2 + n)], self.branch_channels[:n]

        def attention(place: int) -> CoAMBlock:
            return CoAMBlock(*sizes(place), self.cond_enc.num_channels, att_heads, channel_att_only)

        stages = [attention(place) if place in places else None for place in (1, 2, 3, 4)]
        own_stages = [SelfAttentionModule_CoAM(*sizes(p)) if p in own_places else None for p in (1, 2, 3, 4)]
        self.coam_stages = nn.ModuleList(stages)
        self.selfatt_coam_stages = nn.ModuleList(own_stages)

    def stages(self, x: torch.Tensor, cond_hm: torch.Tensor) -> list[torch.Tensor]:
        """The branches after the last stage, from the map after the stem."""
        net = self.model
        x = net.layer1(x)
        maps = self._attended(1, [step(x) for step in net.transition1], cond_hm)
        maps = self._attended(2, _split(net.transition2, net.stage2(maps)), cond_hm)
        maps = self._attended(3, _split(net.transition3, net.stage3(maps)), cond_hm)
        last: list[torch.Tensor] = net.stage4(maps)
        return self._attended(4, last[:1], cond_hm) + last[1:]

    def forward(self, x: torch.Tensor, cond_kpts: Array | torch.Tensor) -> torch.Tensor:  # type: ignore[override]
        """``cond_kpts`` are (B, 1, K, 3): x, y in pixels of the image, and whether the keypoint is there."""
        if tuple(x.shape[-2:]) != self.img_size:
            raise InvalidInput(
                f"The network was made for images of {self.img_size}, not {tuple(x.shape[-2:])} (height, width).",
                fix="set img_size of the backbone and top_down_crop of the data to the same size",
            )
        check_size(x)
        cond_hm = self.cond_enc.condition(cond_kpts, x)
        net = self.model
        x = net.act1(net.bn1(net.conv1(x)))
        x = net.act2(net.bn2(net.conv2(x)))
        maps = self.stages(x, cond_hm)
        if net.incre_modules is not None:
            maps = [more(y) for more, y in zip(net.incre_modules, maps, strict=True)]
        return self.prepare_output(maps)

    def _attended(self, place: int, maps: list[torch.Tensor], cond_hm: torch.Tensor) -> list[torch.Tensor]:
        for stages in (self.coam_stages, self.selfatt_coam_stages):
            if stages[place - 1] is not None:
                maps = stages[place - 1](maps, cond_hm)
        return maps


def _split(transition: nn.ModuleList, maps: list[torch.Tensor]) -> list[torch.Tensor]:
    """The branches that enter the next stage; a new one grows from the coarsest."""
    return [maps[i] if isinstance(step, nn.Identity) else step(maps[-1]) for i, step in enumerate(transition)]
