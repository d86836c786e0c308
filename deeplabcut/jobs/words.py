"""Forms in the words of people: how a type is described to them, and how what they typed becomes a value.

The types are those that `deeplabcut.jobs.forms.form_type` returns; `reading` gives JSON values of them.
"""

from __future__ import annotations

import json
import math
import re
import types
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from deeplabcut.jobs.forms import enum_names, fits, form_type, to_json

_TRUE, _FALSE = ("true", "yes", "on", "1"), ("false", "no", "off", "0")
_NONE = ("none", "null")


def describe(annotation: Any) -> str:
    """What may stand here, in words."""
    words = list(dict.fromkeys(_alternatives(annotation)))
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def metavar(annotation: Any) -> str:
    """A short name for what may stand here, for usage lines."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        names = enum_names(annotation)
        return "|".join(names) if names else metavar(arguments[0])
    if origin in (Union, types.UnionType):
        members = [member for member in _without_shadowed(arguments) if member is not type(None)]
        return "|".join(dict.fromkeys(map(metavar, members)))
    if origin is Literal:
        return "|".join(map(_text, arguments))
    if origin is list:
        return f"{metavar(arguments[0])},..." if takes_several(arguments[0]) else metavar(arguments[0])
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
        or bool(enum_names(member))
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


def text_of(value: Any) -> str:
    """A value as a person would type it: the reverse of `reading`."""
    value = to_json(value)
    if isinstance(value, (list, dict)):
        return json.dumps(value, ensure_ascii=False)
    return _text(value)


def _alternatives(annotation: Any) -> list[str]:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if annotation is bool:
        return ["true", "false"]
    if origin is Annotated:
        return enum_names(annotation) or _alternatives(arguments[0])
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


def _without_shadowed(members: Sequence[Any]) -> list[Any]:
    """Alternatives worth naming: ``str | Path`` is a path."""
    return [member for member in members if not (member is str and Path in members)]


def _readings(member: Any, texts: list[str]) -> Iterator[Any]:
    """The values that ``texts`` could mean as ``member``, likeliest first."""
    origin, arguments = get_origin(member), get_args(member)
    if origin is Annotated and not enum_names(member):
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
        if "," in texts[0] and not _holds_text(item) and not takes_several(item):
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
    elif names := enum_names(member):
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
        if get_origin(member) is Literal or enum_names(member):
            return 0.5
        base = get_args(member)[0] if get_origin(member) is Annotated else member
        if base in order:
            return order.index(base)
        if get_origin(base) is list and _holds_text(base):
            return len(order)  # one word for "text or a list of text" is text
        return order.index(get_origin(base)) if get_origin(base) in order else order.index(None)

    return sorted(members, key=rank)


def _is_open_tuple(annotation: Any) -> bool:
    arguments = get_args(annotation)
    return get_origin(annotation) is tuple and len(arguments) == 2 and arguments[1] is Ellipsis


def _holds_text(annotation: Any) -> bool:
    """Whether a comma may be part of the text that stands here."""
    if annotation in (str, Path, Any):
        return True
    return any(_holds_text(member) for member in get_args(annotation) if member is not Ellipsis)


def _text(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and math.isfinite(value) and value == int(value) and abs(value) < 1e15:
        return f"{value:.1f}"
    return str(value)
