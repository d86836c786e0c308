"""YAML in and out: plain data only, with limits; the only module that knows the YAML library.

Reading builds dicts, lists, text, numbers, true/false and null, whatever the file asks for. A file that would
exhaust the machine (its size, its nesting, aliases that multiply) is refused before it does. Every complaint
names the file, the line and the column.
"""

from __future__ import annotations

import codecs
import io
import os
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path, PurePath
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, ReusedAnchorWarning, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from deeplabcut.core.config.mistakes import note
from deeplabcut.core.config.plain_yaml import LimitedComposer, PlainConstructor, PlainRepresenter, TooMuch
from deeplabcut.core.errors import ConfigError, Missing, StorageError, UnsafeFile

MAX_BYTES = 2_500_000
_WIDTH = 1_000_000


@dataclass(frozen=True)
class Document:
    """A YAML file that was read: its text, its content, and where each value stands."""

    path: Path | None
    text: str
    data: Any
    root: Node | None

    def mapping(self) -> dict[str, Any]:
        """The content, which has to be keys with values."""
        if self.data is None:
            raise ConfigError(f"{self.name} is empty.", where=self.path, fix="restore it from .history, or delete it")
        if not isinstance(self.data, dict):
            raise ConfigError(
                f"{self.name} holds {kind_of(self.data)}, not lines of the form 'key: value'.",
                where=self.path,
                fix="check that this is the file that you meant",
            )
        return {key if isinstance(key, str) else str(key): value for key, value in self.data.items()}

    @property
    def name(self) -> str:
        """The name of the file, for messages."""
        return self.path.name if self.path else "The YAML text"

    def line(self, *keys: object) -> int | None:
        """The number of the line of the value at ``keys``, or of the nearest thing that leads there."""
        node, line = self.root, None
        for key in keys:
            place, node = _child(node, key)
            if place is None:
                break
            line = place.start_mark.line + 1
        return line

    def spelled(self, *keys: object) -> Any:
        """The value at ``keys`` with numbers as the text that stands in the file (``007`` stays ``007``)."""
        node = self.root
        for key in keys:
            _, node = _child(node, key)
        return _spelled(node)


def read(path: str | os.PathLike[str]) -> Document:
    """Read a YAML file."""
    path = Path(path)
    if path.is_dir():
        raise Missing(f"{path.name} is a folder, not a YAML file.", where=path, fix="give the path of the file")
    try:
        size = path.stat().st_size
        if size <= MAX_BYTES:
            with path.open("rb") as file:
                content = file.read(MAX_BYTES + 1)
                size = len(content)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise Missing(f"{path.name} does not exist.", where=path, fix="check the path") from error
    except OSError as error:
        raise StorageError(
            f"{path.name} cannot be read ({error.strerror}).", where=path, fix="check the permissions"
        ) from error
    if size > MAX_BYTES:
        raise UnsafeFile(
            f"{path.name} has {size:,} bytes; a configuration file has at most {MAX_BYTES:,}.",
            where=path,
            fix="check that this is the file that you meant",
        )
    return parse(_decode(content, path), path)


def parse(text: str, path: Path | None = None) -> Document:
    """Read YAML text; ``path`` is for messages only."""
    root, data = None, None
    try:
        reader = guarded_yaml()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ReusedAnchorWarning)
            root = reader.compose(text.removeprefix("\ufeff"))
        if root is not None:
            data = _unshared(reader.constructor.construct_document(root))
    except ReaderError as error:
        raise _complaint(path, f"contains the character {chr(error.character)!r}, which YAML does not allow",
                         text.count("\n", 0, error.position) + 1) from error  # fmt: skip
    except MarkedYAMLError as error:
        raise _marked_complaint(error, text, path) from error
    except (YAMLError, ValueError) as error:
        if isinstance(error, UnsafeFile):
            raise
        raise _complaint(path, f"is not valid YAML: {error}") from error
    return Document(path, text, data, root)


def guarded_yaml() -> YAML:
    """A reader of plain data with the limits of this module."""
    yaml = YAML(typ="safe", pure=True)
    yaml.Composer = LimitedComposer
    yaml.Constructor = PlainConstructor
    return yaml


def styled_yaml() -> YAML:
    """A writer (and a reader that keeps comments) with our style: block form, lines never wrapped, null empty."""
    yaml = YAML(typ="rt", pure=True)
    yaml.Composer = LimitedComposer
    yaml.Representer = PlainRepresenter
    yaml.width = _WIDTH
    yaml.preserve_quotes = True
    yaml.allow_unicode = True
    return yaml


def dump(data: Any, *, flow: bool = False) -> str:
    """``data`` as YAML text in our style; ``flow`` puts it on one line, with brackets."""
    yaml = styled_yaml()
    yaml.default_flow_style = flow
    stream = io.StringIO()
    yaml.dump(plain(data), stream)
    return stream.getvalue()


