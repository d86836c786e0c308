"""The names that a project's configuration gives: bodyparts, individuals, and how they are tracked."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, cast

from deeplabcut.core.config.files import edit_config
from deeplabcut.core.config.mistakes import ConfigWarning
from deeplabcut.core.config.project import FILE_NAME
from deeplabcut.core.errors import InvalidInput, Locked, StorageError
from deeplabcut.core.poses import SINGLE

Config = Mapping[str, Any] | Any
"""A `ProjectConfig`, or the dict of one."""

TRACK_METHODS = {"box": "_bx", "ctd": "_ctd", "skeleton": "_sk", "ellipse": "_el", "transformer": "_tr"}
"""How individuals can be followed, and what it adds to the names of files."""
DEFAULT_TRACK_METHOD = "ellipse"


def get_bodyparts(cfg: Config) -> list[str]:
    """The bodyparts of each individual."""
    return list(cfg["multianimalbodyparts" if is_multi(cfg) else "bodyparts"] or [])


def get_unique_bodyparts(cfg: Config) -> list[str]:
    """The points that exist once in an image; only multi-animal projects have such."""
    return list(cfg.get("uniquebodyparts") or []) if is_multi(cfg) else []


def is_multi(cfg: Config) -> bool:
    """Whether the project has individuals."""
    return bool(cfg.get("multianimalproject"))


def extractindividualsandbodyparts(cfg: Config) -> tuple[list[str], list[str], list[str]]:
    """The individuals (with ``single`` where points exist once), those points, and the bodyparts of individuals."""
    unique = list(cfg.get("uniquebodyparts") or [])
    individuals = list(cfg.get("individuals") or [])
    return individuals + ([SINGLE] if unique else []), unique, list(cfg.get("multianimalbodyparts") or [])


def intersection_of_body_parts_and_ones_given_by_user(
    cfg: Config, comparisonbodyparts: str | Iterable[str]
) -> list[str]:
    """Those bodyparts of the project that are named, in the order of the project; ``"all"`` names every one."""
    every = get_bodyparts(cfg) + get_unique_bodyparts(cfg)
    return _chosen(every, comparisonbodyparts)


def IntersectionofIndividualsandOnesGivenbyUser(  # noqa: N802  a public name
    cfg: Config, individuals: str | Iterable[str]
) -> list[str]:
    """Those individuals of the project that are named, ``single`` among them; ``[""]`` where it has none."""
    if not (cfg.get("individuals") and cfg.get("multianimalproject", True)):
        return [""]
    return _chosen(extractindividualsandbodyparts(cfg)[0], individuals)


def _chosen(every: list[str], named: str | Iterable[str]) -> list[str]:
    if isinstance(named, str):
        return every if named == "all" else [name for name in every if name == named]
    wanted = set(named)
    return every if wanted == {"all"} and "all" not in every else [name for name in every if name in wanted]


def get_track_method(cfg: Config, track_method: str = "") -> str:
    """How individuals are followed: as asked, or as config.yaml says; nothing in a single-animal project.

    A project that says nothing gets the default, in its config.yaml too, with a warning.
    """
    if not is_multi(cfg):
        return ""
    method = track_method or cfg.get("default_track_method") or ""
    track_suffix(method, where=None if track_method else "default_track_method in config.yaml")
    return method or _default_track_method(cfg)


def track_suffix(track_method: str, *, where: str | None = None) -> str:
    """What a way to track adds to the names of files, nothing where there is none; raises for an unknown one."""
    if track_method and track_method not in TRACK_METHODS:
        raise InvalidInput(
            f"{track_method!r} is not a way to track.", where=where, fix=f"use one of {', '.join(TRACK_METHODS)}"
        )
    return TRACK_METHODS.get(track_method, "")


def _default_track_method(cfg: Config) -> str:
    """The default, written into the configuration."""
    file = Path(cfg["project_path"]) / FILE_NAME
    note = "and config.yaml says so from now on"
    try:
        if file.is_file():
            edit_config(file, {"default_track_method": DEFAULT_TRACK_METHOD})
        else:
            note = "as there is no config.yaml to say so"
    except (StorageError, Locked) as error:  # a project that may only be read can still be tracked
        note = f"and config.yaml could not be told: {error.message}"
    cast(Any, cfg)["default_track_method"] = DEFAULT_TRACK_METHOD
    warnings.warn(
        f"The project has no default_track_method; {DEFAULT_TRACK_METHOD!r} is used, {note}.",
        ConfigWarning,
        stacklevel=3,
    )
    return DEFAULT_TRACK_METHOD
