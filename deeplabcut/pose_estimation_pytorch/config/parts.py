"""Checks of the parts of a network, whose settings are those that the class of the part takes.

Keys that occur in our recipes are known at once. For any other key the registered class is asked, which loads it;
so parts that somebody else registered may have settings of their own.
"""

from __future__ import annotations

import importlib
import logging
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, cast

from deeplabcut.core.config.mistakes import Mistake, contradictions, note, printable
from deeplabcut.core.config.names import did_you_mean
from deeplabcut.core.config.validation import INT_MAX
from deeplabcut.pose_estimation_pytorch.config.recipes import head_recipe, recipes
from deeplabcut.pose_estimation_pytorch.registry import Registry, parameters_of

logger = logging.getLogger(__name__)

_PACKAGE = "deeplabcut.pose_estimation_pytorch"
REGISTRIES = {
    "backbone": "models.backbones.base:BACKBONES",
    "kpt_encoder": "models.modules.kpt_encoders:KEYPOINT_ENCODERS",
    "neck": "models.necks.base:NECKS",
    "head": "models.heads.base:HEADS",
    "predictor": "models.predictors.base:PREDICTORS",
    "target_generator": "models.target_generators.base:TARGET_GENERATORS",
    "criterion": "models.criterions.base:CRITERIONS",
    "aggregator": "models.criterions.base:LOSS_AGGREGATORS",
    "weight_init": "models.weight_init:WEIGHT_INIT",
    "detector": "models.detectors.base:DETECTORS",
    "collate": "data.collate:COLLATE_FUNCTIONS",
}
_BY_BUILDER = {  # settings that are used while a network is put together
    "backbone": {"pretrained", "variant"},
    "criterion": {"weight"},
    "head": {"num_bodyparts"},
}


def check_part(value: Any, place: str, keys: tuple[str, ...] = ()) -> dict[str, Any]:
    """``value``, if it can be the configuration of a part; for validators of fields."""
    mistakes = [Mistake(one.keys[len(keys) :], one.value, one.expected) for one in part_mistakes(value, place, keys)]
    if mistakes:
        raise contradictions(mistakes)
    return dict(value)


def part_mistakes(value: Any, place: str, keys: tuple[str, ...]) -> Iterator[Mistake]:
    """What is wrong in the configuration of a part, and of the parts within it; unknown keys become notes."""
    if not isinstance(value, Mapping):
        yield Mistake(keys, value, f"keys with values, the first of them the type of the {place}")
        return
    kind = value.get("type")
    if not isinstance(kind, str) or not kind.strip():
        yield Mistake((*keys, "type"), kind, f"the name of a {place}, such as {_examples(place)}")
        return
    known = recipe_keys(place).get(kind, {})
    unknown = [str(key) for key in value if key != "type" and key not in known]
    if unknown or kind not in recipe_keys(place):
        _note_unknown(place, kind, unknown, ".".join(keys if place == "collate" else ("model", *keys)))
    for key, item in value.items():
        at = (*keys, str(key))
        if key in REGISTRIES and isinstance(item, (Mapping, list)):
            yield from _inner_mistakes(item, str(key), at)
        elif key == "generators" and isinstance(item, list):
            for number, one in enumerate(item):
                yield from part_mistakes(one, place, (*at, str(number)))
        elif key in known:
            yield from _kind_mistakes(item, known[key], at)


def _inner_mistakes(item: Any, place: str, keys: tuple[str, ...]) -> Iterator[Mistake]:
    if place == "criterion" and isinstance(item, Mapping) and "type" not in item:
        for name, one in item.items():  # one for each output
            yield from part_mistakes(one, place, (*keys, str(name)))
    elif isinstance(item, Mapping) and (place != "weight_init" or "type" in item):
        yield from part_mistakes(item, place, keys)


# ----- what recipes say about parts


@cache
def recipe_keys(place: str) -> dict[str, dict[str, list[Any]]]:
    """Type of part -> key -> the values that it has in our recipes."""
    found: dict[str, dict[str, list[Any]]] = defaultdict(lambda: defaultdict(list))
    for where, part in _recipe_parts():
        if where == place:
            for key, value in part.items():
                found[part["type"]][key].append(value)
    return {kind: dict(keys) for kind, keys in found.items()}


