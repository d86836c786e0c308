"""The list of verbs: what can be asked for by name, on the command line, in a form, or of another machine.

The list is data (``verbs.json``), so help pages come without importing a verb's module. Names that are not in it
cannot be run. Its help lines are the first lines of the functions' docstrings; `rewrite` takes them over.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from deeplabcut.core.errors import InvalidInput

FILE = Path(__file__).with_name("verbs.json")


@dataclass(frozen=True)
class Verb:
    """A command name, the stage of work it belongs to, the function's address, and the first line of its docstring."""

    name: str
    stage: str
    address: str
    help: str

    def load(self) -> Callable[..., Any]:
        """The function; its module is imported here, and not before."""
        module, _, function = self.address.partition(":")
        loaded: Callable[..., Any] = getattr(importlib.import_module(module), function)
        return loaded


@dataclass(frozen=True)
class Group:
    """A first word that several verbs share."""

    name: str
    stage: str
    help: str


def read(path: Path = FILE) -> tuple[tuple[Group, ...], tuple[Verb, ...]]:
    """The groups and the verbs of a list."""
    content = json.loads(path.read_text("utf-8"))
    groups = tuple(Group(**entry) for entry in content["groups"])
    return groups, tuple(Verb(**entry) for entry in content["verbs"])


GROUPS, VERBS = read()


def find(name: str, verbs: Sequence[Verb] = VERBS) -> Verb:
    """The verb of this name (dashes and underscores are the same); raises `InvalidInput` naming the nearest."""
    wanted = canonical(name)
    for verb in verbs:
        if verb.name == wanted:
            return verb
    near = nearest(name, verbs)
    raise InvalidInput(
        f"There is no command {name!r}.",
        fix=f"did you mean {near}?" if near else "see the list of commands: dlc --help",
    )


def nearest(name: str, verbs: Sequence[Verb] = VERBS) -> str | None:
    """The verb or group that somebody who wrote ``name`` probably meant."""
    last_words = {verb.name.rpartition(" ")[2]: verb.name for verb in verbs}
    names = [*(group.name for group in GROUPS), *(verb.name for verb in verbs)]
    known = {**last_words, **dict(zip(names, names, strict=True))}
    matches = get_close_matches(canonical(name), known, n=1)
    return known[matches[0]] if matches else None


def canonical(name: str) -> str:
    """A command name as the list spells it."""
    return " ".join(name.replace("_", "-").lower().split())


def refreshed(verbs: Sequence[Verb] = VERBS) -> tuple[Verb, ...]:
    """The list with each help line taken anew from the docstring of its function."""
    from deeplabcut.jobs.docstrings import parse

    return tuple(replace(verb, help=parse(verb.load().__doc__).summary) for verb in verbs)


def rewrite(path: Path = FILE) -> None:
    """Write the list with help lines taken anew from the docstrings, one entry per line."""
    from deeplabcut.core.files import atomic_write_bytes

    groups, verbs = read(path)
    parts: dict[str, tuple[Group | Verb, ...]] = {"groups": groups, "verbs": refreshed(verbs)}
    blocks = [
        f'"{title}": [\n' + ",\n".join(f"  {json.dumps(asdict(entry))}" for entry in entries) + "\n]"
        for title, entries in parts.items()
    ]
    atomic_write_bytes(path, ("{" + ",\n".join(blocks) + "}\n").encode())
