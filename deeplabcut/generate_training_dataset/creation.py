"""A training set comes into being: checked as a whole, then written as a whole.

The merged labels, the files of every new shuffle and the list of shuffles change in one step; the folders of models
are written aside and take their places in the same step. Whatever fails, everything is as it was.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from deeplabcut.core import progress
from deeplabcut.core.config.project import ProjectConfig
from deeplabcut.core.engine import Engine, EngineAbsent, EngineBackend, ModelRequest, ShuffleFacts
from deeplabcut.core.errors import DeepLabCutError, InvalidInput
from deeplabcut.core.files import Transaction, storage_error, transaction
from deeplabcut.core.locks import hold
from deeplabcut.core.poses import Annotations, ImageKey
from deeplabcut.core.splits import Split
from deeplabcut.core.text import printable, same_text
from deeplabcut.generate_training_dataset.checks import Examination, examine, model_findings
from deeplabcut.generate_training_dataset.findings import Finding, TrainingSetError, shortened
from deeplabcut.generate_training_dataset.formats import multi_images, single_images
from deeplabcut.generate_training_dataset.merge import merged_files
from deeplabcut.generate_training_dataset.model_folders import ModelFolders
from deeplabcut.io.annotations import put_label_table
from deeplabcut.io.hdf import read_table
from deeplabcut.io.tables import image_keys, table_of_annotations
from deeplabcut.io.training_set import check_mat, check_pickle, put_documentation, put_mat, put_multi_pickle
from deeplabcut.project.project import Project, config_of
from deeplabcut.project.shuffles import DataSplit, TrainingDatasetMetadata, metadata_bytes, new_shuffle

logger = logging.getLogger(__name__)

_WAIT_S = 20.0
_LONGEST_NAME = 255  # bytes


@dataclass(frozen=True)
class PlannedShuffle:
    """A shuffle that is to be made; ``split`` holds positions in the merged labels."""

    shuffle: int
    fraction: float
    split: Split
    request: ModelRequest = field(default_factory=ModelRequest)


@dataclass
class Creation:
    """Use `creation`. Nothing changes on disk until `write`, which changes everything or nothing."""

    project: Project
    engine: Engine

    @property
    def config(self) -> ProjectConfig:
        """The configuration of the project."""
        return config_of(self.project)

    @property
    def folder(self) -> Path:
        """The training-set folder."""
        return self.project.path / self.project.layout.training_set_folder

    @cached_property
    def examination(self) -> Examination:
        """The merged labels, and what was found in them."""
        return examine(self.project)

    @property
    def labels(self) -> Annotations:
        """The merged labels; positions of images are positions in them."""
        return self.examination.labels

    def write(self, plans: Sequence[PlannedShuffle], findings: Iterable[Finding] = (), n_decimals: int = 2) -> None:
        """Make the planned shuffles; raises `TrainingSetError` with every reason why they cannot be made.

        Shuffles of the same numbers are replaced. ``findings`` are what the caller has to add to the report.
        """
        more = [*findings, *self._model_findings(plans), *self._name_findings(plans), *self._empty_findings(plans)]
        metadata = TrainingDatasetMetadata.load(self.config)
        report = self.examination.report(self.project.path, [*more, *self._moved_findings(plans, metadata)])
        if report.errors:
            raise TrainingSetError(report)
        if report.warnings:
            logger.warning("%s", "\n".join(shortened(report.warnings)))
        backend = self._backend()
        with ModelFolders() as models, transaction(self.folder) as change:
            put_label_table(change, merged_files(self.project, self.folder), table_of_annotations(self.labels))
            with progress.current().task("write training set", total=len(plans), unit="shuffle") as task:
                for plan in plans:
                    self._put_data(change, plan, n_decimals)
                    if backend is not None:
                        facts = self._facts(plan)
                        folder = models.new(self.project.path / facts.model_folder)
                        backend.write_model(folder, self.config, facts, plan.request)
                    task.advance()
            for plan in plans:
                split = DataSplit.of(plan.split.train, plan.split.test)
                shuffle = new_shuffle(self.config, plan.fraction, plan.shuffle, self.engine, split)
                metadata = metadata.add(shuffle, overwrite=True)
            with change.open(TrainingDatasetMetadata.path(self.config).name) as file:
                file.write(metadata_bytes(metadata))
            models.place()
        for plan in plans:
            n_train, n_test = len(plan.split.train), len(plan.split.test)
            progress.current().message(
                f"Shuffle {plan.shuffle} ({plan.fraction}): {n_train} images to train on, {n_test} to test with"
            )
        for kept in models.kept:
            logger.warning("The earlier model of this shuffle is kept in %s.", kept)
        if backend is None:
            self._say_that_no_model_was_written(plans)

    def _backend(self) -> EngineBackend | None:
        try:
            return self.engine.backend()
        except EngineAbsent:
            return None

    def _say_that_no_model_was_written(self, plans: Sequence[PlannedShuffle]) -> None:
        numbers = ", ".join(map(str, dict.fromkeys(plan.shuffle for plan in plans)))
        logger.warning(
            "The training set of shuffle %s is complete, but no configuration of a model was written: this version "
            "of DeepLabCut does not contain the engine %s, so these shuffles cannot be trained with it.",
            numbers, self.engine,
        )  # fmt: skip

    def _facts(self, plan: PlannedShuffle) -> ShuffleFacts:
        layout, of = self.project.layout, (plan.fraction, plan.shuffle)
        suffix = ".pickle" if self.config.multianimalproject else ".mat"
        return ShuffleFacts(
            self.project.path, plan.shuffle, plan.fraction, layout.model_folder(*of, self.engine),
            layout.data_file(*of, suffix), layout.documentation_file(*of),
        )  # fmt: skip

    def _put_data(self, change: Transaction, plan: PlannedShuffle, n_decimals: int) -> None:
        """The data file of a shuffle and the file of its split."""
        facts, sizes = self._facts(plan), self.examination.sizes
        if self.config.multianimalproject:
            images = multi_images(self.labels, sizes, plan.split.train, n_decimals)
            with change.open(facts.data_file.name, check=check_pickle) as file:
                put_multi_pickle(file, images)
        else:
            images = single_images(self.labels, sizes, plan.split.train)
            with change.open(facts.data_file.name, check=check_mat(len(images))) as file:
                put_mat(file, images)
        with change.open(facts.documentation_file.name, check=check_pickle) as file:
            put_documentation(file, images, plan.split.train, plan.split.test, plan.fraction)

    def _model_findings(self, plans: Sequence[PlannedShuffle]) -> Iterator[Finding]:
        """What the engine has against the requested networks, each request asked once."""
        asked: list[ModelRequest] = []
        for plan in plans:
            if not any(plan.request is request for request in asked):
                asked.append(plan.request)
                yield from model_findings(self.config, plan.request, self.engine)

    def _empty_findings(self, plans: Sequence[PlannedShuffle]) -> Iterator[Finding]:
        labeled = self.labels.labeled
        for plan in plans:
            known = [i for i in plan.split.train if i < len(labeled)]
            if known and labeled.any() and not labeled[known].any():
                yield Finding("train-unlabeled",
                              f"Shuffle {plan.shuffle}: none of the {len(known)} images to train on has a label.",
                              "label more images, or choose another split", "error")  # fmt: skip

    def _name_findings(self, plans: Sequence[PlannedShuffle]) -> Iterator[Finding]:
        for plan in plans:
            facts = self._facts(plan)
            for path in (facts.data_file, facts.documentation_file, facts.model_folder):
                if (n_bytes := len(os.fsencode(path.name))) > _LONGEST_NAME:
                    yield Finding("name-too-long", f"The name {path.name!r} has {n_bytes} bytes; disks take "
                                  f"{_LONGEST_NAME}.", "shorten Task or scorer in config.yaml", "error")  # fmt: skip

    def _moved_findings(self, plans: Sequence[PlannedShuffle], metadata: TrainingDatasetMetadata) -> Iterator[Finding]:
        """Shuffles made before, whose indices mean other images from now on."""
        before = images_of_last_merge(self.project)
        replaced = {(plan.fraction, plan.shuffle) for plan in plans}
        others = [one.index for one in metadata.shuffles if (one.train_fraction, one.index) not in replaced]
        now = tuple(map(same_image, self.labels.images))
        if before is not None and others and tuple(map(same_image, before)) != now:
            numbers = ", ".join(map(str, dict.fromkeys(others)))
            yield Finding("splits-moved",
                          f"The labelled images have changed since shuffle {numbers} was made ({len(before)} then, "
                          f"{len(self.labels)} now): the indices of its split mean other images from now on.",
                          "make it again (userfeedback=False replaces it), or begin a new iteration with "
                          "deeplabcut.merge_datasets", file=str(self.project.layout.training_set_folder))  # fmt: skip


@contextmanager
def creation(project: Project, engine: Engine) -> Iterator[Creation]:
    """The right to make training sets in a project, one maker at a time."""
    new = Creation(project, engine)
    if (n_bytes := len(os.fsencode(new.folder.name))) > _LONGEST_NAME:
        raise InvalidInput(
            f"The name of the training-set folder would have {n_bytes} bytes; disks take {_LONGEST_NAME}.",
            where=project.config_file,
            fix="shorten Task in config.yaml",
        )
    made = [one for one in (new.folder, *new.folder.parents) if not one.exists()]
    try:
        try:
            new.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise storage_error(error, made[-1].parent if made else new.folder, new.folder.name) from error
        with hold(new.folder, "creating a training set", wait_s=_WAIT_S):
            yield new
    except BaseException:
        for folder in made:
            with suppress(OSError):  # not empty: somebody else has begun to use it
                folder.rmdir()
        raise


def images_of_last_merge(project: Project) -> tuple[ImageKey, ...] | None:
    """The images that the indices of the shuffles made so far stand for; None where that is not known."""
    files = merged_files(project, project.path / project.layout.training_set_folder)
    try:
        return image_keys(read_table(files.h5).rows) if files.h5.exists() else None
    except DeepLabCutError as error:
        logger.warning("The merged labels of the last training set cannot be read: %s", printable(error.message))
        return None


def same_image(key: ImageKey) -> tuple[str, ...]:
    """The name of an image in the form in which equal names compare equal."""
    return tuple(map(same_text, key))