@cache
def _recipe_parts() -> list[tuple[str, Mapping[str, Any]]]:
    roots = [("backbone", part) for part in recipes("backbones").values()]
    roots += [("head", head_recipe(name)) for name in recipes("heads")]
    roots += [("neck", neck) for one in recipes("settings").values() if (neck := one.get("model", {}).get("neck"))]
    content = recipes("detectors")
    roots += [("collate", content["base"]["data"]["train"]["collate"])]
    return [found for place, part in roots for found in _parts_in(part, place)]


def _parts_in(value: Any, place: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if isinstance(value, list):
        for one in value:
            yield from _parts_in(one, place)
    elif isinstance(value, Mapping):
        if "type" in value:
            yield place, value
        for key, item in value.items():
            yield from _parts_in(item, key if key in REGISTRIES else place)


def _examples(place: str) -> str:
    return ", ".join(list(recipe_keys(place))[:4]) or "one of ours"


# ----- what registered classes say


def registry_of(place: str) -> Registry:
    """The registry of the parts of a place."""
    module, _, name = REGISTRIES[place].partition(":")
    return cast(Registry, getattr(importlib.import_module(f"{_PACKAGE}.{module}"), name))


def _note_unknown(place: str, kind: str, keys: list[str], where: str) -> None:
    try:
        registry = registry_of(place)
        part = registry.get(kind)
    except ImportError as error:  # without PyTorch configurations can still be read and written
        logger.debug("The settings of %s cannot be checked: %s", kind, error)
        return
    if part is None:
        hint = did_you_mean(kind, registry.names)
        note(f"{where}: no {place} is called {printable(kind)!r} so far.{hint}")
        return
    known = parameters_of(part)
    if known is None:
        return
    known = known | _BY_BUILDER.get(place, set())
    for key in keys:
        if key not in known:
            hint = did_you_mean(key, known) or " It is kept."
            note(f"{where}: {kind} has no setting {printable(key)!r}; it has no effect.{hint}")


# ----- kinds of values

_NAMES = {"bool": "true or false", "number": "a number", "text": "a text", "list": "a list", "keys": "keys with values"}
_EXAMPLES: dict[str, list[Any]] = {  # of what variables stand for, unless it is a number
    "paf_graph": [[[0, 0]]],
    "paf_edges_to_keep": [[0]],
    "simcc_sigma": [[0.0], 0.0],
    "model_name": ["text"],
    "interpolate_branches": [True],
}
_NUMBERS = frozenset(
    ["num_bodyparts", "num_individuals", "num_limbs", "backbone_output_channels", "branch_channels", "output_stride",
     "stride", "deepen_factor", "widen_factor", "input_width", "input_height"]
)  # fmt: skip


def _kind_mistakes(
    value: Any, examples: list[Any], keys: tuple[str, ...], *, optional: bool = True
) -> Iterator[Mistake]:
    """A value of a kind that can never be meant: a text for a number, keys for a value, a number without end."""
    if value is None and optional:
        return
    meant = [one for example in examples for one in _meant(example)]
    kinds = {_kind(one) for one in meant}
    if _kind(value) not in kinds:
        yield Mistake(keys, value, " or ".join(_NAMES[kind] for kind in sorted(kinds)))
    elif isinstance(value, (int, float)) and not abs(value) <= INT_MAX:
        yield Mistake(keys, value, f"a number of at most {INT_MAX}")
    elif isinstance(value, (list, tuple)):
        lists = [one for one in meant if isinstance(one, list)]
        items = [item for one in lists for item in one]
        if not value and all(lists):
            yield Mistake(keys, value, "a list that is not empty")
        for number, item in enumerate(value) if items else ():
            yield from _kind_mistakes(item, items, (*keys, str(number)), optional=False)
    elif isinstance(value, Mapping) and "type" not in value:
        known: dict[str, list[Any]] = defaultdict(list)
        for one in meant:
            for key, item in one.items() if isinstance(one, Mapping) else ():
                known[key].append(item)
        for key, item in value.items():
            if key in known:
                yield from _kind_mistakes(item, known[key], (*keys, str(key)))
            elif near := did_you_mean(str(key), known):
                note(f"{'.'.join(keys)}: the key {printable(str(key))!r} is not known.{near}")


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, (int, float)):
        return "number"
    if isinstance(value, Mapping):
        return "keys"
    return "list" if isinstance(value, (list, tuple)) else "text" if isinstance(value, str) else "nothing"


def _meant(example: Any) -> list[Any]:
    """What a value in a recipe stands for."""
    name = example.partition(" ")[0] if isinstance(example, str) else ""
    return [0] if name in _NUMBERS else _EXAMPLES.get(name, [example])
