"""Files that are whole or absent: atomic writes, and several files changed as one.

A new version is written beside its target, flushed, synced, opened again and checked, and only then takes the
target's place; the folder is synced last. Several files of one folder (a label table and its csv) change
together: a small plan on disk says which replacements belong together, and `recovery` completes a plan
that a crash cut short. Whatever fails, every target is the old version or the new one.
"""

from __future__ import annotations

import errno
import io
import json
import logging
import os
import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, cast

from deeplabcut.core import faults
from deeplabcut.core.errors import DamagedFile, Missing, NoSpace, StorageError
from deeplabcut.core.scratch import scratch_name

logger = logging.getLogger(__name__)

Hook = Callable[[Path], object]

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_NO_RENAME = {errno.EXDEV, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS}


@contextmanager
def atomic_write(
    path: str | os.PathLike[str], *, check: Hook | None = None, keep: Hook | None = None
) -> Iterator[BinaryIO]:
    """A new binary file that takes the place of ``path`` only if the block succeeds.

    ``check`` gets the path of the finished new version and raises if it is not what was meant; ``keep`` gets
    the path of the version in place just before it goes (see `deeplabcut.core.history.keep_version`).
    """
    target = Path(os.path.realpath(path))
    with transaction(target.parent, keep=keep) as change, change.open(target.name, check=check) as file:
        yield file


def atomic_write_bytes(
    path: str | os.PathLike[str], content: bytes, *, check: Hook | None = None, keep: Hook | None = None
) -> None:
    """Replace ``path`` by ``content``, whole or not at all."""
    with atomic_write(path, check=check, keep=keep) as file:
        file.write(content)


@contextmanager
def transaction(folder: str | os.PathLike[str], *, keep: Hook | None = None) -> Iterator[Transaction]:
    """New versions of several files of ``folder`` that take their places together, or not at all."""
    change = Transaction(Path(folder), keep=keep)
    try:
        yield change
        change.commit()
    except Exception as error:
        if change.failure is None or isinstance(error, StorageError):
            raise
        names = ", ".join(one.target.name for one in change._replacements)
        raise storage_error(change.failure, change.folder, names, change.n_bytes) from error
    finally:
        change.discard()


@dataclass
class _Replacement:
    part: Path  # the new version, complete and synced
    target: Path
    old: Path | None = None  # a second name of the old version, until the change is durable


@dataclass
class Transaction:
    """Use `transaction`."""

    folder: Path
    keep: Hook | None = None
    n_bytes: int = 0
    failure: OSError | None = None  # what the storage said first, even if a library in between hid it
    _replacements: list[_Replacement] = field(default_factory=list)
    _plan: Path | None = None  # says which replacements belong together, while they happen

    @contextmanager
    def open(self, name: str, *, check: Hook | None = None) -> Iterator[BinaryIO]:
        """A file that will become ``name``."""
        part = scratch_name(self.folder, "part")
        replacement = _Replacement(part, self.folder / name)
        self._replacements.append(replacement)
        with self._storage():
            raw = _PartFile(part, self)
        with raw:
            file = io.BufferedRandom(raw)
            yield cast(BinaryIO, file)
            with self._storage():
                file.flush()
                _fsync(raw.fileno())
                file.detach()
        if self.failure is not None:
            raise self.failure
        _copy_mode(replacement.target, part)
        if check is not None:
            check(part)

    def commit(self) -> None:
        """Put every new version in its place; on failure put every old version back."""
        done: list[_Replacement] = []
        try:
            with self._storage():
                for one in self._replacements:
                    one.old = _second_name(one.target)
                    if self.keep is not None and one.old is not None:
                        self.keep(one.target)
                if len(self._replacements) > 1:
                    self._plan = scratch_name(self.folder, "plan")
                    self._write_plan(self._plan, [(one.part, one.target) for one in self._replacements])
                for one in self._replacements:
                    done.append(one)
                    _replace(one.part, one.target)
                fsync_folder(self.folder)
        except BaseException:
            self._put_back(done)
            raise
        self._drop_plan()

    def discard(self) -> None:
        """Remove what is left of new versions and second names, unless a plan on disk still needs them."""
        if self._plan is not None:
            return
        for one in self._replacements:
            one.part.unlink(missing_ok=True)
            if one.old is not None:
                one.old.unlink(missing_ok=True)

    def _put_back(self, done: list[_Replacement]) -> None:
        if self._plan is not None and self._plan.exists():
            with faults.injected():  # the way back is not part of the plan
                self._write_plan(self._plan, [(one.old, one.target) for one in self._replacements if one.old])
        for one in done:
            if one.old is not None:
                os.replace(one.old, one.target)
            elif not one.part.exists():
                one.target.unlink(missing_ok=True)
        self._drop_plan()

    def _drop_plan(self) -> None:
        if self._plan is not None:
            self._plan.unlink(missing_ok=True)
            self._plan = None

    def _write_plan(self, plan: Path, pairs: list[tuple[Path, Path]]) -> None:
        text = json.dumps({"replace": [(source.name, target.name) for source, target in pairs]})
        part = scratch_name(self.folder, "part")
        try:
            with _PartFile(part, self) as file:
                file.write(text.encode())
                _fsync(file.fileno())
            faults.reach("replace")
            os.replace(part, plan)
        finally:
            part.unlink(missing_ok=True)

    @contextmanager
    def _storage(self) -> Iterator[None]:
        """A block whose OSErrors are the storage's."""
        try:
            yield
        except OSError as error:
            self.failure = self.failure or error
            raise


