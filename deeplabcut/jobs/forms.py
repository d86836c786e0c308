"""Types of arguments: which of them a form can hold, how they are named, and how text becomes a value.

Everything a job carries is JSON. `form_type` reduces the type of a parameter to the part that JSON can hold
(``Path | np.ndarray`` becomes ``Path``), `reading` turns what a person typed into such a value.
"""

from __future__ import annotations

import collections.abc
import dataclasses
import json
import math
import os
import re
import types
from collections.abc import Iterator, Sequence
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import pydantic

_LEAVES = (str, int, float, bool, Path, Any, object)
_LISTS = (list, set, frozenset, collections.abc.Sequence, collections.abc.Iterable, collections.abc.Collection)
_MAPS = (dict, collections.abc.Mapping)
_TRUE, _FALSE = ("true", "yes", "on", "1"), ("false", "no", "off", "0")
_NONE = ("none", "null")


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


def describe(annotation: Any) -> str:
    """What may stand here, in words."""
    words = list(dict.fromkeys(_alternatives(annotation)))
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def _alternatives(annotation: Any) -> list[str]:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if annotation is bool:
        return ["true", "false"]
    if origin is Annotated:
        return _enum_names(annotation) or _alternatives(arguments[0])
    if origin in (Union, types.UnionType):
        return [word for member in _without_shadowed(arguments) for word in _alternatives(member)]
    if origin is Literal:
        return [_text(value) for value in arguments]
    if origin is list or _is_open_tuple(annotation):
        return [f"a list ({describe(arguments[0])} each)"]
    if origin is tuple:
        return ["[" + ", ".join(map(describe, arguments)) + "]"]
    words = {
        str: "text", int: "a whole number", float: "a number", Path: "a path",
        type(None): "none", Any: "any JSON value",
    }  # fmt: skip
    return [words.get(annotation, "a JSON object")]


def metavar(annotation: Any) -> str:
    """A short name for what may stand here, for usage lines."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        names = _enum_names(annotation)
        return "|".join(names) if names else metavar(arguments[0])
    if origin in (Union, types.UnionType):
        members = [member for member in _without_shadowed(arguments) if member is not type(None)]
        return "|".join(dict.fromkeys(map(metavar, members)))
    if origin is Literal:
        return "|".join(map(_text, arguments))
    if origin is list:
        return metavar(arguments[0])
    if origin is tuple:
        return metavar(arguments[0]) if _is_open_tuple(annotation) else ",".join(map(metavar, arguments))
    words = {str: "TEXT", int: "INTEGER", float: "NUMBER", bool: "true|false", Path: "PATH", type(None): "none"}
    return words.get(annotation, "JSON")


def takes_several(annotation: Any) -> bool:
    """Whether an open number of values may be given."""
    if get_origin(annotation) in (Annotated, Union, types.UnionType):
        return any(takes_several(member) for member in get_args(annotation))
    return get_origin(annotation) is list or _is_open_tuple(annotation)


def takes_number(annotation: Any) -> bool:
    """Whether one number, possibly with decimals, may be given."""
    return float in _members(annotation)


def is_text(annotation: Any) -> bool:
    """Whether text, a path or one of a few words may stand here, or several of them."""
    return any(
        member in (str, Path)
        or bool(_enum_names(member))
        or (get_origin(member) is Literal and str in map(type, get_args(member)))
        or (takes_several(member) and _holds_text(member))
        for member in _members(annotation)
    )


def is_switch(annotation: Any) -> bool:
    """Whether this is a plain yes or no."""
    return _members(annotation) in ([bool], [type(None), bool])


def reading(annotation: Any, texts: Sequence[str]) -> Any:
    """The JSON value that ``texts`` (one, or several for a list) stand for; raises ValueError if there is none."""
    for member in _members(annotation):
        for value in _readings(member, list(texts)):
            if fits(member, value):
                return value
    raise ValueError(f"{' '.join(map(repr, texts))} is not {describe(annotation)}")


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


def text_of(value: Any) -> str:
    """A value as a person would type it: the reverse of `reading`."""
    value = to_json(value)
    if isinstance(value, (list, dict)):
        return json.dumps(value, ensure_ascii=False)
    return _text(value)


def name_of(annotation: Any) -> str:
    """A type's name for messages."""
    return getattr(annotation, "__name__", None) or str(annotation)


