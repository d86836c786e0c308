"""One writer at a time: a lock with an owner that shows signs of life.

The lock of ``target`` is a small JSON file in ``.dlc/`` beside it. A dead owner on this machine, or a heart
that has stopped beating elsewhere, makes the lock stale: it is taken over with a notice.
"""

from __future__ import annotations

import errno
import json
import logging
import os
import socket
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from deeplabcut.core.errors import Locked, Missing, StorageError
from deeplabcut.core.files import storage_error
from deeplabcut.core.liveness import birth_of, still_runs
from deeplabcut.core.recovery import tidy

logger = logging.getLogger(__name__)

BEAT_S = 5.0
STALE_AFTER_S = 60.0
_PAUSE_S = 0.05


@dataclass(frozen=True)
class Owner:
    """Who holds a lock."""

    pid: int
    host: str
    since: str
    purpose: str
    token: str
    birth: str = ""

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host} ({self.purpose or 'writing'}, since {self.since})"


@contextmanager
def hold(target: str | os.PathLike[str], purpose: str = "", *, wait_s: float = 0.0) -> Iterator[Owner]:
    """Hold the lock of ``target`` (a folder or a file) for a block.

    Waits up to ``wait_s`` for another owner, then raises `Locked` naming it. Once the lock is held, what dead
    writers left behind in the folder is recovered or removed.
    """
    target = Path(target)
    folder, lock = _places(target)
    pid, since = os.getpid(), time.strftime("%Y-%m-%dT%H:%M:%S%z")
    me = Owner(pid, socket.gethostname(), since, purpose, uuid.uuid4().hex, birth_of(pid))
    _acquire(lock, me, target, wait_s)
    stop = threading.Event()
    heart = threading.Thread(target=_beat, args=(lock, stop), name="dlc-lock-heartbeat", daemon=True)
    heart.start()
    try:
        tidy(folder)
        yield me
    finally:
        stop.set()
        heart.join()
        if _read(lock) == me:
            lock.unlink(missing_ok=True)
        with suppress(OSError):  # others may have locks there
            lock.parent.rmdir()


def owner_of(target: str | os.PathLike[str]) -> Owner | None:
    """Who holds the lock of ``target`` at this moment; None if it is free or stale."""
    _, lock = _places(Path(target))
    owner = _read(lock)
    return None if owner is None or _is_stale(lock, owner) else owner


def _places(target: Path) -> tuple[Path, Path]:
    """The folder that a lock protects, and the lock file."""
    if target.is_dir():
        return target, target / ".dlc" / "folder.lock"
    return target.parent, target.parent / ".dlc" / f"{target.name[:200]}.lock"


def _acquire(lock: Path, me: Owner, target: Path, wait_s: float) -> None:
    give_up = time.monotonic() + wait_s
    while True:
        if _create(lock, me):
            return
        owner = _read(lock)
        if not os.path.lexists(lock):
            continue
        if _is_stale(lock, owner):
            _remove_stale(lock, owner)
            continue
        if time.monotonic() >= give_up:
            raise Locked(
                f"{target.name} is being written by {owner or 'another process'}.",
                where=target,
                fix="wait until it has finished, or stop it, then try again",
            )
        time.sleep(min(_PAUSE_S, max(0.0, give_up - time.monotonic())))


def _create(lock: Path, me: Owner) -> bool:
    """Make the lock file, complete from its first moment; False if there is one."""
    folder, content = lock.parent.parent, json.dumps(asdict(me))
    draft = lock.with_name(f".{me.token}.draft")
    try:
        lock.parent.mkdir(exist_ok=True)
        draft.write_text(content, "utf-8")
        return _put(draft, lock, content)
    except FileNotFoundError:
        if folder.is_dir():  # another owner has just tidied .dlc away
            return False
        raise Missing("There is no such folder.", where=folder, fix="make it, or correct the path") from None
    except OSError as error:
        if isinstance(error, FileExistsError) and (lock.parent.is_dir() or not os.path.lexists(lock.parent)):
            return False  # .dlc came or went between two looks at it
        if error.errno not in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise storage_error(error, folder, f".dlc/{lock.name}", len(content)) from error
        raise StorageError(
            f"This folder is read-only ({error.strerror}).",
            where=folder,
            fix="choose another folder or make it writable",
        ) from error
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)


def _put(draft: Path, lock: Path, content: str) -> bool:
    """Give the draft the name of the lock; False if that is taken."""
    try:
        os.link(draft, lock)
        return True
    except (FileExistsError, FileNotFoundError):
        return False
    except OSError:  # no hard links here: exclusive creation is the next best
        try:
            with lock.open("x", encoding="utf-8") as file:
                file.write(content)
            return True
        except (FileExistsError, FileNotFoundError):
            return False


def _read(lock: Path) -> Owner | None:
    try:
        return Owner(**json.loads(lock.read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def _is_stale(lock: Path, owner: Owner | None) -> bool:
    if owner is not None and owner.host == socket.gethostname():
        return not still_runs(owner.pid, owner.birth)
    return _age_s(lock) > STALE_AFTER_S


def _age_s(lock: Path) -> float:
    """Seconds since the last heartbeat by the clock of the file system, whatever this machine's clock says."""
    probe = lock.with_name(f".{uuid.uuid4().hex}.probe")
    try:
        probe.touch()
        return probe.stat().st_mtime - lock.stat().st_mtime
    except OSError:
        return 0.0
    finally:
        with suppress(OSError):
            probe.unlink(missing_ok=True)


def _remove_stale(lock: Path, owner: Owner | None) -> None:
    """Remove the lock that ``owner`` left, if it is still there.

    One taker at a time, who looks again: by now the lock may belong to somebody who lives.
    """
    claim = lock.with_name(f"{lock.name}.claim")
    try:
        claim.touch(exist_ok=False)
    except FileExistsError:
        if _age_s(claim) > STALE_AFTER_S:
            claim.unlink(missing_ok=True)
        time.sleep(_PAUSE_S)
        return
    except FileNotFoundError:  # .dlc was tidied away, and the lock with it
        return
    try:
        if _read(lock) == owner and os.path.lexists(lock) and _is_stale(lock, owner):
            lock.unlink()
            who = owner or "an unknown process"
            logger.warning("Took over the lock of %s, left by %s, which is gone.", lock.parent.parent, who)
    finally:
        claim.unlink(missing_ok=True)


def _beat(lock: Path, stop: threading.Event) -> None:
    while not stop.wait(BEAT_S):
        with suppress(OSError):
            os.utime(lock)
