"""Change values in the text of a YAML file and leave every other character as the user wrote it.

Each key of a block mapping, and each item of a block list, owns the lines from its own first line to the last line
of its value; comments and blank lines between entries belong to nobody and stay. A change replaces lines of its
entry only. The result is read again: if it does not say what was meant (an unusual layout, an anchor used elsewhere),
the library's round-trip writer takes over, which keeps comments but may lay out lines anew.
"""

from __future__ import annotations

import difflib
import io
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from deeplabcut.core.config import yaml
from deeplabcut.core.errors import ConfigError, UnsafeFile


@dataclass(frozen=True)
class _Entry:
    """A key with its value, or an item of a list, and the part of the text that it owns."""

    key: Any
    value: Node
    start: int
    end: int
    column: int
    key_start: int
    key_end: int


@dataclass(frozen=True)
class _Patch:
    start: int
    end: int
    text: str


def edited(
    source: str | yaml.Document,
    changes: Mapping[str, Any],
    *,
    removed: Collection[str] = (),
    order: Sequence[str] = (),
    comments: Mapping[str, str] | None = None,
) -> str:
    """The text of ``source`` with the top-level values of ``changes``, and without the keys ``removed``.

    New keys go to their place in ``order``, with the comment they have in ``comments``; others go to the end.
    """
    document = yaml.parse(source) if isinstance(source, str) else source
    text = document.text
    mark, body = ("\ufeff", text[1:]) if text.startswith("\ufeff") else ("", text)
    newline = "\r\n" if "\r\n" in body else "\n"
    old = document.data if isinstance(document.data, dict) else {}
    new = {key: value for key, value in old.items() if key not in removed}
    new.update({key: yaml.plain(value) for key, value in changes.items()})
    if yaml.same_content(old, new):
        return text
    try:
        result = _Editor(body, newline).apply(document.root, old, new, order, comments or {})
        if yaml.same_content(yaml.parse(result).data, new):
            return mark + result
    except (_Unusual, ConfigError, UnsafeFile):
        pass  # nothing was written; the round-trip writer does it below
    return mark + _rewritten(body, old, new).replace("\n", newline)


