"""Names of snapshots: which ones a folder of training holds, their order, and the choice among them."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from deeplabcut.core.errors import InvalidInput, Missing

logger = logging.getLogger(__name__)

POSE, DETECTOR = "snapshot", "snapshot-detector"


@dataclass(frozen=True)
class Snapshot:
    """A trained PyTorch model: ``snapshot-best-090.pt`` is the best one, of epoch 90.

    ``epochs`` is None for weights whose name tells none.
    """

    best: bool
    epochs: int | None
    path: Path

    def uid(self) -> str:
        """How names of results call the snapshot: ``best-90`` or ``200``."""
        if self.epochs is None:
            return self.path.stem
        return f"best-{self.epochs}" if self.best else str(self.epochs)

    @staticmethod
    def from_path(path: str | os.PathLike[str]) -> Snapshot:
        """The snapshot that a file is."""
        path = Path(path)
        match = re.fullmatch(r".*?(-best)?-(\d+)\.pt", path.name)
        return Snapshot(bool(match and match[1]), int(match[2]) if match else None, path)


def list_snapshots(
    model_folder: str | os.PathLike[str], snapshot_prefix: str = POSE, best_in_last: bool = True
) -> list[Snapshot]:
    """The snapshots of a folder, by epoch.

    Parameters
    ----------
    model_folder : path
        The ``train`` folder of a shuffle.
    snapshot_prefix : str
        How the names begin: ``snapshot``, or ``snapshot-detector``.
    best_in_last : bool
        Put the best snapshot last, whatever its epoch.
    """
    form = re.compile(rf"{re.escape(snapshot_prefix)}(-best)?-\d+\.pt")
    folder = Path(model_folder)
    names = os.listdir(folder) if folder.is_dir() else []
    found = [Snapshot.from_path(folder / name) for name in names if form.fullmatch(name)]
    return sorted(found, key=lambda one: (best_in_last and one.best, one.epochs, one.best))


def choose_snapshot(snapshots: Sequence[Snapshot], index: int | str, *, folder: Path) -> Snapshot:
    """The snapshot at ``index`` of the list, or the ``"best"`` one; what is asked for has to be there."""
    if not snapshots:
        raise Missing(
            "There are no snapshots: this shuffle is not trained yet.",
            where=folder,
            fix="train it with deeplabcut.train_network",
        )
    known = ", ".join(f"{i}: {one.path.name}" for i, one in enumerate(snapshots))
    if index == "best":
        best = [one for one in snapshots if one.best]
        if not best:
            raise InvalidInput("There is no best snapshot.", where=folder, fix=f"choose one of {known}")
        return best[-1]
    number = single_index(index)
    if not -len(snapshots) <= number < len(snapshots):
        raise InvalidInput(
            f"There is no snapshot {number}: there are {len(snapshots)}.", where=folder, fix=f"choose one of {known}"
        )
    return snapshots[number]


def single_index(index: int | str, name: str = "snapshotindex") -> int:
    """``index`` where one snapshot is needed: ``"all"`` stands for the last one, with a notice."""
    if index == "all":
        logger.warning("%s is 'all', but one snapshot is needed here; the last one is used.", name)
        return -1
    if isinstance(index, bool) or not hasattr(index, "__index__"):
        raise InvalidInput(
            f"{name} {index!r} cannot be used.", fix="use a whole number (-1 is the last snapshot), or 'all'"
        )
    return index.__index__()


def get_snapshot_index_for_scorer(name: str, index: int | Literal["all"]) -> int:
    """The index of the one snapshot that a scorer is named after.

    Parameters
    ----------
    name : str
        The setting that ``index`` comes from, for messages.
    index : int or "all"
        With "all" the last snapshot is used.
    """
    return single_index(index, name)


def get_snapshots_from_folder(train_folder: str | os.PathLike[str]) -> list[str]:
    """The names of the TensorFlow snapshots of a folder, such as ``snapshot-50000``, by iteration.

    Parameters
    ----------
    train_folder : path
        The ``train`` folder of a shuffle.
    """
    folder = Path(train_folder)
    names = os.listdir(folder) if folder.is_dir() else []
    found = {int(match[2]): match[1] for name in names if (match := re.fullmatch(r"([^-]+-(\d+))\.index", name))}
    if not found:
        raise Missing(
            "There are no snapshots: this shuffle is not trained yet.",
            where=folder,
            fix="train it with deeplabcut.train_network",
        )
    return [found[iteration] for iteration in sorted(found)]
