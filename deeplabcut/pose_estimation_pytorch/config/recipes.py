"""Configurations of networks are composed of small recipes: base, augmentation, backbone, head, settings.

The recipes are YAML files beside this module. Words in them that name a variable stand for its value:
``num_bodyparts``, or ``num_bodyparts x 2``, ``num_bodyparts + 1``, ``input_width // 32``.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from deeplabcut.core.config.files import read_config_as_dict
from deeplabcut.core.errors import InvalidInput
from deeplabcut.pose_estimation_pytorch.config.enums import DetectorType, NetType

FOLDER = Path(__file__).with_name("recipe_data")
VARIABLES = frozenset(
    ["num_bodyparts", "num_individuals", "backbone_output_channels", "paf_graph", "num_limbs", "paf_edges_to_keep"]
)
_HEAD_OF_BACKBONES = {"bu": "heatmap", "td": "heatmap_top_down"}
_CALCULATION = re.compile(r"(\w+) (x|\+|//) (\d+)")


@cache
def recipes(name: str) -> dict[str, Any]:
    """The content of a recipe file; not to be changed."""
    return read_config_as_dict(FOLDER / f"{name}.yaml")


# ----- composing


def pose_recipe(
    net_type: NetType, *, method: str | None, multi_animal: bool, variables: Mapping[str, Any]
) -> dict[str, Any]:
    """Everything that the configuration of a network says before it is about a project.

    Parameters
    ----------
    method : for backbones, ``bu`` or ``td``; other networks have one method.
    multi_animal : whether bottom-up backbones join bodyparts to individuals.
    variables : num_bodyparts, num_individuals, and for networks with limbs paf_graph, num_limbs, paf_edges_to_keep.
    """
    net = recipes("nets")[str(net_type)]
    method = net.get("method") or method or "bu"
    head = net.get("head") or ("part_affinity" if multi_animal and method == "bu" else _HEAD_OF_BACKBONES[method])
    known = {**net["variables"], **variables}
    channels = known["backbone_output_channels"]
    config = merged(recipes("base"), recipes("augmentation")[method])
    model = {"backbone": recipes("backbones")[net["backbone"]], "heads": {"bodypart": head_recipe(head)}}
    config = merged(config, {"model": {**model, "backbone_output_channels": channels}})
    for name in net.get("settings", ()):
        config = merged(config, recipes("settings")[name])
    return {**replaced(config, known), "net_type": str(net_type), "method": method}


def detector_recipe(detector: DetectorType | str) -> dict[str, Any]:
    """The configuration of a detector."""
    content = recipes("detectors")
    return merged(content["base"], content["detectors"][str(DetectorType(detector))])


def head_recipe(name: str) -> dict[str, Any]:
    """A head with its variables unresolved."""
    head: dict[str, Any] = copy.deepcopy(recipes("heads")[name])
    if "like" not in head:
        return head
    result = merged(head_recipe(head["like"]), head.get("with", {}))
    for path in head.get("without", ()):
        _remove(result, path.split("."))
    return result


def method_of(net_type: NetType) -> str | None:
    """The method of a network; None for backbones, which have two."""
    method = recipes("nets")[str(net_type)].get("method")
    return None if method is None else str(method)


def needs_limbs(net_type: NetType, *, method: str | None, multi_animal: bool) -> bool:
    """Whether the network joins bodyparts along limbs."""
    net = recipes("nets")[str(net_type)]
    if "head" in net:
        return "dlcrnet" in net["head"]
    return multi_animal and (net.get("method") or method) == "bu"


def merged(config: Mapping[str, Any], updates: Mapping[str, Any]) -> dict[str, Any]:
    """``config`` with ``updates`` merged into it; an optimizer or scheduler of another type is replaced."""
    result = copy.deepcopy(dict(config))
    for key, value in updates.items():
        old = result.get(key)
        is_other = key in ("optimizer", "scheduler") and isinstance(old, dict) and isinstance(value, Mapping) \
            and "type" in value and value["type"] != old.get("type")  # fmt: skip
        if isinstance(old, dict) and isinstance(value, Mapping) and not is_other:
            result[key] = merged(old, value)
        else:
            result[key] = copy.deepcopy(value)
    return result


def _remove(config: Any, path: Sequence[str]) -> None:
    *parents, last = path
    for key in parents:
        config = config[int(key)] if isinstance(config, list) else config[key]
    del config[last]


# ----- variables


def replaced(config: Any, variables: Mapping[str, Any]) -> Any:
    """A copy of ``config`` with words that stand for ``variables`` replaced by values."""
    if isinstance(config, Mapping):
        return {key: replaced(value, variables) for key, value in config.items()}
    if isinstance(config, (list, tuple)):
        return [replaced(value, variables) for value in config]
    if isinstance(config, str):
        return _value(config, variables)
    return copy.deepcopy(config)


def _value(text: str, variables: Mapping[str, Any]) -> Any:
    name = text.partition(" ")[0]
    if name not in variables and name not in VARIABLES:
        return text
    value = variables.get(name)
    if value is None:
        raise InvalidInput(f"{text!r} stands for a number that depends on {name}, which has no value here.",
                           fix=f"pass {name}")  # fmt: skip
    if text == name:
        return copy.deepcopy(value)
    match = _CALCULATION.fullmatch(text)
    if match is None or isinstance(value, bool) or not isinstance(value, (int, float)):
        raise InvalidInput(f"{text!r} cannot be calculated.",
                           fix=f"write '{name}', '{name} x 2', '{name} + 1' or '{name} // 2'")  # fmt: skip
    number = int(match[3])
    if match[2] == "//":
        if not number:
            raise InvalidInput(f"{text!r} divides by zero.")
        return value // number
    return value * number if match[2] == "x" else value + number
