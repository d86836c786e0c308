"""Bodyparts of a project added, renamed, removed and put in order: in its configuration and in all of its labels.

Every file changes together (`deeplabcut.project.operations`). What a change takes out is kept below
``.history/bodyparts`` and comes back with `undo_bodyparts`, also after new labels were made in between.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from deeplabcut.core.config.mistakes import gathered_notes
from deeplabcut.core.config.project import ProjectConfig
from deeplabcut.core.errors import DamagedFile, DeepLabCutError, InvalidInput
from deeplabcut.core.files import transaction
from deeplabcut.core.history import FOLDER
from deeplabcut.core.locks import hold
from deeplabcut.core.text import printable
from deeplabcut.generate_training_dataset.bodypart_columns import (
    NameChange,
    changed_table,
    n_labels,
    restored_table,
)
from deeplabcut.generate_training_dataset.bodypart_names import (
    Names,
    change_of_names,
    names_after,
    names_of,
    names_restored,
)
from deeplabcut.generate_training_dataset.bodypart_records import Record, last_record, new_record
from deeplabcut.io.annotations import LabelFiles, put_label_table, read_label_table
from deeplabcut.io.csv_tables import read_csv, write_csv
from deeplabcut.io.hdf import read_table, write_table
from deeplabcut.io.tables import Table, annotations_of
from deeplabcut.project.labels import all_folders
from deeplabcut.project.operations import Operation, operation
from deeplabcut.project.project import Project, config_of

_WAIT_S = 20.0
_MACHINE = "machinelabels"


@dataclass(frozen=True)
class BodypartChange:
    """What a change of bodyparts does, or did, to a project.

    ``files`` are the label files that change, ``n_put_away`` the points taken out of them (kept for an undo) and
    ``n_restored`` the points that came back.
    """

    before: tuple[str, ...]
    after: tuple[str, ...]
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    renamed: tuple[tuple[str, str], ...] = ()
    files: tuple[Path, ...] = ()
    n_put_away: int = 0
    n_restored: int = 0
    notices: tuple[str, ...] = ()
    dry_run: bool = False

    def lines(self) -> list[str]:
        """The change for a terminal."""
        lines = [f"added: {name}" for name in self.added]
        lines += [f"renamed: {old} -> {new}" for old, new in self.renamed]
        lines += [f"removed: {name}" for name in self.removed]
        lines += [f"bodyparts: {', '.join(self.after)}", f"{len(self.files)} label files change"]
        if self.n_put_away:
            lines.append(f"{self.n_put_away} labelled points go into the history; undo_bodyparts brings them back")
        if self.n_restored:
            lines.append(f"{self.n_restored} labelled points come back")
        lines += self.notices
        if self.dry_run:
            lines.append("nothing was changed: this was a dry run")
        else:
            lines.append("training sets and models made before keep the names that they were made with")
        return list(map(printable, lines))


def change_bodyparts(
    config: str | Path,
    *,
    add: str | Sequence[str] | None = None,
    rename: Mapping[str, str] | str | Sequence[str] | None = None,
    remove: str | Sequence[str] | None = None,
    order: Sequence[str] | None = None,
    unique: bool = False,
    dry_run: bool = False,
) -> BodypartChange:
    """Add, rename, remove or reorder bodyparts in the configuration and in all labels, all at once.

    Labels that are taken out are kept and come back with `undo_bodyparts`. Skeleton and SuperAnimal conversion
    tables follow; training sets and models that exist already stay as they are.

    Parameters
    ----------
    config : path
        The config.yaml of the project, or its folder.
    add : str or list of str
        New bodyparts, at the end of the list unless ``order`` says otherwise.
    rename : dict, or list of texts
        Old names and new names, ``{"nose": "snout"}`` or ``["nose=snout"]``; names can be swapped.
    remove : str or list of str
        Bodyparts that go.
    order : list of str
        All names that the list has in the end, in the order wanted.
    unique : bool
        Change the unique bodyparts of a multi-animal project, not those of the individuals.
    dry_run : bool
        Only report what would change.
    """
    project = Project.open(config)
    config_of(project)

    def planned(now: Project) -> _Plan:
        names = names_of(config_of(now), unique)
        change = change_of_names(names, add=add, rename=rename, remove=remove, order=order)
        return _planned_change(now, names, change)

    return _carried_out(project, "changing bodyparts", planned, dry_run)


def undo_bodyparts(config: str | Path, dry_run: bool = False) -> BodypartChange:
    """Take the last change of bodyparts back: names return, and so do the labels that it took out.

    Labels made since then stay. Points of bodyparts that the change had added go into the history.

    Parameters
    ----------
    config : path
        The config.yaml of the project, or its folder.
    dry_run : bool
        Only report what would change.
    """
    project = Project.open(config)
    config_of(project)
    return _carried_out(project, "taking a change of bodyparts back", _planned_undo, dry_run)


# --- plan first: every file is read and its new version made in memory before the first one is written


@dataclass(frozen=True)
class _LabelFile:
    """One table of labels: the pair of a scorer, or a file of machine labels."""

    path: Path
    is_pair: bool

    def read(self) -> Table:
        if self.is_pair:
            return read_label_table(LabelFiles(self.path))
        return read_csv(self.path) if self.path.suffix == ".csv" else read_table(self.path)

    def write(self, change: Operation, table: Table) -> None:
        place = change.new(self.path)
        if self.is_pair:
            change.new(LabelFiles(self.path).csv)
            with transaction(place.parent) as files:
                put_label_table(files, LabelFiles(place), table)
        elif place.suffix == ".csv":
            write_csv(place, table)
        else:
            write_table(place, table, layout="fixed")


@dataclass(frozen=True)
class _Plan:
    report: BodypartChange
    names: Names
    tables: tuple[tuple[_LabelFile, Table], ...]
    record: Record


def _carried_out(project: Project, purpose: str, planned: Any, dry_run: bool) -> BodypartChange:
    if dry_run:
        report: BodypartChange = planned(project).report
        return replace(report, dry_run=True)
    with operation(project.path, purpose) as change, _held(project, purpose):
        plan: _Plan = planned(Project.open(project.config_file))
        for file, table in plan.tables:
            file.write(change, table)
        _write_config(project, change, plan.names)
        plan.record.write(change)
        change.commit()
    return plan.report


@contextmanager
def _held(project: Project, purpose: str) -> Iterator[None]:
    """The locks of the configuration and of every folder of labels, so that no edit falls in between."""
    with ExitStack() as stack:
        for target in (project.config_file, *(folder.path for folder in all_folders(project))):
            stack.enter_context(hold(target, purpose, wait_s=_WAIT_S))
        yield


def _planned_change(project: Project, names: Names, change: NameChange) -> _Plan:
    tables, columns, kept, n_put_away = [], {}, {}, 0
    for file in _label_files(project):
        table = _read(file, names)
        name = file.path.relative_to(project.path).as_posix()
        try:
            result, removed = changed_table(table, change)
        except InvalidInput as error:
            raise InvalidInput(error.message, where=file.path, fix=error.fix) from error
        columns[name] = table.columns
        if removed.columns:
            kept[name] = removed
            n_put_away += n_labels(removed)
        if not result.same_as(table):
            tables.append((file, result))
    after = names_after(names, change)
    report = _report(change, tables, n_put_away=n_put_away)
    return _Plan(report, after, tuple(tables), new_record(project.path, change, names, after, columns, kept))


def _planned_undo(project: Project) -> _Plan:
    record = last_record(project.path)
    names = names_of(config_of(project), record.change.unique)
    if names.key != record.before.key:
        raise InvalidInput(
            f"The last change was one of {record.before.key}, and the project has become of another kind since.",
            where=record.folder,
            fix="set multianimalproject in config.yaml as it was",
        )
    change = record.change
    after = names_restored(names, record.before, record.after, change)
    tables, put_away, n_put_away, n_restored, notices = [], {}, 0, 0, []
    present = set()
    for file in _label_files(project):
        table = _read(file, names)
        name = file.path.relative_to(project.path).as_posix()
        present.add(name)
        try:
            kept = record.kept(name)
            result, dropped = restored_table(table, change, kept, record.columns.get(name, ()))
        except InvalidInput as error:
            raise InvalidInput(error.message, where=file.path, fix=error.fix) from error
        if dropped.columns:
            put_away[name] = dropped
            n_put_away += n_labels(dropped)
        n_restored += n_labels(result) - (n_labels(table) - n_labels(dropped))
        if not result.same_as(table):
            tables.append((file, result))
    for name in record.files_with_labels:
        if name not in present:
            notices.append(f"{name} is gone; its labels stay in {record.folder}")
    inverse = NameChange(
        names.parts, after.parts, tuple(p for p in change.removed if p in after.parts), change.added,
        {new: old for old, new in change.renamed.items()}, change.unique,
    )  # fmt: skip
    report = _report(inverse, tables, n_put_away=n_put_away, n_restored=n_restored, notices=tuple(notices))
    return _Plan(report, after, tuple(tables), record.taken_back(put_away))


def _report(change: NameChange, tables: Sequence[tuple[_LabelFile, Table]], **facts: Any) -> BodypartChange:
    return BodypartChange(
        change.before, change.after, change.added, change.removed, tuple(change.renamed.items()),
        tuple(file.path for file, _ in tables), **facts,
    )  # fmt: skip


def _label_files(project: Project) -> Iterator[_LabelFile]:
    """Every table of labels of the project's scorer, and those that a network proposed."""
    for folder in all_folders(project):
        files = folder.files
        kept = [entry for pair in (files.h5, files.csv) for entry in (pair, pair.parent / FOLDER / pair.name)]
        if any(os.path.lexists(entry) for entry in kept):
            yield _LabelFile(files.h5, True)
        for entry in sorted(folder.path.glob(f"{_MACHINE}*")):
            if entry.suffix in (".h5", ".csv") and entry.is_file():
                yield _LabelFile(entry, False)


def _read(file: _LabelFile, names: Names) -> Table:
    """The table of a file, which has to be one of this kind of project."""
    try:
        table = file.read()
        annotations_of(table)  # raises if that is no table of labels, or one of several scorers
    except DeepLabCutError as error:
        if isinstance(error, DamagedFile) and not error.where:
            raise DamagedFile(error.message, where=file.path, fix=error.fix) from error
        raise
    has_individuals = "individuals" in table.column_names
    if has_individuals != names.multianimal and (names.multianimal or len(table.level("individuals")) > 1):
        kind = "multi" if has_individuals else "single"
        raise InvalidInput(
            f"{file.path.name} is that of a {kind}-animal project, unlike this one.",
            where=file.path,
            fix="convert the labels first, for example with deeplabcut.convert2_maDLC",
        )
    return table


def _write_config(project: Project, change: Operation, names: Names) -> None:
    """The new config.yaml: the file as it is, with the names put in."""
    place = change.new(project.config_file)
    shutil.copyfile(project.config_file, place)
    with gathered_notes(silent=True):  # what is odd was said when the project was opened
        config = ProjectConfig.from_yaml(place)
        names.put_into(config)
        config.to_yaml(place)