def plain(value: Any) -> Any:
    """``value`` made of dicts, lists, text, numbers, true/false and null: what a file can hold."""
    if value is None or type(value) in (str, int, float, bool):
        return value
    if isinstance(value, Enum):
        return plain(value.value)
    if isinstance(value, os.PathLike):
        return value.as_posix() if isinstance(value, PurePath) else os.fspath(value)
    if isinstance(value, Mapping):
        return {plain(key): plain(item) for key, item in value.items()}
    if hasattr(value, "to_dict"):
        return plain(value.to_dict())
    if hasattr(value, "tolist"):  # arrays and numbers of numpy, tensors
        return plain(value.tolist())
    if isinstance(value, (Sequence, set, frozenset)) and not isinstance(value, (str, bytes)):
        return [plain(item) for item in (sorted(value) if isinstance(value, (set, frozenset)) else value)]
    for kind in (bool, int, float, str):  # subclasses: quoted text and numbers that remember their spelling
        if isinstance(value, kind):
            return kind(value)
    return str(value)


def kind_of(value: Any) -> str:
    """``value``'s kind in the words of a person who writes YAML."""
    names = {dict: "keys with values", list: "a list", str: "a text", bool: "true or false", type(None): "nothing"}
    return names.get(type(value), "a number")


def _decode(content: bytes, path: Path) -> str:
    for mark, encoding in ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"), (b"", "utf-8")):
        if content.startswith(mark):
            try:
                return content.decode(encoding)
            except UnicodeDecodeError as error:
                line = content.count(b"\n", 0, error.start) + 1
                break
    try:
        text = content.decode("cp1252")
    except UnicodeDecodeError as error:
        raise _complaint(path, "is not text in UTF-8", line) from error
    if any(ord(c) < 32 and c not in "\t\r\n" for c in text):
        raise _complaint(path, "is not text in UTF-8", line)
    note(f"{path.name}: line {line} is not UTF-8; read as Windows text (cp1252). The next save writes UTF-8.")
    return text


def _unshared(value: Any) -> Any:
    """A copy in which no two places are the same object, as aliases make them."""
    if isinstance(value, dict):
        return {key: _unshared(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_unshared(item) for item in value]
    return value


def _child(node: Node | None, key: object) -> tuple[Node | None, Node | None]:
    """The node that stands for ``key`` in ``node``, and the one of its value."""
    if isinstance(node, MappingNode):
        return next(((k, v) for k, v in node.value if getattr(k, "value", None) == str(key)), (None, None))
    if isinstance(node, SequenceNode) and isinstance(key, int) and key < len(node.value):
        return node.value[key], node.value[key]
    return None, None


def same(one: Any, other: Any) -> bool:
    """Whether two values are written the same way: true is not 1, and the order of keys counts."""
    if isinstance(one, dict) and isinstance(other, dict):
        return list(one) == list(other) and all(same(value, other[key]) for key, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return (isinstance(one, bool) == isinstance(other, bool)) and (one == other or (one != one and other != other))


def same_content(one: Any, other: Any) -> bool:
    """Whether two files say the same: as `same`, but their keys may come in any order."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(value, other[key]) for key, value in one.items())
    return same(one, other)


def _spelled(node: Node | None) -> Any:
    if isinstance(node, SequenceNode):
        return [_spelled(item) for item in node.value]
    if isinstance(node, MappingNode):
        return {str(key.value): _spelled(value) for key, value in node.value}
    if node is None or (isinstance(node, ScalarNode) and str(node.tag).endswith(":null")):
        return None
    return node.value


def _complaint(path: Path | None, what: str, line: int | None = None, column: int | None = None) -> ConfigError:
    name = path.name if path else "The YAML text"
    place = "" if line is None else f" (line {line})" if column is None else f" (line {line}, column {column})"
    return ConfigError(f"{name} {what}{place}.", where=path, fix="correct it in a text editor; it was not changed")


def _marked_complaint(error: MarkedYAMLError, text: str, path: Path | None) -> ConfigError | UnsafeFile:
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (None, None)
    if isinstance(error, TooMuch):
        return UnsafeFile(f"{path.name if path else 'The YAML text'} {error.problem} (line {line}).", where=path,
                          fix="check where this file comes from; a configuration is never like that")  # fmt: skip
    lines = text.splitlines()
    written = lines[line - 1] if line and line <= len(lines) else ""
    if written[: (column or 1)].lstrip(" ").startswith("\t") or "'\\t'" in str(error.problem):
        return _complaint(path, "uses a tab where YAML wants spaces", line, column)
    problem = " ".join(str(part) for part in (error.context, error.problem) if part).replace("\n", " ")
    if "duplicate key" in problem:
        key = problem.split("duplicate key ", 1)[1].split(" with value", 1)[0]
        return _complaint(path, f"has the key {key.strip()} twice", line, column)
    return _complaint(path, f"is not valid YAML: {problem}", line, column)
