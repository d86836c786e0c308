"""Labels of one animal as labels of several, and the older convention that put individuals into bodypart names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from deeplabcut.core.config.names import did_you_mean
from deeplabcut.core.config.project import ProjectConfig
from deeplabcut.core.errors import InvalidInput, Missing
from deeplabcut.core.poses import SINGLE, BodyPlan
from deeplabcut.generate_training_dataset.label_conversion import (
    Conversion,
    ConversionReport,
    NothingToDo,
    convert_folders,
    folders_to_convert,
)
from deeplabcut.io.annotations import read_label_table
from deeplabcut.io.tables import MULTI_NAMES, SINGLE_NAMES, XY, Table, columns_for, scorer_of, without_coords
from deeplabcut.project.labels import LabelFolder, body_plan
from deeplabcut.project.project import Project, config_of

_SINGLE_BACKUP, _MULTI_BACKUP = "singleanimal", "multianimal"
_TARGETS = ("single", "multi")
Point = tuple[str, str]  # individual, bodypart


def convert2_maDLC(  # noqa: N802  a public name
    config: str | Path, userfeedback: bool = True, forceindividual: str | None = None, dry_run: bool = False
) -> ConversionReport:
    """Make labels of one animal labels of a multi-animal project.

    The labels before are kept as ``CollectedData_<scorer>singleanimal.h5`` and ``.csv``.

    Parameters
    ----------
    config : path
        The config.yaml of a project with ``multianimalproject: true``, or its folder.
    userfeedback : bool
        Ask about each folder.
    forceindividual : str, optional
        The individual that the labels belong to; the first one of the project if it is not given.
    dry_run : bool
        Only report what would change.
    """
    project = Project.open(config)
    plan = _multi_plan(config_of(project), project)
    who = plan.individuals[0] if forceindividual is None else forceindividual
    if who not in plan.individuals:
        raise InvalidInput(
            f"There is no individual {who!r}.{did_you_mean(who, plan.individuals)}",
            fix=f"choose among: {', '.join(plan.individuals)}",
        )

    def convert(folder: LabelFolder) -> Conversion:
        before = _labels_of(folder)
        if "individuals" in before.column_names:
            raise NothingToDo("the labels have individuals already")
        points = {part: (SINGLE if part in plan.unique else who, part) for part in _parts(before)}
        strangers = [part for part in points if part not in (*plan.unique, *plan.bodyparts)]
        wanted = replace(plan, individuals=(who,), bodyparts=(*plan.bodyparts, *strangers))
        notices = [f"config.yaml has no bodypart {part!r}; it is kept with {who!r}." for part in strangers]
        table = _as_multi(before, points, wanted)
        return Conversion(table, before, _SINGLE_BACKUP, tuple(notices))

    question = "Do you want to convert the labels in the folder {folder}?" if userfeedback else ""
    return convert_folders(folders_to_convert(project), convert, question, dry_run=dry_run)


def convert_single2multiplelegacyAM(  # noqa: N802  a public name
    config: str | Path, userfeedback: bool = True, target: str | None = None, dry_run: bool = False
) -> ConversionReport:
    """Convert labels between individuals and the older form with the individual before each bodypart's name.

    To single: ``m1`` and ``snout`` become the bodypart ``m1snout``. To multi: ``m1_snout``, or ``m1snout``, becomes
    the snout of ``m1``. The labels before are kept as ``CollectedData_<scorer>multianimal`` or ``...singleanimal``.

    Parameters
    ----------
    config : path
        The config.yaml of a multi-animal project, or its folder.
    userfeedback : bool
        Ask about each folder.
    target : str, optional
        "single" or "multi"; without it each folder gets the form that it does not have.
    dry_run : bool
        Only report what would change.
    """
    if target is not None and target not in _TARGETS:
        raise InvalidInput(f"target is {target!r}.{did_you_mean(str(target), _TARGETS)}",
                           fix="give 'single', 'multi' or nothing")  # fmt: skip
    project = Project.open(config)
    plan = _multi_plan(config_of(project), project)

    def convert(folder: LabelFolder) -> Conversion:
        before = _labels_of(folder)
        is_multi = "individuals" in before.column_names
        if target == ("multi" if is_multi else "single"):
            raise NothingToDo(f"the labels have this form already: {target}")
        if is_multi:
            return Conversion(_as_prefixed(before), before, _MULTI_BACKUP)
        return Conversion(_from_prefixed(before, plan), before, _SINGLE_BACKUP)

    question = "Do you want to convert the labels in the folder {folder}?" if userfeedback else ""
    return convert_folders(folders_to_convert(project), convert, question, dry_run=dry_run)


def _multi_plan(config: ProjectConfig, project: Project) -> BodyPlan:
    if not config.multianimalproject:
        raise InvalidInput(
            "This is a single-animal project.",
            where=project.config_file,
            fix="set multianimalproject: true, and list individuals, multianimalbodyparts and uniquebodyparts",
        )
    plan = body_plan(config)
    if not plan.individuals:
        raise InvalidInput("The project lists no individuals.", where=project.config_file, fix="list them")
    if both := sorted(set(plan.bodyparts) & set(plan.unique)):
        raise InvalidInput(
            f"{both[0]!r} is among the bodyparts of the individuals and among the unique ones.",
            where=project.config_file,
            fix="keep it in one of the lists",
        )
    return plan


def _labels_of(folder: LabelFolder) -> Table:
    try:
        table = without_coords(read_label_table(folder.files), "likelihood")
    except Missing:
        raise NothingToDo(f"there are no labels of {folder.scorer!r}") from None
    scorer_of(table)
    return replace(table, columns=tuple(tuple(map(str, column)) for column in table.columns))


def _parts(table: Table) -> list[str]:
    return [str(part) for part in table.level("bodyparts")]


def _as_multi(table: Table, points: dict[str, Point], plan: BodyPlan) -> Table:
    """A table of one animal with its bodyparts at other points; what it lacks is NaN."""
    scorer = scorer_of(table)
    place = {
        (scorer, *points[str(part)], str(coord)): i
        for i, (_, part, coord) in enumerate(table.columns)
        if str(part) in points
    }
    columns, _ = columns_for(plan, scorer, XY)
    return replace(table, values=_taken(table, [place.get(column, -1) for column in columns]),
                   columns=columns, column_names=MULTI_NAMES)  # fmt: skip


def _as_prefixed(table: Table) -> Table:
    """A table of individuals as one of bodyparts called ``<individual><bodypart>``."""
    columns = [
        (scorer, part if who == SINGLE else f"{who}{part}", coord) for scorer, who, part, coord in table.columns
    ]  # fmt: skip
    if twice := [column for column, n in Counter(columns).items() if n > 1]:
        raise InvalidInput(
            f"Two bodyparts would be called {twice[0][1]!r}.", fix="rename a bodypart or an individual first"
        )
    order = sorted(range(len(columns)), key=lambda i: table.columns[i][1] == SINGLE)  # unique bodyparts come last
    return replace(table, values=table.values[:, order], columns=tuple(columns[i] for i in order),
                   column_names=SINGLE_NAMES)  # fmt: skip


def _from_prefixed(table: Table, plan: BodyPlan) -> Table:
    """A table of one animal whose bodypart names begin with individuals, by individual."""
    meanings: dict[str, list[Point]] = {}
    for who in plan.individuals:
        for part in plan.bodyparts:
            for name in (f"{who}_{part}", f"{who}{part}"):
                meanings.setdefault(name, []).append((who, part))
    for part in plan.unique:
        meanings.setdefault(part, []).append((SINGLE, part))
    labelled = {part for part in _parts(table) if _has_labels(table, part)}
    found = {part: meanings.get(part, []) for part in _parts(table) if part in labelled or part in meanings}
    if unknown := [part for part, points in found.items() if not points]:
        raise InvalidInput(
            f"The bodypart {unknown[0]!r} does not begin with an individual.{did_you_mean(unknown[0], meanings)}",
            fix="correct the names in config.yaml, or use deeplabcut.convert2_maDLC for labels of one animal",
        )
    if vague := [part for part, points in found.items() if len(points) > 1]:
        ways = " or ".join(f"{part} of {who}" for who, part in found[vague[0]])
        raise InvalidInput(f"The bodypart {vague[0]!r} may be {ways}.", fix="rename a bodypart or an individual first")
    points: dict[str, Point] = {}
    for part, (point,) in found.items():
        rival = next((name for name, taken in points.items() if taken == point), None)
        if rival is not None and {rival, part} <= labelled:
            raise InvalidInput(f"{rival!r} and {part!r} are both {point[1]} of {point[0]}.", fix="keep one of them")
        if rival is None or part in labelled:
            points.pop(rival or "", None)
            points[part] = point
    return _as_multi(table, points, plan)


def _has_labels(table: Table, part: str) -> bool:
    at = [i for i, column in enumerate(table.columns) if str(column[1]) == part]
    return bool(np.isfinite(table.values[:, at]).any())


def _taken(table: Table, at: Sequence[int]) -> Any:
    """Some columns of the table; -1 stands for NaN."""
    padded = np.concatenate([table.values, np.full((len(table), 1), np.nan, table.values.dtype)], axis=1)
    return padded[:, list(at)]
