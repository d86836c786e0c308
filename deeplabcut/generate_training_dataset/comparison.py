"""Shuffles that share a split, one for each combination of networks and augmentations, to compare models fairly."""

from __future__ import annotations

import datetime
import itertools
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from deeplabcut.core.engine import Engine, ModelRequest
from deeplabcut.core.errors import InvalidInput
from deeplabcut.core.files import atomic_write_bytes
from deeplabcut.core.locks import hold
from deeplabcut.core.splits import random_split
from deeplabcut.generate_training_dataset import options
from deeplabcut.generate_training_dataset.checks import chosen_engine, fraction_findings
from deeplabcut.generate_training_dataset.creation import PlannedShuffle, creation
from deeplabcut.generate_training_dataset.dataset import AnyConfig
from deeplabcut.project.project import Project, config_of
from deeplabcut.project.shuffles import get_existing_shuffle_indices, training_fraction

LOG = "training_model_comparison.log"
_AUGMENTERS = {Engine.PYTORCH: "albumentations", Engine.TF: "imgaug"}


def create_training_model_comparison(
    config: AnyConfig,
    trainindex: int = 0,
    num_shuffles: int = 1,
    net_types: Sequence[str] | None = None,
    augmenter_types: Sequence[str] | None = None,
    userfeedback: bool = False,
    windows2linux: bool = False,
    *,
    seed: int | None = None,
) -> list[int]:
    """Create shuffles for every combination of networks and augmentations; the numbers of the shuffles.

    All combinations of one repetition share a random split. What belongs to which number is added to
    training_model_comparison.log in the project.

    Parameters
    ----------
    config : path
        The project, its folder or its config.yaml.
    trainindex : int
        The position in TrainingFraction of the fraction to train on.
    num_shuffles : int
        How many repetitions, each with a random split of its own.
    net_types : list of str, optional
        The networks; by default resnet_50.
    augmenter_types : list of str, optional
        The augmentations; by default the one of the engine.
    userfeedback : bool
        Without effect, as the shuffles get new numbers.
    windows2linux : bool
        Has no effect.
    seed : int, optional
        The same seed gives the same splits.
    """
    options.check_retired(windows2linux)
    project = Project.open(config)
    settings = config_of(project)
    engine = chosen_engine(settings)
    nets = _names(net_types, "net_types", "resnet_50")
    augmenters = _names(augmenter_types, "augmenter_types", _AUGMENTERS[engine])
    n_repetitions = options.checked_count(num_shuffles, "num_shuffles")
    rng = np.random.default_rng(options.checked_seed(seed))
    fraction = training_fraction(settings, trainindex)
    with creation(project, engine) as new:
        existing = get_existing_shuffle_indices(settings)
        findings = list(fraction_findings([fraction], len(new.labels)))
        if any(finding.severity == "error" for finding in findings):
            new.write([], findings)
        splits = [random_split(len(new.labels), fraction, rng) for _ in range(n_repetitions)]
        combinations = list(itertools.product(range(n_repetitions), nets, augmenters))
        first = max(existing) + 1 if existing else 0
        multi = settings.multianimalproject  # whose networks choose their augmentation
        plans = [
            PlannedShuffle(
                shuffle, fraction, splits[repetition],
                ModelRequest(net_type=net, augmenter_type=None if multi else augmenter, seed=seed),
            )
            for shuffle, (repetition, net, augmenter) in enumerate(combinations, start=first)
        ]  # fmt: skip
        new.write(plans, findings)
    numbers = [plan.shuffle for plan in plans]
    lines = [
        f"Shuffle index:{shuffle}, net_type:{net}, augmenter_type:{augmenter}, trainsetindex:{trainindex}, "
        f"frozen shuffle ID:{repetition}"
        for shuffle, (repetition, net, augmenter) in zip(numbers, combinations, strict=True)
    ]
    _add_lines(project.path / LOG, lines)
    return numbers


def _add_lines(log: Path, lines: Sequence[str]) -> None:
    """Add lines with the time of now to a log; those before stay."""
    now = datetime.datetime.now()
    stamp = f"{now:%Y-%m-%d %H:%M:%S},{now.microsecond // 1000:03d}"
    with hold(log, "adding to the log", wait_s=20.0):
        before = log.read_bytes() if log.exists() else b""
        before += b"" if before.endswith(b"\n") or not before else b"\n"
        atomic_write_bytes(log, before + "".join(f"{stamp} INFO {line}\n" for line in lines).encode())


def _names(names: Sequence[str] | None, what: str, default: str) -> list[str]:
    if names is None:
        return [default]
    if isinstance(names, str) or not names or not all(isinstance(name, str) for name in names):
        raise InvalidInput(f"{what} {names!r} is no list of names.", fix=f"write {what}=[{default!r}]")
    return list(names)
