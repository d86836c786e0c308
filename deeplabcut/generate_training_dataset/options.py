"""The arguments of those who create training sets, checked before anything is read or written."""

from __future__ import annotations

import numbers
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from deeplabcut.core.config.storage import absolute
from deeplabcut.core.engine import Engine
from deeplabcut.core.errors import DeepLabCutError, InvalidInput, Missing
from deeplabcut.core.splits import PADDING, Split, without_padding
from deeplabcut.generate_training_dataset.findings import Finding

CROP_SAMPLINGS = ("uniform", "keypoints", "density", "hybrid")
Conditions = Mapping[str, int | str] | str | None


class WrongType(DeepLabCutError, TypeError):
    """An argument of a kind that is not understood."""

    code = "DLC012"
    exit_code = 2


def check_retired(windows2linux: bool = False, superanimal_name: str = "") -> None:
    """Arguments of the past: without effect, or gone."""
    if windows2linux:
        warnings.warn(
            "windows2linux has no effect: labels are read whatever system wrote them.", FutureWarning, stacklevel=3
        )
    if superanimal_name:
        raise InvalidInput(
            "superanimal_name is no argument of new training sets any more.",
            fix="pass weight_init=deeplabcut.modelzoo.build_weight_init(...)",
        )


def check_names(**names: object) -> None:
    """Names of networks and the like are texts."""
    for name, value in names.items():
        if value is not None and not isinstance(value, str):
            raise WrongType(f"{name} {value!r} is no text.", fix="write the name in quotes, or leave it out")


def check_weight_init(weight_init: object, engine: Engine) -> None:
    """Weights of SuperAnimal models fit PyTorch networks only."""
    if weight_init is not None and engine is Engine.TF:
        raise InvalidInput("weight_init works with the PyTorch engine only.", fix="pass engine=Engine.PYTORCH")


def conditions_entry(ctd_conditions: object) -> Conditions:
    """The conditions of a conditional top-down model as its configuration holds them.

    A number is a shuffle, a pair is a shuffle and a snapshot (a name, or an index), a path is a file of predictions.
    """
    if ctd_conditions is None:
        return None
    if _is_whole(ctd_conditions):
        return {"shuffle": _shuffle(ctd_conditions)}
    if isinstance(ctd_conditions, (str, Path)):
        path = absolute(ctd_conditions)
        if path.suffix not in (".h5", ".json"):
            raise InvalidInput(
                f"ctd_conditions {str(ctd_conditions)!r} is no .h5 or .json file.", fix="give a file of predictions"
            )
        if not path.is_file():
            raise Missing("There is no such file of conditions.", where=path, fix="correct ctd_conditions")
        return str(path)
    if isinstance(ctd_conditions, tuple):
        if len(ctd_conditions) != 2:
            raise InvalidInput(
                f"ctd_conditions {ctd_conditions!r} has {len(ctd_conditions)} parts.",
                fix="give a pair: the shuffle, and the name or the index of a snapshot",
            )
        shuffle, snapshot = ctd_conditions
        if _is_whole(shuffle) and _is_whole(snapshot):
            return {"shuffle": _shuffle(shuffle), "snapshot_index": int(snapshot)}
        if _is_whole(shuffle) and isinstance(snapshot, str):
            return {"shuffle": _shuffle(shuffle), "snapshot": snapshot}
    raise WrongType(
        f"ctd_conditions {ctd_conditions!r} is not understood.",
        fix="give a shuffle, a pair (shuffle, snapshot), or the path of a .h5 or .json file",
    )


def checked_random_crop(crop_size: Any, crop_sampling: Any) -> tuple[tuple[int, int], str]:
    """The size and the kind of random crops, which the TensorFlow engine uses."""
    sides = list(crop_size) if isinstance(crop_size, (Sequence, np.ndarray)) and not isinstance(crop_size, str) else []
    if len(sides) != 2 or not all(_is_whole(side) and side > 0 for side in sides):
        raise InvalidInput(
            f"crop_size {crop_size!r} is no width and height in pixels.", fix="write crop_size=(400, 400)"
        )
    if crop_sampling not in CROP_SAMPLINGS:
        raise InvalidInput(
            f"crop_sampling {crop_sampling!r} is not known.", fix=f"use one of {', '.join(CROP_SAMPLINGS)}"
        )
    return (int(sides[0]), int(sides[1])), crop_sampling


