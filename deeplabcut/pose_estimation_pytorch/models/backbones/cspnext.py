"""CSPNeXt, the backbone of RTMPose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from deeplabcut.core.errors import DamagedFile, InvalidInput
from deeplabcut.pose_estimation_pytorch.models.backbones.base import (
    BACKBONES,
    BaseBackbone,
    HuggingFaceWeightsMixin,
)
from deeplabcut.pose_estimation_pytorch.models.modules.csp import CSPConvModule, CSPLayer, SPPBottleneck

VARIANTS: Mapping[str, tuple[float, float]] = {"s": (0.33, 0.5), "m": (0.67, 0.75), "l": (1.0, 1.0), "x": (1.33, 1.25)}
"""Variant -> how much deeper and wider it is than the large one."""


@dataclass(frozen=True)
class CSPNeXtLayerConfig:
    """One stage of the large network."""

    in_channels: int
    out_channels: int
    num_blocks: int
    add_identity: bool
    use_spp: bool


@BACKBONES.register_module
class CSPNeXt(HuggingFaceWeightsMixin, BaseBackbone):
    """CSPNeXt.

    Parameters
    ----------
    model_name : str
        Names the file with trained weights.
    pretrained : bool
        Start from ImageNet weights.
    arch : str
        P5, or P6 with one stage more.
    expand_ratio, deepen_factor, widen_factor : float
        How many channels pass through the blocks of a stage; how many blocks and channels there are.
    out_indices : int or tuple of int
        Which stages are returned, counted from the stem (0) or from the last (-1): one map, or a tuple.
    channel_attention : bool
        Weight the channels at the end of each stage.
    norm_layer, activation_fn : str
        SyncBN or BN; SiLU or ReLU.
    variant : str, optional
        s, m, l or x: short for the model name and its two factors.
    """

    ARCH: Mapping[str, Sequence[CSPNeXtLayerConfig]] = {
        "P5": [
            CSPNeXtLayerConfig(64, 128, 3, True, False),
            CSPNeXtLayerConfig(128, 256, 6, True, False),
            CSPNeXtLayerConfig(256, 512, 6, True, False),
            CSPNeXtLayerConfig(512, 1024, 3, False, True),
        ],
        "P6": [
            CSPNeXtLayerConfig(64, 128, 3, True, False),
            CSPNeXtLayerConfig(128, 256, 6, True, False),
            CSPNeXtLayerConfig(256, 512, 6, True, False),
            CSPNeXtLayerConfig(512, 768, 3, True, False),
            CSPNeXtLayerConfig(768, 1024, 3, False, True),
        ],
    }

    def __init__(
        self,
        model_name: str = "cspnext_m",
        pretrained: bool = False,
        arch: str = "P5",
        expand_ratio: float = 0.5,
        deepen_factor: float = 0.67,
        widen_factor: float = 0.75,
        out_indices: int | tuple[int, ...] = -1,
        channel_attention: bool = True,
        norm_layer: str = "SyncBN",
        activation_fn: str = "SiLU",
        *,
        variant: str | None = None,
        **kwargs: Any,
    ) -> None:
        if arch not in self.ARCH:
            raise InvalidInput(f"There is no arch {arch!r} of CSPNeXt.", where="arch", fix="use P5 or P6")
        if variant is not None:
            if variant not in VARIANTS:
                raise InvalidInput(
                    f"There is no CSPNeXt {variant!r}.", where="variant", fix=f"use {', '.join(VARIANTS)}"
                )
            model_name, (deepen_factor, widen_factor) = f"cspnext_{variant}", VARIANTS[variant]
        stages = self.ARCH[arch]
        chosen = [_stage_number(i, len(stages)) for i in _as_tuple(out_indices)]
        super().__init__(stride=2 ** (max(chosen) + 1), **kwargs)
        self._chosen = chosen
        self.model_name = model_name
        self.out_indices = out_indices
        style = {"norm_layer": norm_layer, "activation_fn": activation_fn}
        n, half = int(64 * widen_factor), int(64 * widen_factor // 2)
        self.stem = nn.Sequential(
            CSPConvModule(3, half, 3, stride=2, padding=1, **style),  # type: ignore[arg-type]
            CSPConvModule(half, half, 3, padding=1, **style),  # type: ignore[arg-type]
            CSPConvModule(half, n, 3, padding=1, **style),  # type: ignore[arg-type]
        )
        self.layers = ["stem"]
        for index, stage in enumerate(stages, start=1):
            n_in, n_out = (int(width * widen_factor) for width in (stage.in_channels, stage.out_channels))
            n_blocks = max(round(stage.num_blocks * deepen_factor), 1)
            parts: list[nn.Module] = [CSPConvModule(n_in, n_out, 3, stride=2, padding=1, **style)]  # type: ignore[arg-type]
            if stage.use_spp:
                parts.append(SPPBottleneck(n_out, n_out, **style))  # type: ignore[arg-type]
            parts.append(CSPLayer(n_out, n_out, expand_ratio, n_blocks, stage.add_identity, channel_attention, **style))
            self.layers.append(f"stage{index}")
            self.add_module(f"stage{index}", nn.Sequential(*parts))
        widths = [64, *(stage.out_channels for stage in stages)]
        self.out_channels = int(widths[max(chosen)] * widen_factor)
        if pretrained:
            self._load(self.download_weights(f"{model_name}.pt"))

    def forward(self, x: torch.Tensor) -> torch.Tensor | tuple[torch.Tensor, ...]:
        maps = {}
        for index, name in enumerate(self.layers[: max(self._chosen) + 1]):
            x = getattr(self, name)(x)
            maps[index] = x
        if isinstance(self.out_indices, int):
            return x
        return tuple(maps[index] for index in self._chosen)

    def _load(self, path: Path) -> None:
        """Take the trained weights in a file."""
        try:
            weights = torch.load(path, map_location="cpu", weights_only=True)["state_dict"]
        except Exception as error:  # torch raises many kinds for a file that is not its own
            raise DamagedFile(
                f"{path.name} cannot be read as trained weights ({type(error).__name__}).",
                where=path, fix="delete it and run the same command again: it is fetched again",
            ) from error  # fmt: skip
        try:
            self.load_state_dict(weights)
        except RuntimeError as error:
            raise InvalidInput(
                f"The trained weights in {path.name} are of another network than this {self.model_name}.",
                where=path, fix="set deepen_factor and widen_factor to those of the model_name: "
                + ", ".join(f"cspnext_{name} {depth} and {width}" for name, (depth, width) in VARIANTS.items()),
            ) from error  # fmt: skip


def _as_tuple(indices: int | Sequence[int]) -> tuple[int, ...]:
    return (indices,) if isinstance(indices, int) else tuple(indices)


def _stage_number(index: int, n_stages: int) -> int:
    """Counted from the stem, which is 0."""
    if not -n_stages - 1 <= index <= n_stages:
        raise InvalidInput(
            f"There is no stage {index} among the stem and {n_stages} stages.", where="out_indices",
            fix=f"use 0 to {n_stages}, or -1 for the last",
        )  # fmt: skip
    return index % (n_stages + 1)
