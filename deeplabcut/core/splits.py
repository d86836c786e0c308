"""Splits of labelled images into those to train on and those to test with.

Indices are positions in the merged, sorted table of labels. Lists of indices that files hold or scripts pass may
be *padded* with -1, so that their lengths give a fraction exactly; a padding entry stands for no image.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from deeplabcut.core.errors import InvalidInput
from deeplabcut.core.text import same_text

PADDING = -1


@dataclass(frozen=True)
class Split:
    """Positions of the images to train on and to test with, in the order drawn, without padding."""

    train: tuple[int, ...]
    test: tuple[int, ...]


def random_split(n: int, fraction: float, rng: np.random.Generator) -> Split:
    """``n`` images split at random; ``int(n * fraction)`` of them are to train on."""
    check_fraction(fraction)
    order = [int(i) for i in rng.permutation(n)]
    n_train = int(n * fraction)
    return Split(tuple(order[:n_train]), tuple(order[n_train:]))


def leave_folder_out(folder_of_row: Sequence[str], left_out: str) -> Split:
    """All images of one folder to test with, all others to train on."""
    is_left_out = [same_text(folder) == same_text(left_out) for folder in folder_of_row]
    if not any(is_left_out):
        known = ", ".join(dict.fromkeys(folder_of_row)) or "none"
        raise InvalidInput(f"No image with labels is in {left_out!r}.", fix=f"choose one of the folders: {known}")
    train = tuple(i for i, out in enumerate(is_left_out) if not out)
    return Split(train, tuple(i for i, out in enumerate(is_left_out) if out))


def padded(train: Iterable[int], test: Iterable[int], fraction: float) -> tuple[list[int], list[int]]:
    """Both lists with as little padding as makes ``len(train) / (len(train) + len(test))`` the fraction.

    37 images at 0.95 make 35 + 2 indices, padded to 38 + 2: twice the smallest numbers, 19 + 1, with this ratio.
    """
    train, test = without_padding(train), without_padding(test)
    percent = check_fraction(fraction)
    unit = 100 // math.gcd(100, percent)
    per_unit = unit * percent // 100, unit - unit * percent // 100
    for indices, n, kind in ((train, per_unit[0], "train on"), (test, per_unit[1], "test with")):
        if indices and not n:
            raise InvalidInput(
                f"There are {len(indices)} images to {kind}, which no padding makes a training fraction of {fraction}.",
                fix="choose a fraction between 0 and 1",
            )
    n_units = max(math.ceil(len(one) / n) if n else 0 for one, n in zip((train, test), per_unit, strict=True))
    return (
        train + [PADDING] * (n_units * per_unit[0] - len(train)),
        test + [PADDING] * (n_units * per_unit[1] - len(test)),
    )


def without_padding(indices: Iterable[int]) -> list[int]:
    """The indices that stand for images, in their order, as plain ints."""
    found = [_whole_number(index) for index in indices]
    if wrong := [index for index in found if index < PADDING]:
        raise InvalidInput(f"{wrong[0]} is not the index of an image.", fix="count the images from 0")
    return [index for index in found if index != PADDING]


def fraction_of(train: Sequence[int] | npt.NDArray[np.integer], test: Sequence[int] | npt.NDArray[np.integer]) -> float:
    """The training fraction that two lists of indices stand for, padding included; two decimals."""
    n_train, n_test = len(train), len(test)
    if not n_train + n_test:
        raise InvalidInput("A split without any index has no training fraction.", fix="give the indices of images")
    return round(n_train / (n_train + n_test), 2)


def check_fraction(fraction: float) -> int:
    """The percentage that ``fraction`` is; raises unless it lies between 0 and 1 and has at most two decimals."""
    try:
        percent = float(fraction) * 100
        if not 0 <= percent <= 100 or abs(percent - round(percent)) > 1e-6:
            raise ValueError
    except (TypeError, ValueError):
        raise InvalidInput(
            f"The training fraction {fraction!r} cannot be used: it is a number from 0 to 1 with at most two decimals.",
            fix="correct TrainingFraction in config.yaml, for example to [0.95]",
        ) from None
    return round(percent)


def SplitTrials(  # noqa: N802  a public name
    trialindex: Sequence[int] | npt.NDArray[np.integer],
    trainFraction: float = 0.8,  # noqa: N803  a public name
    enforce_train_fraction: bool = False,
    *,
    seed: int | None = None,
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Split indices at random into those to train on and those to test with.

    Parameters
    ----------
    trialindex : sequence of int
        The indices to split.
    trainFraction : float
        The part to train on, with at most two decimals; the number of indices is cut off, not rounded.
    enforce_train_fraction : bool
        Pad both lists with -1 until their lengths give the fraction exactly.
    seed : int, optional
        The same seed gives the same split.
    """
    indices = np.asarray(trialindex, np.int64)
    split = random_split(len(indices), trainFraction, np.random.default_rng(seed))
    train, test = indices[list(split.train)], indices[list(split.test)]
    if not enforce_train_fraction:
        return train, test
    return _arrays(*padded(train.tolist(), test.tolist(), trainFraction))


def pad_train_test_indices(
    train_inds: Sequence[int] | npt.NDArray[np.integer],
    test_inds: Sequence[int] | npt.NDArray[np.integer],
    train_fraction: float,
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Both lists, padded with -1 until their lengths give the training fraction exactly.

    Parameters
    ----------
    train_inds : sequence of int
        Indices of images to train on.
    test_inds : sequence of int
        Indices of images to test with.
    train_fraction : float
        The fraction, with at most two decimals.
    """
    return _arrays(*padded(list(train_inds), list(test_inds), train_fraction))


def _arrays(train: list[int], test: list[int]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    return np.array(train, np.int64), np.array(test, np.int64)


def _whole_number(index: object) -> int:
    if isinstance(index, (bool, np.bool_)) or not hasattr(index, "__index__"):
        raise InvalidInput(f"{index!r} is not the index of an image.", fix="use whole numbers from 0")
    return operator.index(index)
