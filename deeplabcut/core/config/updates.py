"""Changes of nested dicts: merged deeply, or addressed by paths with dots."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from deeplabcut.core.deprecation import deprecated


@deprecated(name="update_config")
def update_config(config: dict[str, Any], updates: Mapping[str, Any], copy_original: bool = True) -> dict[str, Any]:
    """``config`` with ``updates`` merged into it, dict into dict; new keys are allowed."""
    return merged(config, updates, copy_original=copy_original)


@deprecated(name="update_config_by_dotpath")
def update_config_by_dotpath(
    config: dict[str, Any], updates: Mapping[str, Any], copy_original: bool = True
) -> dict[str, Any]:
    """``config`` with values set at paths such as ``"runner.device"``."""
    return set_by_dotpath(config, updates, copy_original=copy_original)


def merged(config: dict[str, Any], updates: Mapping[str, Any], *, copy_original: bool = True) -> dict[str, Any]:
    """``config`` with ``updates`` merged into it, dict into dict."""
    result = copy.deepcopy(config) if copy_original else config
    for key, value in updates.items():
        if isinstance(value, Mapping) and isinstance(result.get(key), dict):
            result[key] = merged(result[key], value, copy_original=False)
        else:
            result[key] = copy.deepcopy(value)
    return result


def set_by_dotpath(config: dict[str, Any], updates: Mapping[str, Any], *, copy_original: bool = True) -> dict[str, Any]:
    """``config`` with values set at paths with dots; a path that runs through a scalar is a TypeError."""
    result = copy.deepcopy(config) if copy_original else config
    for path, value in updates.items():
        *parents, last = path.split(".")
        at: Any = result
        for depth, key in enumerate(parents):
            if at.get(key) is None:
                at[key] = {}
            at = at[key]
            if not isinstance(at, dict):
                raise TypeError(f"{path}: {'.'.join(parents[: depth + 1])} is {at!r} and has no keys of its own")
        at[last] = copy.deepcopy(value)
    return result
