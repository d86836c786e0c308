"""Training sets: labels merged, split and written for training, one shuffle or several."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from deeplabcut.core.config.project import ProjectConfig
from deeplabcut.core.engine import Engine, ModelRequest
from deeplabcut.core.errors import InvalidInput
from deeplabcut.core.splits import SplitTrials, leave_folder_out
from deeplabcut.core.text import printable
from deeplabcut.generate_training_dataset import options
from deeplabcut.generate_training_dataset.checks import chosen_engine
from deeplabcut.generate_training_dataset.creation import (
    Creation,
    creation,
)
from deeplabcut.generate_training_dataset.merge import merged_labels, read_label_folders
from deeplabcut.generate_training_dataset.plans import existing_split, planned
from deeplabcut.project.labels import body_plan
from deeplabcut.project.project import Project, config_of
from deeplabcut.project.shuffles import training_fraction, validate_shuffles

AnyConfig = str | Path | ProjectConfig | dict[str, Any]
CtdConditions = int | str | Path | tuple[int, str] | tuple[int, int] | None
Indices = npt.NDArray[np.int64]
CreatedShuffle = tuple[float, int, tuple[Indices, Indices]]
ListOfIndices = Sequence[Sequence[int] | npt.NDArray[np.integer]] | npt.NDArray[np.integer]


def create_training_dataset(
    config: AnyConfig,
    num_shuffles: int = 1,
    Shuffles: Sequence[int] | None = None,  # noqa: N803  a public name
    windows2linux: bool = False,
    userfeedback: bool = True,
    trainIndices: ListOfIndices | None = None,  # noqa: N803  a public name
    testIndices: ListOfIndices | None = None,  # noqa: N803  a public name
    net_type: str | None = None,
    detector_type: str | None = None,
    augmenter_type: str | None = None,
    posecfg_template: str | Path | Mapping[str, Any] | None = None,
    superanimal_name: str = "",
    weight_init: Any = None,
    engine: Engine | str | None = None,
    ctd_conditions: CtdConditions = None,
    *,
    seed: int | None = None,
) -> list[CreatedShuffle] | None:
    """Create the training set of a project: merge its labels, split them, and write what training needs.

    Everything is checked first, and everything is written or nothing. Gives back one entry for each training
    fraction and shuffle, ``(fraction, shuffle, (train indices, test indices))``; None for multi-animal projects.

    Parameters
    ----------
    config : path
        The project, its folder or its config.yaml.
    num_shuffles : int
        How many shuffles to create, where Shuffles does not number them.
    Shuffles : list of int, optional
        Numbers of the shuffles; new ones follow the largest existing one.
    windows2linux : bool
        Has no effect.
    userfeedback : bool
        Refuse shuffles that exist and fractions that TrainingFraction does not list; otherwise they are
        replaced, and any fraction goes.
    trainIndices : list of list of int, optional
        For each shuffle the positions in the merged labels of the images to train on; -1 is padding.
    testIndices : list of list of int, optional
        For each shuffle the positions of the images to test with.
    net_type : str, optional
        The network; by default that of config.yaml.
    detector_type : str, optional
        The detector of a top-down model.
    augmenter_type : str, optional
        The augmentation; by default that of config.yaml.
    posecfg_template : path, optional
        A TensorFlow pose_cfg.yaml to start from.
    superanimal_name : str
        No longer used; see weight_init.
    weight_init : optional
        Weights of a SuperAnimal model to start from (PyTorch).
    engine : str, optional
        pytorch or tensorflow; by default that of config.yaml.
    ctd_conditions : optional
        For conditional top-down models: a shuffle, a shuffle with a snapshot, or a file of predictions.
    seed : int, optional
        The same seed gives the same splits.
    """
    options.check_retired(windows2linux, superanimal_name)
    project = Project.open(config)
    if config_of(project).multianimalproject:
        create_multianimaltraining_dataset(
            config, num_shuffles, Shuffles, net_type=net_type, detector_type=detector_type, trainIndices=trainIndices,
            testIndices=testIndices, userfeedback=userfeedback, weight_init=weight_init, engine=engine,
            ctd_conditions=ctd_conditions, seed=seed,
        )  # fmt: skip
        return None
    request = ModelRequest(
        net_type=net_type, detector_type=detector_type, augmenter_type=augmenter_type, weight_init=weight_init,
        ctd_conditions=options.conditions_entry(ctd_conditions), posecfg_template=posecfg_template,
        seed=options.checked_seed(seed),
    )  # fmt: skip
    with _checked_creation(project, engine, request) as new:
        shuffles = validate_shuffles(new.config, Shuffles, num_shuffles, userfeedback)
        given = options.given_indices(trainIndices, testIndices, len(shuffles))
        plans, findings = planned(new, shuffles, given, request, fractions_first=True, listed_only=userfeedback)
        new.write(plans, findings)
    return [(plan.fraction, plan.shuffle, (_array(plan.split.train), _array(plan.split.test))) for plan in plans]


def create_multianimaltraining_dataset(
    config: AnyConfig,
    num_shuffles: int = 1,
    Shuffles: Sequence[int] | None = None,  # noqa: N803  a public name
    windows2linux: bool = False,
    net_type: str | None = None,
    detector_type: str | None = None,
    numdigits: int = 2,
    crop_size: tuple[int, int] = (400, 400),
    crop_sampling: str = "hybrid",
    paf_graph: str | Sequence[Sequence[int]] | None = None,
    trainIndices: ListOfIndices | None = None,  # noqa: N803  a public name
    testIndices: ListOfIndices | None = None,  # noqa: N803  a public name
    n_edges_threshold: int = 105,
    paf_graph_degree: int = 6,
    userfeedback: bool = True,
    weight_init: Any = None,
    engine: Engine | str | None = None,
    ctd_conditions: CtdConditions = None,
    *,
    seed: int | None = None,
) -> None:
    """Create the training set of a multi-animal project: merge its labels, split them, and write what training needs.

    Everything is checked first, and everything is written or nothing.

    Parameters
    ----------
    config : path
        The project, its folder or its config.yaml.
    num_shuffles : int
        How many shuffles to create, where Shuffles does not number them.
    Shuffles : list of int, optional
        Numbers of the shuffles; new ones follow the largest existing one.
    windows2linux : bool
        Has no effect.
    net_type : str, optional
        The network; by default that of config.yaml.
    detector_type : str, optional
        The detector of a top-down model.
    numdigits : int
        Decimals that coordinates are rounded to.
    crop_size : pair of int
        Width and height of random crops in pixels (TensorFlow).
    crop_sampling : str
        Where crops are taken: uniform, keypoints, density or hybrid (TensorFlow).
    paf_graph : list of pairs, optional
        Limbs to learn, as positions in multianimalbodyparts; "config" for the skeleton, by default all pairs
        (TensorFlow).
    trainIndices : list of list of int, optional
        For each shuffle the positions in the merged labels of the images to train on; -1 is padding.
    testIndices : list of list of int, optional
        For each shuffle the positions of the images to test with.
    n_edges_threshold : int
        A complete graph with this many limbs is thinned out (TensorFlow).
    paf_graph_degree : int
        Limbs of each bodypart that remain on average (TensorFlow).
    userfeedback : bool
        Refuse shuffles that exist and fractions that TrainingFraction does not list; otherwise they are
        replaced, and any fraction goes.
    weight_init : optional
        Weights of a SuperAnimal model to start from (PyTorch).
    engine : str, optional
        pytorch or tensorflow; by default that of config.yaml.
    ctd_conditions : optional
        For conditional top-down models: a shuffle, a shuffle with a snapshot, or a file of predictions.
    seed : int, optional
        The same seed gives the same splits.
    """
    options.check_retired(windows2linux)
    project = Project.open(config)
    settings = config_of(project)
    if not settings.multianimalproject:
        raise InvalidInput(
            "This project is not multi-animal.", where=project.config_file, fix="use deeplabcut.create_training_dataset"
        )
    size, sampling = options.checked_random_crop(crop_size, crop_sampling)
    request = ModelRequest(
        net_type=net_type, detector_type=detector_type, weight_init=weight_init,
        ctd_conditions=options.conditions_entry(ctd_conditions), crop_size=size, crop_sampling=sampling,
        paf_graph=options.checked_graph(paf_graph, len(settings.multianimalbodyparts)),
        n_edges_threshold=options.checked_count(n_edges_threshold, "n_edges_threshold"),
        paf_graph_degree=options.checked_count(paf_graph_degree, "paf_graph_degree"), seed=options.checked_seed(seed),
    )  # fmt: skip
    n_decimals = options.checked_count(numdigits, "numdigits", at_least=0)
    with _checked_creation(project, engine, request) as new:
        shuffles = validate_shuffles(new.config, Shuffles, num_shuffles, userfeedback)
        given = options.given_indices(trainIndices, testIndices, len(shuffles))
        plans, findings = planned(new, shuffles, given, request, fractions_first=False, listed_only=userfeedback)
        new.write(plans, findings, n_decimals)


def create_training_dataset_from_existing_split(
    config: AnyConfig,
    from_shuffle: int,
    from_trainsetindex: int = 0,
    num_shuffles: int = 1,
    shuffles: Sequence[int] | None = None,
    userfeedback: bool = True,
    net_type: str | None = None,
    detector_type: str | None = None,
    augmenter_type: str | None = None,
    ctd_conditions: CtdConditions = None,
    posecfg_template: str | Path | Mapping[str, Any] | None = None,
    superanimal_name: str = "",
    weight_init: Any = None,
    engine: Engine | str | None = None,
) -> list[CreatedShuffle] | None:
    """Create shuffles with the images to train on and to test with of one that exists, to compare models fairly.

    Images are recognised by their names, whatever was labelled since. Gives back what create_training_dataset does.

    Parameters
    ----------
    config : path
        The project, its folder or its config.yaml.
    from_shuffle : int
        The shuffle whose split is used.
    from_trainsetindex : int
        The position of its training fraction in TrainingFraction.
    num_shuffles : int
        How many shuffles to create, where shuffles does not number them.
    shuffles : list of int, optional
        Numbers of the new shuffles.
    userfeedback : bool
        Refuse shuffles that exist; otherwise they are replaced.
    net_type : str, optional
        The network; by default that of config.yaml.
    detector_type : str, optional
        The detector of a top-down model.
    augmenter_type : str, optional
        The augmentation; by default that of config.yaml.
    ctd_conditions : optional
        For conditional top-down models: a shuffle, a shuffle with a snapshot, or a file of predictions.
    posecfg_template : path, optional
        A TensorFlow pose_cfg.yaml to start from.
    superanimal_name : str
        No longer used; see weight_init.
    weight_init : optional
        Weights of a SuperAnimal model to start from (PyTorch).
    engine : str, optional
        pytorch or tensorflow; by default that of config.yaml.
    """
    project = Project.open(config)
    train, test = existing_split(project, from_shuffle, from_trainsetindex)
    n_shuffles = len(list(shuffles)) if shuffles is not None else options.checked_count(num_shuffles, "num_shuffles")
    return create_training_dataset(
        config, n_shuffles, shuffles, userfeedback=userfeedback, trainIndices=[train] * n_shuffles,
        testIndices=[test] * n_shuffles, net_type=net_type, detector_type=detector_type,
        augmenter_type=augmenter_type, posecfg_template=posecfg_template, superanimal_name=superanimal_name,
        weight_init=weight_init, engine=engine, ctd_conditions=ctd_conditions,
    )  # fmt: skip


def mergeandsplit(
    config: AnyConfig, trainindex: int = 0, uniform: bool = True, *, seed: int | None = None
) -> tuple[Indices | list[int], Indices | list[int]]:
    """Split the labels of a project as they are now: positions to train on, and to test with; nothing is written.

    Parameters
    ----------
    config : path
        The project, its folder or its config.yaml.
    trainindex : int
        Uniform: the position in TrainingFraction of the fraction to train on. Otherwise: the position in video_sets
        of the video that is left out for testing.
    uniform : bool
        Split at random over all videos; both lists are padded with -1 to give the fraction exactly.
    seed : int, optional
        The same seed gives the same split.
    """
    project = Project.open(config)
    settings = config_of(project)
    labels = merged_labels(read_label_folders(project), body_plan(settings), project.layout.scorer)
    if not len(labels):
        return [], []
    if uniform:
        fraction = training_fraction(settings, trainindex)
        return SplitTrials(range(len(labels)), fraction, True, seed=options.checked_seed(seed))
    videos = project.videos
    if not 0 <= options.checked_count(trainindex, "trainindex", at_least=0) < len(videos):
        raise InvalidInput(f"There is no video number {trainindex}: the project has {len(videos)}.", fix="count from 0")
    video = videos[trainindex]
    if video.state == "refused":
        raise InvalidInput(f"Video number {trainindex}, {printable(video.key)}, has no folder: {video.reason}.",
                           where=project.config_file, fix="choose another one, or correct video_sets")  # fmt: skip
    left_out = project.labels_folder(video.key).name
    split = leave_folder_out([key[1] for key in labels.images], left_out)
    return list(split.train), list(split.test)


def _checked_creation(
    project: Project, engine: Engine | str | None, request: ModelRequest
) -> AbstractContextManager[Creation]:
    """`creation`, after the arguments that have nothing to do with labels."""
    chosen = chosen_engine(config_of(project), engine)
    options.check_weight_init(request.weight_init, chosen)
    options.check_names(net_type=request.net_type, detector_type=request.detector_type,
                        augmenter_type=request.augmenter_type)  # fmt: skip
    return creation(project, chosen)


def _array(indices: Sequence[int]) -> Indices:
    return np.array(indices, np.int64)
