"""Sections that stay as they were written: known keys are checked, no others are added, their order is kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from deeplabcut.core.config.mistakes import contradictions, expected, mistakes_of, note, printable
from deeplabcut.core.config.names import did_you_mean


class Keys(BaseModel):
    """The keys that a section may have; null stands for a key that is not there."""

    model_config = ConfigDict(extra="allow")


def as_written(kind: type[Keys], name: str, *, open_ended: bool = False) -> Callable[[Any], dict[str, Any]]:
    """A check of a dict against ``kind`` that returns it as it is; ``open_ended`` sections may have other keys."""

    def check(value: Any) -> dict[str, Any]:
        if not isinstance(value, Mapping):
            raise expected(f"keys with values ({', '.join(kind.model_fields)})")
        given = {str(key): item for key, item in value.items()}
        try:
            checked = kind.model_validate({key: item for key, item in given.items() if item is not None})
        except ValidationError as error:
            raise contradictions(mistakes_of(error, given)) from error
        unknown = [key for key in given if key not in kind.model_fields]
        for key in () if open_ended else unknown:
            hint = did_you_mean(key, kind.model_fields) or " It is kept."
            note(f"{name}: the key {printable(key)!r} is not known and has no effect.{hint}")
        return {key: _converted(item, checked, key) for key, item in given.items()}

    return check


def _converted(item: Any, checked: Keys, key: str) -> Any:
    """``item`` as it stands, unless it was written in another form, such as ``"20"`` for 20."""
    if item is None or key not in type(checked).model_fields:
        return item
    result = getattr(checked, key)
    return item if result == item or list_of(result) == list_of(item) else result


def list_of(value: Any) -> Any:
    """Tuples as the lists that files hold."""
    return [list_of(one) for one in value] if isinstance(value, (list, tuple)) else value
