"""What we ask of the YAML library: limits on what is read, plain data only, text that every reader takes for text."""

from __future__ import annotations

from enum import Enum
from pathlib import PurePath
from typing import Any

from ruamel.yaml.composer import Composer
from ruamel.yaml.constructor import ConstructorError, SafeConstructor
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.events import AliasEvent
from ruamel.yaml.representer import RoundTripRepresenter

MAX_DEPTH = 40
MAX_NODES = 60_000  # 15,000 videos; the library reads about 60,000 values per second
_MEANT_AS_TEXT = frozenset(["yes", "no", "on", "off"])  # true or false to readers of YAML 1.1


class TooMuch(MarkedYAMLError):
    """A file that would exhaust the machine."""


def _unsafe(what: str, mark: Any) -> TooMuch:
    return TooMuch(None, None, what, mark)


class LimitedComposer(Composer):
    """Builds the tree of nodes; an alias counts as often as it is used."""

    _deep = 0
    _n_nodes = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        event = self.parser.peek_event()
        if isinstance(event, AliasEvent):
            size = self._sizes.get(event.anchor)
            if size is None and event.anchor in self.anchors:
                raise ConstructorError(None, None, "an alias inside of what it stands for", event.start_mark)
            self._count(size or 1, event.start_mark)
            return super().compose_node(parent, index)
        before = self._n_nodes
        self._deep += 1
        if self._deep > MAX_DEPTH:
            raise _unsafe(f"is nested more than {MAX_DEPTH} levels deep", event.start_mark)
        self._count(1, event.start_mark)
        if event.anchor is not None:
            self._sizes.pop(event.anchor, None)
        node = super().compose_node(parent, index)
        self._deep -= 1
        if event.anchor is not None:
            self._sizes[event.anchor] = self._n_nodes - before
        return node

    @property
    def _sizes(self) -> dict[str, int]:
        return self.__dict__.setdefault("_sizes_by_anchor", {})  # type: ignore[no-any-return]

    def _count(self, n: int, mark: Any) -> None:
        self._n_nodes += n
        if self._n_nodes > MAX_NODES:
            raise _unsafe(f"holds more than {MAX_NODES:,} values", mark)


class PlainConstructor(SafeConstructor):
    """Makes plain data; every tag beyond that is refused."""

    yaml_constructors: dict[Any, Any] = {}  # noqa: RUF012  the library's way to a table of one's own

    def construct_int(self, node: Any) -> int:
        """A whole number."""
        if len(node.value) > 300:
            raise ConstructorError(None, None, "a number of more than 300 digits", node.start_mark)
        return int(self.construct_yaml_int(node))

    def as_written(self, node: Any) -> str:
        """A date, which stays the text that it is."""
        return str(node.value)

    def refuse(self, node: Any) -> None:
        """An object that is not plain data."""
        raise ConstructorError(
            None, None, f"the tag {node.tag!r} asks for an object that is not plain data", node.start_mark
        )


for _kind, _construct in {
    "null": SafeConstructor.construct_yaml_null,
    "bool": SafeConstructor.construct_yaml_bool,
    "float": SafeConstructor.construct_yaml_float,
    "str": SafeConstructor.construct_yaml_str,
    "seq": SafeConstructor.construct_yaml_seq,
    "map": SafeConstructor.construct_yaml_map,
    "int": PlainConstructor.construct_int,
    "timestamp": PlainConstructor.as_written,
}.items():
    PlainConstructor.add_constructor(f"tag:yaml.org,2002:{_kind}", _construct)
PlainConstructor.add_constructor(None, PlainConstructor.refuse)


class PlainRepresenter(RoundTripRepresenter):
    """Writes text so that every YAML reader takes it for text."""

    def represent_text(self, text: str) -> Any:
        """Text, quoted where a reader of YAML 1.1 would see true or false, or where lines would be folded."""
        style = '"' if "\n" in text or not text.isprintable() else "'" if text.lower() in _MEANT_AS_TEXT else None
        return self.represent_scalar("tag:yaml.org,2002:str", text, style=style)

    def represent_path(self, path: PurePath) -> Any:
        """A path, as text with ``/``."""
        return self.represent_text(path.as_posix())

    def represent_member(self, member: Enum) -> Any:
        """A member of an enumeration, as its value."""
        return self.represent_data(member.value)


PlainRepresenter.add_representer(str, PlainRepresenter.represent_text)
PlainRepresenter.add_multi_representer(PurePath, PlainRepresenter.represent_path)
PlainRepresenter.add_multi_representer(Enum, PlainRepresenter.represent_member)
