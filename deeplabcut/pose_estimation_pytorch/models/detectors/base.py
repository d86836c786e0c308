"""What every detector is: losses and boxes from images."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import torch
from torch import nn
from typing_extensions import Self

from deeplabcut.pose_estimation_pytorch.models.loading import load_weights, read_snapshot
from deeplabcut.pose_estimation_pytorch.models.modules.norm import freeze
from deeplabcut.pose_estimation_pytorch.registry import Registry, build_from_cfg, settings_of

Losses = dict[str, torch.Tensor]
Boxes = list[dict[str, torch.Tensor]]


def build_detector(
    cfg: Any, weight_init: Any = None, pretrained: bool = False, *, registry: Registry, **settings: Any
) -> BaseDetector:
    """A detector from its configuration.

    Parameters
    ----------
    cfg : dict or config
        With ``type`` and the settings of the detector; None stands for its default.
    weight_init : WeightInitialization, optional
        Its ``detector_snapshot_path``, if any, names the weights to begin with.
    pretrained : bool
        Whether to fetch published weights, where the configuration says nothing of it.
    """
    content = {key: value for key, value in settings_of(cfg, registry).items() if value is not None}
    defaults = {"pretrained": pretrained, "fetch": pretrained}
    detector: BaseDetector = build_from_cfg(content, registry=registry, default_args=defaults, **settings)
    path = getattr(weight_init, "detector_snapshot_path", None)
    if path is not None:
        load_weights(detector, read_snapshot(path), path=path)
    return detector


_HERE = "deeplabcut.pose_estimation_pytorch.models.detectors"

DETECTORS = Registry(
    "detectors",
    build_func=build_detector,
    homes={"FasterRCNN": f"{_HERE}.fasterRCNN:FasterRCNN", "SSDLite": f"{_HERE}.ssd:SSDLite"},
)


class BaseDetector(ABC, nn.Module):
    """Losses and boxes from images.

    Parameters
    ----------
    freeze_bn_stats, freeze_bn_weights : bool
        Keep the running statistics, or the parameters, of all batch normalisations as they are when training.
    pretrained : bool
        Begin with published weights.
    """

    def __init__(
        self, freeze_bn_stats: bool = False, freeze_bn_weights: bool = False, pretrained: bool = False
    ) -> None:
        super().__init__()
        self.freeze_bn_stats = freeze_bn_stats
        self.freeze_bn_weights = freeze_bn_weights
        self._pretrained = pretrained

    @abstractmethod
    def forward(self, x: torch.Tensor, targets: Boxes | None = None) -> tuple[Losses, Boxes]:
        """The losses, if targets are given in training, and for each image its ``boxes``, ``scores`` and ``labels``."""

    @abstractmethod
    def get_target(self, labels: dict[str, Any]) -> list[dict[str, torch.Tensor]]:
        """The targets of each image, from a batch of annotations."""

    def freeze_batch_norm_layers(self) -> None:
        """Keep batch normalisations as they are, as far as the detector is set to."""
        any_kind = nn.modules.batchnorm._BatchNorm
        freeze(self, any_kind, weights=self.freeze_bn_weights, stats=self.freeze_bn_stats)

    def train(self, mode: bool = True) -> Self:
        super().train(mode)
        self.freeze_batch_norm_layers()
        return self
