"""Typed models that can also be used like dicts, by their present and their old names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, cast

from pydantic import BaseModel, ConfigDict, ValidationError

from deeplabcut.core.config.mistakes import InvalidConfig, Mistake, UnknownKey, gathered_notes, mistakes_of
from deeplabcut.core.config.names import did_you_mean
from deeplabcut.core.errors import InvalidInput

if TYPE_CHECKING:
    from pydantic._internal._model_construction import ModelMetaclass
    from typing_extensions import Self
else:
    ModelMetaclass = type(BaseModel)


Model = TypeVar("Model", bound="MappingModel")


class _RaisesOurErrors(ModelMetaclass):
    """Makes ``SomeConfig(key=value)`` refuse unknown keys, and name every mistake in an `InvalidConfig`."""

    def __call__(cls: type[Model], *args: Any, **kwargs: Any) -> Model:  # type: ignore[misc]  # noqa: N805
        known = {*cls.model_fields, *cls.aliases()}
        unknown = [
            Mistake((key,), value, f"a key of {cls.__name__}.{did_you_mean(key, known)}")
            for key, value in kwargs.items()
            if key not in known and not cls.is_known_extra(key)
        ]
        if unknown:
            raise InvalidConfig(cls.__name__, unknown)
        with gathered_notes():
            try:
                return cast(Model, super().__call__(*args, **kwargs))  # type: ignore[misc]
            except ValidationError as error:
                raise cls.explained(error, kwargs) from error


class MappingModel(BaseModel, metaclass=_RaisesOurErrors):
    """A model with dict-like access; keys that it does not know are kept beside its fields."""

    model_config = ConfigDict(extra="allow", validate_assignment=True, arbitrary_types_allowed=True)

    known_extras: ClassVar[frozenset[str]] = frozenset()

    @classmethod
    def aliases(cls) -> dict[str, str]:
        """Old names of keys -> names in use."""
        return {
            old: name
            for name, field in cls.model_fields.items()
            for old in cast("dict[str, Any]", field.json_schema_extra or {}).get("aliases", ())
        }

    @classmethod
    def is_known_extra(cls, key: str) -> bool:
        """Whether an undeclared key is expected nevertheless."""
        return key in cls.known_extras

    @classmethod
    def explained(cls, error: ValidationError, data: dict[str, Any]) -> InvalidConfig:
        """The mistakes that pydantic found in ``data``."""
        return InvalidConfig(cls.__name__, mistakes_of(error, data))

    def __getitem__(self, key: str) -> Any:
        key = self.aliases().get(key, key)
        if key in self:
            return getattr(self, key) if key in type(self).model_fields else self._extras[key]
        raise self._unknown(key)

    def __setitem__(self, key: str, value: Any) -> None:
        key = self.aliases().get(key, key)
        if key in type(self).model_fields:
            setattr(self, key, value)
        elif key in self._extras or self.is_known_extra(key):
            self._extras[key] = value
        else:
            raise self._unknown(key)

    def __delitem__(self, key: str) -> None:
        if key in type(self).model_fields:
            raise InvalidInput(f"{key} belongs to every {type(self).__name__} and cannot be removed.")
        if key not in self._extras:
            raise self._unknown(key)
        del self._extras[key]

    def __setattr__(self, name: str, value: Any) -> None:
        if name.startswith("_") or isinstance(getattr(type(self), name, None), property):
            super().__setattr__(name, value)
            return
        if name not in type(self).model_fields:
            if name not in self._extras and not self.is_known_extra(name):
                raise AttributeError(self._unknown(name).message)
            self._extras[name] = value
            return
        before = dict(self.__dict__)
        with gathered_notes():
            try:
                super().__setattr__(name, value)
            except ValidationError as error:
                self.__dict__.clear()
                self.__dict__.update(before)
                raise InvalidConfig(type(self).__name__, mistakes_of(error, {name: value})) from error

    def __contains__(self, key: object) -> bool:
        return key in type(self).model_fields or key in self._extras

    def __iter__(self) -> Iterator[str]:  # type: ignore[override]
        return iter(self.keys())

    def __len__(self) -> int:
        return len(self.keys())

    def get(self, key: str, default: Any = None) -> Any:
        """The value at ``key``, or ``default``."""
        return self[key] if self.aliases().get(key, key) in self else default

    def keys(self) -> list[str]:
        """All keys, those that the model does not know last."""
        return [*type(self).model_fields, *self._extras]

    def values(self) -> list[Any]:
        """The values in the order of `keys`."""
        return [self[key] for key in self.keys()]

    def items(self) -> list[tuple[str, Any]]:
        """Keys with values."""
        return [(key, self[key]) for key in self.keys()]

    def update(self, updates: Mapping[str, Any] | None = None, /, **kwargs: Any) -> Self:
        """Set several keys at once: all of them, or none if the result has a mistake."""
        new = {self.aliases().get(key, key): value for key, value in {**(updates or {}), **kwargs}.items()}
        for key in new:
            if key not in self and not self.is_known_extra(key):
                raise self._unknown(key)
        fields = {key: value for key, value in new.items() if key in type(self).model_fields}
        current = {name: self.__dict__[name] for name in type(self).model_fields}
        checked = type(self)(**{**current, **fields})
        changed = {name for name in current if name in fields or checked.__dict__[name] != current[name]}
        self.__dict__.update({name: checked.__dict__[name] for name in changed})
        self._extras.update({key: value for key, value in new.items() if key not in fields})
        return self

    def select(self, path: str, default: Any = None) -> Any:
        """The value at a path with dots, such as ``"model.backbone.type"``; ``default`` where there is none."""
        at: Any = self
        for key in path.split("."):
            if isinstance(at, (MappingModel, Mapping)) and key in at:
                at = at[key]
            elif isinstance(at, (list, tuple)) and key.lstrip("-").isdigit() and -len(at) <= int(key) < len(at):
                at = at[int(key)]
            else:
                return default
        return at

    def set_nested(self, path: str, value: Any) -> Self:
        """Set the value at a path with dots; all but the last key have to exist."""
        *parents, last = path.split(".")
        at: Any = self
        for key in parents:
            if not isinstance(at, (MappingModel, Mapping)) or key not in at or at[key] is None:
                raise AttributeError(f"{path}: there is no {key!r} in {type(self).__name__}.")
            at = at[key]
        try:
            at[last] = value
        except TypeError as error:
            raise AttributeError(f"{path}: {parents[-1]!r} has no keys.") from error
        return self

    @property
    def _extras(self) -> dict[str, Any]:
        if self.__pydantic_extra__ is None:
            object.__setattr__(self, "__pydantic_extra__", {})
        return cast("dict[str, Any]", self.__pydantic_extra__)

    def _unknown(self, key: str) -> UnknownKey:
        return UnknownKey(f"{type(self).__name__} has no key {key!r}.{did_you_mean(key, self.keys())}")
