"""Where downloads and other things that can be made again are kept for a user."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from deeplabcut.core.errors import StorageError


def user_cache(name: str) -> Path | None:
    """The folder ``name`` in the user's cache, which need not exist; None where the user has no folder of their own."""
    base: str | None
    if sys.platform == "win32":
        base, below = os.environ.get("LOCALAPPDATA"), ""
    elif sys.platform == "darwin":
        base, below = os.environ.get("HOME"), "Library/Caches"
    elif os.environ.get("XDG_CACHE_HOME"):
        base, below = os.environ["XDG_CACHE_HOME"], ""
    else:
        base, below = os.environ.get("HOME"), ".cache"
    return Path(base, below, "deeplabcut", name) if base and Path(base).is_absolute() else None


def made_user_cache(name: str) -> Path:
    """`user_cache`, made if it is not there; raises `StorageError` where that is not possible."""
    folder = user_cache(name)
    if folder is None:
        variable = {"win32": "LOCALAPPDATA", "darwin": "HOME"}.get(sys.platform, "HOME or XDG_CACHE_HOME")
        raise StorageError(
            "There is no home folder to keep downloads in.", fix=f"set {variable} to the full path of a folder of yours"
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(
            f"The folder for downloads cannot be made ({error.strerror}).",
            where=folder,
            fix="make it writable, or set XDG_CACHE_HOME or HOME to a folder of yours",
        ) from error
    return folder
