"""Folders of new models: written aside, put in place together with the training set, or not at all."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

from deeplabcut.core import faults
from deeplabcut.core.errors import DeepLabCutError
from deeplabcut.core.files import fsync_folder, storage_error
from deeplabcut.core.history import FOLDER as HISTORY
from deeplabcut.core.scratch import is_abandoned, scratch_name


@dataclass
class ModelFolders:
    """A block in which model folders are written; they disappear again if the block fails.

    A folder that is replaced moves to ``.history`` beside it, with its weights.
    """

    kept: list[Path] = field(default_factory=list)  # where replaced folders went
    _new: list[tuple[Path, Path]] = field(default_factory=list)  # (written aside, its place)
    _moved: list[tuple[Path, Path]] = field(default_factory=list)  # every rename that has happened
    _made: list[Path] = field(default_factory=list)  # folders around them that did not exist

    def __enter__(self) -> ModelFolders:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if kind is not None:
            for source, target in reversed(self._moved):
                os.rename(target, source)
            self._remove_unplaced()
            if isinstance(error, OSError) and not isinstance(error, DeepLabCutError) and self._new:
                raise storage_error(error, self._new[0][1].parent, self._new[0][1].name) from error

    def new(self, place: Path) -> Path:
        """A new, empty folder that `place` puts at ``place``."""
        try:
            self._make(place.parent)
            for left in place.parent.glob(".dlc-*.model"):
                if is_abandoned(left.name, left):
                    shutil.rmtree(left, ignore_errors=True)
            aside = scratch_name(place.parent, "model")
            self._new.append((aside, place))
            aside.mkdir()
        except OSError as error:
            raise storage_error(error, place.parent, place.name) from error
        return aside

    def place(self) -> None:
        """Give every folder its name; what had the name before moves to ``.history``."""
        for aside, place in self._new:
            if place.exists():
                kept = _free_name(place.parent / HISTORY / place.name)
                self._make(kept.parent)
                self._rename(place, kept)
                self.kept.append(kept)
            self._rename(aside, place)
        for folder in {place.parent for _, place in self._new}:
            fsync_folder(folder)

    def _rename(self, source: Path, target: Path) -> None:
        faults.reach("replace")
        os.rename(source, target)
        self._moved.append((source, target))

    def _make(self, folder: Path) -> None:
        missing = [one for one in (folder, *folder.parents) if not one.exists()]
        folder.mkdir(parents=True, exist_ok=True)
        self._made += missing

    def _remove_unplaced(self) -> None:
        for aside, _ in self._new:
            shutil.rmtree(aside, ignore_errors=True)
        for folder in sorted(set(self._made), key=lambda one: len(one.parts), reverse=True):
            with suppress(OSError):  # somebody else has put something there meanwhile
                folder.rmdir()


def _free_name(folder: Path) -> Path:
    numbers = [int(entry.name) for entry in folder.iterdir() if entry.name.isdigit()] if folder.is_dir() else []
    return folder / f"{max(numbers, default=0) + 1:06d}"
