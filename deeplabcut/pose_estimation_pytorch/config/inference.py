"""The ``inference`` section: how a trained network is run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, SerializeAsAny, ValidationInfo

from deeplabcut.core.config.base import DLCBaseConfig
from deeplabcut.core.config.mistakes import InvalidConfig, contradictions, expected
from deeplabcut.core.config.validation import NonNegativeFloat, StrictPositiveInt, Text, TruthValue, as_float, as_int
from deeplabcut.core.errors import DeepLabCutError
from deeplabcut.pose_estimation_pytorch.config.ctd_conditions import (
    ConditionsConfig,
    ConditionsFileConfig,
    ConditionsModelConfig,
    ConditionsShuffleConfig,
)


class MultithreadingConfig(DLCBaseConfig):
    """Images are read and prepared while the network works."""

    enabled: TruthValue = True
    queue_length: StrictPositiveInt = 4
    timeout: NonNegativeFloat = 30.0


class CompileConfig(DLCBaseConfig):
    """Compiling the network before it is run."""

    enabled: TruthValue = False
    backend: Text = "inductor"


class AutocastConfig(DLCBaseConfig):
    """Running the network with fewer digits where that is safe."""

    enabled: TruthValue = False


def _cutoff(value: Any, info: ValidationInfo) -> Any:
    try:
        if isinstance(value, Mapping):
            return {str(name): _probability(one, info) for name, one in value.items()}
        if isinstance(value, (list, tuple)):
            return [_probability(one, info) for one in value]
        return _probability(value, info)
    except (TypeError, ValueError):
        raise expected("a number from 0 to 1, one for each bodypart, or one for each name of a bodypart") from None


def _probability(value: Any, info: ValidationInfo) -> float:
    number = as_float(value, info)
    if not isinstance(number, (int, float)) or not 0 <= number <= 1:
        raise expected("a number from 0 to 1")
    return number


class EvaluationConfig(DLCBaseConfig):
    """What an evaluation compares."""

    mode: Literal["train", "test", "all"] = "all"
    pcutoff: Annotated[float | list[float] | dict[str, float], BeforeValidator(_cutoff)] = 0.6
    comparison_bodyparts: Literal["all"] | list[Text] | None = "all"
    per_keypoint_evaluation: TruthValue = False
    force_multi_animal: TruthValue = False


def _conditions(value: Any) -> Any:
    try:
        return ConditionsConfig.build(value)
    except InvalidConfig as error:
        raise contradictions(error.mistakes) from error
    except (DeepLabCutError, TypeError):
        raise expected("a file of predictions, a shuffle ({shuffle: 1, snapshot_index: -1}), or a model "
                       "({config_path: ..., snapshot_path: ...})") from None  # fmt: skip


def _snapshot(value: Any, info: ValidationInfo) -> Any:
    if value is None or isinstance(value, str):
        return value
    try:
        return [as_int(one, info) for one in value] if isinstance(value, (list, tuple)) else _index(value, info)
    except ValueError:
        raise expected("a number, several numbers, or the name of a snapshot") from None


def _index(value: Any, info: ValidationInfo) -> int:
    number = as_int(value, info)
    if not isinstance(number, int):
        raise expected("a number")
    return number


Conditions = ConditionsModelConfig | ConditionsFileConfig | ConditionsShuffleConfig


class InferenceConfig(DLCBaseConfig):
    """How a trained network is run."""

    multithreading: MultithreadingConfig = Field(default_factory=MultithreadingConfig)
    compile: CompileConfig = Field(default_factory=CompileConfig)
    autocast: AutocastConfig = Field(default_factory=AutocastConfig)
    conditions: Annotated[SerializeAsAny[Conditions] | None, BeforeValidator(_conditions)] = None
    snapshot: Annotated[int | str | list[int] | None, BeforeValidator(_snapshot)] = None
    eval: EvaluationConfig = Field(default_factory=EvaluationConfig)
    output_dir: Text | None = None
