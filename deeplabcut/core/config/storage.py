"""Configurations on disk: new files in canonical form, existing ones changed where they have to be."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from deeplabcut.core import files, history, locks
from deeplabcut.core.config import yaml
from deeplabcut.core.config.edit import edited
from deeplabcut.core.config.mistakes import gathered_notes, printable
from deeplabcut.core.errors import DamagedFile, InvalidInput, Missing

_WAIT_S = 10.0


@dataclass(frozen=True)
class Schema:
    """How a kind of configuration stands in a file."""

    meaning: Callable[[yaml.Document], Mapping[str, Any]]  # what a file says, in present terms
    order: Sequence[str] = ()
    comments: Mapping[str, str] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)  # old name -> name in use
    defaults: Mapping[str, Any] = field(default_factory=dict)


PLAIN = Schema(yaml.Document.mapping)


class AlreadyExists(InvalidInput, FileExistsError):
    """A file that was not to be replaced."""


def absolute(path: str | os.PathLike[str]) -> Path:
    """``path`` from the root, as the user names it: links are not followed."""
    return Path(os.path.abspath(path))  # noqa: PTH100


def save(
    path: Path,
    values: Mapping[str, Any],
    *,
    schema: Schema = PLAIN,
    base: Mapping[str, Any] | None = None,
    overwrite: bool = True,
) -> None:
    """Make ``path`` say ``values``.

    Parameters
    ----------
    schema : how an existing file is understood; what already means the same stays as it is spelled.
    base : what the file said when ``values`` were read from it. Only what was changed since is changed in the
        file, so that edits which somebody else made in the meantime survive.
    """
    if not path.exists():
        if not path.parent.is_dir():
            raise Missing(f"The folder of {path.name} does not exist.", where=path.parent, fix="create it first")
        text = fresh_text(values, schema.comments)
        if not yaml.same_content(yaml.parse(text, path).data, dict(values)):
            raise InvalidInput(
                f"{path.name} cannot hold these values as YAML.", fix="use text, numbers, lists and dicts"
            )
        _write(path, text)
        return
    if not overwrite:
        raise AlreadyExists(f"{path.name} already exists.", where=path, fix="choose another name, or overwrite=True")
    with locks.hold(path, "saving the configuration", wait_s=_WAIT_S):
        change(path, lambda document: _merged(document, values, schema, base))


def change(path: Path, edit: Callable[[yaml.Document], str], output: Path | None = None) -> None:
    """Replace the text of ``path`` by what ``edit`` makes of it; nothing is written if it stays the same."""
    document = yaml.read(path)
    text = edit(document)
    if text != document.text or output not in (None, path):
        _write(output or path, text)


def fresh_text(values: Mapping[str, Any], comments: Mapping[str, str]) -> str:
    """The text of a new file: every key, with the comments of its section."""
    parts: list[str] = []
    for key, value in values.items():
        comment = comments.get(key, "")
        if comment:
            gap = "\n" if comment.startswith("\n") and parts else ""
            parts.append(gap + "".join(f"# {line}\n" for line in comment.strip().splitlines()))
        parts.append(yaml.dump({key: value}))
    return "".join(parts) or "{}\n"


def pretty_print(config: Mapping[str, Any], indent: int = 0, print_fn: Callable[[str], None] | None = None) -> None:
    """Show ``config`` line by line, sections indented; control characters are spelled out."""
    show = print_fn or print
    for key, value in config.items():
        if isinstance(value, Mapping):
            show(f"{' ' * indent}{printable(str(key))}:")
            pretty_print(value, indent + 2, print_fn)
        else:
            show(f"{' ' * indent}{printable(f'{key}: {value}')}")


def _merged(document: yaml.Document, values: Mapping[str, Any], schema: Schema, base: Mapping[str, Any] | None) -> str:
    if document.data is None:
        return fresh_text(values, schema.comments)
    said = document.mapping()
    with gathered_notes(silent=True):
        meant = schema.meaning(document)
    if base is not None:
        touched = {key: value for key, value in values.items() if key not in base or not yaml.same(base[key], value)}
        gone = {key for key in base if key not in values}
        values = {**{key: value for key, value in meant.items() if key not in gone}, **touched}
    names = {new: old for old, new in schema.aliases.items() if old in said}
    known = {**schema.defaults, **{key: meant[key] for key in meant if names.get(key, key) in said}}
    changes = {
        names.get(key, key): value
        for key, value in values.items()
        if key not in known or not yaml.same(known[key], value)
    }
    removed = [key for key in said if key not in values and key not in names.values()]
    return edited(document, changes, removed=removed, order=schema.order, comments=schema.comments)


def _write(path: Path, text: str) -> None:
    content = text.encode("utf-8")

    def check(part: Path) -> None:
        if part.read_bytes() != content:
            raise DamagedFile(f"{path.name} was not written as it was meant.", where=path, fix="check the disk")

    files.atomic_write_bytes(path, content, check=check, keep=history.keep_version)
