"""The SuperAnimals: body plans of models that were trained on animals of many labs."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from deeplabcut.core.config.files import read_config_as_dict
from deeplabcut.core.errors import InvalidInput

_FOLDER = Path(__file__).with_name("superanimal_data")


@dataclass(frozen=True)
class SuperAnimal:
    """What belongs to one SuperAnimal; the order of the bodyparts is that of the channels of its networks."""

    name: str
    bodyparts: tuple[str, ...]
    skeleton: tuple[tuple[str, str], ...]
    colors_rgb: tuple[tuple[float, float, float], ...]
    left_right_pairs: tuple[tuple[int, int], ...]
    pose_models: tuple[str, ...]
    detectors: tuple[str, ...]
    project: Mapping[str, Any]


def names() -> list[str]:
    """The SuperAnimals that exist."""
    return sorted(path.stem for path in _FOLDER.glob("*.yaml"))


@cache
def super_animal(name: str) -> SuperAnimal:
    """The SuperAnimal of this name."""
    if name not in names():
        raise InvalidInput(f"There is no SuperAnimal {name!r}.", fix=f"use one of {', '.join(names())}")
    content = read_config_as_dict(_FOLDER / f"{name}.yaml")
    return SuperAnimal(
        name,
        bodyparts=tuple(content["bodyparts"]),
        skeleton=tuple((a, b) for a, b in content["skeleton"]),
        colors_rgb=tuple((r, g, b) for r, g, b in content["colors_rgb"]),
        left_right_pairs=tuple((a, b) for a, b in content["left_right_pairs"]),
        pose_models=tuple(content["pose_models"]),
        detectors=tuple(content["detectors"]),
        project=content["project"],
    )


def checked_models(animal: SuperAnimal, pose_model: str, detector: str | None) -> None:
    """Raise unless the SuperAnimal has networks of these names."""
    wanted = [("pose model", pose_model, animal.pose_models)]
    wanted += [("detector", detector, animal.detectors)] if detector is not None else []
    for kind, name, known in wanted:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            raise InvalidInput(
                f"{animal.name} has no {kind} {name!r}." + (f" Did you mean {near[0]!r}?" if near else ""),
                fix=f"use one of {', '.join(known)}" if known else f"{animal.name} is used without a {kind}",
            )
