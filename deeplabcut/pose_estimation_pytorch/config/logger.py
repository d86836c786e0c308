"""The ``logger`` section: where the progress of training is written, besides the table of losses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import model_validator

from deeplabcut.core.config.base import DLCBaseConfig
from deeplabcut.core.config.mistakes import Mistake, contradictions
from deeplabcut.core.config.validation import StrictPositiveInt, Text
from deeplabcut.pose_estimation_pytorch.config.enums import _Name


class LoggerType(_Name):
    """The loggers that there are."""

    WandbLogger = "WandbLogger"
    CSVLogger = "CSVLogger"


class LoggerConfig(DLCBaseConfig):
    """What all loggers share."""

    type: Text


class WandbLoggerConfig(LoggerConfig):
    """Weights & Biases; keys that are not listed here go to ``wandb.init``."""

    type: Literal[LoggerType.WandbLogger]
    project_name: Text = "deeplabcut"
    run_name: Text = "tmp"
    image_log_interval: StrictPositiveInt | None = None
    model: dict[str, Any] | None = None
    train_folder: Text | None = None
    wandb_kwargs: dict[str, Any] | None = None

    @model_validator(mode="before")
    @classmethod
    def _other_keys_are_for_wandb(cls, data: Any) -> Any:
        if not isinstance(data, Mapping):
            return data
        content = {key: value for key, value in data.items() if key in cls.model_fields}
        given = content.get("wandb_kwargs")
        if given is not None and not isinstance(given, Mapping):
            return content
        more = {**(given or {}), **{key: value for key, value in data.items() if key not in cls.model_fields}}
        names = {"project": "project_name", "name": "run_name"}
        wrong = [Mistake(("wandb_kwargs", old), more[old], f"{new} in its place")
                 for old, new in names.items() if old in more]  # fmt: skip
        if wrong:
            raise contradictions(wrong)
        return {**content, "wandb_kwargs": more} if more else content

    @classmethod
    def is_known_extra(cls, key: str) -> bool:
        """Every key may be an argument of ``wandb.init``."""
        return True


class CSVLoggerConfig(LoggerConfig):
    """A table in the folder of the training."""

    type: Literal[LoggerType.CSVLogger]
    train_folder: Text = ""
    log_filename: Text = "learning_stats.csv"
