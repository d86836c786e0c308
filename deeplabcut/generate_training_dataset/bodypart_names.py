"""The names of bodyparts in a configuration: what is asked for, checked, and put into every list that has them."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from deeplabcut.core.config.names import did_you_mean
from deeplabcut.core.config.project import MULTI, ProjectConfig
from deeplabcut.core.errors import InvalidInput
from deeplabcut.core.poses import SINGLE
from deeplabcut.core.text import same_text
from deeplabcut.generate_training_dataset.bodypart_columns import NameChange

Bones = tuple[tuple[str, str], ...]
Tables = Mapping[str, Any]  # SuperAnimal -> (bodypart of the project -> its own)

_RESERVED = (SINGLE, MULTI, "MULTI", "all")


@dataclass(frozen=True)
class Names:
    """The part of a configuration that names bodyparts of one list.

    ``key`` is the list's own key, ``others`` are the names of the other list of a multi-animal project.
    """

    key: str
    parts: tuple[str, ...]
    skeleton: Bones = ()
    tables: Tables = field(default_factory=dict)
    others: tuple[str, ...] = ()

    @property
    def multianimal(self) -> bool:
        """Whether these are names of a multi-animal project."""
        return self.key != "bodyparts"

    @property
    def unique(self) -> bool:
        """Whether these are the unique bodyparts."""
        return self.key == "uniquebodyparts"

    def put_into(self, config: ProjectConfig) -> None:
        """Make the configuration say these names; what says so already stays untouched."""
        said = names_of(config, self.unique)
        if said.parts != self.parts:
            config[self.key] = list(self.parts)
        if said.skeleton != self.skeleton:
            config["skeleton"] = [list(bone) for bone in self.skeleton]
        if said.tables != self.tables:
            config["SuperAnimalConversionTables"] = dict(self.tables)


def names_of(config: ProjectConfig, unique: bool) -> Names:
    """The names that a change is about."""
    skeleton = tuple((str(a), str(b)) for a, b in config.skeleton)
    tables = dict(config.SuperAnimalConversionTables or {})
    if not config.multianimalproject:
        if unique:
            raise InvalidInput("A single-animal project has no unique bodyparts.", fix="leave unique=False")
        return Names("bodyparts", tuple(config.bodyparts), skeleton, tables)
    own, single = tuple(config.multianimalbodyparts), tuple(config.uniquebodyparts)
    if unique:
        return Names("uniquebodyparts", single, skeleton, tables, own)
    return Names("multianimalbodyparts", own, skeleton, tables, single)


def change_of_names(
    names: Names,
    *,
    add: str | Sequence[str] | None = None,
    rename: Mapping[str, str] | str | Sequence[str] | None = None,
    remove: str | Sequence[str] | None = None,
    order: Sequence[str] | None = None,
) -> NameChange:
    """What is asked for, checked against the names there are; raises `InvalidInput` naming the nearest."""
    renamed = _pairs(rename)
    added, removed = _texts(add, "add"), _texts(remove, "remove")
    for name in (*removed, *renamed):
        _check_known(name, names.parts)
    if both := [name for name in removed if name in renamed]:
        raise InvalidInput(f"{both[0]!r} is to be removed and to be renamed.", fix="choose one of them")
    renamed = {old: new for old, new in renamed.items() if old != new}
    _check_once(removed, "remove")
    _check_once(added, "add")
    for name in (*added, *renamed.values()):
        _check_new(name)
    kept = [renamed.get(name, name) for name in names.parts if name not in removed]
    after = [*kept, *added]
    if taken := [name for name, n in Counter(map(_form, after)).items() if n > 1]:
        raise InvalidInput(
            f"There would be two bodyparts called {taken[0]!r}.",
            fix="choose another name; to swap two names, rename both in one call",
        )
    if taken := [name for name in after if _form(name) in set(map(_form, names.others))]:
        other = "the individuals have" if names.unique else "is among the unique bodyparts"
        raise InvalidInput(f"The name {taken[0]!r} {other} already.", fix="choose another name")
    if order is not None:
        after = _in_order(after, _texts(order, "order"))
    if not after and not names.unique:
        raise InvalidInput("No bodypart would be left.", fix="keep one, or add another in the same call")
    if tuple(after) == names.parts and not renamed:
        raise InvalidInput("There is nothing to change.", fix="say what to add, rename, remove, or in which order")
    return NameChange(
        names.parts, tuple(after), added, removed, renamed, names.unique, ordered=order is not None
    )  # fmt: skip


def names_after(names: Names, change: NameChange) -> Names:
    """The names after a change, in the list, the skeleton and the conversion tables."""
    return replace(
        names,
        parts=change.after,
        skeleton=_bones(names.skeleton, change.renamed, change.removed),
        tables=_tables(names.tables, change.renamed, change.removed),
    )


def names_restored(now: Names, before: Names, after: Names, change: NameChange) -> Names:
    """The names with a change taken back; what was edited by hand since then stays."""
    back = {new: old for old, new in change.renamed.items()}
    parts = [back.get(name, name) for name in now.parts if name not in change.added]
    returning = [name for name in change.removed if name not in parts and name not in now.others]
    if now.parts == after.parts:
        parts = list(before.parts)
    else:
        wanted = {*parts, *returning}
        known = [name for name in before.parts if name in wanted]
        parts = [*known, *(name for name in parts if name not in set(known))]
    skeleton = _bones(now.skeleton, back, change.added)
    lost = [bone for bone in before.skeleton if set(bone) & set(change.removed) and bone not in skeleton]
    tables = _tables(now.tables, back, change.added)
    return replace(
        now,
        parts=tuple(parts),
        skeleton=before.skeleton if now.skeleton == after.skeleton else (*skeleton, *lost),
        tables=before.tables if now.tables == after.tables else _tables_with(tables, before.tables, change.removed),
    )


def _bones(skeleton: Bones, renamed: Mapping[str, str], removed: Sequence[str]) -> Bones:
    kept = [bone for bone in skeleton if not set(bone) & set(removed)]
    return tuple((renamed.get(a, a), renamed.get(b, b)) for a, b in kept)


def _tables(tables: Tables, renamed: Mapping[str, str], removed: Sequence[str]) -> Tables:
    return {
        animal: {renamed.get(part, part): theirs for part, theirs in table.items() if part not in removed}
        if isinstance(table, Mapping)
        else table
        for animal, table in tables.items()
    }


def _tables_with(tables: Tables, before: Tables, parts: Sequence[str]) -> Tables:
    """The tables with the entries of some bodyparts put back."""
    result = dict(tables)
    for animal, table in before.items():
        if isinstance(table, Mapping) and isinstance(result.get(animal), Mapping):
            lost = {part: theirs for part, theirs in table.items() if part in parts}
            result[animal] = {**lost, **result[animal]}
    return result


def _pairs(rename: Mapping[str, str] | str | Sequence[str] | None) -> dict[str, str]:
    if isinstance(rename, Mapping):
        pairs = [(str(old), str(new)) for old, new in rename.items()]
    else:
        texts = _texts(rename, "rename")
        if wrong := [text for text in texts if text.count("=") != 1]:
            raise InvalidInput(f"rename: {wrong[0]!r} is not of the form old=new.", fix="write for example nose=snout")
        pairs = [(old.strip(), new.strip()) for old, _, new in (text.partition("=") for text in texts)]
    _check_once([old for old, _ in pairs], "rename")
    return dict(pairs)


def _texts(names: str | Sequence[str] | None, what: str) -> tuple[str, ...]:
    given = () if names is None else (names,) if isinstance(names, str) else tuple(names)
    if wrong := [name for name in given if not isinstance(name, str)]:
        raise InvalidInput(f"{what}: {wrong[0]!r} is no name.", fix="give names of bodyparts as text")
    return given


def _check_known(name: str, known: Sequence[str]) -> None:
    if name not in known:
        raise InvalidInput(
            f"There is no bodypart {name!r}.{did_you_mean(name, known)}",
            fix=f"choose among: {', '.join(known) or 'none'}",
        )


def _check_once(names: Sequence[str], what: str) -> None:
    if repeated := [name for name, n in Counter(names).items() if n > 1]:
        raise InvalidInput(f"{what}: {repeated[0]!r} is given twice.", fix="give each name once")


def _check_new(name: str) -> None:
    problem = ""
    if not name.strip():
        problem = "it is empty"
    elif name != name.strip():
        problem = "it begins or ends with a blank"
    elif any(unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") for c in name):
        problem = "it holds a character that cannot be seen"
    elif name.casefold() in {word.casefold() for word in _RESERVED}:
        problem = f"files and settings use the words {', '.join(_RESERVED)} for something else"
    if problem:
        raise InvalidInput(f"A bodypart cannot be called {name!r}: {problem}.", fix="choose another name")


def _in_order(after: Sequence[str], order: Sequence[str]) -> list[str]:
    _check_once(order, "order")
    for name in order:
        _check_known(name, after)
    if missing := [name for name in after if name not in order]:
        raise InvalidInput(f"order lacks {', '.join(missing)}.", fix="give all names that the list has in the end")
    return list(order)


def _form(name: str) -> str:
    return same_text(name)
