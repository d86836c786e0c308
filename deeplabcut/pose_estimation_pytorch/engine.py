"""What the PyTorch engine does for the rest of the product."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from deeplabcut.core.config.files import write_plainconfig
from deeplabcut.core.config.inference import FILE_NAME as INFERENCE_FILE
from deeplabcut.core.config.inference import form_default_inferencecfg
from deeplabcut.core.config.project import ProjectConfig
from deeplabcut.core.engine import Engine, ModelRequest, ShuffleFacts
from deeplabcut.core.errors import DeepLabCutError
from deeplabcut.core.weight_init import WeightInitialization
from deeplabcut.pose_estimation_pytorch.config.ctd_conditions import conditions_for_new_model
from deeplabcut.pose_estimation_pytorch.config.defaults import fit_problems, resolve_net_type_and_task
from deeplabcut.pose_estimation_pytorch.config.enums import LEGACY_NAMES, TOP_DOWN_PREFIX, DetectorType, NetType
from deeplabcut.pose_estimation_pytorch.config.metadata import PoseMetadata, project_of
from deeplabcut.pose_estimation_pytorch.config.paf_parameters import PAFParameters
from deeplabcut.pose_estimation_pytorch.config.pose import PoseConfig, TestConfig
from deeplabcut.pose_estimation_pytorch.config.recipes import needs_limbs
from deeplabcut.pose_estimation_pytorch.task import Task

TEST_FILE = "pose_cfg.yaml"


class Backend:
    """The PyTorch engine, see `core.engine.EngineBackend`."""

    def model_problems(self, config: Any, request: ModelRequest) -> list[str]:
        """Why the request cannot be met in the project of ``config``; nothing is written, empty if it can."""
        return list(_problems(project_of(config), request))

    def write_model(self, folder: Path, config: Any, facts: ShuffleFacts, request: ModelRequest) -> None:
        """Write ``train`` and ``test`` with their files into ``folder``, new and empty."""
        project = project_of(config)
        train, test = folder / "train", folder / "test"
        train.mkdir()
        test.mkdir()
        name = Engine.PYTORCH.pose_cfg_name
        label = str(request.net_type or project.default_net_type)
        pose = PoseConfig.build(
            project,
            facts.project / facts.model_folder / "train" / name,
            top_down=label.startswith(TOP_DOWN_PREFIX),
            net_type=label,
            detector_type=request.detector_type,
            weight_init=request.weight_init,
            ctd_conditions=request.ctd_conditions,
            limbs=_limbs(request),
        )
        pose.metadata.project_path = facts.project
        pose.to_yaml(train / name)
        TestConfig.build(pose, save=True, test_config_path=test / TEST_FILE)
        if project.multianimalproject:
            write_plainconfig(test / INFERENCE_FILE, inference_settings(project))


def inference_settings(project: ProjectConfig) -> dict[str, Any]:
    """How the detections of a new multi-animal network are joined and tracked."""
    return {
        **form_default_inferencecfg(project),
        "minimalnumberofconnections": len(project.multianimalbodyparts) // 2,
        "withid": bool(project.identity),
    }


def _problems(project: ProjectConfig, request: ModelRequest) -> Iterator[str]:
    yield from _detector_problems(request)
    yield from _errors(lambda: request.weight_init and WeightInitialization.from_any(request.weight_init))
    yield from _errors(lambda: conditions_for_new_model(request.ctd_conditions))
    label = str(request.net_type or project.default_net_type)
    origin = "" if request.net_type else " (default_net_type in config.yaml)"
    try:
        net, task = resolve_net_type_and_task(label, default=label, top_down=label.startswith(TOP_DOWN_PREFIX))
    except DeepLabCutError:
        yield unknown_net(label, origin)
        return
    multi = bool(project.multianimalproject)
    metadata = PoseMetadata.build(project)
    if not metadata.bodyparts:
        return  # the check of the labels says so
    yield from fit_problems(net, metadata, task=task, multi_animal=multi, conditions=request.ctd_conditions)
    if request.detector_type is not None and task is not Task.TOP_DOWN:
        as_top_down = f" ({net.alias(top_down=True)} has one)" if net.is_backbone else ""
        yield f"{label} has no detector, and detector_type is {request.detector_type!r}{as_top_down}."
    if multi and needs_limbs(net, method=task.aliases[0].lower(), multi_animal=multi):
        yield from _errors(lambda: PAFParameters.build(project, **_limbs(request)))


def unknown_net(label: str, origin: str = "") -> str:
    """A sentence for a name that no network has, with the nearest ones."""
    known = [*NetType.available_aliases(), *LEGACY_NAMES]
    near = difflib.get_close_matches(label.lower(), known, 3, cutoff=0.5)
    hint = f"Did you mean {' or '.join(map(repr, near))}?" if near else f"There are {', '.join(known)}."
    return f"There is no network {label!r} in the PyTorch engine{origin}. {hint}"


def _detector_problems(request: ModelRequest) -> Iterator[str]:
    known = [str(detector) for detector in DetectorType]
    if request.detector_type is not None and request.detector_type not in known:
        near = difflib.get_close_matches(str(request.detector_type), known, 1, cutoff=0.5)
        hint = f"Did you mean {near[0]!r}?" if near else f"There are {', '.join(known)}."
        yield f"There is no detector {request.detector_type!r}. {hint}"


def _errors(attempt: Any) -> Iterator[str]:
    try:
        attempt()
    except DeepLabCutError as error:
        yield error.message
    except TypeError as error:
        yield str(error)


def _limbs(request: ModelRequest) -> dict[str, Any]:
    return {
        "num_limbs_threshold": request.n_edges_threshold,
        "paf_graph_degree": request.paf_graph_degree,
        "graph": request.paf_graph,
        "seed": request.seed,
    }
