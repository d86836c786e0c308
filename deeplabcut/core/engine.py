"""The two engines: what they are called, and the names of their folders and files."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from deeplabcut.core.errors import InvalidInput


@dataclass(frozen=True, repr=False)
class EngineDataMixin:
    """What belongs to an engine."""

    aliases: tuple[str, ...]
    model_folder_name: str
    pose_cfg_name: str
    results_folder_name: str


class Engine(EngineDataMixin, Enum):
    """A deep-learning library that trains and runs networks; ``Engine("torch")`` finds one by any of its names."""

    PYTORCH = ("pytorch", "torch"), "dlc-models-pytorch", "pytorch_config.yaml", "evaluation-results-pytorch"
    TF = ("tensorflow", "tf"), "dlc-models", "pose_cfg.yaml", "evaluation-results"

    def __new__(cls, aliases: tuple[str, ...], *names: str) -> Engine:
        """A member; its value is the name that stands in files."""
        engine = object.__new__(cls)
        engine._value_ = aliases[0]
        return engine

    @classmethod
    def _missing_(cls, value: object) -> Engine:
        name = str(value).strip().lower()
        for engine in cls:
            if isinstance(value, str) and name in engine.aliases:
                return engine
        known = ", ".join(alias for engine in cls for alias in engine.aliases)
        raise InvalidInput(f"{value!r} is not an engine.", fix=f"use one of {known}")

    def __str__(self) -> str:
        return self.aliases[0]
