"""``config.yaml`` of a 3D project: any number of cameras, each with its 2D project."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field

from deeplabcut.core.config import yaml
from deeplabcut.core.config.base import DLCBaseConfig
from deeplabcut.core.config.mistakes import Mistake, note, shortened
from deeplabcut.core.config.project import FILE_NAME, file_name
from deeplabcut.core.config.validation import (
    INT_MAX,
    BodypartPair,
    FilePath,
    NonNegativeInt,
    Number,
    StrictPositiveInt,
    Text,
    UniqueStrList,
    as_list,
)

MARKS_3D = ("num_cameras", "camera_names", "scorername_3d")
_TEXTS = ("Task", "scorer", "date", "scorername_3d", "camera_names", "skeleton")
_NUMBERS = ("shuffle_", "trainingsetindex_")


@dataclass(frozen=True)
class Camera:
    """One camera: the 2D project of its videos, and which shuffle of it."""

    name: str
    config_file: str | None
    shuffle: int
    trainingsetindex: int


class Project3DConfig(DLCBaseConfig):
    """The configuration of a 3D project."""

    silent_nulls: ClassVar[frozenset[str]] = frozenset({"project_path"})

    Task: Text = ""
    scorer: Text = ""
    date: Text = ""
    project_path: FilePath = Field(
        default_factory=Path, json_schema_extra={"comment": "\nProject path (change when moving around)"}
    )
    skeleton: Annotated[list[BodypartPair], BeforeValidator(as_list)] = Field(
        default_factory=list, json_schema_extra={"comment": "\nPlotting configuration"}
    )
    skeleton_color: Text = "black"
    pcutoff: Number = 0.4
    colormap: Text = "jet"
    dotsize: NonNegativeInt = 15
    alphaValue: Number = 0.8  # noqa: N815
    markerType: Text = "*"  # noqa: N815
    markerColor: Text = "r"  # noqa: N815
    num_cameras: StrictPositiveInt = Field(
        default=2,
        json_schema_extra={
            "comment": "\nNumber of cameras, their names, and the 2D project, shuffle and split of each"
        },
    )
    camera_names: UniqueStrList = Field(default_factory=lambda: ["camera-1", "camera-2"])
    scorername_3d: Text = "DLC_3D"

    @property
    def cameras(self) -> list[Camera]:
        """The cameras in the order of ``camera_names``; their keys may end in the name or in ``camera-<number>``."""
        return [
            Camera(
                name,
                None if (file := self._of_camera("config_file", name, number)) is None else str(file),
                int(self._of_camera("shuffle", name, number) or 0),
                int(self._of_camera("trainingsetindex", name, number) or 0),
            )
            for number, name in enumerate(self.camera_names, 1)
        ]

    @property
    def config_yaml_path(self) -> Path:
        """Where the file of this configuration belongs."""
        return self.project_path / FILE_NAME

    def _of_camera(self, what: str, name: str, number: int) -> Any:
        for key in (f"{what}_{name}", f"{what}_camera-{number}"):
            if self.get(key) is not None:
                return self[key]
        return None

    @classmethod
    def is_known_extra(cls, key: str) -> bool:
        """The keys of each camera."""
        return key.startswith(("config_file_", *_NUMBERS))

    @classmethod
    def prepared(cls, content: dict[str, Any], document: yaml.Document | None) -> dict[str, Any]:
        """The content with names as they are spelled, and the numbers of cameras as numbers."""
        content = {key: value for key, value in content.items() if value != "" or key in _TEXTS[:3]}
        for key in _TEXTS if document is not None else ():
            spelled = document.spelled(key) if document and key in content else None
            if spelled is not None and isinstance(content[key], (int, float, list)):
                if not yaml.same(spelled, content[key]):
                    note(f"{key}: numbers are read as names: {shortened(spelled)}.")
                content[key] = spelled
        for key, value in content.items():
            if key.startswith(_NUMBERS) and isinstance(value, str) and value.strip().isdigit():
                note(f"{key}: {shortened(value)} is read as a number.")
                content[key] = int(value)
        path = content.get("project_path")
        if isinstance(path, str) and file_name(path) == FILE_NAME:
            content["project_path"] = path[: -len(FILE_NAME)].rstrip("/\\") or "."
        return content

    def contradicting(self) -> Iterable[Mistake]:
        """Values that do not go together, and values of cameras that are of the wrong kind."""
        if len(self.camera_names) != self.num_cameras:
            yield Mistake(
                ("camera_names",), self.camera_names, f"{self.num_cameras} names, as num_cameras is {self.num_cameras}",
                involves=frozenset({"camera_names", "num_cameras"}),
            )  # fmt: skip
        for key, value in self._extras.items():
            is_count = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= INT_MAX
            if key.startswith(_NUMBERS) and value is not None and not is_count:
                yield Mistake((key,), value, "a whole number of at least 0", involves=frozenset({key}))
            if key.startswith("config_file_") and value is not None and not isinstance(value, (str, Path)):
                yield Mistake((key,), value, "the path of the config.yaml of a 2D project", involves=frozenset({key}))


def is_3d(content: Mapping[str, Any]) -> bool:
    """Whether the content of a file is that of a 3D project."""
    return any(key in content for key in MARKS_3D)
