"""After a crash: changes of several files are completed, what dead writers left unfinished is removed."""

from __future__ import annotations

import json
import logging
import os
from contextlib import suppress
from pathlib import Path

from deeplabcut.core.errors import UnsafeFile
from deeplabcut.core.files import fsync_folder
from deeplabcut.core.scratch import is_abandoned, is_scratch

logger = logging.getLogger(__name__)


def tidy(folder: str | os.PathLike[str]) -> None:
    """Finish or remove what dead writers left in ``folder``; it needs no lock."""
    recover(folder)
    sweep(folder)


def recover(folder: str | os.PathLike[str]) -> list[Path]:
    """Finish the changes of several files that a crash cut short; the files that were put in place.

    Call it before reading; a plan exists only between two replacements, and those of the living are left alone.
    """
    try:
        plans = [Path(entry.path) for entry in os.scandir(folder) if is_scratch(entry.name)]
    except FileNotFoundError:
        return []
    return [path for plan in sorted(plans) if plan.suffix == ".plan" for path in _carried_out(plan)]


def _carried_out(plan: Path) -> list[Path]:
    """Put in place what the plan of a dead process names."""
    try:
        pairs = _pairs_of(plan)
    except FileNotFoundError:  # its owner, or another reader, has finished it
        return []
    if not is_abandoned(plan.name, plan):
        return []
    finished = []
    try:
        for source, target in pairs:
            with suppress(FileNotFoundError):
                os.replace(plan.parent / source, plan.parent / target)
                finished.append(plan.parent / target)
        fsync_folder(plan.parent)
        plan.unlink(missing_ok=True)
    except PermissionError:  # a reader of somebody else's folder; its owner's next save completes it
        logger.warning("A save in %s was interrupted and can be completed only by its owner.", plan.parent)
        return finished
    names = ", ".join(path.name for path in finished) or "nothing left"
    logger.warning("A save in %s was interrupted; completed: %s", plan.parent, names)
    return finished


def _pairs_of(plan: Path) -> list[tuple[str, str]]:
    try:
        pairs = [(str(source), str(target)) for source, target in json.loads(plan.read_text("utf-8"))["replace"]]
    except (ValueError, KeyError, TypeError, RecursionError):
        pairs = [("", "")]
    names = [name for pair in pairs for name in pair]
    if all(is_scratch(source) for source, _ in pairs) and all(Path(n).name == n not in ("", "..") for n in names):
        return pairs
    raise UnsafeFile(
        "The plan of an interrupted save names other files than those of its folder.", where=plan, fix="delete it"
    )


def sweep(folder: str | os.PathLike[str]) -> list[Path]:
    """Remove the unfinished files that dead processes left in ``folder``; what was removed.

    Only after `recover`, which may need them.
    """
    removed = []
    for entry in os.scandir(folder):
        if (
            is_scratch(entry.name)
            and entry.name.endswith((".part", ".old"))
            and is_abandoned(entry.name, Path(entry.path))
        ):
            with suppress(FileNotFoundError):  # somebody else sweeps here too
                os.unlink(entry.path)
                removed.append(Path(entry.path))
    return removed