def checked_graph(paf_graph: Any, n_bodyparts: int) -> str | tuple[tuple[int, int], ...] | None:
    """The limbs to learn: None for all pairs, "config" for the skeleton, or pairs of positions of bodyparts."""
    if paf_graph is None or (isinstance(paf_graph, str) and paf_graph == "config"):
        return paf_graph
    try:
        pairs = [tuple(int(i) for i in pair if _is_whole(i)) for pair in paf_graph]
    except TypeError:
        pairs = [()]
    if isinstance(paf_graph, str) or any(len(pair) != 2 for pair in pairs):
        raise InvalidInput(
            "paf_graph is no list of pairs of bodyparts.", fix='write paf_graph=[[0, 1], [1, 2]], "config" or None'
        )
    if len({frozenset(pair) for pair in pairs}) < len(pairs) or any(a == b for a, b in pairs):
        raise InvalidInput("paf_graph names a pair twice, or a bodypart with itself.", fix="name each pair once")
    if wrong := [pair for pair in pairs if not all(0 <= i < n_bodyparts for i in pair)]:
        raise InvalidInput(
            f"paf_graph names {wrong[0]}, but the bodyparts are counted from 0 to {n_bodyparts - 1}.",
            fix="use the positions in multianimalbodyparts",
        )
    return tuple((a, b) for a, b in pairs)


def checked_count(value: Any, name: str, at_least: int = 1) -> int:
    """A whole number that is large enough."""
    if not _is_whole(value) or value < at_least:
        raise InvalidInput(f"{name} cannot be {value!r}.", fix=f"use a whole number from {at_least} on")
    return int(value)


def checked_seed(seed: Any) -> int | None:
    """The number that makes random splits repeatable, or None."""
    return None if seed is None else checked_count(seed, "seed", at_least=0)


def given_indices(train: Any, test: Any, n_shuffles: int) -> list[tuple[list[int], list[int]]] | None:
    """The lists of indices that somebody passed, a pair for each shuffle, padding included; None without any."""
    if train is None and test is None:
        return None
    if train is None or test is None:
        raise InvalidInput("trainIndices and testIndices belong together.", fix="pass both, or neither")
    pairs = []
    for name, lists in (("trainIndices", train), ("testIndices", test)):
        if not _is_list(lists) or not all(_is_list(one) for one in lists):
            raise InvalidInput(f"{name} is no list of lists.", fix=f"write {name}=[[0, 1, 2]]: a list for each shuffle")
        if len(lists) != n_shuffles:
            raise InvalidInput(
                f"{name} has {len(lists)} lists for {n_shuffles} shuffles.", fix="pass one list for each shuffle"
            )
        pairs.append([_whole_indices(one, name) for one in lists])
    return list(zip(*pairs, strict=True))


def index_findings(train: Sequence[int], test: Sequence[int], n_images: int, shuffle: int) -> Iterator[Finding]:
    """Why two lists of indices are no split of the images."""
    fix = "correct trainIndices and testIndices"
    for name, indices in (("trainIndices", train), ("testIndices", test)):
        real = [index for index in indices if index != PADDING]
        if wrong := [index for index in real if not 0 <= index < n_images]:
            yield Finding("index-unknown",
                          f"Shuffle {shuffle}: {name} holds {wrong[0]}, but the {n_images} images are counted from 0 "
                          f"to {n_images - 1} ({len(wrong)} such indices).", fix, "error")  # fmt: skip
        if repeated := sorted({index for index in real if real.count(index) > 1} if len(set(real)) < len(real) else ()):
            yield Finding("index-repeated", f"Shuffle {shuffle}: {name} holds {repeated[0]} more than once.",
                          fix, "error")  # fmt: skip
    if both := sorted((set(train) & set(test)) - {PADDING}):
        yield Finding("index-shared",
                      f"Shuffle {shuffle}: {len(both)} images are both to train on and to test with, e.g. {both[0]}.",
                      fix, "error")  # fmt: skip


def split_of(train: Sequence[int], test: Sequence[int]) -> Split:
    """Both lists without padding."""
    return Split(tuple(without_padding(train)), tuple(without_padding(test)))


def _whole_indices(indices: Any, name: str) -> list[int]:
    if wrong := [index for index in indices if not _is_whole(index)]:
        raise InvalidInput(f"{name} holds {wrong[0]!r}, which is no index of an image.", fix="use whole numbers from 0")
    return [int(index) for index in indices]


def _is_list(value: Any) -> bool:
    return isinstance(value, (list, tuple, range)) or (isinstance(value, np.ndarray) and value.ndim > 0)


def _is_whole(value: Any) -> bool:
    return isinstance(value, numbers.Integral) and not isinstance(value, bool)


def _shuffle(value: Any) -> int:
    return checked_count(value, "The shuffle of ctd_conditions", at_least=0)
