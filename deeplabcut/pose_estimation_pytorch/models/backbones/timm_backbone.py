"""Any network of timm as a backbone: convolutional, transformer or both, for images of any size."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from deeplabcut.core.errors import InvalidInput
from deeplabcut.core.text import printable
from deeplabcut.pose_estimation_pytorch.models.backbones.base import BACKBONES, BaseBackbone
from deeplabcut.pose_estimation_pytorch.models.backbones.timm_models import create_timm_model

_ANY_SIZE: tuple[dict[str, Any], ...] = ({"dynamic_img_size": True}, {"strict_img_size": False}, {})


@BACKBONES.register_module
class TimmBackbone(BaseBackbone):
    """The features of a network of timm at one stride: (B, C, ceil(H / stride), ceil(W / stride)).

    Images are normalised as for every backbone, and given to the network as it was trained. Plain transformers give
    the patches of their last block, and the places of patches are interpolated for images of other sizes.

    Parameters
    ----------
    model_name : str
        A name that timm knows, for example mobilenetv4_conv_small, efficientvit_b0 or vit_small_patch14_dinov2;
        ``name.tag`` chooses among several sets of trained weights.
    stride : int, optional
        One of those of the network, the coarsest by default; what lies behind it is not computed.
    pretrained : bool
        Start from trained weights.
    interpolate_branches : bool
        Return all features from this stride to the coarsest, enlarged and joined.
    img_size : (int, int), optional
        Height and width of the images, for networks that can only be made for one size.
    drop_path_rate : float
        How often training leaves out a residual path.
    model_args : dict, optional
        Further arguments of ``timm.create_model``, for example ``output_stride`` or ``patch_size``.
    """

    def __init__(
        self,
        model_name: str,
        stride: int | None = None,
        pretrained: bool = False,
        interpolate_branches: bool = False,
        img_size: tuple[int, int] | None = None,
        drop_path_rate: float = 0.0,
        model_args: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        options = dict(model_args or {})
        options |= {"drop_path_rate": drop_path_rate} if drop_path_rate else {}
        options |= {"img_size": tuple(img_size)} if img_size else {}
        levels = _examined(model_name, options)
        level = levels.at(stride, model_name)
        super().__init__(stride=levels.strides[level], **kwargs)
        taken = levels.coarser(level) if interpolate_branches else [level]
        self.model_name = model_name
        self.model = create_timm_model(
            model_name, pretrained=pretrained, features_only=True, **levels.options, **levels.choice(taken)
        )
        _cut_behind(self.model)
        self.out_channels = sum(self.model.feature_info.channels())
        self._multiple = max(levels.strides[i] for i in taken)
        self._channels_last = str(getattr(self.model, "output_fmt", "")).endswith("NHWC")
        self._only_size = levels.only_size
        scale, shift = _renormalization(self.model.pretrained_cfg)
        self.register_buffer("input_scale", scale)
        self.register_buffer("input_shift", shift)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        height, width = x.shape[-2:]
        if (height, width) != self._only_size:
            x = nn.functional.pad(x, (0, -width % self._multiple, 0, -height % self._multiple))
        maps = self._features(x * self.input_scale + self.input_shift)
        if self._channels_last:
            maps = [y.permute(0, 3, 1, 2) for y in maps]
        size = maps[0].shape[-2:]
        coarse = [nn.functional.interpolate(y, size, mode="bilinear", align_corners=False) for y in maps[1:]]
        joined = torch.cat([maps[0], *coarse], dim=1) if coarse else maps[0]
        rows, columns = -(-height // int(self.stride)), -(-width // int(self.stride))
        if size[0] < rows or size[1] < columns:
            raise InvalidInput(
                f"The features of {self.model_name} do not cover the image: {tuple(size)} instead of {rows, columns}.",
                where="model.backbone",
                fix="use another network of timm",
            )
        return joined[..., :rows, :columns]

    def _features(self, x: torch.Tensor) -> list[torch.Tensor]:
        try:
            return list(self.model(x))
        except (RuntimeError, AssertionError, IndexError) as error:
            size = tuple(x.shape[-2:])
            if self._only_size in (None, size) or isinstance(error, torch.OutOfMemoryError):
                raise
            raise InvalidInput(
                f"{self.model_name} was made for images of {self._only_size}, not {size} (height, width).",
                where="model.backbone",
                fix=f"give it images of that size, set img_size: [{size[0]}, {size[1]}], or use another network",
            ) from error


@dataclass(frozen=True)
class _Levels:
    """The features that a network can give, from fine to coarse, and the options that it was examined with."""

    strides: list[int]
    options: dict[str, Any]
    is_getter: bool
    only_size: tuple[int, int] | None

    def at(self, stride: int | None, model_name: str) -> int:
        """The last level of this stride."""
        wanted = self.strides[-1] if stride is None else stride
        if wanted not in self.strides:
            raise InvalidInput(
                f"{printable(model_name)} has no features of stride {wanted}.",
                where="stride",
                fix=f"use one of {', '.join(str(one) for one in sorted(set(self.strides)))}",
            )
        return max(i for i, one in enumerate(self.strides) if one == wanted)

    def coarser(self, level: int) -> list[int]:
        """This level, and the last one of each coarser stride."""
        strides = sorted({one for one in self.strides if one >= self.strides[level]})
        return [self.at(stride, "") for stride in strides]

    def choice(self, levels: list[int]) -> dict[str, Any]:
        """What tells timm to return these levels."""
        if not self.is_getter:
            return {"out_indices": tuple(levels)}
        from_the_end = tuple(i - len(self.strides) for i in levels)
        is_plain = len(set(self.strides)) == 1
        return {"out_indices": from_the_end} | ({"feature_cls": _normed_features()} if is_plain else {})


def _examined(model_name: str, options: dict[str, Any]) -> _Levels:
    """Look at a network without computing or reserving anything."""
    for more in _ANY_SIZE:
        given = options | more
        try:
            with torch.device("meta"):
                model = create_timm_model(model_name, features_only=True, **given)
        except TypeError as error:
            if more and f"'{next(iter(more))}'" in str(error):
                continue
            raise InvalidInput(
                f"{printable(model_name)} cannot be built: {error}.",
                where="model.backbone",
                fix="leave out what the network does not take: see model_args, img_size and drop_path_rate",
            ) from error
        except RuntimeError as error:
            if "features_only" not in str(error):
                raise
            raise InvalidInput(
                f"{model_name} gives no feature maps.", where="model_name", fix="use another network of timm"
            ) from error
        cfg = model.pretrained_cfg
        only_size = None
        if cfg.get("fixed_input_size") and "dynamic_img_size" not in more:
            only_size = tuple(options.get("img_size") or cfg["input_size"][1:])
        return _Levels(model.feature_info.reduction(), given, _is_getter(model), only_size)
    raise AssertionError("unreachable: the last attempt adds nothing")


def _cut_behind(model: nn.Module) -> None:
    """Drop the blocks behind the last features that are returned, which EfficientNets and MobileNets would compute."""
    blocks = getattr(model, "blocks", None)
    named = [re.match(r"blocks\.(\d+)(\.|$)", name) for name in model.feature_info.module_name()]
    if isinstance(blocks, nn.Sequential) and named and all(named):
        model.blocks = blocks[: max(int(match[1]) for match in named if match) + 1]


def _is_getter(model: nn.Module) -> bool:
    from timm.models._features import FeatureGetterNet

    return isinstance(model, FeatureGetterNet)


def _normed_features() -> type[nn.Module]:
    """Features of transformers with the norm that ends them, which timm leaves away by default."""
    from timm.models._features import FeatureGetterNet

    class NormedFeatures(FeatureGetterNet):
        def __init__(self, model: nn.Module, **options: Any) -> None:
            super().__init__(model, norm=True, **options)

    return NormedFeatures


def _renormalization(cfg: dict[str, Any]) -> tuple[torch.Tensor, torch.Tensor]:
    """Factor and summand (3, 1, 1) from images normalised for ImageNet to what the network was trained with."""
    from timm.data import IMAGENET_DEFAULT_MEAN, IMAGENET_DEFAULT_STD

    mean, std = (torch.tensor(one)[:, None, None] for one in (IMAGENET_DEFAULT_MEAN, IMAGENET_DEFAULT_STD))
    own_mean, own_std = (
        torch.tensor(tuple(cfg.get(key) or default))[:, None, None]
        for key, default in (("mean", IMAGENET_DEFAULT_MEAN), ("std", IMAGENET_DEFAULT_STD))
    )
    return std / own_std, (mean - own_mean) / own_std
