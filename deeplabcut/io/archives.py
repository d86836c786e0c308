"""Unpacking archives of others: only files and folders, only inside, not too much, and all or nothing.

Everything is unpacked into a scratch folder first and moved to its place when all of it was good. Names, kinds and
sizes are checked entry by entry, before the bytes of the entry are touched.
"""

from __future__ import annotations

import os
import shutil
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any, BinaryIO

from deeplabcut.core import faults, progress
from deeplabcut.core.errors import DamagedFile, InvalidInput, UnsafeFile
from deeplabcut.core.files import fsync_folder, open_to_read, storage_error
from deeplabcut.core.scratch import scratch_name
from deeplabcut.core.text import printable, same_text

try:
    from lzma import LZMAError
except ImportError:  # an interpreter without lzma does not open such archives at all
    LZMAError = zlib.error  # type: ignore[misc,assignment]

_BLOCK = 1 << 20
_LONGEST_READ = 1 << 24  # no honest header asks for more in one piece
_FREE_BYTES = 1 << 24  # small archives may grow more than the ratio says
_N_NAME_BYTES = 255
_DAMAGE = (
    tarfile.TarError, zipfile.BadZipFile, zlib.error, LZMAError, EOFError, NotImplementedError, RuntimeError,
    UnicodeError,
)  # fmt: skip


@dataclass(frozen=True)
class Limits:
    """The most that an archive may unpack to; ``ratio`` is bytes for each byte of the archive."""

    n_bytes: int = 16 << 30
    n_entries: int = 10_000
    ratio: int = 200


@dataclass(frozen=True)
class _Entry:
    name: str
    n_bytes: int
    is_folder: bool
    problem: str  # why this kind of entry is not unpacked, or ""
    open: Callable[[], IO[bytes] | None]


def unpack(
    archive: str | os.PathLike[str],
    folder: str | os.PathLike[str],
    *,
    flat: bool = False,
    wanted: Callable[[str], bool] | None = None,
    overwrite: bool = False,
    limits: Limits | None = None,
) -> list[Path]:
    """Unpack a tar (plain, gz, bz2, xz) or zip into ``folder``, all of it or nothing; the files, in its order.

    Parameters
    ----------
    folder : path
        Made if it does not exist.
    flat : bool
        Put every file into ``folder`` itself, under its last name.
    wanted : callable, optional
        Says of the last part of a file's name whether to unpack it.
    overwrite : bool
        Replace files that are there; else they are a reason to refuse.
    limits : Limits, optional
    """
    archive, folder = Path(archive), Path(folder)
    limits = limits or Limits()
    is_new = not folder.exists()
    scratch = scratch_name(folder.parent if is_new else folder, "unpack")
    with open_to_read(archive) as file:
        try:
            scratch.mkdir()
            names = _unpacked(file, archive, scratch, flat, wanted, limits)
            if not is_new:
                _check_free(names, folder, overwrite)
            _sync(scratch, names)
            _put(scratch, folder, names, is_new)
        except _DAMAGE as error:
            raise _damaged(archive, error) from error
        except OSError as error:
            if error.errno is None:  # what gzip, bz2 and lzma raise about the content
                raise _damaged(archive, error) from error
            raise storage_error(error, folder, printable(archive.name)) from error
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
    return [folder / name for name in names]