def _rewritten(text: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    """The change made by the library's round-trip writer."""
    writer = yaml.styled_yaml()
    try:
        tree = writer.load(text) or {}
        for key in [key for key in tree if key not in new]:
            del tree[key]
        for key, value in new.items():
            if key not in old or not yaml.same(old[key], value):
                tree[key] = value
        stream = io.StringIO()
        writer.dump(tree, stream)
        result = stream.getvalue()
    except YAMLError as error:
        raise ConfigError(f"The file has a layout that cannot be edited: {error}") from error
    if not yaml.same_content(yaml.parse(result).data, new):
        raise ConfigError("The file has a layout that cannot be edited.", fix="edit it by hand, in its own layout")
    return result


class _Unusual(Exception):
    """A layout that is not edited line by line."""


class _Editor:
    def __init__(self, text: str, newline: str) -> None:
        self.text = text
        self.newline = newline
        self.patches: list[_Patch] = []

    def apply(
        self,
        root: Node | None,
        old: dict[str, Any],
        new: dict[str, Any],
        order: Sequence[str],
        comments: Mapping[str, str],
    ) -> str:
        if root is None:
            return self._complete(self.text) + "".join(self._lines({k: v}, 0) for k, v in new.items())
        if not isinstance(root, MappingNode) or root.flow_style:
            raise _Unusual
        entries = {str(entry.key): entry for entry in self._entries(root)}
        self._mapping(entries, old, new)
        for key in (key for key in new if key not in entries):
            self._insert(key, new[key], entries, order, comments)
        return self._patched()

    def _mapping(self, entries: Mapping[str, _Entry], old: Mapping[Any, Any], new: Mapping[Any, Any]) -> None:
        """Remove what is gone, change what differs."""
        was = {str(key): value for key, value in old.items()}
        wanted = {str(key): value for key, value in new.items()}
        if len(was) != len(old) or len(wanted) != len(new) or set(entries) != set(was):
            raise _Unusual  # merged keys, keys that are not text
        for key, entry in entries.items():
            if key not in wanted:
                self._replace(entry, "")
            elif not yaml.same(was[key], wanted[key]):
                self._value(entry, was[key], wanted[key])

    def _value(self, entry: _Entry, old: Any, new: Any) -> None:
        node = entry.value
        if isinstance(node, ScalarNode) and not isinstance(new, (dict, list)) and self._on_one_line(entry, node):
            written = yaml.dump([new]).removeprefix("-").strip()
            if "\n" not in written:
                start, end = node.start_mark.index, node.end_mark.index
                if start == end:  # nothing stands there; the library gives the place of the next token
                    start = end = self.text.index(":", entry.key_end) + 1
                gap = " " if written and self.text[start - 1 : start] not in (" ", "\t") else ""
                self.patches.append(_Patch(start, end, gap + written))
                return
        if isinstance(node, MappingNode) and not node.flow_style and isinstance(new, dict) and new:
            self._pairs(list(self._entries(node, entry.end)), old, new)
            return
        if isinstance(node, SequenceNode) and not node.flow_style and isinstance(new, list) and new:
            self._items(list(self._entries(node, entry.end)), old, new)
            return
        flow = isinstance(node, (SequenceNode, MappingNode)) and bool(node.flow_style) and bool(node.value)
        if entry.key is None:
            text = self._lines([new], entry.column, flow=False)
        else:
            text = self._lines({entry.key: new}, entry.column, flow=flow)
        if comment := self._comment_behind(entry, node):
            first, end, rest = text.partition(self.newline)
            text = f"{first.rstrip()}  {comment}{end}{rest}"
        self._replace(entry, text)

    def _pairs(self, entries: list[_Entry], old: dict[Any, Any], new: dict[Any, Any]) -> None:
        """Keep the lines of the keys that stay, and the place of those that are renamed."""
        was, wanted = [str(key) for key in old], list(new)
        if [str(entry.key) for entry in entries] != was:
            raise _Unusual
        matcher = difflib.SequenceMatcher(a=was, b=[str(key) for key in wanted], autojunk=False)
        for kind, i, j, k, n in matcher.get_opcodes():
            pairs = list(zip(entries[i:j], list(old.values())[i:j], wanted[k:n], strict=False))
            if kind == "equal":
                for entry, value, key in pairs:
                    if not yaml.same(value, new[key]):
                        self._value(entry, value, new[key])
            elif j - i == n - k and all(yaml.same(value, new[key]) for _, value, key in pairs):
                for entry, _, key in pairs:
                    self.patches.append(_Patch(entry.key_start, entry.key_end, _key(key)))
            else:
                self._exchange(entries, i, j, {key: new[key] for key in wanted[k:n]})

    def _exchange(self, entries: list[_Entry], i: int, j: int, data: Any) -> None:
        """Put the lines of ``data`` in place of those of the entries from ``i`` to ``j``."""
        for entry in entries[i:j]:
            self._replace(entry, "")
        at = entries[i].start if i < len(entries) else entries[-1].end
        self._put(at, self._lines(data, entries[0].column) if data else "")

    def _items(self, entries: list[_Entry], old: list[Any], new: list[Any]) -> None:
        """Keep the lines of the items that stay."""
        if len(entries) != len(old):
            raise _Unusual
        was, wanted = [repr(item) for item in old], [repr(item) for item in new]
        for kind, i, j, k, n in difflib.SequenceMatcher(a=was, b=wanted, autojunk=False).get_opcodes():
            if kind == "equal":
                continue
            self._exchange(entries, i, j, new[k:n])

    def _insert(
        self, key: str, value: Any, entries: Mapping[str, _Entry], order: Sequence[str], comments: Mapping[str, str]
    ) -> None:
        text = self._lines({key: value}, 0)
        comment = comments.get(key, "")
        if comment:
            gap = self.newline if comment.startswith("\n") else ""
            text = f"{gap}# {comment.strip()}{self.newline}{text}"
        here = list(order).index(key) if key in order else len(order)
        before = [name for name in order[:here] if name in entries] if key in order else list(entries)
        if before:
            self._put(max(entries[name].end for name in before), text)
        else:
            self._put(min(entry.start for entry in entries.values()) if entries else len(self.text), text)

    def _entries(self, node: MappingNode | SequenceNode, end: int | None = None) -> Iterator[_Entry]:
        """The entries of a block collection, each with its lines."""
        if isinstance(node, MappingNode):
            pairs = [(key, value) for key, value in node.value]
            marks = [key.start_mark for key, _ in pairs]
        else:
            pairs = [(None, value) for value in node.value]
            marks = [self._dash(value, node.start_mark.column) for value in node.value]
        starts = [self._line_start(mark if isinstance(mark, int) else mark.index) for mark in marks]
        if len(set(starts)) != len(starts):
            raise _Unusual
        column = node.start_mark.column
        limits = [*starts[1:], len(self.text) if end is None else end]
        for (key, value), start, limit in zip(pairs, starts, limits, strict=True):
            if key is not None and not isinstance(key, ScalarNode):
                raise _Unusual
            if self.text[start : start + column].strip(" -"):
                raise _Unusual
            name = None if key is None else key.value
            place = (start, start) if key is None else (key.start_mark.index, key.end_mark.index)
            yield _Entry(name, value, start, self._end(value, start, limit), column, *place)

    def _dash(self, value: Node, column: int) -> int:
        """Where the dash of an item stands."""
        line = self._line_start(value.start_mark.index)
        if self.text[line + column : line + column + 1] != "-":
            raise _Unusual
        return line

    def _end(self, value: Node, start: int, limit: int) -> int:
        """The end of the last line of an entry: behind its value, before comments and blank lines that follow."""
        content = start
        at = start
        written = isinstance(value, ScalarNode) and value.start_mark.index < value.end_mark.index
        inside = value.end_mark.index if written else start
        while at < limit:
            stop = self.text.find("\n", at, limit)
            stop = limit if stop < 0 else stop + 1
            line = self.text[at:stop].strip()
            if at == start or at < inside or (line and not line.startswith("#")):
                content = stop
            at = stop
        return content

    def _comment_behind(self, entry: _Entry, node: Node) -> str:
        """The comment at the end of an entry that stands on one line."""
        owned = self.text[entry.start : entry.end].rstrip("\r\n")
        start, end = node.start_mark.index, node.end_mark.index
        if "\n" in owned or (start == end and entry.key is None):
            return ""
        behind = end if start < end else self.text.index(":", entry.key_end) + 1
        rest = self.text[behind : entry.start + len(owned)].strip()
        return rest if rest.startswith("#") else ""

    def _on_one_line(self, entry: _Entry, node: ScalarNode) -> bool:
        between = self.text[entry.key_end : node.start_mark.index]
        owned = self.text[entry.start : entry.end].rstrip("\r\n")
        return entry.key is not None and "\n" not in owned and between.strip() == ":"

    def _line_start(self, index: int) -> int:
        return self.text.rfind("\n", 0, index) + 1

    def _replace(self, entry: _Entry, text: str) -> None:
        self.patches.append(_Patch(entry.start, entry.end, text))

    def _put(self, at: int, text: str) -> None:
        if text:
            self.patches.append(_Patch(at, at, text))

    def _lines(self, data: Any, column: int, *, flow: bool = False) -> str:
        if flow and isinstance(data, dict):
            written = "".join(f"{_key(key)}: {yaml.dump(value, flow=True)}" for key, value in data.items())
        else:
            written = yaml.dump(data)
        return "".join(" " * column + line + self.newline for line in written.splitlines())

    def _complete(self, text: str) -> str:
        return text if not text or text.endswith("\n") else text + self.newline

    def _patched(self) -> str:
        pieces, at = [], 0
        order = sorted(range(len(self.patches)), key=lambda i: (self.patches[i].start, self.patches[i].end, i))
        for patch in (self.patches[i] for i in order):
            pieces.append(self.text[at : patch.start])
            if patch.text.endswith("\n") and pieces[-1] and not pieces[-1].endswith("\n") and patch.start:
                pieces.append(self.newline)
            pieces.append(patch.text)
            at = max(at, patch.end)
        return "".join(pieces) + self.text[at:]


def _key(key: Any) -> str:
    return yaml.dump([key]).removeprefix("-").strip()
