"""Short forms of a configuration, put into the long form while it is read.

``model.head`` stands for ``model.heads.bodypart``, ``variant`` of a backbone for the network of ours whose name ends
with it, ``train.epochs`` and the like for ``train_settings``, ``train.optimizer`` and ``train.scheduler`` for
``runner``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from deeplabcut.core.config.mistakes import AliasConflict, Mistake
from deeplabcut.core.config.names import did_you_mean
from deeplabcut.core.config.validation import INT_MAX
from deeplabcut.pose_estimation_pytorch.config.recipes import VARIABLES, head_recipe, merged, recipes, replaced
from deeplabcut.pose_estimation_pytorch.config.training import TrainSettingsConfig

_OF_RUNNER = ("optimizer", "scheduler")


def long_form(content: Mapping[str, Any]) -> dict[str, Any]:
    """``content`` with short forms written out; a short and a long form of one key together are a mistake."""
    mistakes: list[Mistake] = []
    result = _trained(dict(content), (), mistakes)
    if isinstance(result.get("detector"), Mapping):
        result["detector"] = _trained(dict(result["detector"]), ("detector",), mistakes)
    if isinstance(result.get("model"), Mapping):
        result["model"] = _model(dict(result["model"]), mistakes)
    runner = result.get("runner")
    if isinstance(runner, Mapping) and "logger" in runner:
        if result.get("logger") is not None:
            mistakes.append(_both(("runner", "logger"), "logger", runner["logger"]))
        result["logger"] = runner["logger"]
        result["runner"] = {key: value for key, value in runner.items() if key != "logger"}
    if mistakes:
        raise AliasConflict("The configuration of the network", mistakes)
    return result


def _trained(content: dict[str, Any], keys: tuple[str, ...], mistakes: list[Mistake]) -> dict[str, Any]:
    """Settings below ``train`` in their sections, and arguments beside an optimizer's type below ``params``."""
    train = content.get("train")
    if isinstance(train, Mapping):
        del content["train"]
        sections = {key: "runner" if key in _OF_RUNNER else "train_settings" for key in train}
        for key, value in train.items():
            section = sections[key]
            if section == "train_settings" and key not in TrainSettingsConfig.model_fields:
                hint = did_you_mean(str(key), [*TrainSettingsConfig.model_fields, *_OF_RUNNER])
                mistakes.append(Mistake((*keys, "train", str(key)), value, f"a setting of training.{hint}"))
                continue
            old = content.get(section)
            old = dict(old) if isinstance(old, Mapping) else {}
            if key in old:
                mistakes.append(_both((*keys, "train", str(key)), ".".join((*keys, section, str(key))), value))
            content[section] = {**old, key: value}
    runner = content.get("runner")
    if isinstance(runner, Mapping):
        content["runner"] = {
            key: _with_params(value, (*keys, "runner", str(key)), mistakes) if key in _OF_RUNNER else value
            for key, value in runner.items()
        }
    return content


def _with_params(value: Any, keys: tuple[str, ...], mistakes: list[Mistake]) -> Any:
    if not isinstance(value, Mapping) or "type" not in value:
        return value
    beside = {key: item for key, item in value.items() if key not in ("type", "params")}
    params = value.get("params")
    if not beside or not isinstance(params, (Mapping, type(None))):
        return value
    mistakes += [_both((*keys, str(key)), ".".join((*keys, "params", str(key))), beside[key])
                 for key in beside if key in (params or {})]  # fmt: skip
    return {"type": value["type"], "params": {**(params or {}), **beside}}


def _model(model: dict[str, Any], mistakes: list[Mistake]) -> dict[str, Any]:
    if isinstance(model.get("backbone"), Mapping):
        model["backbone"], channels = _backbone(dict(model["backbone"]), mistakes)
        if channels is not None and model.get("backbone_output_channels") is None:
            model["backbone_output_channels"] = channels
    if "head" in model:
        heads = model.get("heads") or {}
        if isinstance(heads, Mapping) and "bodypart" in heads:
            mistakes.append(_both(("model", "head"), "model.heads.bodypart", model["head"]))
        model["heads"] = {"bodypart": model.pop("head"), **(heads if isinstance(heads, Mapping) else {})}
    heads = model.get("heads")
    if isinstance(heads, Mapping):
        channels = model.get("backbone_output_channels")
        model["heads"] = {name: _head(head, channels, str(name), mistakes) for name, head in heads.items()}
    return model


