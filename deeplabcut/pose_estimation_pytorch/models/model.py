"""A network for poses: a backbone, perhaps a neck, and heads."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from deeplabcut.core.errors import InvalidInput
from deeplabcut.pose_estimation_pytorch.config.model import ModelConfig
from deeplabcut.pose_estimation_pytorch.models.backbones.base import BACKBONES
from deeplabcut.pose_estimation_pytorch.models.heads.base import HEADS, BaseHead, Maps, State, WeightConversionMixin
from deeplabcut.pose_estimation_pytorch.models.loading import (
    SnapshotMismatch,
    described,
    filter_state_dict,
    load_parts,
    read_snapshot,
    weights_of,
)
from deeplabcut.pose_estimation_pytorch.models.necks.base import NECKS
from deeplabcut.pose_estimation_pytorch.registry import settings_of

if TYPE_CHECKING:
    from deeplabcut.core.weight_init import WeightInitialization

logger = logging.getLogger(__name__)

MapsOfHeads = dict[str, Maps]

__all__ = ["PoseModel", "filter_state_dict"]


class PoseModel(nn.Module):
    """A backbone whose features go through a neck, where there is one, to every head.

    Parameters
    ----------
    cfg : ModelConfig, dict, or path of a yaml file
        The ``model`` section of the configuration.
    heads : dict of BaseHead
        By name: ``bodypart``, ``unique_bodypart``, ``identity``.
    """

    def __init__(
        self,
        cfg: Any,
        backbone: nn.Module,
        heads: Mapping[str, BaseHead],
        neck: nn.Module | None = None,
    ) -> None:
        super().__init__()
        self._cfg = cfg
        self.backbone = backbone
        self.heads = nn.ModuleDict(heads)
        self.neck = neck
        self.output_features = False
        self._strides = {name: _stride(backbone, head) for name, head in heads.items()}

    @property
    def cfg(self) -> ModelConfig:
        """The configuration that the network was built from."""
        return ModelConfig.from_any(self._cfg)

    def forward(self, x: torch.Tensor, **backbone_kwargs: Any) -> MapsOfHeads:
        """The maps of every head, for a batch of images or a single one.

        Parameters
        ----------
        x : (n, 3, height, width) or (3, height, width) tensor
        backbone_kwargs
            What the backbone takes besides, ``cond_kpts`` for instance.
        """
        features = self.backbone(x[None] if x.ndim == 3 else x, **backbone_kwargs)
        maps = {"backbone": {"features": features}} if self.output_features else {}
        if self.neck is not None:
            features = self.neck(features)
        return maps | {name: head(features) for name, head in self.heads.items()}

    def get_target(self, outputs: MapsOfHeads, labels: dict[str, Any]) -> dict[str, dict[str, Any]]:
        """The maps that the labels stand for, of every head."""
        return {
            name: head.target_generator(self._strides[name], outputs[name], labels) for name, head in self.heads.items()
        }

    def get_loss(self, outputs: MapsOfHeads, targets: dict[str, dict[str, Any]]) -> dict[str, torch.Tensor]:
        """Every loss as ``<head>_<name>``, and their mean over the heads as ``total_loss``."""
        losses = {name: head.get_loss(outputs[name], targets[name]) for name, head in self.heads.items()}
        total = torch.stack([of_head["total_loss"] for of_head in losses.values()]).mean()
        named = {f"{head}_{name}": loss for head, of_head in losses.items() for name, loss in of_head.items()}
        return {**named, "total_loss": total}

    def get_predictions(self, outputs: MapsOfHeads) -> dict[str, dict[str, Any]]:
        """The poses that every head reads from its maps, in pixels of the network's input."""
        features = {"backbone": outputs["backbone"]} if "backbone" in outputs else {}
        return features | {
            name: _with_poses(head.predictor(self._strides[name], outputs[name])) for name, head in self.heads.items()
        }

    def get_stride(self, head: str) -> float:
        """How many pixels of the input a cell of the head's maps is wide."""
        if head not in self._strides:
            raise InvalidInput(f"There is no head {head!r}.", fix=f"use one of {', '.join(self._strides)}")
        return self._strides[head]

    @staticmethod
    def build(
        cfg: Any, weight_init: WeightInitialization | None = None, pretrained_backbone: bool = False
    ) -> PoseModel:
        """The network that a configuration describes.

        Parameters
        ----------
        cfg : dict or ModelConfig
            The ``model`` section; it is not changed.
        weight_init : WeightInitialization, optional
            The snapshot to begin with, and what to take from it.
        pretrained_backbone : bool
            Begin with published weights of the backbone, whatever ``cfg`` says; they are fetched once.
        """
        given = cfg.to_dict() if hasattr(cfg, "to_dict") else cfg
        content: Mapping[str, Any] = given if isinstance(given, Mapping) else {}
        if absent := [key for key in ("backbone", "heads") if not content.get(key)]:
            keys = f"its keys are {', '.join(map(str, content))}" if content else f"it is {given!r}"
            raise InvalidInput(
                f"The configuration of a network has no {' and no '.join(absent)}; {keys}.",
                fix="give the model section of a configuration: a backbone, and heads by name ({bodypart: {...}})",
            )
        of_backbone = settings_of(content["backbone"], BACKBONES)
        of_backbone.pop("pretrained", None)
        backbone = BACKBONES.build(of_backbone, default_args={"pretrained": pretrained_backbone})
        neck = NECKS.build(content["neck"]) if content.get("neck") else None
        heads = {name: HEADS.build(head) for name, head in content["heads"].items()}
        model = PoseModel(cfg, backbone, heads, neck)
        if weight_init is not None:
            _start_from(model, weight_init)
        return model


