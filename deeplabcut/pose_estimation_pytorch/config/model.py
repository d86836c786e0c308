"""The ``model`` section: a backbone, heads, and what stands between them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, ValidationInfo

from deeplabcut.core.config.base import DLCBaseConfig
from deeplabcut.core.config.mistakes import Mistake, expected
from deeplabcut.core.config.validation import Fraction, StrictPositiveInt, Text, TruthValue
from deeplabcut.pose_estimation_pytorch.config.parts import part_mistakes


def _heads(value: Any) -> Any:
    if not isinstance(value, Mapping) or not all(isinstance(head, Mapping) for head in value.values()):
        raise expected("the name of each head (bodypart, unique_bodypart, identity), with its settings")
    return {str(name): dict(head) for name, head in value.items()}


class ModelConfig(DLCBaseConfig):
    """The parts of a network; each has the settings of its type."""

    backbone: dict[str, Any] = Field(default_factory=dict)
    heads: Annotated[dict[str, dict[str, Any]], BeforeValidator(_heads)] = Field(default_factory=dict)
    backbone_output_channels: StrictPositiveInt | None = None
    neck: dict[str, Any] | None = None
    pose_model: dict[str, Any] | None = None

    def contradicting(self) -> Iterable[Mistake]:
        """Settings that the parts do not take."""
        if self.backbone:
            yield from part_mistakes(self.backbone, "backbone", ("backbone",))
        for name, head in self.heads.items():
            yield from part_mistakes(head, "head", ("heads", name))
        if self.neck is not None:
            yield from part_mistakes(self.neck, "neck", ("neck",))


def _threshold(value: Any, info: ValidationInfo) -> Any:
    return 0.01 if value is None else value


class DetectorModelConfig(DLCBaseConfig):
    """The network of a detector."""

    type: Text = ""
    freeze_bn_stats: TruthValue = False
    freeze_bn_weights: TruthValue = False
    variant: Text | None = None
    box_score_thresh: Annotated[Fraction | None, BeforeValidator(_threshold)] = 0.01

    @classmethod
    def is_known_extra(cls, key: str) -> bool:
        """Detectors of other types have settings of their own."""
        return key in ("pretrained", "weights")