def _readings(member: Any, texts: list[str]) -> Iterator[Any]:
    """The values that ``texts`` could mean as ``member``, likeliest first."""
    origin, arguments = get_origin(member), get_args(member)
    if origin is Annotated and not _enum_names(member):
        yield from _readings(arguments[0], texts)
    elif origin is list or _is_open_tuple(member):
        yield from _list_readings(arguments[0], texts)
    elif len(texts) == 1:
        yield from _single_readings(member, texts[0])
    elif origin is tuple:
        yield from _tuple_readings(arguments, texts)


def _list_readings(item: Any, texts: list[str]) -> Iterator[Any]:
    if len(texts) == 1:
        yield from _json(texts[0], "[")
        if "," in texts[0] and not _holds_text(item):
            texts = texts[0].split(",")
    try:
        yield [reading(item, [text]) for text in texts]
    except ValueError:
        return


def _tuple_readings(items: tuple[Any, ...], texts: list[str]) -> Iterator[Any]:
    if len(texts) == len(items):
        try:
            yield [reading(item, [text]) for item, text in zip(items, texts, strict=True)]
        except ValueError:
            return


def _single_readings(member: Any, text: str) -> Iterator[Any]:
    word = text.strip().lower()
    if member is type(None):
        yield from [None] if word in _NONE else []
    elif get_origin(member) is Literal:
        yield from (value for value in get_args(member) if _text(value) == text)
    elif names := _enum_names(member):
        yield from (name for name in names if name.lower() == word)
    elif member is bool:
        yield from [True] if word in _TRUE else [False] if word in _FALSE else []
    elif member is int:
        yield from [int(word)] if re.fullmatch(r"[+-]?[0-9]+", word) else []
    elif member is float:
        yield from _float(word)
    elif member in (str, Path):
        yield text
    elif get_origin(member) is tuple:
        yield from _json(text, "[")
        yield from _tuple_readings(get_args(member), text.split(","))
    elif member is Any:
        yield from _json(text, "")
        yield text
    else:
        yield from _json(text, "{")


def _float(word: str) -> Iterator[float]:
    if re.fullmatch(r"[+-]?([0-9.]+(e[+-]?[0-9]+)?|inf|infinity|nan)", word):
        try:
            yield float(word)
        except ValueError:
            return


def _json(text: str, start: str) -> Iterator[Any]:
    if text.lstrip().startswith(start):
        try:
            yield json.loads(text)
        except (ValueError, RecursionError):
            return


def _members(annotation: Any) -> list[Any]:
    """The alternatives of a type, in the order in which text is tried: the strictest first, free text last."""
    annotation = form_type(annotation) if annotation is None else annotation
    members = list(get_args(annotation)) if get_origin(annotation) in (Union, types.UnionType) else [annotation]
    order: list[Any] = [type(None), int, bool, float, tuple, list, dict, None, Any, Path, str]

    def rank(member: Any) -> float:
        if get_origin(member) is Literal or _enum_names(member):
            return 0.5
        base = get_args(member)[0] if get_origin(member) is Annotated else member
        if base in order:
            return order.index(base)
        if get_origin(base) is list and _holds_text(base):
            return len(order)  # one word for "text or a list of text" is text
        return order.index(get_origin(base)) if get_origin(base) in order else order.index(None)

    return sorted(members, key=rank)


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


def _enum_names(annotation: Any) -> list[str]:
    marks = getattr(annotation, "__metadata__", ())
    return next((list(mark.names) for mark in marks if isinstance(mark, _Names)), [])


def _enum_text(member: Enum) -> str:
    return member.value if isinstance(member.value, str) else member.name


def _is_record(annotation: Any) -> bool:
    return isinstance(annotation, type) and dataclasses.is_dataclass(annotation)


def _is_open_tuple(annotation: Any) -> bool:
    arguments = get_args(annotation)
    return get_origin(annotation) is tuple and len(arguments) == 2 and arguments[1] is Ellipsis


def _holds_text(annotation: Any) -> bool:
    """Whether a comma may be part of the text that stands here."""
    if annotation in (str, Path, Any):
        return True
    return any(_holds_text(member) for member in get_args(annotation) if member is not Ellipsis)


def _without_shadowed(members: Sequence[Any]) -> list[Any]:
    """Alternatives worth naming: ``str | Path`` is a path."""
    return [member for member in members if not (member is str and Path in members)]


def _text(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and math.isfinite(value) and value == int(value) and abs(value) < 1e15:
        return f"{value:.1f}"
    return str(value)
