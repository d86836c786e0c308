"""Projects of an older workflow, which trained on crops of the labelled images, made ordinary again."""

from __future__ import annotations

import logging
import os
import re
import shutil
from collections import defaultdict
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from deeplabcut.core.config.files import read_config_as_dict
from deeplabcut.core.config.project import ProjectConfig
from deeplabcut.core.engine import Engine
from deeplabcut.core.errors import ConfigError, InvalidInput, Missing, StorageError
from deeplabcut.core.files import fsync_folder
from deeplabcut.core.poses import ImageKey
from deeplabcut.core.scratch import scratch_name
from deeplabcut.core.text import printable, same_text
from deeplabcut.generate_training_dataset.creation import images_of_last_merge
from deeplabcut.generate_training_dataset.dataset import create_training_dataset
from deeplabcut.generate_training_dataset.merge import merged_labels, read_label_folders
from deeplabcut.io.training_set import read_split
from deeplabcut.project.labels import body_plan
from deeplabcut.project.layout import LABELS, safe_stem
from deeplabcut.project.project import Project, config_of
from deeplabcut.project.shuffle_metadata import documentation_files
from deeplabcut.project.shuffles import engine_of

logger = logging.getLogger(__name__)

_CROPPED = "_cropped"
_CROP_NUMBER = re.compile(r"_?c\d+(?=\.[^.]*$)")  # img012c3.png is the third crop of img012.png
Split = tuple[list[int], list[int]]
Model = tuple[Engine, str | None]  # with the type of its network


@dataclass(frozen=True)
class StandardProject:
    """What became of a project with cropped images: its backup, the crops deleted, the training sets made anew."""

    backup: Path | None = None
    deleted: tuple[Path, ...] = ()
    shuffles: tuple[int, ...] = ()
    notices: tuple[str, ...] = ()
    dry_run: bool = False

    def lines(self) -> list[str]:
        """The report for a terminal."""
        lines = [f"backup: {self.backup}"] if self.backup else []
        lines += [f"crops deleted: {folder}" for folder in self.deleted]
        lines += [f"training set made anew: shuffle {shuffle}" for shuffle in self.shuffles]
        lines += [*self.notices, *(["nothing was changed: this was a dry run"] if self.dry_run else [])]
        return list(map(printable, lines))


def convert_cropped_to_standard_dataset(
    config_path: str | Path,
    recreate_datasets: bool = True,
    delete_crops: bool = True,
    back_up: bool = True,
    dry_run: bool = False,
) -> StandardProject:
    """Make a project whose images were cropped for training an ordinary one, with the same splits.

    Parameters
    ----------
    config_path : path
        The config.yaml of the project, or its folder.
    recreate_datasets : bool
        Make the training sets anew from the whole images; crops of one image fall into one part of the split.
    delete_crops : bool
        Delete the folders of cropped images, at the very end.
    back_up : bool
        Copy the whole project to ``<project>_bak`` first; an earlier backup is not replaced.
    dry_run : bool
        Only report what would change.
    """
    project = Project.open(config_path)
    config = config_of(project)
    if not config.get("video_sets_original"):
        sentence = "The labelled images of this project are not cropped; it stays as it is."
        logger.warning("%s", sentence)
        return StandardProject(notices=(sentence,), dry_run=dry_run)
    crops = _crops(project, config) if delete_crops else ()
    ordinary = _ordinary(config)
    splits, notices = _splits(project, ordinary) if recreate_datasets else ({}, ())
    backup = _backup_name(project.path) if back_up else None
    shuffles = tuple(sorted(shuffle for given in splits.values() for shuffle in given))
    report = StandardProject(backup, crops, shuffles, notices, dry_run)
    if dry_run:
        return report
    if backup is not None:
        _copy(project.path, backup)
    for (engine, net_type), given in splits.items():
        create_training_dataset(
            ordinary, Shuffles=list(given), trainIndices=[train for train, _ in given.values()],
            testIndices=[test for _, test in given.values()], net_type=net_type, engine=engine, userfeedback=False,
        )  # fmt: skip
    ordinary.to_yaml(project.config_file)
    for folder in crops:
        shutil.rmtree(folder)
    return report


def _ordinary(config: ProjectConfig) -> ProjectConfig:
    """The configuration as it was before the images were cropped."""
    ordinary = config.model_copy(deep=True)
    ordinary.video_sets = dict(config["video_sets_original"])
    del ordinary["video_sets_original"]
    ordinary.croppedtraining = None
    return ordinary


