"""``config.yaml`` of a 2D project: every key with its type, default, old names and comment."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field, model_validator

from deeplabcut.core.config import storage, yaml
from deeplabcut.core.config.mistakes import Mistake, expected, note, shortened
from deeplabcut.core.config.validation import (
    BodypartPair,
    FilePath,
    Fraction,
    NonNegativeInt,
    Number,
    StrictPositiveInt,
    Text,
    TruthValue,
    UniqueStrList,
    WholeNumber,
    as_int,
    as_list,
    validate_crop_bounds,
)
from deeplabcut.core.config.versioned import DLCVersionedConfig
from deeplabcut.core.errors import InvalidInput, Missing

if TYPE_CHECKING:
    from typing_extensions import Self

MULTI = "MULTI!"
VIRTUAL_INDIVIDUAL = "single"  # carries the unique bodyparts in tables
FILE_NAME = "config.yaml"
_ENGINES = {"torch": "pytorch", "tf": "tensorflow"}
_TEXTS = ("Task", "scorer", "date", "bodyparts", "individuals", "uniquebodyparts", "unique_bodyparts",
          "multianimalbodyparts", "skeleton", "default_net_type", "skeleton_color", "colormap")  # fmt: skip


def _engine(value: Any) -> Any:
    name = value.strip().lower() if isinstance(value, str) else value
    return _ENGINES.get(name, name) if isinstance(name, str) else name


def _bodyparts(value: Any) -> Any:
    if isinstance(value, str) and value.strip().rstrip("!").upper() == "MULTI":
        return MULTI
    if not isinstance(as_list(value), list):
        raise expected(f"a list of names, or {MULTI!r}")
    return value


def _snapshot(value: Any, info: Any) -> Any:
    if isinstance(value, str) and value.strip().lower() == "all":
        return "all"
    try:
        return as_int(value, info)
    except ValueError:
        raise expected("a whole number (-1 is the last one), or 'all'") from None


def _videos(value: Any) -> Any:
    if not isinstance(value, Mapping):
        raise expected("the path of each video, with its crop")
    return {str(path): _video(path, entry) for path, entry in value.items()}


def _video(path: object, entry: Any) -> Any:
    entry = {} if entry is None else entry
    if not isinstance(entry, Mapping):
        raise expected(f"below each video a line such as 'crop: 0, 640, 0, 480', not {shortened(entry)} below {path!r}")
    crop = entry.get("crop")
    if isinstance(crop, (list, tuple)):
        entry = {**entry, "crop": ", ".join(map(str, crop))}
    return dict(entry)


def _comment(text: str) -> Any:
    return {"comment": text}


class ProjectConfig(DLCVersionedConfig):
    """The configuration of a 2D project. Keys of a file that are not listed here are kept in ``config["key"]``."""

    known_extras: ClassVar[frozenset[str]] = frozenset({"video_sets_original", "eval_prefix", "bbox_pcutoff"})
    silent_nulls: ClassVar[frozenset[str]] = frozenset({"multianimalproject", "project_path"})

    Task: Text = Field(default="", json_schema_extra=_comment("\nProject definitions (do not edit)"))
    scorer: Text = ""
    date: Text = ""
    multianimalproject: TruthValue = False
    identity: TruthValue | None = Field(default=None, json_schema_extra={"aliases": ["with_identity"]})
    project_path: FilePath = Field(
        default_factory=Path, json_schema_extra=_comment("\nProject path (change when moving around)")
    )
    pose_config_path: FilePath | None = None
    engine: Annotated[Literal["pytorch", "tensorflow"], BeforeValidator(_engine)] = Field(
        default="pytorch",
        json_schema_extra=_comment(
            "\nDefault DeepLabCut engine to use for shuffle creation (either pytorch or tensorflow)"
        ),
    )
    video_sets: Annotated[dict[str, dict[str, Any]], BeforeValidator(_videos)] = Field(
        default_factory=dict,
        json_schema_extra=_comment("\nAnnotation data set configuration (and individual video cropping parameters)"),
    )
    bodyparts: Annotated[UniqueStrList | Literal["MULTI!"], BeforeValidator(_bodyparts)] = Field(default_factory=list)
    individuals: UniqueStrList = Field(default_factory=lambda: ["individual_1"])
    uniquebodyparts: UniqueStrList = Field(default_factory=list, json_schema_extra={"aliases": ["unique_bodyparts"]})
    multianimalbodyparts: UniqueStrList = Field(default_factory=list)
    start: Fraction = Field(
        default=0.0,
        json_schema_extra=_comment("\nFraction of video to start/stop when extracting frames for labeling/refinement"),
    )
    stop: Fraction = 1.0
    numframes2pick: NonNegativeInt = 20
    skeleton: Annotated[list[BodypartPair], BeforeValidator(as_list)] = Field(
        default_factory=list, json_schema_extra=_comment("\nPlotting configuration")
    )
    skeleton_color: Text = "black"
    pcutoff: Number = 0.6
    dotsize: NonNegativeInt = 12
    alphavalue: Number = 0.7
    colormap: Text = "rainbow"
    TrainingFraction: Annotated[list[Fraction], BeforeValidator(as_list)] = Field(
        default_factory=lambda: [0.95], json_schema_extra=_comment("\nTraining,Evaluation and Analysis configuration")
    )
    iteration: NonNegativeInt | None = None
    default_net_type: Text = "resnet_50"
    default_augmenter: Text | None = None
    default_track_method: Text | None = None
    snapshotindex: Annotated[Literal["all"] | int, BeforeValidator(_snapshot)] = "all"
    detector_snapshotindex: WholeNumber = -1
    batch_size: StrictPositiveInt = 8
    detector_batch_size: StrictPositiveInt = 1
    cropping: TruthValue = Field(
        default=False, json_schema_extra=_comment("\nCropping Parameters (for analysis and outlier frame detection)")
    )
    x1: NonNegativeInt | None = Field(
        default=None, json_schema_extra=_comment("if cropping is true for analysis, then set the values here:")
    )
    x2: NonNegativeInt | None = None
    y1: NonNegativeInt | None = None
    y2: NonNegativeInt | None = None
    corner2move2: Annotated[list[NonNegativeInt], BeforeValidator(as_list)] | None = Field(
        default=None,
        json_schema_extra=_comment(
            "\nRefinement configuration (parameters from annotation dataset configuration also relevant in this stage)"
        ),
    )
    move2corner: TruthValue | None = None
    SuperAnimalConversionTables: dict[str, Any] | None = Field(
        default=None, json_schema_extra=_comment("\nConversion tables to fine-tune SuperAnimal weights")
    )
    resnet: WholeNumber | None = Field(
        default=None,
        json_schema_extra=_comment("\nThese are very old parameters that are no longer used. They are simply ignored."),
    )
    croppedtraining: TruthValue | None = None

    @property
    def bodyparts_list(self) -> list[str]:
        """The bodyparts of each individual, whatever the kind of project."""
        return list(self.multianimalbodyparts if self.multianimalproject else self.bodyparts)

    @property
    def config_yaml_path(self) -> Path:
        """Where the file of this configuration belongs."""
        return self.project_path / FILE_NAME

    @property
    def bboxes_pcutoff(self) -> float:
        """The score above which the box of an individual is drawn."""
        return 0.6

    @classmethod
    def from_any(cls, config: Any, *, repair_path: bool = False) -> Self:
        """The configuration that ``config`` is, holds or names; ``repair_path`` as in `validate_project_path`."""
        made = super().from_any(config)
        if repair_path and isinstance(config, (str, os.PathLike)):
            made.validate_project_path(yaml_path=config)
        return made

    def validate_project_path(self, *, yaml_path: str | os.PathLike[str] | None = None, write: bool = False) -> Self:
        """Make ``project_path`` the folder of the file (in memory; on disk with ``write``); it has to exist."""
        if yaml_path is not None:
            folder = storage.absolute(yaml_path).parent
            if self.project_path != folder:
                self.record_change_note("project_path", f"was {str(self.project_path)!r}; the project is in {folder}")
                self.__dict__["project_path"] = folder
                if write:
                    self.to_yaml(yaml_path)
        if not self.project_path.is_dir():
            raise Missing(
                "The project folder does not exist.", where=self.project_path, fix="open the config.yaml of the project"
            )
        return self

    @classmethod
    def prepared(cls, content: dict[str, Any], document: yaml.Document | None) -> dict[str, Any]:
        """The content in the present form, with names that look like numbers as they are spelled in the file."""
        content = super().prepared(content, document)
        if document is not None:
            for key in _TEXTS:
                spelled = document.spelled(key) if key in content else None
                if spelled is not None and isinstance(content[key], (int, float, list)):
                    if not yaml.same(spelled, content[key]):
                        note(f"{key}: numbers are read as names: {shortened(spelled)}.")
                    content[key] = spelled
        return content

    @model_validator(mode="before")
    @classmethod
    def normalize_legacy_empty_values(cls, data: Any) -> Any:
        """Older files: ``""`` for nothing, a list of bodyparts in a multi-animal project, the path of the file."""
        if not isinstance(data, Mapping):
            return data
        texts = {"Task", "scorer", "date", "project_path"}
        content = {k: v for k, v in data.items() if v != "" or k in texts or k not in cls.model_fields}
        bodyparts = content.get("bodyparts") or []
        if _says_yes(content.get("multianimalproject")) and isinstance(bodyparts, (list, tuple)):
            if bodyparts:
                note(f"bodyparts: a multi-animal project has {MULTI!r} here; the list is not used.")
            content["bodyparts"] = MULTI
        path = content.get("project_path")
        if isinstance(path, (str, os.PathLike)) and file_name(os.fspath(path)) == FILE_NAME:
            content["project_path"] = os.fspath(path)[: -len(FILE_NAME)].rstrip("/\\") or "."
        return content

    def contradicting(self) -> Iterable[Mistake]:
        """Values that do not go together."""
        yield from self.validate_start_before_stop()
        yield from self.validate_bodyparts_single_animal()
        yield from self.validate_cropping_bounds()
        if VIRTUAL_INDIVIDUAL in self.individuals:
            yield Mistake(
                ("individuals",), self.individuals, f"other names than {VIRTUAL_INDIVIDUAL!r}, which is reserved"
            )

    def validate_start_before_stop(self) -> Iterable[Mistake]:
        """Frames are extracted from a part of the video that has a length."""
        if not self.start < self.stop:
            yield Mistake(
                ("start",), self.start, f"less than stop, which is {self.stop}", involves=frozenset({"start", "stop"})
            )

    def validate_bodyparts_single_animal(self) -> Iterable[Mistake]:
        """A single-animal project lists its bodyparts."""
        if not self.multianimalproject and self.bodyparts == MULTI:
            yield Mistake(
                ("bodyparts",), MULTI, "a list of names, or multianimalproject: true",
                involves=frozenset({"bodyparts", "multianimalproject"}),
            )  # fmt: skip

    def validate_cropping_bounds(self) -> Iterable[Mistake]:
        """The crop encloses something, and is there if it is to be used."""
        bounds = {"x1": self.x1, "x2": self.x2, "y1": self.y1, "y2": self.y2}
        involved = frozenset({"cropping", *bounds})
        missing = next((name for name, value in bounds.items() if value is None), None)
        if self.cropping and missing:
            yield Mistake((missing,), None, "a whole number, as cropping is true", involves=involved)
            return
        try:
            validate_crop_bounds(**bounds)
        except InvalidInput as error:
            wrong = missing or ("x1" if (self.x1 or 0) >= (self.x2 or 0) else "y1")
            yield Mistake((wrong,), bounds[wrong], f"bounds that fit: {error.message}", involves=involved)


def file_name(path: str) -> str:
    """The last part of a path that was written on any system."""
    return PureWindowsPath(path).name if "\\" in path else PurePosixPath(path).name


def _says_yes(value: Any) -> bool:
    return value in (True, 1) or (isinstance(value, str) and value.strip().lower() in ("true", "yes", "on", "y"))
