"""What every head is: maps from features, the targets they are trained towards, and the poses read from them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from deeplabcut.core.errors import InvalidInput
from deeplabcut.pose_estimation_pytorch.models.criterions.base import CRITERIONS, LOSS_AGGREGATORS
from deeplabcut.pose_estimation_pytorch.models.predictors.base import PREDICTORS
from deeplabcut.pose_estimation_pytorch.models.target_generators.base import TARGET_GENERATORS
from deeplabcut.pose_estimation_pytorch.models.weight_init import WEIGHT_INIT, Start
from deeplabcut.pose_estimation_pytorch.registry import Registry, build_from_cfg, settings_of

State = dict[str, torch.Tensor]
Maps = dict[str, torch.Tensor]


def build_head(cfg: Any, registry: Registry, **settings: Any) -> BaseHead:
    """A head from its configuration; its predictor, targets and criteria may be configurations or ready parts."""
    parts = settings_of(cfg, registry)
    criterion, aggregator = _built_criteria(parts.pop("criterion", None))
    parts |= {"criterion": criterion} if criterion is not None else {}
    ready = {"aggregator": aggregator} | (settings.pop("default_args", None) or {})
    for key, parts_registry in (("predictor", PREDICTORS), ("target_generator", TARGET_GENERATORS)):
        if isinstance(parts.get(key), (Mapping, str)):
            parts[key] = parts_registry.build(parts[key])
    head: BaseHead = build_from_cfg(parts, registry=registry, default_args=ready, **settings)
    return head


def _built_criteria(criterion: Any) -> tuple[Any, nn.Module | None]:
    """The criteria of a head, and an aggregator where they are several by name."""
    if criterion is None or isinstance(criterion, nn.Module):
        return criterion, None
    if not isinstance(criterion, Mapping) or "type" in criterion:
        return _built_criterion(criterion), None
    if all(isinstance(one, nn.Module) for one in criterion.values()):
        return criterion, None  # whoever built them brings an aggregator
    built = {name: _built_criterion(one) for name, one in criterion.items()}
    weights = {name: one.get("weight", 1.0) if isinstance(one, Mapping) else 1.0 for name, one in criterion.items()}
    return built, LOSS_AGGREGATORS.build({"type": "WeightedLossAggregator", "weights": weights})


def _built_criterion(criterion: Any) -> nn.Module:
    if isinstance(criterion, nn.Module):
        return criterion
    settings = settings_of(criterion, CRITERIONS)
    settings.pop("weight", None)
    built: nn.Module = CRITERIONS.build(settings)
    return built


_HERE = "deeplabcut.pose_estimation_pytorch.models.heads"

HEADS = Registry(
    "heads",
    build_func=build_head,
    homes={
        "HeatmapHead": f"{_HERE}.simple_head:HeatmapHead",
        "DLCRNetHead": f"{_HERE}.dlcrnet:DLCRNetHead",
        "DEKRHead": f"{_HERE}.dekr:DEKRHead",
        "RTMCCHead": f"{_HERE}.rtmcc_head:RTMCCHead",
        "TransformerHead": f"{_HERE}.transformer:TransformerHead",
    },
)


class BaseHead(ABC, nn.Module):
    """Maps from features, with their loss and their poses.

    Parameters
    ----------
    stride : number
        How many cells of the head's maps one cell of the features becomes; negative where the maps are smaller.
    predictor : BasePredictor
        Reads poses from the maps.
    target_generator : BaseGenerator
        Draws the maps that the labels stand for.
    criterion : BaseCriterion or dict of them
        The loss of the only map, or of each map by its name.
    aggregator : BaseLossAggregator, optional
        Makes one loss of several; needed with a dict of criteria, and only then.
    weight_init : str, dict or BaseWeightInitializer, optional
        How the parameters start. A head that takes it calls ``self._init_weights()`` once its layers exist.
    """

    def __init__(
        self,
        stride: int | float = 1,
        predictor: nn.Module | None = None,
        target_generator: nn.Module | None = None,
        criterion: dict[str, nn.Module] | nn.Module | None = None,
        aggregator: nn.Module | None = None,
        weight_init: Start = None,
    ) -> None:
        super().__init__()
        if predictor is None or target_generator is None or criterion is None:
            raise InvalidInput("A head needs a predictor, a target generator and a criterion.")
        if stride == 0:
            raise InvalidInput("A head cannot have a stride of 0.")
        if isinstance(criterion, dict) != (aggregator is not None):
            raise InvalidInput(
                "Several criteria need an aggregator, and a single criterion takes none.",
                fix="give a dict of criteria with an aggregator, or one criterion without",
            )
        self.stride = stride
        self.predictor = predictor
        self.target_generator = target_generator
        self.criterion = nn.ModuleDict(criterion) if isinstance(criterion, dict) else criterion
        self.aggregator = aggregator
        self.weight_init = WEIGHT_INIT.build(weight_init)

    def _init_weights(self) -> None:
        """Set the parameters to their start; for the last line of a constructor."""
        if self.weight_init is not None:
            self.weight_init.init_weights(self)

    @abstractmethod
    def forward(self, x: torch.Tensor) -> Maps:
        """The maps of a batch of features, by name."""

    def get_loss(self, outputs: Maps, targets: dict[str, dict[str, torch.Tensor]]) -> Maps:
        """The losses by name, and what is minimised as ``total_loss``."""
        if self.aggregator is None:
            if len(outputs) != 1 or len(targets) != 1:
                raise InvalidInput(
                    f"One criterion is for one map, not for {', '.join(outputs)} with targets {', '.join(targets)}.",
                    fix="give the head a criterion for each map, by its name",
                )
            ((output,), (target,)) = outputs.values(), targets.values()
            return {"total_loss": self.criterion(output, **target)}
        if missing := [name for name in self.criterion if name not in outputs or name not in targets]:
            raise InvalidInput(
                f"There is a criterion for {', '.join(missing)}, but the head makes {', '.join(outputs) or 'nothing'}"
                f" and has targets for {', '.join(targets) or 'nothing'}.",
                fix="leave the criterion out, or let the head and its target generator make what it compares",
            )
        losses = {name: self.criterion[name](outputs[name], **targets[name]) for name in self.criterion}
        return {**losses, "total_loss": self.aggregator(losses)}


class WeightConversionMixin(ABC):
    """A head whose weights can be carried over to other bodyparts."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)

    @staticmethod
    @abstractmethod
    def convert_weights(state_dict: State, module_prefix: str, conversion: torch.Tensor) -> State:
        """The state dict for other bodyparts.

        Parameters
        ----------
        state_dict : dict of tensors
            Not changed.
        module_prefix : str
            What stands before the head's names, with its dot: ``""`` or ``"heads.bodypart."``.
        conversion : (n_bodyparts,) int tensor
            For each new bodypart, which one of the old it was.
        """