def _crops(project: Project, config: ProjectConfig) -> tuple[Path, ...]:
    """The folders of crops: those of ``video_sets`` that are called so and whose originals are there."""
    found = []
    for key in config.video_sets:
        folder = project.path / LABELS / safe_stem(str(key))
        original = folder.with_name(folder.name.removesuffix(_CROPPED))
        if folder.name.endswith(_CROPPED) and folder.is_dir() and not folder.is_symlink() and original.is_dir():
            found.append(folder)
    return tuple(found)


def _splits(project: Project, ordinary: ProjectConfig) -> tuple[dict[Model, dict[int, Split]], tuple[str, ...]]:
    """For each kind of model the splits of its shuffles, as positions in the labels of the whole images."""
    known = documentation_files(ordinary)
    if not known:
        return {}, ("There are no training sets to make anew.",)
    before = images_of_last_merge(project)
    if before is None:
        raise Missing(
            "The merged labels of the training sets are missing, so that their splits cannot be read.",
            where=project.path / project.layout.training_set_folder,
            fix="pass recreate_datasets=False, and create training sets afterwards",
        )
    whole = Project(ordinary, project.path)
    labels = merged_labels(read_label_folders(whole), body_plan(ordinary), project.layout.scorer)
    place = {tuple(map(same_text, key)): i for i, key in enumerate(labels.images)}
    at = [_whole_image(key, place) for key in before]
    splits: dict[Model, dict[int, Split]] = defaultdict(dict)
    notices = []
    for (_, shuffle), file in sorted(known.items()):
        train, test, fraction = read_split(file)
        try:
            trained, tested = ({at[i] for i in indices} for indices in (train, test))
        except IndexError:
            raise InvalidInput(
                f"The split of shuffle {shuffle} has more images than the merged labels.",
                where=file,
                fix="pass recreate_datasets=False, and create training sets afterwards",
            ) from None
        if both := trained & tested:
            notices.append(
                f"shuffle {shuffle}: {len(both)} images had crops in both parts of the split; now to train on"
            )
        model = _model(ordinary, fraction, shuffle)
        if any(shuffle in given for given in splits.values()):
            notices.append(f"shuffle {shuffle} with the training fraction {fraction} was left out: its number is taken")
            continue
        splits[model][shuffle] = (sorted(trained), sorted(tested - trained))
    return dict(splits), tuple(notices)


def _whole_image(key: ImageKey, place: dict[tuple[str, ...], int]) -> int:
    """The position of the image that a crop was cut out of."""
    root, folder, name = map(same_text, key)
    for parent in (folder.removesuffix(_CROPPED), folder):
        for image in (name, _CROP_NUMBER.sub("", name)):
            if (found := place.get((root, parent, image))) is not None:
                return found
    raise Missing(
        f"The whole image of the crop {'/'.join(key)} has no labels.",
        fix="bring its folder of labels back, or pass recreate_datasets=False",
    )


def _model(config: ProjectConfig, fraction: float, shuffle: int) -> Model:
    """The engine of a shuffle and the type of its network; None, the default of the project, if that is not known."""
    engine = engine_of(config, fraction, shuffle)
    layout = Project(config, config.project_path).layout
    path = config.project_path / layout.model_config(fraction, shuffle, engine)
    try:
        content = read_config_as_dict(path)
    except (ConfigError, Missing) as error:
        logger.warning("The network of shuffle %d is not known and the default is used: %s", shuffle, error.message)
        return engine, None
    net_type = content.get("net_type")
    if net_type == "resnet" and content.get("multi_stage"):
        net_type = "dlcrnet_ms5"
    return engine, str(net_type) if net_type else None


def _backup_name(project: Path) -> Path:
    names = (f"{project.name}_bak{'' if n == 1 else n}" for n in count(1))
    return next(path for path in map(project.with_name, names) if not os.path.lexists(path))


def _copy(project: Path, backup: Path) -> None:
    """Copy the project, whole or not at all."""
    n_bytes = sum(entry.lstat().st_size for entry in project.rglob("*") if not entry.is_dir())
    free = shutil.disk_usage(project.parent).free
    if n_bytes > free:
        raise StorageError(
            f"The backup needs {n_bytes:,} bytes, {free:,} are free.", where=project.parent,
            fix="free some space, or pass back_up=False",
        )  # fmt: skip
    unborn = scratch_name(project.parent, "project")
    try:
        shutil.copytree(project, unborn, symlinks=True)
        unborn.rename(backup)
        fsync_folder(project.parent)
    except OSError as error:
        raise StorageError(
            f"The backup could not be made ({error}); nothing was changed.", where=backup,
            fix="free some space, or pass back_up=False",
        ) from error  # fmt: skip
    finally:
        shutil.rmtree(unborn, ignore_errors=True)