def _stride(backbone: nn.Module, head: BaseHead) -> float:
    stride: float = backbone.stride
    return stride / head.stride if head.stride > 0 else stride * -head.stride


def _with_poses(prediction: dict[str, Any]) -> dict[str, Any]:
    """A prediction as it is; coordinates (n, n_bodyparts, 2) and scores become the poses of one animal."""
    if "poses" in prediction or not {"coordinates", "scores"} <= set(prediction):
        return prediction
    poses = torch.cat([prediction["coordinates"], prediction["scores"][..., None]], dim=-1)
    return {**prediction, "poses": poses[:, None]}


def _start_from(model: PoseModel, weight_init: WeightInitialization) -> None:
    """Take the backbone from a snapshot, and with a decoder the heads, for the bodyparts that are asked for."""
    path = weight_init.snapshot_path
    if path is None:
        raise InvalidInput("The weights to begin with have no snapshot_path.", fix="name the snapshot to begin with")
    whole = weights_of(read_snapshot(path), path)
    parts = {part: filter_state_dict(whole, part) for part in ("backbone", "neck")}
    states = {part: state for part, state in parts.items() if state or part == "backbone"}
    if weight_init.with_decoder:
        states |= _heads_for(model, whole, weight_init, path)
    if model.neck is None:
        states.pop("neck", None)
    load_parts(model, states, path=path, whole=whole)


def _heads_for(model: PoseModel, whole: State, weight_init: WeightInitialization, path: Path | str) -> dict[str, State]:
    states = {}
    for name, head in model.heads.items():
        state = filter_state_dict(whole, f"heads.{name}")
        if not state and name != "bodypart":
            logger.warning("The snapshot has no head %s; it is trained from scratch.", name)
            continue
        if name == "bodypart" and not weight_init.memory_replay:
            if not isinstance(head, WeightConversionMixin):
                raise InvalidInput(
                    f"The weights of a {type(head).__name__} cannot be carried over to other bodyparts.",
                    fix="keep the backbone only (with_decoder=False), or keep the bodyparts (memory_replay=True)",
                )
            state = _converted(head, state, torch.as_tensor(weight_init.conversion_array), whole, path)
        states[f"heads.{name}"] = state
    return states


def _converted(
    head: WeightConversionMixin, state: State, conversion: torch.Tensor, whole: State, path: Path | str
) -> State:
    try:
        return head.convert_weights(state, "", conversion.long())
    except (KeyError, IndexError, RuntimeError) as error:
        raise SnapshotMismatch(
            f"The head of the snapshot cannot be carried over to {len(conversion)} bodyparts, which are its numbers"
            f" {conversion.tolist()}; it was trained for {described(whole)}.",
            where=path,
            fix="choose a snapshot with a head of the same kind, and numbers of bodyparts that it has",
        ) from error
