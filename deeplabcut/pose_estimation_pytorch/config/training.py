"""The ``train_settings`` section."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator

from deeplabcut.core.config.base import DLCBaseConfig
from deeplabcut.core.config.mistakes import InvalidConfig, contradictions, expected
from deeplabcut.core.config.validation import NonNegativeInt, StrictPositiveInt, TruthValue
from deeplabcut.core.weight_init import WeightInitialization


def _weight_init(value: Any) -> Any:
    if value is None or isinstance(value, WeightInitialization):
        return value
    if not isinstance(value, Mapping):
        raise expected("nothing, or the settings of a weight initialisation (snapshot_path, with_decoder, ...)")
    try:
        return WeightInitialization.from_dict(value)
    except InvalidConfig as error:
        raise contradictions(error.mistakes) from error


class TrainSettingsConfig(DLCBaseConfig):
    """How long a network is trained, and with how many images at a time."""

    batch_size: StrictPositiveInt = 8
    dataloader_workers: NonNegativeInt = 0
    dataloader_pin_memory: TruthValue = False
    display_iters: StrictPositiveInt = 500
    epochs: NonNegativeInt = 200
    seed: NonNegativeInt = 42
    weight_init: Annotated[WeightInitialization | None, BeforeValidator(_weight_init)] = None
