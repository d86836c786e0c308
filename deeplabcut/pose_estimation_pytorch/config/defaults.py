"""The configuration of a network for a project, as the recipes and the project give it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from deeplabcut.core.errors import InvalidInput
from deeplabcut.core.weight_init import WeightInitialization
from deeplabcut.pose_estimation_pytorch.config.ctd_conditions import conditions_for_new_model
from deeplabcut.pose_estimation_pytorch.config.enums import TOP_DOWN_PREFIX, DetectorType, NetType
from deeplabcut.pose_estimation_pytorch.config.metadata import PoseMetadata
from deeplabcut.pose_estimation_pytorch.config.paf_parameters import PAFParameters
from deeplabcut.pose_estimation_pytorch.config.recipes import (
    detector_recipe,
    head_recipe,
    merged,
    method_of,
    needs_limbs,
    pose_recipe,
    replaced,
)
from deeplabcut.pose_estimation_pytorch.task import Task

if TYPE_CHECKING:
    from deeplabcut.core.config.base import DLCBaseConfig

logger = logging.getLogger(__name__)


def resolve_net_type_and_task(net_type: str | NetType | None, *, default: str, top_down: bool) -> tuple[NetType, Task]:
    """The network that is asked for, and its task: backbones follow ``top_down``, others have one of their own."""
    label = str(net_type or default)
    net, said_top_down = NetType.from_alias(label)
    if said_top_down and not top_down:
        raise InvalidInput(f"{label!r} asks for a top-down network, and top_down is false.",
                           fix=f"pass top_down=True, or net_type={str(net)!r}")  # fmt: skip
    if said_top_down:
        logger.debug("%s: the prefix %s is not needed with top_down=True.", label, TOP_DOWN_PREFIX)
    return net, Task(method_of(net) or ("td" if top_down else "bu"))  # type: ignore[call-arg, arg-type]


def build_pose_config_defaults(
    net_type: NetType,
    metadata: PoseMetadata,
    *,
    task: Task,
    multi_animal: bool,
    paf_parameters: PAFParameters | None = None,
    weight_init: WeightInitialization | None = None,
    detector_config: DLCBaseConfig | None = None,
    ctd_conditions: Any = None,
) -> dict[str, Any]:
    """The content of the configuration as a dict; raises ValueError where network and project do not fit."""
    method = task.aliases[0].lower()
    problems = [] if metadata.bodyparts else ["The project has no bodyparts."]
    problems += fit_problems(net_type, metadata, task=task, multi_animal=multi_animal, conditions=ctd_conditions)
    if problems:
        raise InvalidInput(" ".join(problems), fix="choose another network, or correct the project")
    if multi_animal and paf_parameters is None and needs_limbs(net_type, method=method, multi_animal=multi_animal):
        raise InvalidInput(f"{net_type} joins bodyparts along limbs.", fix="pass paf_parameters")
    variables = _variables(metadata, paf_parameters)
    content = pose_recipe(net_type, method=method, multi_animal=multi_animal, variables=variables)
    heads = content["model"]["heads"]
    known = {**variables, "backbone_output_channels": content["model"]["backbone_output_channels"]}
    if metadata.unique_bodyparts:
        unique = {**known, "num_bodyparts": metadata.num_unique_bodyparts}
        heads["unique_bodypart"] = replaced(head_recipe("unique_bodypart"), unique)
    if metadata.with_identity:
        heads["identity"] = replaced(head_recipe("identity"), known)
    if task is Task.COND_TOP_DOWN:
        conditions = conditions_for_new_model(ctd_conditions)
        content = merged(content, {"inference": {"conditions": None if conditions is None else conditions.to_dict()}})
    if weight_init is not None:
        content = merged(content, {"train_settings": {"weight_init": weight_init.to_dict()}})
    detector = None if detector_config is None else detector_config.to_dict()
    return {**content, "metadata": metadata.to_dict(), "detector": detector}


def build_detector_config_defaults(num_individuals: int, detector_type: DetectorType) -> dict[str, Any]:
    """The content of the configuration of a detector as a dict."""
    return detector_recipe(detector_type)


def fit_problems(
    net_type: NetType, metadata: PoseMetadata, *, task: Task, multi_animal: bool, conditions: Any
) -> list[str]:
    """Why a network cannot be made for what is to be predicted; empty if it can."""
    problems: list[str] = []
    if task is not Task.BOTTOM_UP:
        kind = "top-down" if task is Task.TOP_DOWN else "conditional top-down"
        if metadata.unique_bodyparts:
            problems.append(f"{net_type} is {kind}, and {kind} networks cannot predict unique bodyparts "
                            f"({', '.join(metadata.unique_bodyparts)}).")  # fmt: skip
        if metadata.with_identity:
            problems.append(f"{net_type} is {kind}, and {kind} networks cannot predict the identity of individuals "
                            "(identity is true).")  # fmt: skip
    if task is Task.COND_TOP_DOWN and conditions is None:
        problems.append(f"{net_type} corrects poses that another network or a file gives: ctd_conditions is missing.")
    limbs = needs_limbs(net_type, method=task.aliases[0].lower(), multi_animal=multi_animal)
    if limbs and not multi_animal:
        problems.append(f"{net_type} joins bodyparts to individuals, and this is a single-animal project.")
    if limbs and multi_animal and metadata.num_bodyparts == 1:
        problems.append(f"{net_type} joins the bodyparts of individuals, and the individuals have only one: choose a "
                        "top-down network or DEKR.")  # fmt: skip
    return problems


def _variables(metadata: PoseMetadata, paf: PAFParameters | None) -> dict[str, Any]:
    known: dict[str, Any] = {"num_bodyparts": metadata.num_bodyparts, "num_individuals": metadata.num_individuals}
    if paf is not None:
        known |= {"paf_graph": paf.paf_graph, "num_limbs": paf.num_limbs, "paf_edges_to_keep": paf.paf_edges_to_keep}
    return known
