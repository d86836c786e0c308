"""Changes of many files of a project that happen as one: all of them or none, even if the power goes.

The new versions are written into a folder of their own below ``.dlc``. A journal then says which file each of them
is for. From that moment on the change counts: if a crash cuts it short, whoever opens the project next completes it.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from deeplabcut.core import faults
from deeplabcut.core.errors import InvalidInput, StorageError, UnsafeFile
from deeplabcut.core.files import atomic_write_bytes, transaction
from deeplabcut.core.history import FOLDER
from deeplabcut.core.locks import hold
from deeplabcut.core.recovery import tidy
from deeplabcut.core.scratch import is_abandoned, scratch_name
from deeplabcut.io.annotations import keep_labels
from deeplabcut.project.layout import LABELS

logger = logging.getLogger(__name__)

_WAIT_S = 20.0
_SUFFIXES = (".h5", ".csv", ".json", ".yaml")
_MAX_DEPTH = 4


@dataclass
class Operation:
    """Use `operation`."""

    project: Path
    purpose: str
    stage: Path
    _targets: dict[str, Path] = field(default_factory=dict)  # relative name -> place of the new version

    def new(self, target: Path) -> Path:
        """Where the new version of ``target``, a file of the project, is to be written."""
        name = target.relative_to(self.project).as_posix()
        if not _is_allowed(name):
            raise InvalidInput(f"{name} is no file that a change of a project may touch.")
        place = self.stage / "new" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        self._targets[name] = place
        return place

    def commit(self) -> None:
        """Put every new version in its place; on failure put every old version back."""
        if not self._targets:
            return
        journal = _Journal(self.stage.name, self.purpose, tuple(self._step(name) for name in self._targets))
        for step in journal.steps:
            if step.before is not None:
                old = self.stage / "old" / step.target
                old.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(self.project / step.target, old)
        journal.write(self.project)
        try:
            journal.carry_out(self.project)
        except BaseException:
            self._put_back(journal)
            raise
        _journal_file(self.project).unlink()

    def _step(self, name: str) -> _Step:
        after = _digest(self._targets[name])
        if after is None:
            raise InvalidInput(f"The new version of {name} was announced and not written.")
        return _Step(name, _digest(self.project / name), after)

    def _put_back(self, journal: _Journal) -> None:
        """Undo what was carried out; if that fails too, the journal stays and the next opening completes it."""
        with faults.injected():  # the way back is not part of the plan
            for step in journal.steps:
                target = self.project / step.target
                if _digest(target) != step.after or step.before == step.after:
                    continue
                if step.before is None:
                    target.unlink()
                else:
                    atomic_write_bytes(target, (self.stage / "old" / step.target).read_bytes())
            _journal_file(self.project).unlink(missing_ok=True)


@contextmanager
def operation(project: Path, purpose: str) -> Iterator[Operation]:
    """A place for new versions of several files of a project, which `Operation.commit` puts in place together.

    One operation at a time; the block holds the locks of the files until it has called `Operation.commit`.
    """
    with hold(project, purpose, wait_s=_WAIT_S):
        _finish(project)
        stage = scratch_name(project / ".dlc", "operation")
        stage.mkdir(parents=True)
        change = Operation(project, purpose, stage)
        try:
            yield change
        finally:
            if not _journal_file(project).exists():
                shutil.rmtree(stage, ignore_errors=True)


def finish_interrupted(project: Path) -> None:
    """Complete the change of many files that a crash cut short; where there is none this costs one look."""
    if not _journal_file(project).exists():
        return
    try:
        with hold(project, "completing an interrupted change", wait_s=_WAIT_S):
            _finish(project)
    except StorageError as error:  # somebody else's folder: its owner completes it
        logger.warning("A change of %s was interrupted and cannot be completed from here: %s", project, error.message)


@dataclass(frozen=True)
class _Step:
    """One file of an operation, and the sha256 of its content before (None: there was no file) and after."""

    target: str
    before: str | None
    after: str


@dataclass(frozen=True)
class _Journal:
    stage: str
    purpose: str
    steps: tuple[_Step, ...]

    def write(self, project: Path) -> None:
        content = {"stage": self.stage, "purpose": self.purpose, "files": [vars(step) for step in self.steps]}
        atomic_write_bytes(_journal_file(project), json.dumps(content, indent=1).encode())

    @classmethod
    def read(cls, project: Path) -> _Journal | None:
        path = _journal_file(project)
        try:
            content = json.loads(path.read_text("utf-8"))
            steps = tuple(_Step(str(f["target"]), f["before"], str(f["after"])) for f in content["files"])
            journal = cls(str(content["stage"]), str(content["purpose"]), steps)
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError, RecursionError):
            journal = cls("", "", ())
        stage = path.parent / journal.stage
        plain = Path(journal.stage).name == journal.stage and journal.stage.endswith(".operation")
        if plain and not stage.is_symlink() and all(_is_allowed(step.target) for step in journal.steps):
            return journal
        raise UnsafeFile(
            "The journal of an interrupted change names other files than those of its project.",
            where=path,
            fix="delete it",
        )

    def carry_out(self, project: Path) -> list[str]:
        """Put the new versions in place, folder by folder; the files that somebody changed meanwhile are left."""
        left = []
        folders: dict[Path, list[_Step]] = {}
        for step in self.steps:
            target = project / step.target
            target.parent.mkdir(parents=True, exist_ok=True)
            now = _digest(target)
            if now not in (step.before, step.after):
                left.append(step.target)
            elif now != step.after:
                folders.setdefault(Path(os.path.realpath(target)).parent, []).append(step)
        for folder, steps in folders.items():
            with transaction(folder, keep=keep_labels) as change:
                for step in steps:
                    name = Path(os.path.realpath(project / step.target)).name
                    with change.open(name, check=_check_of(step)) as file:
                        file.write(self._content(project, step))
        return left

    def _content(self, project: Path, step: _Step) -> bytes:
        place = project / ".dlc" / self.stage / "new" / step.target
        content = b"" if place.is_symlink() or not place.is_file() else place.read_bytes()
        if hashlib.sha256(content).hexdigest() != step.after:
            raise StorageError(
                f"The new version of {step.target} is damaged; the change cannot be completed.",
                where=_journal_file(project),
                fix="delete this file; where files of the project are new already, restore them from .history",
            )
        return content


def _finish(project: Path) -> None:
    """Complete what the journal says and remove what dead operations left; the caller holds the project's lock."""
    if journal := _Journal.read(project):
        left = journal.carry_out(project)
        stage = project / ".dlc" / journal.stage
        logger.warning("%s: %s was interrupted; it is complete now.", project, journal.purpose)
        if left:
            kept = project / FOLDER / journal.stage.removeprefix(".dlc-")
            kept.parent.mkdir(exist_ok=True)
            stage.rename(kept)
            logger.warning(
                "Somebody changed %s after that: these files stay as they are; what they would have become is in %s.",
                ", ".join(left), kept,
            )  # fmt: skip
        _journal_file(project).unlink(missing_ok=True)
        shutil.rmtree(stage, ignore_errors=True)
    if (project / ".dlc").is_dir():
        tidy(project / ".dlc")
        for entry in (project / ".dlc").glob(".dlc-*.operation"):
            if is_abandoned(entry.name, entry):
                shutil.rmtree(entry, ignore_errors=True)


def _check_of(step: _Step) -> Callable[[Path], None]:
    def check(part: Path) -> None:
        if _digest(part) != step.after:
            raise StorageError(f"{step.target} was not written as it was meant.", where=part, fix="check the disk")

    return check


def _journal_file(project: Path) -> Path:
    return project / ".dlc" / "operation.json"


def _is_allowed(name: str) -> bool:
    """Whether an operation may touch the file of this name: the configuration, labels, what is kept of both."""
    parts = PurePosixPath(name).parts
    if name == "config.yaml":
        return True
    plain = len(parts) <= _MAX_DEPTH and not {"..", ".", ""} & set(parts) and not any(c in name for c in "\\\0:")
    return plain and len(parts) > 1 and parts[0] in (LABELS, FOLDER) and name.endswith(_SUFFIXES)


def _digest(path: Path) -> str | None:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except FileNotFoundError:
        return None
