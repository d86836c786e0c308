"""The kinds of values that configurations hold, forgiving where the meaning is clear.

A number where a text belongs, ``"20"`` where 20 belongs, or ``yes`` for true are understood and noted; anything
else that does not fit is a mistake.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, ValidationInfo

from deeplabcut.core.config.mistakes import expected, note, shortened
from deeplabcut.core.errors import InvalidInput

INT_MAX = 2**31 - 1
_TRUE = frozenset(["true", "yes", "on", "y"])
_FALSE = frozenset(["false", "no", "off", "n"])


def greater_than(value: float, threshold: float, name: str | None = None, threshold_name: str | None = None) -> None:
    """Raise unless ``value`` is more than ``threshold``."""
    if not value > threshold:
        raise InvalidInput(f"{name or 'value'} is {value}; it has to be more than {_named(threshold, threshold_name)}.")


def less_than(value: float, threshold: float, name: str, threshold_name: str | None = None) -> None:
    """Raise unless ``value`` is less than ``threshold``."""
    if not value < threshold:
        raise InvalidInput(f"{name} is {value}; it has to be less than {_named(threshold, threshold_name)}.")


def unique_values(values: Sequence[Any]) -> Sequence[Any]:
    """``values``, if each occurs once."""
    repeated = sorted(str(one) for one, n in Counter(values).items() if n > 1)
    if repeated:
        raise InvalidInput(f"names that occur once (repeated: {', '.join(repeated)})")
    return values


def validate_crop_bounds(*, x1: int | None, x2: int | None, y1: int | None, y2: int | None) -> None:
    """Raise unless all four bounds are given, or none, and they enclose something."""
    bounds = {"x1": x1, "x2": x2, "y1": y1, "y2": y2}
    missing = [name for name, value in bounds.items() if value is None]
    if missing and len(missing) < 4:
        raise InvalidInput(f"A crop needs x1, x2, y1 and y2; missing: {', '.join(missing)}.")
    for low, high in (("x1", "x2"), ("y1", "y2")):
        first, second = bounds[low], bounds[high]
        if first is not None and second is not None:
            less_than(first, second, low, high)


def as_int(value: Any, info: ValidationInfo) -> Any:
    """A whole number, also from ``20.0`` or ``"20"``."""
    if isinstance(value, bool):
        raise expected("a whole number")
    if isinstance(value, str):
        try:
            return _noted(int(value.strip()), value, info)
        except ValueError:
            raise expected("a whole number") from None
    if isinstance(value, float):
        if not value.is_integer():
            raise expected("a whole number")
        return _noted(int(value), value, info)
    return value


def as_float(value: Any, info: ValidationInfo) -> Any:
    """A number, also from ``"0.6"``."""
    if isinstance(value, bool):
        raise expected("a number")
    if isinstance(value, str):
        try:
            return _noted(float(value.strip()), value, info)
        except ValueError:
            raise expected("a number") from None
    if isinstance(value, int) and abs(value) > 2**1000:
        raise expected("a finite number")
    return value


def as_bool(value: Any, info: ValidationInfo) -> Any:
    """True or false, also from ``yes``, ``no``, 1 and 0."""
    if isinstance(value, str) and value.strip().lower() in _TRUE | _FALSE:
        return _noted(value.strip().lower() in _TRUE, value, info)
    if isinstance(value, (int, float)) and not isinstance(value, bool) and value in (0, 1):
        return _noted(bool(value), value, info)
    if isinstance(value, bool):
        return value
    raise expected("true or false")


def as_text(value: Any, info: ValidationInfo) -> Any:
    """A text, also from a number."""
    if isinstance(value, (bool, int, float)):
        return _noted(str(value).lower() if isinstance(value, bool) else str(value), value, info)
    return value


def as_list(value: Any) -> Any:
    """A list, also from a tuple or an array."""
    return value.tolist() if hasattr(value, "tolist") else list(value) if isinstance(value, tuple) else value


def parsed_crop(value: Any) -> tuple[int, int, int, int]:
    """``x1, x2, y1, y2`` from the text of a config file (or a list of four)."""
    parts = value.replace(",", " ").split() if isinstance(value, str) else as_list(value)
    try:
        x1, x2, y1, y2 = (int(float(part)) for part in parts)
        if not all(math.isfinite(float(part)) and float(part) == int(float(part)) >= 0 for part in parts):
            raise ValueError
        validate_crop_bounds(x1=x1, x2=x2, y1=y1, y2=y2)
    except (TypeError, ValueError, OverflowError):
        raise InvalidInput(
            f"The crop {shortened(value)} cannot be used.",
            fix="write x1, x2, y1, y2 in pixels with x1 < x2 and y1 < y2, for example: crop: 0, 640, 0, 480",
        ) from None
    return x1, x2, y1, y2


def _named(threshold: float, name: str | None) -> str:
    return f"{name} ({threshold})" if name else str(threshold)


def _noted(converted: Any, value: Any, info: ValidationInfo) -> Any:
    note(f"{info.field_name}: {shortened(value)} is read as {shortened(converted)}.")
    return converted


def _unique(values: list[Any]) -> list[Any]:
    try:
        unique_values(values)
    except InvalidInput as error:
        raise expected(error.message) from None
    return values


def _different(pair: list[str]) -> list[str]:
    if len(pair) != 2 or pair[0] == pair[1]:
        raise expected("pairs of two different names")
    return pair


def _named_only(names: list[str]) -> list[str]:
    if any(not name.strip() for name in names):
        raise expected("names that are not empty")
    return names


Text = Annotated[str, BeforeValidator(as_text)]
TruthValue = Annotated[bool, BeforeValidator(as_bool)]
WholeNumber = Annotated[int, Field(ge=-INT_MAX, le=INT_MAX), BeforeValidator(as_int)]
Number = Annotated[float, Field(allow_inf_nan=False), BeforeValidator(as_float)]
Fraction = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False), BeforeValidator(as_float)]
NonNegativeFloat = Annotated[float, Field(ge=0, allow_inf_nan=False), BeforeValidator(as_float)]
NonNegativeInt = Annotated[int, Field(ge=0, le=INT_MAX), BeforeValidator(as_int)]
StrictPositiveInt = Annotated[int, Field(ge=1, le=INT_MAX), BeforeValidator(as_int)]
UniqueStrList = Annotated[list[Text], AfterValidator(_unique), AfterValidator(_named_only), BeforeValidator(as_list)]
BodypartPair = Annotated[list[Text], AfterValidator(_different), BeforeValidator(as_list)]
FilePath = Annotated[Path, BeforeValidator(as_text)]


def _as_int_array(value: Any) -> npt.NDArray[np.int64]:
    array = np.asarray(value)
    if array.size and array.dtype.kind not in "iu":
        raise expected("whole numbers")
    return array.astype(np.int64)


NDArrayInt = Annotated[
    Any, BeforeValidator(_as_int_array), PlainSerializer(lambda array: np.asarray(array).tolist(), return_type=list)
]
