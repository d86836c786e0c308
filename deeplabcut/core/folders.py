"""Folders as scripts look through them: made where missing, resolved, searched by parts of names."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from pathlib import Path

from deeplabcut.core.deprecation import deprecated
from deeplabcut.core.errors import InvalidInput, Missing, StorageError

AnyPath = str | os.PathLike[str]


def attempt_to_make_folder(foldername: AnyPath, recursive: bool = False) -> None:
    """Make a folder; one that exists is left as it is.

    Parameters
    ----------
    recursive : bool
        Make the folders above it as well.
    """
    folder = Path(foldername)
    try:
        folder.mkdir(parents=recursive, exist_ok=True)
    except FileNotFoundError as error:
        raise Missing(
            f"There is no folder to make {folder.name} in.",
            where=folder.parent,
            fix="correct it, or pass recursive=True",
        ) from error
    except OSError as error:
        reason = "a file has this name" if folder.exists() else str(error.strerror)
        raise StorageError(
            f"The folder cannot be made: {reason}.", where=folder, fix="choose another folder"
        ) from error


def safe_resolve(path: AnyPath) -> Path:
    """``path`` with its links followed, or only made absolute where they cannot be (a lost network drive)."""
    try:
        return Path(path).resolve()
    except (OSError, RuntimeError):
        return Path(os.path.abspath(path))  # noqa: PTH100 - asks the disk nothing


def get_deeplabcut_path() -> Path:
    """The folder of the installed package."""
    return Path(__file__).resolve().parents[1]


def filter_files_by_patterns(
    folder: AnyPath,
    start_patterns: Collection[str] | None = None,
    contain_patterns: Collection[str] | None = None,
    end_patterns: Collection[str] | None = None,
) -> list[Path]:
    """The files of a folder whose names begin with, contain and end with one of each given set, sorted."""
    folder = Path(folder)
    if not folder.is_dir():
        raise InvalidInput("This is no folder.", where=folder, fix="correct the path")

    def wanted(name: str) -> bool:
        return (
            (not start_patterns or name.startswith(tuple(start_patterns)))
            and (not contain_patterns or any(part in name for part in contain_patterns))
            and (not end_patterns or name.endswith(tuple(end_patterns)))
        )

    return sorted(entry for entry in folder.iterdir() if wanted(entry.name) and entry.is_file())


@deprecated(name="grab_files_in_folder", replacement="collect_video_paths")
def grab_files_in_folder(folder: AnyPath, ext: str = "", relative: bool = True) -> Iterator[str]:
    """The names (or, without ``relative``, the paths) of what a folder holds and whose name ends in ``ext``."""
    for name in sorted(os.listdir(folder)):
        if name.endswith(ext):
            yield name if relative else os.path.join(folder, name)
