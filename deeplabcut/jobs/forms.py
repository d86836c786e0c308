"""Forms: the part of a type that JSON can hold, and the values of it in Python and in JSON.

Everything a job carries is JSON. `form_type` reduces the type of a parameter to the part that JSON can hold
(``Path | np.ndarray`` becomes ``Path``), `to_json` and `checked` carry values of it there and back.
"""

from __future__ import annotations

import collections.abc
import dataclasses
import json
import os
import types
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import pydantic

_LEAVES = (str, int, float, bool, Path, Any, object)
_LISTS = (list, set, frozenset, collections.abc.Sequence, collections.abc.Iterable, collections.abc.Collection)
_MAPS = (dict, collections.abc.Mapping)


class Unfit(TypeError):
    """A type that no form can hold."""


def form_type(annotation: Any) -> Any:
    """The part of a type that JSON can hold; raises `Unfit` if there is none."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if annotation is None or annotation is type(None):
        return type(None)
    if annotation in _LEAVES:
        return Any if annotation is object else annotation
    if hasattr(annotation, "__supertype__"):
        return form_type(annotation.__supertype__)
    if hasattr(annotation, "__value__"):
        return form_type(annotation.__value__)
    if origin is Annotated:
        return Annotated[(form_type(arguments[0]), *annotation.__metadata__)]
    if origin is Literal:
        return annotation
    if origin in (Union, types.UnionType):
        return _union([member for member in map(_fitting, arguments) if member is not Unfit])
    if annotation is os.PathLike or origin is os.PathLike:
        return Path
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return _enum(annotation)
    if (origin or annotation) in _LISTS:
        return list[form_type(arguments[0]) if arguments else Any]  # type: ignore[misc]
    if (origin or annotation) is tuple:
        return _tuple(arguments)
    if (origin or annotation) in _MAPS:
        return dict[str, form_type(arguments[1]) if arguments else Any]  # type: ignore[misc]
    if isinstance(annotation, type) and (issubclass(annotation, pydantic.BaseModel) or _is_record(annotation)):
        return annotation
    raise Unfit(f"{name_of(annotation)} cannot be written as JSON")


def fits(annotation: Any, value: Any) -> bool:
    """Whether a JSON value is allowed here."""
    try:
        checked(annotation, value)
    except ValueError:
        return False
    return True


def checked(annotation: Any, value: Any) -> Any:
    """The Python value of a JSON value; raises ValueError (pydantic's) where the types disagree."""
    return adapter(annotation).validate_json(json.dumps(value), strict=True)


def adapter(annotation: Any) -> pydantic.TypeAdapter[Any]:
    """pydantic's view of a type."""
    return pydantic.TypeAdapter(annotation)


def to_json(value: Any) -> Any:
    """A Python argument as JSON: paths and enumerations become text, tuples become lists."""
    if isinstance(value, Enum):
        return _enum_text(value)
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, (list, tuple, set, frozenset)):
        return [to_json(item) for item in value]
    if isinstance(value, dict):
        return {str(key): to_json(item) for key, item in value.items()}
    if isinstance(value, pydantic.BaseModel):
        return value.model_dump(mode="json")
    if _is_record(type(value)):
        return {entry.name: to_json(getattr(value, entry.name)) for entry in dataclasses.fields(value)}
    return value


def enum_names(annotation: Any) -> list[str]:
    """The names that an enumeration in a form goes by; none for any other type."""
    marks = getattr(annotation, "__metadata__", ())
    return next((list(mark.names) for mark in marks if isinstance(mark, _Names)), [])


def name_of(annotation: Any) -> str:
    """A type's name for messages."""
    return getattr(annotation, "__name__", None) or str(annotation)


def _fitting(annotation: Any) -> Any:
    try:
        return form_type(annotation)
    except Unfit:
        return Unfit


def _union(members: list[Any]) -> Any:
    if not [member for member in members if member is not type(None)]:
        raise Unfit("no alternative can be written as JSON")
    return Union[tuple(members)]  # noqa: UP007 - built from a list


def _tuple(items: tuple[Any, ...]) -> Any:
    if not items:
        return list[Any]
    return tuple[tuple(item if item is Ellipsis else form_type(item) for item in items)]  # type: ignore[misc]


def _enum(choices: type[Enum]) -> Any:
    """An enumeration that is written as text: its values where they are text, otherwise its names."""
    by_text = {_enum_text(member): member for member in choices}
    by_text.update({name: member for name, member in choices.__members__.items() if name not in by_text})

    def member(value: object) -> Any:
        if isinstance(value, choices):
            return value
        if isinstance(value, str) and value in by_text:
            return by_text[value]
        raise ValueError(f"{value!r} is not one of {', '.join(names)}")

    names = [_enum_text(each) for each in choices]
    return Annotated[
        choices,
        pydantic.PlainValidator(member),
        pydantic.PlainSerializer(_enum_text, return_type=str),
        pydantic.WithJsonSchema({"type": "string", "enum": names}),
        _Names(tuple(by_text)),
    ]


@dataclasses.dataclass(frozen=True)
class _Names:
    names: tuple[str, ...]


def _enum_text(member: Enum) -> str:
    return member.value if isinstance(member.value, str) else member.name


def _is_record(annotation: Any) -> bool:
    return isinstance(annotation, type) and dataclasses.is_dataclass(annotation)
