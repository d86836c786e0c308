"""How the parameters of a head start."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

from torch import nn

from deeplabcut.pose_estimation_pytorch.registry import Registry, build_from_cfg, settings_of


class BaseWeightInitializer(ABC):
    """Sets the parameters of a module before training."""

    @abstractmethod
    def init_weights(self, model: nn.Module) -> None:
        """Set the parameters of ``model``."""


Start = str | Mapping[str, Any] | BaseWeightInitializer | None
"""What a configuration says of it: a name, a name with settings, the initializer itself, or nothing."""


def build_weight_init(weight_init: Any, registry: Registry, **settings: Any) -> BaseWeightInitializer | None:
    """The initializer that is meant: ``"normal"``, ``{"type": "Normal", "std": 0.01}``, or one as it is."""
    if weight_init is None or isinstance(weight_init, BaseWeightInitializer):
        return weight_init
    content = settings_of({"type": weight_init} if isinstance(weight_init, str) else weight_init, registry)
    if isinstance(content.get("type"), str) and content["type"] not in registry:
        content["type"] = content["type"].title().replace("_", "")
    built: BaseWeightInitializer = build_from_cfg(content, registry=registry, **settings)
    return built


WEIGHT_INIT = Registry("weight_init", build_func=build_weight_init)
"""Initializers by name; ``"normal"``, ``"dekr"`` and ``"RTMPose"`` are found as they are written in files."""


@WEIGHT_INIT.register_module
class Normal(BaseWeightInitializer):
    """Biases 0, everything else drawn from a normal distribution."""

    def __init__(self, std: float = 0.001) -> None:
        self.std = std

    def init_weights(self, model: nn.Module) -> None:
        for name, parameter in model.named_parameters():
            if name.endswith("bias"):
                nn.init.zeros_(parameter)
            else:
                nn.init.normal_(parameter, std=self.std)


@WEIGHT_INIT.register_module
class Dekr(Normal):
    """As `Normal`, the scales of normalisations included: the heads begin at zero and grow from there."""


@WEIGHT_INIT.register_module
class Rtmpose(BaseWeightInitializer):
    """Convolutions and linear layers drawn from normal distributions; normalisations of scale and bias 1."""

    def init_weights(self, model: nn.Module) -> None:
        for module in model.modules():
            if isinstance(module, (nn.Conv2d, nn.Linear)):
                nn.init.normal_(module.weight, std=0.001 if isinstance(module, nn.Conv2d) else 0.01)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)
            elif isinstance(module, nn.modules.batchnorm._BatchNorm) and module.affine:
                nn.init.ones_(module.weight)
                nn.init.ones_(module.bias)
