"""Which images each new shuffle trains on: drawn at random, given by somebody, or those of an older shuffle."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import numpy as np

from deeplabcut.core.config.project import ProjectConfig
from deeplabcut.core.engine import ModelRequest
from deeplabcut.core.errors import InvalidInput, Missing
from deeplabcut.core.recovery import recover
from deeplabcut.core.splits import fraction_of, padded, random_split
from deeplabcut.generate_training_dataset import options
from deeplabcut.generate_training_dataset.checks import fraction_findings, split_findings
from deeplabcut.generate_training_dataset.creation import Creation, PlannedShuffle, images_of_last_merge, same_image
from deeplabcut.generate_training_dataset.findings import Finding
from deeplabcut.generate_training_dataset.merge import merged_labels, read_label_folders
from deeplabcut.io.training_set import Documentation, read_documentation
from deeplabcut.project.labels import body_plan
from deeplabcut.project.project import Project, config_of
from deeplabcut.project.shuffles import TrainingDatasetMetadata, training_fraction

logger = logging.getLogger(__name__)


def planned(
    new: Creation,
    shuffles: Sequence[int],
    given: Sequence[tuple[list[int], list[int]]] | None,
    request: ModelRequest,
    *,
    fractions_first: bool,
    listed_only: bool,
) -> tuple[list[PlannedShuffle], list[Finding]]:
    """The shuffles to make, and what speaks against them.

    Parameters
    ----------
    given : indices to train on and to test with for each shuffle; None draws them at random.
    fractions_first : the outer loop of random splits runs over training fractions, not over shuffles.
    listed_only : the fraction of given indices has to be one of TrainingFraction.
    """
    if given is not None:
        return _given_plans(new, given, shuffles, request, listed_only)
    fractions = new.config.TrainingFraction
    if fractions_first:
        order = [(fraction, shuffle) for fraction in fractions for shuffle in shuffles]
    else:
        order = [(fraction, shuffle) for shuffle in shuffles for fraction in fractions]
    return _random_plans(new, order, request)


def _random_plans(
    new: Creation, order: Sequence[tuple[float, int]], request: ModelRequest
) -> tuple[list[PlannedShuffle], list[Finding]]:
    """A random split of its own for each fraction and shuffle, drawn in the given order."""
    n_images = len(new.labels)
    findings = list(fraction_findings(new.config.TrainingFraction, n_images))
    if any(finding.severity == "error" for finding in findings):
        return [], findings
    rng = np.random.default_rng(request.seed)
    return [
        PlannedShuffle(shuffle, fraction, random_split(n_images, fraction, rng), request) for fraction, shuffle in order
    ], findings


def _given_plans(
    new: Creation,
    given: Sequence[tuple[list[int], list[int]]],
    shuffles: Sequence[int],
    request: ModelRequest,
    listed_only: bool,
) -> tuple[list[PlannedShuffle], list[Finding]]:
    """The splits that somebody gave, one for each shuffle; padding counts for the fraction and is gone afterwards."""
    plans: list[PlannedShuffle] = []
    findings: list[Finding] = []
    for shuffle, (train, test) in zip(shuffles, given, strict=True):
        wrong = list(options.index_findings(train, test, len(new.labels), shuffle))
        fraction = _listed_fraction(fraction_of(train, test), new.config, listed_only)
        findings += wrong
        if fraction not in new.config.TrainingFraction:
            findings.append(Finding("fraction-unlisted",
                                    f"Shuffle {shuffle} has the training fraction {fraction}, which TrainingFraction "
                                    "does not list: later calls cannot address it.",
                                    f"add {fraction} to TrainingFraction", file="config.yaml"))  # fmt: skip
        if not wrong:
            split = options.split_of(train, test)
            findings += split_findings(len(split.train), len(split.test), str(fraction))
            plans.append(PlannedShuffle(shuffle, fraction, split, request))
    return plans, findings


def _listed_fraction(fraction: float, config: ProjectConfig, listed_only: bool) -> float:
    """The fraction as TrainingFraction spells it; raises if it must be listed and is not."""
    listed = [one for one in config.TrainingFraction if abs(one - fraction) < 1e-9]
    if not listed and listed_only:
        raise InvalidInput(
            f"The split has the training fraction {fraction}, which is not in list: TrainingFraction is "
            f"{list(config.TrainingFraction)}.",
            where=config.config_yaml_path,
            fix=f"add {fraction} to TrainingFraction, pad the indices with -1, or pass userfeedback=False",
        )
    return listed[0] if listed else fraction


def existing_split(project: Project, shuffle: int, trainsetindex: int) -> tuple[list[int], list[int]]:
    """The split of a shuffle as positions in the labels of now, padded if its fraction needs it."""
    settings = config_of(project)
    fraction = training_fraction(settings, trainsetindex)
    recover(project.path / project.layout.training_set_folder)
    TrainingDatasetMetadata.load(settings).get(trainsetindex, shuffle)  # raises and names those that exist
    made = read_documentation(project.path / project.layout.documentation_file(fraction, shuffle))
    train_now, test_now = _positions_now(project, made, shuffle)
    if not train_now and not test_now:
        raise Missing(
            "None of the images of this split is labelled any more.", where=project.path, fix="make a new one"
        )
    if round(len(train_now) / (len(train_now) + len(test_now)), 2) == round(fraction, 2):
        return train_now, test_now
    return padded(train_now, test_now, fraction)


def _positions_now(project: Project, made: Documentation, shuffle: int) -> tuple[list[int], list[int]]:
    """Positions in the labels that the shuffle was made of, as positions of the same images in those of now."""
    lists = list(made.train), list(made.test)
    before = images_of_last_merge(project)
    plan = body_plan(config_of(project))
    now = merged_labels(read_label_folders(project), plan, project.layout.scorer).images
    known = [same_image(key) for key in (now if before is None else before)]
    trained = {known[i] for i in made.train if i < len(known)}
    if not {same_image(one["image"]) for one in made.data} <= trained:
        raise InvalidInput(
            f"The labels were merged again after shuffle {shuffle} was made: its indices mean other images by now, "
            "and which images it tests with is not known any more.",
            where=project.path / project.layout.training_set_folder,
            fix="use the split of a newer shuffle, or make a new one",
        )
    if before is None or before == now:
        return lists
    place = {same_image(key): i for i, key in enumerate(now)}
    found = [[place.get(known[i]) if i < len(known) else None for i in indices] for indices in lists]
    kept = [[i for i in indices if i is not None] for indices in found]
    n_lost = sum(map(len, found)) - sum(map(len, kept))
    logger.warning(
        "The labelled images have changed since this shuffle was made; its images are recognised by their names. "
        "%d of them are not labelled any more, %d new ones are not part of its split.",
        n_lost, len(now) - sum(map(len, kept)),
    )  # fmt: skip
    return kept[0], kept[1]
