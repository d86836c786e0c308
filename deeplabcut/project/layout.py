"""The names of everything in a project: pure functions from settings to paths, relative to the project folder."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from deeplabcut.core.engine import Engine
from deeplabcut.core.errors import InvalidInput
from deeplabcut.core.text import same_text as same_text

VIDEOS, LABELS, TRAINING_SETS = "videos", "labeled-data", "training-datasets"
_FORBIDDEN = '<>:"/\\|?*'
_DEVICES = frozenset(["con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in "123456789¹²³")])


@dataclass(frozen=True)
class Layout:
    """The paths of a project, all relative to its folder."""

    task: str
    scorer: str
    date: str
    iteration: int = 0

    def __post_init__(self) -> None:
        named = {"Task": self.task, "scorer": self.scorer, "date": self.date}
        if bad := [f"{key}: {name[:80]!r}" for key, name in named.items() if any(c in name for c in "/\\\0")]:
            raise InvalidInput(f"Not to be used in names of files: {', '.join(bad)}.", fix="correct config.yaml")

    @classmethod
    def of(cls, config: Mapping[str, Any] | Any) -> Layout:
        """The layout of a project's configuration (a config or a dict)."""
        return cls(str(config["Task"]), str(config["scorer"]), str(config["date"]), config.get("iteration") or 0)

    @property
    def training_set_folder(self) -> Path:
        """The folder of merged labels and splits."""
        return Path(TRAINING_SETS, f"iteration-{self.iteration}", f"UnaugmentedDataSet_{self.task}{self.date}")

    def shuffle_name(self, train_fraction: float, shuffle: int) -> str:
        """The name of a shuffle in folders and in metadata.yaml."""
        return f"{self.task}{self.date}-trainset{percent(train_fraction)}shuffle{shuffle}"

    def data_file(self, train_fraction: float, shuffle: int, suffix: str = ".mat") -> Path:
        """The training set of a shuffle (``.mat``, or ``.pickle`` in multi-animal projects)."""
        name = f"{self.task}_{self.scorer}{percent(train_fraction)}shuffle{shuffle}{suffix}"
        return self.training_set_folder / name

    def documentation_file(self, train_fraction: float, shuffle: int) -> Path:
        """The split of a shuffle."""
        name = f"Documentation_data-{self.task}_{percent(train_fraction)}shuffle{shuffle}.pickle"
        return self.training_set_folder / name

    def model_folder(self, train_fraction: float, shuffle: int, engine: Engine, modelprefix: str = "") -> Path:
        """The folder of a shuffle's network, with ``train`` and ``test`` inside."""
        return self._of_engine(engine.model_folder_name, train_fraction, shuffle, modelprefix)

    def model_config(self, train_fraction: float, shuffle: int, engine: Engine, modelprefix: str = "") -> Path:
        """The training configuration of a shuffle."""
        return self.model_folder(train_fraction, shuffle, engine, modelprefix) / "train" / engine.pose_cfg_name

    def evaluation_folder(self, train_fraction: float, shuffle: int, engine: Engine, modelprefix: str = "") -> Path:
        """The folder of a shuffle's evaluation."""
        return self._of_engine(engine.results_folder_name, train_fraction, shuffle, modelprefix)

    def labels_folder(self, video: str) -> Path:
        """The folder of a video's labelled frames."""
        return Path(LABELS, safe_stem(video))

    def _of_engine(self, folder: str, train_fraction: float, shuffle: int, modelprefix: str) -> Path:
        return Path(modelprefix, folder, f"iteration-{self.iteration}", self.shuffle_name(train_fraction, shuffle))


def get_training_set_folder(cfg: Mapping[str, Any] | Any) -> Path:
    """``training-datasets/iteration-<i>/UnaugmentedDataSet_<Task><date>``."""
    return Layout.of(cfg).training_set_folder


def get_data_and_metadata_filenames(
    trainingsetfolder: str | Path,
    trainFraction: float,  # noqa: N803  a public name
    shuffle: int,
    cfg: Mapping[str, Any] | Any,
) -> tuple[Path, Path]:
    """The data file and the split of a shuffle, in ``trainingsetfolder``."""
    layout, folder = Layout.of(cfg), Path(trainingsetfolder)
    return (
        folder / layout.data_file(trainFraction, shuffle).name,
        folder / layout.documentation_file(trainFraction, shuffle).name,
    )


def get_model_folder(
    trainFraction: float,  # noqa: N803  a public name
    shuffle: int,
    cfg: Mapping[str, Any] | Any,
    modelprefix: str = "",
    engine: Engine = Engine.TF,
) -> Path:
    """``[<modelprefix>/]<models of the engine>/iteration-<i>/<shuffle>``."""
    return Layout.of(cfg).model_folder(trainFraction, shuffle, engine, str(modelprefix))


def get_labeled_data_folder(cfg: Mapping[str, Any] | Any, video: str | Path) -> Path:
    """The absolute folder of a video's labelled frames."""
    return Path(cfg["project_path"]) / Layout.of(cfg).labels_folder(str(video))


def percent(fraction: float) -> int:
    """A fraction as it stands in names: truncated, so 0.29 gives 28."""
    return int(100 * fraction)


def video_name(path: str) -> str:
    """The last part of a path that was written on any system."""
    return str(path).replace("\\", "/").rstrip("/").rpartition("/")[2]


def video_stem(path: str) -> str:
    """The file name without its last extension, which links a video to its labels; reads ``/`` and ``\\``."""
    return PurePosixPath(video_name(path)).stem


def safe_stem(path: str) -> str:
    """`video_stem`, if it can name a folder inside the project."""
    stem = video_stem(path)
    if stem in ("", ".", "..") or "\0" in stem or len(stem.encode("utf-8", "replace")) > 255:
        raise InvalidInput(f"{str(path)!r} does not name a video file.", fix="write the path of a video in video_sets")
    return stem


def check_name(name: str, what: str = "The name", *, max_bytes: int = 100) -> str:
    """``name``, if files on every system can carry it; in composed form (NFC).

    ``max_bytes`` leaves room for what is added to a name: files are called ``<Task>_<scorer>95shuffle1.mat``.
    """
    name = same_text(str(name))
    problem = _problem(name, max_bytes)
    if problem:
        raise InvalidInput(
            f"{what} {name[:80]!r} cannot be used: {problem}.",
            fix="use letters, digits, '-', '_' and spaces, for example 'reaching-task'",
        )
    return name


def _problem(name: str, max_bytes: int) -> str | None:
    forbidden = sorted({c for c in name if c in _FORBIDDEN})
    unprintable = [c for c in name if unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp")]
    if not name.strip():
        return "it is empty"
    if unprintable:
        return f"it holds {unprintable[0]!r}, which is not a visible character"
    if forbidden:
        return f"it holds {' '.join(forbidden)}, which file names of some systems do not allow"
    if name[0] in "-~ " or name in (".", ".."):
        return f"it begins with {name[0]!r}, which programs take for something else"
    if name[-1] in ". ":
        return "it ends in a dot or a space, which Windows drops"
    if name.partition(".")[0].strip().lower() in _DEVICES:
        return "it is the name of a device on Windows"
    if len(name.encode()) > max_bytes:
        return f"it has more than {max_bytes} bytes, too long for the files that are named after it"
    return None