def open_to_read(path: Path) -> BinaryIO:
    """``path`` opened for reading; raises `Missing`, or an error that says why it cannot be read."""
    try:
        return path.open("rb")
    except (FileNotFoundError, NotADirectoryError) as error:
        raise Missing(f"There is no file {path.name}.", where=path.parent) from error
    except IsADirectoryError as error:
        raise DamagedFile(f"{path.name} is a folder.", where=path) from error
    except OSError as error:
        raise StorageError(
            f"{path.name} cannot be read ({error.strerror}).", where=path, fix="check the permissions and the drive"
        ) from error


class _PartFile(io.FileIO):
    """The unfinished file; tells the fault plan and the transaction of every write."""

    def __init__(self, path: Path, change: Transaction) -> None:
        super().__init__(path, "x+b")
        self._change = change

    def write(self, data: Any, /) -> int:
        n_bytes = memoryview(data).nbytes
        self._change.n_bytes += n_bytes
        with self._change._storage():
            faults.reach("write", n_bytes)
            return super().write(data) or 0


def _second_name(target: Path) -> Path | None:
    """Another name for the version in place (a hard link, or a copy where there are none)."""
    if not target.exists():
        return None
    old = scratch_name(target.parent, "old")
    try:
        os.link(target, old)
    except OSError:
        shutil.copy2(target, old)
    return old


def _copy_mode(target: Path, part: Path) -> None:
    if target.exists():
        os.chmod(part, stat.S_IMODE(target.stat().st_mode))


def _fsync(fd: int) -> None:
    faults.reach("fsync")
    os.fsync(fd)


def fsync_folder(folder: Path) -> None:
    """Make renames in ``folder`` durable, where the system can."""
    if os.name == "nt":
        return
    faults.reach("fsync")
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # some network file systems cannot sync a folder
            raise
    finally:
        os.close(fd)


def _replace(part: Path, target: Path) -> None:
    faults.reach("replace")
    try:
        os.replace(part, target)
    except OSError as error:
        if error.errno not in _NO_RENAME:
            raise
        logger.warning(
            "%s cannot rename files in one step: a crash while %s is copied could leave it incomplete "
            "(the earlier version is then in .history).",
            target.parent,
            target.name,
        )
        target.unlink(missing_ok=True)  # its other name, the way back, must keep the old content
        shutil.copyfile(part, target)


def storage_error(error: OSError, folder: Path, names: str, n_bytes: int = 0) -> OSError:
    """What the user reads when ``names`` could not be written in ``folder``."""
    if isinstance(error, StorageError):
        return error
    if error.errno in (errno.ENOENT, errno.ENOTDIR) and not folder.is_dir():
        return StorageError(
            f"There is no folder to write {names} into.", where=folder, fix="make it, or correct the path"
        )
    if error.errno in _FULL:
        free = shutil.disk_usage(folder).free
        return NoSpace(
            f"The disk (or quota) is full while writing {names}: at least {n_bytes:,} bytes needed, "
            f"{free:,} free. The earlier version is intact.",
            where=folder,
            fix="free some space, then save again",
        )
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return StorageError(
            f"No permission to write {names}.",
            where=folder,
            fix="make the folder writable, close the file in other programs, or choose another folder",
        )
    reason = error.strerror or str(error)
    return StorageError(
        f"{names} could not be saved ({reason}). The earlier version is intact.",
        where=folder,
        fix="check the disk or the network drive, then save again",
    )
