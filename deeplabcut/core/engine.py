"""The two engines: their names, the names of their folders and files, and what each does for a training set."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any, Protocol, cast

from deeplabcut.core.errors import DeepLabCutError, InvalidInput


class EngineAbsent(DeepLabCutError, ImportError):
    """An engine that this version does not contain."""

    code = "DLC100"


@dataclass(frozen=True)
class ModelRequest:
    """The network that somebody asks for; None leaves a choice to the project's settings, then to the engine.

    ``ctd_conditions`` has the form in which the model configuration holds it, ``seed`` is for what an engine draws
    at random while it writes the configuration.
    """

    net_type: str | None = None
    detector_type: str | None = None
    augmenter_type: str | None = None
    weight_init: Any = None
    ctd_conditions: Mapping[str, int | str] | str | None = None
    posecfg_template: Any = None
    paf_graph: str | Sequence[Sequence[int]] | None = None
    n_edges_threshold: int = 105
    paf_graph_degree: int = 6
    crop_size: tuple[int, int] = (400, 400)
    crop_sampling: str = "hybrid"
    seed: int | None = None


@dataclass(frozen=True)
class ShuffleFacts:
    """What the configuration of a network says about its shuffle; paths are relative to ``project``."""

    project: Path
    shuffle: int
    train_fraction: float
    model_folder: Path
    data_file: Path
    documentation_file: Path


class EngineBackend(Protocol):
    """What an engine does for the rest of the product."""

    def model_problems(self, config: Any, request: ModelRequest) -> list[str]:
        """Why the request cannot be met in the project of ``config``; nothing is written, empty if it can."""
        ...

    def write_model(self, folder: Path, config: Any, facts: ShuffleFacts, request: ModelRequest) -> None:
        """Write ``train`` and ``test`` with their files into ``folder``, new and empty.

        The folder becomes ``facts.model_folder`` if the whole creation succeeds.
        """
        ...


BACKENDS = {
    "pytorch": "deeplabcut.pose_estimation_pytorch.engine:Backend",
    "tensorflow": "deeplabcut.pose_estimation_tensorflow.engine:Backend",
}


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

    def __repr__(self) -> str:
        """As it is written in a program, and in signatures."""
        return f"{type(self).__name__}.{self.name}"

    def backend(self) -> EngineBackend:
        """The engine itself; raises `EngineAbsent` where this version does not contain it."""
        home, _, name = BACKENDS[str(self)].partition(":")
        try:
            module = importlib.import_module(home)
        except ModuleNotFoundError as error:
            if error.name is None or not f"{home}.".startswith(f"{error.name}."):
                raise  # the engine is there; a library that it needs is not
            raise EngineAbsent(f"This version of DeepLabCut does not contain the engine {self}.") from error
        return cast(EngineBackend, getattr(module, name)())
