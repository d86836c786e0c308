"""The ``metadata`` section: the project of a network, and what it predicts."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import Field

from deeplabcut.core.config.base import DLCBaseConfig
from deeplabcut.core.config.files import read_config
from deeplabcut.core.config.mistakes import gathered_notes
from deeplabcut.core.config.project import MULTI, ProjectConfig
from deeplabcut.core.config.validation import FilePath, TruthValue, UniqueStrList
from deeplabcut.core.errors import InvalidInput
from deeplabcut.project.superanimals import super_animal

if TYPE_CHECKING:
    from typing_extensions import Self

AnyProject = ProjectConfig | Mapping[str, Any] | Path | str


class PoseMetadata(DLCBaseConfig):
    """What a network predicts, and where its project is."""

    project_path: FilePath | None = None
    pose_config_path: FilePath | None = None
    bodyparts: UniqueStrList = Field(default_factory=list)
    unique_bodyparts: UniqueStrList = Field(default_factory=list, json_schema_extra={"aliases": ["uniquebodyparts"]})
    individuals: UniqueStrList = Field(default_factory=lambda: ["individual_1"])
    with_identity: TruthValue | None = Field(default=None, json_schema_extra={"aliases": ["identity"]})

    @property
    def num_individuals(self) -> int:
        """How many individuals there are at most."""
        return len(self.individuals)

    @property
    def num_bodyparts(self) -> int:
        """How many bodyparts an individual has."""
        return len(self.bodyparts)

    @property
    def num_unique_bodyparts(self) -> int:
        """How many bodyparts belong to no individual."""
        return len(self.unique_bodyparts)

    @classmethod
    def build(
        cls,
        project_config: AnyProject,
        *,
        project_path: Path | str | None = None,
        pose_config_path: Path | str | None = None,
        bodyparts: list[str] | None = None,
        unique_bodyparts: list[str] | None = None,
        individuals: list[str] | None = None,
        with_identity: bool | None = None,
    ) -> Self:
        """What a project says; arguments take the place of its values."""
        project = project_of(project_config)
        multi = is_multi(project)
        return cls(
            project_path=_chosen(project_path, project.project_path if project.project_path != Path() else None),
            pose_config_path=_chosen(pose_config_path, project.pose_config_path),
            bodyparts=_chosen(bodyparts, project.bodyparts_list),
            unique_bodyparts=_chosen(unique_bodyparts, project.uniquebodyparts if multi else []),
            individuals=_chosen(individuals, project.individuals if multi else ["individual_1"]),
            with_identity=_chosen(with_identity, project.identity),
        )

    @classmethod
    def build_for_superanimal(cls, super_animal: str, model_name: str, max_individuals: int) -> Self:
        """What a SuperAnimal network predicts."""
        return cls(bodyparts=_superanimal_bodyparts(super_animal), individuals=animals(max_individuals))

    def to_dict_legacy(self) -> dict[str, Any]:
        """The values under the names that project configurations have for them."""
        values = self.to_dict(normalize=True)
        return {**values, "uniquebodyparts": values.pop("unique_bodyparts"), "identity": values.pop("with_identity")}


def project_of(config: AnyProject) -> ProjectConfig:
    """The configuration of a 2D project that ``config`` is, holds or names.

    A dict may hold ``bodyparts`` and ``individuals`` only; it is a multi-animal project if it says so, or names
    several individuals.
    """
    if isinstance(config, ProjectConfig):
        return config
    if isinstance(config, (str, os.PathLike)):
        project = read_config(config)
        if not isinstance(project, ProjectConfig):
            raise InvalidInput("This is a 3D project, which has no network of its own.", where=str(config),
                               fix="give the project of a camera")  # fmt: skip
        return project
    content = dict(config)
    several = len(content.get("individuals") or []) > 1
    if content.get("multianimalproject", several) and isinstance(content.get("bodyparts"), (list, tuple)):
        content = {**content, "multianimalproject": True, "bodyparts": MULTI}
        content["multianimalbodyparts"] = content.get("multianimalbodyparts") or list(config["bodyparts"])
    with gathered_notes(silent="Task" not in content):
        return ProjectConfig.from_dict(content)


def is_multi(project: ProjectConfig) -> bool:
    """Whether the individuals of the project count."""
    return bool(project.multianimalproject)


def animals(number: int) -> list[str]:
    """Names of individuals that nobody has named."""
    return [f"animal{i}" for i in range(number)]


def _superanimal_bodyparts(name: str) -> Sequence[str]:
    return list(super_animal(name).bodyparts)


def _chosen(value: Any, otherwise: Any) -> Any:
    return otherwise if value is None else value
