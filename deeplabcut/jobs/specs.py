"""Forms and jobs derived from the typed signatures of verbs: the signature is the only list of options.

`spec_of` turns a function into its fields (name, type, default, help). A `JobSpec` is a filled form: the verb's
name and its arguments as JSON. It never carries code, and it can only name a verb of the list.
"""

from __future__ import annotations

import importlib
import inspect
import json
import re
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, get_origin

import pydantic

from deeplabcut.core.errors import InvalidInput
from deeplabcut.jobs import docstrings, forms, words
from deeplabcut.jobs.verbs import VERBS, Verb, find

REQUIRED: Any = inspect.Parameter.empty


@dataclass(frozen=True)
class Field:
    """One argument: its type is the part that JSON can hold (see `deeplabcut.jobs.forms`)."""

    name: str
    annotation: Any
    default: Any = REQUIRED
    help: str = ""

    @property
    def required(self) -> bool:
        return self.default is REQUIRED

    def checked(self, value: Any) -> Any:
        """The Python value of a JSON value; raises `InvalidInput` saying what is allowed."""
        try:
            return forms.checked(self.annotation, value)
        except ValueError as error:
            detail = _detail(error) if get_origin(self.annotation) is typing.Annotated else ""
            raise self._invalid(words.text_of(value) if not isinstance(value, str) else repr(value), detail) from None

    def read(self, texts: Sequence[str]) -> Any:
        """The JSON value of what was typed; raises `InvalidInput` saying what is allowed."""
        try:
            return words.reading(self.annotation, texts)
        except ValueError:
            comma = words.takes_number(self.annotation) and any(re.fullmatch(r"-?\d+,\d+", text) for text in texts)
            detail = f"write {texts[0].replace(',', '.')}: the decimal separator is a point" if comma else ""
            if any("\ud800" <= character <= "\udfff" for character in "".join(texts)):  # bytes that are no text
                detail = "the name is not valid UTF-8: rename the file"
            raise self._invalid(" ".join(map(repr, texts)), detail) from None

    def json_schema(self) -> dict[str, Any]:
        """The field for a form, with help and default."""
        schema = forms.adapter(self.annotation).json_schema()
        schema["title"] = self.name.replace("_", " ")
        if self.help:
            schema["description"] = self.help
        if not self.required:
            schema["default"] = forms.to_json(self.default)
        return schema

    def _invalid(self, given: str, detail: str) -> InvalidInput:
        expected = f"Allowed: {words.describe(self.annotation)}."
        return InvalidInput(f"{self.name} is {given}. {expected}", where=f"argument {self.name}", fix=detail or None)


