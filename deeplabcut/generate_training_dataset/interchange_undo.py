"""A change of many files that leaves nothing behind if it fails."""

from __future__ import annotations

import logging
import os
import shutil
from pathlib import Path
from types import TracebackType

from deeplabcut.core.files import atomic_write_bytes, storage_error
from deeplabcut.core.scratch import scratch_name

logger = logging.getLogger(__name__)


class AllOrNothing:
    """Remembers what a block makes and changes; if the block fails, every file and folder is as it was before."""

    def __init__(self) -> None:
        self.made: list[Path] = []
        self._second_names: dict[Path, Path] = {}

    def folder(self, path: Path) -> None:
        """Make a folder, with those above it, if it is not there."""
        missing = [one for one in (path, *path.parents) if not one.exists()]
        for one in reversed(missing):
            try:
                one.mkdir()
            except OSError as error:
                raise storage_error(error, one.parent, f"the folder {one.name}") from error
            self.made.append(one)

    def write(self, path: Path, content: bytes) -> None:
        """Put a file in place."""
        self.will_change(path)
        atomic_write_bytes(path, content)

    def will_change(self, path: Path) -> None:
        """Say that ``path`` is about to be written, and may not exist yet."""
        if path in self._second_names or path in self.made:
            return
        if not path.exists():
            self.made.append(path)
            return
        second = scratch_name(path.parent, "old")
        try:
            os.link(path, second)
        except OSError:
            shutil.copy2(path, second)
        self._second_names[path] = second

    def __enter__(self) -> AllOrNothing:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if error is not None:
            self._undo()
        for second in self._second_names.values():
            second.unlink(missing_ok=True)

    def _undo(self) -> None:
        for path, second in self._second_names.items():
            os.replace(second, path)
        for path in reversed(self.made):
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)
            if path.exists():
                logger.warning("%s was made for a change that failed, and cannot be removed.", path)