def _unpacked(
    file: BinaryIO,
    archive: Path,
    scratch: Path,
    flat: bool,
    wanted: Callable[[str], bool] | None,
    limits: Limits,
) -> list[Path]:
    """Unpack into ``scratch``; the names of the files."""
    size = os.fstat(file.fileno()).st_size
    budget = _Budget(archive, min(limits.n_bytes, limits.ratio * size + _FREE_BYTES))
    files: dict[str, Path] = {}  # under the name that systems without upper and lower case see
    folders: dict[str, Path] = {}
    label = printable(archive.name)
    with progress.current().task("unpack", unit="byte", label=label) as task:
        for number, entry in enumerate(_entries(file, archive, budget)):
            if number >= limits.n_entries:
                raise _unsafe(archive, f"it holds more than {limits.n_entries:,} files")
            path = _safe_path(entry.name, archive)
            if entry.problem:
                raise _unsafe(archive, f"{printable(entry.name)!r} is {entry.problem}")
            if not entry.is_folder:
                budget.promise(entry.n_bytes)
            name = Path(path.name) if flat else path
            if entry.is_folder:
                if not flat and path.parts:
                    _claim(name, folders, files, archive, is_folder=True)
                    (scratch / name).mkdir(parents=True, exist_ok=True)
                continue
            if not path.parts:
                raise _unsafe(archive, "it holds a file without a name")
            if wanted is not None and not wanted(path.name):
                continue
            _claim(name, folders, files, archive, is_folder=False)
            (scratch / name).parent.mkdir(parents=True, exist_ok=True)
            _copy(entry, scratch / name, task)
    if not files:
        raise DamagedFile(
            "The archive holds none of the files that were expected.", where=archive, fix="fetch it again"
        )
    return list(files.values())


class _Budget:
    """Counts the sizes that headers state against the most that is allowed; entries never give more than they state."""

    def __init__(self, archive: Path, n_bytes: int) -> None:
        self.archive, self.n_bytes = archive, n_bytes
        self._n_promised = 0

    def promise(self, n: int) -> None:
        """Count one more size; raises if it is too much."""
        self._n_promised += n
        if self._n_promised > self.n_bytes:
            raise _unsafe(self.archive, f"it would unpack to more than {self.n_bytes:,} bytes")


def _entries(file: BinaryIO, archive: Path, budget: _Budget) -> Iterator[_Entry]:
    start = file.read(6)
    file.seek(0)
    if start.startswith(b"PK"):
        yield from _zip_entries(file)
    else:
        yield from _tar_entries(_plain(file, start, archive, budget))


def _zip_entries(file: BinaryIO) -> Iterator[_Entry]:
    with zipfile.ZipFile(file) as opened:
        for info in opened.infolist():
            mode = stat.S_IFMT(info.external_attr >> 16)
            problem = ""
            if info.flag_bits & 1:
                problem = "encrypted"
            elif mode not in (0, stat.S_IFREG, stat.S_IFDIR):
                problem = "neither a file nor a folder (a link or a device)"
            elif info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):  # others unpack without a limit
                problem = "compressed in an unusual way"

            def content(info: zipfile.ZipInfo = info) -> IO[bytes]:
                return opened.open(info)

            yield _Entry(info.orig_filename, info.file_size, info.filename.endswith("/"), problem, content)


def _tar_entries(file: Any) -> Iterator[_Entry]:
    with tarfile.open(fileobj=file, mode="r:") as opened:
        for member in opened:
            problem = ""
            if not (member.isreg() or member.isdir()):
                problem = "neither a file nor a folder (a link or a device)"
            elif member.issparse():
                problem = "a file with holes"

            def content(member: tarfile.TarInfo = member) -> IO[bytes] | None:
                return opened.extractfile(member)

            yield _Entry(member.name, member.size, member.isdir(), problem, content)
    while file.read(_BLOCK):  # the checksum of what is compressed comes after the end of the tar
        pass


def _plain(file: BinaryIO, start: bytes, archive: Path, budget: _Budget) -> _Guarded:
    """The tar inside, whatever it is compressed with."""
    inner: Any = file
    if start.startswith(b"\x1f\x8b"):
        import gzip

        inner = gzip.GzipFile(fileobj=file)
    elif start.startswith(b"BZh"):
        import bz2

        inner = bz2.BZ2File(file)
    elif start.startswith(b"\xfd7zXZ"):
        import lzma

        inner = lzma.LZMAFile(file)  # noqa: SIM115 (the caller closes the file below)
    return _Guarded(inner, archive, budget)


