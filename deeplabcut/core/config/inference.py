"""``inference_cfg.yaml``: how detections are joined into individuals and followed through a video."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from deeplabcut.core.config.files import read_config_as_dict, write_plainconfig
from deeplabcut.core.config.mistakes import ConfigWarning
from deeplabcut.core.errors import ConfigError, StorageError

FILE_NAME = "inference_cfg.yaml"
TEMPLATE = Path(__file__).resolve().parents[2] / FILE_NAME


class IncompleteInferenceConfig(ConfigError, KeyError):
    """Keys that an ``inference_cfg.yaml`` needs and does not have."""


def form_default_inferencecfg(cfg: Mapping[str, Any] | Any) -> dict[str, Any]:
    """The values that a multi-animal project starts with."""
    values = read_config_as_dict(TEMPLATE)
    values["minimalnumberofconnections"] = len(cfg["multianimalbodyparts"]) / 2
    values["topktoretain"] = len(cfg["individuals"])
    values["withid"] = False
    return values


def read_inferencecfg(path_inference_config: str | os.PathLike[str], cfg: Mapping[str, Any] | Any) -> dict[str, Any]:
    """The content of an ``inference_cfg.yaml``; where there is none the default values, which are then written."""
    path = Path(path_inference_config)
    if path.is_file():
        return read_config_as_dict(path)
    values = form_default_inferencecfg(cfg)
    try:
        write_plainconfig(path, values)
    except StorageError as error:  # a project that may only be read can still be analysed
        warnings.warn(f"The default {FILE_NAME} is used without being saved: {error}", ConfigWarning, stacklevel=2)
    return values


def check_inferencecfg_sanity(cfg: Mapping[str, Any] | Any, inferencecfg: Mapping[str, Any]) -> None:
    """Raise a KeyError that names every key the values lack."""
    missing = [key for key in form_default_inferencecfg(cfg) if key not in inferencecfg]
    if missing:
        raise IncompleteInferenceConfig(
            f"The inference configuration has no {', '.join(missing)}.",
            fix=f"add what is missing, or remove {FILE_NAME} so that a new one is written",
        )
