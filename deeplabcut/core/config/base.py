"""What all configurations share: strict types, dict-like access, old names, saving with comments kept."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, ClassVar, Union, cast, get_args, get_origin

from pydantic import BaseModel, PrivateAttr, ValidationError, model_validator

from deeplabcut.core.config import storage, yaml
from deeplabcut.core.config.mapping import MappingModel
from deeplabcut.core.config.mistakes import (
    AliasConflict,
    InvalidConfig,
    Mistake,
    contradictions,
    gathered_notes,
    mistakes_of,
    note,
    printable,
)
from deeplabcut.core.config.names import did_you_mean, resolve_alias

if TYPE_CHECKING:
    from typing_extensions import Self


class DLCBaseConfig(MappingModel):
    """A typed configuration that can also be used like a dict.

    Keys of a file that the model does not know are kept, reachable as ``config["key"]``, and mentioned once in a
    warning. Comments stand in ``json_schema_extra={"comment": ..., "aliases": [...]}`` of a field.
    """

    _source: tuple[Path, dict[str, Any]] | None = PrivateAttr(default=None)  # a file, and what it says

    # ----- reading

    @classmethod
    def from_dict(cls, cfg_dict: Mapping[str, Any]) -> Self:
        """The configuration with the content of ``cfg_dict``; what is missing takes its default."""
        return cls.from_content(cfg_dict)

    @classmethod
    def from_any(cls, config: Any) -> Self:
        """The configuration that ``config`` is, or holds (a dict), or names (a path)."""
        if isinstance(config, cls):
            return config
        if isinstance(config, DLCBaseConfig):
            return cls.from_dict(config.to_dict())
        if isinstance(config, Mapping):
            return cls.from_dict(config)
        if isinstance(config, (str, os.PathLike)):
            return cls.from_yaml(config)
        raise TypeError(f"{cls.__name__} can be made of a path, a dict or a config, not of {type(config).__name__}.")

    @classmethod
    def from_yaml(cls, yaml_path: str | os.PathLike[str]) -> Self:
        """Read a file; nothing is written."""
        with gathered_notes(yaml_path):
            document = yaml.read(yaml_path)
            config = cls.from_content(document.mapping(), document)
        config.remember_source(yaml_path)
        return config

    @classmethod
    def from_content(cls, content: Mapping[str, Any], document: yaml.Document | None = None) -> Self:
        """The configuration with this content; ``document`` tells where each value stands."""
        where = document.path if document else None
        with gathered_notes(where):
            data = cls.prepared({str(key): value for key, value in content.items()}, document)
            try:
                config = cls.model_validate(data)
            except ValidationError as error:
                raise cls.explained(error, data, document) from error
            cls._note_unknown_keys(config)
        return config

    @classmethod
    def prepared(cls, content: dict[str, Any], document: yaml.Document | None) -> dict[str, Any]:
        """What is validated in place of ``content``: the hook for subclasses that read older forms."""
        return content

    @classmethod
    def explained(
        cls, error: ValidationError, data: dict[str, Any], document: yaml.Document | None = None
    ) -> InvalidConfig:
        """All mistakes of ``data``, including the contradictions that pydantic does not reach."""
        mistakes = mistakes_of(error, data)
        wrong = {str(mistake.keys[0]) for mistake in mistakes if mistake.keys} | {
            key for mistake in mistakes for key in mistake.involves
        }
        rest = {key: value for key, value in data.items() if key not in wrong}
        if rest and len(rest) < len(data):
            try:
                with gathered_notes(silent=True):
                    cls.model_validate(rest)
            except ValidationError as further:
                mistakes += [
                    one
                    for one in mistakes_of(further, rest)
                    if one.keys and one.keys[0] in rest and not one.involves & wrong
                ]
        kind = AliasConflict if any("only one of the two names" in one.expected for one in mistakes) else InvalidConfig
        if document is None:
            return kind(cls.__name__, mistakes)
        located = [Mistake(m.keys, m.value, m.expected, document.line(*m.keys), m.involves) for m in mistakes]
        return kind(document.name, sorted(located, key=lambda m: m.line or 0), where=document.path)

    @model_validator(mode="before")
    @classmethod
    def resolve_aliases_before_validate(cls, data: Any) -> Any:
        """Put values under the names in use, and defaults in place of null where null means nothing."""
        if not isinstance(data, Mapping):
            return data
        content = dict(data)
        conflicts = []
        for old, new in cls.aliases().items():
            if old in content and new in content:
                conflicts.append(Mistake((old,), content[old], f"only one of the two names {old!r} and {new!r}"))
            elif old in content:
                content[resolve_alias(old, {old: new}, stacklevel=4)] = content.pop(old)
        if conflicts:
            raise contradictions(conflicts)
        for name, field in cls.model_fields.items():
            if name in content and content[name] is None and not field.is_required() and not _allows_none(cls, name):
                if name not in cls.silent_nulls:
                    note(f"{name} is empty; its default {field.get_default(call_default_factory=True)!r} is used.")
                del content[name]
        return content

    silent_nulls: ClassVar[frozenset[str]] = frozenset()

    @model_validator(mode="after")
    def _values_go_together(self) -> Self:
        mistakes = list(self.contradicting())
        if mistakes:
            raise contradictions(mistakes)
        return self

    def contradicting(self) -> Iterable[Mistake]:
        """Mistakes that concern several values: the hook for subclasses."""
        return ()

    @classmethod
    def comments(cls) -> dict[str, str]:
        """The comments that stand before keys in a file."""
        extra = {name: field.json_schema_extra for name, field in cls.model_fields.items()}
        return {
            name: str(more["comment"]) for name, more in extra.items() if isinstance(more, dict) and "comment" in more
        }

    # ----- writing

    @classmethod
    def file_schema(cls) -> storage.Schema:
        """How this kind of configuration stands in a file."""
        return storage.Schema(
            meaning=lambda document: cls.from_content(document.mapping(), document).to_dict(normalize=True),
            order=list(cls.model_fields),
            comments=cls.comments(),
            aliases=cls.aliases(),
            defaults={
                name: yaml.plain(field.get_default(call_default_factory=True))
                for name, field in cls.model_fields.items()
                if not field.is_required()
            },
        )

    def to_dict(self, *, normalize: bool = False) -> dict[str, Any]:
        """A plain dict of all keys, in the order of the file; ``normalize`` makes it ready for YAML."""
        content = {key: _unwrapped(value) for key, value in self.items()}
        return cast("dict[str, Any]", yaml.plain(content)) if normalize else content

    def to_commented_map(self) -> Any:
        """The content with its comments, for a round-trip writer of YAML."""
        return yaml.styled_yaml().load(self.to_text())

    def to_text(self) -> str:
        """The content of a new file."""
        return storage.fresh_text(self.to_dict(normalize=True), self.comments())

    def to_yaml(self, yaml_path: str | os.PathLike[str], *, overwrite: bool = True) -> None:
        """Save to a file.

        In a file that exists only what changed is touched: comments, order, quotes and keys of the user stay. A
        file with mistakes is not overwritten.
        """
        path = storage.absolute(yaml_path)
        base = self._source[1] if self._source and self._source[0] == path else None
        storage.save(path, self.to_dict(normalize=True), schema=self.file_schema(), base=base, overwrite=overwrite)
        self.remember_source(path)

    def remember_source(self, yaml_path: str | os.PathLike[str]) -> None:
        """Take the present values for what stands in a file, so that a save to it touches later changes only."""
        self._source = storage.absolute(yaml_path), self.to_dict(normalize=True)

    def print(self, indent: int = 0, print_fn: Callable[[str], None] | None = None) -> None:
        """Show the content."""
        storage.pretty_print(self.to_dict(normalize=True), indent, print_fn)

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return bool(yaml.same_content(self.to_dict(normalize=True), other.to_dict(normalize=True)))

    __hash__ = None  # type: ignore[assignment]

    @classmethod
    def _note_unknown_keys(cls, config: DLCBaseConfig) -> None:
        for path, model, key in _unknown_keys(config):
            hint = did_you_mean(key, type(model).model_fields) or " It is kept."
            note(f"The key {printable(path + key)!r} is not known and has no effect.{hint}")


@cache
def _allows_none(model: type[BaseModel], name: str) -> bool:
    return _accepts_none(model.model_fields[name].annotation)


def _accepts_none(annotation: Any) -> bool:
    if annotation in (None, NoneType, Any):
        return True
    if get_origin(annotation) in (Union, UnionType):
        return any(_accepts_none(one) for one in get_args(annotation))
    metadata = getattr(annotation, "__metadata__", None)
    return metadata is not None and _accepts_none(get_args(annotation)[0])


def _unwrapped(value: Any) -> Any:
    if isinstance(value, DLCBaseConfig):
        return value.to_dict()
    if isinstance(value, dict):
        return {key: _unwrapped(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(_unwrapped(item) for item in value) if type(value) in (list, tuple) else value
    return value


def _unknown_keys(value: Any, path: str = "") -> Iterator[tuple[str, DLCBaseConfig, str]]:
    """Every key that the models do not know, with the model that it stands in."""
    if isinstance(value, DLCBaseConfig):
        for key in value._extras:
            if not value.is_known_extra(key):
                yield path, value, key
        for key in type(value).model_fields:
            yield from _unknown_keys(value.__dict__.get(key), f"{path}{key}.")
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _unknown_keys(item, f"{path}{key}.")
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            yield from _unknown_keys(item, f"{path}{index}.")
