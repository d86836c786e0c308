"""Versions of the schema of a configuration, and the steps between them."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from deeplabcut.core.errors import ConfigError, InvalidInput

CURRENT_CONFIG_VERSION = 0

Migration = Callable[[dict[str, Any]], dict[str, Any]]
_MIGRATIONS: dict[tuple[str, int, int], Migration] = {}


def register_migration(from_version: int, to_version: int, config_type: str) -> Callable[[Migration], Migration]:
    """Register the decorated function as the step from one version of ``config_type`` to another.

    The function gets a copy of the content, without ``config_version``'s being its concern.
    """
    if min(from_version, to_version) < 0:
        raise InvalidInput(f"A version is not negative: {from_version} -> {to_version}.")
    if from_version == to_version:
        raise InvalidInput(f"A migration leads to another version: {from_version} -> {to_version}.")
    if (config_type, from_version, to_version) in _MIGRATIONS:
        raise InvalidInput(f"{config_type} already has a migration {from_version} -> {to_version}.")

    def register(function: Migration) -> Migration:
        _MIGRATIONS[config_type, from_version, to_version] = function
        return function

    return register


def get_config_version(config: dict[str, Any]) -> int:
    """The version of the content; files that do not say are of version 0."""
    version = config.get("config_version")
    if isinstance(version, str) and version.strip().isdigit():
        version = int(version)
    if version is None or version == "":
        return 0
    if isinstance(version, bool) or not isinstance(version, int) or version < 0:
        raise ConfigError(f"config_version: {version!r} cannot be used; expected {CURRENT_CONFIG_VERSION}.")
    return version


def migrate_config(
    config: dict[str, Any], config_type: str, target_version: int = CURRENT_CONFIG_VERSION
) -> dict[str, Any]:
    """A copy of ``config`` in the form of ``target_version``, step by step."""
    version = get_config_version(config)
    config = copy.deepcopy(config)
    while version != target_version:
        following = version + (1 if target_version > version else -1)
        step = _MIGRATIONS.get((config_type, version, following))
        if step is None:
            newer = " This file comes from a newer DeepLabCut." if version > target_version else ""
            raise ConfigError(
                f"config_version: {version} cannot be used; expected {target_version}.{newer}",
                fix="update deeplabcut" if newer else "set config_version: 0",
            )
        config = step(config)
        config["config_version"] = version = following
    return config


@register_migration(0, 1, "ProjectConfig")
def migrate_project_v0_to_v1(config: dict[str, Any]) -> dict[str, Any]:
    """Nothing changed."""
    return config


@register_migration(1, 0, "ProjectConfig")
def migrate_project_v1_to_v0(config: dict[str, Any]) -> dict[str, Any]:
    """Nothing changed."""
    return config


@register_migration(0, 1, "PoseConfig")
def migrate_pose_v0_to_v1(config: dict[str, Any]) -> dict[str, Any]:
    """Nothing changed."""
    return config


@register_migration(1, 0, "PoseConfig")
def migrate_pose_v1_to_v0(config: dict[str, Any]) -> dict[str, Any]:
    """Nothing changed."""
    return config