def _backbone(backbone: dict[str, Any], mistakes: list[Mistake]) -> tuple[dict[str, Any], int | None]:
    """The backbone of our recipes that a variant names, and how many channels it has; else the backbone as it is.

    What other variants mean is up to the class of the backbone, which may be somebody else's.
    """
    if "variant" in backbone:
        variant = str(backbone["variant"])
        for name, settings, channels in _backbones_of(str(backbone.get("type"))):
            if "model_name" in backbone:
                mistakes.append(_both(("model", "backbone", "variant"), "model.backbone.model_name", variant))
                break
            if name.split("_")[-1] == variant.removeprefix("_"):
                rest = {key: value for key, value in backbone.items() if key != "variant"}
                return {**settings, **rest}, channels
    return backbone, None


def _backbones_of(kind: str) -> Iterator[tuple[str, dict[str, Any], int]]:
    """The networks of ours that are backbones of a type: their names, settings and channels."""
    for name, net in recipes("nets").items():
        settings = recipes("backbones")[net["backbone"]]
        if settings["type"] == kind and "method" not in net:
            yield name, replaced(settings, net["variables"]), net["variables"]["backbone_output_channels"]


def _head(head: Any, channels: Any, name: str, mistakes: list[Mistake]) -> Any:
    """The head with ``num_bodyparts`` where it counts; what it does not say is as in our recipe of its type."""
    if not isinstance(head, Mapping) or "num_bodyparts" not in head:
        return head
    number = head["num_bodyparts"]
    if not isinstance(number, int) or isinstance(number, bool) or not 0 < number < INT_MAX:
        mistakes.append(Mistake(("model", "heads", name, "num_bodyparts"), number, "a whole number of at least 1"))
        return head
    given = {key: value for key, value in head.items() if key != "num_bodyparts"}
    template = {
        key: value for key, value in _template(str(head.get("type"))).items() if _is_same_kind(value, given.get(key))
    }
    if set(template) <= set(given):
        return head  # one of somebody else's, or written out
    known = {"num_bodyparts": number, "backbone_output_channels": channels if isinstance(channels, int) else None}
    unknown = sorted(word for word in _variables() if known.get(word) is None and _mentions(template, word))
    if not unknown:
        return merged(replaced(template, known), given)
    wanted = f"the settings of {head.get('type')} one by one; they depend on {', '.join(unknown)}"
    if unknown == ["backbone_output_channels"]:
        wanted = "model.backbone_output_channels too, which is known for the backbones of our networks only"
    mistakes.append(Mistake(("model", "heads", name, "num_bodyparts"), number, wanted))
    return head


def _variables() -> set[str]:
    """Every word that may stand for a value in a recipe."""
    return {*VARIABLES, *(word for net in recipes("nets").values() for word in net["variables"])}


def _template(kind: str) -> dict[str, Any]:
    """Our recipe of a type of head."""
    return next((head_recipe(name) for name, head in recipes("heads").items() if head.get("type") == kind), {})


def _is_same_kind(part: Any, given: Any) -> bool:
    """Whether settings of ``part`` fit what is given, which may be a part of another type."""
    if not isinstance(given, Mapping):
        return True
    return isinstance(part, Mapping) and given.get("type", part.get("type")) == part.get("type")


def _mentions(value: Any, name: str) -> bool:
    if isinstance(value, Mapping):
        return any(_mentions(item, name) for item in value.values())
    if isinstance(value, list):
        return any(_mentions(item, name) for item in value)
    return isinstance(value, str) and value.partition(" ")[0] == name


def _both(keys: tuple[str, ...], long: str, value: Any) -> Mistake:
    return Mistake(keys, value, f"only one of the two, {'.'.join(keys)} or {long}")
