"""What a backbone is, the registry of backbones, and where their trained weights come from."""

from __future__ import annotations

import os
import re
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

import torch
from torch import nn

from deeplabcut.core.errors import InvalidInput
from deeplabcut.io.cache import made_user_cache
from deeplabcut.io.download import download
from deeplabcut.pose_estimation_pytorch.models.modules.norm import freeze
from deeplabcut.pose_estimation_pytorch.registry import Registry

_HERE = "deeplabcut.pose_estimation_pytorch.models.backbones"
_OLD_FOLDER = "pretrained_weights"  # within the package, where earlier versions kept what they downloaded

BACKBONES = Registry(
    "backbones",
    homes={
        "CSPNeXt": f"{_HERE}.cspnext:CSPNeXt",
        "CondPreNet": f"{_HERE}.cond_prenet:CondPreNet",
        "DLCRNet": f"{_HERE}.resnet:DLCRNet",
        "HRNet": f"{_HERE}.hrnet:HRNet",
        "HRNetCoAM": f"{_HERE}.hrnet_coam:HRNetCoAM",
        "ResNet": f"{_HERE}.resnet:ResNet",
        "TimmBackbone": f"{_HERE}.timm_backbone:TimmBackbone",
    },
)


class BaseBackbone(ABC, nn.Module):
    """Turns a batch of images (B, 3, H, W) into features (B, C, h, w).

    Parameters
    ----------
    stride : int or float
        How many pixels of the image one pixel of the features stands for.
    freeze_bn_weights, freeze_bn_stats : bool
        Whether training leaves the weights, and the statistics, of all `torch.nn.BatchNorm2d` layers as they are;
        other kinds of normalisation are not meant.
    """

    out_channels: int | None = None
    """C, where the backbone knows it."""

    def __init__(self, stride: int | float, freeze_bn_weights: bool = True, freeze_bn_stats: bool = True) -> None:
        super().__init__()
        self.stride = stride
        self.freeze_bn_weights = freeze_bn_weights
        self.freeze_bn_stats = freeze_bn_stats

    @abstractmethod
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The features (B, C, h, w) of images (B, 3, H, W)."""

    def freeze_batch_norm_layers(self) -> None:
        """Keep batch norm from changing, as far as the flags say."""
        freeze(self, nn.BatchNorm2d, weights=self.freeze_bn_weights, stats=self.freeze_bn_stats)

    def train(self, mode: bool = True) -> BaseBackbone:
        """Switch between training and use; what is frozen stays so."""
        super().train(mode)
        self.freeze_batch_norm_layers()
        return self


class HuggingFaceWeightsMixin:
    """Trained weights from a repository of the Hugging Face hub; ``HF_ENDPOINT`` names a mirror.

    Parameters
    ----------
    backbone_weight_folder : path, optional
        Where the files are kept, the user's cache by default.
    repo_id : str
        ``owner/name`` of the repository.
    """

    def __init__(
        self,
        backbone_weight_folder: str | Path | None = None,
        repo_id: str = "DeepLabCut/DeepLabCut-Backbones",
        *args: Any,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        if not re.fullmatch(r"[\w.-]+/[\w.-]+", repo_id):
            raise InvalidInput(f"{repo_id!r} names no repository.", where="repo_id", fix="write it as owner/name")
        self.backbone_weight_folder = Path(backbone_weight_folder) if backbone_weight_folder else None
        self.repo_id = repo_id

    def download_weights(self, filename: str, force: bool = False) -> Path:
        """The file of this name, fetched unless it is there; ``force`` fetches it again."""
        if not re.fullmatch(r"\w[\w.-]*", filename):
            raise InvalidInput(f"{filename!r} is no name of a file with weights.", fix="write it without folders")
        if not force and (found := self._kept(filename)) is not None:
            return found
        folder = self.backbone_weight_folder or made_user_cache("backbones")
        folder.mkdir(parents=True, exist_ok=True)
        server = os.environ.get("HF_ENDPOINT", "https://huggingface.co").rstrip("/")
        url = f"{server}/{self.repo_id}/resolve/main/{filename}"
        if not force:
            return download(url, folder / filename)
        fresh = download(url, folder / f"fresh-{filename}")
        return fresh.replace(folder / filename)

    def _kept(self, filename: str) -> Path | None:
        """The file in the folder of this backbone or in one of an earlier version, also in the layout of the hub."""
        package = Path(__file__).parents[2]
        old = [package / _OLD_FOLDER, package / "models" / _OLD_FOLDER, package / "models" / "backbones" / _OLD_FOLDER]
        folders = old if self.backbone_weight_folder is None else [self.backbone_weight_folder]
        in_hub = f"models--{self.repo_id.replace('/', '--')}/snapshots/*/{filename}"
        found = [path for folder in folders for path in [folder / filename, *sorted(folder.glob(in_hub))]]
        return next((path for path in found if path.is_file()), None)