class _Guarded:
    """A file that is read in pieces of a sensible size and not beyond the budget."""

    def __init__(self, inner: Any, archive: Path, budget: _Budget) -> None:
        self._inner, self._archive = inner, archive
        self._end = budget.n_bytes + _FREE_BYTES  # headers are not counted one by one

    def read(self, n: int = -1) -> bytes:
        if not 0 <= n <= _LONGEST_READ:
            raise _unsafe(self._archive, "a header asks for an absurd amount of memory")
        self._check(self._inner.tell() + n)
        return bytes(self._inner.read(n))

    def seek(self, position: int, whence: int = 0) -> int:
        self._check(position)
        return int(self._inner.seek(position, whence))

    def tell(self) -> int:
        return int(self._inner.tell())

    def _check(self, position: int) -> None:
        if position > self._end + _BLOCK:
            raise _unsafe(self._archive, f"it would unpack to more than {self._end:,} bytes")


def _safe_path(name: str, archive: Path) -> Path:
    """The path below the folder that ``name`` means; raises if it leads out or cannot be a name everywhere."""
    parts = PurePosixPath(name).parts
    leads_out = name.startswith(("/", "\\")) or ".." in parts or any(":" in part or "\\" in part for part in parts)
    unprintable = any(ord(c) < 32 for c in name)
    if leads_out or unprintable or any(len(os.fsencode(part)) > _N_NAME_BYTES for part in parts):
        raise _unsafe(archive, f"the name {printable(name[:200])!r} leads out of the folder or is no name of a file")
    return Path(*(part for part in parts if part != "."))


def _claim(name: Path, folders: dict[str, Path], files: dict[str, Path], archive: Path, *, is_folder: bool) -> None:
    """Raise if the name is taken, or if something would be a file and a folder at once."""
    key = _folded(name)
    above = [_folded(parent) for parent in name.parents if parent.parts]
    if key in files or any(parent in files for parent in above) or (not is_folder and key in folders):
        raise _unsafe(archive, f"it holds {printable(str(name))!r} twice")
    folders.update({parent: Path(parent) for parent in above})
    (folders if is_folder else files)[key] = name


def _folded(path: Path) -> str:
    return same_text(path.as_posix()).casefold()


def _copy(entry: _Entry, target: Path, task: progress.Task) -> None:
    source = entry.open()
    if source is None:
        raise tarfile.ReadError(f"{entry.name} has no content")
    n_bytes = 0
    with source, target.open("xb") as file:
        while block := source.read(_BLOCK):
            n_bytes += len(block)
            faults.reach("write", len(block))
            file.write(block)
            task.advance(len(block))
    if n_bytes != entry.n_bytes:
        raise tarfile.ReadError(f"{entry.name} has {n_bytes:,} bytes instead of {entry.n_bytes:,}")


def _check_free(names: list[Path], folder: Path, overwrite: bool) -> None:
    for name in names:
        target = folder / name
        above = [folder / parent for parent in name.parents if parent.parts]
        if any(one.is_symlink() or (one.exists() and not one.is_dir()) for one in above) or target.is_dir():
            raise InvalidInput("Something else has the name of a file or folder of the archive.", where=target)
        if target.exists() and not overwrite:
            raise InvalidInput(
                "This file of the archive is there already.", where=target, fix="choose another folder, or move it away"
            )


def _sync(scratch: Path, names: list[Path]) -> None:
    for name in names:
        with (scratch / name).open("rb+") as file:
            faults.reach("fsync")
            os.fsync(file.fileno())


def _put(scratch: Path, folder: Path, names: list[Path], is_new: bool) -> None:
    """Move what is unpacked to its place: in one step where the folder is new."""
    if is_new:
        faults.reach("replace")
        os.replace(scratch, folder)
        fsync_folder(folder.parent)
        return
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        faults.reach("replace")
        os.replace(scratch / name, folder / name)
    for place in {(folder / name).parent for name in names}:
        fsync_folder(place)


def _unsafe(archive: Path, problem: str) -> UnsafeFile:
    return UnsafeFile(f"{printable(archive.name)} was not unpacked: {problem}.", where=archive)


def _damaged(archive: Path, error: Exception) -> DamagedFile:
    return DamagedFile(
        f"{printable(archive.name)} is no archive, or damaged ({printable(str(error))}).",
        where=archive, fix="fetch it again",
    )  # fmt: skip
