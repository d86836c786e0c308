"""What a target generator is, and the registry of target generators."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import nn

from deeplabcut.core.codecs.base import Target
from deeplabcut.core.errors import InvalidInput
from deeplabcut.pose_estimation_pytorch.registry import Registry

Targets = dict[str, dict[str, torch.Tensor]]
"""Name of an output -> ``{"target": tensor, "weights": tensor}``."""

_HERE = "deeplabcut.pose_estimation_pytorch.models.target_generators"

TARGET_GENERATORS = Registry(
    "target generators",
    homes={
        "DEKRGenerator": f"{_HERE}.dekr_targets:DEKRGenerator",
        "HeatmapGaussianGenerator": f"{_HERE}.heatmap_targets:HeatmapGaussianGenerator",
        "HeatmapPlateauGenerator": f"{_HERE}.heatmap_targets:HeatmapPlateauGenerator",
        "PartAffinityFieldGenerator": f"{_HERE}.pafs_targets:PartAffinityFieldGenerator",
        "SequentialGenerator": f"{_HERE}.base:SequentialGenerator",
        "SimCCGenerator": f"{_HERE}.sim_cc:SimCCGenerator",
    },
)


class BaseGenerator(ABC, nn.Module):
    """Draws what a head should predict for the labels of a batch.

    Parameters
    ----------
    label_keypoint_key : str
        Which of the labels are drawn: ``keypoints`` or ``keypoints_unique``.
    """

    def __init__(self, label_keypoint_key: str = "keypoints") -> None:
        super().__init__()
        self.label_keypoint_key = label_keypoint_key

    @abstractmethod
    def forward(self, stride: float, outputs: dict[str, torch.Tensor], labels: dict[str, Any]) -> Targets:
        """The targets, and perhaps weights, of outputs by their names.

        Parameters
        ----------
        stride : float
            Pixels of the network's input per cell of the maps.
        outputs : dict of tensors
            What the head made of the batch.
        labels : dict
            The annotations of the batch.
        """

    def keypoints(self, labels: Mapping[str, Any], output: torch.Tensor) -> Any:
        """The labels that are drawn, where `output` is: an array, or a tensor on another device."""
        return beside(find_labels(labels, self.label_keypoint_key), output)


@TARGET_GENERATORS.register_module
class SequentialGenerator(BaseGenerator):
    """The targets of several generators; of two for one output the later counts.

    Parameters
    ----------
    generators : list of dict
        Configurations of generators, or generators.
    label_keypoint_key : str
        The labels of generators whose configurations name none.
    """

    def __init__(self, generators: Sequence[dict[str, Any]], label_keypoint_key: str = "keypoints") -> None:
        super().__init__(label_keypoint_key)
        default = {"label_keypoint_key": label_keypoint_key}
        self._generators = nn.ModuleList(
            one if isinstance(one, nn.Module) else TARGET_GENERATORS.build(one, default_args=default)
            for one in generators
        )

    @property
    def generators(self) -> list[BaseGenerator]:
        """The generators, in their order."""
        return list(self._generators)

    def forward(self, stride: float, outputs: dict[str, torch.Tensor], labels: dict[str, Any]) -> Targets:
        """The targets of all generators."""
        return {name: target for one in self._generators for name, target in one(stride, outputs, labels).items()}


def find_labels(labels: Mapping[str, Any], key: str) -> Any:
    """The labels of this name."""
    if key not in labels:
        raise InvalidInput(
            f"The labels have no {key!r}, only {', '.join(labels)}.", fix="name other labels in the head"
        )
    return labels[key]


def beside(values: Any, output: torch.Tensor) -> Any:
    """Labels where the targets are drawn: in numpy for outputs on the CPU, else as a tensor on their device."""
    if output.device.type != "cpu":
        return torch.as_tensor(values, device=output.device)
    return values.detach().cpu().numpy() if isinstance(values, torch.Tensor) else np.asarray(values)


def as_target(target: Target) -> dict[str, torch.Tensor]:
    """The target as criteria take it."""
    return {"target": as_tensor(target.values), "weights": as_tensor(target.weights)}


def as_tensor(values: Any) -> torch.Tensor:
    """The array as a tensor in the same memory; one that repeats itself along an axis stays small."""
    if isinstance(values, np.ndarray) and 0 in values.strides:
        once = values[tuple(slice(None) if step else slice(0, 1) for step in values.strides)]
        return torch.as_tensor(once.copy()).expand(values.shape)
    return torch.as_tensor(values)