@dataclass(frozen=True)
class VerbSpec:
    """The form of a verb."""

    address: str
    summary: str
    description: str
    fields: tuple[Field, ...]

    def field(self, name: str) -> Field:
        """The field of this name; raises `InvalidInput` naming the nearest."""
        names = [field.name for field in self.fields]
        if name in names:
            return self.fields[names.index(name)]
        near = get_close_matches(name, names, n=1)
        raise InvalidInput(
            f"There is no argument {name!r}.",
            where=self.address,
            fix=f"did you mean {near[0]}?" if near else f"the arguments are: {', '.join(names) or 'none'}",
        )

    def checked(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Python values of JSON arguments; raises `InvalidInput` for an unknown, wrong or missing one."""
        values = {name: self.field(name).checked(value) for name, value in arguments.items()}
        missing = [field.name for field in self.fields if field.required and field.name not in values]
        if missing:
            raise InvalidInput(
                f"Missing: {', '.join(missing)}.",
                where=self.address,
                fix="; ".join(f"give {name} ({words.describe(self.field(name).annotation)})" for name in missing),
            )
        return values

    def read(self, texts: Mapping[str, Sequence[str]]) -> dict[str, Any]:
        """JSON arguments from what was typed for each of them."""
        return {name: self.field(name).read(given) for name, given in texts.items()}

    def json_schema(self) -> dict[str, Any]:
        """JSON schema of the arguments, for forms and for programs in other languages."""
        properties, definitions = {}, {}
        for field in self.fields:
            properties[field.name] = field.json_schema()
            definitions.update(properties[field.name].pop("$defs", {}))
        schema: dict[str, Any] = {
            "title": self.summary,
            "type": "object",
            "properties": properties,
            "required": [field.name for field in self.fields if field.required],
            "additionalProperties": False,
        }
        return {**schema, "$defs": definitions} if definitions else schema


class JobSpec(pydantic.BaseModel):
    """A verb's name and its arguments as JSON; make it with `of` or `from_json`, which check both."""

    model_config = pydantic.ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="constants")

    verb: str
    arguments: dict[str, Any] = {}

    @classmethod
    def of(cls, verb: str, arguments: Mapping[str, Any], *, verbs: Sequence[Verb] = VERBS) -> JobSpec:
        """A job from a verb's name and Python arguments."""
        return cls._checked(verb, {name: forms.to_json(value) for name, value in arguments.items()}, verbs)

    @classmethod
    def from_json(cls, text: str | bytes, *, verbs: Sequence[Verb] = VERBS) -> JobSpec:
        """A job that came as text, from wherever; raises `InvalidInput` for anything but a verb of the list."""
        try:
            job = cls.model_validate_json(text)
        except pydantic.ValidationError as error:
            raise InvalidInput(
                f"This is not a job: {_detail(error)}.",
                fix='a job looks like {"verb": "history", "arguments": {"file": "config.yaml"}}',
            ) from None
        return cls._checked(job.verb, job.arguments, verbs)

    def to_json(self) -> str:
        """The job as one line of JSON."""
        return json.dumps({"verb": self.verb, "arguments": self.arguments})

    def call(self, *, verbs: Sequence[Verb] = VERBS) -> Any:
        """Do it, here and now; what the verb returns."""
        function = find(self.verb, verbs).load()
        return function(**spec_of(function).checked(self.arguments))

    @classmethod
    def _checked(cls, verb: str, arguments: dict[str, Any], verbs: Sequence[Verb]) -> JobSpec:
        known = find(verb, verbs)
        spec_of(known.load()).checked(arguments)
        return cls(verb=known.name, arguments=arguments)


def spec_of(verb: str | Callable[..., Any]) -> VerbSpec:
    """The form of a function, given itself or its address ``package.module:function``.

    Parameters of types that JSON cannot hold (arrays, callables) are left out; they need a default.
    """
    function = _function_at(verb) if isinstance(verb, str) else verb
    address = f"{function.__module__}:{function.__qualname__}"
    text = docstrings.parse(function.__doc__)
    hints = _type_hints(function)
    fields = []
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL, parameter.POSITIONAL_ONLY):
            raise TypeError(f"{address}: {parameter} cannot be an argument of a job")
        try:
            annotation = forms.form_type(hints[parameter.name])
        except KeyError:
            raise TypeError(f"{address}: {parameter.name} has no type") from None
        except forms.Unfit as error:
            if parameter.default is REQUIRED:
                raise TypeError(f"{address}: {parameter.name}: {error}") from None
            continue
        fields.append(Field(parameter.name, annotation, parameter.default, text.parameters.get(parameter.name, "")))
    return VerbSpec(address, text.summary, text.description, tuple(fields))


class _AbsentType(type):
    def __getattr__(cls, name: str) -> type:
        if name.startswith("__"):
            raise AttributeError(name)
        return cls

    def __getitem__(cls, item: Any) -> type:
        return cls


class _Absent(metaclass=_AbsentType):
    """Stands in for what a module imports for type checkers only: a type that no form can hold."""


def _type_hints(function: Callable[..., Any]) -> dict[str, Any]:
    absent: dict[str, Any] = {}
    while True:
        try:
            return typing.get_type_hints(function, localns=absent, include_extras=True)
        except NameError as error:
            if not error.name or error.name in absent:
                raise
            absent[error.name] = _Absent


def _function_at(address: str) -> Callable[..., Any]:
    module, _, name = address.partition(":")
    if module.partition(".")[0] != "deeplabcut" or not name.isidentifier() or name.startswith("_"):
        raise InvalidInput(f"{address!r} is not the address of a public function of deeplabcut.")
    function = getattr(importlib.import_module(module), name)
    if not inspect.isfunction(function):
        raise InvalidInput(f"{address!r} is not a function.")
    return function


def _detail(error: ValueError) -> str:
    if isinstance(error, pydantic.ValidationError):
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"]))
        return f"{place}: {first['msg']}" if place else str(first["msg"])
    return str(error)
