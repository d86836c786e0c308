"""Files that a person declared safe to open, by content and on this machine only.

The list lives in the user's settings folder and nowhere else, so nothing inside a project, a model or a download
can add to it. A file is known by its sha256: an edited or exchanged file is a stranger again.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import stat
import sys
from contextlib import suppress
from datetime import datetime, timezone
from pathlib import Path
from typing import BinaryIO

from deeplabcut.core import progress
from deeplabcut.core.errors import Missing, StorageError
from deeplabcut.core.files import atomic_write_bytes
from deeplabcut.core.locks import hold
from deeplabcut.core.progress import printable

logger = logging.getLogger(__name__)

_FILE = "trusted.json"
_BLOCK = 1 << 20


def settings_folder() -> Path:
    """Where deeplabcut keeps the user's own settings on this machine; it need not exist yet."""
    variable, usual = {
        "win32": ("APPDATA", "AppData/Roaming"),
        "darwin": ("", "Library/Application Support"),
    }.get(sys.platform, ("XDG_CONFIG_HOME", ".config"))
    given = Path(os.environ.get(variable, ""))
    try:
        usual_place = Path() if os.environ.get("HOME") == "" else Path.home() / usual
    except RuntimeError:
        usual_place = Path()
    for base in (given, usual_place):
        if base.is_absolute():  # a relative one would be found in whatever folder the program is started
            return base / "deeplabcut"
    raise StorageError(
        "There is no home folder to keep settings in.",
        fix=f"set HOME{f' or {variable}' if variable else ''} to the full path of a folder of yours",
    )


def trust(path: str | os.PathLike[str]) -> str:
    """Declare a file safe to open on this machine; its sha256.

    Do this only for files whose origin you know: opening them may run code that they carry.

    Parameters
    ----------
    path : path
        The file. A changed file has to be trusted again.
    """
    path = Path(path)
    if not path.is_file():
        raise Missing(f"There is no file {path.name}.", where=path, fix="give the path of one file")
    digest = sha256_of(path)
    folder = settings_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise StorageError(
            f"The settings folder cannot be made ({error.strerror}).",
            where=folder,
            fix="make it writable, or set HOME to a folder of yours",
        ) from error
    store = folder / _FILE
    with hold(store, "trusting a file", wait_s=10.0):
        entry = {"path": str(path.absolute()), "trusted": datetime.now(timezone.utc).isoformat(timespec="seconds")}
        content = json.dumps({**_entries(store), digest: entry}, indent=1).encode()
        atomic_write_bytes(store, content, check=_only_mine)
    progress.current().message(f"{printable(path.name)} may be opened on this machine as it is now.")
    return digest


def is_trusted(file: str | os.PathLike[str] | BinaryIO) -> bool:
    """Whether this content was declared safe here.

    Hand over the open file that will be read, not its path, where somebody else may exchange the file in between;
    its position is kept.
    """
    try:
        entries = _entries(settings_folder() / _FILE)
    except StorageError:
        return False
    return bool(entries) and sha256_of(file) in entries


def sha256_of(file: str | os.PathLike[str] | BinaryIO) -> str:
    """The sha256 of a whole file, in hexadecimal."""
    if isinstance(file, (str, os.PathLike)):
        with Path(file).open("rb") as opened:
            return sha256_of(opened)
    position = file.tell()
    file.seek(0)
    digest = hashlib.sha256()
    while block := file.read(_BLOCK):
        digest.update(block)
    file.seek(position)
    return digest.hexdigest()


def _entries(store: Path) -> dict[str, object]:
    """The list; empty if there is none, or if it is not this user's alone."""
    try:
        if not _is_mine(store):
            logger.warning("%s can be written by other users and is ignored; remove it and trust again.", store)
            return {}
        entries = json.loads(store.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        logger.warning("The list of trusted files %s cannot be read (%s); nothing is trusted.", store, error)
        return {}
    return entries if isinstance(entries, dict) else {}


def _is_mine(store: Path) -> bool:
    if os.name == "nt":
        return True
    facts = store.stat()
    return facts.st_uid == os.getuid() and not facts.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def _only_mine(part: Path) -> None:
    with suppress(NotImplementedError):
        part.chmod(0o600)
