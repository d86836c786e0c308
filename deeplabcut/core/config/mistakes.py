"""What is wrong with a configuration: all mistakes at once, each with its key, its line and what may stand there.

Oddities that can be understood are not mistakes; they are *notes*, gathered while a file is read and given as
one warning.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from pydantic import ValidationError
from pydantic_core import PydanticCustomError

from deeplabcut.core.errors import ConfigError
from deeplabcut.core.text import printable as printable


class ConfigWarning(UserWarning):
    """A configuration that was understood, though not written as it should be."""


@dataclass(frozen=True)
class Mistake:
    """One thing that is wrong: where (the keys that lead to it), what stands there, what may stand there."""

    keys: tuple[str | int, ...]
    value: Any
    expected: str
    line: int | None = None
    involves: frozenset[str] = frozenset()  # the top-level keys that contradict each other, if it is about several

    @property
    def key(self) -> str:
        """The place with dots, as in ``video_sets.a.avi.crop``."""
        return ".".join(str(part) for part in self.keys)

    def __str__(self) -> str:
        place = f"line {self.line}, " if self.line else ""
        return f"{place}{printable(self.key)}: {shortened(self.value)} cannot be used; expected {self.expected}"


class InvalidConfig(ConfigError):
    """A configuration with mistakes; ``mistakes`` lists all of them."""

    def __init__(self, name: str, mistakes: Sequence[Mistake], *, where: Path | str | None = None) -> None:
        self.mistakes = tuple(mistakes)
        self.name = name
        heading = f"{name} has {'a mistake' if len(mistakes) == 1 else f'{len(mistakes)} mistakes'}:"
        super().__init__(
            "\n".join([heading, *(f"  - {mistake}" for mistake in mistakes)]),
            where=where,
            fix="correct the value and try again" if where is None else "correct the file, which was left as it was",
        )

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.name, self.mistakes, self.where)


class AliasConflict(InvalidConfig, TypeError):
    """Two names of one setting, both given."""


class UnknownKey(ConfigError, KeyError):
    """A key that this kind of configuration does not have."""


def _rebuild(cls: type[InvalidConfig], name: str, mistakes: Sequence[Mistake], where: str | None) -> InvalidConfig:
    return cls(name, mistakes, where=where)


_notes: ContextVar[list[str] | None] = ContextVar("notes on the configuration being read", default=None)


def note(text: str) -> None:
    """Mention an oddity: kept for the one warning of the file being read, or given as a warning at once."""
    gathered = _notes.get()
    if gathered is None:
        warnings.warn(text, ConfigWarning, stacklevel=3)
    elif text not in gathered:
        gathered.append(text)


@contextmanager
def gathered_notes(where: str | os.PathLike[str] | None = None, *, silent: bool = False) -> Iterator[list[str]]:
    """Gather the notes of a block and give them as one warning; inside another block the outer one gives it."""
    outer = _notes.get()
    notes: list[str] = []
    token = _notes.set(notes)
    try:
        yield notes
    finally:
        _notes.reset(token)
    if silent or not notes:
        return
    if outer is not None:
        outer.extend(text for text in notes if text not in outer)
        return
    text = notes[0] if len(notes) == 1 else "\n".join(["", *(f"  - {one}" for one in notes)])
    warnings.warn(f"{where}: {text}" if where else text, ConfigWarning, stacklevel=4)


def expected(what: str) -> PydanticCustomError:
    """To be raised by a validator: the value cannot be used, ``what`` may stand there."""
    return PydanticCustomError("expected", "{what}", {"what": what})


def contradictions(mistakes: Iterable[Mistake]) -> PydanticCustomError:
    """To be raised by a model that found values which do not go together."""
    return PydanticCustomError("contradictions", "values that go together", {"mistakes": list(mistakes)})


def mistakes_of(error: ValidationError, data: Any) -> list[Mistake]:
    """The mistakes that pydantic found, one for each place in ``data``."""
    found: dict[tuple[str | int, ...], Mistake] = {}
    for one in error.errors(include_url=False):
        context = one.get("ctx") or {}
        if one["type"] == "contradictions":
            for mistake in context["mistakes"]:
                involved = frozenset(map(str, one["loc"][:1])) or mistake.involves
                placed = replace(mistake, keys=(*one["loc"], *mistake.keys), involves=involved)
                found[("", *placed.keys, placed.expected)] = placed
            continue
        keys, value = _place(one["loc"], data, one["input"])
        if one["type"] == "missing":
            keys, value = one["loc"], None
        wanted = _wanted(one["type"], one["msg"], context)
        if keys in found and wanted not in found[keys].expected:
            found[keys] = replace(found[keys], expected=f"{found[keys].expected}, or {wanted}")
        elif keys not in found:
            found[keys] = Mistake(keys, value, wanted)
    return list(found.values())


def shortened(value: Any, length: int = 80) -> str:
    """``value`` for a message: quoted, control characters spelled out, not too long."""
    if value is None:
        return "an empty value"
    if isinstance(value, int) and abs(value) > 10**20:
        return f"a number of more than {20} digits"
    text = repr(value)
    return text if len(text) <= length else f"{text[: length - 4]} ..."


def _place(location: tuple[str | int, ...], data: Any, value: Any) -> tuple[tuple[str | int, ...], Any]:
    """The keys that lead into ``data``; names of the branches of a union, which pydantic adds, are left out."""
    keys: list[str | int] = []
    at = data
    for part in location:
        if isinstance(at, (dict, list, tuple)):
            try:
                at = cast(Any, at)[part]
            except (KeyError, IndexError, TypeError):
                continue
            keys.append(part)
    return (tuple(keys), at) if keys else (location, value)


_WANTED = {
    "missing": "a value (the key is missing)",
    "bool": "true or false",
    "int": "a whole number",
    "float": "a number",
    "string": "a text",
    "list": "a list",
    "tuple": "a list",
    "set": "a list",
    "dict": "keys with values",
    "model": "keys with values",
    "path": "a path",
    "finite": "a finite number",
    "none": "nothing",
    "extra": "no such key",
}


def _wanted(kind: str, message: str, context: dict[str, Any]) -> str:
    if kind == "expected":
        return str(context["what"])
    if kind in ("literal_error", "enum"):
        return str(context["expected"]).replace(" or ", ", or ")
    if kind == "missing":
        return _WANTED["missing"]
    for name, sign in {"greater_than_equal": "at least", "greater_than": "more than",
                       "less_than_equal": "at most", "less_than": "less than"}.items():  # fmt: skip
        if kind == name:
            return f"a number of {sign} {next(iter(context.values()))}"
    if kind in ("too_short", "too_long"):
        return message[0].lower() + message[1:]
    if kind in ("value_error", "assertion_error"):
        return str(context.get("error", message)).removeprefix("Value error, ")
    return _WANTED.get(kind.split("_")[0], message[0].lower() + message[1:])
