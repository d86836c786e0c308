"""Files from the network: whole and checked, and continued where an earlier try stopped.

A file grows under a scratch name beside its target, and takes the target's name only when its length and hash are
right. What the server said of its version stands in a second scratch file, so that another run can go on with it.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from http.client import HTTPException, HTTPResponse
from pathlib import Path

from deeplabcut.core import faults, progress
from deeplabcut.core.errors import DeepLabCutError, InvalidInput, Locked, NoSpace, StorageError
from deeplabcut.core.files import fsync_folder, storage_error
from deeplabcut.core.locks import hold
from deeplabcut.core.scratch import PREFIX
from deeplabcut.core.text import printable
from deeplabcut.core.trust import sha256_of
from deeplabcut.io.web import (
    LOGIN,
    DownloadError,
    LoginPage,
    Offline,
    PassingFailure,
    Refused,
    asked,
    check_address,
    shown,
)

PAUSES_S = (1.0, 2.0, 4.0, 8.0, 16.0)
"""Before each further try; a try that brought something is no failure."""

_BLOCK = 1 << 18
_LARGEST = 1 << 36
_LONGEST_PAUSE_S = 60.0
_N_STARTS = 3


class WrongContent(DownloadError):
    """What came is not the file that was asked for."""

    code = "DLC124"


class _StartOver(Exception):
    """What is there does not go together with what the server has."""


@dataclass(frozen=True)
class _Version:
    """The version of a file that the server has."""

    total: int | None
    etag: str
    modified: str

    def differs_from(self, other: _Version) -> bool:
        """Whether the two are certainly not the same file."""
        pairs = ((self.total, other.total), (self.etag, other.etag), (self.modified, other.modified))
        return any(one and two and one != two for one, two in pairs)


def download(
    url: str,
    target: str | os.PathLike[str],
    *,
    sha256: str | None = None,
    size: int | None = None,
    pauses_s: Sequence[float] = PAUSES_S,
) -> Path:
    """Fetch the file at ``url`` to ``target``, unless it is there; the path of the file.

    Parameters
    ----------
    url : str
        An https address, or an http address of this very machine.
    target : path
        The folder must exist. A file of another length or hash is replaced.
    sha256, size : str and int, optional
        Of the whole file. Without both, any file at ``target`` is taken for it.
    pauses_s : sequence of float
        How long to wait before each further try.
    """
    target = Path(target)
    check_address(url)
    if is_intact(target, sha256, size):
        return target
    if not target.parent.is_dir():
        raise StorageError("There is no folder for the download.", where=target.parent, fix="make it first")
    with _alone(target):
        if not is_intact(target, sha256, size):
            _Download(url, target, sha256.lower() if sha256 else None, size).run(tuple(pauses_s))
    return target


def is_intact(path: str | os.PathLike[str], sha256: str | None = None, size: int | None = None) -> bool:
    """Whether a file of this hash and length is there; what is None may be anything."""
    path = Path(path)
    if path.is_dir():
        raise InvalidInput(f"{printable(path.name)} is a folder.", where=path, fix="give the name of a file")
    if not path.exists() or (size is not None and path.stat().st_size != size):
        return False
    return sha256 is None or sha256_of(path) == sha256.lower()


@contextmanager
def _alone(target: Path) -> Iterator[None]:
    """The lock of the target; waits for whoever is fetching the same file."""
    with ExitStack() as held:
        waits = False
        while True:
            try:
                held.enter_context(hold(target, "download", wait_s=0.5))
                break
            except Locked as error:
                progress.current().check()
                if not waits:
                    progress.current().message(f"Waiting: {error.message}")
                waits = True
        yield


class _Download:
    """One file on its way."""

    def __init__(self, url: str, target: Path, sha256: str | None, size: int | None) -> None:
        self.url, self.target, self.sha256, self.size = url, target, sha256, size
        key = hashlib.sha256(f"{url}\n{target.name}".encode()).hexdigest()[:16]
        self.part = target.parent / f"{PREFIX}download-{key}.partial"
        self.facts = self.part.with_suffix(".facts")
        self.is_pieced = False  # of several answers, which may have been of different files

    def run(self, pauses_s: tuple[float, ...]) -> None:
        """Fetch until the file is whole and right, then put it in its place."""
        n_starts, n_failures = 1, 0
        name = printable(self.target.name)
        with progress.current().task("download", total=self.size, unit="byte", label=name) as task:
            while True:
                n_before = self.n_bytes
                try:
                    self._fetch(task)
                    self._check()
                    break
                except _StartOver as reason:
                    self._drop()
                    self.is_pieced = False
                    n_starts += 1
                    if n_starts > _N_STARTS:
                        raise WrongContent(
                            f"The file changes on the server while it is fetched ({reason}).",
                            where=shown(self.url), fix="try again later",
                        ) from None  # fmt: skip
                except (PassingFailure, Offline) as trouble:
                    if isinstance(trouble, Offline) and not task.done:
                        raise self._with_way_out(trouble) from trouble
                    n_failures = 1 if self.n_bytes > n_before else n_failures + 1
                    if n_failures > len(pauses_s):
                        raise self._with_way_out(DownloadError(f"{name} could not be fetched: {trouble}.")) from trouble
                    asked_s = getattr(trouble, "pause_s", None)
                    _pause(pauses_s[n_failures - 1] if asked_s is None else min(asked_s, _LONGEST_PAUSE_S))
        self._put_in_place()

    def _fetch(self, task: progress.Task) -> None:
        """Take what is missing."""
        known, n_have = self._known()
        if known and n_have and n_have == known.total:
            self.is_pieced = True
            return
        try:
            with asked(self.url, _range_headers(known, n_have)) as answer:
                now = _version_of(answer)
                self._refuse_login_pages(answer)
                if answer.status == 206:
                    if _first_byte(answer) != n_have or (known and now.differs_from(known)):
                        raise _StartOver("another version")
                    self.is_pieced = True
                else:
                    n_have, self.is_pieced = 0, False
                self._check_promise(now, n_have, is_chunked=bool(answer.chunked))
                self._save(answer, now, n_have, task)
        except Refused as refusal:
            if refusal.status != 416:
                raise
            if refusal.total != n_have:
                raise _StartOver("it became shorter") from refusal

    def _save(self, answer: HTTPResponse, now: _Version, n_have: int, task: progress.Task) -> None:
        """Add the body of the answer to the unfinished file."""
        task.total, task.done = now.total or self.size, n_have
        total = now.total or self.size
        try:
            if not n_have:
                self.part.unlink(missing_ok=True)
                self.facts.write_text(json.dumps(asdict(now)), "utf-8")
            with self.part.open("ab") as file:
                while block := _read(answer):
                    n_have += len(block)
                    if n_have > (total or _LARGEST):
                        raise self._wrong("more bytes came than it has")
                    faults.reach("write", len(block))
                    file.write(block)
                    task.advance(len(block))
                file.flush()
                faults.reach("fsync")
                os.fsync(file.fileno())
        except DeepLabCutError:
            raise
        except OSError as error:
            self._drop()  # a full disk needs the room
            raise storage_error(error, self.target.parent, self.target.name, n_have) from error
        if total is None and not n_have:  # how an answer in chunks looks that breaks before the first
            raise PassingFailure("nothing came")
        if n_have < (total or 0):
            raise PassingFailure(f"only {n_have:,} of {total:,} bytes came")

    def _check_promise(self, now: _Version, n_have: int, *, is_chunked: bool) -> None:
        """Raise if what the server is about to send cannot be the file, cannot be checked, or does not fit."""
        if self.size is not None and now.total is not None and now.total != self.size:
            raise self._wrong(f"the server's has {now.total:,} bytes instead of {self.size:,}")
        if now.total is None and not is_chunked and self.size is None and self.sha256 is None:
            raise DownloadError("The server does not say how long the file is.", where=shown(self.url))
        n_missing, free = (now.total or 0) - n_have, shutil.disk_usage(self.target.parent).free
        if n_missing > free:
            raise NoSpace(
                f"{printable(self.target.name)} needs {n_missing:,} more bytes; {free:,} are free.",
                where=self.target.parent, fix="free some space, then run the same command again",
            )  # fmt: skip

    def _refuse_login_pages(self, answer: HTTPResponse) -> None:
        """Networks that ask for a login answer everything with a web page."""
        says_so = answer.headers.get_content_type() in ("text/html", "application/xhtml+xml")
        looks_so = answer.status == 200 and answer.peek(64).lstrip().lower().startswith((b"<!doctype html", b"<html"))
        if (says_so or looks_so) and self.target.suffix.lower() not in (".html", ".htm"):
            raise LoginPage(
                f"A web page came instead of {printable(self.target.name)}.", where=shown(self.url), fix=LOGIN
            )

    def _check(self) -> None:
        """Raise unless the unfinished file has the length and the hash that were asked for."""
        n_bytes = self.n_bytes
        found = sha256_of(self.part) if self.sha256 else None
        if self.size is not None and n_bytes != self.size:
            problem = f"it has {n_bytes:,} bytes instead of {self.size:,}"
        elif found != self.sha256:
            problem = f"its sha256 is {found} instead of {self.sha256}"
        else:
            return
        if self.is_pieced:
            raise _StartOver(problem)
        raise self._wrong(problem)

    def _wrong(self, problem: str) -> WrongContent:
        self._drop()
        return WrongContent(
            f"{printable(self.target.name)} on the server is not the file that was asked for: {problem}.",
            where=shown(self.url),
            fix="try again later; if it stays so, the file was changed: update deeplabcut, and do not use it",
        )

    def _with_way_out(self, error: DownloadError) -> DownloadError:
        kept = f"; {self.n_bytes:,} bytes are kept, the next run goes on from there" if self.n_bytes else ""
        return type(error)(
            error.message.rstrip(".") + kept + ".",
            where=shown(self.url),
            fix="connect to the internet and run the same command again, "
            f"or fetch the file on another machine and put it here: {self.target}",
        )

    def _put_in_place(self) -> None:
        try:
            faults.reach("replace")
            os.replace(self.part, self.target)
            self.facts.unlink(missing_ok=True)
            fsync_folder(self.target.parent)
        except OSError as error:
            raise storage_error(error, self.target.parent, self.target.name) from error

    @property
    def n_bytes(self) -> int:
        """The length of the unfinished file."""
        return self.part.stat().st_size if self.part.exists() else 0

    def _known(self) -> tuple[_Version | None, int]:
        """The version that the unfinished file belongs to, and its length; without a version it is of no use."""
        try:
            content = json.loads(self.facts.read_text("utf-8"))
            total = content["total"] if isinstance(content["total"], int) else None
            return _Version(total, str(content["etag"]), str(content["modified"])), self.n_bytes
        except (OSError, ValueError, KeyError, TypeError):
            self._drop()
            return None, 0

    def _drop(self) -> None:
        self.part.unlink(missing_ok=True)
        self.facts.unlink(missing_ok=True)


def _range_headers(known: _Version | None, n_have: int) -> dict[str, str]:
    """Ask for the rest only if it is still the same version; a server that has another one sends all of it."""
    if not n_have or known is None:
        return {}
    validator = known.etag if known.etag and not known.etag.startswith("W/") else known.modified
    return {"Range": f"bytes={n_have}-"} | ({"If-Range": validator} if validator else {})


def _version_of(answer: HTTPResponse) -> _Version:
    text = str(answer.headers["Content-Range"] or "").rpartition("/")[2]
    if answer.status != 206:
        text = str(answer.headers["Content-Length"] or "") if not answer.chunked else ""
    total = int(text) if text.isdecimal() else None
    return _Version(total, answer.headers["ETag"] or "", answer.headers["Last-Modified"] or "")


def _first_byte(answer: HTTPResponse) -> int:
    text = str(answer.headers["Content-Range"] or "").removeprefix("bytes ").partition("-")[0]
    return int(text) if text.isdecimal() else -1


def _read(answer: HTTPResponse) -> bytes:
    try:
        return answer.read1(_BLOCK)
    except (HTTPException, OSError) as error:
        raise PassingFailure(f"the connection broke ({error or type(error).__name__})") from error


def _pause(pause_s: float) -> None:
    end_s = time.monotonic() + pause_s
    while (left_s := end_s - time.monotonic()) > 0:
        time.sleep(min(left_s, 0.2))
        progress.current().check()
